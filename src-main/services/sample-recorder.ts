/**
 * Sorts a board's samples into the streams of a recording, by their index alone: what is missing becomes a gap of exactly that
 * length, what comes twice or late is passed over. Knows messages and writers; no session and no clock.
 */
import { LimpetError } from "../../src-shared/errors.ts";
import type { SensorDescription } from "../boards/link/hello.ts";
import type { SamplesMessage } from "../boards/link/messages.ts";
import type { RecordingWriter } from "../dataset/types.ts";

export type ChosenSensor = {
  readonly index: number;
  readonly sensor: SensorDescription;
  readonly rateHz: number;
};

type Stream = {
  readonly chosen: ChosenSensor;
  /** Samples that were asked for; infinite where the recording has no length. */
  readonly wanted: number;
  /** Index of the sample that comes next. */
  next: number;
  lost: number;
  gaps: number;
};

/** Seconds times rate fall short of a whole number by rounding only. More would make a slow sensor's part longer than was asked for. */
const WHOLE = 1e-3;

export class SampleRecorder {
  readonly #writer: RecordingWriter;
  readonly #streams: readonly Stream[];

  constructor(writer: RecordingWriter, chosen: readonly ChosenSensor[], seconds: number | null) {
    this.#writer = writer;
    this.#streams = chosen.map((sensor) => ({
      chosen: sensor,
      wanted:
        seconds === null
          ? Number.POSITIVE_INFINITY
          : Math.max(1, Math.floor(seconds * sensor.rateHz + WHOLE)),
      next: 0,
      lost: 0,
      gaps: 0,
    }));
  }

  /** Seconds of the stream that is least far, gaps included. */
  get seconds(): number {
    return Math.min(...this.#streams.map(({ next, chosen }) => next / chosen.rateHz));
  }
  get lost(): number {
    return this.#streams.reduce((sum, { lost }) => sum + lost, 0);
  }
  get gaps(): number {
    return this.#streams.reduce((sum, { gaps }) => sum + gaps, 0);
  }
  /** Samples stored of the first stream. */
  get samples(): number {
    const [first] = this.#streams;
    return first === undefined ? 0 : first.next - first.lost;
  }
  /** Samples stored of all streams. */
  get stored(): number {
    return this.#streams.reduce((sum, { next, lost }) => sum + next - lost, 0);
  }
  get rateHz(): number {
    return this.#streams[0]?.chosen.rateHz ?? 0;
  }
  /** Whether every stream is as long as was asked for. */
  get complete(): boolean {
    return this.#streams.every(({ next, wanted }) => next >= wanted);
  }

  /** Index of the sensor's next sample and whether more of it is wanted; null for a sensor that is not recorded. */
  expected(sensor: number): { readonly next: number; readonly wanted: boolean } | null {
    const stream = this.#streams.find(({ chosen }) => chosen.index === sensor);
    return stream === undefined ? null : { next: stream.next, wanted: stream.next < stream.wanted };
  }

  /**
   * Takes samples in; true where they belong to the recording and brought it on. Throws `board-protocol` for an index that no
   * recording can reach, and what the writer throws.
   */
  add(message: SamplesMessage): boolean {
    const stream = this.#streams.find(({ chosen }) => chosen.index === message.sensor);
    if (stream === undefined || !fits(message, stream.chosen.sensor)) {
      return false;
    }
    const first = Number(message.firstSample);
    if (!Number.isSafeInteger(first + message.count)) {
      throw new LimpetError(
        "board-protocol",
        `The board counts a sample of ${stream.chosen.sensor.id} as number ${message.firstSample}.`,
        {
          hint: "Restart the board; if it happens again, write its firmware again.",
        },
      );
    }
    const before = stream.next;
    if (first > stream.next && stream.next < stream.wanted) {
      const lost = Math.min(first, stream.wanted) - stream.next;
      this.#writer.addGap(this.#streams.indexOf(stream), lost);
      stream.lost += lost;
      stream.gaps++;
      stream.next += lost;
    }
    // Samples that came twice (after a repeated frame) are passed over, and so is what comes after the end.
    const from = Math.max(first, stream.next);
    const to = Math.min(first + message.count, stream.wanted);
    if (to > from) {
      const { channels } = message;
      const data = message.data.subarray((from - first) * channels, (to - first) * channels);
      const timeUs = message.timeUs + BigInt(Math.round(((from - first) * 1e6) / stream.chosen.rateHz));
      this.#writer.append(this.#streams.indexOf(stream), { samples: to - from, data }, timeUs);
      stream.next = to;
    }
    return stream.next > before;
  }
}

/** Whether a message has the form that the board announced for the sensor. */
const fits = ({ channels, data }: SamplesMessage, sensor: SensorDescription): boolean =>
  channels === sensor.channels.length && (sensor.sampleType === "int16") === data instanceof Int16Array;
