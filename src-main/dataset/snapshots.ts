/**
 * Snapshots of projects: a copy a day, made while the project is open, kept in the user's folder with limits, to go back to after a
 * mistake or damage. Knows files and the copying of databases; not when one is due.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, renameSync, rmSync, statfsSync, statSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { LimpetError } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import { checkProjectInTurns } from "./check.ts";
import { asideName } from "./copy-aside.ts";
import { ProjectFile } from "./project-file.ts";
import { tryLockForRecording } from "./recording-lock.ts";
import { translateSqliteError } from "./sqlite.ts";

export type Snapshot = {
  /** Day on which it was made, `2026-05-01` (UTC): one a day. */
  readonly id: string;
  readonly takenAt: string;
  readonly bytes: number;
};

/** Why none was made: there is one of today, nothing changed since the last, or limits. */
export type SnapshotOutcome =
  | { readonly kind: "taken"; readonly snapshot: Snapshot }
  | { readonly kind: "skipped"; readonly reason: "today" | "unchanged" | "too-large" | "no-space" };

export type SnapshotLimits = {
  /** Snapshots kept of one project. */
  readonly kept: number;
  /** Bytes that all snapshots of one project may take; the oldest go first. */
  readonly bytes: number;
};

const LIMITS: SnapshotLimits = { kept: 7, bytes: 4 * 1024 ** 3 };
/** The disk must have this many times the project's size free. */
const FREE_SHARE = 3;
const NAME = /^(\d{4}-\d\d-\d\d)\.limpet$/;

export class Snapshots {
  readonly #folder: string;
  readonly #limits: SnapshotLimits;

  /** @param folder where all projects' snapshots are kept, each project in a folder of its own */
  constructor(folder: string, limits: SnapshotLimits = LIMITS) {
    this.#folder = folder;
    this.#limits = limits;
  }

  /** Snapshots of the project at `path`, newest first; none where there is no folder. */
  list(path: string): Snapshot[] {
    const folder = this.#folderOf(path);
    return namesIn(folder)
      .flatMap((name) => {
        const id = NAME.exec(name)?.[1];
        const found = statSync(join(folder, name), { throwIfNoEntry: false });
        return id === undefined || found === undefined
          ? []
          : [{ id, takenAt: found.mtime.toISOString(), bytes: found.size }];
      })
      .sort((a, b) => (a.id < b.id ? 1 : -1));
  }

  /**
   * Makes today's snapshot where one is due. The project may be worked with meanwhile; the copy is of one moment all the same.
   * Throws `cancelled`, `disk-full`, `read-only`.
   */
  async take(
    project: ProjectFile,
    work: WorkOptions & { readonly now?: Date } = {},
  ): Promise<SnapshotOutcome> {
    const id = (work.now ?? new Date()).toISOString().slice(0, 10);
    const skipped = this.#whyNot(project.path, id);
    if (skipped !== null) return { kind: "skipped", reason: skipped };
    const folder = this.#folderOf(project.path);
    const file = join(folder, `${id}.limpet`);
    const partial = `${file}.part`;
    try {
      mkdirSync(folder, { recursive: true });
      // What an earlier program left half made.
      for (const name of namesIn(folder))
        if (name.includes(".part")) rmSync(join(folder, name), { force: true });
      await project.database.copyTo(partial, work);
      renameSync(partial, file);
    } catch (error) {
      rmSync(partial, { force: true });
      throw translateSqliteError(error, file);
    }
    this.#prune(project.path);
    const { mtime, size } = statSync(file);
    return { kind: "taken", snapshot: { id, takenAt: mtime.toISOString(), bytes: size } };
  }

