/**
 * The facts of a job report, out of the project's own records: what was recorded, how it was divided, which model came of it, how it
 * did on held-out recordings, on which boards it was proved. Knows the dataset; how the page looks is job-report-page.ts.
 */
import { createHash } from "node:crypto";
import { basename } from "node:path";
import { z } from "zod";
import {
  type BoardInfo,
  deploymentReport,
  type EvaluationReport,
  type Goal,
  type RecordingInfo,
  type SplitOptions,
} from "../../src-shared/contract/index.ts";
import type { Design } from "../../src-shared/design.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import type { ProjectFile } from "../dataset/project-file.ts";
import { summarisePackage } from "../deployment/package-summary.ts";
import { evaluate } from "./evaluation-service.ts";
import { parseRow } from "./experiment.ts";

export type JobReportRequest = {
  readonly experiment: number;
  /** Who did the job, on which machine, and what else should be said; empty where nothing. */
  readonly by: string;
  readonly machine: string;
  readonly note: string;
  readonly version: string;
  /** The connected board, null where there is none. */
  readonly board: BoardInfo | null;
};

export type LabelRow = {
  readonly label: string;
  readonly recordings: number;
  readonly seconds: number;
  /** Recordings on each side; a split by windows has none. */
  readonly train: number;
  readonly validation: number;
  readonly test: number;
};

export type SensorRow = {
  readonly sensor: string;
  readonly channels: readonly string[];
  readonly rateHz: number;
  readonly lostSamples: number;
};

/** What an earlier version wrote of a deployment may lack fields. */
const storedDeployment = z.looseObject({
  ...deploymentReport.pick({ modelHash: true, slot: true }).shape,
  goldenVectors: z.object({ run: z.number(), identical: z.number() }),
  latencyMs: z.number().nullable().default(null),
  powerMilliwatts: z.number().nullable().default(null),
});

export type DeploymentRow = {
  readonly board: string;
  readonly at: string;
  readonly slot: "A" | "B";
  readonly goldenVectors: { readonly run: number; readonly identical: number };
  readonly latencyMs: number | null;
  readonly powerMilliwatts: number | null;
  readonly modelHash: string;
};

export type JobReport = {
  readonly madeAt: string;
  readonly version: string;
  readonly by: string;
  readonly machine: string;
  readonly note: string;
  readonly project: { readonly name: string; readonly file: string; readonly goal: Goal };
  readonly dataset: {
    readonly labels: readonly LabelRow[];
    readonly sensors: readonly SensorRow[];
    readonly groups: readonly string[];
    readonly sources: readonly string[];
    /** Dates of the first and the last recording; null where there are none. */
    readonly span: readonly [string, string] | null;
    readonly excluded: number;
    /** Of those used. */
    readonly generated: number;
    readonly hash: string;
    readonly changedSince: boolean;
    readonly split: SplitOptions | null;
  };
  readonly model: {
    readonly id: number;
    readonly name: string;
    readonly createdAt: string;
    readonly design: Design;
    readonly epochs: number;
    readonly trainSeconds: number;
    readonly backend: string;
    readonly validationAccuracy: number;
    readonly advice: string;
    readonly tflite: { readonly bytes: number; readonly hash: string } | null;
    readonly package: { readonly bytes: number; readonly hash: string } | null;
  };
  /** int8 on the held-out side; null where there is none. */
  readonly test: EvaluationReport | null;
  readonly board: BoardInfo | null;
  readonly deployments: readonly DeploymentRow[];
};

/**
 * Gathers the facts. The test is made anew, so that its figures are those of the model and the recordings as they are now. Throws
 * `not-found`, `cancelled`, and what conversion and evaluation throw; a project without held-out recordings is reported as untested.
 */
