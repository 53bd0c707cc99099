/**
 * The designs that a search tries: changes of window, features, network and training parameters of a design, drawn at random from
 * lists of sensible values. The same seed draws the same designs. Knows designs and rates; trains nothing, and judges nothing.
 */
import {
  type Design,
  type DesignFile,
  type DesignInput,
  designFile,
  type FeatureBlock,
  type NetworkDesign,
} from "../../src-shared/design.ts";
import { samplesIn } from "../dataset/window-count.ts";
import { keyOf, RandomSequence } from "../training/random.ts";

/** A design with its inputs written out, as all designs of a search are. */
export type Draft = DesignFile & { readonly inputs: readonly DesignInput[] };

export type SpaceFacts = {
  /** Samples per second of each sensor. */
  readonly rates: ReadonlyMap<string, number>;
  /** Milliseconds that nine tenths of the recordings reach. */
  readonly shortMs: number;
};

/** A resolved design as a design file again. */
export function draftOf({ inputs, ...rest }: Design, seed: number): Draft {
  const training = { ...rest.training, seed };
  const parts = inputs.map(({ sensor, channels, features }) => ({ sensor, channels, features }));
  return designFile.parse({ ...rest, training, inputs: parts }) as Draft;
}

type Pick = <T>(choices: readonly T[]) => T;
/** Null where the change does not suit the design. */
type Change = (draft: Draft, facts: SpaceFacts, pick: Pick) => Draft | null;

const FFT_LENGTHS = [32, 64, 128, 256, 512, 1024] as const;
const BANDS = [4, 8, 12, 16, 24, 32, 48, 64] as const;
const MEL_FILTERS = [12, 16, 20, 26, 32, 40] as const;
/** Length and distance of frames, milliseconds. */
const FRAMES = [
  [20, 10],
  [30, 20],
  [32, 16],
  [40, 20],
  [40, 40],
] as const;
const DYNAMIC_RANGES = [30, 35, 40, 50] as const;
const COEFFICIENTS = [8, 10, 13, 20] as const;
const DECIMATIONS = [1, 2, 3, 4, 5, 8, 10, 16] as const;
const LEAST_RAW_SAMPLES = 16;
/** More samples than this are for the spectrum, not for a network. */
const MOST_RAW_SAMPLES = 400;
const UNITS = [
  [],
  [8],
  [16],
  [32],
  [16, 8],
  [20, 10],
  [24, 12],
  [32, 16],
  [48, 24],
  [64, 32],
  [32, 16, 8],
] as const;
const CONV1D_FILTERS = [[8], [16], [8, 8], [8, 16], [16, 16], [16, 32], [24, 32], [8, 16, 32]] as const;
const CONV1D_KERNELS = [3, 5, 7, 9] as const;
const CONV2D_FILTERS = [[4], [8], [12], [16], [8, 8]] as const;
const CONV2D_KERNELS: readonly [number, number][] = [
  [10, 8],
  [8, 4],
  [5, 5],
  [3, 3],
];
const DS_CNN_FILTERS = [8, 12, 16, 20, 24, 32] as const;
const DROPOUTS = [0, 0.1, 0.2, 0.3] as const;
const LEARNING_RATES = [0.0005, 0.001, 0.002, 0.003, 0.005] as const;
const L2 = [0, 0.0001, 0.0003, 0.001] as const;

const samplesOf = ({ window }: Draft, { sensor }: DesignInput, { rates }: SpaceFacts): number =>
  samplesIn(window.lengthMs, rates.get(sensor) ?? 1);

const isMel = ({ block }: FeatureBlock): boolean => block === "log-mel" || block === "mfcc";

/** Longer or shorter; the overlap of windows stays, in whole frames where there are frames. */
const changeWindow: Change = (draft, facts, pick) => {
  const { lengthMs, strideMs, short } = draft.window;
  const leading = draft.inputs[0] as DesignInput;
  if (samplesOf(draft, leading, facts) < LEAST_RAW_SAMPLES) return null;
  // Padded windows hold one word or motion: its length is known better.
  const wanted = lengthMs * pick(short === "pad" ? [0.75, 1.25] : [0.5, 0.75, 1.5, 2]);
  const length = Math.round(short === "pad" ? wanted : Math.min(wanted, facts.shortMs));
  if (length < 1 || length === lengthMs || length > 60_000) return null;
  const frame = Math.max(
    1,
    ...draft.inputs.map(({ features }) => ("strideMs" in features ? features.strideMs : 1)),
  );
  const stride = Math.max(frame, Math.round((length * strideMs) / lengthMs / frame) * frame);
  return { ...draft, window: { ...draft.window, lengthMs: length, strideMs: stride } };
};

