/**
 * The contract over a channel: checks each request against its schema, runs its handler, checks the result, and sends it
 * back; progress is thinned out, cancellation goes to the handler's signal, events go to every interface. Knows the
 * contract's tables and envelopes; not what a request does, nor what carries the texts.
 */
import type { Logger } from "pino";
import { z } from "zod";
import {
  type CheckedParams,
  type EventName,
  type EventPayload,
  events,
  type RequestName,
  type RequestResult,
  requests,
} from "../../src-shared/contract/index.ts";
import { clientMessage, type EngineMessage } from "../../src-shared/contract/messages.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import { wholeTurn } from "../threads/turns.ts";
import type { EngineChannel } from "./channel.ts";

/** What a handler gets beside its parameters. */
export type Call = Required<{ [K in keyof WorkOptions]: NonNullable<WorkOptions[K]> }>;

export type Handlers = {
  readonly [N in RequestName]: (
    params: CheckedParams<N>,
    call: Call,
  ) => RequestResult<N> | Promise<RequestResult<N>>;
};

/** Progress of one request is sent at most this often, except for its end. */
const PROGRESS_MS = 50;
/** Items of an answer from which it counts as long. */
const LONG_LIST = 1000;
/** Requests of one interface that may be under way at once. */
const MAX_CALLS = 200;

/** As much of a request as an answer needs. */
const someRequest = z.object({ kind: z.literal("request"), id: z.int() });

type Running = { readonly abort: AbortController };

export class RpcServer {
  readonly #handlers: Partial<Handlers>;
  readonly #log: Logger;
  readonly #channels = new Set<EngineChannel>();

  constructor(handlers: Partial<Handlers>, log: Logger) {
    this.#handlers = handlers;
    this.#log = log;
  }

  /** Serves an interface until its channel closes. What it began goes on, and another interface sees it by its events. */
  connect(channel: EngineChannel): void {
    const running = new Map<number, Running>();
    this.#channels.add(channel);
    channel.onMessage((text) => void this.#receive(channel, running, text));
    channel.onClose(() => this.#channels.delete(channel));
  }

  /** Sends an event to every interface. A payload that breaks the contract is a mistake of ours: it is logged, not sent. */
  emit<N extends EventName>(name: N, payload: EventPayload<N>): void {
    const checked = events[name].safeParse(payload);
    if (!checked.success) {
      this.#log.error({ name, problem: z.prettifyError(checked.error) }, "event does not fit the contract");
      return;
    }
    for (const channel of this.#channels) send(channel, { kind: "event", name, payload: checked.data });
  }

  async #receive(channel: EngineChannel, running: Map<number, Running>, text: string): Promise<void> {
    // No text of the contract holds a NUL; systems cut paths off at one.
    const given = text.includes("\\u0000") ? withoutContent(parseJson(text)) : parseJson(text);
    const message = clientMessage.safeParse(given);
    if (!message.success) {
      this.#log.warn("a message that is none of the contract was passed over");
      const asked = someRequest.safeParse(given);
      // Whoever asked something with a number waits for an answer.
      if (asked.success) {
        const error = new LimpetError("usage", "The request is not part of the contract.", {
          field: "method",
        });
        send(channel, { kind: "error", id: asked.data.id, error: error.toData() });
      }
      return;
    }
    if (message.data.kind === "cancel") {
      running.get(message.data.id)?.abort.abort(new LimpetError("cancelled", "Cancelled."));
      return;
    }
    const { id, method, params } = message.data;
    const abort = new AbortController();
    try {
      if (running.has(id) || running.size >= MAX_CALLS) {
        throw new LimpetError(
          "usage",
          `Request ${id} cannot be taken: too many at once, or the number is in use.`,
        );
      }
      running.set(id, { abort });
      const result = await this.#call(method, params, {
        signal: abort.signal,
        onProgress: progressSender(channel, id),
      });
      send(channel, { kind: "result", id, result });
    } catch (error) {
      send(channel, { kind: "error", id, error: this.#known(error, method, abort.signal).toData() });
    } finally {
      if (running.get(id)?.abort === abort) running.delete(id);
    }
  }

  async #call(method: string, params: unknown, call: Call): Promise<unknown> {
    if (!isRequestName(method)) {
      throw new LimpetError("usage", `There is no request ${method}.`, { field: "method" });
    }
    const schema: { params: z.ZodType; result: z.ZodType } = requests[method];
    const checked = schema.params.safeParse(params ?? {});
    if (!checked.success) {
      const first = checked.error.issues[0];
      const field = first?.path.join(".") ?? "";
      const about = field.startsWith("design.") ? "invalid-design" : "usage";
      throw new LimpetError(about, `${field || method}: ${first?.message ?? "this does not fit"}.`, {
        field: field.replace(/^design\./, ""),
      });
    }
    // The table pairs each name with the types of its own schema; the compiler cannot follow that for a name known only now.
    const handler = this.#handlers[method] as ((params: unknown, call: Call) => unknown) | undefined;
    if (handler === undefined) {
      throw new LimpetError("usage", `This version of Limpet cannot do ${method} yet.`, { field: "method" });
    }
    const answer = await handler(checked.data, call);
    await turnIfLong(answer);
    const result = schema.result.safeParse(answer);
    if (!result.success) {
      throw new LimpetError("internal", `The answer to ${method} does not fit the contract.`, {
        cause: result.error,
      });
    }
    await turnIfLong(result.data);
    return result.data;
  }

  #known(error: unknown, method: string, signal: AbortSignal): LimpetError {
    if (error instanceof LimpetError && error.code !== "internal") {
      this.#log.info({ method, code: error.code, message: error.message }, "a request was refused");
      return error;
    }
    if (signal.aborted) {
      return new LimpetError("cancelled", "Cancelled.", { cause: error });
    }
    this.#log.error({ method, error: stackOf(error) }, "a request failed");
    if (error instanceof LimpetError) {
      return error;
    }
    const message = error instanceof Error ? error.message : String(error);
    return new LimpetError("internal", `Limpet made a mistake: ${message}`, {
      hint: "Nothing saved is lost. The log says more.",
      cause: error,
    });
  }
}

/** Of a list of thousands, making it, checking it and sending it each take a while: others get their turn between. */
async function turnIfLong(answer: unknown): Promise<void> {
  if (Array.isArray(answer) && answer.length > LONG_LIST) await wholeTurn();
}

const isRequestName = (name: string): name is RequestName => Object.hasOwn(requests, name);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** What is left of a message that is not to be carried out: enough for an answer that says so. */
const withoutContent = (given: unknown): unknown => {
  const asked = someRequest.safeParse(given);
  return asked.success ? { kind: "request", id: asked.data.id } : null;
};

function send(channel: EngineChannel, message: EngineMessage): void {
  channel.send(JSON.stringify(message));
}

function progressSender(channel: EngineChannel, id: number): Call["onProgress"] {
  let last = Number.NEGATIVE_INFINITY;
  let lastStage = "";
  return (stage, fraction) => {
    const now = performance.now();
    if (now - last < PROGRESS_MS && stage === lastStage && fraction < 1) return;
    last = now;
    lastStage = stage;
    send(channel, { kind: "progress", id, stage, fraction: Math.min(1, Math.max(0, fraction)) });
  };
}

function stackOf(error: unknown): string {
  const lines: string[] = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    lines.push(cause.stack ?? String(cause));
  return lines.join("\n") || String(error);
}
