/**
 * DAPLink's own commands over CMSIS-DAP (HID reports of 64 bytes): a stream of Intel HEX to the interface chip, which writes the
 * target. After DAPLink, source/daplink/cmsis-dap/DAP_vendor.c: 0x80 unique id, 0x89 reset, 0x8A open, 0x8B close, 0x8C write,
 * 0x8D page erase. Knows single commands; how reports travel is given to it.
 */
import { LimpetError } from "../../../src-shared/errors.ts";
import { silentWhile, TRY_AGAIN, unpluggedWhile } from "./flasher.ts";

const UNIQUE_ID = 0x80;
const RESET = 0x89;
const OPEN = 0x8a;
const CLOSE = 0x8b;
const WRITE = 0x8c;
const ERASE_MODE = 0x8d;

const STREAM_INTEL_HEX = 1;
const PAGE_ERASE = 1;
const REPORT_BYTES = 64;
/** A report without command and count. */
export const DAP_CHUNK_BYTES = 62;

/** Statuses of DAPLink (source/daplink/error.h) that are no failure while data comes: 16 done, 17 done or more to come. */
const FINE = new Set([0, 16, 17]);
const DONE = new Set([0, 16, 17]);

const REASONS: Readonly<Record<number, string>> = {
  7: "the target could not be halted",
  10: "the target could not be initialised",
  11: "the image would set the chip's security bits",
  12: "the target is locked",
  13: "a page of the flash could not be erased",
  14: "the flash could not be erased",
  15: "the flash could not be written",
  18: "a checksum of the hex stream was wrong",
  19: "the hex stream could not be read",
  20: "the hex stream could not be written",
  21: "the hex stream is for another chip",
};

/** A CMSIS-DAP device: reports out and in. */
export type HidDevice = {
  /** Sends one report of at most 64 bytes. Rejects where the device has gone. */
  write(report: Uint8Array): Promise<void>;
  /** The next report; null where none comes in time. Rejects where the device has gone. */
  read(timeoutMs: number): Promise<Uint8Array | null>;
  close(): Promise<void>;
};

/** Opens the device at a path, or with a serial number, as its lister names it. */
export type HidOpener = (path: string) => Promise<HidDevice>;

export type DapTiming = {
  readonly answerMs: number;
  /** For an answer that waits for the flash: erasing comes with the first write, and takes longest. */
  readonly flashMs: number;
};
export const DAP_TIMING: DapTiming = { answerMs: 1000, flashMs: 20_000 };

export class CmsisDap {
  readonly #device: HidDevice;
  readonly #name: string;
  readonly #timing: DapTiming;
  readonly #doing: () => string;

  constructor(device: HidDevice, name: string, timing: DapTiming, doing: () => string) {
    this.#device = device;
    this.#name = name;
    this.#timing = timing;
    this.#doing = doing;
  }

  /** The interface chip's unique id; its first four digits name the kind of board. */
  async uniqueId(): Promise<string> {
    const answer = await this.#command([UNIQUE_ID], this.#timing.answerMs);
    const count = answer[1] ?? 0;
    return Buffer.from(answer.subarray(2, 2 + count)).toString("latin1");
  }

  /** Opens a stream of Intel HEX; one that an earlier try left open is closed first. Only the pages that come are erased. */
  async openStream(): Promise<void> {
    await this.#command([CLOSE], this.#timing.flashMs);
    // Older interface firmware lacks the command and erases the whole chip.
    await this.#command([ERASE_MODE, PAGE_ERASE], this.#timing.answerMs);
    this.#require(await this.#command([OPEN, STREAM_INTEL_HEX], this.#timing.answerMs), DONE);
  }

  /** Sends at most 62 bytes of the stream. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#require(await this.#command([WRITE, bytes.length, ...bytes], this.#timing.flashMs), FINE);
  }

  /** Ends the stream; what was sent is then in the flash. */
  async closeStream(): Promise<void> {
    this.#require(await this.#command([CLOSE], this.#timing.flashMs), DONE);
  }

  /** Restarts the target. */
  async reset(): Promise<void> {
    await this.#command([RESET], this.#timing.answerMs);
  }

  #require(answer: Uint8Array, allowed: ReadonlySet<number>): void {
    const status = answer[1] ?? 1;
    if (allowed.has(status)) return;
    const reason = REASONS[status] ?? `error ${status}`;
    throw new LimpetError("board-refused", `The interface chip of ${this.#name} reports: ${reason}.`, {
      field: this.#name,
      hint: TRY_AGAIN,
    });
  }

  async #command(request: readonly number[], timeoutMs: number): Promise<Uint8Array> {
    const report = new Uint8Array(REPORT_BYTES);
    report.set(request);
    const until = performance.now() + timeoutMs;
    try {
      await this.#device.write(report);
      for (;;) {
        const answer = await this.#device.read(Math.max(1, until - performance.now()));
        if (answer === null) throw silentWhile(this.#name, this.#doing());
        // An answer to a command that was given up comes late; 0xFF says that the command is not known.
        if (answer[0] === request[0]) return answer;
        if (answer[0] === 0xff) return Uint8Array.of(request[0] ?? 0, 1);
      }
    } catch (error) {
      if (error instanceof LimpetError) throw error;
      throw unpluggedWhile(this.#name, this.#doing(), error);
    }
  }
}
