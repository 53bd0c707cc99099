/** Which of several models is the best, and which are equals: pure arithmetic over validation figures. */

/** What a model is ranked by. */
export type Ranked = {
  /** Of the validation windows, with its standard error. */
  readonly accuracy: number;
  readonly accuracyError: number;
  readonly loss: number;
  readonly lossError: number;
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

/**
 * Best first: by accuracy; of those with the same accuracy, the smaller first where their losses are equal within one standard error of
 * the lowest (Breiman, Friedman, Olshen and Stone, "Classification and Regression Trees", 1984, 3.4.3: the rule of one standard error),
 * then by loss.
 */
export function ranked<R extends Ranked>(models: readonly R[]): R[] {
  const accuracies = [...new Set(models.map(({ accuracy }) => accuracy))].sort((a, b) => b - a);
  return accuracies.flatMap((accuracy) => {
    const same = models.filter((model) => model.accuracy === accuracy).sort((a, b) => a.loss - b.loss);
    const most = equalLoss(same);
    const equals = same.filter(({ loss }) => loss <= most).sort(bySize);
    return [...equals, ...same.filter(({ loss }) => loss > most)];
  });
}

/** The highest loss that is equal to the lowest one within one standard error of that. */
function equalLoss(models: readonly Ranked[]): number {
  const best = models.reduce<Ranked | null>(
    (lowest, model) => (lowest === null || model.loss < lowest.loss ? model : lowest),
    null,
  );
  return best === null ? Number.POSITIVE_INFINITY : best.loss + best.lossError;
}

/**
 * The smallest model that is as good as the best within one standard error, in accuracy and in loss, and no less accurate than `floor`.
 * @param models best first, one at least
 */
export function smallestEqual<R extends Ranked>(models: readonly R[], floor: number): R {
  const best = models[0] as R;
  const least = Math.max(floor, best.accuracy - best.accuracyError);
  const most = best.loss + best.lossError;
  const equals = models.filter(
    (model) => model === best || (model.accuracy >= least && model.loss <= most && model.bytes < best.bytes),
  );
  return equals.sort(bySize)[0] as R;
}