const withFeatures = (draft: Draft, index: number, features: FeatureBlock): Draft => ({
  ...draft,
  inputs: draft.inputs.map((input, at) => (at === index ? { ...input, features } : input)),
});

/** One number of one input's features. */
const changeFeatures: Change = (draft, facts, pick) => {
  const index = pick(draft.inputs.map((_, at) => at));
  const input = draft.inputs[index] as DesignInput;
  const samples = samplesOf(draft, input, facts);
  const { features } = input;
  const changed = otherNumbers(features, samples, pick);
  return changed === null ? null : withFeatures(draft, index, changed);
};

function otherNumbers(features: FeatureBlock, samples: number, pick: Pick): FeatureBlock | null {
  switch (features.block) {
    case "raw": {
      const fitting = DECIMATIONS.filter((by) => samples / by >= LEAST_RAW_SAMPLES);
      return fitting.length < 2 ? null : { ...features, decimation: pick(fitting) };
    }
    case "spectral": {
      const left = Math.floor(samples / features.decimation);
      const lengths = FFT_LENGTHS.filter((length) => length <= left);
      const fftLength = lengths.length > 0 && pick([true, false]) ? pick(lengths) : features.fftLength;
      const bands = pick(BANDS.filter((count) => count <= fftLength / 2));
      return { ...features, fftLength, bands };
    }
    case "log-mel":
    case "mfcc": {
      const filters = pick(MEL_FILTERS);
      switch (pick(["filters", "frames", "depth"] as const)) {
        case "filters":
          return features.block === "mfcc"
            ? { ...features, filters, coefficients: Math.min(features.coefficients, filters) }
            : { ...features, filters };
        case "frames": {
          const [frameMs, strideMs] = pick(FRAMES);
          return { ...features, frameMs, strideMs, fftLength: undefined };
        }
        case "depth":
          if (features.block === "mfcc") {
            return { ...features, coefficients: Math.min(pick(COEFFICIENTS), features.filters) };
          }
          return features.windowNormalisation === "range"
            ? { ...features, dynamicRangeDb: pick(DYNAMIC_RANGES) }
            : { ...features, filters };
      }
    }
  }
}

/** Another kind of features, with the network that suits them; of one sensor alone. */
const changeBlock: Change = (draft, facts, pick) => {
  const input = draft.inputs[0] as DesignInput;
  if (draft.inputs.length > 1) return null;
  const samples = samplesOf(draft, input, facts);
  const { features } = input;
  if (features.block === "spectral") {
    // The distance of samples from samples says nothing: a design with an anomaly score keeps its spectrum.
    if (draft.anomaly !== undefined) return null;
    const decimation = Math.ceil(samples / MOST_RAW_SAMPLES);
    if (samples / decimation < LEAST_RAW_SAMPLES) return null;
    return parsed({
      ...withFeatures(draft, 0, { block: "raw", scale: 1, decimation }),
      network: { kind: "conv1d", filters: pick(CONV1D_FILTERS), kernel: pick(CONV1D_KERNELS) },
    });
  }
  if (features.block === "raw") {
    const lengths = FFT_LENGTHS.filter((length) => length <= samples / 2);
    if (lengths.length === 0) return null;
    const fftLength = pick(lengths);
    return parsed({
      ...draft,
      inputs: [
        {
          ...input,
          features: {
            block: "spectral",
            fftLength,
            bands: pick(BANDS.filter((count) => count <= fftLength / 2)),
          },
        },
      ],
      network: { kind: "dense", units: pick(UNITS), dropout: pick(DROPOUTS) },
    });
  }
  return otherSound(draft, input, pick);
};

/** From log-mel features to mel cepstra and back; what only log-mel features can be changed by in training goes. */
function otherSound(draft: Draft, input: DesignInput, pick: Pick): Draft | null {
  const { features } = input;
  if (!isMel(features)) return null;
  const { block: _block, ...frames } = features;
  const { augmentation, ...training } = draft.training;
  const rest = { ...draft, normalisation: "standard" };
  return features.block === "log-mel"
    ? parsed({
        ...rest,
        inputs: [
          {
            ...input,
            features: {
              ...frames,
              block: "mfcc",
              windowNormalisation: "mean-variance",
              coefficients: pick(COEFFICIENTS),
            },
          },
        ],
        training:
          augmentation === undefined
            ? training
            : { ...training, augmentation: { ...augmentation, frequencyWarp: 0, tempo: 0 } },
      })
    : parsed({
        ...rest,
        inputs: [
          {
            ...input,
            features: { ...without(frames, "coefficients"), block: "log-mel", windowNormalisation: "range" },
          },
        ],
        normalisation: "none",
      });
}

