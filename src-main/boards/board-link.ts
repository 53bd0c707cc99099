/**
 * The link with one board: bytes of a transport to messages, requests to answers. Requests go one after another; each is
 * sent again (with the same id) where no answer comes in time. Counts what was lost. Knows no meaning of a message.
 */
import { LimpetError } from "../../src-shared/errors.ts";
import { encodeFrame, framesMissing, isAhead, parseFrames } from "./link/frames.ts";
import { type BoardMessage, decodeMessage, isProtocolError } from "./link/messages.ts";
import { encodeRequest, REQUEST_TYPES, type Request } from "./link/requests.ts";
import { refusal } from "./link/responses.ts";
import type { Transport } from "./transports/transport.ts";

export type Answer = { readonly status: number; readonly body: Uint8Array };

export type LinkHandlers = {
  /** Every message but the answers to requests. */
  readonly onMessage: (message: Exclude<BoardMessage, { kind: "response" }>) => void;
  /** The line ended by itself. */
  readonly onLost: (error: LimpetError) => void;
};

export type LinkCounters = {
  /** Frames that a jump in the sequence numbers shows to be missing. */
  readonly framesLost: number;
  /** Pieces that were no valid frame. */
  readonly framesBad: number;
  readonly bytesReceived: number;
};

export type RequestOptions = {
  /** Time for one try, milliseconds. */
  readonly timeoutMs?: number | undefined;
  /** Tries in all. */
  readonly tries?: number | undefined;
};

const DEFAULT_TIMEOUT_MS = 2000;
const DEFAULT_TRIES = 3;
/** Data requests that may be unanswered at once (docs/protocol.md). */
const MAX_UNANSWERED = 4;

/** A sequence number this little behind the last one is of a late or repeated frame. */
const LATE_FRAMES = 256;

type Waiting = { readonly resolve: (answer: Answer) => void; readonly reject: (error: LimpetError) => void };

export class BoardLink {
  readonly #transport: Transport;
  readonly #handlers: LinkHandlers;
  readonly #waiting = new Map<number, Waiting>();
  #rest: Uint8Array = new Uint8Array(0);
  #lastSequence: number | null = null;
  #sequence = 0;
  // A board repeats the last answer for an id that it knows; a fresh start must not meet one of the session before.
  #nextId = Math.floor(Math.random() * 0x10000);
  #tail: Promise<unknown> = Promise.resolve();
  #failure: LimpetError | null = null;
  #framesLost = 0;
  #lastJump = 0;
  #framesBad = 0;
  #bytesReceived = 0;

  constructor(transport: Transport, handlers: LinkHandlers) {
    this.#transport = transport;
    this.#handlers = handlers;
  }

