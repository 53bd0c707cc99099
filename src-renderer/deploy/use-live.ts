/** A live run: the board's answers of the last ten seconds, and the one that is held. Knows requests, no looks. */
import { useCallback, useEffect, useState } from "react";
import type { Prediction } from "../../src-shared/contract/index.ts";
import type { LimpetError } from "../../src-shared/errors.ts";
import { useEngine, useWork } from "../app/engine-context.ts";
import { notifyError } from "../app/store.ts";

export const STRIP_MS = 10_000;

export type Live = {
  readonly on: boolean;
  readonly starting: boolean;
  readonly error: LimpetError | null;
  /** Oldest first. */
  readonly answers: readonly Prediction[];
  start(): Promise<void>;
  stop(): Promise<void>;
};

export function useLive(): Live {
  const client = useEngine();
  const work = useWork("live:start");
  const [on, setOn] = useState(false);
  const [answers, setAnswers] = useState<readonly Prediction[]>([]);
  useEffect(() => {
    const off = client.on("live:prediction", (one) =>
      setAnswers((before) => [
        ...before.filter(({ timeMs }) => timeMs > one.timeMs - STRIP_MS && timeMs < one.timeMs),
        one,
      ]),
    );
    return () => {
      off();
      client.request("live:stop", {}).catch(() => {});
      client.request("boards:preview", { on: false }).catch(() => {});
    };
  }, [client]);
  useEffect(
    () =>
      // A lost board answers no more; the state says so by itself.
      client.on("board:state", (state) => {
        if (state.kind !== "connected") setOn(false);
      }) as () => void,
    [client],
  );
  const { start: begin } = work;
  const start = useCallback(async () => {
    setAnswers([]);
    if ((await begin({})) !== null) setOn(true);
  }, [begin]);
  const stop = useCallback(async () => {
    setOn(false);
    await client.request("live:stop", {}).catch(notifyError);
    await client.request("boards:preview", { on: false }).catch(() => {});
  }, [client]);
  return { on, starting: work.running, error: work.error, answers, start, stop };
}
