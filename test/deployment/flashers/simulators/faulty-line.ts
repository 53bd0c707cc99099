/** A serial line between a flasher and a simulated bootloader, with one fault at a chosen place. */

import type { LineHandlers, LineOpener } from "../../../../src-main/deployment/flashers/byte-line.ts";
import { LimpetError } from "../../../../src-shared/errors.ts";

/** A bootloader at the other end of a line. */
export type SimulatedBootloader = {
  /** Connects the bootloader's transmitter; null when the line is closed. */
  attach(send: ((bytes: Uint8Array) => void) | null): void;
  /** Bytes that arrive in one piece. */
  receive(bytes: Uint8Array): void;
  /** What the board does when its plug is pulled. */
  powerOff(): void;
};

export type Fault =
  /** The `at`th byte to the board, or from it, gets lost. */
  | { readonly kind: "lose-to-board" | "lose-from-board"; readonly at: number }
  /** The `at`th byte from the board arrives with one bit changed. */
  | { readonly kind: "flip-from-board"; readonly at: number }
  /** What the board sends from its `at`th byte on comes so much later. */
  | { readonly kind: "delay-from-board"; readonly at: number; readonly ms: number }
  /** The plug is pulled when `at` bytes have arrived at the board. */
  | { readonly kind: "unplug"; readonly at: number };

export class FaultyLine {
  /** Bytes that went either way, to choose places from. */
  toBoard = 0;
  fromBoard = 0;
  /** Count of bytes at the end of every write. */
  readonly writes: number[] = [];
  readonly #fault: Fault | null;
  #delayed = false;

  constructor(fault: Fault | null = null) {
    this.#fault = fault;
  }

  opener(find: (port: string) => SimulatedBootloader | null): LineOpener {
    return (port, _settings, handlers) => {
      const board = find(port);
      if (board === null) {
        return Promise.reject(new LimpetError("board-not-found", `There is no board at ${port}.`));
      }
      return Promise.resolve(this.#open(board, handlers));
    };
  }

  #open(board: SimulatedBootloader, handlers: LineHandlers) {
    let open = true;
    let waiting: Promise<void> = Promise.resolve();
    const deliver = (bytes: Uint8Array) => {
      if (open) handlers.onData(bytes);
    };
    board.attach((bytes) => {
      const kept = this.#pass("from-board", bytes);
      const from = this.fromBoard - bytes.length;
      const fault = this.#fault;
      if (
        fault?.kind === "delay-from-board" &&
        !this.#delayed &&
        fault.at < from + bytes.length &&
        fault.at >= from
      ) {
        this.#delayed = true;
        waiting = new Promise((resolve) => setTimeout(resolve, fault.ms));
      }
      // Answers come after the write that caused them has returned, as on a real line.
      waiting = waiting.then(() => new Promise((resolve) => setImmediate(resolve))).then(() => deliver(kept));
    });
    const lose = () => {
      if (!open) return;
      open = false;
      board.attach(null);
      board.powerOff();
      handlers.onLost(new Error("the device has gone"));
    };
    return {
      write: async (bytes: Uint8Array) => {
        if (!open) throw new Error("the device has gone");
        const before = this.toBoard;
        const kept = this.#pass("to-board", bytes);
        this.writes.push(this.toBoard);
        const fault = this.#fault;
        if (fault?.kind === "unplug" && fault.at < this.toBoard) {
          board.receive(bytes.subarray(0, Math.max(0, fault.at - before)));
          lose();
          throw new Error("the device has gone");
        }
        board.receive(kept);
        await new Promise((resolve) => setImmediate(resolve));
      },
      close: async () => {
        open = false;
        board.attach(null);
      },
    };
  }

  #pass(way: "to-board" | "from-board", bytes: Uint8Array): Uint8Array {
    const before = way === "to-board" ? this.toBoard : this.fromBoard;
    if (way === "to-board") this.toBoard += bytes.length;
    else this.fromBoard += bytes.length;
    const fault = this.#fault;
    const here = fault === null ? -1 : fault.at - before;
    if (here < 0 || here >= bytes.length) return bytes;
    if (fault?.kind === `lose-${way}`) return Uint8Array.from(bytes.filter((_byte, index) => index !== here));
    if (fault?.kind === "flip-from-board" && way === "from-board") {
      return bytes.map((byte, index) => (index === here ? byte ^ 0x10 : byte));
    }
    return bytes;
  }
}

/** A byte line's data for tests: reproducible, without runs of ones. */
export function testBytes(count: number, seed: number): Uint8Array {
  let x = seed;
  return Uint8Array.from({ length: count }, () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x & 0xff;
  });
}

/** Runs tasks with at most `width` at once: faults cost waiting, not computing. */
export async function inParallel<T>(tasks: readonly (() => Promise<T>)[], width = 32): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (next < tasks.length) {
        const index = next++;
        const task = tasks[index];
        if (task !== undefined) results[index] = await task();
      }
    }),
  );
  return results;
}
