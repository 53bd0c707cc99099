/**
 * Training as the app and the command line ask for it: presets, what a design means, the map of features, training of one
 * experiment, the list of experiments. Puts dataset, twin and training together; knows no host.
 */
import type {
  EpochRecord,
  ExperimentInfo,
  RequestResult,
  TrainingRequest,
  TrainingResult,
} from "../../src-shared/contract/index.ts";
import type { Design, DesignFile } from "../../src-shared/design.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import type { ProjectFile } from "../dataset/project-file.ts";
import type { ExperimentRow } from "../dataset/types.ts";
import { fitNormalisation, normalise } from "../features/normalisation.ts";
import { presetsFor } from "../features/presets.ts";
import { awayOrHere } from "../threads/work-threads.ts";
import * as backends from "../training/backends.ts";
import { diagnoseFit } from "../training/diagnosis.ts";
import { trainNetwork } from "../training/train.ts";
import { encodeNetwork } from "../training/weights.ts";
import { learnAnomaly } from "./anomaly-service.ts";
import { describePlan, withOverrides } from "./design-report.ts";
import { parseRow, type StoredResult, storedNormalisation } from "./experiment.ts";
import { principalPlane } from "./feature-map.ts";
import {
  chosenDesign,
  type DesignWish,
  featuresOf,
  planLearning,
  requireSound,
  select,
} from "./learning-data.ts";
import { trainingData } from "./training-data.ts";

/** Points of the feature map; more hide each other. */
const MAP_POINTS = 2000;

export const availableBackends = (): RequestResult<"app:get-info">["backends"] =>
  backends.availableBackends();

/** The presets, each with whether the project's sensors and rates suit it. */
export const listPresets = (project: ProjectFile): RequestResult<"design:list-presets"> =>
  presetsFor(project.recordings(), project.goal());

/**
 * A design (the one given, a preset, or the project's own) resolved against the dataset: shapes, costs, findings. Throws
 * `invalid-design` where it cannot be resolved at all.
 */
export const describeDesign = (project: ProjectFile, wish: DesignWish): RequestResult<"design:describe"> =>
  describePlan(project, planLearning(project, chosenDesign(project, wish))).report;

/** All windows on the plane of their two principal components. Throws `invalid-design`. */
export async function featureMap(
  project: ProjectFile,
  file: DesignFile,
  work: WorkOptions = {},
): Promise<RequestResult<"design:get-map">> {
  const learning = planLearning(project, file);
  requireSound(describePlan(project, learning).report.findings.filter(({ field }) => field !== "split"));
  const table = await featuresOf(project, learning, work);
  const step = Math.ceil(table.windows.length / MAP_POINTS);
  const shown = select(table, (_window, index) => index % step === 0);
  const { size, values } = shown.features;
  const features = normalise(values, fitNormalisation("standard", values, size));
  const points = await awayOrHere("plane", { features, size }, () => principalPlane(features, size), work);
  return {
    points: points.map((point, index) => {
      const { recording, startMs } = shown.windows[index] as (typeof shown.windows)[number];
      return { ...point, label: recording.label, recording: recording.id, startMs };
    }),
  };
}

export type TrainOptions = WorkOptions & {
  readonly stop?: AbortSignal | undefined;
  readonly onEpoch?: ((epoch: EpochRecord) => void) | undefined;
};

/** Of a model that knows a single label: its curves say nothing. */
const ALONE_DIAGNOSIS = {
  fit: "good",
  advice:
    "The model knows one label, so there is nothing to tell apart: its anomaly score says how far a window is from what was recorded. Evaluate it on recordings of something else.",
} as const;

/** Part of the whole that computing features is, for progress, and where it ends where changed copies are made too. */
const FEATURES_SHARE = 0.2;
const COPIES_SHARE = 0.4;

/**
 * Trains and stores one experiment. Aborting `stop` ends it early and keeps the best weights so far; aborting `signal` throws
 * `cancelled` and stores nothing. Throws `invalid-design` with the field that is to blame, `training-failed`.
 */
