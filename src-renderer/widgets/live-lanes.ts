/** The last seconds of one sensor's live signal, as it is drawn: buckets, what was recorded of them, a steady scale. */
import type { SignalPreview } from "../../src-shared/contract/index.ts";
import { type Lane, type Lanes, rangeOf } from "./draw-lanes.ts";

const KEPT_SECONDS = 12;
/** How much of the difference to a smaller range is taken at each picture: the scale grows at once and shrinks slowly. */
const SHRINK = 0.06;

type Kept = { readonly name: string; readonly min: number[]; readonly max: number[] };

export class LiveLanes {
  #unit = "";
  #bucketSeconds = 0;
  #lanes: Kept[] = [];
  /** Buckets that have come since the beginning. */
  #count = 0;
  #recorded: { from: number; to: number }[] = [];
  #wasRecording = false;
  #ranges: [number, number][] = [];

  /** Takes a piece in; `recording` marks it as recorded. */
  add(piece: SignalPreview, recording: boolean): void {
    const bucketSeconds = piece.samplesPerBucket / piece.rateHz;
    if (this.#bucketSeconds !== bucketSeconds || this.#lanes.length !== piece.channels.length) {
      this.#bucketSeconds = bucketSeconds;
      this.#lanes = piece.channels.map(({ name }) => ({ name, min: [], max: [] }));
      this.#recorded = [];
      this.#count = 0;
      this.#ranges = [];
    }
    this.#unit = piece.unit;
    const limit = Math.ceil(KEPT_SECONDS / bucketSeconds);
    const before = this.#count;
    this.#count += piece.channels[0]?.min.length ?? 0;
    piece.channels.forEach((channel, index) => {
      const lane = this.#lanes[index];
      if (lane === undefined) return;
      lane.min.push(...channel.min);
      lane.max.push(...channel.max);
      if (lane.min.length > limit) {
        lane.min.splice(0, lane.min.length - limit);
        lane.max.splice(0, lane.max.length - limit);
      }
    });
    const last = this.#recorded.at(-1);
    if (recording && this.#wasRecording && last !== undefined) last.to = this.#count;
    else if (recording) this.#recorded.push({ from: before, to: this.#count });
    this.#recorded = this.#recorded.filter(({ to }) => to > this.#count - limit);
    this.#wasRecording = recording;
  }

  /** What is drawn of the last `seconds`; `hold` keeps the scale as it is. `level` is drawn as the swing that a sine of that level has. */
  picture(seconds: number, hold: boolean, level: number | null = null): Lanes {
    const count = Math.max(1, Math.round(seconds / this.#bucketSeconds));
    const lanes = this.#lanes.map(({ name, min, max }) => ({
      name,
      min: lastOf(min, count),
      max: lastOf(max, count),
    }));
    this.#ranges = lanes.map((lane, index) => {
      const before = this.#ranges[index];
      return hold && before !== undefined ? before : steady(lane, before);
    });
    const at = (bucket: number): number => (bucket - this.#count) * this.#bucketSeconds;
    return {
      lanes,
      unit: this.#unit,
      fromSeconds: -seconds,
      toSeconds: 0,
      ranges: this.#ranges,
      ...(level === null ? {} : { swing: level * Math.SQRT2 }),
      marks: this.#recorded.map(({ from, to }) => ({
        from: at(from),
        to: at(to),
        tone: "recorded" as const,
      })),
    };
  }
}

/** The last `count` values; what is missing at the beginning is not a number, and is not drawn. */
function lastOf(values: readonly number[], count: number): number[] {
  const last = values.slice(-count);
  return last.length === count ? last : [...new Array<number>(count - last.length).fill(Number.NaN), ...last];
}

function steady(lane: Lane, before: readonly [number, number] | undefined): [number, number] {
  const [low, high] = rangeOf(lane);
  const margin = Math.max((high - low) * 0.05, 1e-6);
  const wanted: [number, number] = [low - margin, high + margin];
  if (before === undefined) return wanted;
  return [
    wanted[0] < before[0] ? wanted[0] : before[0] + (wanted[0] - before[0]) * SHRINK,
    wanted[1] > before[1] ? wanted[1] : before[1] + (wanted[1] - before[1]) * SHRINK,
  ];
}
