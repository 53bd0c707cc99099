/**
 * The windows of one side of the split and what an engine says of them: what evaluation, comparison and thresholds begin with. Knows
 * engines and datasets; no metrics.
 */
import type { EvaluationRequest } from "../../src-shared/contract/index.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import type { ProjectFile } from "../dataset/project-file.ts";
import { datasetFeatures, filterPlan, planDataset, readWindows } from "../features/dataset-windows.ts";
import { Twin } from "../features/twin.ts";
import { scoresOfFeatures } from "./anomaly-service.ts";
import { packageExperiment } from "./conversion-service.ts";
import { boardAnswers, floatScores } from "./engines.ts";
import type { Scored } from "./evaluation-report.ts";
import type { Experiment } from "./experiment.ts";
import { type Answers, int8AnswersOf } from "./int8-answers.ts";
import { argmax } from "./metrics.ts";

/**
 * Scores one side of the split; converts the experiment first where the engine needs that. Throws `usage` for a board without a
 * port, `invalid-dataset` where there are no windows on that side, and what the board may throw.
 */
export async function scoreSide(
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
  const { design } = experiment;
  const plan = filterPlan(planDataset(project, design), (window) => window.split === split);
  const windows = plan.flatMap((recording) => recording.windows);
  if (windows.length === 0) {
    throw new LimpetError("invalid-dataset", `There are no ${split} windows to evaluate on.`, {
      field: "split",
      hint: "Split the recordings so that some are on that side (`limpet split`).",
    });
  }
  if (engine === "float") {
    const { values } = await datasetFeatures(project, await Twin.load(), design, plan, work);
    return { windows, ...(await floatAnswers(experiment, values, work)) };
  }
  const modelPackage = await packageExperiment(project, experiment.id, work);
  const answers =
    engine === "int8"
      ? await int8AnswersOf(project, design, plan, modelPackage, work)
      : await boardAnswers(board ?? "", modelPackage, [...readWindows(project, design, plan)], work);
  return { windows, ...answers };
}

/** @param features count x size, before normalisation */
export async function floatAnswers(
  experiment: Experiment,
  features: Float32Array,
  work: WorkOptions,
): Promise<Answers> {
  const scores = await floatScores(experiment, features, work);
  const anomaly = [...(scoresOfFeatures(experiment.anomaly, features, experiment.normalisation) ?? [])];
  return { scores, anomaly, called: scores.map((row, index) => calledAs(experiment, row, anomaly[index])) };
}

/**
 * What a board with these scores would call a window: the label with the highest score, or null (unknown) where that is below its
 * threshold, or where the label is a normal one and the window is far from all that was recorded. The rule of docs/model-package.md.
 */
export function calledAs(
  { labels, thresholds, anomaly, design }: Pick<Experiment, "labels" | "thresholds" | "anomaly" | "design">,
  scores: Float32Array,
  distance: number | undefined,
): number | null {
  if (design.task === "regression") return null;
  const best = argmax(scores);
  if ((scores[best] as number) < (thresholds[best] ?? 0)) return null;
  const far = anomaly !== null && !((distance ?? 0) <= anomaly.threshold);
  return far && anomaly.normal.includes(labels[best] ?? "") ? null : best;
}