const without = (record: Record<string, unknown>, key: string): Record<string, unknown> =>
  Object.fromEntries(Object.entries(record).filter(([name]) => name !== key));

/** Another network for the same features. */
const changeNetwork: Change = (draft, _facts, pick) => {
  const { block } = (draft.inputs[0] as DesignInput).features;
  const flat = draft.inputs.length > 1 || block === "spectral";
  const dense = { kind: "dense", units: pick(UNITS), dropout: pick(DROPOUTS) };
  if (flat) return parsed({ ...draft, network: dense });
  const dropout = pick(DROPOUTS);
  if (block === "raw") {
    const conv1d = { kind: "conv1d", filters: pick(CONV1D_FILTERS), kernel: pick(CONV1D_KERNELS), dropout };
    return parsed({ ...draft, network: pick([conv1d, conv1d, dense]) });
  }
  const dsCnn = { kind: "ds-cnn", filters: pick(DS_CNN_FILTERS), blocks: pick([1, 2, 3]), dropout };
  const conv2d = { kind: "conv2d", filters: pick(CONV2D_FILTERS), kernel: pick(CONV2D_KERNELS), dropout };
  return parsed({ ...draft, network: pick([dsCnn, dsCnn, conv2d]) });
};

const changeTraining: Change = (draft, _facts, pick) => ({
  ...draft,
  training: { ...draft.training, learningRate: pick(LEARNING_RATES), l2: pick(L2) },
});

/** Each as often as it stands here. */
const CHANGES: readonly Change[] = [
  changeWindow,
  changeWindow,
  changeFeatures,
  changeFeatures,
  changeBlock,
  changeNetwork,
  changeNetwork,
  changeNetwork,
  changeTraining,
];

/** Null where the numbers do not go together. */
function parsed(value: unknown): Draft | null {
  const checked = designFile.safeParse(value);
  return checked.success ? (checked.data as Draft) : null;
}

/** Draws in a row that give nothing new before the search counts as exhausted. */
const MOST_DRAWS = 200;
const MOST_CHANGES = 3;

/** Draws designs, none of them twice. */
export class DesignSource {
  readonly #facts: SpaceFacts;
  readonly #random: RandomSequence;
  readonly #drawn = new Set<string>();

  constructor(facts: SpaceFacts, seed: number) {
    this.#facts = facts;
    this.#random = new RandomSequence(keyOf(seed, "order"));
  }

  /** Counts a design as drawn; false where it was before. */
  take(draft: Draft): boolean {
    const key = JSON.stringify(draft);
    if (this.#drawn.has(key)) return false;
    this.#drawn.add(key);
    return true;
  }

  /** A new design, one to three changes away from one of `parents`; null where there seem to be no more. */
  draw(parents: readonly Draft[]): Draft | null {
    const pick: Pick = (choices) => choices[this.#random.below(choices.length)] as (typeof choices)[number];
    for (let attempt = 0; attempt < MOST_DRAWS; attempt++) {
      let draft = pick(parents);
      for (let changes = 1 + this.#random.below(MOST_CHANGES); changes > 0; changes--) {
        draft = pick(CHANGES)(draft, this.#facts, pick) ?? draft;
      }
      if (this.take(draft)) return draft;
    }
    return null;
  }
}

/** Not worth a word in a name. */
const USUAL_RATE = 0.001;

const sizesOf = (network: NetworkDesign): string => {
  switch (network.kind) {
    case "dense":
      return network.units.join("-") || "one layer";
    case "conv1d":
      return `${network.filters.join("-")} of ${network.kernel}`;
    case "conv2d":
      return `${network.filters.join("-")} of ${network.kernel.join(" x ")}`;
    case "ds-cnn":
      return `${network.blocks} x ${network.filters}`;
  }
};

const featuresText = (features: FeatureBlock): string => {
  switch (features.block) {
    case "raw":
      return features.decimation === 1 ? "raw" : `raw / ${features.decimation}`;
    case "spectral":
      return `spectral ${features.fftLength}/${features.bands}`;
    case "log-mel":
      return `log-mel ${features.filters}`;
    case "mfcc":
      return `mfcc ${features.coefficients}`;
  }
};

/** What a design is, in one line, for the name of an experiment. */
export function nameOf({ window, inputs, network, training }: Draft): string {
  const { learningRate } = training;
  return [
    inputs.map(({ features }) => featuresText(features)).join(" + "),
    `${Math.round(window.lengthMs)} ms`,
    `${network.kind} ${sizesOf(network)}`,
    ...(network.dropout > 0 ? [`dropout ${network.dropout}`] : []),
    ...(learningRate === USUAL_RATE ? [] : [`rate ${learningRate}`]),
  ].join(", ");
}
