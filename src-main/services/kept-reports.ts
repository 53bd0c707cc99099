/**
 * Reports of evaluations and conversions, kept in the project, so that they are there when it is opened again. Knows where they are kept
 * and when they are old; makes none.
 */
import { z } from "zod";
import {
  type ConversionReport,
  conversionReport,
  type EvaluationReport,
  evaluationReport,
  type KeptConversion,
  type KeptEvaluation,
  type SplitName,
} from "../../src-shared/contract/index.ts";
import type { ProjectFile } from "../dataset/project-file.ts";

/** The worst mistakes are looked at; thousands would only swell the file. */
const KEPT_MISTAKES = 500;
const ENGINES = ["board", "int8", "float"] as const;

const envelope = z.object({ at: z.string(), datasetHash: z.string(), report: z.unknown() });

const keep = (project: ProjectFile, name: string, report: unknown): void => {
  if (project.readonly) return;
  project.keepReport(
    name,
    JSON.stringify({ at: new Date().toISOString(), datasetHash: project.datasetHash(), report }),
  );
};

/** A report as its schema has it; null where there is none, or none of this version's. */
function read<T>(project: ProjectFile, name: string, schema: z.ZodType<T>) {
  const text = project.keptReport(name);
  if (text === null) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // A report can always be made again.
    return null;
  }
  const parsed = envelope.safeParse(value);
  const report = schema.safeParse(parsed.data?.report);
  return parsed.success && report.success
    ? {
        at: parsed.data.at,
        outOfDate: parsed.data.datasetHash !== project.datasetHash(),
        report: report.data,
      }
    : null;
}

const evaluationName = (experiment: number, split: SplitName, engine: string): string =>
  `${experiment} evaluation ${split} ${engine}`;

/** Keeps an evaluation in the place of the last one by the same engine on the same side. A project that is only read goes without. */
export const keepEvaluation = (project: ProjectFile, experiment: number, report: EvaluationReport): void =>
  keep(project, evaluationName(experiment, report.split, report.engine), {
    ...report,
    mistakes: report.mistakes.slice(0, KEPT_MISTAKES),
  });

/** The last evaluation on a side; of any engine where none is named: the newest. Null where there is none. */
export function lastEvaluation(
  project: ProjectFile,
  experiment: number,
  split: SplitName,
  engine?: EvaluationReport["engine"],
): KeptEvaluation | null {
  const found = (engine === undefined ? ENGINES : [engine]).flatMap(
    (one) => read(project, evaluationName(experiment, split, one), evaluationReport) ?? [],
  );
  return found.sort((a, b) => (a.at < b.at ? 1 : -1))[0] ?? null;
}

export const keepConversion = (project: ProjectFile, report: ConversionReport): void =>
  keep(project, `${report.experiment} conversion`, report);

/** The last report of a conversion, or null. */
export const lastConversion = (project: ProjectFile, experiment: number): KeptConversion | null =>
  read(project, `${experiment} conversion`, conversionReport);
