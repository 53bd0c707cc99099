/**
 * Labels that look wrong, by confident learning (Northcutt, Jiang and Chuang, "Confident learning: estimating uncertainty in dataset
 * labels", Journal of Artificial Intelligence Research 70, 2021): an example is suspected where a model that was not trained on it is as
 * sure of another class as it usually is of that class's own examples. Pure; knows probabilities and numbers of classes.
 */

export type LabelSuspect = {
  /** Index of the example. */
  readonly example: number;
  readonly given: number;
  readonly suggested: number;
  /** Probability of the suggested class less that of the given one, 0 to 1. */
  readonly margin: number;
};

/**
 * Suspected examples, the surest first.
 *
 * @param probabilities count x classes, row-major, of models that have not seen the example
 * @param given each example's class
 */
export function suspectLabels(
  probabilities: Float32Array,
  given: readonly number[],
  classes: number,
): LabelSuspect[] {
  const of = (example: number, label: number): number => probabilities[example * classes + label] as number;
  const usual = usualConfidence(of, given, classes);
  const suspects = given.flatMap((own, example): LabelSuspect[] => {
    let suggested = own;
    for (let label = 0; label < classes; label++) {
      const sure = of(example, label) >= (usual[label] as number);
      if (sure && of(example, label) > of(example, suggested)) suggested = label;
    }
    const margin = of(example, suggested) - of(example, own);
    return suggested === own ? [] : [{ example, given: own, suggested, margin }];
  });
  return suspects.sort((a, b) => b.margin - a.margin);
}

/** For each class the mean probability that its own examples get for it; no class without examples is ever suggested. */
function usualConfidence(
  of: (example: number, label: number) => number,
  given: readonly number[],
  classes: number,
): number[] {
  return Array.from({ length: classes }, (_, label) => {
    const own = given.flatMap((one, example) => (one === label ? [of(example, label)] : []));
    return own.length === 0
      ? Number.POSITIVE_INFINITY
      : own.reduce((sum, value) => sum + value, 0) / own.length;
  });
}
