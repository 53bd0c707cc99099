/**
 * The bootloader in the system memory of STM32 chips, over UART (ST, AN3155, "USART protocol used in the STM32 bootloader"):
 * every part of a command ends with a check sum and is answered by ACK or NACK. Knows single commands; not what firmware is.
 */
import { LimpetError } from "../../../src-shared/errors.ts";
import { type ByteLine, LineTimeout } from "./byte-line.ts";
import { silentWhile } from "./flasher.ts";
import { hexAddress } from "./memory-image.ts";

const ACK = 0x79;
const NACK = 0x1f;
const INIT = 0x7f;
const GET = 0x00;
const GET_ID = 0x02;
const READ = 0x11;
const GO = 0x21;
const WRITE = 0x31;
const EXTENDED_ERASE = 0x44;

/** Most bytes that READ and WRITE carry. */
export const STM32_BLOCK_BYTES = 256;
const ATTEMPTS = 3;

export type Stm32Timing = {
  readonly answerMs: number;
  /** For one sector: 128 KiB of an STM32F407 take 4 seconds at the most (DS8626, flash memory characteristics). */
  readonly eraseMs: number;
  readonly quietMs: number;
};
export const STM32_TIMING: Stm32Timing = { answerMs: 1000, eraseMs: 5000, quietMs: 30 };

/** NACK, or a byte that is neither ACK nor NACK. */
class Refused extends Error {}

const xor = (bytes: Uint8Array): number => bytes.reduce((sum, byte) => sum ^ byte, 0);

const withSum = (bytes: readonly number[]): Uint8Array => {
  const body = Uint8Array.from(bytes);
  return Uint8Array.of(...body, xor(body));
};

const addressBytes = (address: number): Uint8Array =>
  withSum([address >>> 24, (address >>> 16) & 0xff, (address >>> 8) & 0xff, address & 0xff]);

export class Stm32Uart {
  readonly #line: ByteLine;
  readonly #timing: Stm32Timing;
  readonly #doing: () => string;

  constructor(line: ByteLine, timing: Stm32Timing, doing: () => string) {
    this.#line = line;
    this.#timing = timing;
    this.#doing = doing;
  }

  /**
   * Makes the bootloader measure the speed of the line, or finds it ready from an earlier try; asks for its version and the
   * chip's product id. Throws `board-timeout` where none answers, `board-protocol` where it lacks a command.
   */
  async connect(): Promise<{ readonly version: number; readonly productId: number }> {
    await this.#synchronise();
    const [version = 0, ...commands] = await this.#retry(() => this.#list(GET));
    for (const command of [READ, GO, WRITE, EXTENDED_ERASE]) {
      if (!commands.includes(command)) {
        throw new LimpetError(
          "board-protocol",
          `The bootloader at ${this.#line.port} lacks the command 0x${command.toString(16)}.`,
          {
            field: this.#line.port,
            hint: "Limpet writes to STM32 chips with extended erase, such as the STM32F4.",
          },
        );
      }
    }
    const [high = 0, low = 0] = await this.#retry(() => this.#list(GET_ID));
    return { version, productId: (high << 8) | low };
  }

