/**
 * Rows that hold what no Limpet writes: found by the check, put right by the repair. Where a value follows from others it is made
 * anew; what only describes goes back to a plain default; what cannot be read at all goes.
 */
import { z } from "zod";
import { goal, qualityFinding, splitOptions } from "../../src-shared/contract/index.ts";
import { designFile } from "../../src-shared/design.ts";
import { editChanges } from "./edit-journal.ts";
import { damagedPhotos } from "./photos-table.ts";
import type { ProjectDatabase } from "./project-database.ts";
import { isSoundStream, streamChannels } from "./recordings-table.ts";
import { type SampleType, sampleBytes } from "./samples.ts";
import { readSetting } from "./settings-table.ts";
import { isStoredJson } from "./stored-json.ts";

export type DamagedRow = {
  /** What is damaged, as a sentence. */
  readonly problem: string;
  /** Puts it right and says what was done. */
  readonly mend: () => string;
};

type StreamColumns = {
  id: number;
  recording_id: number;
  channels: string;
  rate_hz: number;
  sample_type: string;
  scale: number;
  samples: number;
  lost_samples: number;
  gaps: number;
};

/** All rows that are damaged. */
export function damagedRows(database: ProjectDatabase): DamagedRow[] {
  return [
    ...damagedSettings(database),
    ...damagedRecordings(database),
    ...damagedFindings(database),
    ...damagedStreams(database),
    ...damagedPhotoRows(database),
    ...damagedEdits(database),
    ...damagedExperiments(database),
  ];
}

function damagedSettings(database: ProjectDatabase): DamagedRow[] {
  return Object.entries({ goal, design: designFile, split: splitOptions }).flatMap(([key, schema]) => {
    const text = readSetting(database, key);
    if (text === null || isStoredJson(schema, text)) return [];
    return {
      problem: `The setting ${key} is damaged.`,
      mend: () => {
        database.run("DELETE FROM settings WHERE key = ?", key);
        return `The setting ${key} could not be read and was removed.`;
      },
    };
  });
}

const ORIGINS = "'board', 'import', 'generated'";
const SPLITS = "'train', 'validation', 'test'";

function damagedRecordings(database: ProjectDatabase): DamagedRow[] {
  return database
    .all<{ id: number }>(
      `SELECT id FROM recordings WHERE origin NOT IN (${ORIGINS}) OR state NOT IN ('recording', 'complete', 'incomplete')
       OR excluded NOT IN (0, 1) OR split NOT IN (${SPLITS}) OR length(content_hash) <> 32 ORDER BY id`,
    )
    .map(({ id }) => ({
      problem: `The description of recording ${id} is damaged.`,
      mend: () => {
        database.run(
          `UPDATE recordings SET origin = CASE WHEN origin IN (${ORIGINS}) THEN origin ELSE 'import' END,
           state = CASE WHEN state IN ('recording', 'complete') THEN state ELSE 'incomplete' END,
           excluded = excluded <> 0, split = CASE WHEN split IN (${SPLITS}) THEN split END,
           content_hash = CASE WHEN length(content_hash) = 32 THEN content_hash END WHERE id = ?`,
          id,
        );
        return `What could not be read of recording ${id}'s description was set to what is usual.`;
      },
    }));
}

function damagedFindings(database: ProjectDatabase): DamagedRow[] {
  return database
    .all<{ id: number; quality: string }>(
      "SELECT id, quality FROM recordings WHERE quality <> '[]' ORDER BY id",
    )
    .filter(({ quality }) => !isStoredJson(qualityFinding.array(), quality))
    .map(({ id }) => ({
      problem: `The quality findings of recording ${id} are damaged.`,
      mend: () => {
        database.run("UPDATE recordings SET quality = '[]' WHERE id = ?", id);
        return `The quality findings of recording ${id} could not be read and were removed.`;
      },
    }));
}

function damagedStreams(database: ProjectDatabase): DamagedRow[] {
  return database
    .all<StreamColumns>(
      "SELECT id, recording_id, channels, rate_hz, sample_type, scale, samples, lost_samples, gaps FROM streams ORDER BY id",
    )
    .filter((row) => !isSoundStream(row) || !isStoredJson(streamChannels, row.channels))
    .map((row) => ({
      problem: `The description of a sensor of recording ${row.recording_id} is damaged.`,
      mend: () => mendStream(database, row),
    }));
}

