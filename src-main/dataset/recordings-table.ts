/**
 * Recordings, their streams, chunks and gaps as rows. Every function is one statement or a few; transactions are the
 * caller's. Knows nothing of where samples come from.
 */
import { createHash } from "node:crypto";
import {
  type QualityFinding,
  qualityFinding,
  type RecordingInfo,
  type SplitName,
  type StreamInfo,
  streamInfo,
} from "../../src-shared/contract/index.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { ProjectDatabase } from "./project-database.ts";
import { recordingFindings } from "./quality.ts";
import { bytesOf, chunkCrc, peaksOf, type SampleArray, type SampleType } from "./samples.ts";
import { damagedRow, storedJson } from "./stored-json.ts";
import { contentHash, type PendingGap, type StreamSink } from "./stream-sink.ts";
import type { NewRecording, NewStream } from "./types.ts";
import { overviewOf } from "./waveform.ts";

/** A row of `recordings`, without what is large. */
export type RecordingRow = {
  id: number;
  name: string;
  label: string;
  group_name: string | null;
  notes: string;
  machine: string;
  mount: string;
  photo_id: number | null;
  origin: RecordingInfo["origin"];
  source: string;
  created_at: string;
  state: "recording" | "complete" | "incomplete";
  excluded: number;
  split: SplitName | null;
  quality: string;
};

type StreamRow = {
  id: number;
  recording_id: number;
  sensor: string;
  channels: string;
  rate_hz: number;
  sample_type: SampleType;
  scale: number;
  samples: number;
  lost_samples: number;
  gaps: number;
};

const RECORDING_COLUMNS =
  "id, name, label, group_name, notes, machine, mount, photo_id, origin, source, created_at, state, excluded, split, quality";
const STREAM_COLUMNS =
  "id, recording_id, sensor, channels, rate_hz, sample_type, scale, samples, lost_samples, gaps";

const notFound = (what: string, id: number): LimpetError =>
  new LimpetError("not-found", `The project has no ${what} ${id}.`, { hint: "It may have been deleted." });

const NO_FINDINGS: QualityFinding[] = [];

const ORIGINS: readonly string[] = ["board", "import", "generated"];
const SPLITS: readonly (string | null)[] = ["train", "validation", "test", null];
const findings = qualityFinding.array();

/** Channels of a stream as they are stored. */
export const streamChannels = streamInfo.shape.channels;

/** Whether the numbers of a stream's row are such as Limpet writes. */
export const isSoundStream = (row: {
  readonly rate_hz: number;
  readonly sample_type: string;
  readonly scale: number;
  readonly samples: number;
  readonly lost_samples: number;
  readonly gaps: number;
}): boolean =>
  row.rate_hz > 0 &&
  Number.isFinite(row.rate_hz) &&
  Number.isFinite(row.scale) &&
  (row.sample_type === "int16" || row.sample_type === "float32") &&
  [row.samples, row.lost_samples, row.gaps].every((count) => Number.isSafeInteger(count) && count >= 0);

function toRecording(path: string, row: RecordingRow, streams: StreamInfo[]): RecordingInfo {
  const texts = [
    row.name,
    row.label,
    row.notes,
    row.machine,
    row.mount,
    row.source,
    row.created_at,
    row.quality,
    row.group_name ?? "",
  ];
  const sound = texts.every((text) => typeof text === "string");
  if (!sound || !ORIGINS.includes(row.origin) || !SPLITS.includes(row.split)) {
    throw damagedRow(path, `Recording ${row.id}`);
  }
  return {
    id: row.id,
    name: row.name,
    label: row.label,
    group: row.group_name,
    notes: row.notes,
    machine: row.machine,
    mount: row.mount,
    photo: row.photo_id,
    origin: row.origin,
    source: row.source,
    createdAt: row.created_at,
    seconds: streams.reduce((longest, stream) => Math.max(longest, stream.samples / stream.rateHz), 0),
    excluded: row.excluded === 1,
    incomplete: row.state === "incomplete",
    split: row.split,
    streams,
    quality:
      row.quality === "[]"
        ? NO_FINDINGS
        : storedJson(findings, row.quality, path, `What was found about recording ${row.id}`),
  };
}

