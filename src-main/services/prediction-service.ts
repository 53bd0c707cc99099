/**
 * An experiment on files that are in no project: what it says of each window, and the features of each window as the twin or a board
 * computes them. Knows engines and files; no splits, no metrics.
 */
import { LimpetError } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import type { ProjectFile } from "../dataset/project-file.ts";
import { evaluateOnBoard } from "../deployment/board-evaluation.ts";
import { featureShape } from "../features/feature-shape.ts";
import { fileRecordings } from "../features/file-source.ts";
import { encodeFrontend } from "../features/frontend-config.ts";
import { Twin } from "../features/twin.ts";
import { WindowReader } from "../features/window-source.ts";
import { type PlannedWindow, planWindows } from "../features/windows.ts";
import { packageExperiment } from "./conversion-service.ts";
import { type Experiment, loadExperiment } from "./experiment.ts";
import { type Answers, int8Answers } from "./int8-answers.ts";
import { UNKNOWN_LABEL } from "./live-service.ts";
import { argmax } from "./metrics.ts";
import { floatAnswers } from "./scored-windows.ts";

export type PredictedWindow = {
  readonly startMs: number;
  /** For each class its score; absent for a value. */
  readonly scores?: Readonly<Record<string, number>>;
  /** What a board would call it: the class with the highest score, or `unknown`; absent for a value. */
  readonly called?: string;
  /** The predicted value; absent for classes. */
  readonly value?: number;
  /** Distance from the recorded states, where the experiment has that. */
  readonly anomaly?: number;
};

export type FilePrediction = {
  readonly file: string;
  /** Which recording of a file that holds several. */
  readonly recording?: string;
  readonly windows: readonly PredictedWindow[];
  /** Class with the highest mean score over all windows; for a value their mean, as text. */
  readonly label: string;
  readonly value?: number;
};

type FileWindows = {
  readonly recording: string;
  readonly windows: readonly PlannedWindow[];
  readonly samples: readonly Float32Array[];
};

/** Windows of a file's recordings, cut as those of the experiment's training. Throws `invalid-file`, `not-found`. */
function windowsOf({ design }: Experiment, path: string): FileWindows[] {
  return fileRecordings(path, design).map(({ suffix, sources }) => {
    const windows = planWindows(
      sources.map(({ stream }) => stream),
      design.window,
    );
    if (windows.length === 0) {
      throw new LimpetError(
        "invalid-file",
        `${path} is shorter than one window of ${design.window.lengthMs} ms (without a gap).`,
        { field: path, hint: "Measure longer." },
      );
    }
    const reader = new WindowReader(design, sources, path);
    return { recording: suffix, windows, samples: windows.map((window) => reader.read(window)) };
  });
}

/** Features of windows by the device twin, before normalisation. */
async function twinFeatures(
  { design }: Experiment,
  samples: readonly Float32Array[],
): Promise<Float32Array[]> {
  const frontend = (await Twin.load()).frontend(encodeFrontend(design));
  try {
    return samples.map((window) => frontend.compute(window));
  } finally {
    frontend.close();
  }
}

/**
 * Predicts files. Throws `not-found`, `invalid-file` (wrong channels, rate, or too short); for int8 also what conversion may throw.
 */
export async function predictFiles(
  project: ProjectFile,
  id: number,
  paths: readonly string[],
  engine: "float" | "int8",
  work: WorkOptions = {},
): Promise<FilePrediction[]> {
  const experiment = loadExperiment(project, id);
  const modelPackage = engine === "int8" ? await packageExperiment(project, id, work) : null;
  const predictions: FilePrediction[] = [];
  for (const [index, path] of paths.entries()) {
    work.onProgress?.(`predicting ${path}`, index / paths.length);
    for (const { recording, windows, samples } of windowsOf(experiment, path)) {
      const answers =
        modelPackage === null
          ? await floatAnswers(experiment, joined(await twinFeatures(experiment, samples)), work)
          : await int8Answers(modelPackage, samples, samples.length, work);
      const prediction = predictionOf(experiment, path, windows, answers);
      predictions.push(recording === "" ? prediction : { ...prediction, recording });
    }
  }
  return predictions;
}

function predictionOf(
  { design, labels }: Experiment,
  file: string,
  windows: readonly PlannedWindow[],
  { scores, anomaly, called }: Answers,
): FilePrediction {
  const far = (index: number): { anomaly?: number } =>
    anomaly.length === 0 ? {} : { anomaly: anomaly[index] as number };
  const mean = (output: number): number =>
    scores.reduce((sum, row) => sum + (row[output] ?? 0), 0) / scores.length;
  if (design.task === "regression") {
    const value = mean(0);
    return {
      file,
      windows: windows.map(({ startMs }, index) => ({
        startMs,
        value: scores[index]?.[0] ?? 0,
        ...far(index),
      })),
      label: String(value),
      value,
    };
  }
  return {
    file,
    windows: windows.map(({ startMs }, index) => ({
      startMs,
      scores: Object.fromEntries(labels.map((label, output) => [label, scores[index]?.[output] ?? 0])),
      called: labels[called[index] ?? -1] ?? UNKNOWN_LABEL,
      ...far(index),
    })),
    label: labels[argmax(labels.map((_, output) => mean(output)))] ?? "",
  };
}

function joined(rows: readonly Float32Array[]): Float32Array {
  const size = rows[0]?.length ?? 0;
  const all = new Float32Array(rows.length * size);
  for (const [index, row] of rows.entries()) all.set(row, index * size);
  return all;
}

/** The feature tensor of each window of a file, before normalisation: by the twin, or as a board computes it. */
export async function fileFeatures(
  project: ProjectFile,
  id: number,
  path: string,
  engine: { readonly kind: "twin" } | { readonly kind: "board"; readonly port: string },
  work: WorkOptions = {},
): Promise<{ shape: number[]; windows: number[][] }> {
  const experiment = loadExperiment(project, id);
  const samples = windowsOf(experiment, path).flatMap((recording) => recording.samples);
  const features =
    engine.kind === "twin"
      ? await twinFeatures(experiment, samples)
      : (
          await evaluateOnBoard(
            {
              port: engine.port,
              modelPackage: await packageExperiment(project, id, work),
              windows: samples,
              features: true,
            },
            work,
          )
        ).map((result) => result.features);
  return { shape: featureShape(experiment.design), windows: features.map((row) => [...row]) };
}
