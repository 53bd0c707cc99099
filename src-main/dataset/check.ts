/**
 * Checks a project from end to end: database pages, every chunk's length and check sum, that samples follow one another,
 * gaps, totals, rows without an owner. Reads everything and changes nothing, except that a recording that was cut off is
 * closed on opening, as everywhere.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { resolve } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { CheckResult, StreamInfo } from "../../src-shared/contract/index.ts";
import { LimpetError, throwIfCancelled } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import { inThread } from "../threads/work-threads.ts";
import { damagedRows } from "./damaged-rows.ts";
import type { ProjectDatabase } from "./project-database.ts";
import { ProjectFile } from "./project-file.ts";
import { listGaps, listStreams } from "./recordings-table.ts";
import { chunkCrc, PEAK_SAMPLES, sampleBytes } from "./samples.ts";
import { statOf } from "./stat.ts";

/** Problems of one kind beyond this many are counted and not listed. */
const LISTED = 50;
/** Other work gets a turn this often, milliseconds. */
const TURN_MS = 30;

/**
 * Checks the project at `path`. A damaged file gives problems and not an error; what is no project, or one of a newer
 * version, throws as opening it does.
 */
export function checkProject(path: string, work: WorkOptions = {}): CheckResult {
  const project = openForCheck(path);
  if (!(project instanceof ProjectFile)) return project;
  try {
    return checkOpenProject(project, work);
  } finally {
    project.close();
  }
}

/** A file up to this size is checked in a few milliseconds, sooner than a thread is started, bytes. */
const SMALL_BYTES = 4 * 2 ** 20;

/**
 * The same beside other work: in a thread of its own where the file is not small, because the database checks its pages in one go.
 * Reads through a connection of its own, so that the project may be written to meanwhile. Cancelled within the database's own check it
 * answers at once; the thread goes on until that is through. Throws `cancelled`, and as `checkProject`.
 */
export const checkProjectInTurns = async (path: string, work: WorkOptions = {}): Promise<CheckResult> =>
  (statOf(resolve(path))?.size ?? 0) <= SMALL_BYTES
    ? checkProjectHere(path, work)
    : inThread("check", { path: resolve(path) }, work);

/** The same in this thread, with a turn for other work now and then, between which it can be cancelled. */
export async function checkProjectHere(path: string, work: WorkOptions = {}): Promise<CheckResult> {
  const project = openForCheck(path);
  if (!(project instanceof ProjectFile)) return project;
  const steps = checkSteps(project, work);
  try {
    // The database's own check comes first and hears nothing: what was cancelled before it does not begin it.
    await nextTurn();
    throwIfCancelled(work.signal);
    let turn = performance.now();
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
      throwIfCancelled(work.signal);
      if (performance.now() - turn < TURN_MS) continue;
      await nextTurn();
      turn = performance.now();
    }
  } finally {
    // Lets go of the rows that are being read, without which the file cannot be closed.
    steps.return(NOTHING);
    project.close();
  }
}

const NOTHING: CheckResult = { ok: false, recordings: 0, chunks: 0, problems: [] };

function openForCheck(path: string): ProjectFile | CheckResult {
  try {
    return ProjectFile.open(path, { readonly: true });
  } catch (error) {
    if (error instanceof LimpetError && error.code === "project-corrupt") {
      return {
        ok: false,
        recordings: 0,
        chunks: 0,
        problems: [`The database cannot be opened: ${causeOf(error)}.`],
      };
    }
    throw error;
  }
}

/** The same for a project that is open already. */
export function checkOpenProject(project: ProjectFile, work: WorkOptions = {}): CheckResult {
  return drained(checkSteps(project, work));
}

function drained<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** The check, with a pause after each chunk. */
function* checkSteps(project: ProjectFile, work: WorkOptions): Generator<void, CheckResult> {
  const { database } = project;
  const problems: string[] = [];
  const notRead = (what: string, error: unknown): void => {
    if (error instanceof LimpetError && error.code === "cancelled") throw error;
    problems.push(`${what} cannot be read: ${causeOf(error)}.`);
  };
  const attempt = <T>(what: string, otherwise: T, step: () => T): T => {
    try {
      return step();
    } catch (error) {
      notRead(what, error);
      return otherwise;
    }
  };
  work.onProgress?.("checking the database", 0);
  attempt("The head of the file", undefined, () => checkHead(project.path, problems));
  attempt("The database", undefined, () => checkPages(database, problems));
  const ids = attempt("The list of recordings", [], () =>
    database.all<{ id: number; name: string; deleted: number }>(
      "SELECT id, name, deleted_at IS NOT NULL AS deleted FROM recordings ORDER BY id",
    ),
  );
  let chunks = 0;
  for (const [index, { id, name }] of ids.entries()) {
    throwIfCancelled(work.signal);
    work.onProgress?.(`checking ${name}`, index / ids.length);
    const about = `Recording ${id} (${name})`;
    const streams = attempt(about, null, () => listStreams(database, id));
    if (streams?.length === 0) problems.push(`${about} has no streams.`);
    for (const stream of streams ?? []) {
      try {
        const found = yield* streamSteps(database, stream);
        problems.push(...found.problems.map((problem) => `${about}, ${stream.sensor}: ${problem}`));
        chunks += found.chunks;
      } catch (error) {
        notRead(`${about}, ${stream.sensor}`, error);
      }
    }
    yield;
  }
  // What the app does first of all: a column that is gone is found by no other check.
  attempt("The list of recordings", undefined, () => project.recordings());
  attempt("The list of experiments", undefined, () => project.experiments());
  attempt("The list of deployments", undefined, () => project.deployments());
  attempt("What describes recordings and experiments", undefined, () =>
    problems.push(...damagedRows(database).map(({ problem }) => problem)),
  );
  work.onProgress?.("checked", 1);
  return {
    ok: problems.length === 0,
    recordings: ids.filter(({ deleted }) => deleted === 0).length,
    chunks,
    problems: shortened(problems),
  };
}

