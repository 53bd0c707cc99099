/** What int8 costs: per class (recall), per layer (signal to noise). Knows no project; windows and targets come in. */
import { throwIfCancelled } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import type { TrainedNetwork } from "../training/network.ts";
import { floatPass } from "./float-pass.ts";
import { int8Pass } from "./int8-pass.ts";
import { product } from "./layer-plan.ts";
import { type Quantisation, type QuantisedNetwork, quantiseValues } from "./quantise.ts";

export type ComparisonWindows = {
  /** count x inputs, normalised. */
  readonly features: Float32Array;
  readonly count: number;
  /** Class of each window (classification), else its value. */
  readonly targets: Int32Array | Float32Array;
  readonly labels: readonly string[];
};

export type QuantisationComparison = {
  readonly windows: number;
  /** Shares of windows with the right class; of a regression both 0. */
  readonly floatAccuracy: number;
  readonly int8Accuracy: number;
  /** Windows whose class differs between float and int8. */
  readonly changed: number;
  /** Mean absolute difference of the outputs: scores, or the value. */
  readonly outputDifference: number;
  /** Recall of each class; 0 for a class without windows. Empty for a regression. */
  readonly perClass: readonly {
    readonly label: string;
    readonly windows: number;
    readonly floatRecall: number;
    readonly int8Recall: number;
  }[];
  /**
   * Signal to noise of each layer's output in decibels, at most 100: power of the float values over the power of their difference
   * to int8, with what earlier layers have added.
   */
  readonly layers: readonly { readonly layer: string; readonly signalToNoiseDb: number }[];
};

export type Int8Predictor = (input: Int8Array) => Int8Array;

const MOST_DECIBELS = 100;
/** The passes give every layer's output, so a few hundred windows settle the decibels. */
const LAYER_WINDOWS = 200;

/**
 * Runs the windows through the float and the int8 network.
 *
 * @param predictInt8 the int8 network that counts (`twin.network(..).invoke`); without it the laptop's own pass, which may differ by
 *   a step
 */
export function compareQuantisation(
  network: TrainedNetwork,
  quantised: QuantisedNetwork,
  windows: ComparisonWindows,
  predictInt8: Int8Predictor | null = null,
  { onProgress, signal }: WorkOptions = {},
): QuantisationComparison {
  const { features, count, targets, labels } = windows;
  const inputs = product(network.inputShape);
  const float = floatPass(quantised.layers);
  const int8 = int8Pass(quantised);
  const noise = quantised.layers.map(() => ({ signal: 0, noise: 0 }));
  const layerStep = Math.max(1, Math.floor(count / LAYER_WINDOWS));
  const tally = { float: new Uint32Array(network.outputs), int8: new Uint32Array(network.outputs) };
  const support = new Uint32Array(network.outputs);
  const classifies = network.task === "classification";
  let changed = 0;
  let difference = 0;

  for (let window = 0; window < count; window++) {
    if (window % 16 === 0) {
      throwIfCancelled(signal);
      onProgress?.("comparing float and int8", window / count);
    }
    const values = features.slice(window * inputs, (window + 1) * inputs);
    const input = quantiseValues(values, quantised.input);
    const floatLayers = float.run(values);
    const floatOutput = floatLayers.at(-1) ?? values;
    const looked = window % layerStep === 0 || predictInt8 === null;
    const int8Layers = looked ? int8.run(input) : [];
    const raw = predictInt8 === null ? (int8Layers.at(-1) ?? input) : predictInt8(input);
    for (const [index, outputs] of int8Layers.entries()) {
      addNoise(noise[index], floatLayers[index], outputs, quantised.layers[index]?.output);
    }
    difference += meanDifference(floatOutput, raw, quantised.output);
    if (!classifies) continue;
    const target = targets[window] as number;
    const [floatClass, int8Class] = [largestIndex(floatOutput), largestIndex(raw)];
    support[target] = (support[target] ?? 0) + 1;
    if (floatClass === target) tally.float[target] = (tally.float[target] ?? 0) + 1;
    if (int8Class === target) tally.int8[target] = (tally.int8[target] ?? 0) + 1;
    if (floatClass !== int8Class) changed++;
  }

  const share = (hits: number | undefined, all: number | undefined): number => (all ? (hits ?? 0) / all : 0);
  const sum = (values: Uint32Array): number => values.reduce((all, value) => all + value, 0);
  return {
    windows: count,
    floatAccuracy: share(sum(tally.float), sum(support)),
    int8Accuracy: share(sum(tally.int8), sum(support)),
    changed,
    outputDifference: count === 0 ? 0 : difference / count,
    perClass: (classifies ? labels : []).map((label, index) => ({
      label,
      windows: support[index] ?? 0,
      floatRecall: share(tally.float[index], support[index]),
      int8Recall: share(tally.int8[index], support[index]),
    })),
    layers: quantised.layers.map(({ name }, index) => ({
      layer: name,
      signalToNoiseDb: decibels(noise[index]),
    })),
  };
}

export type LayerNoise = { layer: string; signalToNoiseDb: number }[];

/**
 * What int8 adds to each layer's output, on at most 200 of the windows, spread evenly: both networks run layer by layer, each on its own
 * values, so noise of earlier layers is in it.
 *
 * @param features count x inputs, normalised
 */
export function layerNoise(
  quantised: QuantisedNetwork,
  features: Float32Array,
  count: number,
  { onProgress, signal }: WorkOptions = {},
): LayerNoise {
  const [float, int8] = [floatPass(quantised.layers), int8Pass(quantised)];
  const noise = quantised.layers.map(() => ({ signal: 0, noise: 0 }));
  const used = Math.min(count, LAYER_WINDOWS);
  for (let turn = 0; turn < used; turn++) {
    const window = Math.floor((turn * count) / used);
    const values = features.slice(window * float.inputs, (window + 1) * float.inputs);
    const floatLayers = float.run(values);
    for (const [index, outputs] of int8.run(quantiseValues(values, quantised.input)).entries()) {
      addNoise(noise[index], floatLayers[index], outputs, quantised.layers[index]?.output);
    }
    throwIfCancelled(signal);
    onProgress?.("comparing layers", (turn + 1) / used);
  }
  return quantised.layers.map(({ name }, index) => ({
    layer: name,
    signalToNoiseDb: decibels(noise[index]),
  }));
}

type Noise = { signal: number; noise: number };

function addNoise(
  sums: Noise | undefined,
  float: Float32Array | undefined,
  int8: Int8Array,
  quantisation: Quantisation | undefined,
): void {
  if (sums === undefined || float === undefined || quantisation === undefined) return;
  const { scale, zeroPoint } = quantisation;
  for (let i = 0; i < float.length; i++) {
    const value = float[i] as number;
    const error = ((int8[i] as number) - zeroPoint) * scale - value;
    sums.signal += value * value;
    sums.noise += error * error;
  }
}

function decibels(sums: Noise | undefined): number {
  if (sums === undefined || sums.noise === 0) return MOST_DECIBELS;
  if (sums.signal === 0) return 0;
  return Math.min(MOST_DECIBELS, 10 * Math.log10(sums.signal / sums.noise));
}

function meanDifference(float: Float32Array, int8: Int8Array, { scale, zeroPoint }: Quantisation): number {
  const sum = float.reduce((all, value, i) => {
    return all + Math.abs(((int8[i] as number) - zeroPoint) * scale - value);
  }, 0);
  return sum / float.length;
}

function largestIndex(values: Float32Array | Int8Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if ((values[i] as number) > (values[best] as number)) best = i;
  return best;
}
