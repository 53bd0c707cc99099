#include "cobs.h"

size_t cobs_encode(const uint8_t *bytes, size_t count, uint8_t *out) {
  size_t code_at = 0;
  size_t at = 1;
  uint8_t code = 1;
  for (size_t i = 0; i < count; i++) {
    if (bytes[i] != 0) {
      out[at++] = bytes[i];
      code++;
    }
    /* A full block of 254 bytes needs no block after it when nothing follows. */
    if (bytes[i] == 0 || (code == 255 && i + 1 < count)) {
      out[code_at] = code;
      code_at = at++;
      code = 1;
    }
  }
  out[code_at] = code;
  return at;
}

ptrdiff_t cobs_decode(const uint8_t *bytes, size_t count, uint8_t *out, size_t capacity) {
  size_t at = 0;
  size_t made = 0;
  if (count == 0) return -1;
  while (at < count) {
    uint8_t code = bytes[at++];
    if (code == 0 || (size_t)(code - 1) > count - at) return -1;
    for (uint8_t i = 1; i < code; i++) {
      if (bytes[at] == 0 || made == capacity) return -1;
      out[made++] = bytes[at++];
    }
    if (code != 255 && at < count) {
      if (made == capacity) return -1;
      out[made++] = 0;
    }
  }
  return (ptrdiff_t)made;
}
