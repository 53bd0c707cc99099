/**
 * A serial line as bootloaders use it: commands out, answers in, each with a time limit. Knows no bootloader; how the line is
 * opened is given to it.
 */
import type { LimpetError } from "../../../src-shared/errors.ts";
import { unpluggedWhile } from "./flasher.ts";

export type LineSettings = { readonly baudRate: number; readonly parity: "none" | "even" };

export type LineHandlers = {
  readonly onData: (bytes: Uint8Array) => void;
  /** The line ended without having been closed. */
  readonly onLost: (cause: unknown) => void;
};

export type RawLine = {
  /** Resolves when the bytes have left, so that the next write does not share a USB packet with them. */
  write(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
};

/** Opens a line. Throws `board-not-found`, `board-busy`, `board-permission`. */
export type LineOpener = (port: string, settings: LineSettings, handlers: LineHandlers) => Promise<RawLine>;

/** No answer within the time limit, or not all of it. Callers translate it. */
export class LineTimeout extends Error {
  /** What had come by then. */
  readonly received: Uint8Array;

  constructor(received: Uint8Array) {
    super(`${received.length} bytes came in time`);
    this.received = received;
  }
}

export class ByteLine {
  readonly port: string;
  /** What is being done, for the message if the board is unplugged. */
  readonly #doing: () => string;
  #raw: RawLine | null = null;
  #buffer: Uint8Array = new Uint8Array();
  #lost: LimpetError | null = null;
  #wake: (() => void) | null = null;

  private constructor(port: string, doing: () => string) {
    this.port = port;
    this.#doing = doing;
  }

  static async open(
    open: LineOpener,
    port: string,
    settings: LineSettings,
    doing: () => string,
  ): Promise<ByteLine> {
    const line = new ByteLine(port, doing);
    line.#raw = await open(port, settings, {
      onData: (bytes) => {
        line.#buffer = new Uint8Array(Buffer.concat([line.#buffer, bytes]));
        line.#wake?.();
      },
      onLost: (cause) => {
        line.#lost ??= unpluggedWhile(port, doing(), cause);
        line.#wake?.();
      },
    });
    return line;
  }

  /** Throws `board-unplugged`. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#lost !== null) throw this.#lost;
    try {
      await this.#raw?.write(bytes);
    } catch (error) {
      throw this.#lost ?? unpluggedWhile(this.port, this.#doing(), error);
    }
  }

  /** The next `count` bytes. Throws LineTimeout (the bytes are then gone from the buffer) or `board-unplugged`. */
  async read(count: number, timeoutMs: number): Promise<Uint8Array> {
    const until = performance.now() + timeoutMs;
    while (this.#buffer.length < count) {
      if (this.#lost !== null) throw this.#lost;
      const left = until - performance.now();
      if (left <= 0) throw new LineTimeout(this.#take(this.#buffer.length));
      await this.#change(left);
    }
    return this.#take(count);
  }

  /** Everything that comes until nothing has come for `quietMs`, `limitMs` at the longest. Throws `board-unplugged`. */
  async readUntilQuiet(quietMs: number, limitMs: number): Promise<Uint8Array> {
    const until = performance.now() + limitMs;
    for (;;) {
      if (this.#lost !== null) throw this.#lost;
      const before = this.#buffer.length;
      await this.#change(quietMs);
      if (this.#buffer.length === before || performance.now() > until) return this.#take(this.#buffer.length);
    }
  }

  async close(): Promise<void> {
    const raw = this.#raw;
    this.#raw = null;
    await raw?.close();
  }

  #take(count: number): Uint8Array {
    const bytes = this.#buffer.slice(0, count);
    this.#buffer = this.#buffer.slice(count);
    return bytes;
  }

  #change(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, limitMs);
      const line = this;
      function done() {
        clearTimeout(timer);
        line.#wake = null;
        resolve();
      }
      this.#wake = done;
    });
  }
}
