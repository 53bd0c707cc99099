/**
 * SAM-BA monitor with Arduino's extensions, as the Nano 33 BLE's bootloader speaks it over USB: a command is a letter,
 * hexadecimal numbers and `#`. After shumatech/BOSSA and arduino/BOSSA (branch nrf), src/Samba.cpp: `V` version, `I` chip,
 * `N` binary answers, `S` bytes into RAM, `X` erase from an address to the end, `Y` RAM to flash, `Z` CRC-16, `K` reset.
 * Knows single commands; not what firmware is.
 */
import { LimpetError } from "../../../src-shared/errors.ts";
import { type ByteLine, LineTimeout } from "./byte-line.ts";
import { silentWhile } from "./flasher.ts";

export type SamBaTiming = {
  /** For an ordinary answer, milliseconds. */
  readonly answerMs: number;
  /** For erasing the whole flash. */
  readonly eraseMs: number;
  /** A line on which nothing has come for so long is quiet. */
  readonly quietMs: number;
};

/** An nRF52840 erases a page in at most 85 ms (its product specification, NVMC): 240 pages take 20 seconds. */
export const SAM_BA_TIMING: SamBaTiming = { answerMs: 1000, eraseMs: 30_000, quietMs: 50 };

/** Where the bootloader has room for what is to be written; the largest that it takes at once. */
const BUFFER_BYTES = 4096;
const ATTEMPTS = 3;

export const crc16 = (bytes: Uint8Array): number => {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ ((crc & 0x8000) === 0 ? 0 : 0x1021)) & 0xffff;
  }
  return crc;
};

const hex8 = (value: number): string => value.toString(16).toUpperCase().padStart(8, "0");

/** An answer that is none: noise on the line, or bytes that were lost. */
class WrongAnswer extends Error {}

export class SamBa {
  readonly #line: ByteLine;
  readonly #timing: SamBaTiming;
  readonly #doing: () => string;
  /** The letters in the version's `[Arduino:…]`. */
  #extensions = "";

  constructor(line: ByteLine, timing: SamBaTiming, doing: () => string) {
    this.#line = line;
    this.#timing = timing;
    this.#doing = doing;
  }

  /** Asks who is there. Throws `board-timeout`, and `board-protocol` where it is no SAM-BA monitor with the extensions. */
  async connect(): Promise<{ readonly version: string; readonly chip: string | null }> {
    await this.#resynchronise();
    const version = await this.#retry(async () => this.#text("V#", this.#timing.answerMs));
    this.#extensions = /\[Arduino:([A-Z]+)\]/.exec(version)?.[1] ?? "";
    for (const letter of "XYZ") {
      if (!this.#extensions.includes(letter)) {
        throw new LimpetError(
          "board-protocol",
          `The bootloader at ${this.#line.port} calls itself "${version}" and lacks the command ${letter}.`,
          {
            field: this.#line.port,
            hint: "Limpet writes to Arduino's bootloader of the Nano 33 BLE, which has it.",
          },
        );
      }
    }
    const chip = this.#extensions.includes("I")
      ? await this.#retry(async () => this.#text("I#", this.#timing.answerMs))
      : null;
    return { version, chip };
  }

  /** Erases from `address` to the end of the flash. */
  async erase(address: number): Promise<void> {
    await this.#retry(() => this.#acknowledged(`X${hex8(address)}#`, "X", this.#timing.eraseMs));
  }

  /** Programs one page of 4096 bytes, by way of the RAM at `buffer`. */
  async program(buffer: number, address: number, bytes: Uint8Array): Promise<void> {
    await this.#retry(async () => {
      // Command and data must not share a USB packet; `write` resolves when the bytes have left.
      await this.#send(`S${hex8(buffer)},${hex8(bytes.length)}#`);
      await this.#line.write(bytes);
      await this.#acknowledged(`Y${hex8(buffer)},0#`, "Y", this.#timing.answerMs);
      await this.#acknowledged(`Y${hex8(address)},${hex8(bytes.length)}#`, "Y", this.#timing.answerMs * 5);
    });
  }

  /** CRC-16 (polynomial 0x1021, start 0) of what is in the flash. */
  checksum(address: number, count: number): Promise<number> {
    return this.#retry(async () => {
      await this.#send(`Z${hex8(address)},${hex8(count)}#`);
      const answer = Buffer.from(await this.#line.read(12, this.#timing.answerMs * 5)).toString("latin1");
      const value = /^Z([0-9A-Fa-f]{8})#\n\r$/.exec(answer)?.[1];
      if (value === undefined) throw new WrongAnswer();
      return Number.parseInt(value, 16);
    });
  }

  /** Restarts the board. It leaves the bus; nothing is answered. */
  async reset(): Promise<void> {
    if (this.#extensions.includes("K")) await this.#send("K#");
  }

  #send(command: string): Promise<void> {
    return this.#line.write(Buffer.from(command, "latin1"));
  }

  async #acknowledged(command: string, letter: string, timeoutMs: number): Promise<void> {
    await this.#send(command);
    const answer = Buffer.from(await this.#line.read(3, timeoutMs)).toString("latin1");
    if (answer !== `${letter}\n\r`) throw new WrongAnswer();
  }

  /** A line of text. Its end is `\n\r`; some bootloaders send none, then silence ends it. */
  async #text(command: string, timeoutMs: number): Promise<string> {
    await this.#send(command);
    let text = Buffer.from(await this.#line.read(1, timeoutMs)).toString("latin1");
    text += Buffer.from(await this.#line.readUntilQuiet(this.#timing.quietMs, timeoutMs)).toString("latin1");
    const printable = /^[\x20-\x7e]+/.exec(text)?.[0];
    if (printable === undefined) throw new WrongAnswer();
    return printable;
  }

  /** Every command may be given twice: programming the same bytes changes nothing. */
  async #retry<T>(command: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await command();
      } catch (error) {
        if (!(error instanceof LineTimeout || error instanceof WrongAnswer)) throw error;
        if (attempt === ATTEMPTS) throw silentWhile(this.#line.port, this.#doing());
        await this.#resynchronise();
      }
    }
  }

  /**
   * Brings the monitor to the start of a command, wherever it was left: `#` ends a command that was cut off, and where it is
   * still waiting for the bytes of an `S` it takes them for these, until it answers to `N#`.
   */
  async #resynchronise(): Promise<void> {
    const { quietMs, answerMs } = this.#timing;
    await this.#line.readUntilQuiet(quietMs, answerMs);
    for (let sent = 0; sent <= BUFFER_BYTES; sent += 512) {
      await this.#send(sent === 0 ? "#N#" : `${"#".repeat(512)}N#`);
      const answer = Buffer.from(await this.#line.readUntilQuiet(quietMs, answerMs)).toString("latin1");
      if (answer.endsWith("\n\r")) return;
    }
    throw silentWhile(this.#line.port, this.#doing());
  }
}
