/**
 * Reads WAV: PCM of 8, 16, 24 and 32 bits and float of 32 and 64 bits (Microsoft's Multimedia Programming Interface 1.0
 * and the WAVE_FORMAT_EXTENSIBLE addition). 16-bit samples are kept as they are; 8-bit ones become int16; the others
 * float32 with full scale 1. Files that Limpet wrote carry sensor, channels and units in a chunk of their own, `lmpt`.
 */
import { z } from "zod";
import type { SampleArray } from "../samples.ts";
import type { NewStream } from "../types.ts";
import { invalidFile, type ReadResult } from "./reader.ts";

const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;
/** Stands for a size that was not known when the head of the file was written. */
const UNKNOWN_SIZE = 0xffffffff;

type Format = {
  readonly tag: number;
  readonly channels: number;
  readonly rateHz: number;
  readonly bits: number;
};

/** Content of the chunk `lmpt` (JSON): what WAV itself has no place for. */
const wavDescription = z.object({
  sensor: z.string().min(1).max(16),
  channels: z.array(z.object({ name: z.string().min(1), unit: z.string() })).min(1),
  rateHz: z.number().positive(),
  scale: z.number(),
  /** Sample and lost samples of each gap, in order. */
  gaps: z
    .array(z.tuple([z.int().min(0), z.int().positive()]))
    .refine((gaps) => gaps.every(([at], index) => index === 0 || at > (gaps[index - 1]?.[0] ?? 0))),
});
export type WavDescription = z.infer<typeof wavDescription>;

export function readWav(name: string, bytes: Uint8Array): ReadResult {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { format, data, description } = readChunks(name, view);
  const block = (format.channels * format.bits) / 8;
  if (data.byteLength === 0) {
    throw invalidFile(name, "the file holds no samples.");
  }
  if (data.byteLength % block !== 0) {
    throw invalidFile(
      name,
      `the samples end in the middle of a frame of ${block} bytes: the file is truncated.`,
    );
  }
  const { samples, scale } = decode(name, format, data);
  const rateHz = format.rateHz;
  const own = description?.channels.length === format.channels ? description : null;
  const stream: NewStream = {
    sensor: own?.sensor ?? "microphone",
    channels: own?.channels ?? audioChannels(format.channels),
    rateHz: own?.rateHz ?? rateHz,
    sampleType: samples instanceof Int16Array ? "int16" : "float32",
    scale: samples instanceof Int16Array ? (own?.scale ?? scale) : 1,
  };
  const total = samples.length / format.channels;
  const gaps = (own?.gaps ?? [])
    .filter(([at]) => at <= total)
    .map(([atSample, lostSamples]) => ({ atSample, lostSamples }));
  return {
    recordings: [{ suffix: "", label: null, streams: [{ stream, samples, gaps }], findings: [] }],
    notes: [],
  };
}

const audioChannels = (count: number): { name: string; unit: string }[] =>
  count === 1
    ? [{ name: "audio", unit: "" }]
    : Array.from({ length: count }, (_, index) => ({ name: `audio${index + 1}`, unit: "" }));

function readChunks(
  name: string,
  view: DataView,
): { format: Format; data: DataView; description: WavDescription | null } {
  if (view.byteLength === 0) {
    throw invalidFile(name, "the file is empty.");
  }
  if (view.byteLength < 12 || tagAt(view, 0) !== "RIFF" || tagAt(view, 8) !== "WAVE") {
    throw invalidFile(name, "this is not a WAV file (it does not begin with RIFF and WAVE).");
  }
  let format: Format | null = null;
  let data: DataView | null = null;
  let description: WavDescription | null = null;
  for (let at = 12; at + 8 <= view.byteLength; ) {
    const tag = tagAt(view, at);
    const promised = view.getUint32(at + 4, true);
    const there = view.byteLength - at - 8;
    // A program that wrote into a pipe could not go back to say how long the samples became: they fill the file.
    const open = promised === UNKNOWN_SIZE && tag === "data" && view.getUint32(4, true) === UNKNOWN_SIZE;
    const size = open ? there - (there % frameBytes(format)) : promised;
    if (size > there) {
      // What other programs put behind the samples is not always a part, and not needed.
      if (data !== null) break;
      throw invalidFile(
        name,
        `the file is truncated: its ${/^[ -~]+$/.test(tag) ? tag.trim() : "unknown"} part should have ${size} bytes, ${there} are there.`,
      );
    }
    const chunk = new DataView(view.buffer, view.byteOffset + at + 8, size);
    if (tag === "fmt ") format = readFormat(name, chunk);
    else if (tag === "data" && data === null) data = chunk;
    else if (tag === "lmpt") description = readDescription(chunk);
    at += 8 + size + (size % 2);
  }
  if (format === null) {
    throw invalidFile(name, "the file is truncated or damaged: it does not say how its samples are stored.");
  }
  if (data === null) {
    throw invalidFile(name, "the file is truncated: it has no samples.");
  }
  return { format, data, description };
}

