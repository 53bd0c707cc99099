/**
 * A simulated STM32F407 with the bootloader of its system memory (AN3155). It measures the speed by the first 0x7F, checks every
 * check sum, waits without end for what is missing, and answers NACK to what is wrong; as the chip does.
 */
import type { SimulatedBootloader } from "./faulty-line.ts";

const ACK = 0x79;
const NACK = 0x1f;
const KB = 1024;
export const SECTORS = [16, 16, 16, 16, 64, 128, 128, 128, 128, 128, 128, 128].map((kb) => kb * KB);
export const FLASH_ADDRESS = 0x08000000;
const FLASH_BYTES = SECTORS.reduce((sum, bytes) => sum + bytes, 0);
const COMMANDS = [0x00, 0x01, 0x02, 0x11, 0x21, 0x31, 0x44, 0x63, 0x73, 0x82, 0x92];

type Step = { readonly count: (have: readonly number[]) => number; readonly done: (bytes: number[]) => Step };

export class Stm32Board implements SimulatedBootloader {
  readonly flash = new Uint8Array(FLASH_BYTES).fill(0xff);
  state: "reset" | "loader" | "running" | "absent" = "reset";
  /** Answers NACK to the command, write or erase with this number (counted from 0), once. */
  nackAt = -1;
  /** Words at other addresses, such as the chip's memory sizes. */
  readonly registers = new Map<number, number>([[0x1fff7a22, 1024]]);
  writes = 0;
  erases = 0;
  #answers = 0;
  #send: ((bytes: Uint8Array) => void) | null = null;
  #bytes: number[] = [];
  #step: Step;

  constructor(content?: Uint8Array) {
    if (content !== undefined) this.flash.set(content);
    this.#step = this.#command;
  }

  attach(send: ((bytes: Uint8Array) => void) | null): void {
    this.#send = send;
  }

  powerOff(): void {
    this.state = "absent";
  }

  /** Switched on, or reset, with BOOT0 at 1. */
  reset(): void {
    this.state = "reset";
    this.#bytes = [];
    this.#step = this.#command;
  }

  /** Whether a vector table is there: stack pointer and reset vector. */
  get starts(): boolean {
    return this.flash.subarray(0, 8).some((byte) => byte !== 0xff);
  }

  receive(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (this.state === "reset" && byte === 0x7f) {
        this.state = "loader";
        this.#answer(ACK);
      } else if (this.state === "loader") {
        this.#bytes.push(byte);
        if (this.#bytes.length >= this.#step.count(this.#bytes)) {
          const taken = this.#bytes;
          this.#bytes = [];
          this.#step = this.#step.done(taken);
        }
      }
    }
  }

  readonly #command: Step = {
    count: () => 2,
    done: ([command = 0, complement = 0]) => {
      if ((command ^ complement) !== 0xff || !COMMANDS.includes(command)) return this.#refuse();
      switch (command) {
        case 0x00:
          return this.#accept(() => this.#list([0x31, ...COMMANDS]));
        case 0x01:
          return this.#accept(() => {
            this.#answer(0x31, 0, 0, ACK);
            return this.#command;
          });
        case 0x02:
          return this.#accept(() => this.#list([0x04, 0x13]));
        case 0x11:
          return this.#accept(() => this.#address(this.#readCount));
        case 0x21:
          return this.#accept(() => this.#address(() => this.#go()));
        case 0x31:
          return this.#accept(() => this.#address(this.#writeData));
        case 0x44:
          return this.#accept(() => this.#eraseSectors);
        default:
          return this.#accept(() => this.#command);
      }
    },
  };

  #accept(next: () => Step): Step {
    if (this.#answers++ === this.nackAt) {
      this.#answer(NACK);
      return this.#command;
    }
    this.#answer(ACK);
    return next();
  }

  #refuse(): Step {
    this.#answer(NACK);
    return this.#command;
  }

  #list(bytes: readonly number[]): Step {
    this.#answer(bytes.length - 1, ...bytes, ACK);
    return this.#command;
  }

  #address(next: (address: number) => Step): Step {
    return {
      count: () => 5,
      done: (bytes) => {
        const [a = 0, b = 0, c = 0, d = 0] = bytes;
        const address = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
        if (sum(bytes) !== 0 || !this.#known(address)) return this.#refuse();
        return this.#accept(() => next(address));
      },
    };
  }

  #known(address: number): boolean {
    return (
      (address >= FLASH_ADDRESS && address < FLASH_ADDRESS + FLASH_BYTES) || this.registers.has(address & ~3)
    );
  }

  readonly #readCount = (address: number): Step => ({
    count: () => 2,
    done: ([count = 0, complement = 0]) => {
      if ((count ^ complement) !== 0xff) return this.#refuse();
      return this.#accept(() => {
        const bytes = Array.from({ length: count + 1 }, (_none, i) => this.#byteAt(address + i));
        this.#send?.(Uint8Array.from(bytes));
        return this.#command;
      });
    },
  });

  #byteAt(address: number): number {
    const register = this.registers.get(address & ~3);
    if (register !== undefined) return (register >> (8 * (address & 3))) & 0xff;
    return this.flash[address - FLASH_ADDRESS] ?? 0;
  }

  readonly #writeData = (address: number): Step => ({
    count: ([count]) => (count === undefined ? 1 : count + 3),
    done: (bytes) => {
      if (sum(bytes) !== 0) return this.#refuse();
      return this.#accept(() => {
        this.writes++;
        for (const [i, byte] of bytes.slice(1, -1).entries()) {
          const at = address - FLASH_ADDRESS + i;
          this.flash[at] = (this.flash[at] ?? 0) & byte;
        }
        return this.#command;
      });
    },
  });

  readonly #eraseSectors: Step = {
    count: ([high, low]) => {
      if (high === undefined || low === undefined) return 2;
      const count = (high << 8) | low;
      return count >= 0xfffd ? 3 : 2 + 2 * (count + 1) + 1;
    },
    done: (bytes) => {
      if (sum(bytes) !== 0) return this.#refuse();
      return this.#accept(() => {
        this.erases++;
        if (bytes.length === 3) this.flash.fill(0xff);
        for (let i = 2; i + 1 < bytes.length - 1; i += 2)
          this.#erase(((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0));
        return this.#command;
      });
    },
  };

  #erase(sector: number): void {
    const start = SECTORS.slice(0, sector).reduce((total, bytes) => total + bytes, 0);
    this.flash.fill(0xff, start, start + (SECTORS[sector] ?? 0));
  }

  #go(): Step {
    this.state = "running";
    return this.#command;
  }

  #answer(...bytes: number[]): void {
    this.#send?.(Uint8Array.from(bytes));
  }
}

const sum = (bytes: readonly number[]): number => bytes.reduce((total, byte) => total ^ byte, 0);
