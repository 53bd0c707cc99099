/**
 * A simulated board with the SAM-BA monitor and Arduino's extensions. Two chips: the Nano 33 BLE's nRF52840 (version 2.0,
 * `IKXYZ`), and a SAMD21 (Arduino Zero, `XYZ`) as the bossac of Debian knows it. After the monitor of Arduino's SAMD core
 * (bootloaders/zero/sam_ba_monitor.c): one command letter, hex numbers, `#`; a `,` moves the number into the address.
 */
import type { UsbPort } from "../../../../src-main/deployment/flashers/serial-line.ts";
import type { SimulatedBootloader } from "./faulty-line.ts";

export type SamBaChip = {
  readonly version: string;
  /** Answer to `I`; null where the monitor lacks the command. */
  readonly id: string | null;
  readonly flashBytes: number;
  readonly pageBytes: number;
  /** Address that flash has for `Y`, `Z` and `R`. */
  readonly flashAddress: number;
  /** Where `S` may put bytes. */
  readonly ram: { readonly address: number; readonly bytes: number };
  /** Words at other addresses. */
  readonly registers: ReadonlyMap<number, number>;
  /** Whether `X` only notes what to erase, and `Y` erases each page before it writes it (the Nano's erases in no time). */
  readonly erasesLate: boolean;
};

export const NANO_33_BLE: SamBaChip = {
  version: "Arduino Bootloader (SAM-BA extended) 2.0 [Arduino:IKXYZ]",
  id: "nRF52840-QIAA",
  flashBytes: 32 * 4096,
  pageBytes: 4096,
  flashAddress: 0,
  ram: { address: 0, bytes: 0x2000 },
  registers: new Map(),
  erasesLate: true,
};

/** ATSAMD21G18A: CPUID of a Cortex-M0+, DSU DID 0x10010005, NVM always ready. 8 KB of bootloader come first. */
export const ARDUINO_ZERO: SamBaChip = {
  version: "v2.0 [Arduino:XYZ] Nov 25 2026 10:00:00",
  id: null,
  flashBytes: 256 * 1024,
  pageBytes: 64,
  flashAddress: 0,
  ram: { address: 0x20000000, bytes: 32 * 1024 },
  registers: new Map([
    [0xe000ed00, 0x410cc601],
    [0x41002018, 0x10010005],
    [0x41004014, 0x00000001],
  ]),
  erasesLate: false,
};

const hexDigit = (byte: number): number => Number.parseInt(String.fromCharCode(byte), 16);

export class SamBaBoard implements SimulatedBootloader {
  readonly chip: SamBaChip;
  readonly flash: Uint8Array;
  state: "application" | "bootloader" | "absent" = "bootloader";
  /** Commands that were carried out, by letter. */
  readonly seen: string[] = [];
  readonly #ram: Uint8Array;
  #send: ((bytes: Uint8Array) => void) | null = null;
  #command = "z";
  #number = 0;
  #address = 0;
  #source = 0;
  /** Bytes that an `S` still waits for. */
  #awaited = 0;
  #terminal = false;
  /** Pages from here on are to be erased when they are written. */
  #eraseFrom = Number.POSITIVE_INFINITY;

  constructor(chip: SamBaChip, content?: Uint8Array) {
    this.chip = chip;
    this.flash = new Uint8Array(chip.flashBytes).fill(0xff);
    if (content !== undefined) this.flash.set(content);
    this.#ram = new Uint8Array(chip.ram.bytes);
  }

  attach(send: ((bytes: Uint8Array) => void) | null): void {
    this.#send = send;
  }

  /** Unplugged: flash stays, everything else is forgotten. */
  powerOff(): void {
    this.state = "absent";
  }

  /** Plugged in again; a blank vector table, or a double press of reset, leads into the bootloader. */
  plugIn(): void {
    this.state = "bootloader";
    this.#command = "z";
    this.#number = 0;
    this.#awaited = 0;
    this.#terminal = false;
    this.#eraseFrom = Number.POSITIVE_INFINITY;
  }

  /** Whether the bootloader would start what is in the flash. */
  get starts(): boolean {
    return this.flash.subarray(0, 8).some((byte) => byte !== 0xff);
  }

  receive(bytes: Uint8Array): void {
    if (this.state !== "bootloader") return;
    for (let at = 0; at < bytes.length; at++) {
      if (this.#awaited > 0) {
        const count = Math.min(this.#awaited, bytes.length - at);
        this.#writeRam(this.#address, bytes.subarray(at, at + count));
        this.#address += count;
        this.#awaited -= count;
        at += count - 1;
        continue;
      }
      this.#take(bytes[at] ?? 0);
    }
  }

  #take(byte: number): void {
    const character = String.fromCharCode(byte);
    if (character === "#") {
      this.#run();
      this.#command = "z";
      this.#number = 0;
    } else if (/[0-9A-Fa-f]/.test(character)) {
      this.#number = ((this.#number << 4) | hexDigit(byte)) >>> 0;
    } else if (character === ",") {
      this.#address = this.#number;
      this.#number = 0;
    } else if (byte !== 0xff) {
      this.#command = character;
      this.#number = 0;
    }
  }

