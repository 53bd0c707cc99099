/**
 * What "none of what was recorded" means: the recorded states as Gaussians over the normalised features, and a score that says how
 * far a window lies from the nearest of them, in its own standard deviations (docs/model-package.md, section ANOM). Learnt
 * from the training windows of normal labels; the score is computed here as on the board, bit for bit. Knows features; no
 * recordings and no network.
 */
import { RandomSequence } from "../training/random.ts";

/** States that a board has room for. */
export const MAX_STATES = 64;
/** A state of its own for every so many windows at most: fewer say little about a deviation. */
const WINDOWS_PER_STATE = 20;
/** Numbers of states of one label that are tried. */
const STATE_COUNTS = [1, 2, 4, 8];
/** What a greater number has to gain on held-out windows, nats for each feature. */
const LEAST_GAIN = 0.01;
/** Deviations are drawn towards those of all states as if those were so many windows more. */
const SHARED_WINDOWS = 5;
/** Least variance of a state's feature, as a part of that feature's variance over all windows. */
const LEAST_VARIANCE = 1e-3;
const ITERATIONS = 25;

/** The recorded states: `mean` and `weight` (1 / variance) have `states` rows of `size` float32. */
export type RecordedStates = {
  readonly states: number;
  readonly size: number;
  readonly mean: Float32Array;
  readonly weight: Float32Array;
};

export type StatesRequest = {
  /** Normalised features, count x size; of training windows of normal labels only. */
  readonly features: Float32Array;
  readonly size: number;
  /** For each window the number of its label, from 0. */
  readonly labels: Int32Array;
  /** Held-out windows of the same labels, by which the number of states of each label is chosen; may be none. */
  readonly validation: { readonly features: Float32Array; readonly labels: Int32Array };
  /** States of each label; chosen where absent. */
  readonly clusters?: number | undefined;
  readonly seed: number;
};

type State = { readonly mean: Float64Array; readonly variance: Float64Array; readonly count: number };

/**
 * Learns the states of each label by k-means++ (Arthur and Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007) and
 * classification EM with diagonal variances (Celeux and Govaert, "A classification EM algorithm for clustering and two stochastic
 * versions", Computational Statistics and Data Analysis 14, 1992). The number of states of a label is the smallest of 1, 2, 4, 8 that no
 * greater one beats by 0.01 nats for each feature in the mean log density of its held-out windows.
 */
export function fitStates(request: StatesRequest): RecordedStates {
  const { features, size, labels, validation, clusters, seed } = request;
  const overall = varianceOf(rowsOf(features, size, labels, null), size);
  const names = [...new Set(labels)].sort((a, b) => a - b);
  const most = Math.max(1, Math.floor(MAX_STATES / names.length));
  const all = names.flatMap((label) => {
    const rows = rowsOf(features, size, labels, label);
    const held = rowsOf(validation.features, size, validation.labels, label);
    const room = Math.min(most, Math.max(1, Math.floor(rows.length / WINDOWS_PER_STATE)));
    const random = new RandomSequence((Math.imul(seed, 0x9e3779b1) ^ (label + 1)) | 0);
    if (clusters !== undefined) {
      return cluster(rows, Math.min(clusters, rows.length, most), overall, random);
    }
    const counts = held.length === 0 ? [1] : STATE_COUNTS.filter((count) => count <= room);
    const tried = counts.map((count) => {
      const states = cluster(rows, count, overall, random);
      return { states, density: meanLogDensity(held, shrunk(states, states, overall)) };
    });
    return tried.reduce((best, next) => (next.density > best.density + LEAST_GAIN * size ? next : best))
      .states;
  });
  const mean = new Float32Array(all.length * size);
  const weight = new Float32Array(all.length * size);
  for (const [index, state] of shrunk(all, all, overall).entries()) {
    mean.set(state.mean, index * size);
    // A feature that never varied says nothing.
    weight.set(
      state.variance.map((variance) => (variance > 0 ? 1 / variance : 0)),
      index * size,
    );
  }
  return { states: all.length, size, mean, weight };
}

/** Rows of one label; of all where it is null. */
function rowsOf(
  features: Float32Array,
  size: number,
  labels: Int32Array,
  wanted: number | null,
): Float32Array[] {
  const rows: Float32Array[] = [];
  for (const [index, label] of labels.entries()) {
    if (wanted === null || label === wanted) rows.push(features.subarray(index * size, (index + 1) * size));
  }
  return rows;
}

function meanOf(rows: readonly Float32Array[], size: number): Float64Array {
  const mean = new Float64Array(size);
  for (const row of rows) for (let i = 0; i < size; i++) mean[i] = (mean[i] as number) + (row[i] as number);
  return mean.map((sum) => sum / Math.max(1, rows.length));
}

function varianceOf(rows: readonly Float32Array[], size: number, mean = meanOf(rows, size)): Float64Array {
  const squares = new Float64Array(size);
  for (const row of rows) {
    for (let i = 0; i < size; i++) {
      squares[i] = (squares[i] as number) + ((row[i] as number) - (mean[i] as number)) ** 2;
    }
  }
  return squares.map((sum) => sum / Math.max(1, rows.length));
}

/** `count` states of some rows: seeds by k-means++, then in turn each row to its nearest state and each state to its rows. */
function cluster(
  rows: readonly Float32Array[],
  count: number,
  overall: Float64Array,
  random: RandomSequence,
): State[] {
  const size = overall.length;
  let means = seeds(rows, count, overall, random);
  let states: State[] = [];
  let before = "";
  for (let turn = 0; turn < ITERATIONS; turn++) {
    const nearest = rows.map((row) => nearestOf(row, means, overall));
    const members = means.map((_, state) => rows.filter((_row, index) => nearest[index] === state));
    states = members
      .filter((own) => own.length > 0)
      .map((own) => {
        const mean = meanOf(own, size);
        return { mean, variance: varianceOf(own, size, mean), count: own.length };
      });
    means = states.map(({ mean }) => mean);
    const now = nearest.join();
    if (now === before) break;
    before = now;
  }
  return states;
}

