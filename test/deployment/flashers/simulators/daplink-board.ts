/**
 * A simulated board with a DAPLink interface chip: its drive and its CMSIS-DAP commands, both ends of the same stream of Intel HEX to
 * the target's flash (DAPLink, source/daplink/drag-n-drop and cmsis-dap/DAP_vendor.c). The target is erased page by page, as it comes.
 */

import type { HidDevice, HidOpener } from "../../../../src-main/deployment/flashers/cmsis-dap.ts";
import type { DriveAccess } from "../../../../src-main/deployment/flashers/drives.ts";
import { LimpetError } from "../../../../src-shared/errors.ts";

export type DapLinkFault =
  /** The plug is pulled when so many bytes of the stream have come. */
  | { readonly kind: "unplug"; readonly at: number }
  /** The target's flash fails when so many bytes have come. */
  | { readonly kind: "flash-fails"; readonly at: number }
  /** So many bytes into the stream, one is lost between computer and interface. */
  | { readonly kind: "lose-byte"; readonly at: number }
  /** CMSIS-DAP only: the report with this number is lost, or its answer, or the answer comes late; or the cable is pulled. */
  | {
      readonly kind: "lose-report" | "lose-answer" | "late-answer" | "unplug-at-report";
      readonly at: number;
    };

const PAGE = 4096;
const DRIVE = "/media/user/MICROBIT";
export const LATE_MS = 80;

/** Statuses of source/daplink/error.h. */
const STATUS = { success: 0, failure: 1, write: 15, done: 16, checksum: 18, parser: 19 } as const;
const WORDS: Readonly<Record<number, string>> = {
  [STATUS.failure]: "The transfer timed out.",
  [STATUS.write]: "Flash algorithm write command FAILURE",
  [STATUS.checksum]: "The hex file cannot be decoded. Checksum calculation failure occurred.",
  [STATUS.parser]: "The hex file cannot be decoded. Parser logic failure occurred.",
};

type Stream = { text: string; received: number; base: number; readonly pages: Set<number>; status: number };

export class DapLinkBoard {
  readonly uniqueId: string;
  readonly flash = new Uint8Array(64 * 1024).fill(0xff);
  present = true;
  resets = 0;
  reports = 0;
  #fault: DapLinkFault | null;
  #mounted = true;
  #failure: string | null = null;
  #file = false;
  /** The stream that is open: what has come, and the record that is not whole yet. */
  #stream: Stream | null = null;

  constructor(
    content: Uint8Array,
    fault: DapLinkFault | null = null,
    uniqueId = "9904360254974e45003b4014000000",
  ) {
    this.flash.set(content);
    this.#fault = fault;
    this.uniqueId = uniqueId;
  }

  replug(): void {
    this.#fault = null;
    this.present = true;
    this.#mounted = true;
    this.#failure = null;
    this.#file = false;
    this.#stream = null;
  }

