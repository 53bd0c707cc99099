/**
 * The last seconds of a board's live signal, so that "that was wrong" can be kept as a recording after it was seen. Memory is
 * bounded by time and by size. Knows sessions and the dataset; not who asks.
 */
import type { RecordingResult } from "../../src-shared/contract/index.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { BoardSession } from "../boards/board-session.ts";
import type { SamplesMessage } from "../boards/link/messages.ts";
import type { Dataset } from "../dataset/types.ts";
import { type ChosenSensor, chooseSensors, streamOf } from "./recording-service.ts";

const KEPT_SECONDS = 60;
/** Of each sensor at most: a minute of sound at 16 kHz is 2 MB, so that only very fast sensors are kept for less. */
const KEPT_BYTES = 16 * 1024 * 1024;

export class LiveBuffer {
  readonly session: BoardSession;
  readonly #chosen: readonly ChosenSensor[];
  readonly #messages: SamplesMessage[][];
  readonly #bytes: number[];

  /** `rates` are those that the board samples at where they differ from a sensor's first one. */
  constructor(
    session: BoardSession,
    rates: readonly { readonly id: string; readonly rateHz: number }[] = [],
  ) {
    this.session = session;
    this.#chosen = chooseSensors(
      session,
      session.hello.sensors.map(({ id }) => rates.find((rate) => rate.id === id) ?? { id }),
    );
    this.#messages = this.#chosen.map(() => []);
    this.#bytes = this.#chosen.map(() => 0);
  }

  /** Takes samples in and forgets what is older than a minute. */
  add(message: SamplesMessage): void {
    const stream = this.#chosen.findIndex(({ index }) => index === message.sensor);
    const chosen = this.#chosen[stream];
    const messages = this.#messages[stream];
    if (chosen === undefined || messages === undefined) return;
    const last = messages.at(-1);
    // A stream that was started anew counts from zero again: what was before does not belong to it.
    if (last !== undefined && message.firstSample < last.firstSample) {
      messages.length = 0;
      this.#bytes[stream] = 0;
    }
    messages.push(message);
    let bytes = (this.#bytes[stream] ?? 0) + message.data.byteLength;
    const oldest =
      message.firstSample + BigInt(message.count) - BigInt(Math.ceil(KEPT_SECONDS * chosen.rateHz));
    for (let first = messages[0]; first !== undefined && messages.length > 1; first = messages[0]) {
      if (first.firstSample + BigInt(first.count) >= oldest && bytes <= KEPT_BYTES) break;
      messages.shift();
      bytes -= first.data.byteLength;
    }
    this.#bytes[stream] = bytes;
  }

  /**
   * Keeps the last `seconds` of every sensor as one recording; less where less was heard. Lost samples are marked as gaps.
   * Throws `board-timeout` where nothing was heard.
   */
  keep(dataset: Dataset, label: string, seconds: number, at = new Date()): RecordingResult {
    const parts = this.#chosen
      .map((chosen, index) => ({
        chosen,
        messages: lastOf(this.#messages[index] ?? [], seconds * chosen.rateHz),
      }))
      .filter(({ messages }) => messages.length > 0);
    if (parts.length === 0) {
      throw new LimpetError("board-timeout", "No live signal was heard that could be kept.", {
        hint: "Wait until the signal is shown, then keep it.",
      });
    }
    const writer = dataset.beginRecording({
      name: `${label}.live-${at.toISOString().slice(0, 19).replaceAll(":", "")}`,
      label,
      group: null,
      origin: "board",
      source: `${this.session.hello.name} at ${this.session.port}, live`,
      streams: parts.map(({ chosen }) => streamOf(chosen)),
    });
    const totals = { samples: 0, gaps: 0, lost: 0 };
    try {
      for (const [stream, { messages }] of parts.entries()) {
        let next = messages[0]?.firstSample ?? 0n;
        for (const message of messages) {
          const lost = Number(message.firstSample - next);
          if (lost > 0) {
            writer.addGap(stream, lost);
            totals.gaps++;
            totals.lost += lost;
          }
          writer.append(stream, { samples: message.count, data: message.data }, message.timeUs);
          next = message.firstSample + BigInt(message.count);
          if (stream === 0) totals.samples += message.count;
        }
      }
    } catch (error) {
      writer.discard();
      throw error;
    }
    const info = writer.finish({ incomplete: false });
    return {
      recording: info.id,
      label,
      seconds: info.seconds,
      rate: parts[0]?.chosen.rateHz ?? 0,
      samples: totals.samples,
      gaps: totals.gaps,
      lostSamples: totals.lost,
    };
  }
}

/** The messages that hold the last `samples` samples, the first of them cut to fit. */
function lastOf(messages: readonly SamplesMessage[], samples: number): SamplesMessage[] {
  const last = messages.at(-1);
  if (last === undefined) return [];
  const from = last.firstSample + BigInt(last.count) - BigInt(Math.round(samples));
  return messages
    .filter((message) => message.firstSample + BigInt(message.count) > from)
    .map((message) => {
      const skip = Number(from - message.firstSample);
      return skip <= 0
        ? message
        : {
            ...message,
            firstSample: from,
            count: message.count - skip,
            data: message.data.subarray(skip * message.channels),
          };
    });
}
