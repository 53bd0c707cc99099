/**
 * Stands on the line between board and app and does to frames what bad lines do. Keeps account of which samples went through
 * whole, and in which order: what a recording must then hold follows from it.
 */
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { parseFrames } from "../../src-main/boards/link/frames.ts";
import { MESSAGE_TYPES } from "../../src-main/boards/link/messages.ts";
import { type Random, seededRandom } from "./random.ts";

export const FAULT_KINDS = ["lose", "double", "swap", "flip", "cut", "merge", "noise"] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** A SAMPLES frame that reached the app whole. */
export type Passed = { readonly sensor: number; readonly first: number; readonly count: number };

export type ProxyOptions = {
  readonly boardPort: number;
  readonly random: Random;
  /** Probability of a fault for each frame with samples. */
  readonly faults: number;
  readonly kinds?: readonly FaultKind[] | undefined;
  /** Probability that any other frame, in either direction, is lost. */
  readonly otherLoss?: number | undefined;
};

/** Frames without samples have a chance of their own: how many have samples depends on how fast the computer is. */
type FaultOptions = ProxyOptions & { readonly otherRandom: Random };

const HEAD_BYTES = 24;

export class FaultProxy {
  readonly passed: Passed[] = [];
  readonly injected: Record<FaultKind, number> = {
    lose: 0,
    double: 0,
    swap: 0,
    flip: 0,
    cut: 0,
    merge: 0,
    noise: 0,
  };
  othersLost = 0;
  readonly #options: ProxyOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #apps = new WeakSet<Socket>();

  private constructor(options: ProxyOptions) {
    this.#options = options;
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  }

  static async start(options: ProxyOptions): Promise<FaultProxy> {
    const proxy = new FaultProxy(options);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get port(): string {
    const address = this.#server.address();
    return `tcp://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  }
  /** Faults injected so far. */
  get total(): number {
    return Object.values(this.injected).reduce((sum, count) => sum + count, 0);
  }

  /** Forgets what passed before: for the next recording. */
  forget(): void {
    this.passed.length = 0;
  }

  /** Breaks the line off behind the last frame passed, so that the account of what reached the app stays true. */
  breakLine(): void {
    for (const socket of this.#sockets) {
      if (this.#apps.has(socket)) socket.end();
      else socket.destroy();
    }
  }

  async close(): Promise<void> {
    this.breakLine();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(app: Socket): void {
    const board = createConnection({ host: "127.0.0.1", port: this.#options.boardPort, noDelay: true });
    this.#sockets.add(app);
    this.#apps.add(app);
    this.#sockets.add(board);
    for (const [one, other] of [
      [app, board],
      [board, app],
    ] as const) {
      one.on("error", () => {});
      one.on("close", () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
    const options = {
      ...this.#options,
      otherRandom: seededRandom(this.#options.random.whole(0, 2 ** 31 - 1)),
    };
    const toApp = new FrameFaults(this, options, (bytes) => app.write(bytes));
    board.on(
      "data",
      splitAtZeros((piece) => toApp.take(piece)),
    );
    app.on(
      "data",
      splitAtZeros((piece) => {
        if (options.otherRandom.chance(options.otherLoss ?? 0)) this.othersLost++;
        else board.write(piece);
      }),
    );
  }
}

/** Calls `onPiece` with each run of bytes up to and with its zero. */
function splitAtZeros(onPiece: (piece: Buffer) => void): (bytes: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (bytes) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    let from = 0;
    for (let end = rest.indexOf(0); end >= 0; end = rest.indexOf(0, from)) {
      onPiece(Buffer.from(rest.subarray(from, end + 1)));
      from = end + 1;
    }
    rest = rest.subarray(from);
  };
}

class FrameFaults {
  readonly #proxy: FaultProxy;
  readonly #options: FaultOptions;
  readonly #send: (bytes: Buffer) => void;
  /** A frame that is to come after the next one. */
  #held: { readonly piece: Buffer; readonly samples: Passed } | null = null;
  /** The zero before was cut off: whatever comes next is destroyed with it. */
  #merged = false;

  constructor(proxy: FaultProxy, options: FaultOptions, send: (bytes: Buffer) => void) {
    this.#proxy = proxy;
    this.#options = options;
    this.#send = send;
  }

  take(piece: Buffer): void {
    const samples = samplesOf(piece);
    if (this.#merged) {
      this.#merged = false;
      this.#send(piece);
      return;
    }
    const { random, otherRandom, faults, kinds = FAULT_KINDS, otherLoss = 0 } = this.#options;
    if (samples === null) {
      this.#release();
      if (piece.length > 1 && otherRandom.chance(otherLoss)) this.#proxy.othersLost++;
      else this.#send(piece);
      return;
    }
    if (!random.chance(faults)) {
      this.#pass(piece, samples);
      this.#release();
      return;
    }
    const kind = random.pick(kinds);
    if (kind === "swap" && this.#held !== null) {
      this.#pass(piece, samples);
      return;
    }
    this.#proxy.injected[kind]++;
    switch (kind) {
      case "lose":
        return;
      case "double":
        this.#pass(piece, samples);
        this.#pass(piece, samples);
        return;
      case "swap":
        this.#held = { piece, samples };
        return;
      case "flip": {
        const at = random.whole(0, piece.length - 2);
        piece[at] = (piece[at] as number) ^ (1 << random.whole(0, 7));
        this.#send(piece);
        return;
      }
      case "cut": {
        const left = random.whole(0, piece.length - 2);
        this.#send(Buffer.concat([piece.subarray(0, left), Buffer.of(0)]));
        return;
      }
      case "merge":
        this.#send(piece.subarray(0, random.whole(1, piece.length - 1)));
        this.#merged = true;
        return;
      case "noise": {
        const noise = Buffer.from(Array.from({ length: random.whole(1, 3000) }, () => random.whole(0, 255)));
        this.#send(Buffer.concat([noise, Buffer.of(0)]));
        this.#pass(piece, samples);
      }
    }
  }

  #pass(piece: Buffer, samples: Passed): void {
    this.#proxy.passed.push(samples);
    this.#send(piece);
  }

  #release(): void {
    if (this.#held === null) return;
    const { piece, samples } = this.#held;
    this.#held = null;
    this.#pass(piece, samples);
  }
}

function samplesOf(piece: Buffer): Passed | null {
  const [frame] = parseFrames(new Uint8Array(0), piece).frames;
  if (frame === undefined || frame.type !== MESSAGE_TYPES.samples) return null;
  const view = new DataView(frame.payload.buffer, frame.payload.byteOffset, frame.payload.byteLength);
  const channels = view.getUint8(1);
  return {
    sensor: view.getUint8(0),
    first: Number(view.getBigUint64(8, true)),
    count: (frame.payload.length - HEAD_BYTES) / (channels * 2),
  };
}

/** Samples of a sensor that a recording of `wanted` samples must hold, as ranges in order: late ones are not put back. */
export function expectedRanges(
  passed: readonly Passed[],
  sensor: number,
  wanted: number,
): { readonly from: number; readonly to: number }[] {
  const ranges: { from: number; to: number }[] = [];
  let reached = 0;
  for (const { sensor: of, first, count } of passed) {
    if (of !== sensor || first < reached) continue;
    // Also where it lies behind the end: the recording is over then, and what comes late is not put back.
    reached = first + count;
    if (first >= wanted) continue;
    const to = Math.min(first + count, wanted);
    const last = ranges.at(-1);
    if (last !== undefined && last.to === first) last.to = to;
    else ranges.push({ from: first, to });
  }
  return ranges;
}
