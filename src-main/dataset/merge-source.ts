/**
 * The other project of a merge: only read, every chunk checked. Knows what it holds; not what becomes of it.
 */
import type { RecordingInfo, StreamInfo } from "../../src-shared/contract/index.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { ProjectFile } from "./project-file.ts";
import { chunkCrc, samplesFrom } from "./samples.ts";
import { contentHash, StreamSink } from "./stream-sink.ts";

/** Content hashes of a project's recordings, in hex, where they have one (after a repair they have none). */
export function storedHashes(source: ProjectFile): Map<number, string> {
  const rows = source.database.all<{ id: number; hash: string }>(
    "SELECT id, lower(hex(content_hash)) AS hash FROM recordings WHERE content_hash IS NOT NULL",
  );
  return new Map(rows.map(({ id, hash }) => [id, hash]));
}

/** Content hash of a recording that has none, from its samples. `pause` is called between chunks. Throws `project-corrupt`. */
export async function hashOf(
  source: ProjectFile,
  recording: RecordingInfo,
  pause: () => Promise<void>,
): Promise<string> {
  const parts = [];
  for (const stream of recording.streams) {
    const sink = new StreamSink(stream);
    for (const chunk of chunksOf(source, stream)) {
      sink.observe(chunk.data);
      await pause();
    }
    parts.push({ stream, digest: sink.digest(), gaps: source.gaps(stream.id) });
  }
  return contentHash(parts).toString("hex");
}

/** Chunks of a stream in order, each checked. Throws `project-corrupt`. */
export function* chunksOf(
  project: ProjectFile,
  stream: StreamInfo,
): Generator<{ samples: number; data: Int16Array | Float32Array; deviceTimeUs: bigint }> {
  const width = stream.channels.length;
  let expected = 0;
  for (const row of project.database.each<{
    first_sample: number;
    samples: number;
    device_time_us: number;
    crc32: number;
    data: Uint8Array;
  }>(
    "SELECT first_sample, samples, device_time_us, crc32, data FROM chunks WHERE stream_id = ? ORDER BY first_sample",
    stream.id,
  )) {
    const sound = row.data instanceof Uint8Array && chunkCrc(row.data) === row.crc32;
    const data = sound ? samplesFrom(stream.sampleType, row.data) : null;
    if (data === null || row.first_sample !== expected || data.length !== row.samples * width) {
      throw damaged(project, stream.recordingId);
    }
    expected += row.samples;
    yield { samples: row.samples, data, deviceTimeUs: BigInt(row.device_time_us) };
  }
}

/** Said of what cannot be read of the other project. */
export const damaged = (project: ProjectFile, recording: number): LimpetError =>
  new LimpetError(
    "project-corrupt",
    `Recording ${recording} in ${project.path} is damaged. Nothing was imported.`,
    {
      field: project.path,
      hint: "Copy that project, run `limpet check --repair` on the copy, and import the copy.",
    },
  );
