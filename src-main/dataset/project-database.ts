/**
 * A project file as a database: opened only if it is one and of a version that is understood, put into write-ahead mode at
 * the first write and back into one plain file when closed. Knows the header and the rules of writing, not the tables.
 */

import { closeSync, existsSync, fsyncSync, openSync, readSync, unlinkSync } from "node:fs";
import { resolve } from "node:path";
import type { Statement } from "better-sqlite3";
import { LimpetError, throwIfCancelled } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import { copyAside } from "./copy-aside.ts";
import { APPLICATION_ID, hasTablesOf, migrate, readAsNewest, readHeader, SCHEMA_VERSION } from "./schema.ts";
import {
  BUSY_TIMEOUT_MS,
  guarded,
  isBusy,
  isConstraint,
  openDatabase,
  type SqliteDatabase,
  translateSqliteError,
} from "./sqlite.ts";
import { statOf } from "./stat.ts";

const SQLITE_MAGIC = "SQLite format 3\0";

/** Pages that a backup copies in one go: 2 MB, a few milliseconds. */
const BACKUP_PAGES = 256;

/** A parameter of a statement. */
export type SqlValue = string | number | bigint | Uint8Array | null;

export class ProjectDatabase {
  readonly path: string;
  readonly readonly: boolean;
  readonly #database: SqliteDatabase;
  readonly #statements = new Map<string, Statement<SqlValue[]>>();
  #writable = false;
  #bulk = false;
  #busyMs = BUSY_TIMEOUT_MS;

  private constructor(path: string, database: SqliteDatabase, readonly: boolean) {
    this.path = path;
    this.#database = database;
    this.readonly = readonly;
  }

