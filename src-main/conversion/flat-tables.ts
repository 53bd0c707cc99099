/**
 * Reading flatbuffers that may be damaged or made to do harm: every offset is checked against the file, and the number of values read
 * is bounded by the file's size, so that tables which point at each other cannot cost more than the file is long. Throws
 * `invalid-file`. Knows no schema.
 */
import { LimpetError } from "../../src-shared/errors.ts";

export const invalidTflite = (what: string, cause?: unknown): LimpetError =>
  new LimpetError("invalid-file", `The .tflite file is not valid: ${what}.`, { cause });

/** Values that are read in place of one byte of the file, at most: writers share vectors between tables. */
const SHARING = 8;
const SMALL_FILE = 4096;

export class FlatFile {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  #left: number;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#left = SHARING * bytes.length + SMALL_FILE;
  }

  /** Checks that `count` bytes from `at` on are there, and counts them as read. */
  take(at: number, count: number): number {
    if (at < 0 || count < 0 || at + count > this.bytes.length)
      throw invalidTflite("an offset points outside the file");
    this.#left -= count;
    if (this.#left < 0) throw invalidTflite("its tables overlap");
    return at;
  }

  u32(at: number): number {
    return this.view.getUint32(this.take(at, 4), true);
  }

  root(): FlatTable {
    return new FlatTable(this, this.u32(0));
  }
}

/** One table: its fields by number, each with the value that it has where it is absent. */
export class FlatTable {
  readonly #file: FlatFile;
  readonly #at: number;
  readonly #vtable: number;
  readonly #fields: number;

  constructor(file: FlatFile, at: number) {
    this.#file = file;
    this.#at = file.take(at, 4);
    this.#vtable = at - file.view.getInt32(at, true);
    const size = file.view.getUint16(file.take(this.#vtable, 4), true);
    file.take(this.#vtable, size);
    this.#fields = Math.floor((size - 4) / 2);
  }

  /** Where a field's bytes begin; null where it is absent. */
  #place(field: number, bytes: number): number | null {
    if (field >= this.#fields) return null;
    const offset = this.#file.view.getUint16(this.#vtable + 4 + 2 * field, true);
    return offset === 0 ? null : this.#file.take(this.#at + offset, bytes);
  }

  i8(field: number, absent = 0): number {
    const at = this.#place(field, 1);
    return at === null ? absent : this.#file.view.getInt8(at);
  }
  u8(field: number, absent = 0): number {
    const at = this.#place(field, 1);
    return at === null ? absent : this.#file.view.getUint8(at);
  }
  i32(field: number, absent = 0): number {
    const at = this.#place(field, 4);
    return at === null ? absent : this.#file.view.getInt32(at, true);
  }
  u32(field: number, absent = 0): number {
    const at = this.#place(field, 4);
    return at === null ? absent : this.#file.view.getUint32(at, true);
  }
  f32(field: number, absent = 0): number {
    const at = this.#place(field, 4);
    return at === null ? absent : this.#file.view.getFloat32(at, true);
  }

  table(field: number): FlatTable | null {
    const at = this.#place(field, 4);
    return at === null ? null : new FlatTable(this.#file, at + this.#file.view.getUint32(at, true));
  }

  text(field: number): string {
    return new TextDecoder().decode(this.bytes(field) ?? new Uint8Array(0));
  }
  /** A copy. */
  bytes(field: number): Uint8Array | null {
    const vector = this.#vector(field, 1);
    return vector && this.#file.bytes.slice(vector.at, vector.at + vector.count);
  }
  i32s(field: number): number[] {
    return this.#elements(field, 4, (view, at) => view.getInt32(at, true));
  }
  f32s(field: number): number[] {
    return this.#elements(field, 4, (view, at) => view.getFloat32(at, true));
  }
  i64s(field: number): bigint[] {
    return this.#elements(field, 8, (view, at) => view.getBigInt64(at, true));
  }
  tables(field: number): FlatTable[] {
    const file = this.#file;
    return this.#elements(field, 4, (view, at) => new FlatTable(file, at + view.getUint32(at, true)));
  }

  #elements<T>(field: number, size: number, read: (view: DataView, at: number) => T): T[] {
    const vector = this.#vector(field, size);
    if (vector === null) return [];
    return Array.from({ length: vector.count }, (_, i) => read(this.#file.view, vector.at + size * i));
  }

  #vector(field: number, size: number): { at: number; count: number } | null {
    const place = this.#place(field, 4);
    if (place === null) return null;
    const at = place + this.#file.view.getUint32(place, true);
    const count = this.#file.u32(at);
    return { at: this.#file.take(at + 4, count * size), count };
  }
}
