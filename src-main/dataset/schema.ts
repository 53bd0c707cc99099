/**
 * The tables of a project file and how an older file becomes a newer one. `docs/project-file.md` describes every column.
 * Knows SQL, and nothing of what is done with the rows.
 */
import type { SqliteDatabase } from "./sqlite.ts";

/** `PRAGMA application_id` of a project file: the letters LMPT. */
export const APPLICATION_ID = 0x4c4d5054;

/** Each entry brings a file from version `index` to `index + 1`. Never change an entry that has been released. */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE settings (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE recordings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    label TEXT NOT NULL,
    group_name TEXT,
    notes TEXT NOT NULL DEFAULT '',
    origin TEXT NOT NULL CHECK (origin IN ('board', 'import', 'generated')),
    source TEXT NOT NULL,
    created_at TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('recording', 'complete', 'incomplete')),
    excluded INTEGER NOT NULL DEFAULT 0 CHECK (excluded IN (0, 1)),
    deleted_at TEXT,
    split TEXT CHECK (split IN ('train', 'validation', 'test')),
    content_hash BLOB CHECK (length(content_hash) = 32),
    quality TEXT NOT NULL DEFAULT '[]'
  ) STRICT;
  CREATE INDEX recordings_by_content ON recordings (content_hash);

  CREATE TABLE streams (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    recording_id INTEGER NOT NULL REFERENCES recordings (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    sensor TEXT NOT NULL,
    channels TEXT NOT NULL,
    rate_hz REAL NOT NULL CHECK (rate_hz > 0),
    sample_type TEXT NOT NULL CHECK (sample_type IN ('int16', 'float32')),
    scale REAL NOT NULL,
    samples INTEGER NOT NULL DEFAULT 0,
    lost_samples INTEGER NOT NULL DEFAULT 0,
    gaps INTEGER NOT NULL DEFAULT 0,
    UNIQUE (recording_id, position)
  ) STRICT;

  CREATE TABLE chunks (
    id INTEGER PRIMARY KEY,
    stream_id INTEGER NOT NULL REFERENCES streams (id) ON DELETE CASCADE,
    first_sample INTEGER NOT NULL,
    samples INTEGER NOT NULL CHECK (samples > 0),
    device_time_us INTEGER NOT NULL,
    crc32 INTEGER NOT NULL,
    peaks BLOB NOT NULL,
    data BLOB NOT NULL,
    UNIQUE (stream_id, first_sample)
  ) STRICT;

  CREATE TABLE gaps (
    stream_id INTEGER NOT NULL REFERENCES streams (id) ON DELETE CASCADE,
    at_sample INTEGER NOT NULL,
    lost_samples INTEGER NOT NULL CHECK (lost_samples > 0),
    PRIMARY KEY (stream_id, at_sample)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE overviews (
    stream_id INTEGER PRIMARY KEY REFERENCES streams (id) ON DELETE CASCADE,
    data BLOB NOT NULL
  ) STRICT;

  CREATE TABLE edits (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    made_at TEXT NOT NULL,
    description TEXT NOT NULL,
    changes TEXT NOT NULL,
    undone INTEGER NOT NULL DEFAULT 0 CHECK (undone IN (0, 1))
  ) STRICT;

  CREATE TABLE experiments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    created_at TEXT NOT NULL,
    deleted_at TEXT,
    design TEXT NOT NULL,
    labels TEXT NOT NULL,
    result TEXT NOT NULL,
    dataset_hash TEXT NOT NULL,
    weights BLOB NOT NULL,
    tflite BLOB,
    model_package BLOB
  ) STRICT;

  CREATE TABLE deployments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    experiment_id INTEGER NOT NULL REFERENCES experiments (id),
    board TEXT NOT NULL,
    created_at TEXT NOT NULL,
    report TEXT NOT NULL
  ) STRICT;

  CREATE TABLE cache (
    key TEXT NOT NULL PRIMARY KEY,
    created_at TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    value BLOB NOT NULL
  ) STRICT;
  `,
  `
  CREATE TABLE photos (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    type TEXT NOT NULL CHECK (type IN ('image/jpeg', 'image/png')),
    width INTEGER NOT NULL CHECK (width > 0),
    height INTEGER NOT NULL CHECK (height > 0),
    data BLOB NOT NULL
  ) STRICT;
  ALTER TABLE recordings ADD COLUMN machine TEXT NOT NULL DEFAULT '';
  ALTER TABLE recordings ADD COLUMN mount TEXT NOT NULL DEFAULT '';
  ALTER TABLE recordings ADD COLUMN photo_id INTEGER REFERENCES photos (id);
  `,
];

/**
 * For each older version what shows its tables as the newest one's, in the connection's own temporary schema: a file that may not
 * or should not be changed can be read all the same.
 */
const READING: readonly string[] = [
  "",
  `
  CREATE TEMP TABLE photos (id INTEGER PRIMARY KEY, hash BLOB, type TEXT, width INTEGER, height INTEGER, data BLOB);
  CREATE TEMP VIEW recordings AS SELECT id, name, label, group_name, notes, origin, source, created_at, state, excluded, deleted_at, split,
    content_hash, quality, '' AS machine, '' AS mount, NULL AS photo_id FROM main.recordings;
  `,
];

/** Version of the tables that this Limpet writes (`PRAGMA user_version`). */
export const SCHEMA_VERSION = MIGRATIONS.length;

/** What the two numbers in the header of a database file say about it. */
export function readHeader(database: SqliteDatabase): {
  readonly applicationId: number;
  readonly version: number;
} {
  return {
    applicationId: Number(database.pragma("application_id", { simple: true })),
    version: Number(database.pragma("user_version", { simple: true })),
  };
}

/** Brings the tables to version `to` in one transaction: all of the steps, or none. */
export function migrate(database: SqliteDatabase, to: number = SCHEMA_VERSION): void {
  // A row that breaks a rule is the check's and the repair's to find; a new column does not fail because of it.
  database.pragma("ignore_check_constraints = ON");
  try {
    database
      .transaction(() => {
        const { version } = readHeader(database);
        for (const step of MIGRATIONS.slice(version, to)) {
          database.exec(step);
        }
        database.pragma(`application_id = ${APPLICATION_ID}`);
        database.pragma(`user_version = ${to}`);
      })
      .immediate();
  } finally {
    database.pragma("ignore_check_constraints = OFF");
  }
}

/** A table that each version brought. */
const BROUGHT: readonly string[] = ["settings", "photos"];

/** Whether the tables are those of the version that the head of the file names. */
export function hasTablesOf(database: SqliteDatabase, version: number): boolean {
  const names = database
    .prepare<[], { name: string }>("SELECT name FROM main.sqlite_schema WHERE type = 'table'")
    .all()
    .map(({ name }) => name);
  return BROUGHT.every((table, index) => names.includes(table) === index < version);
}

/** Shows the tables of an older `version` as the newest one's, for reading. Nothing in the file changes. */
export function readAsNewest(database: SqliteDatabase, version: number): void {
  database.pragma("temp_store = MEMORY");
  database.exec(READING[version] ?? "");
}
