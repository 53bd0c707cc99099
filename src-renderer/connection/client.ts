/** Typed requests and events over a channel: every answer and event is checked against the contract. Knows no React. */
import {
  type EventName,
  type EventPayload,
  events,
  type RequestName,
  type RequestParams,
  type RequestResult,
  requests,
} from "../../src-shared/contract/index.ts";
import { type ClientMessage, engineMessage } from "../../src-shared/contract/messages.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { Channel, ChannelState } from "./channel.ts";

export type RequestOptions = {
  readonly signal?: AbortSignal | undefined;
  /** Progress of the request, `fraction` 0..1. */
  readonly onProgress?: ((progress: { stage: string; fraction: number }) => void) | undefined;
};

type Waiting = {
  readonly name: RequestName;
  readonly options: RequestOptions;
  resolve(value: unknown): void;
  reject(error: LimpetError): void;
};

type Listener = (payload: unknown) => void;

export type ClientListeners = {
  readonly onState: (state: ChannelState) => void;
  /** How far the long request is that began last, 0..1; null where none is under way. */
  readonly onWork?: (fraction: number | null) => void;
};

export class EngineClient {
  readonly #channel: Channel;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Map<EventName, Set<Listener>>();
  #next = 1;
  #state: ChannelState = "connecting";
  #queue: string[] = [];
  readonly #listener: ClientListeners;
  /** Requests that have told of progress, in the order in which they did so first. */
  readonly #work = new Map<number, number>();

  constructor(channel: Channel, listener: ClientListeners) {
    this.#channel = channel;
    this.#listener = listener;
    channel.onText((text) => this.#receive(text));
    channel.onState((state) => this.#changeState(state));
  }

  /** Sends a request; rejects with a `LimpetError`. Aborting the signal cancels it in the engine. */
  request<N extends RequestName>(
    name: N,
    params: RequestParams<N>,
    options: RequestOptions = {},
  ): Promise<RequestResult<N>> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        name,
        options,
        resolve: (value) => resolve(value as RequestResult<N>),
        reject,
      };
      this.#waiting.set(id, waiting);
      options.signal?.addEventListener("abort", () => this.#send({ kind: "cancel", id }), { once: true });
      this.#send({ kind: "request", id, method: name, params });
    });
  }

  /** Listens to an event; the function returned ends it. */
  on<N extends EventName>(name: N, listener: (payload: EventPayload<N>) => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set<Listener>();
    this.#listeners.set(name, listeners);
    listeners.add(listener as Listener);
    return () => listeners.delete(listener as Listener);
  }

  #send(message: ClientMessage): void {
    const text = JSON.stringify(message);
    if (this.#state === "open") this.#channel.send(text);
    else this.#queue.push(text);
  }

  #changeState(state: ChannelState): void {
    this.#state = state;
    if (state === "open") {
      const queue = this.#queue;
      this.#queue = [];
      for (const text of queue) this.#channel.send(text);
    }
    if (state === "lost") {
      // What was being worked on ended with the engine's process or with the line to it.
      for (const waiting of this.#waiting.values()) {
        waiting.reject(
          new LimpetError("internal", "The engine was lost while it was working.", {
            hint: "What was saved is unharmed. Limpet connects again by itself; then try once more.",
          }),
        );
      }
      this.#waiting.clear();
      this.#work.clear();
      this.#listener.onWork?.(null);
      this.#queue = [];
    }
    this.#listener.onState(state);
  }

  #tellWork(): void {
    this.#listener.onWork?.([...this.#work.values()].at(-1) ?? null);
  }

  #receive(text: string): void {
    const message = engineMessage.parse(JSON.parse(text));
    if (message.kind === "event") {
      const name = message.name as EventName;
      const payload = events[name]?.safeParse(message.payload);
      if (payload?.success) for (const listener of this.#listeners.get(name) ?? []) listener(payload.data);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    if (waiting === undefined) return;
    if (message.kind === "progress") {
      this.#work.set(message.id, message.fraction);
      this.#tellWork();
      waiting.options.onProgress?.(message);
      return;
    }
    this.#waiting.delete(message.id);
    if (this.#work.delete(message.id)) this.#tellWork();
    if (message.kind === "error") {
      waiting.reject(LimpetError.fromData(message.error));
      return;
    }
    const result = requests[waiting.name].result.safeParse(message.result);
    if (result.success) waiting.resolve(result.data);
    else
      waiting.reject(
        new LimpetError("internal", `The engine's answer to ${waiting.name} is not as agreed.`, {
          hint: "Start Limpet again. If it happens again, report it.",
          cause: result.error,
        }),
      );
  }
}

/** Any failure as a `LimpetError`. */
export function asLimpetError(error: unknown): LimpetError {
  if (error instanceof LimpetError) return error;
  return new LimpetError("internal", error instanceof Error ? error.message : String(error), {
    cause: error,
  });
}