/** All finished recordings that are not deleted, oldest first. Reads no samples: two queries, however many there are. */
export function listRecordings(database: ProjectDatabase): RecordingInfo[] {
  const channels = new Map<string, StreamInfo["channels"]>();
  const streams = new Map<number, StreamInfo[]>();
  for (const row of database.all<StreamRow>(
    `SELECT ${STREAM_COLUMNS} FROM streams ORDER BY recording_id, position`,
  )) {
    const stream = toStream(database.path, row, channels);
    const siblings = streams.get(row.recording_id);
    if (siblings === undefined) streams.set(row.recording_id, [stream]);
    else siblings.push(stream);
  }
  return database
    .all<RecordingRow>(
      `SELECT ${RECORDING_COLUMNS} FROM recordings WHERE deleted_at IS NULL AND state <> 'recording' ORDER BY id`,
    )
    .map((row) => toRecording(database.path, row, streams.get(row.id) ?? []));
}

/** One recording, also one that is being written. Throws `not-found`. */
export function getRecording(database: ProjectDatabase, id: number): RecordingInfo {
  return anyRecording(database, id, " AND deleted_at IS NULL");
}

function anyRecording(database: ProjectDatabase, id: number, which = ""): RecordingInfo {
  const row = database.get<RecordingRow>(
    `SELECT ${RECORDING_COLUMNS} FROM recordings WHERE id = ?${which}`,
    id,
  );
  if (row === undefined) {
    throw notFound("recording", id);
  }
  return toRecording(database.path, row, listStreams(database, id));
}

export function listStreams(database: ProjectDatabase, recordingId: number): StreamInfo[] {
  return database
    .all<StreamRow>(
      `SELECT ${STREAM_COLUMNS} FROM streams WHERE recording_id = ? ORDER BY position`,
      recordingId,
    )
    .map((row) => toStream(database.path, row, new Map()));
}

/** One stream. Throws `not-found`. */
export function getStream(database: ProjectDatabase, streamId: number): StreamInfo {
  const row = database.get<StreamRow>(`SELECT ${STREAM_COLUMNS} FROM streams WHERE id = ?`, streamId);
  if (row === undefined) {
    throw notFound("stream", streamId);
  }
  return toStream(database.path, row, new Map());
}

function toStream(path: string, row: StreamRow, parsed: Map<string, StreamInfo["channels"]>): StreamInfo {
  const what = `A sensor of recording ${row.recording_id}`;
  if (!isSoundStream(row) || typeof row.sensor !== "string") {
    throw damagedRow(path, what);
  }
  let channels = parsed.get(row.channels);
  if (channels === undefined) {
    channels = storedJson(streamChannels, row.channels, path, what);
    parsed.set(row.channels, channels);
  }
  return {
    id: row.id,
    recordingId: row.recording_id,
    sensor: row.sensor,
    channels,
    rateHz: row.rate_hz,
    sampleType: row.sample_type,
    scale: row.scale,
    samples: row.samples,
    lostSamples: row.lost_samples,
    gaps: row.gaps,
  };
}

/** Inserts a recording that is being made, and its streams. Returns their ids. */
export function insertRecording(
  database: ProjectDatabase,
  recording: NewRecording,
): { id: number; streamIds: number[] } {
  const { id } = database.run(
    `INSERT INTO recordings (name, label, group_name, machine, mount, photo_id, origin, source, created_at, state)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'recording')`,
    recording.name,
    recording.label,
    recording.group,
    recording.machine ?? "",
    recording.mount ?? "",
    recording.photo ?? null,
    recording.origin,
    recording.source,
    new Date().toISOString(),
  );
  const streamIds = recording.streams.map(
    (stream, position) =>
      database.run(
        "INSERT INTO streams (recording_id, position, sensor, channels, rate_hz, sample_type, scale) VALUES (?, ?, ?, ?, ?, ?, ?)",
        id,
        position,
        stream.sensor,
        JSON.stringify(stream.channels.map(({ name, unit }) => ({ name, unit }))),
        stream.rateHz,
        stream.sampleType,
        stream.scale,
      ).id,
  );
  return { id, streamIds };
}

