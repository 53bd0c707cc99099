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
import { nameOf } from "./tune-space.ts";
import { type Candidate, LEAST_LOSS_ERROR } from "./tune-trials.ts";

export type Finished = Ranked &
  Omit<TuneResult, "standardError" | "crossAccuracy" | "recommended"> & { readonly candidate: Candidate };

export type FinishOptions = WorkOptions & { readonly stop?: AbortSignal | undefined };

/** No score counts as less: a single window that is surely wrong would drown all others. */
const LEAST_SCORE = 1 / 512;

/**
 * Trains, converts and measures. Where it is cancelled or cannot be converted, no experiment is left. Throws what training and
 * conversion throw.
 */
export async function finishDesign(
  project: ProjectFile,
  candidate: Candidate,
  start: TuneResult["start"],
  work: FinishOptions,
): Promise<Finished> {
  const { draft, learning, needs } = candidate;
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
    return {
      experiment,
      name,
      candidate,
      start,
      accuracy: validationAccuracy,
      loss: validationLoss,
      ...(await errorsOf(project, experiment, learning, work)),
      cross: null,
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

/** Standard errors of accuracy and loss on the validation windows, over recordings. */
async function errorsOf(
  project: ProjectFile,
  id: number,
  learning: LearningPlan,
  work: WorkOptions,
): Promise<Pick<Finished, "accuracyError" | "lossError">> {
  const experiment = loadExperiment(project, id);
  const { windows, features } = trainingSides(await featuresOf(project, learning, work)).validation;
  const scores = await floatScores(experiment, features.values, { signal: work.signal });
  const recordings = windows.map(({ recording }) => recording.id);
  if (experiment.design.task === "regression") {
    const actual = windows.map(({ recording }) => labelValue(recording.label));
    const mean = actual.reduce((sum, value) => sum + value, 0) / Math.max(1, actual.length);
    const variance = actual.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, actual.length);
    const squares = scores.map((row, index) => ((row[0] ?? 0) - (actual[index] as number)) ** 2);
    const lossError = clusteredError(squares, recordings);
    return { accuracyError: variance === 0 ? 0 : lossError / variance, lossError };
  }
  const places = windows.map(({ recording }) => experiment.labels.indexOf(recording.label));
  const right = scores.map((row, index) => (argmax(row) === places[index] ? 1 : 0));
  const losses = scores.map(
    (row, index) => -Math.log(Math.max(LEAST_SCORE, row[places[index] as number] ?? 0)),
  );
  return {
    accuracyError: clusteredError(right, recordings),
    lossError: Math.max(LEAST_LOSS_ERROR, clusteredError(losses, recordings)),
  };
}
