/** What shall lie where in a chip's memory. Pure; knows neither files nor boards. */
import { LimpetError } from "../../../src-shared/errors.ts";

export type Segment = {
  /** Address of the first byte, 0 to 2^32 - 1. */
  readonly address: number;
  readonly bytes: Uint8Array;
};

/** Segments in rising order of address; none is empty, touches or overlaps the next. */
export type MemoryImage = readonly Segment[];

/** A stretch of memory: `start` belongs to it, `end` does not. */
export type MemoryRange = { readonly start: number; readonly end: number };

const END_OF_MEMORY = 2 ** 32;

/**
 * Sorts segments and joins those that touch. Throws `invalid-file` where two overlap, where one passes the end of a
 * 32-bit memory, or where there is no byte at all.
 */
export function memoryImage(segments: Iterable<Segment>): MemoryImage {
  const sorted = [...segments].filter(({ bytes }) => bytes.length > 0).sort((a, b) => a.address - b.address);
  const groups: Segment[][] = [];
  let end = -1;
  for (const segment of sorted) {
    const { address, bytes } = segment;
    if (address < end) throw broken(`holds two values for address ${hexAddress(address)}`);
    if (address < 0 || address + bytes.length > END_OF_MEMORY)
      throw broken("runs past the end of the memory");
    if (address === end) groups.at(-1)?.push(segment);
    else groups.push([segment]);
    end = address + bytes.length;
  }
  if (groups.length === 0) throw broken("is empty");
  return groups.map((group) => ({
    address: group[0]?.address ?? 0,
    bytes: new Uint8Array(Buffer.concat(group.map(({ bytes }) => bytes))),
  }));
}

const broken = (why: string) =>
  new LimpetError("invalid-file", `The firmware image ${why}.`, { hint: "Build the firmware again." });

export const imageBytes = (image: MemoryImage): number =>
  image.reduce((sum, { bytes }) => sum + bytes.length, 0);

export const hexAddress = (address: number): string => `0x${address.toString(16).padStart(8, "0")}`;

/**
 * The image in whole pages that begin at multiples of `pageBytes`; what the image leaves open in them is `fill`. Pages that
 * the image does not touch are left out.
 */
export function pagesOf(image: MemoryImage, pageBytes: number, fill = 0xff): Segment[] {
  const pages = new Map<number, Uint8Array>();
  for (const { address, bytes } of image) {
    for (let at = address; at < address + bytes.length; ) {
      const start = at - (at % pageBytes);
      const end = Math.min(start + pageBytes, address + bytes.length);
      let page = pages.get(start);
      if (page === undefined) {
        page = new Uint8Array(pageBytes).fill(fill);
        pages.set(start, page);
      }
      page.set(bytes.subarray(at - address, end - address), at - start);
      at = end;
    }
  }
  return [...pages].sort(([a], [b]) => a - b).map(([address, bytes]) => ({ address, bytes }));
}

/** Throws `invalid-file` where the image is not wholly within the room that a board has for its firmware. */
export function requireWithin(image: MemoryImage, room: MemoryRange, board: string): void {
  const first = image[0];
  const last = image.at(-1);
  if (first === undefined || last === undefined) return;
  const end = last.address + last.bytes.length;
  if (first.address < room.start || end > room.end) {
    throw new LimpetError(
      "invalid-file",
      `The firmware image lies at ${hexAddress(first.address)} to ${hexAddress(end - 1)}; ${board} has room for it at ${hexAddress(room.start)} to ${hexAddress(room.end - 1)}.`,
      { hint: "It was built for another board. Nothing has been written." },
    );
  }
}
