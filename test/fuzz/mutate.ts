/** Changes inputs at random: bits, bytes, numbers, pieces, words of a dictionary. */
import type { Random } from "../faults/random.ts";

const LARGEST = 64 * 1024;
const NUMBERS = [
  0,
  1,
  -1,
  127,
  128,
  255,
  256,
  32_767,
  32_768,
  65_535,
  65_536,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
];
const DIGITS = [
  "0",
  "-0",
  "1e309",
  "-1e309",
  "NaN",
  "Infinity",
  "1e-320",
  "99999999999999999999",
  "0x10",
  "1,5",
  " ",
  "",
];

/** A changed copy of `input`; `other` is a second input to take pieces from. */
export function mutate(
  input: Uint8Array,
  other: Uint8Array,
  dictionary: readonly string[],
  random: Random,
): Uint8Array {
  let bytes = Buffer.from(input);
  for (let change = random.whole(1, 6); change > 0; change--) bytes = once(bytes, other, dictionary, random);
  return new Uint8Array(bytes.subarray(0, LARGEST));
}

function once(
  bytes: Buffer,
  other: Uint8Array,
  dictionary: readonly string[],
  random: Random,
): Buffer<ArrayBuffer> {
  const copy = Buffer.from(bytes);
  const at = random.whole(0, bytes.length);
  const inside = Math.min(at, Math.max(0, bytes.length - 1));
  const insert = (piece: Uint8Array): Buffer<ArrayBuffer> =>
    Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
  switch (random.whole(0, 10)) {
    case 0:
      if (copy.length > 0) copy[inside] = (copy[inside] as number) ^ (1 << random.whole(0, 7));
      return copy;
    case 1:
      if (copy.length > 0) copy[inside] = random.whole(0, 255);
      return copy;
    case 2: {
      const to = Math.min(bytes.length, at + random.whole(1, 32));
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(to)]);
    }
    case 3:
      return insert(Buffer.from(Array.from({ length: random.whole(1, 16) }, () => random.whole(0, 255))));
    case 4: {
      const piece = bytes.subarray(at, at + random.whole(1, 64));
      return insert(Buffer.concat(Array.from({ length: random.whole(1, 8) }, () => piece)));
    }
    case 5: {
      const from = random.whole(0, other.length);
      return insert(other.subarray(from, from + random.whole(1, 256)));
    }
    case 6:
      return Buffer.concat([bytes.subarray(0, at), other.subarray(random.whole(0, other.length))]);
    case 7: {
      const size = random.pick([1, 2, 4]);
      if (copy.length < size) return copy;
      const value = random.pick(NUMBERS) + random.whole(-1, 1);
      copy.writeUIntLE(
        ((value % 2 ** (8 * size)) + 2 ** (8 * size)) % 2 ** (8 * size),
        Math.min(inside, copy.length - size),
        size,
      );
      return copy;
    }
    case 8:
      return insert(Buffer.from(random.pick(DIGITS)));
    case 9:
      return dictionary.length === 0 ? copy : insert(Buffer.from(random.pick(dictionary)));
    default:
      return Buffer.from(bytes.subarray(0, at));
  }
}
