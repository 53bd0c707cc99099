/**
 * A project file as a database: put into write-ahead mode at the first write and back into one plain file when closed. Knows the rules
 * of reading and writing, not the tables; which files are projects at all is `open-project.ts`.
 */
import { closeSync, fsyncSync, openSync } from "node:fs";
import { resolve } from "node:path";
import type { Statement } from "better-sqlite3";
import { LimpetError, throwIfCancelled } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import { createProjectFile, openProjectFile } from "./open-project.ts";
import { hasTablesOf, readHeader } from "./schema.ts";
import {
  BUSY_TIMEOUT_MS,
  guarded,
  isBusy,
  openDatabase,
  type SqliteDatabase,
  translateSqliteError,
} from "./sqlite.ts";

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
  #writes = 0;
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
    return new ProjectDatabase(path, createProjectFile(path), false);
  }

  /**
   * Opens an existing project; a file that may not be written is opened for reading. The file is not changed by opening
   * it, unless it is opened for writing and its tables are of an older version: then a copy is kept beside it
   * (`name.limpet.before-format-N`). Throws `not-found`, `project-invalid`, `project-newer` or `project-corrupt`.
   */
  static open(file: string, options: { readonly readonly?: boolean } = {}): ProjectDatabase {
    const path = resolve(file);
    const { database, readonly } = openProjectFile(path, options);
    return new ProjectDatabase(path, database, readonly);
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
    this.#writes++;
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
        // What was taken back is a change, too.
        this.#writes++;
        this.#waitFor(BUSY_TIMEOUT_MS);
      }
    });
  }

  /** Another text after each write, of this program or another one: as long as it is the same, so is what can be read. */
  state(): string {
    return `${this.#writes} ${this.dataVersion()}`;
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