  get counters(): LinkCounters {
    return { framesLost: this.#framesLost, framesBad: this.#framesBad, bytesReceived: this.#bytesReceived };
  }

  async open(): Promise<void> {
    await this.#transport.open({
      onData: (bytes) => this.#receive(bytes),
      onLost: (error) => this.#end(error, true),
    });
    await this.#transport.write(Uint8Array.of(0));
  }

  async close(): Promise<void> {
    this.#end(new LimpetError("cancelled", "The connection to the board was closed."), false);
    await this.#transport.close();
  }

  /** Forgets where the board's counting stood, after a restart of the board that was asked for. */
  restarted(): void {
    this.#lastSequence = null;
    this.#rest = new Uint8Array(0);
  }

  /** The board restarted by itself, and counts on from 0 already: the last jump of its numbers was no loss. */
  restartedByItself(): void {
    this.#framesLost -= this.#lastJump;
    this.#lastJump = 0;
  }

  /**
   * Sends a request when those before it are answered; resolves with the body of the answer.
   * Throws `board-refused`, `board-timeout` or `board-unplugged`.
   */
  async request(request: Request, options: RequestOptions = {}): Promise<Uint8Array> {
    const { status, body } = await this.ask(request, options);
    if (status !== 0) {
      throw refusal(request.kind, status);
    }
    return body;
  }

  /** The same with the status for the caller to judge. */
  ask(request: Request, options: RequestOptions = {}): Promise<Answer> {
    return this.#inTurn(() => this.#exchange(request, options));
  }

  /** Sends data requests in order, at most four of them unanswered. `onAnswered` counts requests. */
  sendAll(
    requests: readonly Request[],
    onAnswered: (done: number) => void = () => {},
    signal?: AbortSignal,
  ): Promise<void> {
    return this.#inTurn(async () => {
      const pending: Promise<void>[] = [];
      let done = 0;
      for (const request of requests) {
        if (signal?.aborted === true || this.#failure !== null) break;
        const answered = this.#exchange(request, { timeoutMs: 5000 }).then(({ status }) => {
          if (status !== 0) throw refusal(request.kind, status);
          onAnswered(++done);
        });
        // A failure is thrown by the awaits below; until they come to it, it is nobody's.
        answered.catch(() => {});
        pending.push(answered);
        if (pending.length >= MAX_UNANSWERED) await pending.shift();
      }
      await Promise.all(pending);
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work);
    this.#tail = result.catch(() => {});
    return result;
  }

  async #exchange(request: Request, options: RequestOptions): Promise<Answer> {
    const { timeoutMs = DEFAULT_TIMEOUT_MS, tries = DEFAULT_TRIES } = options;
    const id = this.#nextId;
    this.#nextId = (id + 1) & 0xffff;
    const payload = encodeRequest(id, request);
    for (let attempt = 1; attempt <= tries; attempt++) {
      const answer = await this.#attempt(id, request, payload, timeoutMs);
      if (answer !== null) {
        return answer;
      }
    }
    throw new LimpetError(
      "board-timeout",
      `The board at ${this.#transport.port} did not answer the command "${request.kind}".`,
      {
        field: this.#transport.port,
        hint: "Restart the board. Is it running Limpet firmware?",
      },
    );
  }

  async #attempt(
    id: number,
    request: Request,
    payload: Uint8Array,
    timeoutMs: number,
  ): Promise<Answer | null> {
    if (this.#failure !== null) {
      throw this.#failure;
    }
    let timer: NodeJS.Timeout | undefined;
    const answer = new Promise<Answer | null>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      timer = setTimeout(() => resolve(null), timeoutMs);
    });
    answer.catch(() => {});
    try {
      const sequence = this.#sequence;
      this.#sequence = (sequence + 1) & 0xffff;
      await this.#transport.write(encodeFrame({ type: REQUEST_TYPES[request.kind], sequence, payload }));
      return await answer;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
    }
  }

  #receive(bytes: Uint8Array): void {
    this.#bytesReceived += bytes.length;
    const { frames, faults, rest } = parseFrames(this.#rest, bytes);
    this.#rest = rest;
    this.#framesBad += faults.length;
    for (const frame of frames) {
      this.#count(frame.sequence);
      let message: BoardMessage;
      try {
        message = decodeMessage(frame);
      } catch (error) {
        if (!isProtocolError(error)) throw error;
        this.#framesBad++;
        continue;
      }
      if (message.kind === "response") {
        this.#waiting.get(message.request)?.resolve({ status: message.status, body: message.body });
      } else {
        this.#handlers.onMessage(message);
      }
    }
  }

  #count(sequence: number): void {
    const last = this.#lastSequence;
    const missing = last === null ? 0 : framesMissing(last, sequence);
    if (missing > 0) {
      this.#framesLost += missing;
      this.#lastJump = missing;
    }
    if (last === null || isAhead(last, sequence) || !this.#isRecent(sequence, last))
      this.#lastSequence = sequence;
  }

  /** Whether a number behind the last one is a late or repeated frame rather than a count that began anew. */
  #isRecent(sequence: number, last: number): boolean {
    return ((last - sequence) & 0xffff) < LATE_FRAMES;
  }

  #end(error: LimpetError, report: boolean): void {
    if (this.#failure !== null) {
      return;
    }
    this.#failure = error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    if (report) this.#handlers.onLost(error);
  }
}
