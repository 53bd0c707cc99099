/**
 * Tells a recording (or a merge) that another program is making right now from one that was cut off. The proof is a lock of the
 * operating system on a file beside the project, which vanishes with the process that held it, however it ended.
 */
import { existsSync, rmSync } from "node:fs";
import { LimpetError } from "../../src-shared/errors.ts";
import { isBusy, openDatabase, type SqliteDatabase, translateSqliteError } from "./sqlite.ts";

export type RecordingLock = { release(): void };

const lockPath = (project: string): string => `${project}-recording`;

/** Takes the lock, or returns null where another program (or this one) holds it. */
export function tryLockForRecording(project: string): RecordingLock | null {
  const path = lockPath(project);
  let database: SqliteDatabase | null = null;
  try {
    database = openDatabase(path, { readonly: false, create: true, timeoutMs: 0 });
    database.pragma("journal_mode = MEMORY");
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database?.close();
    if (isBusy(error) || (error instanceof LimpetError && error.code === "project-locked")) {
      return null;
    }
    throw translateSqliteError(error, path);
  }
  const held = database;
  if (!existsSync(path)) {
    // The former holder removed the file between our opening and our locking it: this lock would guard nothing.
    held.close();
    return tryLockForRecording(project);
  }
  return {
    release() {
      if (held.open) {
        // Removed while it is still locked, so that nobody else's lock is removed. Windows refuses; the empty file stays.
        try {
          rmSync(path, { force: true });
        } catch {}
        held.close();
      }
    },
  };
}

/** Takes the lock. Throws `project-locked` where there is a recording or a merge under way, here or in another program. */
export function lockForRecording(project: string): RecordingLock {
  const lock = tryLockForRecording(project);
  if (lock === null) {
    throw new LimpetError(
      "project-locked",
      `A recording, or an import of another project, is under way in ${project}, here or in another program.`,
      { field: project, hint: "Wait until that has ended, or end it." },
    );
  }
  return lock;
}