/** Where the head of an SQLite file says who may read and write it, and the largest values that programs of today know. */
const FORMAT_AT = 18;
const FORMAT_BYTES = 2;
const NEWEST_FORMAT = 2;

function checkHead(path: string, problems: string[]): void {
  const head = Buffer.alloc(FORMAT_AT + FORMAT_BYTES);
  const file = openSync(path, "r");
  try {
    readSync(file, head, 0, head.length, 0);
  } finally {
    closeSync(file);
  }
  // SQLite would quietly open such a file for reading only.
  if (head.subarray(FORMAT_AT).some((version) => version < 1 || version > NEWEST_FORMAT)) {
    problems.push("Database: its head names a file format that is not known.");
  }
}

function checkPages(database: ProjectDatabase, problems: string[]): void {
  // Read, such a file may look sound; bringing it up to date would fail.
  if (!database.hasTablesOfFormat()) {
    problems.push("Database: its tables are not of the format that its head names.");
  }
  for (const row of database.pragma("integrity_check") as { integrity_check: string }[]) {
    if (row.integrity_check !== "ok") problems.push(`Database: ${row.integrity_check}.`);
  }
  for (const row of database.pragma("foreign_key_check") as { table: string; parent: string }[]) {
    problems.push(`A row of ${row.table} belongs to nothing in ${row.parent}.`);
  }
}

type StreamCheck = { chunks: number; problems: string[] };

/** What is wrong with the chunks and gaps of a stream. */
export const checkStream = (database: ProjectDatabase, stream: StreamInfo): StreamCheck =>
  drained(streamSteps(database, stream));

function* streamSteps(database: ProjectDatabase, stream: StreamInfo): Generator<void, StreamCheck> {
  const problems: string[] = [];
  const width = stream.channels.length;
  const frame = width * sampleBytes(stream.sampleType);
  let expected = 0;
  let chunks = 0;
  const rows = database.each<{
    first_sample: number;
    samples: number;
    crc32: number;
    peaks: number;
    data: Uint8Array;
  }>(
    "SELECT first_sample, samples, crc32, length(peaks) AS peaks, data FROM chunks WHERE stream_id = ? ORDER BY first_sample",
    stream.id,
  );
  for (const row of rows) {
    chunks++;
    if (row.first_sample !== expected) {
      problems.push(
        row.first_sample > expected
          ? `samples ${expected} to ${row.first_sample - 1} are missing without a gap being marked.`
          : `the chunk at sample ${row.first_sample} overlaps the one before.`,
      );
    }
    if (!(row.data instanceof Uint8Array)) {
      problems.push(`the chunk at sample ${row.first_sample} holds no samples.`);
    } else if (row.data.byteLength !== row.samples * frame) {
      problems.push(
        `the chunk at sample ${row.first_sample} should have ${row.samples * frame} bytes, it has ${row.data.byteLength}.`,
      );
    } else if (chunkCrc(row.data) !== row.crc32) {
      problems.push(`the checksum of the chunk at sample ${row.first_sample} is wrong.`);
    }
    if (row.peaks !== Math.ceil(row.samples / PEAK_SAMPLES) * frame * 2) {
      problems.push(`the chunk at sample ${row.first_sample} has a drawing of the wrong size.`);
    }
    expected = row.first_sample + row.samples;
    yield;
  }
  if (expected !== stream.samples) {
    problems.push(`${stream.samples} samples are announced, ${expected} are stored.`);
  }
  const gaps = listGaps(database, stream.id);
  const lost = gaps.reduce((sum, gap) => sum + gap.lostSamples, 0);
  if (gaps.length !== stream.gaps || lost !== stream.lostSamples) {
    problems.push(
      `${stream.gaps} gaps of ${stream.lostSamples} samples are announced, ${gaps.length} of ${lost} are stored.`,
    );
  }
  for (const gap of gaps) {
    if (gap.atSample < 0 || gap.atSample > stream.samples) {
      problems.push(`a gap is marked at sample ${gap.atSample}, outside of the recording.`);
    }
  }
  return { chunks, problems };
}

function causeOf(error: unknown): string {
  const cause = error instanceof LimpetError && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message.replace(/\.$/, "") : String(cause);
}

function shortened(problems: readonly string[]): string[] {
  return problems.length <= LISTED
    ? [...problems]
    : [...problems.slice(0, LISTED), `and ${problems.length - LISTED} more problems.`];
}
