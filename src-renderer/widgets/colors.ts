/** Colours of spectrograms: deep water to sand. Lightness rises evenly with the level, so that any eye reads them. */
import { grouped } from "../locales/format.ts";

const STOPS = [
  [9, 20, 28],
  [10, 62, 78],
  [16, 116, 116],
  [112, 170, 118],
  [232, 200, 120],
  [255, 247, 226],
] as const;

/** Red, green, blue of a level 0 to 1. */
export function colorOf(level: number): [number, number, number] {
  const place = Math.min(1, Math.max(0, level)) * (STOPS.length - 1);
  const index = Math.min(STOPS.length - 2, Math.floor(place));
  const share = place - index;
  const mix = (part: 0 | 1 | 2): number =>
    (STOPS[index]?.[part] ?? 0) * (1 - share) + (STOPS[index + 1]?.[part] ?? 0) * share;
  return [mix(0), mix(1), mix(2)];
}

/** A frequency in few figures. */
export const hertz = (value: number): string =>
  value >= 1000 ? `${grouped(value / 1000, 2)} kHz` : `${grouped(value, 1)} Hz`;
