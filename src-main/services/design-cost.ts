/**
 * What a design will cost on a board, estimated before anything is trained: RAM, flash, instructions of one window. The model and
 * the measurements that it comes from: docs/design.md, "Costs". After conversion and deployment the true figures take its place.
 */
import type { Goal, PowerBudget } from "../../src-shared/contract/index.ts";
import type { Design, ResolvedInput } from "../../src-shared/design.ts";
import { describeBoard } from "../deployment/board-description.ts";
import { continuousMilliwatts, powerStates } from "../deployment/power.ts";
import { featureShape, inputSamples, product, windowValuesOf } from "../features/feature-shape.ts";
import { encodeFrontend, frameSamples, hopSamples } from "../features/frontend-config.ts";
import type { LayerDescription, NetworkDescription } from "../training/describe-network.ts";
import { designBudgets, designLoad } from "./design-power.ts";

export type DesignCost = {
  readonly flashBytes: number;
  readonly ramBytes: number;
  readonly instructions: number;
  readonly latencyMs: number;
  /** Of the processor alone. */
  readonly powerMilliwatts: number;
  /** On the smallest board, with its sensors. */
  readonly powerBudget: PowerBudget | null;
};

/** The board that figures are given for: the virtual board, as an STM32L4R5 at its clock. */
const REFERENCE_BOARD = "virtual";
/** The board of the power budget: the smallest one with sensors of its own. */
const BUDGET_BOARD = "microbit-v2";

/** Instructions of the network's kernels: for each multiply-accumulate, each value that comes out, each operation. */
const INSTRUCTIONS_PER_MAC: Partial<Record<LayerDescription["kind"], number>> = {
  dense: 1.55,
  conv2d: 2.1,
  "depthwise-conv2d": 5.5,
};
const INSTRUCTIONS_PER_OPERATION = 350;
const INSTRUCTIONS_PER_DENSE_VALUE = 45;
const INSTRUCTIONS_PER_POOLED_VALUE = 30;
const INSTRUCTIONS_PER_SOFTMAX_VALUE = 630;

/** Instructions of the front end: for each sample, each butterfly of an FFT, each bin, logarithm and feature. */
const INSTRUCTIONS_PER_SAMPLE = 20;
const INSTRUCTIONS_PER_STATISTIC_SAMPLE = 28;
const INSTRUCTIONS_PER_SECTION_SAMPLE = 14;
const INSTRUCTIONS_PER_FRAMED_SAMPLE = 8;
const INSTRUCTIONS_PER_BUTTERFLY = 22;
const INSTRUCTIONS_PER_BIN = 24;
const INSTRUCTIONS_PER_LOGARITHM = 60;
const INSTRUCTIONS_PER_COSINE = 6;
const INSTRUCTIONS_PER_FEATURE = 40;

/** What a .tflite holds besides weights, and a package besides the .tflite. */
const TFLITE_BYTES = 700;
const TFLITE_BYTES_PER_LAYER = 420;
const PACKAGE_BYTES = 1500;
/** What the interpreter keeps for each operation besides its tensors. */
const ARENA_SPARE = 1.2;
const ARENA_BYTES = 600;
const ARENA_BYTES_PER_LAYER = 160;

const isOperation = ({ kind }: LayerDescription): boolean =>
  kind !== "dropout" && kind !== "batch-normalisation";

/** Bytes of measured windows that a package carries at most: half a second on the slowest line (17 kB/s). */
const GOLDEN_BYTES = 10_000;
const MOST_GOLDEN = 16;
/** A window of up to this is carried all the same. */
const LONE_GOLDEN_BYTES = 24_000;

/** How many measured windows of `bytes` a package has room for, as golden vectors. */
export const goldenRoom = (bytes: number): number =>
  Math.min(MOST_GOLDEN, Math.floor(GOLDEN_BYTES / bytes)) || (bytes <= LONE_GOLDEN_BYTES ? 1 : 0);

/** The estimate for a network on a design's features; the budget answers the goal's power. */
export function costOf(
  design: Design,
  network: NetworkDescription,
  goal: Pick<Goal, "powerMilliwatts">,
): DesignCost {
  const instructions = instructionsOf(design, network);
  const description = describeBoard(REFERENCE_BOARD);
  const load = description === null ? null : designLoad(description, design, instructions);
  const power = description?.power ?? null;
  return {
    flashBytes: Math.round(flashBytes(design, network)),
    ramBytes: Math.round(ramBytes(design, network)),
    instructions: Math.round(instructions),
    latencyMs: load?.latencyMs ?? 0,
    powerMilliwatts:
      power === null || load === null ? 0 : continuousMilliwatts(powerStates(power, load), load),
    powerBudget: designBudgets(design, instructions, 0, goal, BUDGET_BOARD)[0]?.powerBudget ?? null,
  };
}

