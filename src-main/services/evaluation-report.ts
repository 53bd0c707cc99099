/**
 * From windows and scores to the figures of an evaluation: classes, confusion, recordings, groups, mistakes, unknown windows. Pure; knows
 * neither engines nor projects.
 */
import type { EvaluationReport } from "../../src-shared/contract/index.ts";
import { areaUnderCurve } from "../features/anomaly.ts";
import { labelValue } from "../features/check-design.ts";
import type { DatasetWindow } from "../features/dataset-windows.ts";
import type { Answers } from "./int8-answers.ts";
import {
  accuracyOf,
  argmax,
  classMetrics,
  confusionMatrix,
  crossEntropy,
  regressionMetrics,
  wilsonInterval,
} from "./metrics.ts";

/** Windows of one side of the split with what an engine says of them. */
export type Scored = Answers & { readonly windows: readonly DatasetWindow[] };

type Report = Omit<EvaluationReport, "engine" | "split" | "warnings" | "thresholds" | "anomaly">;

/** Mistakes of a value to predict that are listed: all windows are off by something. */
const LISTED_ERRORS = 50;

/** @param trained classes in the order of the scores */
export function classReport({ windows, scores, called }: Scored, trained: readonly string[]): Report {
  // A class that the model never saw has a row of its own: all of its windows are mistakes.
  const labels = [...new Set([...trained, ...windows.map(({ recording }) => recording.label).sort()])];
  const actual = windows.map(({ recording }) => labels.indexOf(recording.label));
  const predicted = scores.map((row) => argmax(row));
  const isRight = (index: number): boolean => actual[index] === predicted[index];
  const matrix = confusionMatrix(labels.length, actual, predicted);
  const hits = actual.filter((_, index) => isRight(index)).length;
  const right = scores.map((row, index) => row[actual[index] as number] ?? 0);
  const areas = labels.map((_, index) => (index < trained.length ? classArea(scores, actual, index) : null));
  return {
    windows: windows.length,
    accuracy: accuracyOf(matrix),
    accuracyInterval: wilsonInterval(hits, windows.length),
    auc: meanOf(areas),
    loss: crossEntropy(right),
    perClass: Object.fromEntries(
      labels.map((label, index) => {
        const metrics = classMetrics(matrix, index);
        const found = matrix[index]?.[index] ?? 0;
        return [
          label,
          { ...metrics, auc: areas[index] ?? null, recallInterval: wilsonInterval(found, metrics.support) },
        ];
      }),
    ),
    confusion: { labels, matrix },
    ...recordingsReport(windows, scores, labels, isRight),
    groups: groupsReport(windows, isRight),
    unknown: unknownReport(called, isRight),
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

/** One class against all others: how often a window of it has a higher score for it than another window; ties count half. */
function classArea(scores: readonly Float32Array[], actual: readonly number[], label: number): number | null {
  const of = (own: boolean): number[] =>
    scores.flatMap((row, index) => ((actual[index] === label) === own ? [row[label] as number] : []));
  return areaUnderCurve(of(false), of(true));
}

function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}

/** Recordings as a whole: the class with the highest mean score over their windows. */
function recordingsReport(
  windows: readonly DatasetWindow[],
  scores: readonly Float32Array[],
  labels: readonly string[],
  isRight: (index: number) => boolean,
): Pick<Report, "recordings" | "perRecording"> {
  type Row = { sum: Float64Array; windows: number; right: number };
  const rows = new Map<DatasetWindow["recording"], Row>();
  for (const [index, { recording }] of windows.entries()) {
    const own = scores[index] as Float32Array;
    const row = rows.get(recording) ?? { sum: new Float64Array(own.length), windows: 0, right: 0 };
    row.sum = row.sum.map((value, i) => value + (own[i] as number));
    row.windows++;
    if (isRight(index)) row.right++;
    rows.set(recording, row);
  }
  const perRecording = [...rows].map(([{ id, name, label, group }, { sum, windows: count, right }]) => {
    const best = argmax(sum);
    return {
      recording: id,
      name,
      label,
      group,
      windows: count,
      accuracy: right / count,
      predicted: labels[best] ?? "",
      score: (sum[best] ?? 0) / count,
    };
  });
  const right = perRecording.filter(({ label, predicted }) => label === predicted).length;
  return {
    recordings: {
      count: rows.size,
      accuracy: rows.size === 0 ? 0 : right / rows.size,
      accuracyInterval: wilsonInterval(right, rows.size),
    },
    perRecording: perRecording.sort((a, b) => a.accuracy - b.accuracy || b.score - a.score),
  };
}

/** Accuracy on each group's windows, the worst first; recordings without a group do not count. */
function groupsReport(
  windows: readonly DatasetWindow[],
  isRight: (index: number) => boolean,
): Report["groups"] {
  const groups = new Map<string, { windows: number; right: number; recordings: Set<number> }>();
  for (const [index, { recording }] of windows.entries()) {
    if (recording.group === null) continue;
    const row = groups.get(recording.group) ?? { windows: 0, right: 0, recordings: new Set<number>() };
    row.windows++;
    if (isRight(index)) row.right++;
    row.recordings.add(recording.id);
    groups.set(recording.group, row);
  }
  return [...groups]
    .map(([group, { windows: count, right, recordings }]) => ({
      group,
      windows: count,
      accuracy: right / count,
      recordings: recordings.size,
      accuracyInterval: wilsonInterval(right, count),
    }))
    .sort((a, b) => a.accuracy - b.accuracy);
}

/** What the board does not name: windows below their threshold, or far from all that was recorded. */
function unknownReport(
  called: readonly (number | null)[],
  isRight: (index: number) => boolean,
): NonNullable<Report["unknown"]> {
  const tally = { windows: 0, right: 0, wrong: 0 };
  let answeredRight = 0;
  for (const [index, label] of called.entries()) {
    const right = isRight(index);
    if (label !== null) {
      if (right) answeredRight++;
      continue;
    }
    tally.windows++;
    if (right) tally.right++;
    else tally.wrong++;
  }
  const answered = called.length - tally.windows;
  return { ...tally, answeredAccuracy: answered === 0 ? null : answeredRight / answered };
}

/** For a value to predict: accuracy is the coefficient of determination, 0 at least; loss the mean squared error. */
export function valueReport({ windows, scores }: Scored): Report {
  const actual = windows.map(({ recording }) => labelValue(recording.label));
  const predicted = scores.map((row) => row[0] ?? 0);
  const regression = regressionMetrics(actual, predicted);
  const accuracy = Math.max(0, regression.r2);
  return {
    windows: windows.length,
    accuracy,
    accuracyInterval: [0, 1],
    auc: null,
    loss: regression.rmse ** 2,
    perClass: {},
    confusion: { labels: [], matrix: [] },
    recordings: {
      count: new Set(windows.map(({ recording }) => recording.id)).size,
      accuracy,
      accuracyInterval: [0, 1],
    },
    perRecording: [],
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
      .slice(0, LISTED_ERRORS),
    regression,
  };
}
