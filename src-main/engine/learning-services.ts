/**
 * What the engine asks of the services for learning, as types, and the way they are loaded: with the first request that needs
 * them, because they bring TensorFlow.js and the device twin with them.
 */
import type {
  CheckedParams,
  ConversionReport,
  DesignReport,
  EpochRecord,
  EvaluationReport,
  EvaluationRequest,
  ExperimentInfo,
  RequestResult,
  TrainingRequest,
  TrainingResult,
} from "../../src-shared/contract/index.ts";
import type { DesignFile, PresetName } from "../../src-shared/design.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import type { ProjectFile } from "../dataset/project-file.ts";

type Answer<T> = T | Promise<T>;
type ExportFormat = CheckedParams<"experiments:export">["format"];

/** `src-main/services/training-service.ts`. */
export type TrainingService = {
  availableBackends(): Answer<RequestResult<"app:get-info">["backends"]>;
  /** The presets, each with whether the project's sensors and rates suit it. */
  listPresets(project: ProjectFile): Answer<RequestResult<"design:list-presets">>;
  /** The design or preset (else the project's own design) resolved against the dataset: shapes, costs, findings. */
  describeDesign(
    project: ProjectFile,
    wish: { readonly design?: DesignFile | undefined; readonly preset?: PresetName | string | undefined },
    work?: WorkOptions,
  ): Answer<DesignReport>;
  featureMap(
    project: ProjectFile,
    design: DesignFile,
    work?: WorkOptions,
  ): Answer<RequestResult<"design:get-map">>;
  /** Trains and stores one experiment. Aborting `stop` ends it early and keeps the best weights so far. */
  train(
    project: ProjectFile,
    request: TrainingRequest,
    options: WorkOptions & {
      readonly stop?: AbortSignal | undefined;
      readonly onEpoch?: ((epoch: EpochRecord) => void) | undefined;
    },
  ): Promise<TrainingResult>;
  listExperiments(project: ProjectFile): Answer<ExperimentInfo[]>;
};

/** `src-main/services/evaluation-service.ts`. */
export type EvaluationService = {
  evaluate(project: ProjectFile, request: EvaluationRequest, work?: WorkOptions): Promise<EvaluationReport>;
};

/** `src-main/services/conversion-service.ts`. */
export type ConversionService = {
  /** Converts an experiment, stores `.tflite` and package, and says what quantisation cost. */
  convertExperiment(project: ProjectFile, experiment: number, work?: WorkOptions): Promise<ConversionReport>;
  /** The model package of an experiment, converted first where that has not been done. */
  packageExperiment(project: ProjectFile, experiment: number, work?: WorkOptions): Promise<Uint8Array>;
  exportModel(
    project: ProjectFile,
    experiment: number,
    format: ExportFormat,
    path: string,
    work?: WorkOptions,
  ): Promise<{ path: string; bytes: number }>;
};

export const training = (): Promise<TrainingService> => import("../services/training-service.ts");
export const evaluation = (): Promise<EvaluationService> => import("../services/evaluation-service.ts");
export const conversion = (): Promise<ConversionService> => import("../services/conversion-service.ts");
