/**
 * From an experiment to what a board runs: int8 .tflite, golden vectors, model package, and files for elsewhere. Puts dataset, twin and
 * conversion together; knows no host.
 */
import { resolve } from "node:path";
import type { ConversionReport } from "../../src-shared/contract/index.ts";
import { LimpetError, throwIfCancelled } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import { convertToTflite } from "../conversion/convert.ts";
import { placeFiles } from "../conversion/exports/exported-files.ts";
import { layerNoise } from "../conversion/layer-noise.ts";
import type { QuantisedNetwork } from "../conversion/quantise.ts";
import { OPERATIONS } from "../conversion/tflite-schema.ts";
import { writeWhole } from "../dataset/export/write-file.ts";
import type { ProjectFile } from "../dataset/project-file.ts";
import { samplesIn } from "../dataset/window-count.ts";
import { makeGoldenVectors } from "../deployment/golden-vectors.ts";
import { encodeModelPackage, withThresholds } from "../deployment/model-package.ts";
import { summarisePackage } from "../deployment/package-summary.ts";
import { labelValue } from "../features/check-design.ts";
import {
  type DatasetWindow,
  filterPlan,
  planDataset,
  type RecordingWindows,
  readWindows,
} from "../features/dataset-windows.ts";
import { windowValuesOf } from "../features/feature-shape.ts";
import { encodeFrontend } from "../features/frontend-config.ts";
import { normalise } from "../features/normalisation.ts";
import { Twin } from "../features/twin.ts";
import { awayOrHere } from "../threads/work-threads.ts";
import { packageAnomaly } from "./anomaly-service.ts";
import { goldenRoom } from "./design-cost.ts";
import { floatScores } from "./engines.ts";
import { type Experiment, loadExperiment } from "./experiment.ts";
import { type ConvertedParts, exportFiles, type ModelFormat } from "./export-model.ts";
import { int8AnswersOf } from "./int8-answers.ts";
import { keepConversion } from "./kept-reports.ts";
import { featuresOf, select, type Table, trainingSides } from "./learning-data.ts";
import { accuracyOf, argmax, classMetrics, confusionMatrix, regressionMetrics } from "./metrics.ts";

/** Training windows that the ranges of the activations are measured on. */
const CALIBRATION_WINDOWS = 500;
/** Generated golden vectors: they cost nothing but time on the board. */
const GOLDEN_SEEDS = [1, 2, 3];
/**
 * Converts an experiment, stores `.tflite` and package, and says what quantisation cost. Throws `not-found`, `conversion-failed`,
 * `invalid-dataset` where the recordings that it was trained on are gone, `cancelled`.
 */
export async function convertExperiment(
  project: ProjectFile,
  id: number,
  work: WorkOptions = {},
): Promise<ConversionReport> {
  const experiment = loadExperiment(project, id);
  const { plan, table, modelPackage, converted } = await convert(project, experiment, work);
  const heldOut = trainingSides(table).validation;
  const cost = await compareEngines(project, experiment, plan, heldOut, modelPackage, work);
  const held = {
    quantised: converted.quantised,
    features: normalise(heldOut.features.values, experiment.normalisation),
    count: heldOut.windows.length,
  };
  const layers = await awayOrHere(
    "layer-noise",
    held,
    () => layerNoise(held.quantised, held.features, held.count, { signal: work.signal }),
    { signal: work.signal },
  );
  const report: ConversionReport = {
    experiment: id,
    tfliteBytes: converted.tflite.length,
    packageBytes: modelPackage.length,
    arenaBytes: converted.arenaBytes,
    operations: converted.operations.map((name) => ({ name, supported: name in OPERATIONS })),
    ...cost,
    layers,
  };
  keepConversion(project, report);
  work.onProgress?.("converted", 1);
  return report;
}

/** The model package of an experiment, converted first where that has not been done. */
export async function packageExperiment(
  project: ProjectFile,
  id: number,
  work: WorkOptions = {},
): Promise<Uint8Array> {
  return (await convertedParts(project, id, work)).modelPackage;
}

