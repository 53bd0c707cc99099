/**
 * Minima and maxima for drawing a signal at any zoom, without reading more than is needed: from the samples when few are
 * shown, from the peaks stored with each chunk when many are, from the overview of the stream when very many are. Nothing
 * that sticks out is ever left out; it may be drawn up to one stored bucket away from its place.
 */
import type { StreamInfo, Waveform } from "../../src-shared/contract/index.ts";
import type { ProjectDatabase } from "./project-database.ts";
import { newSamples, PEAK_SAMPLES, type SampleArray, samplesFrom, toPhysical } from "./samples.ts";

/** Samples that one pair of minimum and maximum of an overview stands for. */
export const OVERVIEW_SAMPLES = 4096;
/** Streams below this many samples need no overview: their peaks are read fast enough. */
const OVERVIEW_FROM = 1 << 20;

type Buckets = { readonly low: Float64Array[]; readonly high: Float64Array[] };

/** The overview of a stream from its chunks' peaks, [bucket][channel][minimum, maximum]; null where none is needed. */
export function overviewOf(database: ProjectDatabase, stream: StreamInfo): SampleArray | null {
  if (stream.samples < OVERVIEW_FROM) {
    return null;
  }
  const width = stream.channels.length;
  const count = Math.ceil(stream.samples / OVERVIEW_SAMPLES);
  const buckets = emptyBuckets(width, count);
  addPeaks(database, stream, buckets, { start: 0, end: stream.samples, perBucket: OVERVIEW_SAMPLES });
  const overview = newSamples(stream.sampleType, count * width * 2);
  for (let bucket = 0; bucket < count; bucket++) {
    for (let channel = 0; channel < width; channel++) {
      const at = (bucket * width + channel) * 2;
      overview[at] = (buckets.low[channel] as Float64Array)[bucket] as number;
      overview[at + 1] = (buckets.high[channel] as Float64Array)[bucket] as number;
    }
  }
  return overview;
}

/**
 * Minimum and maximum per channel in `count` equally wide buckets from `startSample` to `endSample` (exclusive; null: the
 * end), in physical units. There are never more buckets than samples.
 */
export function waveformOf(
  database: ProjectDatabase,
  stream: StreamInfo,
  range: { readonly startSample: number; readonly endSample: number | null; readonly buckets: number },
  readSamples: (start: number, count: number) => SampleArray,
  gaps: readonly { readonly atSample: number; readonly lostSamples: number }[],
): Waveform {
  const end = Math.min(range.endSample ?? stream.samples, stream.samples);
  const start = Math.min(Math.max(0, range.startSample), end);
  const count = Math.min(range.buckets, end - start);
  const width = stream.channels.length;
  const buckets = emptyBuckets(width, count);
  const perBucket = count === 0 ? 1 : (end - start) / count;
  const view = { start, end, perBucket };
  if (count > 0) {
    const overview = perBucket >= OVERVIEW_SAMPLES ? storedOverview(database, stream) : null;
    if (overview !== null) {
      addStored(buckets, overview, width, {
        ...view,
        first: 0,
        samples: stream.samples,
        each: OVERVIEW_SAMPLES,
      });
    } else if (perBucket >= 2 * PEAK_SAMPLES) {
      addPeaks(database, stream, buckets, view);
    } else {
      addSamples(buckets, readSamples(start, end - start), width, perBucket);
    }
  }
  const physical = (values: Float64Array): number[] => [
    ...toPhysical(samplesOf(stream, values), stream.scale),
  ];
  return {
    streamId: stream.id,
    startSample: start,
    endSample: end,
    rateHz: stream.rateHz,
    unit: stream.channels[0]?.unit ?? "",
    channels: stream.channels.map(({ name }, channel) => ({
      name,
      min: physical(buckets.low[channel] as Float64Array),
      max: physical(buckets.high[channel] as Float64Array),
    })),
    gaps: gaps.filter((gap) => gap.atSample >= start && gap.atSample <= end).map((gap) => ({ ...gap })),
  };
}

