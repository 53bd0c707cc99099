/* Fuzzes the link of the firmware: any bytes into the receiver, and any body through encoding and back. */
#include <stdlib.h>
#include <string.h>

#include "../../../firmware/link/cobs.h"
#include "../../../firmware/link/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static frame_receiver receiver;
  frame found;
  memset(&receiver, 0, sizeof receiver);
  for (size_t i = 0; i < size; i++) {
    if (frame_receive(&receiver, data[i], &found)) {
      if (found.payload_bytes > FRAME_MAX_PAYLOAD) abort();
      volatile uint8_t sum = 0;
      for (size_t j = 0; j < found.payload_bytes; j++) sum = (uint8_t)(sum + found.payload[j]);
    }
  }

  /* Decoding into a buffer of exactly the size it may use. */
  size_t capacity = size == 0 ? 0 : data[0];
  uint8_t *out = malloc(capacity == 0 ? 1 : capacity);
  ptrdiff_t decoded = cobs_decode(data, size, out, capacity);
  if (decoded > (ptrdiff_t)capacity) abort();
  free(out);

  /* What is encoded comes back. */
  size_t bytes = size > FRAME_MAX_PAYLOAD ? FRAME_MAX_PAYLOAD : size;
  static uint8_t body[FRAME_MAX_BODY];
  static uint8_t line[FRAME_MAX_ENCODED];
  if (bytes > 0) memcpy(body + FRAME_HEAD, data, bytes);
  size_t sent = frame_encode(bytes == 0 ? 1 : data[0], 7, body, bytes, line);
  if (sent == 0 || sent > sizeof line) abort();
  memset(&receiver, 0, sizeof receiver);
  bool came = false;
  for (size_t i = 0; i < sent; i++) came = frame_receive(&receiver, line[i], &found);
  if (!came || found.payload_bytes != bytes || (bytes > 0 && memcmp(found.payload, data, bytes) != 0)) abort();
  return 0;
}