/** Squared distance in deviations over all windows. */
function distance(row: Float32Array, mean: Float64Array, overall: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < row.length; i++) {
    const variance = overall[i] as number;
    if (variance > 0) sum += ((row[i] as number) - (mean[i] as number)) ** 2 / variance;
  }
  return sum;
}

function nearestOf(row: Float32Array, means: readonly Float64Array[], overall: Float64Array): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (const [index, mean] of means.entries()) {
    const far = distance(row, mean, overall);
    if (far < least) {
      least = far;
      best = index;
    }
  }
  return best;
}

function seeds(
  rows: readonly Float32Array[],
  count: number,
  overall: Float64Array,
  random: RandomSequence,
): Float64Array[] {
  const first = rows[Math.floor(random.uniform() * rows.length)] as Float32Array;
  const chosen = [Float64Array.from(first)];
  let distances = rows.map((row) => distance(row, chosen[0] as Float64Array, overall));
  while (chosen.length < count) {
    let left = random.uniform() * distances.reduce((sum, far) => sum + far, 0);
    let index = 0;
    while (index < rows.length - 1 && left >= (distances[index] as number))
      left -= distances[index++] as number;
    const seed = Float64Array.from(rows[index] as Float32Array);
    chosen.push(seed);
    distances = distances.map((far, row) =>
      Math.min(far, distance(rows[row] as Float32Array, seed, overall)),
    );
  }
  return chosen;
}

/** States whose variances are drawn towards those that all states have together. */
function shrunk(states: readonly State[], all: readonly State[], overall: Float64Array): State[] {
  const total = all.reduce((sum, { count }) => sum + count, 0);
  const pooled = overall.map((_, i) =>
    all.reduce((sum, { variance, count }) => sum + ((variance[i] as number) * count) / total, 0),
  );
  return states.map(({ mean, variance, count }) => {
    const own = count / (count + SHARED_WINDOWS);
    return {
      mean,
      count,
      variance: variance.map(
        (value, i) =>
          own * value + (1 - own) * (pooled[i] as number) + LEAST_VARIANCE * (overall[i] as number),
      ),
    };
  });
}

/** Mean over rows of the log density of their likeliest state, without the constant. */
function meanLogDensity(rows: readonly Float32Array[], states: readonly State[]): number {
  const total = states.reduce((sum, { count }) => sum + count, 0);
  let sum = 0;
  for (const row of rows) {
    sum += Math.max(
      ...states.map(({ mean, variance, count }) => {
        let density = Math.log(count / total);
        for (let i = 0; i < row.length; i++) {
          const spread = variance[i] as number;
          if (spread > 0) {
            density -= 0.5 * (((row[i] as number) - (mean[i] as number)) ** 2 / spread + Math.log(spread));
          }
        }
        return density;
      }),
    );
  }
  return sum / Math.max(1, rows.length);
}

/**
 * The score of each window, in float32 as on the board: the root mean square of (feature - mean) / deviation over the features, of
 * the state where that is least. About 1 for what is like the recordings.
 * @param features normalised, count x size
 */
export function anomalyScores(model: RecordedStates, features: Float32Array): Float32Array {
  const { states, size, mean, weight } = model;
  const count = features.length / size;
  return Float32Array.from({ length: count }, (_, row) => {
    let least = Number.POSITIVE_INFINITY;
    for (let state = 0; state < states; state++) {
      let sum = 0;
      for (let i = 0; i < size; i++) {
        const at = state * size + i;
        const difference = Math.fround((features[row * size + i] as number) - (mean[at] as number));
        const square = Math.fround(difference * difference);
        sum = Math.fround(sum + Math.fround(square * (weight[at] as number)));
      }
      // The first one whatever it is, so that what is not a number stays so.
      if (state === 0 || sum < least) least = sum;
    }
    return Math.fround(Math.sqrt(Math.fround(least / size)));
  });
}

/** The value below which a part `quantile` of the values lie, interpolated (Hyndman and Fan 1996, type 7); 0 of none. */
export function quantileOf(values: ArrayLike<number>, quantile: number): number {
  const sorted = Array.from(values).sort((a, b) => a - b);
  if (sorted.length === 0) return 0;
  const at = quantile * (sorted.length - 1);
  const low = sorted[Math.floor(at)] as number;
  const high = sorted[Math.ceil(at)] as number;
  return low + (high - low) * (at - Math.floor(at));
}

/**
 * Area under the curve of true over false alarms: the chance that an anomalous window scores above a normal one (Hanley and McNeil 1982,
 * "The meaning and use of the area under a receiver operating characteristic curve", Radiology 143). Null where either is missing.
 */
export function areaUnderCurve(normal: ArrayLike<number>, anomalous: ArrayLike<number>): number | null {
  if (normal.length === 0 || anomalous.length === 0) return null;
  const sorted = Array.from(normal).sort((a, b) => a - b);
  let sum = 0;
  for (const score of Array.from(anomalous)) {
    sum += (countBelow(sorted, score, false) + countBelow(sorted, score, true)) / 2;
  }
  return sum / (normal.length * anomalous.length);
}

/** How many of the sorted values lie below `limit`, or at it too. */
function countBelow(sorted: readonly number[], limit: number, orAt: boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const value = sorted[middle] as number;
    if (value < limit || (orAt && value === limit)) low = middle + 1;
    else high = middle;
  }
  return low;
}
