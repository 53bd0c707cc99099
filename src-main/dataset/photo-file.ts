/**
 * Photos of machines as they may be kept in a project: JPEG and PNG only, looked through from the first byte to the last, and stripped
 * of what does not belong to the picture: where it was taken, by which phone, comments, anything behind its end. Knows files and bytes
 * of pictures; not where they go. Sources: ITU-T T.81 (JPEG), annex B; JFIF 1.02; Exif 2.32; PNG (W3C, third edition).
 */
import { readFileSync } from "node:fs";
import { crc32 } from "node:zlib";
import { LimpetError } from "../../src-shared/errors.ts";
import { statOf } from "./stat.ts";

export type CheckedPhoto = {
  readonly type: "image/jpeg" | "image/png";
  /** Pixels as stored, before a turn that the file asks for. */
  readonly width: number;
  readonly height: number;
  /** The file without what was stripped. */
  readonly data: Uint8Array;
};

/** Bytes of the largest photo that is taken: a phone's at 50 megapixels. */
export const MAX_PHOTO_BYTES = 12 * 1024 * 1024;
/** Pixels of the largest; a window would need four bytes for each to show it. */
const MAX_PIXELS = 64_000_000;
const MAX_SIDE = 16_384;

const PNG_MAGIC = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Bytes of the photo at `path`, unchecked but not too many. Throws `not-found`, `invalid-file`. */
export function readPhotoFile(path: string): Uint8Array {
  const found = statOf(path);
  if (found === undefined) {
    throw new LimpetError("not-found", `There is no file ${path}.`, { field: path, hint: "Check the path." });
  }
  if (!found.isFile()) throw invalid("it is not a file");
  requireSize(found.size);
  try {
    return readFileSync(path);
  } catch (error) {
    throw new LimpetError("invalid-file", `${path} cannot be read.`, {
      field: path,
      hint: "Check that you may read it, and that its disk is still plugged in.",
      cause: error,
    });
  }
}

function requireSize(bytes: number): void {
  if (bytes > MAX_PHOTO_BYTES) {
    throw invalid(`it has ${(bytes / 1e6).toFixed(1)} MB`, "Photos may have 12 MB; make it smaller.");
  }
}

/** Checks a photo and strips it. Throws `invalid-file` with the reason. */
export function checkPhoto(bytes: Uint8Array): CheckedPhoto {
  requireSize(bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isPng = PNG_MAGIC.every((byte, index) => bytes[index] === byte);
  if (!isPng && !(bytes[0] === 0xff && bytes[1] === 0xd8)) {
    throw invalid("it is neither JPEG nor PNG");
  }
  try {
    const photo = isPng ? readPng(bytes, view) : readJpeg(bytes, view);
    const { width, height } = photo;
    if (width === 0 || height === 0) throw invalid("it has no pixels");
    if (width > MAX_SIDE || height > MAX_SIDE || width * height > MAX_PIXELS) {
      throw invalid(`it has ${width} x ${height} pixels`, "Make it smaller: 64 megapixels at most.");
    }
    return photo;
  } catch (error) {
    // Only a read beyond the end throws so: what should follow is not there.
    if (error instanceof RangeError) throw cutOff();
    throw error;
  }
}

const invalid = (
  why: string,
  hint = "Choose a JPEG or PNG file that a picture program opens.",
): LimpetError =>
  new LimpetError("invalid-file", `This photo cannot be used: ${why}.`, { field: "photo", hint });

const cutOff = (): LimpetError => invalid("it is cut off");

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const APP1 = 0xe1;
/** Baseline, extended and progressive pictures with Huffman coding: those that are in use, and that every browser shows. */
const FRAMES = [0xc0, 0xc1, 0xc2];
/** Segments of the picture: tables, restart interval, frames, scans, JFIF, colour profile, Adobe's colour transform. */
const JPEG_KEPT = [...FRAMES, 0xc4, 0xdb, 0xdd, SOS, 0xe0, 0xe2, 0xee];
const FRAME_BYTES = 6;

function readJpeg(bytes: Uint8Array, view: DataView): CheckedPhoto {
  const kept: Uint8Array[] = [bytes.subarray(0, 2)];
  let size: { width: number; height: number } | null = null;
  let scans = 0;
  let orientation = 1;
  let at = 2;
  for (;;) {
    if (view.getUint8(at) !== 0xff) throw invalid("what is between its parts is no JPEG");
    while (view.getUint8(at) === 0xff) at++;
    const marker = view.getUint8(at++);
    if (marker === EOI) break;
    if (marker === SOI || marker < 0xc0 || (marker >= 0xd0 && marker <= 0xd7)) {
      throw invalid(`a marker 0x${marker.toString(16)} is out of place`);
    }
    const length = view.getUint16(at);
    const end = at + length;
    if (length < 2 || end > bytes.length) throw cutOff();
    const content = bytes.subarray(at + 2, end);
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      if (!FRAMES.includes(marker)) throw invalid("it is coded in a way that browsers do not show");
      if (size !== null || content.length < FRAME_BYTES) throw invalid("its frame is damaged");
      size = { height: view.getUint16(at + 3), width: view.getUint16(at + 5) };
    }
    if (marker === APP1 && orientation === 1) orientation = orientationOf(content);
    const body = marker === SOS ? endOfScan(bytes, view, end) : end;
    if (JPEG_KEPT.includes(marker)) {
      kept.push(Uint8Array.of(0xff, marker), bytes.subarray(at, body));
    }
    if (marker === SOS) {
      if (size === null) throw invalid("its scan comes before its frame");
      scans++;
    }
    at = body;
  }
  if (size === null || scans === 0) throw invalid("it holds no picture");
  kept.push(Uint8Array.of(0xff, EOI));
  if (orientation !== 1) kept.splice(1, 0, orientationSegment(orientation));
  return { type: "image/jpeg", ...size, data: joined(kept) };
}

