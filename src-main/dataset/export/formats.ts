/**
 * Writes recordings as WAV, CSV and Edge Impulse JSON or CBOR, so that reading them again gives the same samples. Knows
 * bytes and text; not files nor the project.
 */
import { encode } from "cbor-x";
import type { StreamInfo } from "../../../src-shared/contract/index.ts";
import type { WavDescription } from "../import/wav.ts";
import { bytesOf, type SampleArray, toPhysical } from "../samples.ts";

/** A stream with all its samples, interleaved. */
export type ExportStream = {
  readonly stream: StreamInfo;
  readonly samples: SampleArray;
  readonly gaps: readonly { readonly atSample: number; readonly lostSamples: number }[];
};

const PCM = 1;
const FLOAT = 3;

/** WAV of the samples as stored: int16 as PCM, float32 as float; sensor, units, scale and gaps go into the chunk `lmpt`. */
export function toWav({ stream, samples, gaps }: ExportStream): Uint8Array {
  const channels = stream.channels.length;
  const float = samples instanceof Float32Array;
  const data = bytesOf(samples);
  const description: WavDescription = {
    sensor: stream.sensor,
    channels: stream.channels.map(({ name, unit }) => ({ name, unit })),
    rateHz: stream.rateHz,
    scale: stream.scale,
    gaps: gaps.map(({ atSample, lostSamples }) => [atSample, lostSamples]),
  };
  const note = new TextEncoder().encode(JSON.stringify(description));
  // Float formats are to have an extended format part and a count of frames (`fact`), which some programs insist on.
  const formatBytes = float ? 18 : 16;
  const factBytes = float ? 12 : 0;
  const total =
    12 +
    8 +
    formatBytes +
    factBytes +
    8 +
    data.byteLength +
    (data.byteLength % 2) +
    8 +
    note.byteLength +
    (note.byteLength % 2);
  const out = new Uint8Array(total);
  const view = new DataView(out.buffer);
  let at = 0;
  const tag = (text: string): void => {
    for (const letter of text) view.setUint8(at++, letter.charCodeAt(0));
  };
  const u16 = (value: number): void => {
    view.setUint16(at, value, true);
    at += 2;
  };
  const u32 = (value: number): void => {
    view.setUint32(at, value, true);
    at += 4;
  };
  const block = channels * samples.BYTES_PER_ELEMENT;
  const rate = Math.max(1, Math.round(stream.rateHz));
  tag("RIFF");
  u32(total - 8);
  tag("WAVEfmt ");
  u32(formatBytes);
  u16(float ? FLOAT : PCM);
  u16(channels);
  u32(rate);
  u32(rate * block);
  u16(block);
  u16(samples.BYTES_PER_ELEMENT * 8);
  if (float) {
    u16(0);
    tag("fact");
    u32(4);
    u32(samples.length / channels);
  }
  tag("data");
  u32(data.byteLength);
  out.set(data, at);
  at += data.byteLength + (data.byteLength % 2);
  tag("lmpt");
  u32(note.byteLength);
  out.set(note, at);
  return out;
}

/**
 * CSV with a `timestamp` column in milliseconds, values in physical units with as many digits as float32 needs; a gap is a
 * jump of the time stamp.
 */
export function toCsv({ stream, samples, gaps }: ExportStream): string {
  const width = stream.channels.length;
  const values = toPhysical(samples, stream.scale);
  const rows = values.length / width;
  const lines = [
    [
      "timestamp",
      ...stream.channels.map(({ name, unit }) => csvText(unit === "" ? name : `${name} (${unit})`)),
    ].join(","),
  ];
  let lost = 0;
  let nextGap = 0;
  for (let row = 0; row < rows; row++) {
    while (gaps[nextGap] !== undefined && (gaps[nextGap] as { atSample: number }).atSample <= row) {
      lost += (gaps[nextGap] as { lostSamples: number }).lostSamples;
      nextGap++;
    }
    let line = String(Number((((row + lost) * 1000) / stream.rateHz).toFixed(9)));
    for (let channel = 0; channel < width; channel++) {
      line += `,${float32Text(values[row * width + channel] as number)}`;
    }
    lines.push(line);
  }
  return `${lines.join("\n")}\n`;
}

/** The shortest decimal that is this float32 value again. */
export function float32Text(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e9) {
    return Object.is(value, -0) ? "-0" : String(value);
  }
  for (let digits = 6; digits < 9; digits++) {
    const text = String(Number(value.toPrecision(digits)));
    if (Math.fround(Number(text)) === value) return text;
  }
  return String(Number(value.toPrecision(9)));
}

/** Characters with which a spreadsheet begins a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/** A cell of text: quoted where needed, and with an apostrophe before what a spreadsheet would run as a formula. */
export function csvText(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n;]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/**
 * Edge Impulse's data acquisition format without a signature (`alg` none). Sound of 16 bits goes as counts with the unit
 * `wav`, as theirs does; everything else in physical units. Gaps have no place in it and are closed up.
 */
export function toEdgeImpulse(
  { stream, samples }: ExportStream,
  deviceName: string,
  recordedAt: string,
): object {
  const sound = stream.sensor === "microphone" && samples instanceof Int16Array && stream.scale === 1 / 32768;
  const values = sound ? samples : toPhysical(samples, stream.scale);
  const width = stream.channels.length;
  const rows: (number | number[])[] = [];
  for (let at = 0; at < values.length; at += width) {
    rows.push(
      width === 1 ? rounded(values[at] as number) : Array.from(values.subarray(at, at + width), rounded),
    );
  }
  return {
    protected: { ver: "v1", alg: "none", iat: Math.floor(Date.parse(recordedAt) / 1000) || 0 },
    signature: "0".repeat(64),
    payload: {
      device_name: deviceName,
      device_type: "LIMPET",
      interval_ms: 1000 / stream.rateHz,
      sensors: stream.channels.map(({ name, unit }) => ({
        name,
        units: sound ? "wav" : unit === "" ? "N/A" : unit,
      })),
      values: rows,
    },
  };
}

/** Fewer digits in JSON; the same float32. */
const rounded = (value: number): number => Number(float32Text(value));

export const toEdgeImpulseJson = (content: object): string => JSON.stringify(content);
export const toEdgeImpulseCbor = (content: object): Uint8Array => encode(content);
