/**
 * Cuts recordings into windows: where each begins, in the stored samples of every input, and on which side of the split it is.
 * Pure: knows lengths, rates and gaps, not samples. Counts agree with `dataset/window-count.ts`.
 */
import type { SplitName, SplitOptions } from "../../src-shared/contract/index.ts";
import { samplesIn, type WindowTiming } from "../dataset/window-count.ts";

/** What one input has of a recording. */
export type WindowStream = {
  /** Stored samples per channel. */
  readonly samples: number;
  readonly rateHz: number;
  /** In order; `atSample` counts stored samples. */
  readonly gaps: readonly { readonly atSample: number; readonly lostSamples: number }[];
};

export type PlannedWindow = {
  /** Beginning in time since the recording began, milliseconds; samples that were lost count. */
  readonly startMs: number;
  /**
   * For each input its first stored sample. Negative where a short recording is padded: that many samples before its first are
   * zeros, and so are those after its last.
   */
  readonly starts: readonly number[];
};

/** A stretch without gaps: stored samples from `first` to before `end`, which is sample `at` in time. */
export type Segment = { readonly first: number; readonly end: number; readonly at: number };

/** The gapless stretches of a stream, in order. */
export function segmentsOf({ samples, gaps }: WindowStream): Segment[] {
  const segments: Segment[] = [];
  let first = 0;
  let lost = 0;
  for (const gap of [...gaps, { atSample: samples, lostSamples: 0 }]) {
    if (gap.atSample > first) segments.push({ first, end: gap.atSample, at: first + lost });
    lost += gap.lostSamples;
    first = gap.atSample;
  }
  return segments;
}

/**
 * Windows of one recording, in time order. They begin in each gapless stretch of the first input every stride; the other inputs'
 * parts begin at the sample nearest in time, as on the board, and a window is left out where one of them has a gap or ends.
 * A recording shorter than the window gives one window, padded and centred, where the design says so.
 */
export function planWindows(streams: readonly WindowStream[], window: WindowTiming): PlannedWindow[] {
  const [leading] = streams;
  if (leading === undefined) {
    return [];
  }
  const lengths = streams.map(({ rateHz }) => samplesIn(window.lengthMs, rateHz));
  const lengthOf = (index: number): number => lengths[index] as number;
  if (streams.some(({ samples }, index) => samples < lengthOf(index))) {
    const padded =
      window.short === "pad" && streams.every(({ samples, gaps }) => samples > 0 && gaps.length === 0);
    const centred = ({ samples }: WindowStream, index: number): number =>
      Math.floor((samples - lengthOf(index)) / 2);
    return padded ? [{ startMs: 0, starts: streams.map(centred) }] : [];
  }
  const stride = samplesIn(window.strideMs, leading.rateHz);
  const others = streams.slice(1).map((stream, index) => ({
    segments: segmentsOf(stream),
    length: lengthOf(index + 1),
    ratio: stream.rateHz / leading.rateHz,
  }));
  const windows: PlannedWindow[] = [];
  for (const segment of segmentsOf(leading)) {
    for (let first = segment.first; first + lengthOf(0) <= segment.end; first += stride) {
      const time = segment.at + first - segment.first;
      const starts = [first];
      for (const { segments, length, ratio } of others) {
        const at = Math.round(time * ratio);
        const own = segments.find(
          (candidate) => at >= candidate.at && at + length <= candidate.at + candidate.end - candidate.first,
        );
        if (own === undefined) break;
        starts.push(own.first + at - own.at);
      }
      if (starts.length === streams.length) {
        windows.push({ startMs: (time * 1000) / leading.rateHz, starts });
      }
    }
  }
  return windows;
}

const ORDERS: readonly (readonly SplitName[])[] = [
  ["train", "validation", "test"],
  ["train", "test", "validation"],
  ["validation", "train", "test"],
  ["validation", "test", "train"],
  ["test", "train", "validation"],
  ["test", "validation", "train"],
];

/**
 * Sides of a recording's windows for a split by window. Each side gets one stretch of the recording, so that windows that overlap
 * are on different sides only at the two borders; which stretch is whose, depends on the seed and the recording.
 * @returns one side for each of `count` windows in time order
 */
export function assignWindows(count: number, options: SplitOptions, recordingId: number): SplitName[] {
  const test = options.holdout === undefined ? options.test : 0;
  const total = options.train + options.validation + test;
  const validation = Math.round((count * options.validation) / total);
  const tested = Math.round((count * test) / total);
  const counts = { train: Math.max(0, count - validation - tested), validation, test: tested };
  // Multiplication by an odd constant spreads neighbouring numbers (Knuth, "The Art of Computer Programming" 3, 6.4).
  const mixed = Math.imul((options.seed * 7919 + recordingId) | 0, 0x9e3779b1) >>> 0;
  const order = ORDERS[Math.floor((mixed / 2 ** 32) * ORDERS.length)] ?? [];
  return order.flatMap((side) => Array.from({ length: counts[side] }, () => side)).slice(0, count);
}