/** Writes an experiment's model for use elsewhere; converted first where the format needs that. Throws `read-only`, `disk-full`. */
export async function exportModel(
  project: ProjectFile,
  id: number,
  format: ModelFormat,
  path: string,
  work: WorkOptions = {},
): Promise<{ path: string; bytes: number }> {
  const target = resolve(path);
  const files = await exportFiles(project, loadExperiment(project, id), format, {
    path: target,
    converted: () => convertedParts(project, id, work),
    ...work,
  });
  const placed = placeFiles(target, files);
  for (const file of placed) writeWhole(file.path, file.bytes);
  return { path: target, bytes: placed.reduce((sum, { bytes }) => sum + bytes.length, 0) };
}

/** What conversion has made of an experiment; made now where it has not, or for a front end that was another one. */
async function convertedParts(project: ProjectFile, id: number, work: WorkOptions): Promise<ConvertedParts> {
  const experiment = loadExperiment(project, id);
  const { tflite, modelPackage } = experiment.row;
  const twin = await Twin.load();
  const summary = modelPackage === null ? null : summarisePackage(modelPackage);
  if (tflite === null || modelPackage === null || summary?.frontendVersion !== twin.frontendVersion) {
    const made = await convert(project, experiment, work);
    return { ...made.converted, modelPackage: made.modelPackage };
  }
  const { arenaBytes } = twin.network(tflite);
  if (summary.thresholds.every((threshold, index) => threshold === experiment.thresholds[index])) {
    return { tflite, modelPackage, arenaBytes };
  }
  // Thresholds were set while another program converted.
  const current = withThresholds(modelPackage, experiment.thresholds);
  if (!project.readonly) project.updateExperiment(id, { modelPackage: current });
  return { tflite, modelPackage: current, arenaBytes };
}

type Conversion = {
  readonly plan: readonly RecordingWindows[];
  readonly table: Table;
  readonly modelPackage: Uint8Array;
  readonly converted: {
    readonly tflite: Uint8Array;
    readonly operations: readonly string[];
    readonly arenaBytes: number;
    readonly quantised: QuantisedNetwork;
  };
};

async function convert(project: ProjectFile, experiment: Experiment, work: WorkOptions): Promise<Conversion> {
  const { design, normalisation, anomaly, network, labels, row } = experiment;
  const plan = planDataset(project, design);
  const part = (to: number): WorkOptions => ({
    signal: work.signal,
    onProgress: (stage, fraction) => work.onProgress?.(stage, fraction * to),
  });
  const table = await featuresOf(project, { design, plan }, part(0.5));
  const train = trainingSides(table).train;
  if (train.windows.length === 0) {
    throw new LimpetError("invalid-dataset", "There are no training windows to measure the activations on.", {
      field: "split",
      hint: "Split the recordings so that some are for training, or undo what took them away.",
    });
  }
  throwIfCancelled(work.signal);
  work.onProgress?.("quantising", 0.5);
  const calibration = spread(train, CALIBRATION_WINDOWS);
  const features = normalise(calibration.features.values, normalisation);
  const count = calibration.windows.length;
  const { tflite, input, output, operations, quantised } = await awayOrHere(
    "convert",
    { network, calibration: features, count },
    () => convertToTflite(network, features, count),
    { signal: work.signal },
  );
  const twin = await Twin.load();
  const runner = twin.network(tflite);
  const { arenaBytes } = runner;
  const frnt = encodeFrontend(design);
  const frontend = twin.frontend(frnt);
  const stored = goldenWindows(train.windows, windowValuesOf(design) * 4);
  work.onProgress?.("making golden vectors", 0.6);
  const golden = makeGoldenVectors({
    windowValues: frontend.windowValues,
    seeds: GOLDEN_SEEDS,
    stored: [
      ...readWindows(
        project,
        design,
        filterPlan(plan, (window) => stored.has(window)),
      ),
    ],
    normalisation,
    states: anomaly?.states,
    input,
    compute: (window) => frontend.compute(window),
    invoke: (values) => runner.invoke(values),
  });
  frontend.close();
  const [first] = design.inputs;
  const modelPackage = encodeModelPackage({
    frontendVersion: twin.frontendVersion,
    frontend: frnt,
    normalisation,
    tflite,
    task: design.task,
    labels,
    arenaBytes,
    input,
    output,
    strideSamples: samplesIn(design.window.strideMs, first?.rateHz ?? 1),
    thresholds: experiment.thresholds,
    name: `${project.name} ${experiment.id} ${experiment.name}`,
    anomaly: packageAnomaly(anomaly, labels),
    golden,
    meta: {
      project: project.name,
      experiment: experiment.id,
      name: experiment.name,
      trainedAt: row.createdAt,
      datasetHash: row.datasetHash,
      design,
    },
  });
  const test = twin.pipeline(modelPackage).selfTest();
  if (test.identical !== test.run) {
    throw new LimpetError(
      "internal",
      `The package fails its own test: ${test.identical} of ${test.run} golden vectors are identical.`,
    );
  }
  if (!project.readonly) {
    project.updateExperiment(experiment.id, { tflite, modelPackage });
  }
  return { plan, table, modelPackage, converted: { tflite, operations, arenaBytes, quantised } };
}

