/**
 * Ready-made designs, fitted to the sensors and rates of a dataset. Each says what it is for and why it is as it is. Knows sensors
 * and rates; trains nothing.
 */
import type { Goal, RecordingInfo } from "../../src-shared/contract/index.ts";
import {
  type DesignFile,
  type DesignFileInput,
  designFile,
  PRESET_NAMES,
  type PresetName,
} from "../../src-shared/design.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import { type SensorFacts, sameRate, sensorsOf, usable } from "./sensor-choice.ts";

export type Preset = {
  readonly name: PresetName;
  readonly title: string;
  readonly description: string;
  readonly design: DesignFile;
  /** Whether the recordings are of the kind that it is for. */
  readonly fits: boolean;
};

type Facts = { readonly sensors: readonly SensorFacts[]; readonly task: Goal["task"] };

type Maker = {
  readonly title: string;
  readonly description: string;
  readonly design: (facts: Facts) => DesignFileInput;
  readonly fits: (facts: Facts) => boolean;
};

/** What a preset is fitted to where nothing has been recorded yet. */
const NOTHING: SensorFacts = {
  sensor: "accelerometer",
  rateHz: 200,
  channels: ["accX", "accY", "accZ"],
  recordings: 0,
  shortSeconds: 30,
};

const pick = ({ sensors }: Facts, ...wanted: readonly string[]): SensorFacts =>
  wanted.map((name) => sensors.find(({ sensor }) => sensor === name)).find((found) => found !== undefined) ??
  sensors[0] ??
  NOTHING;

/** Sensors of vibration and motion, the preferred one first. */
const MOTION = ["accelerometer", "gyroscope"] as const;

const inputOf = (
  { sensor, channels }: SensorFacts,
  most: number,
): { sensor: string; channels: string[] } => ({ sensor, channels: channels.slice(0, most) });

/** Samples that a spectrum and its statistics need to settle: about ten turns of a machine at its usual rate of sampling. */
const SPECTRUM_SAMPLES = 3000;
const LONGEST_SPECTRUM_MS = 2000;
/** Fewer samples than this give no spectrum to speak of. */
const LEAST_SAMPLES = 128;

/**
 * Length of a vibration window: the shortest of 250 ms, 500 ms, 1 s, 2 s that holds 3000 samples; at low rates 2 s, or longer
 * until there are 128 samples. Short recordings shorten it to half of themselves.
 */
export function vibrationWindowMs(rateHz: number, shortSeconds: number): number {
  const enough = (ms: number): boolean => {
    const samples = (ms * rateHz) / 1000;
    return samples >= SPECTRUM_SAMPLES || (ms >= LONGEST_SPECTRUM_MS && samples >= LEAST_SAMPLES);
  };
  const length = [250, 500, 1000, 2000, 4000, 8000, 16_000].find(enough) ?? 16_000;
  const shortMs = shortSeconds * 1000;
  if (length <= shortMs) {
    return length;
  }
  const half = ((shortMs / 2) * rateHz) / 1000 >= LEAST_SAMPLES / 4 ? shortMs / 2 : shortMs;
  // Whole samples, so that the window is not longer than the recording by rounding.
  return Math.max(1, (Math.floor((half * rateHz) / 1000) * 1000) / rateHz);
}

const largestPowerOfTwo = (limit: number): number => 2 ** Math.floor(Math.log2(Math.max(1, limit)));

function vibration(facts: Facts): DesignFileInput {
  const chosen = pick(facts, ...MOTION);
  const { rateHz, shortSeconds } = chosen;
  const lengthMs = vibrationWindowMs(rateHz, shortSeconds);
  const samples = Math.round((lengthMs * rateHz) / 1000);
  // Three frames at least, so that the average has something to average; bins of some hertz are fine enough to tell machines apart.
  const fftLength = Math.min(512, Math.max(16, largestPowerOfTwo(samples / 3)));
  const input = inputOf(chosen, 6);
  const bands = Math.min(64, fftLength / 4) / (input.channels.length > 3 ? 2 : 1);
  return {
    window: { lengthMs, strideMs: lengthMs / 2 },
    inputs: [{ ...input, features: { block: "spectral", fftLength, bands: Math.max(4, bands) } }],
    normalisation: "standard",
    network: { kind: "dense", units: [32, 16], dropout: 0.1 },
    training: { epochs: 100, batchSize: 32, learningRate: 0.001, patience: 20, l2: 0.0001 },
    anomaly: {},
  };
}

function keyword(facts: Facts): DesignFileInput {
  const chosen = pick(facts, "microphone");
  return {
    // Strides of whole frames: on the board, windows that overlap use the frames that they share again.
    window: { lengthMs: 1000, strideMs: 240, short: "pad" },
    inputs: [
      {
        ...inputOf(chosen, 1),
        features: {
          block: "log-mel",
          frameMs: 30,
          strideMs: 20,
          // Wide enough that the pitch of a voice does not show.
          filters: 20,
          windowNormalisation: "range",
          dynamicRangeDb: 40,
        },
      },
    ],
    // Each window is normalised by itself; by place in the window, the network would learn where in the recordings words begin.
    normalisation: "none",
    network: { kind: "ds-cnn", filters: 24, blocks: 2, dropout: 0.2 },
    training: {
      epochs: 100,
      batchSize: 32,
      learningRate: 0.003,
      patience: 25,
      // Few voices are recorded and all are to be understood: other pitches, tempos, vocal tracts and rooms are made of them.
      augmentation: {
        copies: 16,
        noise: 0.5,
        timeShiftMs: 100,
        speed: 0.15,
        masking: 0.25,
        frequencyWarp: 0.25,
        tempo: 0.8,
      },
    },
  };
}