const frameBytes = (format: Format | null): number =>
  format === null ? 1 : (format.channels * format.bits) / 8;

function readFormat(name: string, chunk: DataView): Format {
  if (chunk.byteLength < 16) {
    throw invalidFile(name, "the description of the samples is too short: the file is damaged.");
  }
  let tag = chunk.getUint16(0, true);
  if (tag === EXTENSIBLE && chunk.byteLength >= 26) {
    tag = chunk.getUint16(24, true);
  }
  const format = {
    tag,
    channels: chunk.getUint16(2, true),
    rateHz: chunk.getUint32(4, true),
    bits: chunk.getUint16(14, true),
  };
  const known =
    (tag === PCM && [8, 16, 24, 32].includes(format.bits)) ||
    (tag === FLOAT && [32, 64].includes(format.bits));
  if (!known) {
    throw invalidFile(
      name,
      `samples of ${format.bits} bits in WAV format ${tag} are not known.`,
      "Save it as PCM (8, 16, 24 or 32 bits) or float (32 bits).",
    );
  }
  if (format.channels === 0 || format.channels > 64 || format.rateHz === 0) {
    throw invalidFile(
      name,
      `${format.channels} channels at ${format.rateHz} Hz make no sense: the file is damaged.`,
    );
  }
  return format;
}

function readDescription(chunk: DataView): WavDescription | null {
  try {
    const text = new TextDecoder().decode(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    return wavDescription.parse(JSON.parse(text));
  } catch {
    // Another program's chunk of the same name: the samples are good without it.
    return null;
  }
}

function decode(name: string, format: Format, data: DataView): { samples: SampleArray; scale: number } {
  const bytes = format.bits / 8;
  const count = data.byteLength / bytes;
  if (format.tag === PCM && format.bits === 16) {
    return {
      samples: new Int16Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength)),
      scale: 1 / 32768,
    };
  }
  if (format.tag === PCM && format.bits === 8) {
    return { samples: Int16Array.from({ length: count }, (_, i) => data.getUint8(i) - 128), scale: 1 / 128 };
  }
  const samples = new Float32Array(count);
  if (format.tag === PCM) {
    for (let i = 0; i < count; i++) {
      // 24 bits: three bytes, the last one signed. Float32 holds them exactly; of 32 bits the upper 24.
      samples[i] =
        format.bits === 32
          ? data.getInt32(i * 4, true) / 2147483648
          : (data.getUint16(i * 3, true) + data.getInt8(i * 3 + 2) * 65536) / 8388608;
    }
    return { samples, scale: 1 };
  }
  for (let i = 0; i < count; i++) {
    const value = format.bits === 32 ? data.getFloat32(i * 4, true) : data.getFloat64(i * 8, true);
    samples[i] = value;
    if (!Number.isFinite(samples[i])) {
      throw invalidFile(
        name,
        `sample ${Math.floor(i / format.channels) + 1} is ${Number.isNaN(value) ? "NaN (no number)" : "infinite"}.`,
      );
    }
  }
  return { samples, scale: 1 };
}

const tagAt = (view: DataView, at: number): string =>
  String.fromCharCode(view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2), view.getUint8(at + 3));
