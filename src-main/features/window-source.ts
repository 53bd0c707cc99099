/**
 * Samples of windows, in physical units, as the front end wants them: inputs in order, each interleaved by channel. From a
 * recording of a project, or from any other source. Knows where samples come from; not what is computed of them.
 */
import type { RecordingInfo } from "../../src-shared/contract/index.ts";
import type { Design, ResolvedInput } from "../../src-shared/design.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { Dataset } from "../dataset/types.ts";
import { inputSamples, windowValuesOf } from "./feature-shape.ts";
import { streamFor } from "./resolve-design.ts";
import { type PlannedWindow, type Segment, segmentsOf, type WindowStream } from "./windows.ts";

/** One input's samples of one recording. */
export type InputSource = {
  readonly stream: WindowStream;
  /** Channels of the stream; `read` interleaves all of them. */
  readonly width: number;
  /** Place of each of the input's channels among them. */
  readonly places: readonly number[];
  /** Samples in physical units from stored sample `start` on, interleaved. */
  read(start: number, count: number): Float32Array;
};

/** Samples read at once, per channel: windows that overlap are then read from the file once. */
const BLOCK_SAMPLES = 1 << 18;

/** The sources of a recording for each input of a design; null where the recording lacks one. */
export function recordingSources(
  dataset: Pick<Dataset, "gaps" | "readValues">,
  recording: RecordingInfo,
  design: Pick<Design, "inputs">,
): InputSource[] | null {
  const sources: InputSource[] = [];
  for (const input of design.inputs) {
    const stream = streamFor(recording, input);
    if (stream === undefined) {
      return null;
    }
    sources.push({
      stream: {
        samples: stream.samples,
        rateHz: input.rateHz,
        gaps: stream.gaps > 0 ? dataset.gaps(stream.id) : [],
      },
      width: stream.channels.length,
      places: placesOf(input, stream.channels),
      read: (start, count) => dataset.readValues(stream.id, start, count),
    });
  }
  return sources;
}

/** Place of each of an input's channels among those of a stream; -1 for one that is not there. */
export const placesOf = (input: ResolvedInput, channels: readonly { readonly name: string }[]): number[] =>
  input.channels.map((name) => channels.findIndex((channel) => channel.name === name));

/** One input as it is read: its source, its samples in a window, and where the source has no gap. */
type WindowInput = {
  readonly source: InputSource;
  readonly length: number;
  readonly segments: readonly Segment[];
};

/** Reads windows of one recording, in any order; fastest in time order. */
export class WindowReader {
  readonly #inputs: readonly WindowInput[];
  readonly #values: number;
  readonly #blocks: { start: number; end: number; values: Float32Array }[];
  readonly #name: string;

  /** @param name of the recording or file, for messages */
  constructor(design: Pick<Design, "window" | "inputs">, sources: readonly InputSource[], name: string) {
    this.#inputs = design.inputs.map((input, index) => ({
      source: sources[index] as InputSource,
      length: inputSamples(design, input),
      segments: segmentsOf((sources[index] as InputSource).stream),
    }));
    this.#values = windowValuesOf(design);
    this.#blocks = this.#inputs.map(() => ({ start: 0, end: 0, values: new Float32Array(0) }));
    this.#name = name;
  }

  /** The samples of a window. Throws `invalid-design` where one is not a number that can be calculated with. */
  read(window: PlannedWindow): Float32Array {
    const result = new Float32Array(this.#values);
    let offset = 0;
    for (const [index, { source, length }] of this.#inputs.entries()) {
      const values = length * source.places.length;
      this.#fill(window, index, window.starts[index] as number, result.subarray(offset, offset + values));
      offset += values;
    }
    return result;
  }

  /**
   * A stretch of one input of another length and place: `samples` long, its middle `shift` samples later than the window's. It
   * stays within the window's gapless stretch of the recording, and is shorter where that is; a padded recording has zeros around it.
   */
  moved(
    window: PlannedWindow,
    index: number,
    { samples, shift }: { readonly samples: number; readonly shift: number },
  ): Float32Array {
    const { source, length, segments } = this.#inputs[index] as WindowInput;
    const start = window.starts[index] as number;
    const segment = segments.find(({ first, end }) => first <= start && start + length <= end);
    const count = Math.max(
      1,
      segment === undefined ? samples : Math.min(samples, segment.end - segment.first),
    );
    const wanted = start + Math.round((length - count) / 2) + shift;
    const from =
      segment === undefined ? wanted : Math.max(segment.first, Math.min(segment.end - count, wanted));
    const result = new Float32Array(count * source.places.length);
    this.#fill(window, index, from, result);
    return result;
  }

  /** Samples from stored sample `start` on, as many as there is room for; what lies outside the recording stays as it is. */
  #fill(window: PlannedWindow, index: number, start: number, result: Float32Array): void {
    const { source } = this.#inputs[index] as WindowInput;
    const width = source.places.length;
    const from = Math.max(0, start);
    const to = Math.min(source.stream.samples, start + result.length / width);
    if (from >= to) return;
    const block = this.#block(index, source, from, to);
    for (let i = from; i < to; i++) {
      for (let channel = 0; channel < width; channel++) {
        const value = block.values[
          (i - block.start) * source.width + (source.places[channel] as number)
        ] as number;
        if (!Number.isFinite(value)) this.#refuse(window, value);
        result[(i - start) * width + channel] = value;
      }
    }
  }

  #block(
    index: number,
    source: InputSource,
    from: number,
    to: number,
  ): { start: number; values: Float32Array } {
    const block = this.#blocks[index] as { start: number; end: number; values: Float32Array };
    if (from < block.start || to > block.end) {
      const count = Math.min(source.stream.samples - from, Math.max(to - from, BLOCK_SAMPLES));
      block.start = from;
      block.end = from + count;
      block.values = source.read(from, count);
    }
    return block;
  }

  #refuse({ startMs }: PlannedWindow, value: number): never {
    throw new LimpetError(
      "invalid-design",
      `${this.#name} holds a value that is not a number (${value}) in the window that begins at ${(startMs / 1000).toFixed(2)} s.`,
      { field: "recordings", hint: "Leave that recording out, or cut the damaged part off." },
    );
  }
}
