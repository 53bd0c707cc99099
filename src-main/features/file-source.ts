/** Samples of files that are in no project, as sources of windows. Knows files and designs; not what is computed of them. */
import type { Design, ResolvedInput } from "../../src-shared/design.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { ReadStream } from "../dataset/import/reader.ts";
import { readSignals } from "../dataset/import/signal-file.ts";
import { toPhysical } from "../dataset/samples.ts";
import { sameRate } from "./sensor-choice.ts";
import { type InputSource, placesOf } from "./window-source.ts";

/** One recording of a file, with a source for each input of a design. */
export type FileRecording = {
  /** Distinguishes the recordings of one file; empty where the file holds one. */
  readonly suffix: string;
  readonly sources: readonly InputSource[];
};

/**
 * The recordings of a file. A stream counts as an input's by its channels' names; where names are not known to the file (a bare WAV),
 * by their number. A file that states no rate has the design's. Throws `invalid-file` where an input is missing or has another rate.
 */
export function fileRecordings(path: string, design: Pick<Design, "inputs">): FileRecording[] {
  const { recordings } = readSignals(path, { rateHz: design.inputs[0]?.rateHz });
  return recordings.map(({ suffix, streams }) => ({
    suffix,
    sources: design.inputs.map((input) => sourceIn(path, streams, input, design.inputs.length === 1)),
  }));
}

function sourceIn(
  path: string,
  streams: readonly ReadStream[],
  input: ResolvedInput,
  only: boolean,
): InputSource {
  const named = streams.filter(({ stream }) => placesOf(input, stream.channels).every((place) => place >= 0));
  const found =
    named.find(({ stream }) => stream.sensor === input.sensor) ??
    named[0] ??
    (only && streams.length === 1
      ? streams.find(({ stream }) => stream.channels.length === input.channels.length)
      : undefined);
  if (found === undefined) {
    throw new LimpetError("invalid-file", `${path} has no channels ${input.channels.join(", ")}.`, {
      field: path,
      hint: `It has ${streams.flatMap(({ stream }) => stream.channels.map(({ name }) => name)).join(", ")}; the model was trained on ${input.sensor}.`,
    });
  }
  const { stream, samples, gaps } = found;
  if (!sameRate(stream.rateHz, input.rateHz)) {
    throw new LimpetError(
      "invalid-file",
      `${path} was measured at ${stream.rateHz} Hz; the model wants ${input.rateHz} Hz.`,
      { field: path, hint: "Measure again at the rate of the training recordings." },
    );
  }
  const width = stream.channels.length;
  const places = placesOf(input, stream.channels);
  const values = toPhysical(samples, stream.scale);
  return {
    stream: { samples: samples.length / width, rateHz: input.rateHz, gaps },
    width,
    places: places.every((place) => place >= 0) ? places : input.channels.map((_, index) => index),
    read: (start, count) => values.subarray(start * width, (start + count) * width),
  };
}
