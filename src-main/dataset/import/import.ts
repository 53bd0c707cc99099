/**
 * Imports files and folders into a project. A file that the user named must be good, or nothing at all is imported; what is
 * found in a folder is imported as far as it can be, and the rest is listed. One file is one transaction.
 */

import { readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { ImportResult } from "../../../src-shared/contract/index.ts";
import { LimpetError, throwIfCancelled } from "../../../src-shared/errors.ts";
import type { WorkOptions } from "../../../src-shared/work.ts";
import type { FinishedRecording } from "../finished-recording.ts";
import type { ProjectFile } from "../project-file.ts";
import { statOf } from "../stat.ts";
import { matchPattern, parsePattern } from "../user-pattern.ts";
import { invalidFile, type ReadResult } from "./reader.ts";
import {
  IMPORT_EXTENSIONS,
  isSignalFile,
  labelOf,
  readSignalBytes,
  readSignals,
  recordingName,
} from "./signal-file.ts";

export type ImportOptions = {
  /** Label of all that is imported; by default each file's own, or its name up to the first dot. */
  readonly label?: string | undefined;
  /** Rate in hertz of files that do not state theirs. */
  readonly rateHz?: number | undefined;
  /** Regular expression whose first match in a file's name (its first capture group if it has one) is the group. */
  readonly group?: string | undefined;
  /** Files that were named are taken as those of a folder are: what cannot be read is listed, and the rest comes in. */
  readonly asFound?: boolean | undefined;
};

export type ImportReport = ImportResult;

/** Content that is kept from the check to the import; larger files are read twice. */
const KEPT_BYTES = 128 * 1024 * 1024;
/** Other work gets a turn this often, milliseconds. */
const TURN_MS = 30;

type Candidate = { readonly path: string; readonly named: boolean };

/**
 * Imports `paths` (files, and folders with all that is in them, in the order of their names).
 * Throws `invalid-file` or `not-found` for a file that was named itself, before anything was changed; `usage` for a wrong
 * `group` or label; `cancelled` between two files, with all files before it imported.
 */
export async function importFiles(
  project: ProjectFile,
  paths: readonly string[],
  options: ImportOptions = {},
  work: WorkOptions = {},
): Promise<ImportReport> {
  const naming = namingOf(options);
  const all = paths.flatMap(candidatesOf);
  const candidates = options.asFound === true ? all.map(({ path }) => ({ path, named: false })) : all;
  const named = candidates.filter((candidate) => candidate.named);
  const steps = named.length + candidates.length;
  const checked = new Map<string, ReadResult>();
  let kept = 0;
  for (const [index, { path }] of named.entries()) {
    throwIfCancelled(work.signal);
    work.onProgress?.(`importing ${basename(path)}`, index / steps);
    const result = readSignals(path, options);
    for (const { label } of result.recordings) naming.label(path, label);
    const bytes = statSync(path).size;
    if (kept + bytes <= KEPT_BYTES) {
      kept += bytes;
      checked.set(path, result);
    }
    await nextTurn();
  }
  const report: ImportReport = { imported: 0, skipped: [], recordings: [], notes: [] };
  await project.bulk(async () => {
    let turn = performance.now();
    for (const [index, candidate] of candidates.entries()) {
      const { path } = candidate;
      throwIfCancelled(work.signal);
      work.onProgress?.(`importing ${basename(path)}`, (named.length + index) / steps);
      try {
        const result = checked.get(path) ?? readSignals(path, options);
        checked.delete(path);
        store(project, path, result, naming, report);
      } catch (error) {
        if (candidate.named || !isFileProblem(error)) {
          throw error;
        }
        report.skipped.push({ path, reason: reasonOf(error, path) });
      }
      if (performance.now() - turn > TURN_MS) {
        await nextTurn();
        turn = performance.now();
      }
    }
  });
  work.onProgress?.("imported", 1);
  return report;
}

/** Imports the bytes of a file that is not on this machine's disk (dropped onto a browser window). */
export function importContent(
  project: ProjectFile,
  name: string,
  bytes: Uint8Array,
  options: ImportOptions = {},
): ImportReport {
  const naming = namingOf(options);
  const plainName = name.split(/[\\/]/).at(-1) ?? name;
  const result = readSignalBytes(plainName, bytes, options);
  const report: ImportReport = { imported: 0, skipped: [], recordings: [], notes: [] };
  store(project, plainName, result, naming, report);
  return report;
}

type Naming = {
  /** Label of a recording out of `path` that states `own` itself. Throws `invalid-file` where there is none. */
  label(path: string, own: string | null): string;
  group(path: string): string | null;
};

function namingOf(options: ImportOptions): Naming {
  const pattern = options.group === undefined ? null : parsePattern(options.group, "group");
  if (options.label !== undefined && options.label.trim() === "") {
    throw new LimpetError("usage", "The label is empty.", {
      field: "label",
      hint: "Give it at least one letter.",
    });
  }
  if (options.rateHz !== undefined && !(options.rateHz > 0 && Number.isFinite(options.rateHz))) {
    throw new LimpetError("usage", `A rate of ${options.rateHz} Hz makes no sense.`, {
      field: "rate",
      hint: "Give samples per second, for example --rate 100.",
    });
  }
  return {
    label(path, own) {
      const label = options.label?.trim() ?? own ?? labelOf(path);
      if (label === "") {
        throw invalidFile(
          path,
          "the file's name begins with a dot, so it gives no label.",
          "Give one with --label.",
        );
      }
      return label;
    },
    group(path) {
      // The name as it is shown first, then with its extension, for patterns that end in one.
      const [shown, whole] =
        pattern === null ? [] : matchPattern(pattern, [recordingName(path), basename(path)], "group");
      const match = shown ?? whole ?? null;
      // A match of nothing, as of (x)?, is no group.
      return match === null ? null : match[1] || match[0] || null;
    },
  };
}

function candidatesOf(path: string): Candidate[] {
  const found = statOf(path);
  if (found === undefined) {
    throw new LimpetError("not-found", `There is no file or folder ${path}.`, {
      field: path,
      hint: "Check the path. Nothing was imported.",
    });
  }
  if (!found.isDirectory()) {
    return [{ path, named: true }];
  }
  const files = filesIn(path).map((file) => ({ path: file, named: false }));
  if (!files.some((file) => isSignalFile(file.path))) {
    throw new LimpetError("invalid-file", `${path} holds no file that can be imported.`, {
      field: path,
      hint: `Limpet reads ${IMPORT_EXTENSIONS.join(", ")}.`,
    });
  }
  return files;
}

/** Files in a folder and below in the order of their names; hidden ones and links to folders are passed over. */
function filesIn(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).filter(({ name }) => !name.startsWith("."));
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesIn(path);
    const isFile = entry.isFile() || (entry.isSymbolicLink() && statOf(path)?.isFile() === true);
    return isFile ? [path] : [];
  });
}

