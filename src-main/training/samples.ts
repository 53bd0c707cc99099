/** What is trained on, and what training derives from it before the first step: checks, class weights, the scale of values. */
import type { Design } from "../../src-shared/design.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import { type Shape, sizeOf, type Task } from "./architecture.ts";

export type Samples = {
  readonly count: number;
  /** count x product(inputShape), normalised. */
  readonly features: Float32Array;
  /** For each sample its class (Int32Array, from 0) or its value (Float32Array). */
  readonly targets: Int32Array | Float32Array;
  /** Of training samples: `each` changed copies of every one, count x each x product(inputShape); an epoch takes one or the sample. */
  readonly copies?: { readonly each: number; readonly features: Float32Array } | undefined;
};

/** Log-mel features: the ends of the axis of frequencies, and how many channels lie one after the other along the axis of time. */
export type MelAxes = { readonly lowHz: number; readonly highHz: number; readonly channels: number };

/** One training, as plain data that every thread gets. */
export type TrainingJob = {
  readonly network: Design["network"];
  readonly training: Design["training"];
  readonly task: Task;
  readonly inputShape: Shape;
  readonly outputs: number;
  readonly train: Samples;
  readonly validation: Samples;
  /** Of log-mel features; needed for `augmentation.frequencyWarp` and `tempo` only. */
  readonly melAxes?: MelAxes | undefined;
};

/** Throws `invalid-dataset` where there is nothing to train or to validate on, or where a number is none. */
export function checkSamples(job: Omit<TrainingJob, "network" | "training">): void {
  check(job.train, "training", job);
  check(job.validation, "validation", job);
}

function check(
  samples: Samples,
  name: string,
  { inputShape, outputs, task }: Pick<TrainingJob, "inputShape" | "outputs" | "task">,
): void {
  const { count, features, targets, copies } = samples;
  if (count === 0) {
    throw new LimpetError("invalid-dataset", `There are no ${name} windows.`, {
      hint: "Record or import more, or change the split so that every part gets recordings.",
    });
  }
  const copied = copies === undefined || copies.features.length === count * copies.each * sizeOf(inputShape);
  if (features.length !== count * sizeOf(inputShape) || targets.length !== count || !copied) {
    throw new LimpetError(
      "internal",
      `${count} ${name} windows came with ${features.length} features and ${targets.length} targets.`,
    );
  }
  for (let at = 0; at < features.length; at++) {
    if (Number.isFinite(features[at])) continue;
    throw new LimpetError(
      "invalid-dataset",
      `Window ${Math.floor(at / sizeOf(inputShape)) + 1} of the ${name} windows has a feature that is not a number.`,
      { hint: "Look for gaps or broken values in the recordings; a constant channel cannot be scaled." },
    );
  }
  for (const target of targets) {
    const right =
      task === "classification"
        ? Number.isInteger(target) && target >= 0 && target < outputs
        : Number.isFinite(target);
    if (!right) {
      throw new LimpetError("invalid-dataset", `The ${name} windows have a target ${target}.`, {
        hint:
          task === "regression"
            ? "To predict a value every label must be a number."
            : "The labels and the windows do not belong together; compute the features again.",
      });
    }
  }
}

/**
 * The weight of each class: the inverse of its share of the training windows, 1 where all are equal. All 1 where `wanted` is
 * false. A class without windows gets 0.
 */
export function classWeights(targets: ArrayLike<number>, classes: number, wanted: boolean): Float32Array {
  if (!wanted) return new Float32Array(classes).fill(1);
  const counts = new Float64Array(classes);
  for (let i = 0; i < targets.length; i++) {
    const target = targets[i] ?? 0;
    counts[target] = (counts[target] ?? 0) + 1;
  }
  const present = counts.filter((count) => count > 0).length;
  return Float32Array.from(counts, (count) => (count === 0 ? 0 : targets.length / (present * count)));
}

export type ValueScale = { readonly mean: number; readonly deviation: number };

/** Mean and deviation of the values to predict: the network learns them standardised, which is undone in its last layer. */
export function valueScale(targets: ArrayLike<number>): ValueScale {
  let sum = 0;
  for (let i = 0; i < targets.length; i++) sum += targets[i] ?? 0;
  const mean = sum / targets.length;
  let squares = 0;
  for (let i = 0; i < targets.length; i++) squares += ((targets[i] ?? 0) - mean) ** 2;
  const deviation = Math.sqrt(squares / targets.length);
  return { mean, deviation: deviation > 0 ? deviation : 1 };
}

/** Variance of values round their own mean; 0 for a constant. */
export function varianceOf(targets: ArrayLike<number>): number {
  const { mean } = valueScale(targets);
  let squares = 0;
  for (let i = 0; i < targets.length; i++) squares += ((targets[i] ?? 0) - mean) ** 2;
  return squares / targets.length;
}
