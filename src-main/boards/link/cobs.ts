/**
 * Consistent overhead byte stuffing (Cheshire and Baker 1999, "Consistent Overhead Byte Stuffing", IEEE/ACM Transactions
 * on Networking 7(2)): takes the zero bytes out of a body, so that a zero can end a frame. Pure functions.
 */

/** Encodes `body` without any zero byte; at most one byte in 254 longer, plus one. The ending zero is not included. */
export function cobsEncode(body: Uint8Array): Uint8Array {
  const out = new Uint8Array(body.length + Math.floor(body.length / 254) + 1);
  let codeAt = 0;
  let code = 1;
  let at = 1;
  for (let index = 0; index < body.length; index++) {
    const byte = body[index] as number;
    if (byte !== 0) {
      out[at++] = byte;
      code++;
    }
    // A full block of 254 is closed only if more follows: the decoder adds no zero after it.
    if (byte === 0 || (code === 0xff && index + 1 < body.length)) {
      out[codeAt] = code;
      codeAt = at++;
      code = 1;
    }
  }
  out[codeAt] = code;
  return out.slice(0, at);
}

/** Decodes what stood between two zero bytes; null where it is no valid code. */
export function cobsDecode(encoded: Uint8Array): Uint8Array | null {
  const out = new Uint8Array(encoded.length);
  let at = 0;
  let length = 0;
  while (at < encoded.length) {
    const code = encoded[at++] as number;
    const end = at + code - 1;
    if (code === 0 || end > encoded.length) {
      return null;
    }
    while (at < end) {
      const byte = encoded[at++] as number;
      if (byte === 0) return null;
      out[length++] = byte;
    }
    if (code < 0xff && at < encoded.length) {
      out[length++] = 0;
    }
  }
  return out.subarray(0, length);
}
