/**
 * Trials of a search: what a design would cost, refused before training where that is too much, and how well it does after a few
 * epochs. What was computed of windows is used again for designs that differ in the network only. Stores nothing in the project.
 */
import { LimpetError } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import type { ProjectFile } from "../dataset/project-file.ts";
import { trainNetwork } from "../training/train.ts";
import { costOf } from "./design-cost.ts";
import { describePlan } from "./design-report.ts";
import { type FeatureDataset, type LearningPlan, planLearning } from "./learning-data.ts";
import { type TrainingData, trainingData } from "./training-data.ts";
import { type Folds, foldsOf, planOfFold } from "./tune-folds.ts";
import { type ModelNeeds, overrun, type Room } from "./tune-limits.ts";
import type { Figures } from "./tune-ranking.ts";
import type { Draft } from "./tune-space.ts";

export type Candidate = {
  readonly draft: Draft;
  readonly learning: LearningPlan;
  readonly needs: ModelNeeds;
};

/** How a network did on the validation windows. */
export type Score = { readonly accuracy: number; readonly loss: number };

/** Scores of the board have steps of 1/256: losses of classifiers that differ by less are equal there. */
export const LEAST_LOSS_ERROR = 1 / 256;

/** Better ones first. */
export const byScore = (a: Score, b: Score): number => b.accuracy - a.accuracy || a.loss - b.loss;

/** Copies of each window in a trial: its few epochs would not see more of them. */
const MOST_COPIES = 6;
/** Bytes of windows' features that are kept for the next design. */
const MOST_KEPT_BYTES = 256 * 2 ** 20;

export class Trials {
  readonly #project: ProjectFile;
  readonly #room: Room;
  readonly #dataset: FeatureDataset;
  readonly #kept = new Map<string, { readonly data: TrainingData; readonly bytes: number }>();
  /** Recordings that the first design has windows of: a design that leaves some out would have an easier job. */
  #recordings: number | null = null;
  #folds: Folds | null | undefined;

  constructor(project: ProjectFile, room: Room) {
    this.#project = project;
    this.#room = room;
    // Hundreds of designs' features would only push out of the project's store what is wanted again.
    this.#dataset = {
      path: project.path,
      cached: (key) => project.cached(key),
      cacheAll: () => {},
      gaps: (stream) => project.gaps(stream),
      readValues: (stream, start, count) => project.readValues(stream, start, count),
    };
  }

  /** What the design would be; a reason where it is impossible or too much for the board. */
  judge(draft: Draft): Candidate | string {
    let learning: LearningPlan;
    try {
      learning = planLearning(this.#project, draft);
    } catch (error) {
      if (error instanceof LimpetError && error.code === "invalid-design") return error.message;
      throw error;
    }
    const { report, network } = describePlan(this.#project, learning);
    const stop = report.findings.find(({ level }) => level === "error");
    if (stop !== undefined || network === null) return stop?.message ?? "There is no such network.";
    const covered = learning.plan.filter(({ windows }) => windows.length > 0).length;
    this.#recordings ??= covered;
    if (covered < this.#recordings) return "Its windows leave out recordings.";
    const { ramBytes, flashBytes, instructions } = costOf(learning.design, network, this.#project.goal());
    const needs = { ram: ramBytes, flash: flashBytes, latencyMs: this.#room.latencyOf(instructions) };
    return overrun(this.#room, needs) ?? { draft, learning, needs };
  }

  /** Trains for at most `epochs`. Throws `cancelled`, and what training throws. */
  async score({ learning }: Candidate, epochs: number, work: WorkOptions): Promise<Score> {
    const { design } = learning;
    const { job } = await this.#dataFor(learning, work);
    const { validationAccuracy, validationLoss } = await trainNetwork(
      {
        ...job,
        network: design.network,
        training: { ...design.training, epochs: Math.min(epochs, design.training.epochs) },
        backend: "auto",
      },
      { signal: work.signal },
    );
    return { accuracy: validationAccuracy, loss: validationLoss };
  }

  /** Trains in full on other divisions; null where there can be none (`foldsOf`). Throws as `score`. */
  async cross(candidate: Candidate, work: WorkOptions): Promise<Figures | null> {
    const { design, plan } = candidate.learning;
    const options = this.#project.splitOptions();
    if (this.#folds === undefined) {
      this.#folds = options === null ? null : foldsOf(plan, options, design.task);
    }
    const folds = this.#folds;
    if (folds === null) return null;
    const scores: (Score & { readonly windows: number })[] = [];
    for (let fold = 0; fold < folds.count; fold++) {
      const learning = withFewCopies({ ...candidate.learning, plan: planOfFold(plan, folds, fold) });
      const { job } = await trainingData(this.#dataset, learning, work);
      const { validationAccuracy, validationLoss } = await trainNetwork(
        { ...job, network: design.network, backend: "auto" },
        { signal: work.signal },
      );
      scores.push({ accuracy: validationAccuracy, loss: validationLoss, windows: job.validation.count });
    }
    const accuracy = meanOf(scores.map((score) => [score.accuracy, score.windows]));
    const loss = meanOf(scores.map((score) => [score.loss, score.windows]));
    return {
      accuracy: accuracy.mean,
      accuracyError: accuracy.error,
      loss: loss.mean,
      lossError: Math.max(design.task === "regression" ? 0 : LEAST_LOSS_ERROR, loss.error),
    };
  }

  async #dataFor(plan: LearningPlan, work: WorkOptions): Promise<TrainingData> {
    const learning = withFewCopies(plan);
    const { window, inputs, normalisation, training } = learning.design;
    const key = JSON.stringify([window, inputs, normalisation, training.augmentation, training.seed]);
    const known = this.#kept.get(key);
    if (known !== undefined) return known.data;
    const data = await trainingData(this.#dataset, learning, work);
    const { train, validation } = data.job;
    const values =
      2 * (train.features.length + validation.features.length) + (train.copies?.features.length ?? 0);
    this.#kept.set(key, { data, bytes: 4 * values });
    let total = [...this.#kept.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    for (const [old, { bytes }] of this.#kept) {
      if (total <= MOST_KEPT_BYTES || old === key) break;
      this.#kept.delete(old);
      total -= bytes;
    }
    return data;
  }
}

function withFewCopies(learning: LearningPlan): LearningPlan {
  const { training } = learning.design;
  const { augmentation } = training;
  const few = augmentation && { ...augmentation, copies: Math.min(MOST_COPIES, augmentation.copies) };
  return { ...learning, design: { ...learning.design, training: { ...training, augmentation: few } } };
}

/** Weighted mean of the folds' figures, and its standard error. */
function meanOf(values: readonly (readonly [value: number, weight: number])[]): {
  mean: number;
  error: number;
} {
  const total = values.reduce((sum, [, weight]) => sum + weight, 0);
  const mean = values.reduce((sum, [value, weight]) => sum + value * weight, 0) / Math.max(1, total);
  const squares = values.reduce((sum, [value]) => sum + (value - mean) ** 2, 0);
  return { mean, error: Math.sqrt(squares / (values.length - 1) / values.length) };
}
