/** What the engine and its work threads say to each other: jobs that compute much and need no answer from the engine meanwhile. */
import type { CheckResult, RecordingInfo } from "../../src-shared/contract/index.ts";
import type { Design } from "../../src-shared/design.ts";
import type { ErrorData } from "../../src-shared/errors.ts";
import type { ConvertedNetwork } from "../conversion/convert.ts";
import type { featuresNpz } from "../conversion/exports/npz.ts";
import type { LayerNoise } from "../conversion/layer-noise.ts";
import type { QuantisedNetwork } from "../conversion/quantise.ts";
import type { ExportFormat } from "../dataset/export/export.ts";
import type { arduinoLibrary } from "../deployment/arduino-library.ts";
import type { RecordedStates, StatesRequest } from "../features/anomaly.ts";
import type { DatasetWindow, RecordingWindows } from "../features/dataset-windows.ts";
import type { PlannedWindow } from "../features/windows.ts";
import type { ExampleName } from "../services/example-service.ts";
import type { ReportArchive } from "../services/report-zip.ts";
import type { TrainedNetwork } from "../training/network.ts";

/** Windows of one recording whose features are wanted. */
export type WindowsOfRecording = {
  readonly recording: RecordingInfo;
  readonly windows: readonly PlannedWindow[];
};

/** Answers without a buffer for each window. */
export type PlainAnswers = {
  /** count x outputs, row-major. */
  readonly scores: Float32Array;
  readonly anomaly: readonly number[];
  readonly called: readonly (number | null)[];
};

/** Each kind of job: what it is given, and what it gives. Only data that can be cloned. */
export type ThreadJobs = {
  /** Checks the project at `path` (dataset/check.ts). */
  check: { input: { readonly path: string }; result: CheckResult };
  /** Features of windows of the project at `path`, before normalisation, by the twin in `module` (features/dataset-windows.ts). */
  features: {
    input: {
      readonly path: string;
      readonly module: WebAssembly.Module;
      readonly design: Pick<Design, "window" | "inputs">;
      readonly parts: readonly WindowsOfRecording[];
    };
    result: Float32Array;
  };
  /** Features of changed copies of windows, `each` of every one (features/window-copies.ts). */
  copies: {
    input: {
      readonly path: string;
      readonly module: WebAssembly.Module;
      readonly design: Pick<Design, "window" | "inputs" | "training">;
      readonly windows: readonly DatasetWindow[];
      readonly each: number;
    };
    result: Float32Array;
  };
  /** What an int8 model says of windows (services/int8-answers.ts). */
  int8: {
    input: {
      readonly path: string;
      readonly design: Pick<Design, "window" | "inputs">;
      readonly plan: readonly RecordingWindows[];
      readonly modelPackage: Uint8Array;
    };
    result: PlainAnswers;
  };
  /** Quantises a network and writes it as .tflite (conversion/convert.ts). */
  convert: {
    input: { readonly network: TrainedNetwork; readonly calibration: Float32Array; readonly count: number };
    result: ConvertedNetwork;
  };
  /** What int8 costs in each layer (conversion/layer-noise.ts). */
  "layer-noise": {
    input: { readonly quantised: QuantisedNetwork; readonly features: Float32Array; readonly count: number };
    result: LayerNoise;
  };
  /** Makes a project from an example (services/example-service.ts). */
  example: { input: { readonly path: string; readonly example: ExampleName }; result: null };
  /** Writes recordings into a folder (services/recordings-export.ts). */
  export: {
    input: { readonly path: string; readonly format: ExportFormat; readonly folder: string };
    result: { files: number };
  };
  /** An Arduino library as a zip (deployment/arduino-library.ts). */
  arduino: { input: Parameters<typeof arduinoLibrary>[0]; result: Uint8Array };
  /** Features as .npz (conversion/exports/npz.ts). */
  npz: { input: Parameters<typeof featuresNpz>[0]; result: Uint8Array };
  /** The archive of a report for support (services/report-zip.ts). */
  "report-archive": { input: ReportArchive; result: number };
  /** The map of features (services/feature-map.ts). */
  plane: {
    input: { readonly features: Float32Array; readonly size: number };
    result: { x: number; y: number }[];
  };
  /** Learns recorded states (features/anomaly.ts). */
  states: { input: StatesRequest; result: RecordedStates };
};

export type JobName = keyof ThreadJobs;
export type JobInput<N extends JobName> = ThreadJobs[N]["input"];
export type JobResult<N extends JobName> = ThreadJobs[N]["result"];

export type ToThread =
  | { readonly kind: "job"; readonly name: JobName; readonly input: unknown }
  /** Ends the job at its next turn. */
  | { readonly kind: "cancel" };

export type FromThread =
  | { readonly kind: "progress"; readonly stage: string; readonly fraction: number }
  | { readonly kind: "done"; readonly result: unknown }
  | { readonly kind: "failed"; readonly error: ErrorData };
