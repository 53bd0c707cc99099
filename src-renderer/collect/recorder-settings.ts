/** How recordings are made: kept while the window is open, also when another place is shown. */
import { create } from "zustand";

export type RecorderSettings = {
  /** `fixed` records `seconds`; `open` until stopped; `series` several of them, each after a countdown. */
  readonly mode: "fixed" | "open" | "series";
  readonly seconds: number;
  readonly takes: number;
  /** Seconds of warning before each recording. */
  readonly countdown: number;
  readonly group: string;
  readonly sound: boolean;
  /** Sensors that are left out, by id, and rates that differ from the sensor's first one. */
  readonly without: readonly string[];
  readonly rates: Readonly<Record<string, number>>;
  set(part: Partial<Omit<RecorderSettings, "set">>): void;
};

export const useRecorderSettings = create<RecorderSettings>((set) => ({
  mode: "fixed",
  seconds: 5,
  takes: 10,
  countdown: 3,
  group: "",
  sound: true,
  without: [],
  rates: {},
  set: (part) => set(part),
}));

/** How long it all takes, seconds; null where nobody knows. */
export function totalSeconds(
  settings: Pick<RecorderSettings, "mode" | "seconds" | "takes" | "countdown">,
): number | null {
  if (settings.mode === "open") return null;
  const each = settings.seconds + settings.countdown;
  return settings.mode === "series" ? settings.takes * each : each;
}
