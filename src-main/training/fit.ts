/**
 * The fit loop: epochs of shuffled batches, a look at the validation windows after each, early stop, best weights kept. The same
 * loop runs on every thread of a team and decides the same there. Knows no backend.
 */
import type { EpochRecord } from "../../src-shared/contract/training.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import { keyOf, shuffled } from "./random.ts";
import { type TrainingJob, valueScale, varianceOf } from "./samples.ts";
import type { StepSums, TrainingStep } from "./step.ts";

/** What the first thread of a team is asked and told; the others have none. */
export type FitHooks = {
  /** Asked before each batch. */
  control(): Control;
  onEpoch(record: EpochRecord): void;
  /** Fraction 0..1 of the epochs that were asked for. */
  onProgress(fraction: number): void;
};

export const CONTROL = { go: 0, stop: 1, cancel: 2 } as const;
export type Control = (typeof CONTROL)[keyof typeof CONTROL];

export type FitResult = Omit<EpochRecord, "epoch"> & {
  readonly history: EpochRecord[];
  /** Epochs that were run. */
  readonly epochs: number;
  /** Fewer epochs than asked for. */
  readonly stoppedEarly: boolean;
  /** Parameters of the best epoch. */
  readonly values: Float32Array[];
};

/** Turns sums over a set into loss and accuracy; for a value to predict the accuracy is R² clamped to 0..1. */
function figures(job: TrainingJob): (sums: StepSums, count: number, set: "train" | "validation") => Figures {
  if (job.task === "classification") {
    return ({ loss, right }, count) => ({ loss: loss / count, accuracy: right / count });
  }
  const scale = valueScale(job.train.targets).deviation ** 2;
  const variances = {
    train: varianceOf(job.train.targets),
    validation: varianceOf(job.validation.targets),
  };
  return ({ loss }, count, set) => {
    const error = (loss / count) * scale;
    const variance = variances[set];
    const explained = variance > 0 ? 1 - error / variance : 0;
    return { loss: error, accuracy: Math.min(1, Math.max(0, explained)) };
  };
}

type Figures = { readonly loss: number; readonly accuracy: number };

/**
 * Trains until `epochs`, until `patience` epochs in a row brought no lower validation loss, or until stopped. Training figures of
 * an epoch are means over its batches, as they were when each batch was reached (with dropout and augmentation); the figures of
 * the result are those of the best weights, without. Throws `cancelled`, or `training-failed` where the loss is no number from
 * the start.
 */
export function fitNetwork(job: TrainingJob, step: TrainingStep, hooks: FitHooks | null): FitResult {
  const { epochs, batchSize, patience, seed } = job.training;
  const { count } = job.train;
  const toFigures = figures(job);
  const history: EpochRecord[] = [];
  let best: { loss: number; epoch: number; values: Float32Array[] } | null = null;
  let batches = 0;
  let stopped = false;

  for (let epoch = 0; epoch < epochs && !stopped; epoch++) {
    const order = shuffled(count, keyOf(seed, "order", epoch));
    const sums = { loss: 0, right: 0, seen: 0 };
    for (let at = 0; at < count && !stopped; at += batchSize) {
      const batch = order.subarray(at, at + batchSize);
      const done = step.train(batch, epoch, batches++, hooks?.control() ?? CONTROL.go);
      sums.loss += done.loss;
      sums.right += done.right;
      sums.seen += batch.length;
      if (done.control === CONTROL.cancel) throw new LimpetError("cancelled", "Training was cancelled.");
      stopped = done.control === CONTROL.stop;
      hooks?.onProgress((epoch + (at + batch.length) / count) / epochs);
    }
    const training = toFigures(sums, sums.seen, "train");
    const validation = toFigures(step.evaluate("validation"), job.validation.count, "validation");
    if (!Number.isFinite(training.loss) || !Number.isFinite(validation.loss)) {
      if (best === null) throw diverged();
      stopped = true;
      break;
    }
    const record: EpochRecord = {
      epoch: epoch + 1,
      ...training,
      validationLoss: validation.loss,
      validationAccuracy: validation.accuracy,
    };
    history.push(record);
    hooks?.onEpoch(record);
    if (best === null || validation.loss < best.loss) {
      best = { loss: validation.loss, epoch, values: step.save() };
    } else if (epoch - best.epoch >= patience) {
      stopped = true;
    }
  }
  if (best === null) throw diverged();
  step.load(best.values);
  const training = toFigures(step.evaluate("train"), count, "train");
  const validation = toFigures(step.evaluate("validation"), job.validation.count, "validation");
  return {
    ...training,
    validationLoss: validation.loss,
    validationAccuracy: validation.accuracy,
    history,
    epochs: history.length,
    stoppedEarly: history.length < epochs,
    values: best.values,
  };
}

function diverged(): LimpetError {
  return new LimpetError("training-failed", "The loss grew beyond all numbers: training diverged.", {
    field: "training.learningRate",
    hint: "Make the learning rate ten times smaller, and choose normalisation `standard`.",
  });
}