const samplesOf = (stream: StreamInfo, values: Float64Array): SampleArray =>
  stream.sampleType === "int16" ? Int16Array.from(values) : Float32Array.from(values);

function emptyBuckets(width: number, count: number): Buckets {
  return {
    low: Array.from({ length: width }, () => new Float64Array(count).fill(Number.POSITIVE_INFINITY)),
    high: Array.from({ length: width }, () => new Float64Array(count).fill(Number.NEGATIVE_INFINITY)),
  };
}

function storedOverview(database: ProjectDatabase, stream: StreamInfo): SampleArray | null {
  const row = database.get<{ data: Uint8Array }>("SELECT data FROM overviews WHERE stream_id = ?", stream.id);
  return row === undefined ? null : samplesFrom(stream.sampleType, row.data);
}

type View = { readonly start: number; readonly end: number; readonly perBucket: number };

function addPeaks(database: ProjectDatabase, stream: StreamInfo, buckets: Buckets, view: View): void {
  // `peaks` stands before `data` in a row, so SQLite reads the first page of a chunk and not its samples.
  const rows = database.each<{ first_sample: number; samples: number; peaks: Uint8Array }>(
    `SELECT first_sample, samples, peaks FROM chunks WHERE stream_id = ? AND first_sample < ?
     AND first_sample >= coalesce((SELECT max(first_sample) FROM chunks WHERE stream_id = ? AND first_sample <= ?), 0)
     ORDER BY first_sample`,
    stream.id,
    view.end,
    stream.id,
    view.start,
  );
  for (const row of rows) {
    addStored(buckets, samplesFrom(stream.sampleType, row.peaks), stream.channels.length, {
      ...view,
      first: row.first_sample,
      samples: row.samples,
      each: PEAK_SAMPLES,
    });
  }
}

/** Folds stored pairs, each of which stands for `each` samples from `first` on, into the buckets that they overlap. */
function addStored(
  buckets: Buckets,
  stored: SampleArray,
  width: number,
  view: View & { readonly first: number; readonly samples: number; readonly each: number },
): void {
  const { start, end, perBucket, first, samples, each } = view;
  const count = buckets.low[0]?.length ?? 0;
  const from = Math.max(0, Math.floor((start - first) / each));
  const to = Math.min(Math.ceil(samples / each), Math.ceil((end - first) / each));
  for (let pair = from; pair < to; pair++) {
    const begin = Math.max(start, first + pair * each);
    const last = Math.min(end, first + Math.min(samples, (pair + 1) * each)) - 1;
    const firstBucket = Math.min(count - 1, Math.floor((begin - start) / perBucket));
    const lastBucket = Math.min(count - 1, Math.floor((last - start) / perBucket));
    for (let channel = 0; channel < width; channel++) {
      const low = buckets.low[channel] as Float64Array;
      const high = buckets.high[channel] as Float64Array;
      const at = (pair * width + channel) * 2;
      for (let bucket = firstBucket; bucket <= lastBucket; bucket++) {
        if ((stored[at] as number) < (low[bucket] as number)) low[bucket] = stored[at] as number;
        if ((stored[at + 1] as number) > (high[bucket] as number)) high[bucket] = stored[at + 1] as number;
      }
    }
  }
}

function addSamples(buckets: Buckets, samples: SampleArray, width: number, perBucket: number): void {
  const count = buckets.low[0]?.length ?? 0;
  const total = samples.length / width;
  for (let channel = 0; channel < width; channel++) {
    const low = buckets.low[channel] as Float64Array;
    const high = buckets.high[channel] as Float64Array;
    for (let i = 0; i < total; i++) {
      const bucket = Math.min(count - 1, Math.floor(i / perBucket));
      const value = samples[i * width + channel] as number;
      if (value < (low[bucket] as number)) low[bucket] = value;
      if (value > (high[bucket] as number)) high[bucket] = value;
    }
  }
}
