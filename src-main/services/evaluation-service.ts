/**
 * Evaluation of an experiment on one side of the split, by float, int8 or the board: the same windows, the same metrics. Also compares
 * two experiments. Knows engines and datasets; no host.
 */
import type { EvaluationReport, EvaluationRequest } from "../../src-shared/contract/index.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import type { ProjectFile } from "../dataset/project-file.ts";
import { checkLeaks, labelValue } from "../features/check-design.ts";
import {
  type DatasetWindow,
  datasetFeatures,
  filterPlan,
  planDataset,
  type RecordingWindows,
  readWindows,
} from "../features/dataset-windows.ts";
import { Twin } from "../features/twin.ts";
import { judgeAnomaly, scoresOfFeatures } from "./anomaly-service.ts";
import { packageExperiment } from "./conversion-service.ts";
import { boardScores, floatScores, int8Scores } from "./engines.ts";
import { type Experiment, loadExperiment } from "./experiment.ts";
import {
  accuracyOf,
  argmax,
  classMetrics,
  confusionMatrix,
  crossEntropy,
  mcnemar,
  regressionMetrics,
  wilsonInterval,
} from "./metrics.ts";

type Engine = EvaluationRequest["engine"];

/** Windows of one side of the split with the scores that an engine gave them. */
export type Scored = {
  readonly windows: readonly DatasetWindow[];
  readonly scores: readonly Float32Array[];
  /** Anomaly scores; empty where the experiment has none. */
  readonly anomaly: readonly number[];
};

/**
 * Evaluates an experiment. Converts it first where the engine needs that. Throws `not-found`, `usage` for a board without a port,
 * `invalid-dataset` where there are no windows on that side, and what the board may throw.
 */
export async function evaluate(
  project: ProjectFile,
  request: EvaluationRequest,
  work: WorkOptions = {},
): Promise<EvaluationReport> {
  const experiment = loadExperiment(project, request.experiment);
  const scored = await scoreSide(project, experiment, request, work);
  const report = {
    engine: request.engine,
    split: request.split,
    ...(experiment.design.task === "regression"
      ? valueReport(scored)
      : classReport(scored, experiment.labels)),
    ...(experiment.anomaly === null
      ? {}
      : {
          anomaly: judgeAnomaly(
            experiment.anomaly,
            scored.windows,
            scored.anomaly,
            await spareScores(project, experiment, scored.windows, work),
          ),
        }),
    warnings: request.split === "train" ? [] : leaks(project, experiment),
  };
  if (request.split === "test" && !project.readonly) {
    project.markEvaluated(experiment.id);
  }
  return report;
}

/** Anomaly scores of the normal validation windows, where the side that is evaluated has no normal windows. */
async function spareScores(
  project: ProjectFile,
  { design, anomaly, normalisation }: Experiment,
  windows: readonly DatasetWindow[],
  work: WorkOptions,
): Promise<number[]> {
  const isNormal = ({ recording }: DatasetWindow): boolean =>
    anomaly?.normal.includes(recording.label) === true;
  if (windows.some(isNormal)) {
    return [];
  }
  const plan = filterPlan(
    planDataset(project, design),
    (window) => window.split === "validation" && isNormal(window),
  );
  const { values } = await datasetFeatures(project, await Twin.load(), design, plan, work);
  return [...(scoresOfFeatures(anomaly, values, normalisation) ?? [])];
}

async function scoreSide(
  project: ProjectFile,
  experiment: Experiment,
  { split, engine, board }: Pick<EvaluationRequest, "split" | "engine" | "board">,
  work: WorkOptions,
): Promise<Scored> {
  if (engine === "board" && board === undefined) {
    throw new LimpetError("usage", "Say on which board to evaluate.", {
      field: "board",
      hint: "For example --board virtual, --board simulated, or the board's port.",
    });
  }
  const plan = filterPlan(planDataset(project, experiment.design), (window) => window.split === split);
  if (plan.length === 0) {
    throw new LimpetError("invalid-dataset", `There are no ${split} windows to evaluate on.`, {
      field: "split",
      hint: "Divide the recordings so that some are on that side (`limpet split`).",
    });
  }
  const anomaly: number[] = [];
  return {
    windows: plan.flatMap(({ windows }) => windows),
    scores: await scoresOf(project, experiment, plan, engine, board, work, anomaly),
    anomaly,
  };
}

