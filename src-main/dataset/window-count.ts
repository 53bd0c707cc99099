/** Counts the windows that fit into recordings, without reading samples. Knows lengths and gaps; not what is in a window. */
import type {
  RecordingInfo,
  SplitName,
  SplitOptions,
  SplitSummary,
} from "../../src-shared/contract/index.ts";
import type { DesignFile } from "../../src-shared/design.ts";

export type WindowTiming = {
  readonly lengthMs: number;
  readonly strideMs: number;
  readonly short: "drop" | "pad";
};

/** Windows that are counted where the project has no design yet. */
const DEFAULT_WINDOW: WindowTiming = { lengthMs: 1000, strideMs: 500, short: "drop" };

/** Samples that a time takes at a rate; at least one. */
export const samplesIn = (milliseconds: number, rateHz: number): number =>
  Math.max(1, Math.round((milliseconds * rateHz) / 1000));

/**
 * Windows in a stream of `samples` samples with gaps at `gapsAt` (in order): none spans a gap. A recording shorter than
 * one window has one if short ones are padded.
 */
export function countWindows(
  samples: number,
  rateHz: number,
  gapsAt: readonly number[],
  window: WindowTiming,
): number {
  const length = samplesIn(window.lengthMs, rateHz);
  const stride = samplesIn(window.strideMs, rateHz);
  if (samples < length) {
    return window.short === "pad" && samples > 0 && gapsAt.length === 0 ? 1 : 0;
  }
  let count = 0;
  let from = 0;
  for (const end of [...gapsAt, samples]) {
    if (end - from >= length) count += Math.floor((end - from - length) / stride) + 1;
    from = end;
  }
  return count;
}

type Side = { recordings: number; seconds: number; windows: number };

/**
 * Recordings, seconds and windows on each side of the split. With `by` window each recording is on all sides, with its
 * windows and seconds in proportion. Recordings that are left out do not count.
 */
export function summariseSplit(
  recordings: readonly RecordingInfo[],
  options: SplitOptions,
  design: DesignFile | null,
  gapsOf: (streamId: number) => readonly { readonly atSample: number }[],
): SplitSummary {
  const window = design?.window ?? DEFAULT_WINDOW;
  const sensors = design?.inputs?.map((input) => input.sensor);
  const summary: Record<SplitName, Side> = {
    train: { recordings: 0, seconds: 0, windows: 0 },
    validation: { recordings: 0, seconds: 0, windows: 0 },
    test: { recordings: 0, seconds: 0, windows: 0 },
  };
  for (const recording of recordings) {
    if (recording.excluded) continue;
    const used = recording.streams.filter(
      (stream) => sensors === undefined || sensors.includes(stream.sensor),
    );
    const counts = used.map((stream) =>
      countWindows(
        stream.samples,
        stream.rateHz,
        stream.gaps > 0 ? gapsOf(stream.id).map((gap) => gap.atSample) : [],
        window,
      ),
    );
    const windows = counts.length > 0 ? Math.min(...counts) : 0;
    if (recording.split !== null) {
      const side = summary[recording.split];
      side.recordings++;
      side.seconds += recording.seconds;
      side.windows += windows;
    } else if (options.by === "window") {
      spread(summary, recording.seconds, windows, options);
    }
  }
  for (const side of Object.values(summary)) side.seconds = Math.round(side.seconds * 1000) / 1000;
  return summary;
}

function spread(
  summary: Record<SplitName, Side>,
  seconds: number,
  windows: number,
  options: SplitOptions,
): void {
  const test = options.holdout === undefined ? options.test : 0;
  const total = options.train + options.validation + test;
  const validation = Math.round((windows * options.validation) / total);
  const tested = Math.round((windows * test) / total);
  for (const [name, count] of [
    ["train", windows - validation - tested],
    ["validation", validation],
    ["test", tested],
  ] as const) {
    if (count > 0) {
      summary[name].recordings++;
      summary[name].windows += count;
      summary[name].seconds += (seconds * count) / windows;
    }
  }
}
