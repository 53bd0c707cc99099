/**
 * UF2, the file that is its own flash program: 512-byte blocks, each with 256 bytes and the address they belong to
 * (Microsoft, github.com/microsoft/uf2, README.md). Pure bytes in and out.
 */
import { LimpetError } from "../../../src-shared/errors.ts";
import { type MemoryImage, memoryImage, pagesOf, type Segment } from "./memory-image.ts";

const MAGIC_0 = 0x0a324655;
const MAGIC_1 = 0x9e5d5157;
const MAGIC_END = 0x0ab16f30;
const NOT_MAIN_FLASH = 0x00000001;
const FAMILY_PRESENT = 0x00002000;

export const UF2_BLOCK_BYTES = 512;
export const UF2_PAYLOAD_BYTES = 256;

export type Uf2 = {
  readonly image: MemoryImage;
  /** Family id of the chip that the file is for; null where it names none. */
  readonly family: number | null;
};

/**
 * An image as UF2. Its first block makes the vector table ones, its last one makes it what it shall be, and the rest of that erase page
 * (`eraseBytes`) comes right before: a copy that is cut off leaves no vector table, neither of the new firmware nor of the one before,
 * and the bootloader stays. (Some bootloaders keep an erase page in RAM until another one begins, and write it then.)
 */
export function encodeUf2(image: MemoryImage, family: number, eraseBytes: number): Uint8Array {
  const pages = pagesOf(image, UF2_PAYLOAD_BYTES);
  const [table, ...rest] = pages;
  if (table === undefined) return new Uint8Array();
  const firstPageEnd = table.address - (table.address % eraseBytes) + eraseBytes;
  const late = rest.filter(({ address }) => address < firstPageEnd);
  const early = rest.filter(({ address }) => address >= firstPageEnd);
  const blank = { address: table.address, bytes: new Uint8Array(UF2_PAYLOAD_BYTES).fill(0xff) };
  const ordered = [blank, ...early, ...late, table];
  const out = new Uint8Array(ordered.length * UF2_BLOCK_BYTES);
  for (const [index, { address, bytes }] of ordered.entries()) {
    const block = out.subarray(index * UF2_BLOCK_BYTES, (index + 1) * UF2_BLOCK_BYTES);
    const view = new DataView(block.buffer, block.byteOffset, UF2_BLOCK_BYTES);
    view.setUint32(0, MAGIC_0, true);
    view.setUint32(4, MAGIC_1, true);
    view.setUint32(8, FAMILY_PRESENT, true);
    view.setUint32(12, address, true);
    view.setUint32(16, UF2_PAYLOAD_BYTES, true);
    view.setUint32(20, index, true);
    view.setUint32(24, ordered.length, true);
    view.setUint32(28, family, true);
    block.set(bytes, 32);
    view.setUint32(508, MAGIC_END, true);
  }
  return out;
}

export type Uf2Block = Segment & {
  readonly index: number;
  readonly count: number;
  readonly family: number | null;
};

/** One block; null where the bytes are none, or a block that is not for the main flash (which a bootloader passes over). */
export function decodeUf2Block(block: Uint8Array): Uf2Block | null {
  if (block.length !== UF2_BLOCK_BYTES) return null;
  const view = new DataView(block.buffer, block.byteOffset, block.length);
  const word = (offset: number) => view.getUint32(offset, true);
  if (word(0) !== MAGIC_0 || word(4) !== MAGIC_1 || word(508) !== MAGIC_END) return null;
  const flags = word(8);
  const payload = word(16);
  if ((flags & NOT_MAIN_FLASH) !== 0 || payload > 476) return null;
  return {
    address: word(12),
    bytes: block.slice(32, 32 + payload),
    index: word(20),
    count: word(24),
    family: (flags & FAMILY_PRESENT) === 0 ? null : word(28),
  };
}

/** Reads a UF2 file of one family. Throws `invalid-file` where a block is broken, missing, or of another family than the first. */
export function decodeUf2(bytes: Uint8Array): Uf2 {
  if (bytes.length === 0 || bytes.length % UF2_BLOCK_BYTES !== 0) {
    throw broken("has no whole number of blocks");
  }
  const count = bytes.length / UF2_BLOCK_BYTES;
  const seen = new Set<number>();
  // A later block for the same address counts, as it does in flash that is erased before.
  const blocks = new Map<number, Uint8Array>();
  let family: number | null = null;
  for (let at = 0; at < count; at++) {
    const block = decodeUf2Block(bytes.subarray(at * UF2_BLOCK_BYTES, (at + 1) * UF2_BLOCK_BYTES));
    if (block === null) throw broken(`holds something else at block ${at}`);
    if (block.count !== count || block.index >= count || seen.has(block.index)) {
      throw broken(`lacks blocks: block ${at} calls itself ${block.index} of ${block.count}`);
    }
    if (at > 0 && block.family !== family) throw broken("is for several kinds of chip at once");
    family = block.family;
    seen.add(block.index);
    blocks.set(block.address, block.bytes);
  }
  return { image: memoryImage([...blocks].map(([address, data]) => ({ address, bytes: data }))), family };
}

const broken = (why: string) => new LimpetError("invalid-file", `The UF2 file ${why}.`);