/** First byte after the coded data: the next marker that is neither a stuffed byte nor a restart. */
function endOfScan(bytes: Uint8Array, view: DataView, from: number): number {
  let at = from;
  for (;;) {
    at = bytes.indexOf(0xff, at);
    if (at < 0) throw cutOff();
    const next = view.getUint8(at + 1);
    if (next !== 0 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) return at;
    at += next === 0xff ? 1 : 2;
  }
}

const EXIF = "Exif\0\0";
const ORIENTATION_TAG = 0x0112;

/** How the camera was held (Exif, 1 to 8): the only thing of its data that the picture needs. 1 where nothing can be read. */
function orientationOf(segment: Uint8Array): number {
  if (!EXIF.split("").every((letter, index) => segment[index] === letter.charCodeAt(0))) return 1;
  const tiff = segment.subarray(EXIF.length);
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  if (tiff.length < 8) return 1;
  const little = view.getUint16(0) === 0x4949;
  const first = view.getUint32(4, little);
  if (first + 2 > tiff.length) return 1;
  const entries = view.getUint16(first, little);
  for (let entry = 0; entry < entries; entry++) {
    const at = first + 2 + entry * 12;
    if (at + 12 > tiff.length) return 1;
    if (view.getUint16(at, little) !== ORIENTATION_TAG) continue;
    const value = view.getUint16(at + 8, little);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

/** An Exif segment with nothing in it but how the camera was held. */
function orientationSegment(orientation: number): Uint8Array {
  const tiff = [
    0x49,
    0x49,
    42,
    0,
    8,
    0,
    0,
    0,
    1,
    0,
    0x12,
    0x01,
    3,
    0,
    1,
    0,
    0,
    0,
    orientation,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
  ];
  const content = [...EXIF].map((letter) => letter.charCodeAt(0)).concat(tiff);
  return Uint8Array.of(0xff, APP1, 0, content.length + 2, ...content);
}

/** Chunks beside the critical ones that change how the picture looks. */
const PNG_KEPT = ["tRNS", "gAMA", "cHRM", "sRGB", "sBIT", "pHYs", "bKGD"];

function readPng(bytes: Uint8Array, view: DataView): CheckedPhoto {
  const kept: Uint8Array[] = [bytes.subarray(0, PNG_MAGIC.length)];
  let size: { width: number; height: number } | null = null;
  let pixels = false;
  let at = PNG_MAGIC.length;
  for (;;) {
    const length = view.getUint32(at);
    const end = at + 12 + length;
    if (end > bytes.length) throw cutOff();
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (crc32(bytes.subarray(at + 4, end - 4)) !== view.getUint32(end - 4)) {
      throw invalid(`the checksum of its part ${/^[A-Za-z]{4}$/.test(type) ? type : "?"} is wrong`);
    }
    if ((size === null) !== (type === "IHDR")) throw invalid("its parts are in the wrong order");
    if (type === "IHDR") {
      if (length !== 13) throw invalid("its head is damaged");
      size = { width: view.getUint32(at + 8), height: view.getUint32(at + 12) };
    }
    const critical = /^[A-Z]/.test(type);
    if (critical && !["IHDR", "PLTE", "IDAT", "IEND"].includes(type)) {
      throw invalid(`its part ${type} is unknown`);
    }
    if (type === "IDAT") pixels = true;
    if (critical || PNG_KEPT.includes(type)) kept.push(bytes.subarray(at, end));
    at = end;
    if (type === "IEND") break;
  }
  if (size === null || !pixels) throw invalid("it holds no picture");
  return { type: "image/png", ...size, data: joined(kept) };
}
