/**
 * Thresholds of an experiment: what they would give on held-out windows, those for a wanted rate of false alarms, and keeping them with
 * the experiment and in its package. Knows projects and engines; no host.
 */
import type {
  LabelThresholds,
  ThresholdsReport,
  ThresholdsRequest,
} from "../../src-shared/contract/index.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import type { ProjectFile } from "../dataset/project-file.ts";
import { withThresholds } from "../deployment/model-package.ts";
import { type Experiment, loadExperiment } from "./experiment.ts";
import { calledAs, scoreSide } from "./scored-windows.ts";
import { type LabelAnswers, NEVER, pointAt, thresholdCurve, thresholdFor } from "./threshold-curve.ts";

/**
 * Where nothing was seen in so many hours, the rate is below 3 / hours with 95 % confidence ("rule of three": Hanley and Lippman-Hand,
 * "If nothing goes wrong, is everything all right?", JAMA 249, 1983).
 */
const RULE_OF_THREE = 3;
const HOUR_MS = 3_600_000;

/**
 * False alarms and misses of each label over its threshold, by the int8 scores of one side of the split, and the thresholds for the
 * rate that is wanted. Stores nothing. Throws `usage` for a value to predict, `invalid-dataset` where that side has no windows.
 */
export async function measureThresholds(
  project: ProjectFile,
  request: ThresholdsRequest,
  work: WorkOptions = {},
): Promise<ThresholdsReport> {
  const experiment = loadClassifier(project, request.experiment);
  const { labels, design } = experiment;
  const { windows, scores, anomaly } = await scoreSide(
    project,
    experiment,
    { split: request.split, engine: "int8" },
    work,
  );
  const free = { ...experiment, thresholds: [] };
  const called = scores.map((row, index) => calledAs(free, row, anomaly[index]));
  const { falseAlarmsPerHour: wanted } = request;
  const proposed: LabelThresholds = {};
  const rows = labels.map((label, index): ThresholdsReport["labels"][number] => {
    const of = (own: boolean): number[] =>
      windows.flatMap(({ recording }, at) =>
        (recording.label === label) === own && called[at] === index
          ? [(scores[at] as Float32Array)[index] as number]
          : [],
      );
    const own = windows.filter(({ recording }) => recording.label === label).length;
    const otherHours = ((windows.length - own) * design.window.strideMs) / HOUR_MS;
    const answers: LabelAnswers = { own, hits: of(true), alarms: of(false), otherHours };
    const points = thresholdCurve(answers);
    const choice = wanted === undefined ? undefined : thresholdFor(points, wanted);
    if (choice !== undefined && choice.threshold > 0) proposed[label] = choice.threshold;
    return {
      label,
      windows: own,
      otherHours,
      leastRate: otherHours === 0 ? null : RULE_OF_THREE / otherHours,
      current: pointAt(answers, experiment.thresholds[index] ?? 0),
      ...(choice === undefined ? {} : { proposed: choice }),
      points,
    };
  });
  return {
    experiment: experiment.id,
    split: request.split,
    windows: windows.length,
    strideMs: design.window.strideMs,
    thresholds: keptOf(experiment),
    ...(wanted === undefined ? {} : { proposed }),
    labels: rows,
    warnings: warningsOf(rows, request),
  };
}

function loadClassifier(project: ProjectFile, id: number): Experiment {
  const experiment = loadExperiment(project, id);
  if (experiment.design.task === "regression") {
    throw new LimpetError(
      "usage",
      `Experiment ${id} predicts a value: it has no scores to set thresholds for.`,
      {
        field: "experiment",
        hint: "Thresholds are for classifiers.",
      },
    );
  }
  return experiment;
}

/** Thresholds by label as they were set, those that are none left out. */
export const keptOf = ({ labels, result }: Pick<Experiment, "labels" | "result">): LabelThresholds =>
  positive(labels, result.thresholds);

const positive = (labels: readonly string[], thresholds: LabelThresholds): LabelThresholds =>
  Object.fromEntries(
    labels.flatMap((label) => {
      const threshold = thresholds[label] ?? 0;
      return threshold > 0 ? [[label, threshold]] : [];
    }),
  );

function warningsOf(
  rows: ThresholdsReport["labels"],
  { falseAlarmsPerHour: wanted, split }: ThresholdsRequest,
): string[] {
  const warnings: string[] = [];
  const least = Math.max(...rows.map(({ leastRate }) => leastRate ?? 0));
  if (wanted !== undefined && wanted < least) {
    const minutes = Math.min(...rows.map(({ otherHours }) => otherHours)) * 60;
    warnings.push(
      `The ${split} recordings hold ${amount(minutes)} minutes of other states: none seen in that time still means up to ${amount(least)} false alarms an hour (95 %). Record more of everyday running to be sure of less.`,
    );
  }
  for (const { label, proposed, windows } of rows) {
    if (windows === 0) {
      warnings.push(`${label} has no ${split} windows: its misses are not known.`);
    } else if (proposed?.threshold === NEVER) {
      warnings.push(
        `No threshold keeps ${label} to that rate: its false alarms are as sure as its right answers, so it would never be called. Look at them in Evaluate, and record more.`,
      );
    } else if ((proposed?.misses ?? 0) > 0.5) {
      warnings.push(`${label} would be missed in ${amount((proposed?.misses ?? 0) * 100)} % of its windows.`);
    }
  }
  return warnings;
}

const amount = (value: number): string => Number(value.toPrecision(2)).toString();

/**
 * Keeps thresholds with the experiment, and in its model package where it was converted; a board gets them with the next deployment. Labels
 * that are absent have none. Returns what is kept. Throws `usage` for a label that the experiment lacks or a value outside 0 to 1.
 */
export function setThresholds(project: ProjectFile, id: number, wish: LabelThresholds): LabelThresholds {
  const { labels, row, result } = loadClassifier(project, id);
  for (const [label, threshold] of Object.entries(wish)) {
    if (!labels.includes(label)) {
      throw new LimpetError("usage", `Experiment ${id} has no label ${label}.`, {
        field: "thresholds",
        hint: `It knows ${labels.join(", ")}.`,
      });
    }
    if (!(threshold >= 0 && threshold <= 1)) {
      throw new LimpetError(
        "usage",
        `A threshold lies between 0 and 1; ${threshold} for ${label} does not.`,
        {
          field: "thresholds",
          hint: "A label with threshold 0 is always called where its score is the highest, one with 1 never.",
        },
      );
    }
  }
  const kept = positive(labels, wish);
  const { modelPackage } = row;
  project.updateExperiment(id, {
    result: { ...result, thresholds: kept },
    ...(modelPackage === null
      ? {}
      : {
          modelPackage: withThresholds(
            modelPackage,
            labels.map((label) => kept[label] ?? 0),
          ),
        }),
  });
  return kept;
}
