/**
 * What an experiment will take on each kind of board that has figures of power, before any is at hand: with the instructions that a
 * deployment of it has counted, else with those reckoned from its design.
 */
import { deploymentReport, type PowerOnBoards } from "../../src-shared/contract/index.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { ProjectFile } from "../dataset/project-file.ts";
import { featureShape } from "../features/feature-shape.ts";
import { describeNetwork } from "../training/describe-network.ts";
import { instructionsOf } from "./design-cost.ts";
import { designBudgets } from "./design-power.ts";
import { parseRow } from "./experiment.ts";

/**
 * @param everyMs period between windows; 0: they follow each other
 * @param board a kind of board, or all
 * Throws `not-found` for an experiment, `usage` for a kind of board without figures.
 */
export function powerOnBoards(
  project: ProjectFile,
  experiment: number,
  everyMs: number,
  board?: string,
): PowerOnBoards {
  const row = project.experiment(experiment);
  const { design } = parseRow(row);
  const counted = countedInstructions(project, experiment);
  const outputs = design.task === "regression" ? 1 : row.labels.length;
  const instructions =
    counted ??
    Math.round(
      instructionsOf(design, describeNetwork(design.network, featureShape(design), outputs, design.task)),
    );
  const boards = designBudgets(design, instructions, everyMs, project.goal(), board);
  if (boards.length === 0) {
    throw new LimpetError("usage", `What a board of kind ${board} takes is not known.`, {
      field: "board",
      hint: "Leave --board out for all kinds that are known.",
    });
  }
  return { experiment, instructions, counted: counted !== null, boards };
}

/** What the experiment's last deployment on a board that counts instructions has counted. */
function countedInstructions(project: ProjectFile, experiment: number): number | null {
  const reports = project
    .deployments()
    .filter(({ experimentId }) => experimentId === experiment)
    .map(({ report }) => deploymentReport.safeParse(report).data)
    .filter((report) => report?.board === "virtual");
  return (
    reports.findLast((report) => report !== undefined && report.instructions !== null)?.instructions ?? null
  );
}