  #run(): void {
    if (this.#command !== "z") this.seen.push(this.#command);
    if (this.#terminal) this.#say("\n\r");
    switch (this.#command) {
      case "N":
        if (!this.#terminal) this.#say("\n\r");
        this.#terminal = false;
        break;
      case "T":
        this.#terminal = true;
        this.#say("\n\r");
        break;
      case "V":
        this.#say(`${this.chip.version}\n\r`);
        break;
      case "I":
        if (this.chip.id !== null) this.#say(`${this.chip.id}\n\r`);
        break;
      case "S":
        this.#awaited = this.#number;
        break;
      case "X":
        this.#erase(this.#number);
        this.#say("X\n\r");
        break;
      case "Y":
        // A size of 0 sets where the bytes are taken from.
        if (this.#number === 0) this.#source = this.#address;
        else this.#program(this.#source, this.#address, this.#number);
        this.#say("Y\n\r");
        break;
      case "Z":
        this.#say(
          `Z${crc(this.#read(this.#address, this.#number)).toString(16).toUpperCase().padStart(8, "0")}#\n\r`,
        );
        break;
      case "R":
        this.#send?.(this.#read(this.#address, this.#number));
        break;
      case "w":
        this.#send?.(this.#read(this.#address, 4));
        break;
      case "o":
        this.#send?.(this.#read(this.#address, 1));
        break;
      case "W":
        // AIRCR with the reset key restarts a SAMD21.
        if (this.#address === 0xe000ed0c && this.#number === 0x05fa0004) this.state = "application";
        else this.#writeRam(this.#address, Uint8Array.of(...word(this.#number)));
        break;
      case "K":
        if (this.chip.id !== null) this.state = this.starts ? "application" : "bootloader";
        break;
    }
  }

  #erase(from: number): void {
    if (this.chip.erasesLate) this.#eraseFrom = from;
    else this.flash.fill(0xff, from);
  }

  #program(source: number, destination: number, count: number): void {
    const { pageBytes, ram } = this.chip;
    if (destination >= this.#eraseFrom) {
      const end = destination + Math.ceil(count / pageBytes) * pageBytes;
      this.flash.fill(0xff, destination - (destination % pageBytes), Math.min(end, this.flash.length));
    }
    for (let i = 0; i < count && destination + i < this.flash.length; i++) {
      this.flash[destination + i] =
        (this.flash[destination + i] ?? 0) & (this.#ram[source - ram.address + i] ?? 0xff);
    }
  }

  #writeRam(address: number, bytes: Uint8Array): void {
    const at = address - this.chip.ram.address;
    for (const [i, byte] of bytes.entries()) {
      if (at + i >= 0 && at + i < this.#ram.length) this.#ram[at + i] = byte;
    }
  }

  #read(address: number, count: number): Uint8Array {
    const register = this.chip.registers.get(address);
    if (register !== undefined) return Uint8Array.of(...word(register)).subarray(0, count);
    const bounded = Math.min(count, 0x10000);
    return Uint8Array.from(
      { length: bounded },
      (_none, i) => this.flash[address - this.chip.flashAddress + i] ?? 0,
    );
  }

  #say(text: string): void {
    this.#send?.(Buffer.from(text, "latin1"));
  }
}

const word = (value: number): number[] => [
  value & 0xff,
  (value >> 8) & 0xff,
  (value >> 16) & 0xff,
  value >>> 24,
];

function crc(bytes: Uint8Array): number {
  // CRC-16/XMODEM by the shift and XOR form, another one than the flasher's.
  let sum = 0;
  for (const byte of bytes) {
    let x = ((sum >> 8) ^ byte) & 0xff;
    x ^= x >> 4;
    sum = ((sum << 8) ^ (x << 12) ^ (x << 5) ^ x) & 0xffff;
  }
  return sum;
}

/** The ports at which such a board is seen: its application at one, its bootloader at another. */
export class SimulatedUsb {
  readonly board: SamBaBoard;
  touches = 0;
  /** A board whose firmware hangs does not answer to the touch. */
  deaf = false;

  constructor(board: SamBaBoard) {
    this.board = board;
  }

  readonly list = async (): Promise<UsbPort[]> => {
    const other = { path: "/dev/ttyS0", usb: null, serialNumber: null };
    if (this.board.state === "absent") return [other];
    const application = this.board.state === "application";
    return [
      other,
      {
        path: application ? "/dev/ttyACM0" : "/dev/ttyACM1",
        usb: application ? "2341:805a" : "2341:005a",
        serialNumber: application ? "0123456789" : "ABCDEF",
      },
    ];
  };

  readonly touch = async (path: string): Promise<void> => {
    this.touches++;
    if (path !== "/dev/ttyACM0" || this.deaf) return;
    this.board.state = "absent";
    setTimeout(() => this.board.plugIn(), 15);
  };
}