/** At most `count` rows, spread evenly over each class in turn. */
function spread(table: Table, count: number): Table {
  const byLabel = new Map<string, number[]>();
  for (const [index, { recording }] of table.windows.entries()) {
    const list = byLabel.get(recording.label);
    if (list === undefined) byLabel.set(recording.label, [index]);
    else list.push(index);
  }
  const each = Math.max(1, Math.floor(count / byLabel.size));
  const chosen = new Set(
    [...byLabel.values()].flatMap((rows) =>
      rows.length <= each
        ? rows
        : Array.from(
            { length: each },
            (_, index) => rows[Math.floor((index * rows.length) / each)] as number,
          ),
    ),
  );
  return select(table, (_window, index) => chosen.has(index));
}

/** Windows that the package carries: one of each class in turn, as many as there is room for; one if it fits at all. */
function goldenWindows(windows: readonly DatasetWindow[], bytes: number): Set<DatasetWindow> {
  const room = goldenRoom(bytes);
  const chosen = new Map<string, DatasetWindow>();
  for (const window of windows) {
    if (chosen.size < room && !chosen.has(window.recording.label)) chosen.set(window.recording.label, window);
  }
  return new Set(chosen.values());
}

type Comparison = Pick<
  ConversionReport,
  "floatAccuracy" | "int8Accuracy" | "windows" | "changed" | "perClass"
>;

/** What quantisation changed on held-out windows. For a value, accuracy is the coefficient of determination, 0 at least. */
async function compareEngines(
  project: ProjectFile,
  experiment: Experiment,
  plan: readonly RecordingWindows[],
  heldOut: Table,
  modelPackage: Uint8Array,
  work: WorkOptions,
): Promise<Comparison> {
  const { design, labels } = experiment;
  const wanted = new Set(heldOut.windows);
  const count = heldOut.windows.length;
  const side = filterPlan(plan, (window) => wanted.has(window));
  const float = await floatScores(experiment, heldOut.features.values, work);
  const int8 = (await int8AnswersOf(project, design, side, modelPackage, work)).scores;
  if (design.task === "regression") {
    const actual = heldOut.windows.map(({ recording }) => labelValue(recording.label));
    const r2 = (values: readonly Float32Array[]): number =>
      Math.max(
        0,
        regressionMetrics(
          actual,
          values.map((scores) => scores[0] ?? 0),
        ).r2,
      );
    return { floatAccuracy: r2(float), int8Accuracy: r2(int8), windows: count, changed: 0, perClass: [] };
  }
  const known = heldOut.windows.flatMap(({ recording }, index) =>
    labels.includes(recording.label) ? [index] : [],
  );
  const actual = known.map((index) => labels.indexOf(heldOut.windows[index]?.recording.label ?? ""));
  const called = (scores: readonly Float32Array[]): number[] =>
    known.map((index) => argmax(scores[index] as Float32Array));
  const matrices = [called(float), called(int8)].map((found) =>
    confusionMatrix(labels.length, actual, found),
  );
  const [floatMatrix = [], int8Matrix = []] = matrices;
  const changed = float.filter(
    (scores, index) => argmax(scores) !== argmax(int8[index] as Float32Array),
  ).length;
  return {
    floatAccuracy: accuracyOf(floatMatrix),
    int8Accuracy: accuracyOf(int8Matrix),
    windows: count,
    changed,
    perClass: labels.map((label, index) => ({
      label,
      floatRecall: classMetrics(floatMatrix, index).recall,
      int8Recall: classMetrics(int8Matrix, index).recall,
    })),
  };
}
