/**
 * The design of a classifier: window, inputs, features, normalisation, network and training parameters. The JSON of a
 * design file is checked here and nowhere else; defaults are documented beside each field. What a block computes is the
 * device twin's business, what a network is the training's; this file knows only names and ranges.
 */
import { z } from "zod";

const powerOfTwo = (value: number): boolean => (value & (value - 1)) === 0;

const fftLength = z.int().min(16).max(4096).refine(powerOfTwo, { message: "must be a power of two" });

/** `raw`: the samples themselves as a [time, channel] tensor. */
const rawBlock = z.strictObject({
  block: z.literal("raw"),
  /** Every sample is multiplied by this. */
  scale: z.number().positive().default(1),
  /** Keep every n-th sample, after averaging n samples. */
  decimation: z.int().min(1).max(1000).default(1),
});

/**
 * `spectral`: for vibration. Each channel: mean removed, optional Butterworth filter, statistics, and the logarithm of the
 * band powers of an averaged Hann-windowed periodogram (Welch 1967).
 */
const spectralBlock = z.strictObject({
  block: z.literal("spectral"),
  scale: z.number().positive().default(1),
  decimation: z.int().min(1).max(1000).default(1),
  filter: z
    .discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("none") }),
      z.strictObject({
        kind: z.enum(["low-pass", "high-pass"]),
        /** Cut-off frequency, hertz. */
        cutoffHz: z.number().positive(),
        /** Order of the Butterworth filter; even. */
        order: z.int().min(2).max(8).multipleOf(2).default(4),
      }),
    ])
    .default({ kind: "none" }),
  fftLength: fftLength.default(128),
  /** Overlap of consecutive FFT frames as a fraction. */
  overlap: z.number().min(0).max(0.9).default(0.5),
  /** Number of bands that the FFT's bins are grouped into, linear in frequency; half the FFT length at most. */
  bands: z.int().min(1).max(512).default(16),
  /** Natural logarithm of band powers (with a floor), else the square root. */
  log: z.boolean().default(true),
  /** Adds root mean square (as logarithm), skewness, kurtosis, spectral skewness and spectral kurtosis. */
  statistics: z.boolean().default(true),
});

const frames = {
  /** Frame length, milliseconds. */
  frameMs: z.number().positive().max(1000).default(30),
  /** Distance between the starts of frames, milliseconds. */
  strideMs: z.number().positive().max(1000).default(20),
  /** FFT length; the default is the next power of two at or above the frame. */
  fftLength: fftLength.optional(),
  /** Number of triangular filters on the mel scale. */
  filters: z.int().min(4).max(128).default(40),
  lowHz: z.number().min(0).default(80),
  /** Upper edge; 0 stands for half the sampling rate. */
  highHz: z.number().min(0).default(0),
  preEmphasis: z.number().min(0).max(1).default(0),
  /** Powers below this many decibels (full scale 0 dB) count as this. */
  noiseFloorDb: z.number().min(-140).max(0).default(-80),
  /**
   * Of each window by itself: subtract each column's mean over the frames (`mean`), also divide by its deviation (`mean-variance`),
   * or neither. `range` (log-mel without PCEN): the loudest value becomes 1, and what lies `dynamicRangeDb` below it or more 0, so
   * that neither level nor background counts.
   */
  windowNormalisation: z.enum(["none", "mean", "mean-variance", "range"]).default("none"),
  /** For `range`, decibels. */
  dynamicRangeDb: z.number().min(1).max(140).default(35),
  /** Per-channel energy normalisation (Wang et al. 2017) in place of the logarithm. */
  pcen: z.boolean().default(false),
};

/** `log-mel`: logarithm of mel-band energies, a [frame, filter] tensor. */
const logMelBlock = z.strictObject({ block: z.literal("log-mel"), ...frames });

