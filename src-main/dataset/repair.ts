/**
 * Mends what can be mended without inventing anything: a damaged chunk becomes a marked gap, totals are counted anew, rows
 * that belong to nothing go. A copy of the file as it was is made first. What it cannot mend, it says.
 */
import { copyFileSync } from "node:fs";
import type { QualityFinding, StreamInfo } from "../../src-shared/contract/index.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import { checkStream } from "./check.ts";
import { asideName } from "./copy-aside.ts";
import { damagedRows } from "./damaged-rows.ts";
import type { ProjectDatabase } from "./project-database.ts";
import { ProjectFile } from "./project-file.ts";
import { getRecording, listGaps, listStreams, writePending } from "./recordings-table.ts";
import { chunkCrc, sampleBytes, samplesFrom } from "./samples.ts";
import { guarded, isConstraint } from "./sqlite.ts";
import type { ChunkRow } from "./stream-reader.ts";
import { StreamSink } from "./stream-sink.ts";

export type RepairReport = {
  /** Copy of the project as it was before; null where there was nothing to mend. */
  readonly backup: string | null;
  /** What was done, in plain words. */
  readonly repaired: readonly string[];
};

/** Mends the project at `path`. Throws `project-corrupt` where the database itself is beyond it, and `project-locked`. */
export function repairProject(path: string): RepairReport {
  const project = ProjectFile.open(path);
  try {
    const backup = copyWhole(project);
    const repaired: string[] = [];
    const { database } = project;
    database.write(() => {
      database.run("REINDEX");
      for (const [table, parent, key] of [
        ["streams", "recordings", "recording_id"],
        ["chunks", "streams", "stream_id"],
        ["gaps", "streams", "stream_id"],
        ["overviews", "streams", "stream_id"],
      ] as const) {
        const { changes } = database.run(
          `DELETE FROM ${table} WHERE ${key} NOT IN (SELECT id FROM ${parent})`,
        );
        if (changes > 0) repaired.push(`${changes} rows of ${table} that belonged to nothing were removed.`);
      }
      const photos = database.run(
        "UPDATE recordings SET photo_id = NULL WHERE photo_id IS NOT NULL AND photo_id NOT IN (SELECT id FROM photos)",
      );
      if (photos.changes > 0) repaired.push(`The photo of ${photos.changes} recordings is lost.`);
      const empty = database.run("DELETE FROM recordings WHERE id NOT IN (SELECT recording_id FROM streams)");
      if (empty.changes > 0) repaired.push(`${empty.changes} recordings without any stream were removed.`);
      repaired.push(...damagedRows(database).map(({ mend }) => mend()));
      for (const { id } of database.all<{ id: number }>("SELECT id FROM recordings ORDER BY id")) {
        repairRecording(database, id, repaired);
      }
    });
    return { backup, repaired };
  } catch (error) {
    throw isConstraint(error) ? beyondRepair(path, error) : error;
  } finally {
    project.close();
  }
}

/** The tables are not what they are taken for, so that what mends rows breaks their rules. Nothing was changed then. */
const beyondRepair = (path: string, cause: unknown): LimpetError =>
  new LimpetError("project-corrupt", `${path} is damaged beyond repair.`, {
    field: path,
    hint: "Go back to a snapshot or a copy. Nothing was changed.",
    cause,
  });

/** Byte for byte, damage and all: SQLite may not be able to read what is to be kept. */
function copyWhole(project: ProjectFile): string {
  const backup = asideName(project.path, "repair");
  guarded(backup, () => {
    // Everything must be in the main file before it is copied.
    project.database.pragma("wal_checkpoint(TRUNCATE)");
    copyFileSync(project.path, backup);
  });
  return backup;
}

function repairRecording(database: ProjectDatabase, id: number, repaired: string[]): void {
  for (const stream of listStreams(database, id)) {
    if (checkStream(database, stream).problems.length === 0) {
      continue;
    }
    const lost = rebuildStream(database, stream);
    const about = `Recording ${id}, ${stream.sensor}`;
    repaired.push(
      lost === 0
        ? `${about}: chunks and totals were put in order; no sample was lost.`
        : `${about}: ${lost} damaged samples were taken out and marked as a gap.`,
    );
    const row = database.get<{ deleted: number }>(
      "SELECT deleted_at IS NOT NULL AS deleted FROM recordings WHERE id = ?",
      id,
    );
    if (lost > 0 && row?.deleted === 0 && lost >= stream.samples) {
      database.run("UPDATE recordings SET deleted_at = ? WHERE id = ?", new Date().toISOString(), id);
      repaired.push(`Recording ${id} was taken out of the project: nothing of ${stream.sensor} can be read.`);
      return;
    }
    if (lost > 0 && row?.deleted === 0) {
      const finding: QualityFinding = {
        kind: "lost",
        level: "warning",
        message: `${lost} samples of ${stream.sensor} were damaged on the disk and taken out.`,
      };
      const findings = [...getRecording(database, id).quality, finding];
      database.run(
        "UPDATE recordings SET quality = ?, content_hash = NULL WHERE id = ?",
        JSON.stringify(findings),
        id,
      );
    }
  }
}

/** Writes the good chunks of a stream anew, with gaps for the others. Returns the number of samples that were bad. */
function rebuildStream(database: ProjectDatabase, stream: StreamInfo): number {
  const frame = stream.channels.length * sampleBytes(stream.sampleType);
  const chunks = database.all<ChunkRow & { device_time_us: number }>(
    "SELECT first_sample, samples, crc32, device_time_us, data FROM chunks WHERE stream_id = ? ORDER BY first_sample",
    stream.id,
  );
  const gaps = listGaps(database, stream.id);
  const sink = new StreamSink(stream);
  let bad = 0;
  let expected = 0;
  const markGaps = (upTo: number): void => {
    while (gaps[0] !== undefined && gaps[0].atSample <= upTo)
      sink.addGap((gaps.shift() as { lostSamples: number }).lostSamples);
  };
  for (const chunk of chunks) {
    const good =
      chunk.data instanceof Uint8Array &&
      chunk.data.byteLength === chunk.samples * frame &&
      chunkCrc(chunk.data) === chunk.crc32 &&
      chunk.first_sample >= expected;
    markGaps(expected);
    // Of a bad chunk that reaches back into what is there already, only the rest is lost.
    const end = good ? chunk.first_sample : chunk.first_sample + chunk.samples;
    const lost = Math.max(0, end - expected);
    if (lost > 0) sink.addGap(lost);
    bad += lost;
    if (good)
      sink.append(
        { samples: chunk.samples, data: samplesFrom(stream.sampleType, chunk.data) },
        BigInt(chunk.device_time_us),
      );
    expected = Math.max(expected, chunk.first_sample + chunk.samples);
  }
  markGaps(Number.MAX_SAFE_INTEGER);
  if (expected < stream.samples) {
    sink.addGap(stream.samples - expected);
    bad += stream.samples - expected;
  }
  database.run("DELETE FROM chunks WHERE stream_id = ?", stream.id);
  database.run("DELETE FROM gaps WHERE stream_id = ?", stream.id);
  database.run("DELETE FROM overviews WHERE stream_id = ?", stream.id);
  writePending(database, stream.id, sink);
  return bad;
}
