/** Recording as the user sees it: countdown, one recording or several in turn, stop, discard. Knows requests, no looks. */
import i18next from "i18next";
import { useCallback, useEffect, useRef, useState } from "react";
import type { RecordingResult } from "../../src-shared/contract/index.ts";
import type { LimpetError } from "../../src-shared/errors.ts";
import { useEngine, useWork } from "../app/engine-context.ts";
import { connectedBoard, notifyError, useApp } from "../app/store.ts";
import { fixed } from "../locales/format.ts";
import { deleteRecordings } from "../widgets/recording-edits.ts";
import { beep } from "../widgets/sound.ts";
import { useRecorderSettings } from "./recorder-settings.ts";
import { ratesOf, sensorsOf } from "./sensor-choice.ts";

export type Phase =
  | { readonly kind: "idle" }
  | {
      readonly kind: "countdown" | "recording";
      readonly label: string;
      /** Seconds left of the countdown. */
      readonly left: number;
      readonly take: number;
      readonly of: number;
    };

export type Recorder = {
  readonly phase: Phase;
  readonly error: LimpetError | null;
  /** Asks for a board first where there is none. */
  record(label: string): void;
  /** Ends countdown or recording and keeps what was recorded. */
  stop(): void;
  /** Ends it and throws the running recording away; that can be undone. */
  discard(): void;
};

const BEEP_HZ = { tick: 660, start: 990, end: 520 };

export function useRecorder(): Recorder {
  const client = useEngine();
  const board = useApp(connectedBoard);
  const work = useWork("recording:start");
  const [phase, setPhase] = useState<Phase>({ kind: "idle" });
  const run = useRef<{ ended: boolean; discard: boolean; wake: () => void } | null>(null);
  const { start } = work;

  const record = useCallback(
    (label: string): void => {
      if (run.current !== null || label === "") return;
      if (board === null) {
        useApp.getState().openBoards(true);
        return;
      }
      const mine = { ended: false, discard: false, wake: () => {} };
      run.current = mine;
      void takes(mine).finally(() => {
        run.current = null;
        setPhase({ kind: "idle" });
      });

      async function takes(state: typeof mine): Promise<void> {
        const settings = useRecorderSettings.getState();
        const of = settings.mode === "series" ? settings.takes : 1;
        const tone = (hertz: number): void => {
          if (settings.sound && settings.countdown > 0) beep(hertz);
        };
        for (let take = 1; take <= of; take++) {
          for (let left = settings.countdown; left > 0; left--) {
            setPhase({ kind: "countdown", label, left, take, of });
            tone(BEEP_HZ.tick);
            await sleep(1000, state);
            if (state.ended) return;
          }
          setPhase({ kind: "recording", label, left: 0, take, of });
          tone(BEEP_HZ.start);
          const result = await start({
            label,
            seconds: settings.mode === "open" ? null : settings.seconds,
            group: settings.group.trim() === "" ? null : settings.group.trim(),
            sensors: sensorsOf(board, settings, ratesOf(useApp.getState().recordings)),
          });
          tone(BEEP_HZ.end);
          if (result === null) return;
          if (state.discard) {
            deleteRecordings(client, [result.recording]);
            return;
          }
          sayKept(result);
          if (state.ended) return;
        }
      }
    },
    [board, client, start],
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
  // Whoever leaves the place lets the countdown go; a recording under way is ended and kept.
  useEffect(() => () => end(false), [end]);
  return { phase, error: work.error, record, stop, discard };
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

const sleep = (ms: number, state: { wake: () => void }): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    state.wake = () => {
      clearTimeout(timer);
      resolve();
    };
  });
