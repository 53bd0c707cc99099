/**
 * Projects as the command line and the app work with them: make, open, sum up, split, check. Puts parts of the dataset
 * together; knows neither windows on the screen nor flags.
 */

import { statSync } from "node:fs";
import type {
  CheckResult,
  ProjectSummary,
  RecordingInfo,
  SplitOptions,
  SplitResult,
  SplitSummary,
} from "../../src-shared/contract/index.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import { checkProject, checkProjectInTurns } from "../dataset/check.ts";
import { ProjectFile } from "../dataset/project-file.ts";
import { repairProject } from "../dataset/repair.ts";
import { areValues } from "../dataset/split.ts";
import { statOf } from "../dataset/stat.ts";
import { summariseSplit } from "../dataset/window-count.ts";

export { checkOpenProject, checkProject } from "../dataset/check.ts";
export { EXPORT_FORMATS, type ExportFormat, exportRecordings } from "../dataset/export/export.ts";
export {
  type ImportOptions,
  type ImportReport,
  importContent,
  importFiles,
} from "../dataset/import/import.ts";
export { readSignalFile } from "../dataset/import/signal-file.ts";

/** Opens a project. Errors as in `ProjectFile.open`; with `create` a missing file is made. */
export function openProject(
  path: string,
  options: { readonly create?: boolean; readonly readonly?: boolean } = {},
): ProjectFile {
  if (options.create === true && statOf(path) === undefined) {
    return ProjectFile.create(path);
  }
  return ProjectFile.open(path, { readonly: options.readonly === true });
}

/** Recordings and seconds of each label, in alphabetical order. */
export function labelsOf(
  recordings: readonly RecordingInfo[],
): { label: string; recordings: number; seconds: number }[] {
  const labels = new Map<string, { label: string; recordings: number; seconds: number }>();
  for (const { label, seconds } of recordings) {
    const entry = labels.get(label) ?? { label, recordings: 0, seconds: 0 };
    entry.recordings++;
    entry.seconds += seconds;
    labels.set(label, entry);
  }
  return [...labels.values()]
    .map((entry) => ({ ...entry, seconds: Math.round(entry.seconds * 1000) / 1000 }))
    .sort((a, b) => (a.label < b.label ? -1 : 1));
}

/** Recordings, seconds and windows on each side; null where there is no split. */
export function splitSummaryOf(project: ProjectFile, recordings = project.recordings()): SplitSummary | null {
  const options = project.splitOptions();
  return options === null
    ? null
    : summariseSplit(recordings, options, project.design(), (stream) => project.gaps(stream));
}

/** Parts of a split of which some were given: the others share what is left as they do by default (60/20/20). */
export function completeSplit(parts: {
  readonly train?: number | undefined;
  readonly validation?: number | undefined;
  readonly test?: number | undefined;
}): { train: number; validation: number; test: number } {
  const defaults = { train: 0.6, validation: 0.2, test: 0.2 };
  const names = ["train", "validation", "test"] as const;
  const missing = names.filter((name) => parts[name] === undefined);
  const left = 1 - names.reduce((sum, name) => sum + (parts[name] ?? 0), 0);
  const weight = missing.reduce((sum, name) => sum + defaults[name], 0);
  const result = { ...defaults };
  for (const name of names) {
    // Rounded to hide the noise of binary fractions: 1 - 0.7 is not 0.3.
    result[name] = parts[name] ?? Math.max(0, Math.round((left * defaults[name] * 1e9) / weight) / 1e9);
  }
  return result;
}

/** Makes a split and says what came of it, with what the user should know about it. */
export function splitProject(project: ProjectFile, options: SplitOptions): SplitResult {
  project.applySplit(options);
  const recordings = project.recordings().filter((recording) => !recording.excluded);
  const summary = splitSummaryOf(project, recordings) as SplitSummary;
  return { ...summary, notes: splitNotes(recordings, options) };
}

function splitNotes(recordings: readonly RecordingInfo[], options: SplitOptions): string[] {
  const notes: string[] = [];
  if (options.by === "group" && recordings.every(({ group }) => group === null)) {
    notes.push(
      "No recording has a group, so each was taken as one of its own. Import with --group, or set groups in Collect.",
    );
  }
  if (options.holdout !== undefined && !recordings.some(({ split }) => split === "test")) {
    notes.push(`No recording's name matches ${options.holdout}: nothing is held back.`);
  }
  if (options.by === "window") {
    notes.push("Windows of one recording are on several sides: the test may look better than it is.");
    return notes;
  }
  // Of values to predict, not every one need be on every side.
  for (const { label } of areValues(recordings) ? [] : labelsOf(recordings)) {
    const own = recordings.filter((recording) => recording.label === label);
    const wanted = [
      ["train", options.train],
      ["validation", options.validation],
      ["test", options.holdout === undefined ? options.test : 0],
    ] as const;
    const missing = wanted
      .filter(([side, part]) => part > 0 && own.every(({ split }) => split !== side))
      .map(([side]) => side);
    if (missing.length > 0) {
      notes.push(
        `${label} has no recording in ${missing.join(" and ")} (${own.length} in all): record more of it.`,
      );
    }
  }
  return notes;
}

