/** The engine's client for components, and long work with progress and cancel. */
import { createContext, useCallback, useContext, useEffect, useRef, useState } from "react";
import type { RequestName, RequestParams, RequestResult } from "../../src-shared/contract/index.ts";
import type { LimpetError } from "../../src-shared/errors.ts";
import { asLimpetError, type EngineClient } from "../connection/client.ts";

export const EngineContext = createContext<EngineClient | null>(null);

export function useEngine(): EngineClient {
  const client = useContext(EngineContext);
  if (client === null) throw new Error("The interface is not connected to an engine.");
  return client;
}

export type Work<N extends RequestName> = {
  readonly running: boolean;
  readonly stage: string;
  readonly fraction: number;
  /** `Date.now()` of the start. */
  readonly startedAt: number;
  readonly error: LimpetError | null;
  readonly result: RequestResult<N> | null;
  start(params: RequestParams<N>): Promise<RequestResult<N> | null>;
  cancel(): void;
  clear(): void;
};

/** One long request at a time with its progress, result and failure. A cancellation leaves no error behind. */
export function useWork<N extends RequestName>(name: N): Work<N> {
  const client = useEngine();
  const abort = useRef<AbortController | null>(null);
  const mounted = useRef(true);
  const [state, setState] = useState({
    running: false,
    stage: "",
    fraction: 0,
    startedAt: 0,
    error: null as LimpetError | null,
    result: null as RequestResult<N> | null,
  });
  useEffect(() => {
    mounted.current = true;
    return () => {
      mounted.current = false;
    };
  }, []);
  const start = useCallback(
    async (params: RequestParams<N>) => {
      const controller = new AbortController();
      abort.current = controller;
      setState({ running: true, stage: "", fraction: 0, startedAt: Date.now(), error: null, result: null });
      try {
        const result = await client.request(name, params, {
          signal: controller.signal,
          onProgress: ({ stage, fraction }) => {
            if (mounted.current) setState((before) => ({ ...before, stage, fraction }));
          },
        });
        setState((before) => ({ ...before, running: false, fraction: 1, result }));
        return result;
      } catch (failure) {
        const error = asLimpetError(failure);
        setState((before) => ({
          ...before,
          running: false,
          error: error.code === "cancelled" ? null : error,
        }));
        return null;
      }
    },
    [client, name],
  );
  const cancel = useCallback(() => abort.current?.abort(), []);
  const clear = useCallback(() => setState((before) => ({ ...before, error: null, result: null })), []);
  return { ...state, start, cancel, clear };
}

/** Asks the engine whenever `params` change; null while unknown. `params` null asks nothing. */
export function useAnswer<N extends RequestName>(
  name: N,
  params: RequestParams<N> | null,
  delayMs = 0,
): {
  readonly answer: RequestResult<N> | null;
  readonly error: LimpetError | null;
  readonly asking: boolean;
} {
  const client = useEngine();
  const key = params === null ? null : JSON.stringify(params);
  const [state, setState] = useState<{
    answer: RequestResult<N> | null;
    error: LimpetError | null;
    asking: boolean;
  }>({ answer: null, error: null, asking: params !== null });
  useEffect(() => {
    if (key === null) return;
    const controller = new AbortController();
    setState((before) => (before.asking ? before : { ...before, asking: true }));
    const timer = setTimeout(() => {
      client
        .request(name, JSON.parse(key) as RequestParams<N>, { signal: controller.signal })
        .then((answer) => {
          if (!controller.signal.aborted) setState({ answer, error: null, asking: false });
        })
        .catch((error: unknown) => {
          if (!controller.signal.aborted)
            setState((before) => ({ ...before, error: asLimpetError(error), asking: false }));
        });
    }, delayMs);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [client, name, key, delayMs]);
  return state;
}
