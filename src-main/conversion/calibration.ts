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

const STEPS = 255;
/** Each end of the range is tried at its extent times powers of this. */
const SHRINK = 0.95;
/** Share of the values at each end that may be clipped at all. */
const TAIL = 0.025;
const MOST_VALUES = 200_000;

/**
 * The range whose 256 steps describe the values best: within, a value costs step² / 12, outside the square of its distance (the least
 * mean square criterion of Banner, Nahshan, Soudry, "Post training 4-bit quantization of convolutional networks", NeurIPS 2019),
 * but no more than one deviation squared. So a lone outlier, however far, cannot coarsen the steps of all other values, while large
 * values that come often are kept. The deviation is a quarter of the extent of the middle 95 %, which no outlier moves.
 */
export function leastErrorRange(values: Float32Array): Range {
  const sorted = sample(values).sort();
  const quantile = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  const whole = rangeOf(sorted);
  const [low, high] = [quantile(TAIL), quantile(1 - TAIL)];
  const deviation = (high - low) / 4 || Math.max(whole.max, -whole.min);
  const upper = clippingCosts(sorted, whole.max, Math.max(0, high), deviation);
  const lower = clippingCosts(negated(sorted), -whole.min, Math.max(0, -low), deviation);
  let best = { cost: Infinity, range: whole };
  for (const above of upper) {
    for (const below of lower) {
      const step = (above.limit + below.limit) / STEPS;
      const cost = above.cost + below.cost + (step * step) / 12;
      if (cost < best.cost) best = { cost, range: { min: 0 - below.limit, max: above.limit } };
    }
  }
  return best.range;
}

function sample(values: Float32Array): Float32Array {
  const step = Math.ceil(values.length / MOST_VALUES);
  return step <= 1 ? values.slice() : values.filter((_, i) => i % step === 0);
}

const negated = (sorted: Float32Array): Float32Array => sorted.map((value) => -value).reverse();

/** Mean cost of clipping values at limits from `extent` down to `least`. */
function clippingCosts(
  sorted: Float32Array,
  extent: number,
  least: number,
  deviation: number,
): { limit: number; cost: number }[] {
  const costs: { limit: number; cost: number }[] = [];
  for (let limit = extent; limit >= least && (limit > 0 || costs.length === 0); limit *= SHRINK) {
    let sum = 0;
    for (let i = sorted.length - 1; i >= 0 && (sorted[i] as number) > limit; i--) {
      sum += Math.min((sorted[i] as number) - limit, deviation) ** 2;
    }
    costs.push({ limit, cost: sum / sorted.length });
  }
  return costs;
}
