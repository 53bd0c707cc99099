/** Photos for tests, made by code: a PNG with real pixels, and a JPEG of one grey block with whatever segments a test wants. */
import { crc32, deflateSync } from "node:zlib";

export function pngChunk(type: string, data: Uint8Array): Uint8Array {
  const out = Buffer.alloc(12 + data.length);
  out.writeUInt32BE(data.length, 0);
  out.write(type, 4, "latin1");
  out.set(data, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length);
  return out;
}

export const PNG_MAGIC = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

function pngHead(width: number, height: number): Uint8Array {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head[8] = 8;
  return pngChunk("IHDR", head);
}

/** A grey picture; `shade` makes it differ. `extra` chunks stand before its pixels. */
export function png(width = 4, height = 3, shade = 128, extra: readonly Uint8Array[] = []): Buffer {
  const rows = Buffer.alloc((width + 1) * height, shade);
  for (let y = 0; y < height; y++) rows[y * (width + 1)] = 0;
  return Buffer.concat([
    PNG_MAGIC,
    pngHead(width, height),
    ...extra,
    pngChunk("IDAT", deflateSync(rows)),
    pngChunk("IEND", new Uint8Array(0)),
  ]);
}

/** A picture that announces a size and has next to nothing in it. */
export const hugePng = (width: number, height: number): Buffer =>
  Buffer.concat([
    PNG_MAGIC,
    pngHead(width, height),
    pngChunk("IDAT", deflateSync(Buffer.alloc(10))),
    pngChunk("IEND", new Uint8Array(0)),
  ]);

export function jpegSegment(marker: number, content: Uint8Array): Uint8Array {
  const out = Buffer.alloc(4 + content.length);
  out[0] = 0xff;
  out[1] = marker;
  out.writeUInt16BE(content.length + 2, 2);
  out.set(content, 4);
  return out;
}

/** Exif with the way the camera was held and a place (GPS), as phones write it, big-endian. */
export function exif(orientation: number): Uint8Array {
  const tiff = Buffer.alloc(8 + 2 + 2 * 12 + 4 + 40);
  tiff.write("MM\0*", 0, "latin1");
  tiff.writeUInt32BE(8, 4);
  tiff.writeUInt16BE(2, 8);
  tiff.writeUInt16BE(0x0112, 10);
  tiff.writeUInt16BE(3, 12);
  tiff.writeUInt32BE(1, 14);
  tiff.writeUInt16BE(orientation, 18);
  tiff.writeUInt16BE(0x8825, 22);
  tiff.writeUInt16BE(4, 24);
  tiff.writeUInt32BE(1, 26);
  tiff.writeUInt32BE(38, 30);
  tiff.write("48.1374 N 11.5755 E", 40, "latin1");
  return jpegSegment(0xe1, Buffer.concat([Buffer.from("Exif\0\0", "latin1"), tiff]));
}

/** Tables of ITU-T T.81, annex K.3.1, of which only the first codes are used: one block of 8 x 8, all grey. */
export function jpeg(extra: readonly Uint8Array[] = [], comment = ""): Buffer {
  const quantisation = Buffer.alloc(65, 1);
  quantisation[0] = 0;
  const dc = Buffer.from([
    0, 0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
  ]);
  const ac = Buffer.from([0x10, 0, 2, ...new Array(14).fill(0), 0x00, 0x01]);
  return Buffer.concat([
    Uint8Array.of(0xff, 0xd8),
    jpegSegment(0xe0, Buffer.from("JFIF\0\x01\x01\0\0\x01\0\x01\0\0", "latin1")),
    ...extra,
    ...(comment === "" ? [] : [jpegSegment(0xfe, Buffer.from(comment))]),
    jpegSegment(0xdb, quantisation),
    jpegSegment(0xc0, Buffer.from([8, 0, 8, 0, 8, 1, 1, 0x11, 0])),
    jpegSegment(0xc4, dc),
    jpegSegment(0xc4, ac),
    jpegSegment(0xda, Buffer.from([1, 1, 0, 0, 63, 0])),
    // DC difference 0 (code 00), end of block (code 00), filled up with ones; a stuffed byte after it for good measure.
    Uint8Array.of(0x0f, 0xff, 0x00),
    Uint8Array.of(0xff, 0xd9),
  ]);
}