export async function train(
  project: ProjectFile,
  request: TrainingRequest,
  options: TrainOptions = {},
): Promise<TrainingResult> {
  if (project.readonly) {
    throw new LimpetError(
      "read-only",
      "This project cannot be written to, so no experiment can be kept in it.",
      {
        field: project.path,
        hint: "Copy the project to a place that can be written to.",
      },
    );
  }
  const datasetHash = (): string => project.datasetHash();
  const chosen = chosenDesign(project, request);
  const file = withOverrides(chosen, request);
  const learning = planLearning(project, file);
  const { design, labels } = learning;
  const { report } = describePlan(project, learning);
  requireSound(report.findings);
  const hash = datasetHash();
  const part = (from: number, to: number): WorkOptions => ({
    signal: options.signal,
    onProgress: (stage, fraction) => options.onProgress?.(stage, from + (to - from) * fraction),
  });
  const ready = design.training.augmentation === undefined ? FEATURES_SHARE : COPIES_SHARE;
  const { sides, normalisation, job } = await trainingData(project, learning, part(0, ready));
  const trained = await trainNetwork(
    { ...job, network: design.network, backend: request.backend },
    { ...part(ready, 1), stop: options.stop, onEpoch: options.onEpoch },
  );
  const { network, backend, epochs, stoppedEarly, trainSeconds, history } = trained;
  const alone = design.task === "classification" && job.outputs === 1;
  const { fit, advice } = alone
    ? ALONE_DIAGNOSIS
    : diagnoseFit(history, {
        task: design.task,
        outputs: job.outputs,
        epochs: design.training.epochs,
        windows: job.train.count,
        parameters: report.parameters,
        stoppedEarly,
      });
  const name = request.name?.trim() || defaultName(design, request.preset);
  const result: Omit<TrainingResult, "experiment"> = {
    name,
    backend,
    epochs,
    stoppedEarly,
    trainSeconds,
    loss: trained.loss,
    accuracy: trained.accuracy,
    validationLoss: trained.validationLoss,
    validationAccuracy: trained.validationAccuracy,
    fit,
    advice,
    warnings: report.findings.map(({ message }) => message),
    history: [...history],
  };
  const stored: StoredResult = {
    ...result,
    normalisation: storedNormalisation(normalisation),
    anomaly: await learnAnomaly(design, labels, sides, normalisation, { signal: options.signal }),
    thresholds: {},
  };
  const experiment = project.addExperiment({
    name,
    design,
    labels: [...labels],
    result: stored,
    datasetHash: hash,
    weights: encodeNetwork(network),
    tflite: null,
    modelPackage: null,
  });
  // The first design that was trained becomes the project's, so that windows are counted by it from now on.
  if (project.design() === null) project.saveDesign(chosen);
  return { ...result, experiment };
}

function defaultName({ network, inputs }: Design, preset: string | undefined): string {
  const layers =
    network.kind === "dense"
      ? network.units.join("-")
      : network.kind === "ds-cnn"
        ? `${network.blocks} x ${network.filters}`
        : network.filters.join("-");
  return `${preset ?? inputs[0]?.features.block ?? ""}, ${network.kind} ${layers}`.trim();
}

/** All experiments, oldest first. */
export function listExperiments(project: ProjectFile): ExperimentInfo[] {
  const hash = project.datasetHash();
  const deployed = new Set(project.deployments().map(({ experimentId }) => experimentId));
  return project.experiments().map((row) => ({
    ...experimentInfo(row, hash),
    evaluated: project.isEvaluated(row.id),
    deployed: deployed.has(row.id),
  }));
}

function experimentInfo(
  row: ExperimentRow,
  datasetHash: string,
): Omit<ExperimentInfo, "evaluated" | "deployed"> {
  const { design, result } = parseRow(row);
  const { normalisation: _normalisation, anomaly: _anomaly, thresholds, ...training } = result;
  return {
    id: row.id,
    name: row.name,
    kind: design.network.kind,
    task: design.task,
    createdAt: row.createdAt,
    labels: [...row.labels],
    design,
    validationAccuracy: result.validationAccuracy,
    training: { ...training, experiment: row.id, name: row.name },
    converted: row.tflite !== null,
    outOfDate: row.datasetHash !== datasetHash,
    thresholds,
  };
}
