/** How recordings are made: kept while the window is open, also when another place is shown. */
import { create } from "zustand";

export type RecorderSettings = {
  /** `fixed` records `seconds`; `open` until stopped; `series` several of them in turn; `plan` so many of every class. */
  readonly mode: "fixed" | "open" | "series" | "plan";
  readonly seconds: number;
  /** How many in turn, or of each class. */
  readonly takes: number;
  /** What begins each recording: a countdown, or the signal itself once it is strong enough. */
  readonly start: "countdown" | "level";
  /** Seconds of warning before each recording. */
  readonly countdown: number;
  /** Level that starts a recording, in the unit of the sensor; null while none was chosen. */
  readonly level: number | null;
  /** Seconds before the level is reached that are kept. */
  readonly preSeconds: number;
  /** Sensor whose level counts; the first one recorded where empty. */
  readonly levelSensor: string;
  /** What to remind of in a plan ("change the speed"), after so many recordings of a class; no reminder where empty. */
  readonly reminder: string;
  readonly remindEvery: number;
  readonly group: string;
  /** Machine and place of the board that new recordings get, and the id of a photo of it. */
  readonly machine: string;
  readonly mount: string;
  readonly photo: number | null;
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
  start: "countdown",
  countdown: 3,
  level: null,
  preSeconds: 0.5,
  levelSensor: "",
  reminder: "",
  remindEvery: 5,
  group: "",
  machine: "",
  mount: "",
  photo: null,
  sound: true,
  without: [],
  rates: {},
  set: (part) => set(part),
}));

/** Seconds of warning that there really are: none where the signal starts the recording. */
export const countdownOf = (settings: Pick<RecorderSettings, "start" | "countdown">): number =>
  settings.start === "level" ? 0 : settings.countdown;

/** How long `takes` recordings take, seconds; null where nobody knows. */
export function totalSeconds(
  settings: Pick<RecorderSettings, "mode" | "seconds" | "takes" | "start" | "countdown">,
  takes = settings.mode === "fixed" ? 1 : settings.takes,
): number | null {
  if (settings.mode === "open" || settings.start === "level") return null;
  return takes * (settings.seconds + countdownOf(settings));
}
