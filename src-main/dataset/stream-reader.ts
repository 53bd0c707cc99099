/** Reads samples of a stream out of its chunks, checking each. Knows rows and bytes. */
import type { StreamInfo } from "../../src-shared/contract/index.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { ProjectDatabase } from "./project-database.ts";
import { chunkCrc, isSampleBytes, newSamples, samplesFrom } from "./samples.ts";
import type { SampleBlock } from "./types.ts";

export type ChunkRow = { first_sample: number; samples: number; crc32: number; data: Uint8Array };

/** Chunks of a stream in order, those that overlap samples from `start` to `end` (exclusive). */
function chunksBetween(database: ProjectDatabase, streamId: number, start: number, end: number): ChunkRow[] {
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
  if (samples === 0) {
    return { samples, data: newSamples(stream.sampleType, 0) };
  }
  // Before memory is taken for what a damaged total announces.
  const stored = database.get<{ end: number | null }>(
    "SELECT max(first_sample + samples) AS end FROM chunks WHERE stream_id = ?",
    stream.id,
  );
  if ((stored?.end ?? 0) < to) {
    throw damaged(database.path, stream, stored?.end ?? 0);
  }
  const out = newSamples(stream.sampleType, samples * width);
  let filled = 0;
  for (const chunk of chunksBetween(database, stream.id, from, to)) {
    if (!isSampleBytes(stream.sampleType, chunk.data)) {
      throw damaged(database.path, stream, chunk.first_sample);
    }
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