function mendStream(database: ProjectDatabase, row: StreamColumns): string {
  // Totals are counted anew by the repair of the samples.
  const counted = { ...row, samples: 0, lost_samples: 0, gaps: 0 };
  if (!isSoundStream(counted)) {
    database.run("DELETE FROM recordings WHERE id = ?", row.recording_id);
    return `Recording ${row.recording_id} was removed: how its samples are to be read is lost.`;
  }
  if (!isSoundStream(row))
    database.run("UPDATE streams SET samples = 0, lost_samples = 0, gaps = 0 WHERE id = ?", row.id);
  if (isStoredJson(streamChannels, row.channels))
    return `Totals of recording ${row.recording_id} were counted anew.`;
  const chunk = database.get<{ width: number }>(
    "SELECT CAST(length(data) AS REAL) / (samples * ?) AS width FROM chunks WHERE stream_id = ? ORDER BY first_sample LIMIT 1",
    sampleBytes(row.sample_type as SampleType),
    row.id,
  );
  if (chunk === undefined || !Number.isInteger(chunk.width) || chunk.width < 1) {
    database.run("DELETE FROM recordings WHERE id = ?", row.recording_id);
    return `Recording ${row.recording_id} was removed: how many channels it has is lost.`;
  }
  const channels = Array.from({ length: chunk.width }, (_, index) => ({
    name: `channel${index + 1}`,
    unit: "",
  }));
  database.run("UPDATE streams SET channels = ? WHERE id = ?", JSON.stringify(channels), row.id);
  return `The names and units of recording ${row.recording_id}'s channels were lost; they are called ${channels[0]?.name} and so on.`;
}

function damagedPhotoRows(database: ProjectDatabase): DamagedRow[] {
  return damagedPhotos(database).map((id) => ({
    problem: `Photo ${id} is damaged.`,
    mend: () => {
      database.run("UPDATE recordings SET photo_id = NULL WHERE photo_id = ?", id);
      database.run("DELETE FROM photos WHERE id = ?", id);
      return `Photo ${id} could not be read and was removed.`;
    },
  }));
}

function damagedEdits(database: ProjectDatabase): DamagedRow[] {
  return database
    .all<{ id: number; changes: string }>("SELECT id, changes FROM edits ORDER BY id")
    .filter(({ changes }) => !isStoredJson(editChanges, changes))
    .map(({ id }) => ({
      problem: `What undoes edit ${id} is damaged.`,
      mend: () => {
        database.run("DELETE FROM edits WHERE id = ?", id);
        return `Edit ${id} can no longer be undone.`;
      },
    }));
}

const anything = z.looseObject({});

function damagedExperiments(database: ProjectDatabase): DamagedRow[] {
  const experiments = database
    .all<{ id: number; design: string; labels: string; result: string }>(
      "SELECT id, design, labels, result FROM experiments WHERE deleted_at IS NULL ORDER BY id",
    )
    .filter(
      ({ design, labels, result }) =>
        !isStoredJson(anything, design) ||
        !isStoredJson(z.array(z.string()), labels) ||
        !isStoredJson(z.unknown(), result),
    )
    .map(({ id }) => ({
      problem: `Experiment ${id} is damaged.`,
      mend: () => {
        database.run("UPDATE experiments SET deleted_at = ? WHERE id = ?", new Date().toISOString(), id);
        return `Experiment ${id} could not be read and was taken out of the project.`;
      },
    }));
  const deployments = database
    .all<{ id: number; report: string }>("SELECT id, report FROM deployments ORDER BY id")
    .filter(({ report }) => !isStoredJson(z.unknown(), report))
    .map(({ id }) => ({
      problem: `The report of deployment ${id} is damaged.`,
      mend: () => {
        database.run("UPDATE deployments SET report = 'null' WHERE id = ?", id);
        return `The report of deployment ${id} could not be read and was removed.`;
      },
    }));
  return [...experiments, ...deployments];
}
