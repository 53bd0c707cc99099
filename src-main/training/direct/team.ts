/**
 * Threads that train one network together: each does its part of every batch, and they meet to add up what they found. Everybody
 * adds in the same order, so all get the same bits and need no leader. Shared memory and Atomics only; knows no networks.
 */
import { LimpetError } from "../../../src-shared/errors.ts";

/** What a member needs to take part; plain data that can be sent to a thread. */
export type TeamSeat = { readonly memory: SharedArrayBuffer; readonly rank: number; readonly size: number };

/** A count of meetings for each member, then one number: whether the team has broken up. */
const HEAD_BYTES = 64;
/** Looks at the other's count before going to sleep: about 20 microseconds. */
const SPINS = 2000;
/** A member that is silent for this long, in milliseconds, is taken for gone. */
const PATIENCE_MS = 60_000;
const SLEEP_MS = 500;

/** Seats for `size` threads that exchange up to `floats` numbers at a time. */
export function createTeam(size: number, floats: number): TeamSeat[] {
  const memory = new SharedArrayBuffer(HEAD_BYTES + 2 * size * floats * Float32Array.BYTES_PER_ELEMENT);
  return Array.from({ length: size }, (_, rank) => ({ memory, rank, size }));
}

export class Team {
  readonly rank: number;
  readonly size: number;
  readonly #counts: Int32Array;
  /** For two meetings in turn, each member's numbers: nobody writes over what another may still read. */
  readonly #slots: Float32Array[][];
  #meetings = 0;

  constructor({ memory, rank, size }: TeamSeat) {
    this.rank = rank;
    this.size = size;
    this.#counts = new Int32Array(memory, 0, HEAD_BYTES / 4);
    const floats = (memory.byteLength - HEAD_BYTES) / 4 / 2 / size;
    this.#slots = [0, 1].map((turn) =>
      Array.from(
        { length: size },
        (_, member) => new Float32Array(memory, HEAD_BYTES + 4 * floats * (turn * size + member), floats),
      ),
    );
  }

  /** A member's part of `count` things, as [from, to). */
  part(count: number): [number, number] {
    return [Math.floor((count * this.rank) / this.size), Math.floor((count * (this.rank + 1)) / this.size)];
  }

  /** Replaces each array by the sum over all members. Blocks until all have come. Throws where one is gone. */
  addUp(...arrays: readonly Float32Array[]): void {
    if (this.size === 1) return;
    const slots = this.#slots[this.#meetings % 2] ?? [];
    let at = 0;
    for (const array of arrays) {
      slots[this.rank]?.set(array, at);
      at += array.length;
    }
    this.#meet();
    at = 0;
    for (const array of arrays) {
      slots.forEach((slot, member) => {
        const theirs = slot.subarray(at, at + array.length);
        if (member === 0) array.set(theirs);
        else for (let i = 0; i < array.length; i++) array[i] = (array[i] ?? 0) + (theirs[i] ?? 0);
      });
      at += array.length;
    }
  }

  #meet(): void {
    const own = ++this.#meetings;
    Atomics.store(this.#counts, this.rank, own);
    Atomics.notify(this.#counts, this.rank);
    for (let other = 0; other < this.size; other++) {
      if (other !== this.rank) this.#await(other, own);
    }
  }

  #await(other: number, meeting: number): void {
    for (let spin = 0; spin < SPINS; spin++) {
      if (Atomics.load(this.#counts, other) >= meeting) return;
    }
    for (let waited = 0; waited < PATIENCE_MS; waited += SLEEP_MS) {
      const seen = Atomics.load(this.#counts, other);
      if (seen >= meeting) return;
      if (Atomics.load(this.#counts, this.size) !== 0) break;
      if (Atomics.wait(this.#counts, other, seen, SLEEP_MS) !== "timed-out") waited = 0;
    }
    throw new LimpetError("training-failed", "A training thread ended before the others.", {
      hint: "Train again; if it happens again, choose a smaller batch or network.",
    });
  }

  /** Tells the others not to wait for this member any more. */
  breakUp(): void {
    Atomics.store(this.#counts, this.size, 1);
    for (let member = 0; member < this.size; member++) Atomics.notify(this.#counts, member);
  }
}
