/**
 * What a training's curves say in plain language: does the network learn enough (underfitting), does it learn by heart (overfitting),
 * and what to do next. Knows curves only; what is wrong with the data is the dataset checks' business.
 *
 * Accuracy is rated above chance: (accuracy - 1/classes) / (1 - 1/classes), so 0 is guessing and 1 is always right; for a value to
 * predict it is R². The thresholds are working rules, chosen so that small trainings made to underfit and to overfit are told apart
 * (test/training/diagnosis.test.ts), not constants from a paper.
 */
import type { EpochRecord } from "../../src-shared/contract/training.ts";
import type { Task } from "./architecture.ts";

/** A network that rates less than this on what it was trained on has not learned enough. */
const LEARNED = 0.7;
/** Validation windows rated at least this, with no gap of more than `SMALL_GAP`, are well enough whatever came later. */
const WELL = 0.9;
const SMALL_GAP = 0.05;
/** A gap between the ratings of training and validation windows from which on a network has learned by heart. */
const WIDE_GAP = 0.1;
/** Losses part when, after the best epoch, training loss falls below this share of what it was there while validation loss rises. */
const PARTING_TRAINING = 0.85;
const PARTING_VALIDATION = 1.15;
/** The best epoch lying in this last share of all means that training was still getting better. */
const STILL_LEARNING = 0.1;

export type FitDiagnosis = { readonly fit: "good" | "underfit" | "overfit"; readonly advice: string };

export type FitContext = {
  readonly task: Task;
  /** Classes, or 1. */
  readonly outputs: number;
  /** Epochs that were asked for. */
  readonly epochs: number;
  /** Training windows. */
  readonly windows: number;
  readonly parameters: number;
  readonly stoppedEarly: boolean;
};

/** `history` has at least one epoch. */
export function diagnoseFit(history: readonly EpochRecord[], context: FitContext): FitDiagnosis {
  const last = history.at(-1);
  if (last === undefined) return { fit: "underfit", advice: "Nothing was trained: no epoch was finished." };
  const best = history.reduce((lowest, record) =>
    record.validationLoss < lowest.validationLoss ? record : lowest,
  );
  const rate = ratingOf(context);
  const at = (record: EpochRecord) => {
    const training = rate(record.accuracy);
    return { training, gap: training - rate(record.validationAccuracy) };
  };
  const [atBest, atLast] = [at(best), at(last)];

  if (rate(best.validationAccuracy) >= WELL && atBest.gap <= SMALL_GAP) return good(best, context);
  const wide = [atBest, atLast].some(({ training, gap }) => training >= LEARNED && gap > WIDE_GAP);
  const parted =
    last.loss < PARTING_TRAINING * best.loss &&
    last.validationLoss > PARTING_VALIDATION * best.validationLoss;
  if (wide || parted) return overfit(atBest.gap > WIDE_GAP ? best : last, best, context);
  if (atBest.training < LEARNED) return underfit(best, context);
  return good(best, context);
}

function ratingOf({ task, outputs }: FitContext): (accuracy: number) => number {
  if (task === "regression") return (accuracy) => accuracy;
  const chance = 1 / outputs;
  return (accuracy) => (accuracy - chance) / (1 - chance);
}

function good(best: EpochRecord, context: FitContext): FitDiagnosis {
  return {
    fit: "good",
    advice:
      `The network does about as well on windows it was not trained on (${share(best.validationAccuracy, context)}) ` +
      `as on those it was (${share(best.accuracy, context)}). Next: evaluate it on the test set, and look at its mistakes.`,
  };
}

function overfit(shown: EpochRecord, best: EpochRecord, context: FitContext): FitDiagnosis {
  const steps = [
    "record more, at other times, on other machines and mounts, since that helps most",
    "add dropout (0.2 to 0.5) or L2 (0.001)",
  ];
  if (context.parameters > context.windows) {
    steps.push(
      `choose a smaller network (it has ${context.parameters} parameters for ${context.windows} training windows)`,
    );
  } else {
    steps.push("use augmentation");
  }
  return {
    fit: "overfit",
    advice:
      `The network learns its training windows by heart: ${share(shown.accuracy, context)} on them, ` +
      `but ${share(shown.validationAccuracy, context)} on windows it has not seen. ` +
      `The weights of epoch ${best.epoch}, before it got worse, are kept. Next: ${steps.join("; or ")}.`,
  };
}

function underfit(best: EpochRecord, context: FitContext): FitDiagnosis {
  const learning =
    !context.stoppedEarly && best.epoch > context.epochs * (1 - STILL_LEARNING) && context.epochs > 1;
  const next = learning
    ? "it was still getting better when it ended, so train for more epochs, or with a larger learning rate"
    : "choose a larger network or a smaller learning rate, longer windows or other features; look at the feature map: " +
      "classes that lie on top of each other there cannot be told apart by any network";
  const chance = context.task === "classification" ? ` (guessing gives ${percent(1 / context.outputs)})` : "";
  return {
    fit: "underfit",
    advice:
      `The network has not learned enough: ${share(best.accuracy, context)} even on the windows it was trained on${chance}. ` +
      `Next: ${next}.`,
  };
}

const percent = (value: number): string => `${Math.round(value * 100)} %`;

function share(accuracy: number, { task }: FitContext): string {
  return task === "classification"
    ? `${percent(accuracy)} right`
    : `${percent(accuracy)} of the variance explained`;
}
