/** Intel HEX (Intel, Hexadecimal Object File Format Specification, revision A, 1988). Pure text in and out. */
import { LimpetError } from "../../../src-shared/errors.ts";
import { type MemoryImage, memoryImage, type Segment } from "./memory-image.ts";

const DATA = 0;
const END_OF_FILE = 1;
const SEGMENT_ADDRESS = 2;
const START_SEGMENT = 3;
const LINEAR_ADDRESS = 4;
const START_LINEAR = 5;

const RECORD_BYTES = 16;

function record(type: number, offset: number, bytes: Uint8Array): string {
  const body = Uint8Array.of(bytes.length, offset >> 8, offset & 0xff, type, ...bytes);
  return `:${Buffer.from(body).toString("hex")}${(-sumOf(body) & 0xff).toString(16).padStart(2, "0")}\r\n`.toUpperCase();
}

const sumOf = (bytes: Uint8Array): number => bytes.reduce((sum, byte) => (sum + byte) & 0xff, 0);

/**
 * An image as Intel HEX with 16 data bytes a line and extended linear addresses. Lines end with CR LF: a reader that closes a record at
 * either loses none where one of them is lost.
 */
export function encodeIntelHex(image: MemoryImage): string {
  const lines: string[] = [];
  let upper = 0;
  for (const { address, bytes } of image) {
    for (let at = 0; at < bytes.length; ) {
      const here = address + at;
      // A record must not cross a 64 KiB border, where the address would wrap.
      const count = Math.min(RECORD_BYTES - (here % RECORD_BYTES), bytes.length - at);
      if (here >>> 16 !== upper) {
        upper = here >>> 16;
        lines.push(record(LINEAR_ADDRESS, 0, Uint8Array.of(upper >> 8, upper & 0xff)));
      }
      lines.push(record(DATA, here & 0xffff, bytes.subarray(at, at + count)));
      at += count;
    }
  }
  lines.push(record(END_OF_FILE, 0, new Uint8Array()));
  return lines.join("");
}

/** Reads Intel HEX. Throws `invalid-file` with the line where a record is malformed, its check sum is wrong, or the end is missing. */
export function decodeIntelHex(text: string): MemoryImage {
  const segments: Segment[] = [];
  let base = 0;
  let ended = false;
  for (const [index, raw] of text.split(/\r\n|\n|\r/).entries()) {
    const line = raw.trim();
    if (line === "" || ended) continue;
    const { type, offset, bytes } = parseRecord(line, index + 1);
    switch (type) {
      case DATA:
        segments.push({ address: base + offset, bytes });
        break;
      case END_OF_FILE:
        ended = true;
        break;
      case SEGMENT_ADDRESS:
        base = word(bytes, index + 1) * 16;
        break;
      case LINEAR_ADDRESS:
        base = word(bytes, index + 1) * 0x10000;
        break;
      case START_SEGMENT:
      case START_LINEAR:
        break;
      default:
        throw broken(index + 1, `has the unknown record type ${type}`);
    }
  }
  if (!ended) {
    throw new LimpetError("invalid-file", "The Intel HEX file is cut off: its end record is missing.");
  }
  return memoryImage(segments);
}

function parseRecord(line: string, number: number): { type: number; offset: number; bytes: Uint8Array } {
  if (!/^:(?:[0-9a-fA-F]{2}){5,}$/.test(line)) throw broken(number, "is no record");
  const all = new Uint8Array(Buffer.from(line.slice(1), "hex"));
  const [count = 0, high = 0, low = 0, type = 0] = all;
  if (all.length !== count + 5) throw broken(number, "has another length than it says");
  if (sumOf(all) !== 0) throw broken(number, "has a wrong checksum");
  return { type, offset: (high << 8) | low, bytes: all.subarray(4, 4 + count) };
}

function word(bytes: Uint8Array, number: number): number {
  const [high, low] = bytes;
  if (bytes.length !== 2 || high === undefined || low === undefined)
    throw broken(number, "holds no 16-bit address");
  return (high << 8) | low;
}

const broken = (number: number, what: string) =>
  new LimpetError("invalid-file", `Line ${number} of the Intel HEX file ${what}.`, {
    field: `line ${number}`,
  });