/** `mfcc`: mel-frequency cepstral coefficients, a [frame, coefficient] tensor. */
const mfccBlock = z.strictObject({
  block: z.literal("mfcc"),
  ...frames,
  coefficients: z.int().min(2).max(64).default(13),
});

export const featureBlock = z.discriminatedUnion("block", [rawBlock, spectralBlock, logMelBlock, mfccBlock]);
export type FeatureBlock = z.infer<typeof featureBlock>;

export const windowDesign = z.strictObject({
  lengthMs: z.number().positive().max(60_000).default(1000),
  strideMs: z.number().positive().max(60_000).default(500),
  /** What becomes of a recording shorter than the window: left out, or padded with zeros and centred. */
  short: z.enum(["drop", "pad"]).default("drop"),
});

/** One sensor's part of a window. */
const designInput = z.strictObject({
  /** Sensor id as in the recordings (for example `accelerometer`, `microphone`). */
  sensor: z.string().min(1),
  /** Channels by name; all of the sensor's where absent. */
  channels: z.array(z.string().min(1)).min(1).optional(),
  features: featureBlock,
});
export type DesignInput = z.infer<typeof designInput>;

export const denseNetwork = z.strictObject({
  kind: z.literal("dense"),
  units: z.array(z.int().min(1).max(1024)).max(6).default([20, 10]),
  dropout: z.number().min(0).max(0.9).default(0),
  batchNormalisation: z.boolean().default(false),
});
const conv1dNetwork = z.strictObject({
  kind: z.literal("conv1d"),
  filters: z.array(z.int().min(1).max(256)).min(1).max(6).default([16, 32]),
  kernel: z.int().min(1).max(64).default(5),
  pool: z.int().min(1).max(16).default(2),
  dropout: z.number().min(0).max(0.9).default(0),
  batchNormalisation: z.boolean().default(false),
});
const conv2dNetwork = z.strictObject({
  kind: z.literal("conv2d"),
  filters: z.array(z.int().min(1).max(256)).min(1).max(6).default([8]),
  kernel: z.tuple([z.int().min(1).max(32), z.int().min(1).max(32)]).default([10, 8]),
  stride: z.int().min(1).max(8).default(2),
  dropout: z.number().min(0).max(0.9).default(0.25),
  batchNormalisation: z.boolean().default(false),
});
const dsCnnNetwork = z.strictObject({
  kind: z.literal("ds-cnn"),
  filters: z.int().min(1).max(256).default(16),
  blocks: z.int().min(1).max(8).default(2),
  dropout: z.number().min(0).max(0.9).default(0.2),
});
export const networkDesign = z.discriminatedUnion("kind", [
  denseNetwork,
  conv1dNetwork,
  conv2dNetwork,
  dsCnnNetwork,
]);
export type NetworkDesign = z.infer<typeof networkDesign>;

export const trainingDesign = z.strictObject({
  epochs: z.int().min(1).max(10_000).default(100),
  batchSize: z.int().min(1).max(4096).default(32),
  learningRate: z.number().positive().max(10).default(0.001),
  /** Epochs without a better validation loss before training stops; the best weights are kept. */
  patience: z.int().min(1).max(10_000).default(10),
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .default(1),
  l1: z.number().min(0).max(1).default(0),
  l2: z.number().min(0).max(1).default(0),
  /** Weigh each class by the inverse of its share of the training windows. */
  classWeights: z.boolean().default(true),
  augmentation: z
    .strictObject({
      /**
       * Changed copies of each training window, made of its samples before the front end; every epoch takes one of them, or the
       * window itself. The next five fields say what is changed. Fewer where they would take more than 256 MB.
       */
      copies: z.int().min(0).max(50).default(8),
      /**
       * Standard deviation of the strongest added noise, as a fraction of each channel's own deviation over the training windows.
       * Each copy has its own, down to a hundredth of it, white or dull.
       */
      noise: z.number().min(0).max(1).default(0),
      /** Gain drawn from 1 - gain to 1 + gain. */
      gain: z.number().min(0).max(1).default(0),
      /** Largest shift in time, milliseconds. */
      timeShiftMs: z.number().min(0).max(5000).default(0),
      /** Played faster or slower, by a factor from 1 - speed to 1 + speed; pitch and resonances go with it. */
      speed: z.number().min(0).max(0.5).default(0),
      /** Largest turn round any axis, degrees; every three channels in a row are taken as one vector. */
      rotationDegrees: z.number().min(0).max(180).default(0),
      /** Widest band of rows and of columns that are hidden in each epoch, as a fraction; features with two axes. */
      masking: z.number().min(0).max(0.5).default(0),
      /**
       * Frequencies of log-mel features stretched in each epoch by a factor from 1 - warp to 1 + warp, as vocal tracts of other
       * lengths do (Jaitly and Hinton 2013).
       */
      frequencyWarp: z.number().min(0).max(0.5).default(0),
      /** Log-mel features played slower or faster in each epoch, pitch unchanged, by a factor from 1 / (1 + tempo) to 1 + tempo. */
      tempo: z.number().min(0).max(1).default(0),
    })
    .optional(),
});