export async function gatherJobReport(
  project: ProjectFile,
  request: JobReportRequest,
  work: WorkOptions = {},
): Promise<JobReport> {
  const { experiment } = request;
  const test = await testOf(project, experiment, work);
  const row = project.experiment(experiment);
  const { design, result } = parseRow(row);
  const recordings = project.recordings();
  const used = recordings.filter(({ excluded }) => !excluded);
  const dates = used.map(({ createdAt }) => createdAt).sort();
  const [first, last] = [dates[0], dates.at(-1)];
  return {
    madeAt: new Date().toISOString(),
    version: request.version,
    by: request.by,
    machine: request.machine,
    note: request.note,
    project: {
      name: basename(project.path).replace(/\.limpet$/i, ""),
      file: basename(project.path),
      goal: project.goal(),
    },
    dataset: {
      labels: labelRows(used),
      sensors: sensorRows(used),
      groups: distinct(used.flatMap(({ group }) => (group === null ? [] : [group]))),
      sources: distinct(used.map(({ origin, source }) => (source === "" ? origin : source))),
      span: first === undefined || last === undefined ? null : [first, last],
      excluded: recordings.length - used.length,
      generated: used.filter(({ origin }) => origin === "generated").length,
      hash: row.datasetHash,
      changedSince: row.datasetHash !== project.datasetHash(),
      split: project.splitOptions(),
    },
    model: {
      id: row.id,
      name: row.name,
      createdAt: row.createdAt,
      design,
      epochs: result.epochs,
      trainSeconds: result.trainSeconds,
      backend: result.backend,
      validationAccuracy: result.validationAccuracy,
      advice: result.advice,
      tflite:
        row.tflite === null
          ? null
          : {
              bytes: row.tflite.byteLength,
              hash: createHash("sha256").update(row.tflite).digest("hex"),
            },
      package:
        row.modelPackage === null
          ? null
          : { bytes: row.modelPackage.byteLength, hash: summarisePackage(row.modelPackage).modelHash },
    },
    test,
    board: request.board,
    deployments: deploymentRows(project, experiment),
  };
}

async function testOf(
  project: ProjectFile,
  experiment: number,
  work: WorkOptions,
): Promise<EvaluationReport | null> {
  try {
    return await evaluate(project, { experiment, split: "test", engine: "int8" }, work);
  } catch (error) {
    if (error instanceof LimpetError && error.code === "invalid-dataset") return null;
    throw error;
  }
}

const distinct = (names: readonly string[]): string[] =>
  [...new Set(names)].sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));

function labelRows(recordings: readonly RecordingInfo[]): LabelRow[] {
  return distinct(recordings.map(({ label }) => label)).map((label) => {
    const own = recordings.filter((recording) => recording.label === label);
    const on = (side: RecordingInfo["split"]): number => own.filter(({ split }) => split === side).length;
    return {
      label,
      recordings: own.length,
      seconds: own.reduce((sum, { seconds }) => sum + seconds, 0),
      train: on("train"),
      validation: on("validation"),
      test: on("test"),
    };
  });
}

/** Each kind of stream once. */
function sensorRows(recordings: readonly RecordingInfo[]): SensorRow[] {
  const rows = new Map<string, { row: Omit<SensorRow, "lostSamples">; lost: number }>();
  for (const { sensor, channels, rateHz, lostSamples } of recordings.flatMap(({ streams }) => streams)) {
    const names = channels.map(({ name }) => name);
    const key = JSON.stringify([sensor, names, rateHz]);
    const found = rows.get(key) ?? { row: { sensor, channels: names, rateHz }, lost: 0 };
    found.lost += lostSamples;
    rows.set(key, found);
  }
  return [...rows.values()].map(({ row, lost }) => ({ ...row, lostSamples: lost }));
}

/** Deployments of the experiment, the newest first; what cannot be read of one is left out. */
function deploymentRows(project: ProjectFile, experiment: number): DeploymentRow[] {
  return project
    .deployments()
    .filter(({ experimentId }) => experimentId === experiment)
    .flatMap(({ board, createdAt, report }) => {
      const read = storedDeployment.safeParse(report);
      if (!read.success) return [];
      const { slot, goldenVectors, latencyMs, powerMilliwatts, modelHash } = read.data;
      return [{ board, at: createdAt, slot, goldenVectors, latencyMs, powerMilliwatts, modelHash }];
    })
    .reverse();
}
