/** Reads any file that holds measured signals, by its extension. The one list of the formats that Limpet knows. */

import { readFileSync } from "node:fs";
import { basename, extname } from "node:path";
import { LimpetError } from "../../../src-shared/errors.ts";
import { newSamples, type SampleArray, toPhysical } from "../samples.ts";
import { statOf } from "../stat.ts";
import type { NewStream } from "../types.ts";
import { readCsv } from "./csv.ts";
import { readEdgeImpulseCbor, readEdgeImpulseJson } from "./edge-impulse.ts";
import { invalidFile, type ReadOptions, type ReadResult, type ReadStream } from "./reader.ts";
import { readSktime } from "./sktime.ts";
import { readWav } from "./wav.ts";

type Reader = (name: string, bytes: Uint8Array, options: ReadOptions) => ReadResult;

const READERS: Readonly<Record<string, Reader>> = {
  ".wav": readWav,
  ".csv": readCsv,
  ".tsv": readCsv,
  ".txt": readCsv,
  ".ts": readSktime,
  ".json": readEdgeImpulseJson,
  ".cbor": readEdgeImpulseCbor,
};

/** Extensions of files that can be imported, with the dot. */
export const IMPORT_EXTENSIONS: readonly string[] = Object.keys(READERS);

const MAX_BYTES = 2 ** 31 - 1;

/** Whether the file's extension is one that can be read. */
export const isSignalFile = (path: string): boolean => extname(path).toLowerCase() in READERS;

/** Reads all recordings of a file. Throws `invalid-file` (with file and place) or `not-found`. */
export function readSignals(path: string, options: ReadOptions = {}): ReadResult {
  const found = statOf(path);
  if (found === undefined) {
    throw new LimpetError("not-found", `There is no file ${path}.`, { field: path, hint: "Check the path." });
  }
  if (!found.isFile()) {
    throw invalidFile(path, "this is not a file.");
  }
  if (found.size > MAX_BYTES) {
    throw invalidFile(path, "the file is larger than 2 GB.", "Divide it into several.");
  }
  requireKnown(path);
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new LimpetError("invalid-file", `${path} cannot be read.`, {
      field: path,
      hint: "Check that you may read it, and that its disk is still plugged in.",
      cause: error,
    });
  }
  return readSignalBytes(path, bytes, options);
}

/** The same for a file whose bytes are at hand; `name` is used in messages and for its extension. */
export function readSignalBytes(name: string, bytes: Uint8Array, options: ReadOptions = {}): ReadResult {
  const result = requireKnown(name)(name, bytes, options);
  for (const { stream } of result.recordings.flatMap(({ streams }) => streams)) {
    if (!(stream.rateHz >= 1e-6 && stream.rateHz <= 1e9)) {
      throw invalidFile(
        name,
        `a rate of ${stream.rateHz} Hz makes no sense.`,
        "Give the right one with --rate.",
      );
    }
  }
  return result;
}

function requireKnown(path: string): Reader {
  const extension = extname(path).toLowerCase();
  const reader = READERS[extension];
  if (reader === undefined) {
    throw invalidFile(
      path,
      extension === "" ? "the file has no extension." : `${extension} files are not known.`,
      `Limpet reads ${IMPORT_EXTENSIONS.join(", ")}.`,
    );
  }
  return reader;
}

/** One signal out of a file, as a sensor would measure it. */
export type SignalFile = NewStream & {
  /** Samples per channel. */
  readonly samples: number;
  /** Samples as in the file, interleaved by channel. */
  readonly data: SampleArray;
};

/**
 * Reads the (first) recording of a file as one signal: all of its channels side by side, under the first one's sensor.
 * Throws `invalid-file` or `not-found`.
 */
export function readSignalFile(path: string, options: ReadOptions = {}): SignalFile {
  const streams = readSignals(path, options).recordings[0]?.streams ?? [];
  const first = streams[0];
  if (first === undefined) {
    throw invalidFile(path, "the file holds no samples.");
  }
  if (streams.length === 1) {
    return {
      ...first.stream,
      samples: first.samples.length / first.stream.channels.length,
      data: first.samples,
    };
  }
  return joined(first, streams);
}

/** Streams of one file have the same rate and length, whatever sensor their columns belong to. */
function joined(first: ReadStream, streams: readonly ReadStream[]): SignalFile {
  const channels = streams.flatMap(({ stream }) => stream.channels);
  const samples = first.samples.length / first.stream.channels.length;
  const data = newSamples("float32", samples * channels.length);
  let offset = 0;
  for (const { stream, samples: own } of streams) {
    const values = toPhysical(own, stream.scale);
    const width = stream.channels.length;
    for (let i = 0; i < samples; i++) {
      for (let channel = 0; channel < width; channel++) {
        data[i * channels.length + offset + channel] = values[i * width + channel] as number;
      }
    }
    offset += width;
  }
  return { ...first.stream, channels, sampleType: "float32", scale: 1, samples, data };
}

/** The file's name without folder and extension, as recordings are called. */
export const recordingName = (path: string): string => basename(path, extname(path));

/** Label by the file's name: everything up to the first dot. */
export const labelOf = (path: string): string => basename(path).split(".")[0]?.trim() ?? "";
