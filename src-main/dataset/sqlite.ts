/**
 * The one door to SQLite: opens a database with a runtime that can load the addon, and translates SQLite's errors into
 * Limpet's. Knows nothing of the tables inside.
 */
import Database from "better-sqlite3";
import { LimpetError } from "../../src-shared/errors.ts";

export type SqliteDatabase = Database.Database;

/** N-API version that better-sqlite3 13 is built for (Node 22.14 or newer). */
const NEEDED_NAPI = 10;

/** How long a statement waits for another process's write before it gives up, milliseconds. */
export const BUSY_TIMEOUT_MS = 5000;

/**
 * Refuses a Node that cannot load the addon. Without this the addon ends the process with no message at all.
 * Throws `setup-missing`.
 */
export function requireSqliteRuntime(versions: {
  readonly node: string;
  readonly napi?: string | undefined;
}): void {
  if (Number(versions.napi ?? 0) < NEEDED_NAPI) {
    throw new LimpetError("setup-missing", `Node ${versions.node} is too old to open a project file.`, {
      hint: "Use Node 22.14 or newer, or start Limpet with `npx limpet`, which runs itself under its own Node 24.",
    });
  }
}

/** Opens a database file. Throws LimpetErrors only. */
export function openDatabase(
  path: string,
  options: { readonly readonly: boolean; readonly create?: boolean; readonly timeoutMs?: number },
): SqliteDatabase {
  requireSqliteRuntime(process.versions);
  try {
    const database = new Database(path, {
      readonly: options.readonly,
      fileMustExist: options.create !== true,
      timeout: options.timeoutMs ?? BUSY_TIMEOUT_MS,
    });
    // A file may come from anybody: what stands in its schema calls no functions, and cells that overlap are seen.
    database.pragma("trusted_schema = OFF");
    database.pragma("cell_size_check = ON");
    return database;
  } catch (error) {
    throw translateSqliteError(error, path);
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";

/** Whether the error says that another connection holds the lock. */
export function isBusy(error: unknown): boolean {
  const code = codeOf(error);
  return code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED");
}

/** Whether a rule of the tables (a foreign key, a check, a unique index) was broken. */
export const isConstraint = (error: unknown): boolean => codeOf(error).startsWith("SQLITE_CONSTRAINT");

/** What SQLite says where tables are not those that the file's number promises. */
const FOREIGN_TABLES =
  /^(no such (table|column|index)|unsupported file format|malformed database schema|table .* already exists|table .* has no column)/;

/** Turns an error of SQLite or of the file system into a LimpetError about the file at `path`; others pass unchanged. */
export function translateSqliteError(error: unknown, path: string): unknown {
  if (error instanceof LimpetError) {
    return error;
  }
  const code = codeOf(error);
  const about = { field: path, cause: error };
  if (isBusy(error)) {
    return new LimpetError("project-locked", `Another program is writing to ${path}.`, {
      ...about,
      hint: "Wait until it has finished, or close it, and try again. Nothing was changed.",
    });
  }
  if (code === "SQLITE_FULL" || code === "ENOSPC" || code === "EDQUOT" || code === "SQLITE_IOERR_SHMSIZE") {
    return new LimpetError("disk-full", `The disk that holds ${path} is full.`, {
      ...about,
      hint: "Free some space and try again. What was saved before is unharmed.",
    });
  }
  if (code === "SQLITE_NOTADB") {
    return new LimpetError("project-invalid", `${path} is not a Limpet project.`, {
      ...about,
      hint: "Choose a file that was made with `limpet new`.",
    });
  }
  if (
    code.startsWith("SQLITE_CORRUPT") ||
    code === "SQLITE_IOERR_SHORT_READ" ||
    code === "SQLITE_IOERR_READ" ||
    (code === "SQLITE_ERROR" && error instanceof Error && FOREIGN_TABLES.test(error.message))
  ) {
    return new LimpetError("project-corrupt", `The project ${path} is damaged.`, {
      ...about,
      hint: "`limpet check` says where; `limpet check --repair` saves what can be read. Work on a copy.",
    });
  }
  if (
    code.startsWith("SQLITE_READONLY") ||
    code === "EROFS" ||
    code === "EACCES" ||
    code === "EPERM" ||
    code === "SQLITE_PERM"
  ) {
    return new LimpetError("read-only", `${path} cannot be written to.`, {
      ...about,
      hint: "Copy the project to a place where you may write, and open it there.",
    });
  }
  if (
    code === "SQLITE_CANTOPEN" ||
    code === "ENOENT" ||
    code === "ENOTDIR" ||
    code === "ENAMETOOLONG" ||
    code.startsWith("SQLITE_CANTOPEN")
  ) {
    return new LimpetError("read-only", `${path} cannot be opened.`, {
      ...about,
      hint: "Check that the folder exists, and that you may read and write in it.",
    });
  }
  if (code.startsWith("SQLITE_IOERR") || code === "EIO") {
    return new LimpetError("project-corrupt", `The disk that holds ${path} reports an error.`, {
      ...about,
      hint: "If it is a memory stick, check that it is still plugged in; then run `limpet check`.",
    });
  }
  if (error instanceof TypeError && error.message.includes("directory does not exist")) {
    return new LimpetError("not-found", `The folder of ${path} does not exist.`, {
      ...about,
      hint: "Make the folder first, or choose another place.",
    });
  }
  return error;
}

/** Runs `work` and translates what it throws. */
export function guarded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw translateSqliteError(error, path);
  }
}