function store(
  project: ProjectFile,
  path: string,
  result: ReadResult,
  naming: Naming,
  report: ImportReport,
): void {
  const stored: number[] = [];
  const skipped: ImportReport["skipped"] = [];
  const addAll = (): void => {
    for (const { suffix, label, streams, findings } of result.recordings) {
      const name = `${recordingName(path)}${suffix}`;
      const finished: FinishedRecording = {
        recording: {
          name,
          label: naming.label(path, label),
          group: naming.group(path),
          origin: "import",
          source: basename(path),
          streams: streams.map(({ stream }) => stream),
        },
        data: streams.map(({ samples, gaps }) => ({ samples, gaps })),
        findings,
      };
      const same = project.findSame(finished);
      if (same === undefined) {
        stored.push(project.addRecording(finished).id);
      } else {
        const where = suffix === "" ? path : `${path} (series ${name})`;
        skipped.push({
          path: where,
          reason: `The same content is in the project already, as ${same.name} (${same.label}).`,
        });
      }
    }
  };
  project.transaction(addAll);
  report.recordings.push(...stored);
  report.imported += stored.length;
  report.skipped.push(...skipped);
  if (stored.length > 0) report.notes.push(...result.notes);
}

const isFileProblem = (error: unknown): error is LimpetError =>
  error instanceof LimpetError && (error.code === "invalid-file" || error.code === "not-found");

const reasonOf = (error: LimpetError, path: string): string => {
  const prefix = `${path}: `;
  const text = error.message.startsWith(prefix) ? error.message.slice(prefix.length) : error.message;
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
};
