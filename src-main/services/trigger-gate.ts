/**
 * Hands-free start: holds a board's samples back until a sensor's level reaches what is wished, then lets them through, with a
 * little of what was before, counted from zero anew. Knows messages; no session, no clock.
 */
import type { RecordingTrigger } from "../../src-shared/contract/index.ts";
import type { SamplesMessage } from "../boards/link/messages.ts";
import type { ChosenSensor } from "./sample-recorder.ts";

/** Length of the pieces whose level counts: those of the live signal, so that what is seen there is what starts. */
const LEVEL_SECONDS = 0.05;

type Held = { readonly chosen: ChosenSensor; messages: SamplesMessage[]; first: bigint | null };

export class TriggerGate {
  readonly #trigger: RecordingTrigger;
  readonly #held: readonly Held[];
  readonly #listened: ChosenSensor;
  readonly #meter: LevelMeter;
  #level: number | null = null;
  #open = false;

  /** Listens to the sensor that `trigger` names, the first one where it names none that is recorded. */
  constructor(trigger: RecordingTrigger, chosen: readonly ChosenSensor[]) {
    this.#trigger = trigger;
    this.#held = chosen.map((one) => ({ chosen: one, messages: [], first: null }));
    const listened = chosen.find(({ sensor }) => sensor.id === trigger.sensor) ?? chosen[0];
    if (listened === undefined) throw new RangeError("a trigger needs a sensor");
    this.#listened = listened;
    this.#meter = new LevelMeter(listened);
  }

  /** Whether the recording has begun. */
  get open(): boolean {
    return this.#open;
  }
  /** The level of the last piece, in the sensor's unit; null before the first. */
  get level(): number | null {
    return this.#level;
  }
  get wanted(): number {
    return this.#trigger.level;
  }

  /** What of the samples so far belongs to the recording: nothing until the level is reached, then also what was held back. */
  pass(message: SamplesMessage): SamplesMessage[] {
    const held = this.#held.find(({ chosen }) => chosen.index === message.sensor);
    if (held === undefined) return [];
    if (this.#open) return shifted(message, held.first ?? 0n);
    held.messages.push(message);
    let begin: number | null = null;
    if (held.chosen === this.#listened) {
      for (const { level, at } of this.#meter.add(message)) {
        this.#level = level;
        if (level < this.#trigger.level) continue;
        begin = at / held.chosen.rateHz;
        break;
      }
    }
    if (begin !== null) return this.#begin(begin - this.#trigger.preSeconds);
    // A little more than is wished: the piece that starts lies at most its own length and one message back.
    const keep = this.#trigger.preSeconds + 2 * LEVEL_SECONDS;
    const oldest = endOf(message) - BigInt(Math.ceil(keep * held.chosen.rateHz));
    while (held.messages[0] !== undefined && held.messages.length > 1 && endOf(held.messages[0]) < oldest) {
      held.messages.shift();
    }
    return [];
  }

  /** Opens at `seconds` of the streams' own time; all sensors begin at the same moment, or as soon as they have samples. */
  #begin(seconds: number): SamplesMessage[] {
    this.#open = true;
    const earliest = Math.max(
      0,
      ...this.#held.map(({ messages, chosen }) => Number(messages[0]?.firstSample ?? 0n) / chosen.rateHz),
    );
    const from = Math.max(seconds, earliest);
    return this.#held.flatMap((held) => {
      held.first = BigInt(Math.max(0, Math.round(from * held.chosen.rateHz)));
      const messages = held.messages;
      held.messages = [];
      return messages.flatMap((message) => shifted(message, held.first ?? 0n));
    });
  }
}

const endOf = (message: SamplesMessage): bigint => message.firstSample + BigInt(message.count);

/** The message counted from sample `first` on; none where it lies before that. */
function shifted(message: SamplesMessage, first: bigint): SamplesMessage[] {
  const skip = Number(first - message.firstSample);
  if (skip <= 0) return [{ ...message, firstSample: message.firstSample - first }];
  if (skip >= message.count) return [];
  return [
    {
      ...message,
      firstSample: 0n,
      count: message.count - skip,
      data: message.data.subarray(skip * message.channels),
    },
  ];
}

/** Level of pieces of LEVEL_SECONDS, one after another, whatever the length of the messages that bring them. */
class LevelMeter {
  readonly #length: number;
  readonly #factor: number;
  #sums: Float64Array;
  #squares: Float64Array;
  #count = 0;

  constructor({ sensor, rateHz }: ChosenSensor) {
    this.#length = Math.max(2, Math.round(rateHz * LEVEL_SECONDS));
    this.#factor = sensor.sampleType === "int16" ? sensor.resolution : 1;
    this.#sums = new Float64Array(sensor.channels.length);
    this.#squares = new Float64Array(sensor.channels.length);
  }

  /** Pieces that ended with this message: level of the strongest channel, and the index of the piece's first sample. */
  add({ data, channels, count, firstSample }: SamplesMessage): { level: number; at: number }[] {
    const pieces: { level: number; at: number }[] = [];
    for (let i = 0; i < count; i++) {
      for (let channel = 0; channel < channels; channel++) {
        const value = (data[i * channels + channel] as number) * this.#factor;
        this.#sums[channel] = (this.#sums[channel] as number) + value;
        this.#squares[channel] = (this.#squares[channel] as number) + value * value;
      }
      if (++this.#count < this.#length) continue;
      let level = 0;
      for (let channel = 0; channel < channels; channel++) {
        const mean = (this.#sums[channel] as number) / this.#count;
        const power = (this.#squares[channel] as number) / this.#count - mean * mean;
        level = Math.max(level, Math.sqrt(Math.max(0, power)));
      }
      pieces.push({ level, at: Number(firstSample) + i + 1 - this.#count });
      this.#sums.fill(0);
      this.#squares.fill(0);
      this.#count = 0;
    }
    return pieces;
  }
}