  readonly drives: DriveAccess = {
    list: async () => (this.present && this.#mounted ? ["/media/user/stick", DRIVE] : ["/media/user/stick"]),
    readText: async (drive, name) => {
      if (drive !== DRIVE || !this.present || !this.#mounted) return null;
      if (name === "DETAILS.TXT") {
        return `# DAPLink Firmware - see https://mbed.com/daplink\r\nUnique ID: ${this.uniqueId}\r\nHIC ID: 00000000\r\nAuto Reset: 1\r\n`;
      }
      if (name === "FAIL.TXT") return this.#failure;
      return name === "LIMPET.HEX" && this.#file ? ":" : null;
    },
    write: async (_drive, _name, bytes, onWritten) => {
      this.#file = true;
      this.#open();
      for (let at = 0; at < bytes.length; at += 512) {
        const status = this.#write(bytes.subarray(at, at + 512));
        if (!this.present) throw Object.assign(new Error("no such device"), { code: "ENODEV" });
        if (status !== STATUS.success && status !== STATUS.done) {
          this.#remount(status);
          throw Object.assign(new Error("input/output error"), { code: "EIO" });
        }
        onWritten(Math.min(bytes.length, at + 512));
      }
      this.#remount(this.#close());
    },
  };

  #remount(status: number): void {
    const bad = status !== STATUS.success && status !== STATUS.done;
    this.#failure = bad ? `error: ${WORDS[status] ?? "An error has occurred"}\r\ntype: target\r\n` : null;
    this.#stream = null;
    setTimeout(() => {
      this.#mounted = false;
      this.#file = false;
    }, 5);
    setTimeout(() => {
      this.#mounted = true;
    }, 30);
  }

  readonly openHid: HidOpener = async (path) => {
    if (!this.present) throw new LimpetError("board-not-found", `There is no device at ${path}.`);
    const answers: Uint8Array[] = [];
    let wake: (() => void) | null = null;
    const answer = (report: Uint8Array) => {
      answers.push(report);
      wake?.();
    };
    return {
      write: async (report) => this.#report(report, answer),
      read: (timeoutMs) =>
        new Promise((resolve, reject) => {
          const give = () => {
            clearTimeout(timer);
            wake = null;
            if (!this.present) reject(new Error("could not read from HID device"));
            else resolve(answers.shift() ?? null);
          };
          const timer = setTimeout(give, timeoutMs);
          if (answers.length > 0 || !this.present) give();
          else wake = give;
        }),
      close: async () => {},
    } satisfies HidDevice;
  };

  #report(report: Uint8Array, answer: (report: Uint8Array) => void): void {
    const number = this.reports++;
    const fault = this.#fault;
    const here = fault !== null && fault.at === number ? fault.kind : null;
    if (here === "unplug-at-report") this.present = false;
    if (!this.present) throw new Error("cannot write to HID device");
    if (here === "lose-report") return;
    const reply = new Uint8Array(64);
    reply.set(this.#command(report));
    if (here === "lose-answer") return;
    if (here === "late-answer") setTimeout(() => answer(reply), LATE_MS);
    else setImmediate(() => answer(reply));
  }

  #command(report: Uint8Array): readonly number[] {
    const [command = 0, argument = 0] = report;
    switch (command) {
      case 0x80:
        return [command, this.uniqueId.length, ...Buffer.from(this.uniqueId)];
      case 0x89:
        this.resets++;
        return [command, 1];
      case 0x8a:
        this.#open();
        return [command, STATUS.success];
      case 0x8b:
        return [command, this.#close()];
      case 0x8c:
        return [command, this.#write(report.subarray(2, 2 + argument))];
      case 0x8d:
        return [command, 0];
      default:
        return [0xff];
    }
  }

  #open(): void {
    this.#stream = { text: "", received: 0, base: 0, pages: new Set(), status: STATUS.success };
  }

  #close(): number {
    const stream = this.#stream;
    this.#stream = null;
    if (stream === null) return STATUS.failure;
    if (stream.status === STATUS.done) return STATUS.success;
    return stream.status === STATUS.success ? STATUS.failure : stream.status;
  }

  #write(bytes: Uint8Array): number {
    const stream = this.#stream;
    if (stream === null) return STATUS.failure;
    let kept = bytes;
    const fault = this.#fault;
    const here = fault === null ? -1 : fault.at - stream.received;
    stream.received += bytes.length;
    if (here >= 0 && here < bytes.length) {
      if (fault?.kind === "unplug") this.present = false;
      if (fault?.kind === "flash-fails") stream.status = STATUS.write;
      if (fault?.kind === "lose-byte") kept = bytes.filter((_byte, index) => index !== here);
    }
    if (!this.present) return STATUS.failure;
    // As source/daplink/drag-n-drop/intelhex.c: a colon begins a record, whatever was before; the line's end closes it.
    for (const character of Buffer.from(kept).toString("latin1")) {
      if (character === ":") stream.text = ":";
      else if (character !== "\r" && character !== "\n") stream.text += character;
      else if (stream.text !== "" && (stream.status === STATUS.success || stream.status === STATUS.done)) {
        this.#record(stream, stream.text);
        stream.text = "";
      }
    }
    return stream.status;
  }

  #record(stream: Stream, line: string): void {
    const body = Buffer.from(line.slice(1), "hex");
    if (!line.startsWith(":") || body.length < 5 || body.length !== (body[0] ?? 0) + 5) {
      stream.status = STATUS.parser;
      return;
    }
    if (body.reduce((sum, byte) => (sum + byte) & 0xff, 0) !== 0) {
      stream.status = STATUS.checksum;
      return;
    }
    const type = body[3];
    if (type === 4) stream.base = body.readUInt16BE(4) * 0x10000;
    if (type === 1) stream.status = STATUS.done;
    if (type !== 0) return;
    const address = stream.base + body.readUInt16BE(1);
    for (const [i, byte] of body.subarray(4, -1).entries()) {
      const at = address + i;
      const page = at - (at % PAGE);
      if (!stream.pages.has(page)) {
        stream.pages.add(page);
        this.flash.fill(0xff, page, page + PAGE);
      }
      this.flash[at] = (this.flash[at] ?? 0) & byte;
    }
  }
}
