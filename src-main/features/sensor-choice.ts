/** What sensors a set of recordings has, and at which rates: what designs and presets are fitted to. Pure. */
import type { RecordingInfo, StreamInfo } from "../../src-shared/contract/index.ts";

export type SensorFacts = {
  readonly sensor: string;
  /** Rate of most recordings, hertz. */
  readonly rateHz: number;
  /** Channel names in the order of the first recording that has the sensor. */
  readonly channels: readonly string[];
  /** Recordings that have it. */
  readonly recordings: number;
  /** Seconds that nine tenths of its recordings reach. */
  readonly shortSeconds: number;
};

/** Rates closer together than this are one rate: clocks of sensors of one kind differ by that much. */
const SAME_RATE = 0.005;

export const sameRate = (a: number, b: number): boolean => Math.abs(a - b) <= SAME_RATE * Math.max(a, b);

/** Recordings that can be learnt from. */
export const usable = (recordings: readonly RecordingInfo[]): RecordingInfo[] =>
  recordings.filter(({ excluded, streams }) => !excluded && streams.length > 0);

/** The sensors in the order of their first appearance. */
export function sensorsOf(recordings: readonly RecordingInfo[]): SensorFacts[] {
  const streams = new Map<string, StreamInfo[]>();
  for (const stream of recordings.flatMap((recording) => recording.streams)) {
    const list = streams.get(stream.sensor);
    if (list === undefined) streams.set(stream.sensor, [stream]);
    else list.push(stream);
  }
  return [...streams].map(([sensor, list]) => {
    const seconds = list.map(({ samples, rateHz }) => samples / rateHz).sort((a, b) => a - b);
    return {
      sensor,
      rateHz: mostCommon(list.map(({ rateHz }) => rateHz)),
      channels: (list[0] as StreamInfo).channels.map(({ name }) => name),
      recordings: list.length,
      shortSeconds: seconds[Math.floor(seconds.length / 10)] ?? 0,
    };
  });
}

/** The most frequent value; of several the first. */
function mostCommon(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best))[0];
}
