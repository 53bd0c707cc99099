/** What int8 costs in each layer: signal to noise. Knows networks and windows of features; no project and no classes. */
import { throwIfCancelled } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import { floatPass } from "./float-pass.ts";
import { int8Pass } from "./int8-pass.ts";
import { type Quantisation, type QuantisedNetwork, quantiseValues } from "./quantise.ts";

/**
 * Signal to noise of each layer's output in decibels, at most 100: power of the float values over the power of their difference to
 * int8, with what earlier layers have added. About 6 dB are one bit.
 */
export type LayerNoise = { layer: string; signalToNoiseDb: number }[];

const MOST_DECIBELS = 100;
/** Both passes give every layer's output, so a few hundred windows settle the decibels. */
const LAYER_WINDOWS = 200;

/**
 * What int8 adds to each layer's output, on at most 200 of the windows, spread evenly: both networks run layer by layer, each on its own
 * values, so noise of earlier layers is in it. The int8 pass may differ by a step from a board's; the decibels are those of LiteRT's
 * tensors to 0.5 dB.
 *
 * @param features count x inputs, normalised. Throws `cancelled`.
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
    throwIfCancelled(signal);
    const window = Math.floor((turn * count) / used);
    const values = features.slice(window * float.inputs, (window + 1) * float.inputs);
    const floatLayers = float.run(values);
    for (const [index, outputs] of int8.run(quantiseValues(values, quantised.input)).entries()) {
      addNoise(noise[index], floatLayers[index], outputs, quantised.layers[index]?.output);
    }
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
