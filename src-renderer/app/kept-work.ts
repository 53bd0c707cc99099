/**
 * Long work that goes on when its place is left, and whose result is there when one comes back: the state of each request by name
 * and what it is about. Knows requests; no looks.
 */
import { useCallback, useMemo } from "react";
import { create } from "zustand";
import type { RequestName, RequestParams, RequestResult } from "../../src-shared/contract/index.ts";
import type { LimpetError } from "../../src-shared/errors.ts";
import { asLimpetError } from "../connection/client.ts";
import { useEngine, type Work } from "./engine-context.ts";

type State = {
  readonly name: RequestName;
  readonly running: boolean;
  readonly stage: string;
  readonly fraction: number;
  readonly startedAt: number;
  readonly error: LimpetError | null;
  readonly result: unknown;
};

const useStates = create<Readonly<Record<string, State>>>(() => ({}));
const aborts = new Map<string, AbortController>();
/** Counts the projects that were open, so that work for an earlier one writes into nothing. */
let era = 0;

const idle = (name: RequestName): State => ({
  name,
  running: false,
  stage: "",
  fraction: 0,
  startedAt: 0,
  error: null,
  result: null,
});

/** Forgets all work: another project is open. The engine has ended what was under way. */
export function forgetWork(): void {
  era++;
  aborts.clear();
  useStates.setState({}, true);
}

/**
 * As `useWork`, but it outlives the component.
 * @param about tells apart requests of one name, for example the experiment's id
 */
export function useKeptWork<N extends RequestName>(name: N, about: string | number = ""): Work<N> {
  const client = useEngine();
  const key = `${name} ${about}`;
  const state = useStates((all) => all[key]);
  const start = useCallback(
    async (params: RequestParams<N>): Promise<RequestResult<N> | null> => {
      const own = era;
      const controller = new AbortController();
      aborts.set(key, controller);
      const change = (next: Partial<State>): void => {
        if (own !== era) return;
        useStates.setState((all) => ({ [key]: { ...(all[key] ?? idle(name)), ...next } }));
      };
      change({ ...idle(name), running: true, startedAt: Date.now() });
      try {
        const result = await client.request(name, params, {
          signal: controller.signal,
          onProgress: ({ stage, fraction }) => change({ stage, fraction }),
        });
        change({ running: false, fraction: 1, result });
        return own === era ? result : null;
      } catch (failure) {
        const error = asLimpetError(failure);
        change({ running: false, error: error.code === "cancelled" ? null : error });
        return null;
      }
    },
    [client, name, key],
  );
  const cancel = useCallback(() => aborts.get(key)?.abort(), [key]);
  const clear = useCallback(
    () =>
      useStates.setState((all) => ({ [key]: { ...(all[key] ?? idle(name)), error: null, result: null } })),
    [key, name],
  );
  return useMemo(() => {
    const { running, stage, fraction, startedAt, error, result } = state ?? idle(name);
    return {
      running,
      stage,
      fraction,
      startedAt,
      error,
      result: result as RequestResult<N> | null,
      start,
      cancel,
      clear,
    };
  }, [state, name, start, cancel, clear]);
}

/** Names of the requests that are under way. */
export const useRunningWork = (): readonly RequestName[] => {
  const states = useStates();
  return useMemo(
    () => [...new Set(Object.values(states).flatMap(({ running, name }) => (running ? [name] : [])))],
    [states],
  );
};
