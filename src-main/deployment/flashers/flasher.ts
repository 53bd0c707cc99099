/**
 * One interface for every way that firmware gets onto a board. A flasher brings the board into its bootloader, writes, checks
 * and restarts it. It never writes the bootloader itself, and writes the page with the vector table last: whatever happens in
 * between, the same flasher can begin anew.
 */
import { LimpetError, throwIfCancelled } from "../../../src-shared/errors.ts";
import type { WorkOptions } from "../../../src-shared/work.ts";
import type { MemoryImage } from "./memory-image.ts";

export type FlashStage = "bootloader" | "erase" | "write" | "verify" | "restart";

export type FlashResult = {
  /** Serial port at which the board is reached after its restart; null where it has none, or has not come back yet. */
  readonly port: string | null;
  /** Bytes written, with what was filled up to whole pages. */
  readonly bytes: number;
  /** Who compared what is in the flash with what was sent. */
  readonly checked: "read-back" | "checksum" | "bootloader";
};

export type Flasher = {
  /** How, in words for people: "SAM-BA over USB". */
  readonly name: string;
  /**
   * Writes an image and restarts the board. Progress goes from 0 to 1 over the whole; the stage is a phrase for people. Throws
   * `board-not-found` (no bootloader), `board-busy`, `board-permission`, `board-unplugged`, `board-timeout`, `board-protocol`,
   * `board-refused` (the bootloader refused, or what it wrote is not what was sent), `invalid-file` (the image is not for this
   * board) and `cancelled`. After any of them the board's bootloader is whole and a further try begins from the start.
   */
  flash(image: MemoryImage, work?: WorkOptions): Promise<FlashResult>;
};

const WORDS: Readonly<Record<FlashStage, string>> = {
  bootloader: "starting the bootloader",
  erase: "erasing the flash",
  write: "writing the firmware",
  verify: "checking the firmware",
  restart: "restarting the board",
};

/** Turns a stage's own fraction into that of the whole, and looks for cancellation at every step. */
export class FlashProgress {
  readonly #work: WorkOptions;
  readonly #shares: readonly (readonly [FlashStage, number])[];
  #stage: FlashStage | null = null;

  /** `shares`: the stages in order, each with its part of the whole; the parts sum to 1. */
  constructor(work: WorkOptions, shares: readonly (readonly [FlashStage, number])[]) {
    this.#work = work;
    this.#shares = shares;
  }

  /** The stage that is under way, for error messages. */
  get doing(): string {
    return this.#stage === null ? "before anything was written" : `while ${WORDS[this.#stage]}`;
  }

  /** Throws `cancelled` where that is wished. */
  at(stage: FlashStage, fraction: number): void {
    throwIfCancelled(this.#work.signal);
    this.#stage = stage;
    let before = 0;
    for (const [name, share] of this.#shares) {
      if (name === stage) {
        this.#work.onProgress?.(WORDS[stage], Math.min(1, before + share * fraction));
        return;
      }
      before += share;
    }
  }
}

/** What to do after any failure: the same for every way, because the bootloader is never written. */
export const TRY_AGAIN =
  "The bootloader is whole. Plug the board in again (press its reset button twice if it does not show up) and repeat.";

export function unpluggedWhile(port: string, doing: string, cause?: unknown): LimpetError {
  return new LimpetError("board-unplugged", `The board at ${port} was unplugged ${doing}.`, {
    field: port,
    hint: TRY_AGAIN,
    cause,
  });
}

export function silentWhile(port: string, doing: string): LimpetError {
  return new LimpetError("board-timeout", `The bootloader at ${port} stopped answering ${doing}.`, {
    field: port,
    hint: TRY_AGAIN,
  });
}

export function differsAt(port: string, address: string): LimpetError {
  return new LimpetError(
    "board-refused",
    `What the board at ${port} holds at ${address} is not what was sent.`,
    {
      field: port,
      hint: `${TRY_AGAIN} If it fails again, the board's flash is worn out.`,
    },
  );
}
