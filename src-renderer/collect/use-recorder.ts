/** Recording as the user sees it: countdown or waiting for a level, one recording, several or a plan, stop, discard. Knows requests, no looks. */
import i18next from "i18next";
import { useCallback, useEffect, useRef, useState } from "react";
import type { RecordingResult, RequestParams } from "../../src-shared/contract/index.ts";
import type { LimpetError } from "../../src-shared/errors.ts";
import { useEngine, useWork } from "../app/engine-context.ts";
import { connectedBoard, notifyError, useApp } from "../app/store.ts";
import { fixed } from "../locales/format.ts";
import { deleteRecordings } from "../widgets/recording-edits.ts";
import { beep } from "../widgets/sound.ts";
import { isReminderDue, nextClass, planRows } from "./record-plan.ts";
import { countdownOf, type RecorderSettings, useRecorderSettings } from "./recorder-settings.ts";
import { ratesOf, sensorsOf } from "./sensor-choice.ts";

export type Phase =
  | { readonly kind: "idle" }
  | {
      /** `waiting`: the plan waits for the user, to bring the machine into the next state or to do what the reminder says. */
      readonly kind: "countdown" | "recording" | "waiting";
      readonly label: string;
      /** Seconds left of the countdown. */
      readonly left: number;
      readonly take: number;
      readonly of: number;
      /** Why it waits. */
      readonly why?: "class" | "reminder" | undefined;
    };

export type Recorder = {
  readonly phase: Phase;
  readonly error: LimpetError | null;
  /** Records a class as the settings say; asks for a board first where there is none. */
  record(label: string): void;
  /** Records what the plan still wants of each of these classes. */
  recordPlan(labels: readonly string[]): void;
  /** Goes on with a plan that waits. */
  goOn(): void;
  /** Ends countdown or recording and keeps what was recorded. */
  stop(): void;
  /** Ends it and throws the running recording away; that can be undone. */
  discard(): void;
};

type Run = { ended: boolean; discard: boolean; wake: () => void };
type Take = { readonly label: string; readonly take: number; readonly of: number };

const BEEP_HZ = { tick: 660, start: 990, end: 520 };

