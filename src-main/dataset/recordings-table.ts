/**
 * Recordings, their streams, chunks and gaps as rows. Every function is one statement or a few; transactions are the
 * caller's. Knows nothing of where samples come from.
 */
import { createHash } from "node:crypto";
import type {
  QualityFinding,
  RecordingInfo,
  SplitName,
  StreamInfo,
} from "../../src-shared/contract/index.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { ProjectDatabase } from "./project-database.ts";
import { recordingFindings } from "./quality.ts";
import {
  bytesOf,
  chunkCrc,
  newSamples,
  peaksOf,
  type SampleArray,
  type SampleType,
  samplesFrom,
} from "./samples.ts";
import { contentHash, type PendingGap, StreamSink } from "./stream-sink.ts";
import type { NewRecording, NewStream, SampleBlock } from "./types.ts";
import { overviewOf } from "./waveform.ts";

type RecordingRow = {
  id: number;
  name: string;
  label: string;
  group_name: string | null;
  notes: string;
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

export type ChunkRow = { first_sample: number; samples: number; crc32: number; data: Uint8Array };

const RECORDING_COLUMNS =
  "id, name, label, group_name, notes, origin, source, created_at, state, excluded, split, quality";
const STREAM_COLUMNS =
  "id, recording_id, sensor, channels, rate_hz, sample_type, scale, samples, lost_samples, gaps";

const notFound = (what: string, id: number): LimpetError =>
  new LimpetError("not-found", `The project has no ${what} ${id}.`, { hint: "It may have been deleted." });

const NO_FINDINGS: QualityFinding[] = [];

function toRecording(row: RecordingRow, streams: StreamInfo[]): RecordingInfo {
  return {
    id: row.id,
    name: row.name,
    label: row.label,
    group: row.group_name,
    notes: row.notes,
    origin: row.origin,
    source: row.source,
    createdAt: row.created_at,
    seconds: streams.reduce((longest, stream) => Math.max(longest, stream.samples / stream.rateHz), 0),
    excluded: row.excluded === 1,
    incomplete: row.state === "incomplete",
    split: row.split,
    streams,
    quality: row.quality === "[]" ? NO_FINDINGS : (JSON.parse(row.quality) as QualityFinding[]),
  };
}

/** All finished recordings that are not deleted, oldest first. Reads no samples: two queries, however many there are. */
export function listRecordings(database: ProjectDatabase): RecordingInfo[] {
  const channels = new Map<string, StreamInfo["channels"]>();
  const streams = new Map<number, StreamInfo[]>();
  for (const row of database.all<StreamRow>(
    `SELECT ${STREAM_COLUMNS} FROM streams ORDER BY recording_id, position`,
  )) {
    const stream = toStream(row, channels);
    const siblings = streams.get(row.recording_id);
    if (siblings === undefined) streams.set(row.recording_id, [stream]);
    else siblings.push(stream);
  }
  return database
    .all<RecordingRow>(
      `SELECT ${RECORDING_COLUMNS} FROM recordings WHERE deleted_at IS NULL AND state <> 'recording' ORDER BY id`,
    )
    .map((row) => toRecording(row, streams.get(row.id) ?? []));
}

/** One recording, also one that is being written. Throws `not-found`. */
export function getRecording(database: ProjectDatabase, id: number): RecordingInfo {
  const row = database.get<RecordingRow>(
    `SELECT ${RECORDING_COLUMNS} FROM recordings WHERE id = ? AND deleted_at IS NULL`,
    id,
  );
  if (row === undefined) {
    throw notFound("recording", id);
  }
  return toRecording(row, listStreams(database, id));
}

export function listStreams(database: ProjectDatabase, recordingId: number): StreamInfo[] {
  return database
    .all<StreamRow>(
      `SELECT ${STREAM_COLUMNS} FROM streams WHERE recording_id = ? ORDER BY position`,
      recordingId,
    )
    .map((row) => toStream(row, new Map()));
}

/** One stream. Throws `not-found`. */
export function getStream(database: ProjectDatabase, streamId: number): StreamInfo {
  const row = database.get<StreamRow>(`SELECT ${STREAM_COLUMNS} FROM streams WHERE id = ?`, streamId);
  if (row === undefined) {
    throw notFound("stream", streamId);
  }
  return toStream(row, new Map());
}

function toStream(row: StreamRow, parsed: Map<string, StreamInfo["channels"]>): StreamInfo {
  let channels = parsed.get(row.channels);
  if (channels === undefined) {
    channels = JSON.parse(row.channels) as StreamInfo["channels"];
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
    `INSERT INTO recordings (name, label, group_name, origin, source, created_at, state) VALUES (?, ?, ?, ?, ?, ?, 'recording')`,
    recording.name,
    recording.label,
    recording.group,
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
  const row = getRecording(database, recordingId);
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

/** Chunks of a stream in order, those that overlap samples from `start` to `end` (exclusive). */
export function chunksBetween(
  database: ProjectDatabase,
  streamId: number,
  start: number,
  end: number,
): ChunkRow[] {
  return database.all<ChunkRow>(
    `SELECT first_sample, samples, crc32, data FROM chunks WHERE stream_id = ? AND first_sample < ?
     AND first_sample >= coalesce((SELECT max(first_sample) FROM chunks WHERE stream_id = ? AND first_sample <= ?), 0)
     ORDER BY first_sample`,
    streamId,
    end,
    streamId,
    start,
  );
}

/**
 * Samples as stored from `start`, at most `count` per channel and fewer at the end. Throws `project-corrupt` where a check
 * sum is wrong or a chunk is missing.
 */
export function readStream(
  database: ProjectDatabase,
  stream: StreamInfo,
  start: number,
  count: number,
): SampleBlock {
  const width = stream.channels.length;
  const from = Math.max(0, Math.floor(start));
  const to = Math.min(stream.samples, from + Math.max(0, Math.floor(count)));
  const samples = Math.max(0, to - from);
  const out = newSamples(stream.sampleType, samples * width);
  if (samples === 0) {
    return { samples, data: out };
  }
  let filled = 0;
  for (const chunk of chunksBetween(database, stream.id, from, to)) {
    const data = samplesFrom(stream.sampleType, chunk.data);
    if (chunkCrc(chunk.data) !== chunk.crc32 || data.length !== chunk.samples * width) {
      throw damaged(database.path, stream, chunk.first_sample);
    }
    const first = Math.max(from, chunk.first_sample);
    const last = Math.min(to, chunk.first_sample + chunk.samples);
    if (first !== from + filled) {
      throw damaged(database.path, stream, from + filled);
    }
    out.set(
      data.subarray((first - chunk.first_sample) * width, (last - chunk.first_sample) * width),
      filled * width,
    );
    filled += last - first;
  }
  if (filled !== samples) {
    throw damaged(database.path, stream, from + filled);
  }
  return { samples, data: out };
}

function damaged(path: string, stream: StreamInfo, atSample: number): LimpetError {
  return new LimpetError(
    "project-corrupt",
    `The samples of recording ${stream.recordingId} (${stream.sensor}) are damaged at sample ${atSample}.`,
    {
      field: path,
      hint: "`limpet check` lists all damage; leave the recording out or delete it, and go on with the others.",
    },
  );
}

/**
 * Ends recordings that were cut off (the program was killed, the power went): what was committed is kept and marked
 * incomplete; one without a single sample is removed. Call only when no other program is recording. Returns their ids.
 */
export function closeCutOffRecordings(database: ProjectDatabase): number[] {
  const ids = unfinishedRecordings(database);
  for (const id of ids) {
    database.write(() => {
      const streams = listStreams(database, id);
      if (streams.every((stream) => stream.samples === 0)) {
        database.run("DELETE FROM recordings WHERE id = ?", id);
        return;
      }
      const sinks = streams.map((stream) => {
        const sink = new StreamSink(stream);
        for (const chunk of database.each<{ data: Uint8Array }>(
          "SELECT data FROM chunks WHERE stream_id = ? ORDER BY first_sample",
          stream.id,
        )) {
          sink.observe(samplesFrom(stream.sampleType, chunk.data));
        }
        return sink;
      });
      finishRecording(database, id, sinks, true);
    });
  }
  return ids;
}

export function unfinishedRecordings(database: ProjectDatabase): number[] {
  return database
    .all<{ id: number }>("SELECT id FROM recordings WHERE state = 'recording' ORDER BY id")
    .map((row) => row.id);
}
