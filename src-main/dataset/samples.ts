/**
 * Samples as bytes: little-endian chunks, their check sums, and minima and maxima for drawing. Knows nothing of SQLite.
 */
import { endianness } from "node:os";
import { crc32 } from "node:zlib";
import { LimpetError } from "../../src-shared/errors.ts";

export type SampleType = "int16" | "float32";
export type SampleArray = Int16Array | Float32Array;

/** Bytes of samples that a full chunk holds at most; a full one is never below half of it. */
const CHUNK_BYTES = 32 * 1024;

/** Samples that one pair of minimum and maximum in `chunks.peaks` stands for. */
export const PEAK_SAMPLES = 64;

if (endianness() !== "LE") {
  throw new LimpetError(
    "internal",
    "Limpet runs on little-endian processors only: samples are stored that way.",
  );
}

export const sampleBytes = (type: SampleType): 2 | 4 => (type === "int16" ? 2 : 4);

/** Samples per channel in a full chunk. */
export const chunkSamples = (type: SampleType, channels: number): number =>
  Math.max(1, Math.floor(CHUNK_BYTES / (channels * sampleBytes(type))));

export const newSamples = (type: SampleType, values: number): SampleArray =>
  type === "int16" ? new Int16Array(values) : new Float32Array(values);

/** The bytes of `samples`, without a copy. */
export const bytesOf = (samples: SampleArray): Uint8Array =>
  new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);

/** Whether a column holds bytes that can be samples of that type; in a damaged file it may hold anything. */
export const isSampleBytes = (type: SampleType, bytes: unknown): bytes is Uint8Array =>
  bytes instanceof Uint8Array && bytes.byteLength % sampleBytes(type) === 0;

/** Samples from stored bytes (copied, so that any alignment will do). Throws `project-corrupt` where they are none. */
export function samplesFrom(type: SampleType, bytes: Uint8Array): SampleArray {
  if (!isSampleBytes(type, bytes)) {
    throw new LimpetError("project-corrupt", "Samples in the project cannot be read.", {
      hint: "`limpet check` says where; `limpet check --repair` saves what can be read, after making a copy.",
    });
  }
  const copy = bytes.slice().buffer;
  return type === "int16" ? new Int16Array(copy) : new Float32Array(copy);
}

/** CRC-32 (ISO 3309, as in zlib and PNG) of the bytes of a chunk. */
export const chunkCrc = (data: Uint8Array): number => crc32(data);

/**
 * Minimum and maximum of each channel for every `PEAK_SAMPLES` samples from the start of a chunk, the last bucket with what
 * is left: [bucket][channel][minimum, maximum], in the chunk's own type. NaN does not count.
 */
export function peaksOf(samples: SampleArray, channels: number, type: SampleType): SampleArray {
  const total = samples.length / channels;
  const buckets = Math.ceil(total / PEAK_SAMPLES);
  const peaks = newSamples(type, buckets * channels * 2);
  for (let bucket = 0; bucket < buckets; bucket++) {
    const from = bucket * PEAK_SAMPLES * channels;
    const to = Math.min(from + PEAK_SAMPLES * channels, samples.length);
    for (let channel = 0; channel < channels; channel++) {
      let low = Number.POSITIVE_INFINITY;
      let high = Number.NEGATIVE_INFINITY;
      for (let i = from + channel; i < to; i += channels) {
        const value = samples[i] as number;
        if (value < low) low = value;
        if (value > high) high = value;
      }
      const at = (bucket * channels + channel) * 2;
      peaks[at] = low <= high ? low : 0;
      peaks[at + 1] = low <= high ? high : 0;
    }
  }
  return peaks;
}

/** Samples in physical units: count times scale, the product rounded to float32; float32 samples with scale 1 as they are. */
export function toPhysical(samples: SampleArray, scale: number): Float32Array {
  if (samples instanceof Float32Array && scale === 1) {
    return samples;
  }
  const factor = Math.fround(scale);
  const values = new Float32Array(samples.length);
  for (let i = 0; i < samples.length; i++) {
    values[i] = (samples[i] as number) * factor;
  }
  return values;
}
