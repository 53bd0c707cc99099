/**
 * How good answers are: accuracy with its interval, precision, recall, F1, confusion, loss, errors of values. Pure arithmetic over
 * scores; knows neither engines nor datasets.
 */

/** Cross-entropy counts no score below this: half a step of the int8 scores (1/256), the same for every engine. */
const LEAST_SCORE = 1 / 512;

/** Index of the largest value; of equal ones the first, as the board does it. */
export function argmax(values: ArrayLike<number>, from = 0, count: number = values.length): number {
  let best = 0;
  for (let i = 1; i < count; i++) {
    if ((values[from + i] as number) > (values[from + best] as number)) best = i;
  }
  return best;
}

/** Rows are what it was, columns what it was called. */
export function confusionMatrix(
  size: number,
  actual: readonly number[],
  predicted: readonly number[],
): number[][] {
  const matrix = Array.from({ length: size }, () => new Array<number>(size).fill(0));
  for (const [index, row] of actual.entries()) {
    const cells = matrix[row] as number[];
    const column = predicted[index] as number;
    cells[column] = (cells[column] as number) + 1;
  }
  return matrix;
}

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

/** Precision, recall, F1 and support of a class; 0 where there is nothing to divide by. */
export function classMetrics(
  matrix: readonly (readonly number[])[],
  index: number,
): { precision: number; recall: number; f1: number; support: number } {
  const hit = matrix[index]?.[index] ?? 0;
  const support = matrix[index]?.reduce((sum, cell) => sum + cell, 0) ?? 0;
  const called = matrix.reduce((sum, row) => sum + (row[index] ?? 0), 0);
  const precision = ratio(hit, called);
  const recall = ratio(hit, support);
  return { precision, recall, f1: ratio(2 * precision * recall, precision + recall), support };
}

/** Part of the cells on the diagonal; 0 where there are none. */
export function accuracyOf(matrix: readonly (readonly number[])[]): number {
  const hits = matrix.reduce((sum, row, index) => sum + (row[index] ?? 0), 0);
  const all = matrix.reduce((sum, row) => sum + row.reduce((part, cell) => part + cell, 0), 0);
  return ratio(hits, all);
}

/**
 * 95 % score interval of a proportion (Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the
 * American Statistical Association 22, 1927). Windows of one recording resemble each other, so the truth is wider than that.
 */
export function wilsonInterval(hits: number, count: number): [number, number] {
  if (count === 0) {
    return [0, 1];
  }
  const z = 1.959963984540054;
  const p = hits / count;
  const middle = p + (z * z) / (2 * count);
  const spread = z * Math.sqrt((p * (1 - p)) / count + (z * z) / (4 * count * count));
  const whole = 1 + (z * z) / count;
  return [Math.max(0, (middle - spread) / whole), Math.min(1, (middle + spread) / whole)];
}

/** Mean cross-entropy of the right class's scores, natural logarithm. */
export function crossEntropy(rightScores: readonly number[]): number {
  return ratio(
    rightScores.reduce((sum, score) => sum - Math.log(Math.max(LEAST_SCORE, score)), 0),
    rightScores.length,
  );
}

/** Errors of predicted values: mean absolute, root mean square, and the coefficient of determination. */
export function regressionMetrics(
  actual: readonly number[],
  predicted: readonly number[],
): { mae: number; rmse: number; r2: number } {
  const count = actual.length;
  const mean = ratio(
    actual.reduce((sum, value) => sum + value, 0),
    count,
  );
  let absolute = 0;
  let squared = 0;
  let total = 0;
  for (const [index, value] of actual.entries()) {
    const error = (predicted[index] as number) - value;
    absolute += Math.abs(error);
    squared += error * error;
    total += (value - mean) ** 2;
  }
  return {
    mae: ratio(absolute, count),
    rmse: Math.sqrt(ratio(squared, count)),
    r2: total === 0 ? 0 : 1 - squared / total,
  };
}

/**
 * McNemar's test: whether two classifiers that differ on `onlyA` + `onlyB` windows really differ ("Note on the sampling error of the
 * difference between correlated proportions", Psychometrika 12, 1947). Two-sided p-value; exact (binomial) up to 50
 * differences, beyond with the chi-squared distribution and continuity correction.
 */
export function mcnemar(onlyA: number, onlyB: number): number {
  const count = onlyA + onlyB;
  if (count === 0) {
    return 1;
  }
  if (count > 50) {
    const statistic = Math.max(0, Math.abs(onlyA - onlyB) - 1) ** 2 / count;
    return complementaryError(Math.sqrt(statistic / 2));
  }
  // Twice the lower tail of the binomial distribution with p = 1/2.
  let term = 0.5 ** count;
  let tail = 0;
  for (let k = 0; k <= Math.min(onlyA, onlyB); k++) {
    tail += term;
    term = (term * (count - k)) / (k + 1);
  }
  return Math.min(1, 2 * tail);
}

/** erfc for x >= 0, to 1.2e-7 of its size (Press et al., "Numerical Recipes in C", 2nd edition, 6.2: a Chebyshev fit). */
function complementaryError(x: number): number {
  const t = 1 / (1 + 0.5 * x);
  const coefficients = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587,
    -0.82215223, 0.17087277,
  ];
  const polynomial = coefficients.reduceRight((sum, coefficient) => sum * t + coefficient, 0);
  return t * Math.exp(-x * x + polynomial);
}
