/**
 * A recording whose samples are all there already (imported, generated, cut out of another one), and how it is stored and found
 * again. Knows rows and the split; not where the samples come from.
 */
import type { QualityFinding } from "../../src-shared/contract/index.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { ProjectDatabase } from "./project-database.ts";
import {
  contentHashOf,
  findByContent,
  finishRecording,
  insertRecording,
  writePending,
} from "./recordings-table.ts";
import type { SampleArray } from "./samples.ts";
import { extendSplit } from "./split-table.ts";
import { StreamSink } from "./stream-sink.ts";
import type { NewRecording } from "./types.ts";

export type FinishedRecording = {
  readonly recording: NewRecording;
  /** For each stream its samples (interleaved) and its gaps in order. */
  readonly data: readonly {
    readonly samples: SampleArray;
    readonly gaps: readonly { readonly atSample: number; readonly lostSamples: number }[];
  }[];
  /** Findings of whoever read it, added to those of the quality checks. */
  readonly findings?: readonly QualityFinding[];
};

/** Stores a recording in one transaction, on a side of the split where there is one. Returns its id. */
export function storeFinished(
  database: ProjectDatabase,
  { recording, data, findings }: FinishedRecording,
): number {
  return database.write(() => {
    const { id, streamIds } = insertRecording(database, recording);
    const sinks = recording.streams.map((stream, index) => {
      const sink = new StreamSink(stream);
      const part = data[index];
      if (part === undefined) {
        throw new LimpetError("internal", "A recording came without the samples of one of its streams.");
      }
      const width = stream.channels.length;
      let from = 0;
      for (const gap of [...part.gaps, { atSample: part.samples.length / width, lostSamples: 0 }]) {
        const block = part.samples.subarray(from * width, gap.atSample * width);
        sink.append({ samples: gap.atSample - from, data: block }, timeOf(sink));
        if (gap.lostSamples > 0) sink.addGap(gap.lostSamples);
        from = gap.atSample;
      }
      writePending(database, streamIds[index] as number, sink);
      return sink;
    });
    finishRecording(database, id, sinks, false, findings);
    extendSplit(database);
    return id;
  });
}

/** The recording (not deleted) with the same samples, if there is one. */
export function findSame(
  database: ProjectDatabase,
  { recording, data }: FinishedRecording,
): { id: number; name: string; label: string } | undefined {
  const hash = contentHashOf(
    recording.streams.map((stream, index) => {
      const part = data[index];
      return { stream, data: part?.samples ?? new Float32Array(0), gaps: part?.gaps ?? [] };
    }),
  );
  return findByContent(database, hash);
}

/** Time of the next sample from the recording's start, microseconds. */
const timeOf = ({ samples, lostSamples, stream }: StreamSink): bigint =>
  BigInt(Math.round(((samples + lostSamples) * 1e6) / stream.rateHz));