/** Writes what a sink holds that is not on disk. The caller says `written` to the sink once the transaction is through. */
export function writePending(database: ProjectDatabase, streamId: number, sink: StreamSink): void {
  const pending = sink.pending();
  if (pending === null) {
    return;
  }
  const width = sink.stream.channels.length;
  for (const chunk of pending.chunks) {
    const data = bytesOf(chunk.data);
    database.run(
      `INSERT INTO chunks (stream_id, first_sample, samples, device_time_us, crc32, peaks, data) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (stream_id, first_sample) DO UPDATE SET samples = excluded.samples, device_time_us = excluded.device_time_us,
       crc32 = excluded.crc32, peaks = excluded.peaks, data = excluded.data`,
      streamId,
      chunk.firstSample,
      chunk.samples,
      chunk.deviceTimeUs,
      chunkCrc(data),
      bytesOf(peaksOf(chunk.data, width, sink.stream.sampleType)),
      data,
    );
  }
  for (const gap of pending.gaps) {
    database.run(
      `INSERT INTO gaps (stream_id, at_sample, lost_samples) VALUES (?, ?, ?)
       ON CONFLICT (stream_id, at_sample) DO UPDATE SET lost_samples = lost_samples + excluded.lost_samples`,
      streamId,
      gap.atSample,
      gap.lostSamples,
    );
  }
  database.run(
    "UPDATE streams SET samples = ?, lost_samples = ?, gaps = ? WHERE id = ?",
    sink.samples,
    sink.lostSamples,
    sink.gaps,
    streamId,
  );
}

export function listGaps(
  database: ProjectDatabase,
  streamId: number,
): { atSample: number; lostSamples: number }[] {
  return database.all(
    "SELECT at_sample AS atSample, lost_samples AS lostSamples FROM gaps WHERE stream_id = ? ORDER BY at_sample",
    streamId,
  );
}

/** Settles a recording: content hash, overview for drawing, findings, state. `sinks` have seen all samples. */
export function finishRecording(
  database: ProjectDatabase,
  recordingId: number,
  sinks: readonly StreamSink[],
  incomplete: boolean,
  extra: readonly QualityFinding[] = [],
): void {
  const streams = listStreams(database, recordingId);
  const parts = streams.map((stream, index) => ({
    stream,
    digest: (sinks[index] as StreamSink).digest(),
    gaps: listGaps(database, stream.id),
  }));
  for (const stream of streams) {
    const overview = overviewOf(database, stream);
    if (overview !== null) {
      database.run(
        "INSERT OR REPLACE INTO overviews (stream_id, data) VALUES (?, ?)",
        stream.id,
        bytesOf(overview),
      );
    }
  }
  const row = anyRecording(database, recordingId);
  const findings = [
    ...recordingFindings({ ...row, incomplete, streams }),
    ...sinks.flatMap((sink) => sink.statistics.findings()),
    ...extra,
  ];
  database.run(
    "UPDATE recordings SET state = ?, content_hash = ?, quality = ? WHERE id = ?",
    incomplete ? "incomplete" : "complete",
    contentHash(parts),
    JSON.stringify(findings),
    recordingId,
  );
}

/** Content hash of samples that are not stored yet, to find out whether they are in the project already. */
export function contentHashOf(
  streams: readonly {
    readonly stream: NewStream;
    readonly data: SampleArray;
    readonly gaps: readonly PendingGap[];
  }[],
): Buffer {
  return contentHash(
    streams.map(({ stream, data, gaps }) => ({
      stream,
      gaps,
      digest: createHash("sha256").update(bytesOf(data)).digest(),
    })),
  );
}

/** Groups of recordings that are in use and have the same content hash. */
export function sameContents(database: ProjectDatabase): number[][] {
  const rows = database.all<{ id: number; content: string }>(
    `SELECT id, hex(content_hash) AS content FROM recordings
     WHERE deleted_at IS NULL AND excluded = 0 AND state <> 'recording' AND content_hash IN (
       SELECT content_hash FROM recordings WHERE deleted_at IS NULL AND excluded = 0 AND state <> 'recording'
       GROUP BY content_hash HAVING count(*) > 1)
     ORDER BY id`,
  );
  const groups = new Map<string, number[]>();
  for (const { id, content } of rows) groups.set(content, [...(groups.get(content) ?? []), id]);
  return [...groups.values()];
}

/** A recording (not deleted) with this content, if there is one. */
export function findByContent(
  database: ProjectDatabase,
  hash: Uint8Array,
): { id: number; name: string; label: string } | undefined {
  return database.get(
    "SELECT id, name, label FROM recordings WHERE content_hash = ? AND deleted_at IS NULL",
    hash,
  );
}