/** What the command `info` prints. */
export type ProjectInfo = {
  readonly labels: Record<string, { recordings: number; seconds: number }>;
  readonly recordings: number;
  readonly seconds: number;
  readonly split: SplitSummary | null;
  readonly experiments: { id: number; name: string; kind: string; validationAccuracy: number | null }[];
};

export function projectInfo(project: ProjectFile): ProjectInfo {
  const recordings = project.recordings();
  const labels = labelsOf(recordings);
  return {
    labels: Object.fromEntries(labels.map(({ label, ...rest }) => [label, rest])),
    recordings: recordings.length,
    seconds: totalSeconds(recordings),
    split: splitSummaryOf(project, recordings),
    experiments: project.experiments().map(({ id, name, design, result }) => ({
      id,
      name,
      kind: design.network.kind,
      validationAccuracy: validationAccuracyOf(result),
    })),
  };
}

const totalSeconds = (recordings: readonly RecordingInfo[]): number =>
  Math.round(recordings.reduce((sum, { seconds }) => sum + seconds, 0) * 1000) / 1000;

function validationAccuracyOf(result: unknown): number | null {
  const found =
    typeof result === "object" && result !== null && "validationAccuracy" in result
      ? result.validationAccuracy
      : null;
  return typeof found === "number" ? found : null;
}

/** What the app shows of a project. */
export function projectSummary(project: ProjectFile): ProjectSummary {
  const recordings = project.recordings();
  const file = statSync(project.path);
  return {
    path: project.path,
    name: project.name,
    savedAt: file.mtime.toISOString(),
    bytes: file.size,
    ...(project.readonly ? { readonly: true as const } : {}),
    labels: labelsOf(recordings),
    recordings: recordings.length,
    seconds: totalSeconds(recordings),
    split: splitSummaryOf(project, recordings),
    splitOptions: project.splitOptions(),
    goal: project.goal(),
    steps: stepsOf(project, recordings),
  };
}

/** Where each step stands: `out-of-date` where something that it was built on has changed since. */
function stepsOf(project: ProjectFile, recordings: readonly RecordingInfo[]): ProjectSummary["steps"] {
  const latest = project.latestExperiment();
  const done = (yes: boolean): "done" | "to-do" => (yes ? "done" : "to-do");
  const labels = new Set(recordings.filter(({ excluded }) => !excluded).map(({ label }) => label));
  const stale = latest !== null && latest.datasetHash !== project.datasetHash();
  const built = (yes: boolean): "done" | "to-do" | "out-of-date" =>
    yes ? (stale ? "out-of-date" : "done") : "to-do";
  const deployed = project.deployments().map(({ experimentId }) => experimentId);
  const onBoard = latest !== null && deployed.includes(latest.id);
  return {
    goal: done(project.hasGoal()),
    collect: done(project.goal().task === "regression" ? labels.size > 0 : labels.size > 1),
    design: done(project.design() !== null || latest !== null),
    train: built(latest !== null),
    convert: built(latest?.converted === true),
    evaluate: built(latest !== null && project.isEvaluated(latest.id)),
    deploy: onBoard ? (stale ? "out-of-date" : "done") : deployed.length > 0 ? "out-of-date" : "to-do",
  };
}

/** The same as `checkAndRepair`, and can be cancelled while it reads. */
export async function checkAndRepairInTurns(
  path: string,
  options: { readonly repair: boolean },
  work: WorkOptions = {},
): Promise<ReturnType<typeof checkAndRepair>> {
  const found = await checkProjectInTurns(path, work);
  if (!options.repair) return found;
  if (found.ok) return { ...found, repaired: [], backup: null };
  return { ...repaired(path), ...(await checkProjectInTurns(path, work)) };
}

/** Checks a project and, with `repair`, mends it first where it needs that. */
export function checkAndRepair(
  path: string,
  options: { readonly repair: boolean },
  work: WorkOptions = {},
): CheckResult & { readonly repaired?: readonly string[]; readonly backup?: string | null } {
  const found = checkProject(path, work);
  if (!options.repair) {
    return found;
  }
  if (found.ok) {
    return { ...found, repaired: [], backup: null };
  }
  return { ...repaired(path), ...checkProject(path, work) };
}

/** Repairs. A project that cannot even be opened is not told once more to be repaired, but where a whole one may be. */
function repaired(path: string): ReturnType<typeof repairProject> {
  try {
    return repairProject(path);
  } catch (error) {
    if (!(error instanceof LimpetError && error.code === "project-corrupt")) throw error;
    throw new LimpetError("project-corrupt", `${path} is damaged beyond what can be mended.`, {
      field: path,
      hint: "`limpet check PROJECT --snapshots` lists the copies that the app made of it, and --restore goes back to one.",
      cause: error,
    });
  }
}
