/**
 * A simulated board with a UF2 drive, after Adafruit's nRF52 bootloader (src/usb/uf2/ghostfat.c, flash_nrf5x.c) and the RP2040's ROM:
 * every 512-byte sector that is written is looked at by itself, in whatever order; an erase page is kept in RAM until another one
 * begins (`cached`), or erased when its first block comes (RP2040). When all blocks are there, the board restarts and the drive is gone.
 */
import type { DriveAccess } from "../../../../src-main/deployment/flashers/drives.ts";
import type { UsbPort } from "../../../../src-main/deployment/flashers/serial-line.ts";
import { decodeUf2Block } from "../../../../src-main/deployment/flashers/uf2.ts";

export type Uf2DriveFault =
  | { readonly kind: "unplug"; readonly at: number }
  /** A sector that the host never sends. */
  | { readonly kind: "lose-sector"; readonly at: number }
  | { readonly kind: "full" }
  /** Every sector takes so long. */
  | { readonly kind: "slow"; readonly ms: number };

export type Uf2Chip = {
  readonly boardId: string;
  readonly family: number;
  readonly start: number;
  readonly bytes: number;
  readonly erases: "cached" | "at-first-block";
};

const PAGE = 4096;
const DRIVE = "/media/user/BOOT";

export class Uf2DriveBoard {
  readonly chip: Uf2Chip;
  readonly flash: Uint8Array;
  state: "application" | "bootloader" | "absent" = "application";
  touches = 0;
  #fault: Uf2DriveFault | null;
  #blocks = new Set<number>();
  #erased = new Set<number>();
  #cached: { page: number; bytes: Uint8Array } | null = null;

  constructor(chip: Uf2Chip, content: Uint8Array, fault: Uf2DriveFault | null = null) {
    this.chip = chip;
    this.flash = new Uint8Array(chip.bytes).fill(0xff);
    this.flash.set(content);
    this.#fault = fault;
  }

  get starts(): boolean {
    return this.flash.subarray(0, 8).some((byte) => byte !== 0xff);
  }

  /** Plugged in with the button held, and without the fault. */
  replug(): void {
    this.#fault = null;
    this.#enter();
  }

  #enter(): void {
    this.state = "bootloader";
    this.#blocks = new Set();
    this.#erased = new Set();
    this.#cached = null;
  }

  readonly list = async (): Promise<UsbPort[]> =>
    this.state === "application" ? [{ path: "/dev/ttyACM0", usb: "2886:8045", serialNumber: "XY" }] : [];

  readonly touch = async (): Promise<void> => {
    this.touches++;
    this.state = "absent";
    setTimeout(() => this.#enter(), 15);
  };

  readonly drives: DriveAccess = {
    list: async () => ["/media/user/stick", ...(this.state === "bootloader" ? [DRIVE] : [])],
    readText: async (drive, name) =>
      drive === DRIVE && this.state === "bootloader" && name === "INFO_UF2.TXT"
        ? `UF2 Bootloader 0.6.1\r\nModel: A Board\r\nBoard-ID: ${this.chip.boardId}\r\nDate: Nov 25 2026\r\n`
        : null,
    write: async (_drive, _name, bytes, onWritten) => {
      if (this.#fault?.kind === "full") throw Object.assign(new Error("no space"), { code: "ENOSPC" });
      for (let at = 0; at < bytes.length; at += 512) {
        const fault = this.#fault;
        if (fault?.kind === "slow") await new Promise((resolve) => setTimeout(resolve, fault.ms));
        if (fault?.kind === "unplug" && at >= fault.at) this.state = "absent";
        if (this.state !== "bootloader")
          throw Object.assign(new Error("input/output error"), { code: "EIO" });
        if (fault?.kind !== "lose-sector" || at !== fault.at) this.#sector(bytes.subarray(at, at + 512));
        if ((at / 512) % 8 === 7) onWritten(at + 512);
      }
      // The system notices a drive that restarted only when it closes the file.
      if (this.state !== "bootloader") throw Object.assign(new Error("no such device"), { code: "ENODEV" });
      onWritten(bytes.length);
    },
  };

  #sector(sector: Uint8Array): void {
    const block = decodeUf2Block(sector);
    if (block === null || block.family !== this.chip.family) return;
    const at = block.address - this.chip.start;
    if (at < 0 || at + block.bytes.length > this.flash.length) return;
    this.#program(at, block.bytes);
    this.#blocks.add(block.index);
    if (this.#blocks.size === block.count) {
      this.#flush();
      this.state = "absent";
      setTimeout(() => {
        this.state = "application";
      }, 20);
    }
  }

  #program(at: number, bytes: Uint8Array): void {
    const page = at - (at % PAGE);
    if (this.chip.erases === "cached") {
      if (this.#cached?.page !== page) {
        this.#flush();
        this.#cached = { page, bytes: this.flash.slice(page, page + PAGE) };
      }
      this.#cached.bytes.set(bytes, at - page);
      return;
    }
    if (!this.#erased.has(page)) {
      this.#erased.add(page);
      this.flash.fill(0xff, page, page + PAGE);
    }
    for (const [i, byte] of bytes.entries()) this.flash[at + i] = (this.flash[at + i] ?? 0) & byte;
  }

  #flush(): void {
    if (this.#cached !== null) this.flash.set(this.#cached.bytes, this.#cached.page);
    this.#cached = null;
  }
}
