/**
 * Evaluation of an experiment on one side of the split, by float, int8 or the board: the same windows, the same metrics. Also compares
 * two experiments. Knows engines and datasets; no host.
 */
import type { EvaluationReport, EvaluationRequest } from "../../src-shared/contract/index.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import type { ProjectFile } from "../dataset/project-file.ts";
import { checkLeaks } from "../features/check-design.ts";
import { type DatasetWindow, datasetFeatures, filterPlan, planDataset } from "../features/dataset-windows.ts";
import { usable } from "../features/sensor-choice.ts";
import { Twin } from "../features/twin.ts";
import { judgeAnomaly, scoresOfFeatures } from "./anomaly-service.ts";
import { classReport, type Scored, valueReport } from "./evaluation-report.ts";
import { type Experiment, loadExperiment } from "./experiment.ts";
import { keepEvaluation } from "./kept-reports.ts";
import { argmax, mcnemar } from "./metrics.ts";
import { groupingsOf, valuesOnBothSides } from "./recording-groups.ts";
import { scoreSide } from "./scored-windows.ts";
import { keptOf } from "./thresholds-service.ts";
import { pairWindows } from "./window-pairs.ts";

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
  const report: EvaluationReport = {
    engine: request.engine,
    split: request.split,
    ...(experiment.design.task === "regression"
      ? valueReport(scored)
      : classReport(scored, experiment.labels)),
    thresholds: keptOf(experiment),
    ...(scored.difference === undefined ? {} : { boardDifference: placed(scored) }),
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
  keepEvaluation(project, experiment.id, report);
  return report;
}

/** Where a board first computed otherwise than the device twin. */
function placed({ difference, windows }: Scored): EvaluationReport["boardDifference"] {
  if (difference === undefined || difference === null) return null;
  const { recording, startMs } = windows[difference.window] as DatasetWindow;
  const { board, twin, ...where } = difference;
  return {
    ...where,
    board: Number.isFinite(board) ? board : null,
    twin: Number.isFinite(twin) ? twin : null,
    recording: recording.id,
    recordingName: recording.name,
    startMs,
  };
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

/** Why windows that count as held out may not be new to the model. */
function leaks(project: ProjectFile, { design, row }: Experiment): string[] {
  const warnings = checkLeaks(planDataset(project, design), project.splitOptions()).map(
    ({ message }) => message,
  );
  warnings.push(...sharedNames(project));
  if (row.datasetHash !== project.datasetHash()) {
    warnings.push(
      "Recordings, labels or split have changed since the training: some of these windows may have been trained on. Train again.",
    );
  }
  return warnings;
}

/** Names that hint at groups, where nobody has set groups or held something out: recordings of one on both sides. */
function sharedNames(project: ProjectFile): string[] {
  const recordings = usable(project.recordings());
  const thought = project.splitOptions()?.holdout !== undefined;
  if (thought || recordings.some(({ group }) => group !== null)) return [];
  return groupingsOf(recordings).flatMap((grouping) => {
    const shared = valuesOnBothSides(recordings, grouping);
    return shared.length === 0
      ? []
      : [
          `Recordings ${grouping.shared} (${shared.slice(0, 4).join(", ")}) are both in training and in the test. If that is one machine, session or person, the test looks better than the model is on new ones: \`limpet diagnose\` measures it.`,
        ];
  });
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
 * Two experiments on the same test windows, both in float. Where their windows differ, those that begin nearest to each other count.
 * Throws `usage` where one of them predicts a value.
 */
export async function compare(
  project: ProjectFile,
  a: number,
  b: number,
  work: WorkOptions = {},
): Promise<ComparisonReport> {
  const answers: { readonly windows: readonly DatasetWindow[]; readonly right: readonly boolean[] }[] = [];
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
    answers.push({
      windows,
      right: windows.map(
        ({ recording }, index) =>
          experiment.labels[argmax(scores[index] as Float32Array)] === recording.label,
      ),
    });
  }
  const [first = { windows: [], right: [] }, second = { windows: [], right: [] }] = answers;
  const shared = pairWindows(first.windows, second.windows);
  if (shared.length === 0) {
    throw new LimpetError("usage", "The two experiments have no test windows in common.", {
      field: "experiment",
      hint: "Compare experiments whose windows begin at about the same times.",
    });
  }
  const count = (rightA: boolean, rightB: boolean): number =>
    shared.filter(([x, y]) => first.right[x] === rightA && second.right[y] === rightB).length;
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
