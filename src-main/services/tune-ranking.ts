/** Which of several models is the best, and which are equals: pure arithmetic over validation figures. */

/** What a model is ranked by. */
export type Ranked = {
  /** Of the validation windows, with its standard error. */
  readonly accuracy: number;
  readonly accuracyError: number;
  /** The second opinion: means over other divisions of the recordings, with their standard errors. */
  readonly crossAccuracy: number;
  readonly crossError: number;
  readonly crossLoss: number;
  readonly crossLossError: number;
  /** Bytes that it takes, RAM and flash together. */
  readonly bytes: number;
};

/**
 * Standard error of a mean over windows that come in recordings: windows of one recording resemble each other, so recordings count as
 * drawn and not windows (Cochran, "Sampling Techniques", 3rd edition, 1977, 9A.1: ratio estimator over clusters of different sizes).
 * @param values one for each window
 * @param clusters whose window it is
 * @returns 0 for fewer than two clusters, where nothing can be said
 */
export function clusteredError(values: readonly number[], clusters: readonly unknown[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const residuals = new Map<unknown, number>();
  for (const [index, value] of values.entries()) {
    const cluster = clusters[index];
    residuals.set(cluster, (residuals.get(cluster) ?? 0) + value - mean);
  }
  const count = residuals.size;
  if (count < 2) return 0;
  const squares = [...residuals.values()].reduce((sum, residual) => sum + residual ** 2, 0);
  return Math.sqrt((count / (count - 1)) * squares) / values.length;
}

const bySize = (a: Ranked, b: Ranked): number => a.bytes - b.bytes;
const byCross = (a: Ranked, b: Ranked): number =>
  b.crossAccuracy - a.crossAccuracy || a.crossLoss - b.crossLoss;

/** Whether the second opinion on a model is as good as that on the best, within one standard error of the best. */
const isEqual = (model: Ranked, best: Ranked): boolean =>
  model.crossAccuracy >= best.crossAccuracy - best.crossError &&
  model.crossLoss <= best.crossLoss + best.crossLossError;

/**
 * Best first: by accuracy; of those with the same accuracy by the second opinion, and of those that are equal in that, within one standard
 * error of the best, the smaller first (Breiman, Friedman, Olshen and Stone, "Classification and Regression Trees", 1984, 3.4.3: the
 * rule of one standard error).
 */
export function ranked<R extends Ranked>(models: readonly R[]): R[] {
  const accuracies = [...new Set(models.map(({ accuracy }) => accuracy))].sort((a, b) => b - a);
  return accuracies.flatMap((accuracy) => {
    const same = models.filter((model) => model.accuracy === accuracy).sort(byCross);
    const best = same[0] as R;
    const equals = same.filter((model) => isEqual(model, best)).sort(bySize);
    return [...equals, ...same.filter((model) => !isEqual(model, best))];
  });
}

/**
 * The smallest model that is as good as the best within one standard error, in accuracy and in the second opinion, and no less accurate than
 * `floor`.
 * @param models best first, one at least
 */
export function smallestEqual<R extends Ranked>(models: readonly R[], floor: number): R {
  const best = models[0] as R;
  const least = Math.max(floor, best.accuracy - best.accuracyError);
  const equals = models.filter(
    (model) => model === best || (model.accuracy >= least && isEqual(model, best)),
  );
  return equals.sort(bySize)[0] as R;
}

/** A model that is smaller by less than this is not worth another round. */
const SMALLER = 0.9;

/** Whether the new best is better than the one before by more than a hair. */
export const isProgress = (now: Ranked, before: Ranked): boolean =>
  now !== before &&
  (now.accuracy > before.accuracy ||
    now.crossAccuracy > before.crossAccuracy ||
    now.bytes < SMALLER * before.bytes);
