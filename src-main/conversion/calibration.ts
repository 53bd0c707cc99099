/**
 * Ranges of a network's input and of every layer's output over calibration windows: what their int8 scales are made from. Knows
 * no scales itself.
 */
import { LimpetError } from "../../src-shared/errors.ts";
import { floatPass } from "./float-pass.ts";
import { macsOf, type PlannedLayer, product } from "./layer-plan.ts";

/** Smallest and largest value; 0 lies within. */
export type Range = { readonly min: number; readonly max: number };

export type Calibration = {
  readonly input: Range;
  /** One for each layer. */
  readonly layers: readonly Range[];
};

/** Calibration looks at as many windows, evenly spread, as this many multiplications allow: about a second. */
const MOST_MACS = 5e8;
const FEWEST_WINDOWS = 16;

/**
 * Runs calibration windows through the float network.
 *
 * The input's range is the one whose int8 steps have the least mean square error (see `leastErrorRange`); activations get their
 * smallest and largest value, met with inputs clipped to that range, as the board clips them.
 *
 * @param features count x inputs, normalised, as the network is given them. Throws `conversion-failed` if there are none or one is
 *   not finite.
 */
export function calibrate(
  layers: readonly PlannedLayer[],
  features: Float32Array,
  count: number,
): Calibration {
  const inputs = product(layers[0]?.inputShape ?? []);
  if (count < 1 || features.length < count * inputs) {
    throw new LimpetError(
      "conversion-failed",
      `Conversion needs calibration windows of ${inputs} features; there are ${features.length} values for ${count} windows.`,
      { hint: "Put at least one recording into the training split." },
    );
  }
  const known = features.subarray(0, count * inputs);
  if (!known.every(Number.isFinite)) {
    throw new LimpetError(
      "conversion-failed",
      "A feature of the calibration windows is not a finite number.",
      {
        hint: "Look for damaged recordings in the training split (limpet check).",
      },
    );
  }
  const input = leastErrorRange(known);
  const pass = floatPass(layers);
  const least = layers.map(() => 0);
  const most = layers.map(() => 0);
  for (const window of spread(count, windowsWithin(layers, count))) {
    const clipped = known
      .slice(window * inputs, (window + 1) * inputs)
      .map((value) => Math.min(input.max, Math.max(input.min, value)));
    for (const [index, values] of pass.run(clipped).entries()) {
      const range = rangeOf(values);
      least[index] = Math.min(least[index] as number, range.min);
      most[index] = Math.max(most[index] as number, range.max);
    }
  }
  return { input, layers: least.map((min, index) => ({ min, max: most[index] as number })) };
}

function windowsWithin(layers: readonly PlannedLayer[], count: number): number {
  const macs = layers.reduce((sum, layer) => sum + macsOf(layer), 1);
  return Math.min(count, Math.max(FEWEST_WINDOWS, Math.floor(MOST_MACS / macs)));
}

const spread = (count: number, chosen: number): number[] =>
  Array.from({ length: chosen }, (_, i) => Math.floor((i * count) / chosen));

function rangeOf(values: Float32Array): Range {
  let min = 0;
  let max = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min, max };
}

const BINS = 4096;
const CUTS = 128;
const STEPS = 255;

/**
 * The range whose 256 steps describe the values with the least mean square error: what lies within costs step² / 12, what lies
 * outside the square of its distance (the criterion of Banner, Nahshan, Soudry, "Post training 4-bit quantization of convolutional
 * networks", NeurIPS 2019, on a histogram in place of a fitted distribution). A lone outlier is clipped where it would coarsen all
 * other values; values that come often are kept however large they are, because clipping them costs more.
 */
export function leastErrorRange(values: Float32Array): Range {
  const whole = rangeOf(values);
  const upper = clippingCosts(values, whole.max, 1);
  const lower = clippingCosts(values, -whole.min, -1);
  let best = { cost: Infinity, range: whole };
  for (const [maxCut, above] of upper.entries()) {
    for (const [minCut, below] of lower.entries()) {
      const range = { min: (whole.min * (CUTS - minCut)) / CUTS, max: (whole.max * (CUTS - maxCut)) / CUTS };
      const step = (range.max - range.min) / STEPS;
      const cost = above + below + (step * step) / 12;
      if (cost < best.cost) best = { cost, range };
    }
  }
  return best.range;
}

/** Mean square error of clipping one side at (CUTS - cut) / CUTS of its extent, for every cut; [0] clips nothing. */
function clippingCosts(values: Float32Array, extent: number, sign: 1 | -1): number[] {
  if (extent <= 0) return [0];
  const bins = new Float64Array(BINS);
  for (let i = 0; i < values.length; i++) {
    const value = (values[i] as number) * sign;
    if (value <= 0) continue;
    const bin = Math.min(BINS - 1, Math.floor((value / extent) * BINS));
    bins[bin] = (bins[bin] as number) + 1;
  }
  return Array.from({ length: CUTS }, (_, cut) => {
    const limit = (extent * (CUTS - cut)) / CUTS;
    let cost = 0;
    for (let bin = Math.floor((limit / extent) * BINS); bin < BINS; bin++) {
      const beyond = ((bin + 0.5) * extent) / BINS - limit;
      cost += (bins[bin] as number) * beyond * beyond;
    }
    return cost / values.length;
  });
}