/**
 * `anomaly`: a score for "none of what was recorded", so that an unknown state is not called by the name of a known one
 * (docs/model-package.md, section ANOM). Learnt from the training windows of normal labels.
 */
export const anomalyDesign = z.strictObject({
  /** Labels that count as normal; all that are trained on where absent. Windows of others count as anomalies in evaluation. */
  normal: z.array(z.string().min(1)).min(1).optional(),
  /** States of each label; chosen by held-out windows where absent. */
  clusters: z.int().min(1).max(16).optional(),
  /** The threshold is this quantile of the scores of normal validation windows ... */
  quantile: z.number().min(0.5).max(1).default(0.99),
  /** ... times this, for days that are a little different. */
  margin: z.number().min(1).max(10).default(1.1),
});

const common = {
  /** `classification` finds the label; `regression` predicts the number that the labels are. */
  task: z.enum(["classification", "regression"]).default("classification"),
  window: windowDesign.prefault({}),
  normalisation: z.enum(["none", "mean", "standard"]).default("standard"),
  network: networkDesign.default({ kind: "dense", units: [20, 10], dropout: 0, batchNormalisation: false }),
  training: trainingDesign.prefault({}),
  /** No score where absent. With it one label is enough to learn from. */
  anomaly: anomalyDesign.optional(),
};

/** A design file as the user writes it: either `channels` and `features`, or `inputs`. */
export const designFile = z
  .strictObject({
    ...common,
    channels: z.array(z.string().min(1)).min(1).optional(),
    features: featureBlock.optional(),
    inputs: z.array(designInput).min(1).max(8).optional(),
  })
  .refine(
    (design) =>
      design.inputs === undefined || (design.channels === undefined && design.features === undefined),
    {
      message: "`inputs` takes the place of `channels` and `features`; give one or the other",
      path: ["inputs"],
    },
  );
export type DesignFile = z.infer<typeof designFile>;
export type DesignFileInput = z.input<typeof designFile>;

/** A complete design, resolved against a dataset: every input names its sensor, rate and channels. */
const resolvedInput = z.strictObject({
  sensor: z.string(),
  rateHz: z.number().positive(),
  channels: z.array(z.string()).min(1),
  /** Where each of the channels stands among its sensor's channels, counted from 0. */
  channelIndices: z.array(z.int().min(0).max(255)).min(1),
  features: featureBlock,
});
export type ResolvedInput = z.infer<typeof resolvedInput>;

export const design = z.strictObject({ ...common, inputs: z.array(resolvedInput).min(1).max(8) });
export type Design = z.infer<typeof design>;

export const PRESET_NAMES = ["vibration", "keyword", "gesture", "sine"] as const;
export type PresetName = (typeof PRESET_NAMES)[number];
