/** What a backend offers to the fit loop: one training step over a batch, evaluation, and the numbers that are trained. */

/** Sums over the windows of a batch or set; `right` is 0 for a value to predict. */
export type StepSums = {
  /** Loss of each window, summed: cross-entropy in nats (unweighted, without penalties) or squared error of standardised values. */
  readonly loss: number;
  readonly right: number;
};

export type TrainingStep = {
  /**
   * Changes the weights by the gradient over the training windows of the given numbers. `step` counts batches from 0 over all
   * epochs. `control` is handed to every thread of the team and comes back the same in each.
   */
  train(
    batch: Uint32Array,
    epoch: number,
    step: number,
    control: number,
  ): StepSums & { readonly control: number };
  /** Loss over a whole set, without dropout and augmentation. */
  evaluate(set: "train" | "validation"): StepSums;
  /** A copy of all parameters, in the order of `parametersOf`. */
  save(): Float32Array[];
  load(values: readonly Float32Array[]): void;
  /** Frees what it holds in the backend. */
  dispose(): void;
};