/** Instructions of one window, front end and network. */
export const instructionsOf = (design: Design, network: NetworkDescription): number =>
  frontendInstructions(design) + networkInstructions(network);

function networkInstructions({ layers }: NetworkDescription): number {
  return layers.filter(isOperation).reduce((sum, { kind, macs, shape }) => {
    const values = product(shape);
    const work =
      kind === "max-pool" || kind === "average-pool"
        ? values * INSTRUCTIONS_PER_POOLED_VALUE
        : kind === "softmax"
          ? values * INSTRUCTIONS_PER_SOFTMAX_VALUE
          : macs * (INSTRUCTIONS_PER_MAC[kind] ?? 0) +
            (kind === "dense" ? values * INSTRUCTIONS_PER_DENSE_VALUE : 0);
    return sum + work + INSTRUCTIONS_PER_OPERATION;
  }, 0);
}

const frontendInstructions = (design: Design): number =>
  design.inputs.reduce((sum, input) => sum + input.channels.length * channelInstructions(design, input), 0) +
  product(featureShape(design)) * INSTRUCTIONS_PER_FEATURE;

function channelInstructions(design: Design, input: ResolvedInput): number {
  const samples = inputSamples(design, input);
  const { features } = input;
  const reading = samples * INSTRUCTIONS_PER_SAMPLE;
  if (features.block === "raw") {
    return reading;
  }
  const { count, fftLength } = framesOf(features, samples, input.rateHz);
  const frame =
    (fftLength / 4) * Math.log2(fftLength) * INSTRUCTIONS_PER_BUTTERFLY +
    (fftLength / 2) * INSTRUCTIONS_PER_BIN;
  if (features.block === "spectral") {
    const sections = features.filter.kind === "none" ? 0 : features.filter.order / 2;
    const each = INSTRUCTIONS_PER_STATISTIC_SAMPLE + sections * INSTRUCTIONS_PER_SECTION_SAMPLE;
    return reading + samples * each + count * frame + features.bands * INSTRUCTIONS_PER_LOGARITHM;
  }
  const cosines = features.block === "mfcc" ? features.coefficients * INSTRUCTIONS_PER_COSINE : 0;
  const bands = features.filters * (INSTRUCTIONS_PER_LOGARITHM + cosines);
  return reading + samples * INSTRUCTIONS_PER_FRAMED_SAMPLE + count * (frame + bands);
}

function framesOf(
  features: Exclude<ResolvedInput["features"], { block: "raw" }>,
  samples: number,
  rateHz: number,
): { count: number; fftLength: number } {
  if (features.block === "spectral") {
    const left = Math.floor(samples / features.decimation);
    const hop = hopSamples(features.fftLength, features.overlap);
    return {
      count: left < features.fftLength ? 1 : 1 + Math.floor((left - features.fftLength) / hop),
      fftLength: features.fftLength,
    };
  }
  const { frame, stride, fftLength } = frameSamples(features, rateHz);
  return { count: samples < frame ? 1 : 1 + Math.floor((samples - frame) / stride), fftLength };
}

/** Window, features, quantised features, the front end's work space, and the network's arena: its two largest neighbours. */
function ramBytes(design: Design, { layers }: NetworkDescription): number {
  const features = product(featureShape(design));
  const scratch = Math.max(
    ...design.inputs.map((input) => {
      if (input.features.block === "raw") return 0;
      const samples = inputSamples(design, input);
      const { fftLength } = framesOf(input.features, samples, input.rateHz);
      return 4 * (input.features.block === "spectral" ? samples + 4 * fftLength : 6 * fftLength);
    }),
  );
  const sizes = [features, ...layers.filter(isOperation).map(({ shape }) => product(shape))];
  const neighbours = sizes.map((size, index) => size + (sizes[index + 1] ?? 0));
  const arena = ARENA_BYTES + ARENA_BYTES_PER_LAYER * layers.length + ARENA_SPARE * Math.max(...neighbours);
  return 4 * windowValuesOf(design) + 5 * features + scratch + arena;
}

/** Weights as bytes, biases as words, descriptions, normalisation, and golden vectors. */
function flashBytes(design: Design, { layers, parameters }: NetworkDescription): number {
  const biases = layers.reduce(
    (sum, { parameters: own, shape }) => sum + (own > 0 ? (shape.at(-1) ?? 0) : 0),
    0,
  );
  const normalisation = design.normalisation === "none" ? 0 : 8 * product(featureShape(design));
  const tflite = TFLITE_BYTES + TFLITE_BYTES_PER_LAYER * layers.filter(isOperation).length;
  const window = 4 * windowValuesOf(design);
  const classes = layers.at(-1)?.shape.at(-1) ?? 1;
  const golden = window * Math.min(goldenRoom(window), classes);
  return (
    parameters + 3 * biases + tflite + normalisation + encodeFrontend(design).length + golden + PACKAGE_BYTES
  );
}
