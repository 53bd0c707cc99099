/** The level of each sensor's live signal, as it is shown and as a recording may start by it. Filled by the live trace. */
import { create } from "zustand";

export type Level = { readonly value: number; readonly unit: string; readonly rateHz: number };

export const useLiveLevel = create<{
  readonly levels: Readonly<Record<string, Level>>;
  put(sensor: string, level: Level): void;
  clear(): void;
}>((set) => ({
  levels: {},
  put: (sensor, level) => set((state) => ({ levels: { ...state.levels, [sensor]: level } })),
  clear: () => set({ levels: {} }),
}));

/** Where a level lies on the meter, 0 to 1: a scale of decibels, so that a whisper and a hammer both move it. */
export const levelShare = (value: number): number =>
  Math.min(1, Math.max(0, (60 + 20 * Math.log10(Math.max(value, 1e-6))) / 80));

/** A level that is clearly above what there is now: three times as strong, in round figures. */
export function levelAbove(value: number): number {
  const wanted = Math.max(value * 3, 1e-6);
  const power = 10 ** Math.floor(Math.log10(wanted));
  return Number(((Math.ceil((wanted / power) * 2 - 1e-9) / 2) * power).toPrecision(3));
}