async function scoresOf(
  project: ProjectFile,
  experiment: Experiment,
  plan: readonly RecordingWindows[],
  engine: Engine,
  board: string | undefined,
  work: WorkOptions,
  anomaly: number[],
): Promise<Float32Array[]> {
  const { design } = experiment;
  if (engine === "float") {
    const { values } = await datasetFeatures(project, await Twin.load(), design, plan, work);
    for (const score of scoresOfFeatures(experiment.anomaly, values, experiment.normalisation) ?? []) {
      anomaly.push(score);
    }
    return floatScores(experiment, values, work);
  }
  const modelPackage = await packageExperiment(project, experiment.id, work);
  const windows = readWindows(project, design, plan);
  const count = plan.reduce((sum, recording) => sum + recording.windows.length, 0);
  return engine === "int8"
    ? int8Scores(modelPackage, windows, count, work, anomaly)
    : boardScores(board ?? "", modelPackage, [...windows], work, anomaly);
}

/** Why windows that count as held out may not be new to the model. */
function leaks(project: ProjectFile, { design, row }: Experiment): string[] {
  const warnings = checkLeaks(planDataset(project, design), project.splitOptions()).map(
    ({ message }) => message,
  );
  if (row.datasetHash !== project.datasetHash()) {
    warnings.push(
      "Recordings, labels or split have changed since the training: some of these windows may have been trained on. Train again.",
    );
  }
  return warnings;
}

type Report = Omit<EvaluationReport, "engine" | "split" | "warnings">;

function classReport({ windows, scores }: Scored, trained: readonly string[]): Report {
  // A class that the model never saw has a row of its own: all of its windows are mistakes.
  const labels = [...new Set([...trained, ...windows.map(({ recording }) => recording.label).sort()])];
  const actual = windows.map(({ recording }) => labels.indexOf(recording.label));
  const predicted = scores.map((row) => argmax(row));
  const matrix = confusionMatrix(labels.length, actual, predicted);
  const hits = actual.filter((label, index) => label === predicted[index]).length;
  const right = scores.map((row, index) => row[actual[index] as number] ?? 0);
  return {
    windows: windows.length,
    accuracy: accuracyOf(matrix),
    accuracyInterval: wilsonInterval(hits, windows.length),
    loss: crossEntropy(right),
    perClass: Object.fromEntries(labels.map((label, index) => [label, classMetrics(matrix, index)])),
    confusion: { labels, matrix },
    recordings: recordingsReport(windows, scores, labels),
    groups: groupsReport(windows, (index) => actual[index] === predicted[index]),
    mistakes: windows
      .map((window, index) => ({ window, index, called: predicted[index] as number }))
      .filter(({ index, called }) => called !== actual[index])
      // The worst first: those that the model was surest of.
      .sort((a, b) => margin(b) - margin(a))
      .map(({ window, index, called }) => ({
        recording: window.recording.id,
        recordingName: window.recording.name,
        startMs: window.startMs,
        label: window.recording.label,
        predicted: labels[called] as string,
        score: scores[index]?.[called] ?? 0,
      })),
  };

  function margin({ index, called }: { index: number; called: number }): number {
    return (scores[index]?.[called] ?? 0) - (right[index] as number);
  }
}

/** Recordings as a whole: the class with the highest mean score over their windows. */
function recordingsReport(
  windows: readonly DatasetWindow[],
  scores: readonly Float32Array[],
  labels: readonly string[],
): { count: number; accuracy: number } {
  const sums = new Map<DatasetWindow["recording"], Float64Array>();
  for (const [index, { recording }] of windows.entries()) {
    const row = scores[index] as Float32Array;
    const sum = sums.get(recording) ?? new Float64Array(row.length);
    sums.set(
      recording,
      sum.map((value, i) => value + (row[i] as number)),
    );
  }
  const right = [...sums].filter(([{ label }, sum]) => labels[argmax(sum)] === label).length;
  return { count: sums.size, accuracy: sums.size === 0 ? 0 : right / sums.size };
}

