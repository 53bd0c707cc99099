/*
 * The C side of the link against the vectors that the TypeScript side reads too. Standard input, one vector a line, made from
 * link-vectors.json: `cobs BODY ENCODED`, `crc32 BYTES CRC`, `frame TYPE SEQUENCE PAYLOAD BYTES`; bytes in hex, `-` for none.
 * Prints what failed; exit code 1 then.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../firmware/link/crc32.h"
#include "../../firmware/link/frame.h"

static int failures;
static int vectors;

#define CHECK(condition)                                                       \
  do {                                                                         \
    if (!(condition)) {                                                        \
      failures++;                                                              \
      printf("vector %d, line %d: %s\n", vectors, __LINE__, #condition);       \
    }                                                                          \
  } while (0)

static size_t from_hex(const char *text, uint8_t *out) {
  size_t count = 0;
  if (strcmp(text, "-") == 0) return 0;
  for (; text[0] != 0 && text[1] != 0; text += 2) {
    char digits[3] = {text[0], text[1], 0};
    out[count++] = (uint8_t)strtoul(digits, NULL, 16);
  }
  return count;
}

static char words[4][8192];
static uint8_t a[4096], b[4096], out[4096];

static void test_cobs(void) {
  size_t body = from_hex(words[0], a);
  size_t encoded = from_hex(words[1], b);
  CHECK(cobs_encode(a, body, out) == encoded && memcmp(out, b, encoded) == 0);
  CHECK(cobs_decode(b, encoded, b, sizeof b) == (ptrdiff_t)body && memcmp(a, b, body) == 0);
}

static void test_frame(void) {
  uint8_t type = (uint8_t)strtoul(words[0], NULL, 10);
  uint16_t sequence = (uint16_t)strtoul(words[1], NULL, 10);
  size_t payload = from_hex(words[2], a);
  size_t bytes = from_hex(words[3], b);
  uint8_t body[FRAME_MAX_BODY];
  memcpy(body + FRAME_HEAD, a, payload);
  CHECK(frame_encode(type, sequence, body, payload, out) == bytes && memcmp(out, b, bytes) == 0);
  static frame_receiver receiver;
  frame got;
  int frames = 0;
  memset(&receiver, 0, sizeof receiver);
  /* Noise before the first zero must cost nothing but one error. */
  frame_receive(&receiver, 0x55, &got);
  frame_receive(&receiver, 0, &got);
  for (size_t i = 0; i < bytes; i++) {
    if (frame_receive(&receiver, b[i], &got)) frames++;
  }
  CHECK(frames == 1 && receiver.errors == 1);
  CHECK(got.type == type && got.sequence == sequence && got.payload_bytes == payload);
  CHECK(memcmp(got.payload, a, payload) == 0);
  /* Any single changed byte is found out. */
  for (size_t i = 0; i + 1 < bytes; i++) {
    memcpy(out, b, bytes);
    out[i] ^= 0x10;
    memset(&receiver, 0, sizeof receiver);
    for (size_t k = 0; k < bytes; k++) CHECK(!frame_receive(&receiver, out[k], &got));
  }
}

static void test_limits(void) {
  static frame_receiver receiver;
  static uint8_t body[FRAME_MAX_BODY + 1];
  frame got;
  CHECK(frame_encode(0x81, 0, body, FRAME_MAX_PAYLOAD + 1, out) == 0);
  for (int i = 0; i < 5000; i++) CHECK(!frame_receive(&receiver, 1, &got));
  CHECK(!frame_receive(&receiver, 0, &got) && receiver.errors == 1);
  for (uint16_t sequence = 0; sequence < 10; sequence++) {
    if (sequence == 4 || sequence == 5) continue;
    size_t bytes = frame_encode(0x10, sequence, body, 2, out);
    for (size_t i = 0; i < bytes; i++) frame_receive(&receiver, out[i], &got);
  }
  CHECK(receiver.frames == 8 && receiver.errors == 3);
}

int main(void) {
  char kind[16];
  while (scanf("%15s", kind) == 1) {
    int count = strcmp(kind, "frame") == 0 ? 4 : 2;
    for (int i = 0; i < count; i++) {
      if (scanf("%8191s", words[i]) != 1) return 2;
    }
    vectors++;
    if (strcmp(kind, "cobs") == 0) test_cobs();
    else if (strcmp(kind, "frame") == 0) test_frame();
    else CHECK(crc32_update(0, a, from_hex(words[0], a)) == strtoul(words[1], NULL, 10));
  }
  test_limits();
  printf("%d vectors, %d failures\n", vectors, failures);
  return failures > 0 || vectors == 0;
}
