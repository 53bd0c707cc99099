/**
 * Cutting: parts of a recording become recordings of their own, sample for sample, with gaps, notes, group, machine and side of
 * the split of the one that they were cut from. Knows recordings; not where they are stored.
 */
import type { RecordingInfo, StreamInfo } from "../../src-shared/contract/index.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { FinishedRecording } from "./finished-recording.ts";
import type { SampleBlock } from "./types.ts";

export type CutPart = {
  readonly fromSeconds: number;
  readonly toSeconds: number;
  /** The label of the recording that is cut where absent. */
  readonly label?: string | undefined;
};

/** What cutting reads of a project. */
type Source = {
  readSamples(streamId: number, start: number, count: number): SampleBlock;
  gaps(streamId: number): readonly { readonly atSample: number; readonly lostSamples: number }[];
};

/** Shorter parts are of no use and come from a slip of the hand, seconds. */
const SHORTEST = 0.02;

/** The parts as recordings in order of time. Throws `usage` for a part that is empty or lies outside. */
export function cutParts(
  source: Source,
  recording: RecordingInfo,
  parts: readonly CutPart[],
): FinishedRecording[] {
  const checked = parts.map((part) => ({
    ...part,
    fromSeconds: Math.max(0, part.fromSeconds),
    toSeconds: Math.min(part.toSeconds, recording.seconds),
  }));
  for (const { fromSeconds, toSeconds } of checked) {
    if (!(toSeconds - fromSeconds >= SHORTEST)) {
      throw new LimpetError("usage", "The part to be cut out is empty or lies outside of the recording.", {
        field: "parts",
        hint: `Mark at least ${SHORTEST} s of the ${recording.seconds.toFixed(2)} s. Nothing was changed.`,
      });
    }
  }
  return checked.map((part, index) => ({
    recording: {
      name: checked.length === 1 ? `${recording.name}.cut` : `${recording.name}.${index + 1}`,
      label: part.label ?? recording.label,
      group: recording.group,
      machine: recording.machine,
      mount: recording.mount,
      photo: recording.photo,
      origin: recording.origin,
      source: `${recording.source}; ${part.fromSeconds.toFixed(2)} to ${part.toSeconds.toFixed(2)} s of ${recording.name}`,
      streams: recording.streams.map(({ sensor, channels, rateHz, sampleType, scale }) => ({
        sensor,
        channels,
        rateHz,
        sampleType,
        scale,
      })),
    },
    data: recording.streams.map((stream) => partOf(source, stream, part)),
  }));
}

function partOf(source: Source, stream: StreamInfo, part: CutPart): FinishedRecording["data"][number] {
  const start = Math.min(stream.samples, Math.round(part.fromSeconds * stream.rateHz));
  const end = Math.min(stream.samples, Math.round(part.toSeconds * stream.rateHz));
  return {
    samples: source.readSamples(stream.id, start, end - start).data,
    // A gap at the very edge parts nothing any more.
    gaps: source
      .gaps(stream.id)
      .filter(({ atSample }) => atSample > start && atSample < end)
      .map(({ atSample, lostSamples }) => ({ atSample: atSample - start, lostSamples })),
  };
}
