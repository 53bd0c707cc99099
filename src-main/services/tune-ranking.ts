/** Which of several models is the best, and which are equals: pure arithmetic over validation figures. */

/** Figures of a model with their standard errors. */
export type Figures = {
  readonly accuracy: number;
  readonly accuracyError: number;
  readonly loss: number;
  readonly lossError: number;
};

/** What a model is ranked by. */
export type Ranked = Figures & {
  /** The second opinion: means over other divisions of the recordings. Null where nobody asked, or there can be none. */
  readonly cross: Figures | null;
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
const byFigures = (a: Figures, b: Figures): number => b.accuracy - a.accuracy || a.loss - b.loss;

/** Whether figures are as good as others within one standard error of those. */
const within = (figures: Figures, best: Figures): boolean =>
  figures.accuracy >= best.accuracy - best.accuracyError && figures.loss <= best.loss + best.lossError;

/**
 * Best first: by accuracy; of those with the same accuracy by the second opinion (the loss where one of them has none), and of those that
 * are equal in that, within one standard error of the best, the smaller first (Breiman, Friedman, Olshen and Stone, "Classification
 * and Regression Trees", 1984, 3.4.3: the rule of one standard error).
 */
export function ranked<R extends Ranked>(models: readonly R[]): R[] {
  const accuracies = [...new Set(models.map(({ accuracy }) => accuracy))].sort((a, b) => b - a);
  return accuracies.flatMap((accuracy) => {
    const same = models.filter((model) => model.accuracy === accuracy);
    const asked = same.every(({ cross }) => cross !== null);
    const opinion = (model: R): Figures => (asked ? model.cross : null) ?? model;
    same.sort((a, b) => byFigures(opinion(a), opinion(b)));
    const best = opinion(same[0] as R);
    const isEqual = (model: R): boolean => within(opinion(model), best);
    return [...same.filter(isEqual).sort(bySize), ...same.filter((model) => !isEqual(model))];
  });
}

/**
 * The smallest model that is as good as the best within one standard error, in accuracy and in the second opinion, and no less accurate than
 * `floor`.
 * @param models best first, one at least
 */
export function smallestEqual<R extends Ranked>(models: readonly R[], floor: number): R {
  const best = models[0] as R;
  const equals = models.filter((model) => {
    const { cross } = model;
    const agreed = cross === null || best.cross === null || within(cross, best.cross);
    return model === best || (model.accuracy >= floor && within(model, best) && agreed);
  });
  return equals.sort(bySize)[0] as R;
}

/** A model that is smaller by less than this is not worth another round. */
const SMALLER = 0.9;

/** Whether the new best is better than the one before by more than a hair. */
export const isProgress = (now: Ranked, before: Ranked): boolean =>
  now !== before &&
  (now.accuracy > before.accuracy ||
    (now.cross !== null && before.cross !== null && now.cross.accuracy > before.cross.accuracy) ||
    now.bytes < SMALLER * before.bytes);