/** Accuracy on each group's windows, the worst first; recordings without a group do not count. */
function groupsReport(
  windows: readonly DatasetWindow[],
  isRight: (index: number) => boolean,
): Report["groups"] {
  const groups = new Map<string, { windows: number; right: number }>();
  for (const [index, { recording }] of windows.entries()) {
    if (recording.group === null) continue;
    const row = groups.get(recording.group) ?? { windows: 0, right: 0 };
    row.windows++;
    if (isRight(index)) row.right++;
    groups.set(recording.group, row);
  }
  return [...groups]
    .map(([group, { windows: count, right }]) => ({ group, windows: count, accuracy: right / count }))
    .sort((a, b) => a.accuracy - b.accuracy);
}

/** For a value to predict: accuracy is the coefficient of determination, 0 at least; loss the mean squared error. */
function valueReport({ windows, scores }: Scored): Report {
  const actual = windows.map(({ recording }) => labelValue(recording.label));
  const predicted = scores.map((row) => row[0] ?? 0);
  const regression = regressionMetrics(actual, predicted);
  return {
    windows: windows.length,
    accuracy: Math.max(0, regression.r2),
    accuracyInterval: [0, 1],
    loss: regression.rmse ** 2,
    perClass: {},
    confusion: { labels: [], matrix: [] },
    recordings: {
      count: new Set(windows.map(({ recording }) => recording.id)).size,
      accuracy: Math.max(0, regression.r2),
    },
    groups: [],
    mistakes: windows
      .map(({ recording, startMs }, index) => ({
        recording: recording.id,
        recordingName: recording.name,
        startMs,
        label: recording.label,
        predicted: String(predicted[index]),
        score: Math.abs((predicted[index] as number) - (actual[index] as number)),
      }))
      .sort((a, b) => b.score - a.score)
      .slice(0, 50),
    regression,
  };
}

export type ComparisonReport = {
  readonly a: number;
  readonly b: number;
  readonly windows: number;
  readonly accuracyA: number;
  readonly accuracyB: number;
  readonly bothRight: number;
  readonly onlyA: number;
  readonly onlyB: number;
  readonly bothWrong: number;
  /** Two-sided p-value of McNemar's test: how often chance alone would make them differ that much. */
  readonly pValue: number;
};

/**
 * Two experiments on the same test windows, both in float. Where their windows differ, those that begin at the same time count.
 * Throws `usage` where one of them predicts a value.
 */
export async function compare(
  project: ProjectFile,
  a: number,
  b: number,
  work: WorkOptions = {},
): Promise<ComparisonReport> {
  const answers: Map<string, boolean>[] = [];
  for (const id of [a, b]) {
    const experiment = loadExperiment(project, id);
    if (experiment.design.task === "regression") {
      throw new LimpetError("usage", `Experiment ${id} predicts a value; only classifiers are compared.`, {
        field: "experiment",
        hint: "Evaluate both and compare their errors.",
      });
    }
    const { windows, scores } = await scoreSide(
      project,
      experiment,
      { split: "test", engine: "float" },
      work,
    );
    answers.push(
      new Map(
        windows.map(({ recording, startMs }, index) => [
          `${recording.id} ${startMs.toFixed(3)}`,
          experiment.labels[argmax(scores[index] as Float32Array)] === recording.label,
        ]),
      ),
    );
  }
  const [first = new Map<string, boolean>(), second = new Map<string, boolean>()] = answers;
  const shared = [...first.keys()].filter((key) => second.has(key));
  if (shared.length === 0) {
    throw new LimpetError("usage", "The two experiments have no test windows in common.", {
      field: "experiment",
      hint: "Compare experiments whose windows begin at the same times.",
    });
  }
  const count = (rightA: boolean, rightB: boolean): number =>
    shared.filter((key) => first.get(key) === rightA && second.get(key) === rightB).length;
  const [bothRight, onlyA, onlyB, bothWrong] = [
    count(true, true),
    count(true, false),
    count(false, true),
    count(false, false),
  ] as const;
  return {
    a,
    b,
    windows: shared.length,
    accuracyA: (bothRight + onlyA) / shared.length,
    accuracyB: (bothRight + onlyB) / shared.length,
    bothRight,
    onlyA,
    onlyB,
    bothWrong,
    pValue: mcnemar(onlyA, onlyB),
  };
}
