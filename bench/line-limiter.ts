/**
 * Stands between the app and a board at a TCP port and lets no more bytes a second through than a line does, each way, and none sooner
 * than the line's latency. Counts them. Knows no frames.
 */
import { createConnection, createServer, type Server, type Socket } from "node:net";

export type LineLimits = {
  readonly bytesPerSecond: number;
  readonly latencyMs: number;
};

/** A serial bridge at 115,200 baud, 8N1: ten bits a byte; some milliseconds on the bridge. */
export const SERIAL_115200: LineLimits = { bytesPerSecond: 11_520, latencyMs: 4 };
/** Full-speed USB as CDC boards reach it: 1 MB/s, one-millisecond frames. */
export const USB_FULL_SPEED: LineLimits = { bytesPerSecond: 1_000_000, latencyMs: 1 };

/** Bytes leave in pieces of so much time at most, as on a line. */
const PIECE_MS = 5;

export class LineLimiter {
  toBoard = 0;
  toApp = 0;
  readonly #server: Server;
  readonly #limits: LineLimits;
  readonly #boardPort: number;
  readonly #sockets = new Set<Socket>();

  private constructor(boardPort: number, limits: LineLimits) {
    this.#boardPort = boardPort;
    this.#limits = limits;
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  }

  static async start(boardPort: number, limits: LineLimits): Promise<LineLimiter> {
    const limiter = new LineLimiter(boardPort, limits);
    await new Promise<void>((resolve) => limiter.#server.listen(0, "127.0.0.1", resolve));
    return limiter;
  }

  get port(): string {
    const address = this.#server.address();
    return `tcp://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(app: Socket): void {
    const board = createConnection({ host: "127.0.0.1", port: this.#boardPort, noDelay: true });
    for (const [from, to, count] of [
      [app, board, "toBoard"],
      [board, app, "toApp"],
    ] as const) {
      this.#sockets.add(from);
      const line = new Line(this.#limits, (bytes) => to.write(bytes));
      from.on("data", (bytes) => {
        this[count] += bytes.length;
        line.take(bytes);
      });
      from.on("error", () => {});
      from.on("close", () => {
        this.#sockets.delete(from);
        line.end();
        to.destroy();
      });
    }
  }
}

/** One direction: bytes queue up and leave at the line's speed. */
class Line {
  readonly #limits: LineLimits;
  readonly #write: (bytes: Buffer) => void;
  readonly #queue: { readonly bytes: Buffer; readonly at: number }[] = [];
  #freeAt = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(limits: LineLimits, write: (bytes: Buffer) => void) {
    this.#limits = limits;
    this.#write = write;
  }

  take(bytes: Buffer): void {
    const { bytesPerSecond, latencyMs } = this.#limits;
    const most = Math.max(1, Math.floor((bytesPerSecond * PIECE_MS) / 1000));
    for (let from = 0; from < bytes.length; from += most) {
      const piece = bytes.subarray(from, from + most);
      const begins = Math.max(performance.now(), this.#freeAt);
      this.#freeAt = begins + (1000 * piece.length) / bytesPerSecond;
      this.#queue.push({ bytes: piece, at: this.#freeAt + latencyMs });
    }
    this.#plan();
  }

  end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#queue.length = 0;
  }

  #plan(): void {
    const first = this.#queue[0];
    if (this.#timer !== null || first === undefined) return;
    // Timers count whole milliseconds; what they are late by is made up for, as the times are absolute.
    this.#timer = setTimeout(() => this.#send(), Math.max(0, first.at - performance.now()));
  }

  #send(): void {
    this.#timer = null;
    while (this.#queue[0] !== undefined && this.#queue[0].at <= performance.now()) {
      this.#write((this.#queue.shift() as { bytes: Buffer }).bytes);
    }
    this.#plan();
  }
}
