/**
 * A design that won: trained in full as an experiment of the project, exactly as `limpet train` would, converted, and measured. Knows
 * one design at a time.
 */
import type { TuneResult } from "../../src-shared/contract/index.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import type { ProjectFile } from "../dataset/project-file.ts";
import { labelValue } from "../features/check-design.ts";
import { Twin } from "../features/twin.ts";
import { convertExperiment, packageExperiment } from "./conversion-service.ts";
import { floatScores } from "./engines.ts";
import { loadExperiment } from "./experiment.ts";
import { featuresOf, type LearningPlan, trainingSides } from "./learning-data.ts";
import { argmax } from "./metrics.ts";
import { train } from "./training-service.ts";
import { clusteredError, type Ranked } from "./tune-ranking.ts";
import { type Draft, nameOf } from "./tune-space.ts";
import type { Candidate, CrossScore, Score } from "./tune-trials.ts";

export type Finished = Ranked & Omit<TuneResult, "standardError" | "recommended"> & { readonly draft: Draft };

const LEAST_ERROR = 1 / 256;

export type FinishOptions = WorkOptions & {
  readonly stop?: AbortSignal | undefined;
  /** The second opinion; null where there is none to be had. */
  readonly cross: (score: Score) => Promise<CrossScore | null>;
};

/**
 * Trains, converts and measures. Where it is cancelled or cannot be converted, no experiment is left. Throws what training and
 * conversion throw.
 */
export async function finishDesign(
  project: ProjectFile,
  { draft, learning, needs }: Candidate,
  start: TuneResult["start"],
  work: FinishOptions,
): Promise<Finished> {
  const named = start === "preset" ? "preset: " : start === "project" ? "project's design: " : "tuned: ";
  const { experiment, name, validationAccuracy, validationLoss } = await train(
    project,
    { design: draft, name: `${named}${nameOf(draft)}`, backend: "auto" },
    { signal: work.signal, stop: work.stop },
  );
  try {
    const { packageBytes, int8Accuracy } = await convertExperiment(project, experiment, {
      signal: work.signal,
    });
    const modelPackage = await packageExperiment(project, experiment, { signal: work.signal });
    const { poolBytes } = (await Twin.load()).pipeline(modelPackage);
    const accuracyError = await errorOf(project, experiment, learning, work);
    const score = { accuracy: validationAccuracy, loss: validationLoss };
    const cross = (await work.cross(score)) ?? { ...score, accuracyError, lossError: 0 };
    return {
      experiment,
      name,
      draft,
      start,
      accuracy: validationAccuracy,
      loss: validationLoss,
      accuracyError,
      crossAccuracy: cross.accuracy,
      crossError: cross.accuracyError,
      crossLoss: cross.loss,
      // Scores of the board have steps of 1/256: losses that differ by less are equal there.
      crossLossError: Math.max(cross.lossError, learning.design.task === "regression" ? 0 : LEAST_ERROR),
      int8Accuracy,
      ram: poolBytes,
      flash: packageBytes,
      bytes: poolBytes + packageBytes,
      latencyMs: needs.latencyMs,
    };
  } catch (error) {
    project.deleteExperiment(experiment);
    throw error;
  }
}

/** Standard error of the accuracy on the validation windows, over recordings. */
async function errorOf(
  project: ProjectFile,
  id: number,
  learning: LearningPlan,
  work: WorkOptions,
): Promise<number> {
  const experiment = loadExperiment(project, id);
  const { windows, features } = trainingSides(await featuresOf(project, learning, work)).validation;
  const scores = await floatScores(experiment, features.values, { signal: work.signal });
  const recordings = windows.map(({ recording }) => recording.id);
  if (experiment.design.task === "regression") {
    const actual = windows.map(({ recording }) => labelValue(recording.label));
    const mean = actual.reduce((sum, value) => sum + value, 0) / Math.max(1, actual.length);
    const variance = actual.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, actual.length);
    const squares = scores.map((row, index) => ((row[0] ?? 0) - (actual[index] as number)) ** 2);
    return variance === 0 ? 0 : clusteredError(squares, recordings) / variance;
  }
  const right = windows.map(({ recording }, index) =>
    experiment.labels[argmax(scores[index] as Float32Array)] === recording.label ? 1 : 0,
  );
  return clusteredError(right, recordings);
}
