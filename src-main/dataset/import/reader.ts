/** What every reader of a file format gives and how it refuses a file. Knows no format. */

import type { QualityFinding } from "../../../src-shared/contract/index.ts";
import { LimpetError } from "../../../src-shared/errors.ts";
import type { SampleArray } from "../samples.ts";
import type { NewStream } from "../types.ts";

/** One stream of a file with all its samples, interleaved by channel. */
export type ReadStream = {
  readonly stream: NewStream;
  readonly samples: SampleArray;
  readonly gaps: readonly { readonly atSample: number; readonly lostSamples: number }[];
};

/** A recording found in a file. */
export type ReadRecording = {
  /** Distinguishes the recordings of one file; empty where the file holds one. */
  readonly suffix: string;
  /** Label that the file itself states; null where it says nothing. */
  readonly label: string | null;
  readonly streams: readonly ReadStream[];
  readonly findings: readonly QualityFinding[];
};

export type ReadOptions = {
  /** Rate in hertz for files that do not state one. */
  readonly rateHz?: number | undefined;
};

export type ReadResult = {
  readonly recordings: readonly ReadRecording[];
  /** What the user should know, for example a rate that was assumed. */
  readonly notes: readonly string[];
};

/** Refuses the file `name`: what is wrong with it, and what to do. */
export function invalidFile(
  name: string,
  problem: string,
  hint = "Nothing was imported from it.",
): LimpetError {
  return new LimpetError("invalid-file", `${name}: ${problem}`, { field: name, hint });
}

/** Text of a file. Throws `invalid-file` where it is empty or no text. */
export function requireText(name: string, bytes: Uint8Array): string {
  if (bytes.byteLength > MAX_TEXT_BYTES) {
    throw invalidFile(
      name,
      "the file is too large to be read as text.",
      "Divide it into several, or use WAV.",
    );
  }
  const text = new TextDecoder("utf-8").decode(bytes);
  if (text.trim() === "") {
    throw invalidFile(name, "the file is empty.");
  }
  if (text.includes("\0")) {
    throw invalidFile(
      name,
      "this is not a text file.",
      "If it is a recording in another format, give it the right extension.",
    );
  }
  return text;
}

/** Engines hold no string beyond 512 MB. */
const MAX_TEXT_BYTES = 400 * 1024 * 1024;

/** Groups columns by the sensor that their names speak of, keeping the order of first appearance. */
export function streamsByColumns(
  columns: readonly { readonly name: string; readonly unit: string }[],
  values: Float32Array,
  rateHz: number,
  gaps: ReadStream["gaps"],
): ReadStream[] {
  const sensors = new Map<string, number[]>();
  for (const [index, column] of columns.entries()) {
    const sensor = sensorOf(column.name);
    const members = sensors.get(sensor);
    if (members === undefined) sensors.set(sensor, [index]);
    else members.push(index);
  }
  const rows = values.length / columns.length;
  return [...sensors].map(([sensor, members]) => {
    let samples = values;
    if (members.length !== columns.length) {
      samples = new Float32Array(rows * members.length);
      for (let row = 0; row < rows; row++) {
        for (const [at, column] of members.entries()) {
          samples[row * members.length + at] = values[row * columns.length + column] as number;
        }
      }
    }
    const channels = members.map((index) => columns[index] as { name: string; unit: string });
    return { stream: { sensor, channels, rateHz, sampleType: "float32", scale: 1 }, samples, gaps };
  });
}

/** Sensor id for a channel's name: the naming that boards use too. */
export function sensorOf(channel: string): string {
  const name = channel.toLowerCase();
  if (name.startsWith("acc")) return "accelerometer";
  if (name.startsWith("gyr")) return "gyroscope";
  if (name.startsWith("mag")) return "magnetometer";
  if (name.startsWith("temp") || name.startsWith("celsius")) return "temperature";
  if (name.startsWith("audio") || name.startsWith("mic")) return "microphone";
  return "sensor";
}

/** Refuses a value that float32 cannot hold, naming the place. */
export function requireFinite(value: number, text: string, file: string, place: string): number {
  if (!Number.isFinite(value) || Math.abs(value) > 3.4028234663852886e38) {
    const what = Number.isNaN(value)
      ? `${JSON.stringify(text)} is not a number`
      : `${text} is too large for a sample`;
    throw invalidFile(
      file,
      `${place}: ${what}.`,
      "Correct or remove that value and try again. Nothing was imported from this file.",
    );
  }
  return value;
}
