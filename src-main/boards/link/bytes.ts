/**
 * Little-endian reading and writing of message fields. A reader that meets the end of its bytes throws `board-protocol`, so
 * that no decoder has to check lengths by itself.
 */
import { LimpetError } from "../../../src-shared/errors.ts";

const decoder = new TextDecoder("utf-8", { fatal: true });
const encoder = new TextEncoder();

/** The one error for bytes that break the protocol. */
export function protocolError(what: string, cause?: unknown): LimpetError {
  return new LimpetError("board-protocol", `The board's answer is not valid: ${what}.`, {
    hint: "Is it a Limpet board with current firmware? Deploying with --firmware always writes it again.",
    cause,
  });
}

export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #what: string;
  #at = 0;

  /** @param what name of what is read, for messages */
  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#what = what;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }
  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }
  i8(): number {
    return this.#view.getInt8(this.#take(1));
  }
  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }
  i16(): number {
    return this.#view.getInt16(this.#take(2), true);
  }
  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }
  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }
  f32(): number {
    return this.#view.getFloat32(this.#take(4), true);
  }
  /** A copy of the next `count` bytes. */
  bytes(count: number): Uint8Array {
    const at = this.#take(count);
    return this.#bytes.slice(at, at + count);
  }
  rest(): Uint8Array {
    return this.bytes(this.remaining);
  }
  i8Array(count: number): Int8Array {
    return new Int8Array(this.bytes(count).buffer);
  }
  i16Array(count: number): Int16Array {
    return new Int16Array(this.bytes(count * 2).buffer);
  }
  f32Array(count: number): Float32Array {
    return new Float32Array(this.bytes(count * 4).buffer);
  }
  /** u8 length and that many bytes of UTF-8. */
  text(): string {
    return this.utf8(this.u8());
  }
  utf8(count: number): string {
    const bytes = this.bytes(count);
    try {
      return decoder.decode(bytes);
    } catch (error) {
      throw protocolError(`a text of ${this.#what} is not UTF-8`, error);
    }
  }
  texts(): string[] {
    return Array.from({ length: this.u8() }, () => this.text());
  }
  skip(count: number): void {
    this.#take(count);
  }

  #take(count: number): number {
    if (this.remaining < count) {
      throw protocolError(`${this.#what} is too short`);
    }
    const at = this.#at;
    this.#at += count;
    return at;
  }
}

export class ByteWriter {
  readonly #parts: Uint8Array[] = [];

  u8(value: number): this {
    return this.#number(1, (view) => view.setUint8(0, value));
  }
  u16(value: number): this {
    return this.#number(2, (view) => view.setUint16(0, value, true));
  }
  i16(value: number): this {
    return this.#number(2, (view) => view.setInt16(0, value, true));
  }
  u32(value: number): this {
    return this.#number(4, (view) => view.setUint32(0, value, true));
  }
  u64(value: bigint): this {
    return this.#number(8, (view) => view.setBigUint64(0, value, true));
  }
  f32(value: number): this {
    return this.#number(4, (view) => view.setFloat32(0, value, true));
  }
  bytes(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    return this;
  }
  /** u8 length and UTF-8; longer texts than 255 bytes are a mistake of the caller. */
  text(text: string): this {
    const bytes = encoder.encode(text);
    if (bytes.length > 255) throw new LimpetError("internal", `Text too long for the link: ${text}`);
    return this.u8(bytes.length).bytes(bytes);
  }
  done(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#parts));
  }

  #number(size: number, set: (view: DataView) => void): this {
    const bytes = new Uint8Array(size);
    set(new DataView(bytes.buffer));
    this.#parts.push(bytes);
    return this;
  }
}

/** Little-endian bytes of float32 values, on any machine. */
export function float32Bytes(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) view.setFloat32(4 * i, values[i] as number, true);
  return bytes;
}
