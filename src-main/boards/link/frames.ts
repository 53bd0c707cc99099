/**
 * Frames of the link (docs/protocol.md, "Frames"): bytes so far to frames and remainder, and frames to bytes. Knows COBS and
 * the check sum; not what the types mean, and nothing of ports.
 */
import { crc32 } from "node:zlib";
import { LimpetError } from "../../../src-shared/errors.ts";
import { cobsDecode, cobsEncode } from "./cobs.ts";

export const PROTOCOL_VERSION = 1;
export const MAX_PAYLOAD = 1024;

const HEAD_BYTES = 4;
const CRC_BYTES = 4;
/** Longest code of a frame. Anything longer without a zero byte is not ours. */
const MAX_ENCODED =
  HEAD_BYTES + MAX_PAYLOAD + CRC_BYTES + Math.ceil((HEAD_BYTES + MAX_PAYLOAD + CRC_BYTES) / 254) + 1;

export type Frame = {
  readonly type: number;
  /** Counted by the sender, 0..65535. */
  readonly sequence: number;
  readonly payload: Uint8Array;
};

/** Why a piece between two zero bytes was dropped. */
export type FrameFault = "cobs" | "length" | "version" | "crc";

export type ParseResult = {
  readonly frames: readonly Frame[];
  readonly faults: readonly FrameFault[];
  /** Bytes of a frame that has not ended; hand them in front of the next bytes. */
  readonly rest: Uint8Array;
};

/**
 * Parses `bytes` after `rest` (of the last result). Never throws: what is no frame is dropped and named in `faults`. Of a
 * run without an end, longer than any frame, only as much is kept as tells that it is too long.
 */
export function parseFrames(rest: Uint8Array, bytes: Uint8Array): ParseResult {
  const frames: Frame[] = [];
  const faults: FrameFault[] = [];
  const all = rest.length === 0 ? bytes : new Uint8Array(Buffer.concat([rest, bytes]));
  let from = 0;
  for (let end = all.indexOf(0, from); end >= 0; end = all.indexOf(0, from)) {
    if (end > from) {
      const frame = parseFrame(all.subarray(from, end));
      if (typeof frame === "string") {
        faults.push(frame);
      } else {
        frames.push(frame);
      }
    }
    from = end + 1;
  }
  return { frames, faults, rest: all.slice(from, from + MAX_ENCODED + 1) };
}

function parseFrame(encoded: Uint8Array): Frame | FrameFault {
  if (encoded.length > MAX_ENCODED) {
    return "length";
  }
  const body = cobsDecode(encoded);
  if (body === null) {
    return "cobs";
  }
  const end = body.length - CRC_BYTES;
  if (end < HEAD_BYTES || end - HEAD_BYTES > MAX_PAYLOAD) {
    return "length";
  }
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  if (view.getUint32(end, true) !== crc32(body.subarray(0, end))) {
    return "crc";
  }
  if (view.getUint8(0) !== PROTOCOL_VERSION) {
    return "version";
  }
  return { type: view.getUint8(1), sequence: view.getUint16(2, true), payload: body.slice(HEAD_BYTES, end) };
}

/** The bytes of a frame, with the zero that ends it. */
export function encodeFrame({ type, sequence, payload }: Frame): Uint8Array {
  if (payload.length > MAX_PAYLOAD) {
    throw new LimpetError("internal", `A frame of ${payload.length} bytes does not fit the link.`);
  }
  const body = new Uint8Array(HEAD_BYTES + payload.length + CRC_BYTES);
  const view = new DataView(body.buffer);
  view.setUint8(0, PROTOCOL_VERSION);
  view.setUint8(1, type);
  view.setUint16(2, sequence & 0xffff, true);
  body.set(payload, HEAD_BYTES);
  view.setUint32(HEAD_BYTES + payload.length, crc32(body.subarray(0, HEAD_BYTES + payload.length)), true);
  const encoded = cobsEncode(body);
  const out = new Uint8Array(encoded.length + 1);
  out.set(encoded);
  return out;
}

/**
 * Frames missing between two sequence numbers that came one after the other; 0 where they follow each other. A number that lies
 * behind (a repeated or late frame) shows no loss: it is told from a loss by the nearer way round the circle of 65,536.
 */
export function framesMissing(last: number, next: number): number {
  const ahead = (next - last) & 0xffff;
  return ahead === 0 || ahead >= 0x8000 ? 0 : ahead - 1;
}

/** Whether `next` comes after `last` on the circle of sequence numbers. */
export const isAhead = (last: number, next: number): boolean => {
  const ahead = (next - last) & 0xffff;
  return ahead !== 0 && ahead < 0x8000;
};