function gesture(facts: Facts): DesignFileInput {
  const first = pick(facts, ...MOTION);
  const second = facts.sensors.find(
    ({ sensor, rateHz }) =>
      sensor === "gyroscope" && sensor !== first.sensor && sameRate(rateHz, first.rateHz),
  );
  const shortMs = (Math.floor(first.shortSeconds * first.rateHz) * 1000) / first.rateHz;
  // Below 20 Hz longer, so that a motion has some forty samples.
  const wanted = Math.min(60_000, Math.max(2000, (40 * 1000) / first.rateHz));
  const lengthMs = Math.max(1, Math.min(wanted, shortMs));
  // At 200 Hz and more, every motion of a hand is in every n-th sample too.
  const decimation = Math.max(1, Math.floor(first.rateHz / 100));
  const features = { block: "raw", decimation } as const;
  // The same motion earlier or later, slower or faster, larger or smaller.
  const augmentation = { copies: 8, timeShiftMs: lengthMs / 10, speed: 0.1, gain: 0.1, noise: 0.05 };
  const training = { epochs: 100, batchSize: 32, learningRate: 0.001, patience: 20, augmentation };
  const window = { lengthMs, strideMs: lengthMs / 4, short: "pad" } as const;
  return second === undefined
    ? {
        window,
        inputs: [{ ...inputOf(first, 6), features }],
        normalisation: "standard",
        network: { kind: "conv1d", filters: [16, 32], kernel: 5, pool: 2, dropout: 0.2 },
        training,
      }
    : {
        window,
        // Two sensors' features lie end to end, so no convolution runs along time through both.
        inputs: [first, second].map((facts) => ({ ...inputOf(facts, 6), features })),
        normalisation: "standard",
        network: { kind: "dense", units: [32, 16], dropout: 0.2 },
        training: {
          ...training,
          l2: 0.001,
          // Hands hold a board this way and that.
          augmentation: {
            ...augmentation,
            copies: 16,
            speed: 0.2,
            gain: 0.15,
            rotationDegrees: [first, second].every(({ channels }) => channels.length % 3 === 0) ? 20 : 0,
          },
        },
      };
}

function sine(facts: Facts): DesignFileInput {
  const chosen = pick(facts, "sensor");
  return {
    task: "regression",
    window: { lengthMs: 1000 / chosen.rateHz, strideMs: 1000 / chosen.rateHz },
    inputs: [{ ...inputOf(chosen, 1), features: { block: "raw" } }],
    normalisation: "standard",
    network: { kind: "dense", units: [16, 16] },
    training: { epochs: 300, batchSize: 32, learningRate: 0.005, patience: 50 },
  };
}

/** Recordings up to this long are words and the like, longer ones machines and rooms. */
const WORD_SECONDS = 2.5;
const isSound = ({ sensor }: SensorFacts): boolean => sensor === "microphone";

const MAKERS: Readonly<Record<PresetName, Maker>> = {
  vibration: {
    title: "Vibration",
    description:
      "For machines. Spectrum and statistics of each axis; the mean is taken away, so that neither gravity nor how the board is mounted counts. The window holds some ten turns, the FFT follows the sampling rate.",
    design: vibration,
    fits: ({ sensors, task }) =>
      task === "classification" &&
      sensors.some((facts) => (isSound(facts) ? facts.shortSeconds > WORD_SECONDS : facts.rateHz >= 100)),
  },
  keyword: {
    title: "Keyword",
    description:
      "For words and short sounds of up to a second. Log-mel spectrogram in frames of 30 ms, without level and background, and a small depthwise separable convolutional network. Trained with changed copies of each window, so that voices which were not recorded are understood too.",
    design: keyword,
    fits: ({ sensors, task }) =>
      task === "classification" &&
      sensors.some((facts) => isSound(facts) && facts.shortSeconds <= WORD_SECONDS),
  },
  gesture: {
    title: "Gesture",
    description:
      "For motions of a hand or body. The samples themselves, because order in time matters, and convolution along time.",
    design: gesture,
    // By the sensor that it would use: a slow thermometer beside a fast accelerometer is no gesture.
    fits: (facts) => {
      const { rateHz, sensor, recordings } = pick(facts, ...MOTION);
      const still = recordings === 0 || sensor === "microphone";
      return facts.task === "classification" && !still && rateHz < 100;
    },
  },
  sine: {
    title: "Sine",
    description:
      "The smallest example of a value to predict: one number in, its sine out, by two layers of 16.",
    design: sine,
    fits: ({ sensors, task }) => task === "regression" && sensors.length > 0,
  },
};

const factsOf = (recordings: readonly RecordingInfo[], goal: Pick<Goal, "task">): Facts => ({
  sensors: sensorsOf(usable(recordings)),
  task: goal.task,
});

/** All presets, fitted to the recordings. */
export function presetsFor(recordings: readonly RecordingInfo[], goal: Pick<Goal, "task">): Preset[] {
  const facts = factsOf(recordings, goal);
  return PRESET_NAMES.map((name) => {
    const { title, description, design, fits } = MAKERS[name];
    return { name, title, description, design: designFile.parse(design(facts)), fits: fits(facts) };
  });
}

/** The design of one preset, fitted to the recordings. Throws `usage` for a name that is none. */
export function presetDesign(
  name: string,
  recordings: readonly RecordingInfo[],
  goal: Pick<Goal, "task">,
): DesignFile {
  const known = PRESET_NAMES.find((candidate) => candidate === name);
  if (known === undefined) {
    throw new LimpetError("usage", `There is no preset ${name}.`, {
      field: "preset",
      hint: `Choose one of ${PRESET_NAMES.join(", ")}.`,
    });
  }
  return designFile.parse(MAKERS[known].design(factsOf(recordings, goal)));
}
