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
 * The input and the hidden layers get the range whose int8 steps have the least error (see `leastErrorRange`): features and
 * activations have long tails, and a range from the smallest to the largest value spends most of its steps on them. The last layer
 * that has weights gets its smallest and largest value, because what it gives is the answer. Activations are met with inputs clipped
 * to the input's range, as the board clips them.
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
  const input = leastErrorRange(thinned(known, MOST_VALUES));
  const pass = floatPass(layers);
  const windows = spread(count, windowsWithin(layers, count));
  const outputs = layers.map(({ outputShape }) => new Outputs(product(outputShape), windows.length));
  for (const window of windows) {
    const clipped = known
      .slice(window * inputs, (window + 1) * inputs)
      .map((value) => Math.min(input.max, Math.max(input.min, value)));
    for (const [index, values] of pass.run(clipped).entries()) outputs[index]?.add(values);
  }
  const answer = layers.findLastIndex(({ layer }) => "kernel" in layer);
  return {
    input,
    layers: outputs.map((output, index) =>
      index === answer ? output.whole : leastErrorRange(output.sample),
    ),
  };
}

/** What one layer has given: its range, and values spread evenly over all windows. */
class Outputs {
  whole: Range = { min: 0, max: 0 };
  readonly #sample: Float32Array;
  readonly #each: number;
  #count = 0;

  constructor(size: number, windows: number) {
    this.#each = Math.min(size, Math.ceil(MOST_VALUES / windows));
    this.#sample = new Float32Array(this.#each * windows);
  }

  get sample(): Float32Array {
    return this.#sample.subarray(0, this.#count);
  }

  add(values: Float32Array): void {
    const { min, max } = rangeOf(values);
    this.whole = { min: Math.min(this.whole.min, min), max: Math.max(this.whole.max, max) };
    const step = values.length / this.#each;
    // Each window begins elsewhere, so that no channel or place is always left out.
    const first = step > 1 ? (this.#count / this.#each) % step : 0;
    for (let i = 0; i < this.#each; i++) {
      this.#sample[this.#count++] = values[Math.floor(first + i * step) % values.length] as number;
    }
  }
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
/** Each end of the range is tried at its extent times powers of this, down to one deviation. */
const SHRINK = 0.95;
/** Share of the values at each end that may be clipped at all. */
const TAIL = 0.025;
const MOST_VALUES = 100_000;

/**
 * The range whose 256 steps describe the values best: within, a value costs step² / 12, outside the square of its distance (the least
 * mean square criterion of Banner, Nahshan, Soudry, "Post training 4-bit quantization of convolutional networks", NeurIPS 2019),
 * but no more than one deviation squared. So a lone outlier, however far, cannot coarsen the steps of all other values, while large
 * values that come often are kept. The deviation is a quarter of the extent of the middle 95 %, which no outlier moves.
 */
export function leastErrorRange(values: Float32Array): Range {
  const sorted = values.slice().sort();
  const whole = rangeOf(sorted);
  const { low, high } = middle(sorted);
  // Most values of a hidden layer may be 0: then those that are not tell the deviation.
  const busy = high > low ? { low, high } : middle(sorted.filter((value) => value !== 0));
  const deviation = (busy.high - busy.low) / 4 || whole.max - whole.min;
  const upper = clippingCosts(sorted, whole.max, high, deviation);
  const lower = clippingCosts(negated(sorted), -whole.min, -low, deviation);
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

/** The ends of the middle 95 % of sorted values. */
function middle(sorted: Float32Array): { low: number; high: number } {
  const quantile = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  return { low: quantile(TAIL), high: quantile(1 - TAIL) };
}

function thinned(values: Float32Array, most: number): Float32Array {
  const step = values.length / most;
  return step <= 1 ? values : new Float32Array(most).map((_, i) => values[Math.floor(i * step)] as number);
}

const negated = (sorted: Float32Array): Float32Array => sorted.map((value) => -value).reverse();

/** Mean cost of clipping values at limits from `extent` down to `least`. */
function clippingCosts(
  sorted: Float32Array,
  extent: number,
  least: number,
  deviation: number,
): { limit: number; cost: number }[] {
  const costs = [{ limit: extent, cost: 0 }];
  const end = Math.max(least, deviation);
  for (let limit = extent * SHRINK; limit >= end && limit > 0; limit *= SHRINK) {
    let sum = 0;
    for (let i = sorted.length - 1; i >= 0 && (sorted[i] as number) > limit; i--) {
      sum += Math.min((sorted[i] as number) - limit, deviation) ** 2;
    }
    costs.push({ limit, cost: sum / sorted.length });
  }
  return costs;
}