export function useRecorder(): Recorder {
  const client = useEngine();
  const board = useApp(connectedBoard);
  const work = useWork("recording:start");
  const [phase, setPhase] = useState<Phase>({ kind: "idle" });
  const run = useRef<Run | null>(null);
  const { start } = work;

  /** Countdown and one recording; false where nothing more shall follow. */
  const takeOne = useCallback(
    async (state: Run, take: Take): Promise<boolean> => {
      const settings = useRecorderSettings.getState();
      const countdown = countdownOf(settings);
      const tone = (hertz: number): void => {
        if (settings.sound && (countdown > 0 || settings.start === "level")) beep(hertz);
      };
      for (let left = countdown; left > 0; left--) {
        setPhase({ kind: "countdown", ...take, left });
        tone(BEEP_HZ.tick);
        await sleep(1000, state);
        if (state.ended) return false;
      }
      setPhase({ kind: "recording", ...take, left: 0 });
      tone(BEEP_HZ.start);
      const result = await start({
        label: take.label,
        seconds: settings.mode === "open" ? null : settings.seconds,
        group: settings.group.trim() === "" ? null : settings.group.trim(),
        machine: settings.machine.trim(),
        mount: settings.mount.trim(),
        photo: settings.photo,
        sensors: sensorsOf(board, settings, ratesOf(useApp.getState().recordings)),
        trigger: triggerOf(settings),
      });
      tone(BEEP_HZ.end);
      if (result === null) return false;
      if (state.discard) {
        deleteRecordings(client, [result.recording]);
        return false;
      }
      sayKept(result);
      return !state.ended;
    },
    [board, client, start],
  );

  const begin = useCallback(
    (work: (state: Run) => Promise<void>): void => {
      if (run.current !== null) return;
      if (board === null) {
        useApp.getState().openBoards(true);
        return;
      }
      const mine: Run = { ended: false, discard: false, wake: () => {} };
      run.current = mine;
      void work(mine).finally(() => {
        run.current = null;
        setPhase({ kind: "idle" });
      });
    },
    [board],
  );

  const recordPlan = useCallback(
    (labels: readonly string[]): void => {
      begin(async (state) => {
        let current: string | null = null;
        let made = 0;
        for (;;) {
          const settings = useRecorderSettings.getState();
          const rows = planRows(labels, useApp.getState().recordings, settings);
          const label = nextClass(rows, current);
          const row = rows.find((one) => one.label === label);
          if (label === null || row === undefined) return;
          const take: Take = { label, take: row.done + 1, of: row.wanted };
          const why = label !== current ? "class" : isReminderDue(made, settings) ? "reminder" : null;
          if (label !== current) made = 0;
          current = label;
          if (why !== null) {
            setPhase({ kind: "waiting", ...take, left: 0, why });
            await sleep(null, state);
            if (state.ended) return;
          }
          const before = countOf(label);
          if (!(await takeOne(state, take))) return;
          made++;
          // The next step looks at what there is: the list must have come before.
          await moreThan(before, label);
        }
      });
    },
    [begin, takeOne],
  );

  const record = useCallback(
    (label: string): void => {
      if (label === "") return;
      const { mode, takes } = useRecorderSettings.getState();
      if (mode === "plan") {
        recordPlan([label]);
        return;
      }
      begin(async (state) => {
        const of = mode === "series" ? takes : 1;
        for (let take = 1; take <= of; take++) {
          if (!(await takeOne(state, { label, take, of }))) return;
        }
      });
    },
    [begin, takeOne, recordPlan],
  );

  const end = useCallback(
    (discard: boolean) => {
      const state = run.current;
      if (state === null) return;
      state.ended = true;
      state.discard = discard;
      state.wake();
      client.request("recording:stop", {}).catch(notifyError);
    },
    [client],
  );
  const stop = useCallback(() => end(false), [end]);
  const discard = useCallback(() => end(true), [end]);
  const goOn = useCallback(() => run.current?.wake(), []);
  // Whoever leaves the place lets the countdown go; a recording under way is ended and kept.
  useEffect(() => () => end(false), [end]);
  return { phase, error: work.error, record, recordPlan, goOn, stop, discard };
}

function triggerOf(settings: RecorderSettings): RequestParams<"recording:start">["trigger"] {
  if (settings.start !== "level" || settings.level === null) return null;
  return {
    level: settings.level,
    preSeconds: settings.preSeconds,
    ...(settings.levelSensor === "" ? {} : { sensor: settings.levelSensor }),
  };
}

function sayKept({ label, seconds, lostSamples: lost }: RecordingResult): void {
  useApp.getState().notify({
    level: lost > 0 ? "warning" : "good",
    message: i18next.t("Kept {{seconds}} s of “{{label}}”, {{lost}} samples lost.", {
      seconds: fixed(seconds, 1),
      label,
      lost,
    }),
    hint:
      lost > 0
        ? i18next.t("Use another USB port or a lower rate, then record again. The gap is marked.")
        : undefined,
  });
}

const countOf = (label: string): number =>
  useApp.getState().recordings.filter((one) => one.label === label).length;

/** Waits until the list holds more than `before` recordings of a class; not for ever. */
function moreThan(before: number, label: string): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      stop();
      resolve();
    };
    const look = (): void => {
      if (countOf(label) > before) done();
    };
    const timer = setTimeout(done, 2000);
    const stop = useApp.subscribe(look);
    look();
  });
}

/** Waits for a time, or where that is null until it is woken. */
const sleep = (ms: number | null, state: Run): Promise<void> =>
  new Promise((resolve) => {
    const timer = ms === null ? undefined : setTimeout(resolve, ms);
    state.wake = () => {
      clearTimeout(timer);
      resolve();
    };
  });