  /** Erases sectors by their numbers. */
  async erase(sectors: readonly number[]): Promise<void> {
    const count = sectors.length - 1;
    const numbers = [count, ...sectors].flatMap((value) => [value >> 8, value & 0xff]);
    await this.#retry(async () => {
      await this.#command(EXTENDED_ERASE);
      await this.#line.write(withSum(numbers));
      await this.#acknowledge(this.#timing.eraseMs * sectors.length);
    });
  }

  /** Writes 1 to 256 bytes, a multiple of 4, at an address that is a multiple of 4. */
  async write(address: number, bytes: Uint8Array): Promise<void> {
    let first = true;
    await this.#retry(async () => {
      // After a lost answer the bytes may be there. Writing them again would harm chips with error correction.
      if (!first && Buffer.compare(await this.#readOnce(address, bytes.length), bytes) === 0) return;
      first = false;
      await this.#command(WRITE);
      await this.#line.write(addressBytes(address));
      await this.#acknowledge(this.#timing.answerMs);
      await this.#line.write(withSum([bytes.length - 1, ...bytes]));
      await this.#acknowledge(this.#timing.answerMs);
    });
  }

  /** Reads 1 to 256 bytes. */
  read(address: number, count: number): Promise<Uint8Array> {
    return this.#retry(() => this.#readOnce(address, count));
  }

  /** Starts the program whose vector table is at `address`. */
  async go(address: number): Promise<void> {
    await this.#retry(async () => {
      await this.#command(GO);
      await this.#line.write(addressBytes(address));
      await this.#acknowledge(this.#timing.answerMs);
    });
  }

  async #readOnce(address: number, count: number): Promise<Uint8Array> {
    await this.#command(READ);
    await this.#line.write(addressBytes(address));
    await this.#acknowledge(this.#timing.answerMs);
    await this.#line.write(Uint8Array.of(count - 1, ~(count - 1) & 0xff));
    await this.#acknowledge(this.#timing.answerMs);
    return this.#line.read(count, this.#timing.answerMs);
  }

  /** GET and GET_ID answer with a count, that many bytes and one more, between two ACKs. */
  async #list(command: number): Promise<Uint8Array> {
    await this.#command(command);
    const [count = 0] = await this.#line.read(1, this.#timing.answerMs);
    const bytes = await this.#line.read(count + 1, this.#timing.answerMs);
    await this.#acknowledge(this.#timing.answerMs);
    return bytes;
  }

  async #command(command: number): Promise<void> {
    await this.#line.write(Uint8Array.of(command, ~command & 0xff));
    await this.#acknowledge(this.#timing.answerMs);
  }

  async #acknowledge(timeoutMs: number): Promise<void> {
    const [answer] = await this.#line.read(1, timeoutMs);
    if (answer !== ACK) throw new Refused(answer === NACK ? "NACK" : `0x${answer?.toString(16)}`);
  }

  async #retry<T>(command: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await command();
      } catch (error) {
        const refused = error instanceof Refused;
        if (!refused && !(error instanceof LineTimeout)) throw error;
        if (attempt === ATTEMPTS)
          throw refused ? this.#refusal() : silentWhile(this.#line.port, this.#doing());
        await this.#resynchronise();
      }
    }
  }

  #refusal(): LimpetError {
    return new LimpetError(
      "board-refused",
      `The bootloader at ${this.#line.port} refused ${this.#doing()} (NACK, three times).`,
      {
        field: this.#line.port,
        hint: "The chip's flash may be protected against reading or writing (option bytes); take that off with ST's own tool.",
      },
    );
  }

  async #synchronise(): Promise<void> {
    await this.#line.readUntilQuiet(this.#timing.quietMs, this.#timing.answerMs);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      await this.#line.write(Uint8Array.of(INIT));
      // ACK: it has measured the speed. NACK: it was ready, and this was half a command and its wrong complement.
      const answer = await this.#line.readUntilQuiet(this.#timing.quietMs * 3, this.#timing.answerMs);
      if (answer.at(-1) === ACK || answer.at(-1) === NACK) return;
    }
    await this.#resynchronise();
  }

  /**
   * Brings the bootloader to the start of a command, wherever it was left: it may wait for up to 257 bytes of data. What is sent
   * is no command, and the only data that it could pass for are ones, which change nothing in flash. A NACK right after a single
   * byte says that the bootloader now begins anew.
   */
  async #resynchronise(): Promise<void> {
    const { quietMs, answerMs } = this.#timing;
    await this.#line.readUntilQuiet(quietMs, answerMs);
    for (const many of [0, STM32_BLOCK_BYTES + 24]) {
      if (many > 0) {
        await this.#line.write(new Uint8Array(many).fill(0xff));
        await this.#line.readUntilQuiet(quietMs, answerMs);
      }
      for (let single = 0; single < 8; single++) {
        await this.#line.write(Uint8Array.of(0xff));
        const answer = await this.#line.readUntilQuiet(quietMs, answerMs);
        if (answer.at(-1) === NACK) return;
      }
    }
    throw new LimpetError("board-timeout", `No STM32 bootloader answers at ${this.#line.port}.`, {
      field: this.#line.port,
      hint: "Connect BOOT0 to 3 V, press reset, and try again. TX and RX of the cable must be crossed.",
    });
  }
}

/** Sector numbers that cover `start` to `end` (exclusive). Sizes in bytes, from sector 0 on, the first at `base`. */
export function sectorsOf(base: number, sizes: readonly number[], start: number, end: number): number[] {
  const found: number[] = [];
  let at = base;
  for (const [number, size] of sizes.entries()) {
    if (at < end && at + size > start) found.push(number);
    at += size;
  }
  if (end > at) throw new LimpetError("invalid-file", `The chip has no flash at ${hexAddress(end - 1)}.`);
  return found;
}