  /**
   * Makes a new, empty project. Throws `usage` where a file is there already, `read-only` or `not-found` where the
   * place does not take one.
   */
  static create(file: string): ProjectDatabase {
    const path = resolve(file);
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
      return new ProjectDatabase(path, database, false);
    } catch (error) {
      database.close();
      if (existsSync(path)) unlinkSync(path);
      throw error;
    }
  }

  /**
   * Opens an existing project; a file that may not be written is opened for reading. The file is not changed by opening
   * it, unless it is opened for writing and its tables are of an older version: then a copy is kept beside it
   * (`name.limpet.before-format-N`). Throws `not-found`, `project-invalid`, `project-newer` or `project-corrupt`.
   */
  static open(file: string, options: { readonly readonly?: boolean } = {}): ProjectDatabase {
    const path = resolve(file);
    requireDatabaseFile(path);
    rollBack(path);
    const probe = openDatabase(path, { readonly: true });
    let version: number;
    try {
      version = guarded(path, () => {
        const header = readHeader(probe);
        if (header.applicationId !== APPLICATION_ID) {
          throw notAProject(path);
        }
        requireNoProgram(path, probe);
        return header.version;
      });
    } catch (error) {
      probe.close();
      throw error;
    }
    if (version > SCHEMA_VERSION) {
      probe.close();
      throw new LimpetError(
        "project-newer",
        `${path} was written by a newer Limpet (format ${version}; this one knows ${SCHEMA_VERSION}).`,
        {
          field: path,
          hint: "Update Limpet. The project was not changed.",
        },
      );
    }
    if (options.readonly === true || (version < SCHEMA_VERSION && !mayWrite(path))) {
      try {
        guarded(path, () => readAsNewest(probe, version));
      } catch (error) {
        probe.close();
        throw error;
      }
      return new ProjectDatabase(path, probe, true);
    }
    probe.close();
    const database = openDatabase(path, { readonly: false });
    // SQLite opens a file for reading where it may not write, and says so only at the first write.
    try {
      return guarded(path, () => {
        database.pragma("foreign_keys = ON");
        const readonly = !mayWrite(path);
        if (version < SCHEMA_VERSION) {
          migrateWithCopy(path, database);
        }
        return new ProjectDatabase(path, database, readonly);
      });
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** Rows of a query. */
  all<T>(sql: string, ...values: SqlValue[]): T[] {
    return guarded(this.path, () => this.#prepare(sql).all(...values) as T[]);
  }

  /** First row of a query. */
  get<T>(sql: string, ...values: SqlValue[]): T | undefined {
    return guarded(this.path, () => this.#prepare(sql).get(...values) as T | undefined);
  }

  /** Rows one by one, for what is too large to be held at once. */
  *each<T>(sql: string, ...values: SqlValue[]): Generator<T> {
    try {
      // A statement of its own: one that is being stepped through cannot be used again meanwhile.
      for (const row of this.#database.prepare<SqlValue[]>(sql).iterate(...values)) {
        yield row as T;
      }
    } catch (error) {
      throw guarded(this.path, () => {
        throw error;
      });
    }
  }

  /** Runs a statement that writes; only inside `write`. Returns the new row's id. */
  run(sql: string, ...values: SqlValue[]): { readonly id: number; readonly changes: number } {
    const result = this.#prepare(sql).run(...values);
    return { id: Number(result.lastInsertRowid), changes: result.changes };
  }

  /**
   * Runs `work` as one transaction: all of it is on disk when this returns, or none of it. Calls inside one another are
   * one transaction. Waits up to `busyMs` for another program's write. Throws `read-only`, `disk-full`, `project-locked` or
   * `project-corrupt`.
   */
  write<T>(work: () => T, busyMs: number = BUSY_TIMEOUT_MS): T {
    return guarded(this.path, () => {
      if (this.#database.inTransaction) {
        return work();
      }
      this.#waitFor(busyMs);
      try {
        this.#prepareForWriting();
        return this.#database.transaction(work).immediate();
      } finally {
        this.#waitFor(BUSY_TIMEOUT_MS);
      }
    });
  }

  /**
   * Runs many transactions with one flush of the disk at their end in place of one each: an import that the power cut
   * short loses its last files whole, nothing else.
   */
  async bulk<T>(work: () => Promise<T>): Promise<T> {
    this.#bulk = true;
    if (this.#writable) this.#database.pragma("synchronous = NORMAL");
    try {
      return await work();
    } finally {
      this.#bulk = false;
      if (this.#writable) {
        guarded(this.path, () => this.#flush());
      }
    }
  }

  #flush(): void {
    this.#database.pragma("synchronous = FULL");
    try {
      this.#database.pragma("wal_checkpoint(PASSIVE)");
    } catch {
      // No room to move the log into the file: what was committed is as safe in the log, and moves at a later write.
      const log = openSync(`${this.path}-wal`, "r+");
      try {
        fsyncSync(log);
      } finally {
        closeSync(log);
      }
    }
  }

  /**
   * Copies the project as it is at one moment into a new file, by SQLite's backup, some pages at a time: reading and writing go on
   * meanwhile. Throws `cancelled`, and what copying may throw about `file`.
   */
  async copyTo(file: string, { onProgress, signal }: WorkOptions = {}): Promise<void> {
    try {
      await this.#database.backup(file, {
        progress: ({ totalPages, remainingPages }) => {
          throwIfCancelled(signal);
          onProgress?.("copying", totalPages === 0 ? 0 : 1 - remainingPages / totalPages);
          return BACKUP_PAGES;
        },
      });
    } catch (error) {
      throw translateSqliteError(error, file);
    }
    // In the original's mode the copy would want a log beside it.
    const copy = openDatabase(file, { readonly: false });
    try {
      guarded(file, () => copy.pragma("journal_mode = DELETE"));
    } finally {
      copy.close();
    }
  }

  /** Whether the file's tables are of the format that its head names. */
  hasTablesOfFormat(): boolean {
    return guarded(this.path, () => hasTablesOf(this.#database, readHeader(this.#database).version));
  }

  pragma(text: string): unknown {
    return guarded(this.path, () => this.#database.pragma(text));
  }

  /** A number that changes when another process has written to the project. */
  dataVersion(): number {
    return guarded(this.path, () => Number(this.#database.pragma("data_version", { simple: true })));
  }

  get isOpen(): boolean {
    return this.#database.open;
  }

  /** Closes the file. If no other process has it open, it is one plain file again, to be copied or mailed. */
  close(): void {
    if (!this.#database.open) {
      return;
    }
    if (this.#writable) {
      try {
        this.#database.pragma("busy_timeout = 100");
        this.#database.pragma("journal_mode = DELETE");
      } catch {
        // Another process has it open and keeps the write-ahead log; the last one to close removes it.
      }
    }
    this.#database.close();
  }

  #prepare(sql: string): Statement<SqlValue[]> {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare<SqlValue[]>(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #waitFor(busyMs: number): void {
    if (busyMs !== this.#busyMs) {
      this.#database.pragma(`busy_timeout = ${busyMs}`);
      this.#busyMs = busyMs;
    }
  }

  /** Puts the file into write-ahead mode. SQLite does not wait by itself for another program's write here. */
  #beginLog(): void {
    const until = performance.now() + this.#busyMs;
    for (;;) {
      try {
        this.#database.pragma("journal_mode = WAL");
        return;
      } catch (error) {
        if (!isBusy(error) || performance.now() >= until) throw error;
        // This waits until the other one is through, or for as long as is waited at all.
        this.#database.exec("BEGIN IMMEDIATE; ROLLBACK");
      }
    }
  }

  #prepareForWriting(): void {
    if (this.readonly) {
      throw new LimpetError("read-only", `${this.path} cannot be written to.`, {
        field: this.path,
        hint: "Copy the project to a place where you may write, and open it there.",
      });
    }
    if (!this.#writable) {
      this.#beginLog();
      this.#database.pragma(`synchronous = ${this.#bulk ? "NORMAL" : "FULL"}`);
      this.#writable = true;
    }
  }
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