  /**
   * Puts a snapshot in the place of the project, which must be closed. What stood there is kept beside it under another name, which
   * is returned (null where there was nothing). Throws `not-found`, `project-corrupt` (the snapshot itself), `project-locked`
   * where another program has the project open, `disk-full`, `read-only`.
   */
  async restore(path: string, id: string, work: WorkOptions = {}): Promise<string | null> {
    const target = resolve(path);
    const file = join(this.#folderOf(path), `${id}.limpet`);
    if (!NAME.test(`${id}.limpet`) || statSync(file, { throwIfNoEntry: false }) === undefined) {
      throw new LimpetError("not-found", `There is no snapshot of ${id}.`, {
        field: "id",
        hint: "Choose one from the list.",
      });
    }
    const { ok, problems } = await checkProjectInTurns(file, work);
    if (!ok) {
      throw new LimpetError("project-corrupt", `The snapshot of ${id} is damaged: ${problems[0]}`, {
        field: file,
        hint: "Choose an older one.",
      });
    }
    const beside = `${target}.restoring`;
    try {
      await copyFile(file, beside);
      return this.#exchange(target, beside);
    } catch (error) {
      throw translateSqliteError(error, target);
    } finally {
      rmSync(beside, { force: true });
    }
  }

  #exchange(target: string, beside: string): string | null {
    const lock = tryLockForRecording(target);
    if (lock === null) throw inUse(target);
    try {
      const there = statSync(target, { throwIfNoEntry: false });
      const kept = there === undefined ? null : asideName(target, "restore");
      if (kept !== null) {
        requireClosed(target);
        renameSync(target, kept);
        // A log that belongs to the file goes with it: beside the restored one it would be foreign.
        for (const end of ["-wal", "-shm"]) {
          if (statSync(`${target}${end}`, { throwIfNoEntry: false }) !== undefined)
            renameSync(`${target}${end}`, `${kept}${end}`);
        }
      }
      renameSync(beside, target);
      return kept;
    } finally {
      lock.release();
    }
  }

  #whyNot(path: string, id: string): "today" | "unchanged" | "too-large" | "no-space" | null {
    const [newest] = this.list(path);
    const { size, mtime } = statSync(path);
    const log = statSync(`${path}-wal`, { throwIfNoEntry: false });
    const bytes = size + (log?.size ?? 0);
    if (newest?.id === id) return "today";
    const changed = Math.max(mtime.getTime(), log?.mtime.getTime() ?? 0);
    if (newest !== undefined && changed <= Date.parse(newest.takenAt)) return "unchanged";
    if (bytes > this.#limits.bytes / 2) return "too-large";
    mkdirSync(this.#folder, { recursive: true });
    const { bavail, bsize } = statfsSync(this.#folder);
    return bavail * bsize < FREE_SHARE * bytes ? "no-space" : null;
  }

  #prune(path: string): void {
    let bytes = 0;
    for (const [index, snapshot] of this.list(path).entries()) {
      bytes += snapshot.bytes;
      if (index > 0 && (index >= this.#limits.kept || bytes > this.#limits.bytes)) {
        rmSync(join(this.#folderOf(path), `${snapshot.id}.limpet`), { force: true });
      }
    }
  }

  #folderOf(path: string): string {
    const whole = resolve(path);
    // The name for people, the hash because two projects of a name are two.
    const hash = createHash("sha256").update(whole).digest("hex").slice(0, 12);
    return join(this.#folder, `${basename(whole, ".limpet").slice(0, 60)}-${hash}`);
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

const inUse = (path: string): LimpetError =>
  new LimpetError("project-locked", `Another program has ${path} open.`, {
    field: path,
    hint: "Close it there, and restore again. Nothing was changed.",
  });

/** A project that was closed everywhere is one plain file; a log beside it means that it is open, or was cut off. */
function requireClosed(path: string): void {
  if (statSync(`${path}-wal`, { throwIfNoEntry: false }) === undefined) return;
  // Opening for writing and closing folds in what a killed program left; where another one is alive the log stays.
  try {
    const project = ProjectFile.open(path);
    project.transaction(() => undefined);
    project.close();
  } catch {
    // Too damaged to be opened: that is what a snapshot is for.
    return;
  }
  if (statSync(`${path}-wal`, { throwIfNoEntry: false }) !== undefined) throw inUse(path);
}
