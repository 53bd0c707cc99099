/**
 * Which files are projects: makes a new one, and opens one only where it is a database, a project, of a version that is understood and
 * without statements of its own. Knows the header; neither the tables nor how they are written.
 */
import { closeSync, existsSync, openSync, readSync, unlinkSync } from "node:fs";
import { LimpetError } from "../../src-shared/errors.ts";
import { copyAside } from "./copy-aside.ts";
import { APPLICATION_ID, migrate, readAsNewest, readHeader, SCHEMA_VERSION } from "./schema.ts";
import { guarded, isConstraint, openDatabase, type SqliteDatabase } from "./sqlite.ts";
import { statOf } from "./stat.ts";

const SQLITE_MAGIC = "SQLite format 3\0";

/** Makes the file with empty tables. Throws `usage` where one is there already, `read-only` or `not-found`. */
export function createProjectFile(path: string): SqliteDatabase {
  if (existsSync(path)) {
    throw new LimpetError("usage", `${path} exists already.`, {
      field: path,
      hint: "Choose another name; an existing file is never overwritten.",
    });
  }
  const database = openDatabase(path, { readonly: false, create: true });
  try {
    guarded(path, () => {
      database.pragma("page_size = 8192");
      database.pragma("foreign_keys = ON");
      migrate(database);
    });
    return database;
  } catch (error) {
    database.close();
    if (existsSync(path)) unlinkSync(path);
    throw error;
  }
}

/**
 * Opens the file, for reading where it may not be written, or where that is all that is wanted; brings its tables up to date where they
 * are older. Throws `not-found`, `project-invalid`, `project-newer` or `project-corrupt`.
 */
export function openProjectFile(
  path: string,
  options: { readonly readonly?: boolean },
): { readonly database: SqliteDatabase; readonly readonly: boolean } {
  requireDatabaseFile(path);
  rollBack(path);
  const probe = openDatabase(path, { readonly: true });
  try {
    const version = guarded(path, () => understoodVersion(path, probe));
    if (options.readonly === true || (version < SCHEMA_VERSION && !mayWrite(path))) {
      guarded(path, () => readAsNewest(probe, version));
      return { database: probe, readonly: true };
    }
    probe.close();
    return openForWriting(path, version);
  } catch (error) {
    probe.close();
    throw error;
  }
}

/** SQLite opens a file for reading where it may not write, and says so only at the first write. */
function openForWriting(
  path: string,
  version: number,
): { readonly database: SqliteDatabase; readonly readonly: boolean } {
  const database = openDatabase(path, { readonly: false });
  try {
    return guarded(path, () => {
      database.pragma("foreign_keys = ON");
      const readonly = !mayWrite(path);
      if (version < SCHEMA_VERSION) {
        migrateWithCopy(path, database);
      }
      return { database, readonly };
    });
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Version of the tables. Throws `project-invalid` for no project, or one with a program in it, and `project-newer`. */
function understoodVersion(path: string, database: SqliteDatabase): number {
  const { applicationId, version } = readHeader(database);
  if (applicationId !== APPLICATION_ID) {
    throw notAProject(path);
  }
  requireNoProgram(path, database);
  if (version > SCHEMA_VERSION) {
    throw new LimpetError(
      "project-newer",
      `${path} was written by a newer Limpet (format ${version}; this one knows ${SCHEMA_VERSION}).`,
      {
        field: path,
        hint: "Update Limpet. The project was not changed.",
      },
    );
  }
  return version;
}

/** Refuses a file that brings statements of its own, which SQLite would run beside ours: no Limpet makes any. */
function requireNoProgram(path: string, database: SqliteDatabase): void {
  const found = database
    .prepare<[], { type: string; name: string }>(
      "SELECT type, name FROM sqlite_schema WHERE type IN ('trigger', 'view') OR sql LIKE 'CREATE VIRTUAL%' LIMIT 1",
    )
    .get();
  if (found !== undefined) {
    throw new LimpetError(
      "project-invalid",
      `${path} holds a ${found.type} (${found.name}), which no Limpet makes.`,
      {
        field: path,
        hint: "Do not trust this file. Ask whoever it came from.",
      },
    );
  }
}

/** Keeps a copy of the file as it was, unless bringing it up to date fails: then the file itself is as it was. */
function migrateWithCopy(path: string, database: SqliteDatabase): void {
  const copy = copyAside(path, `format-${SCHEMA_VERSION}`);
  try {
    migrate(database);
  } catch (error) {
    unlinkSync(copy);
    if (!isConstraint(error)) throw error;
    throw new LimpetError("project-corrupt", `${path} is damaged and cannot be brought up to date.`, {
      field: path,
      hint: "`limpet check` says where. Go back to a snapshot or a copy; nothing was changed.",
      cause: error,
    });
  }
}

/**
 * Takes back what a program that was killed left half written outside of write-ahead mode (a migration): a reader sees the journal
 * and may not do it.
 */
function rollBack(path: string): void {
  if (!existsSync(`${path}-journal`) || !mayWrite(path)) return;
  const database = openDatabase(path, { readonly: false });
  try {
    guarded(path, () => readHeader(database));
  } finally {
    database.close();
  }
}

function notAProject(path: string): LimpetError {
  return new LimpetError("project-invalid", `${path} is not a Limpet project.`, {
    field: path,
    hint: "Choose a `.limpet` file, or make one with `limpet new`.",
  });
}

/** Refuses what cannot be a database before SQLite touches it: SQLite takes an empty file for an empty database. */
function requireDatabaseFile(path: string): void {
  const found = statOf(path);
  if (found === undefined) {
    throw new LimpetError("not-found", `There is no project at ${path}.`, {
      field: path,
      hint: "Check the path, or make a project with `limpet new`.",
    });
  }
  if (!found.isFile()) {
    throw notAProject(path);
  }
  const start = Buffer.alloc(SQLITE_MAGIC.length);
  guarded(path, () => {
    const file = openSync(path, "r");
    try {
      readSync(file, start, 0, start.length, 0);
    } finally {
      closeSync(file);
    }
  });
  if (start.toString("latin1") !== SQLITE_MAGIC) {
    throw notAProject(path);
  }
}

function mayWrite(path: string): boolean {
  try {
    closeSync(openSync(path, "r+"));
    return true;
  } catch {
    return false;
  }
}
