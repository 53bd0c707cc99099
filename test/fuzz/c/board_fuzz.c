/*
 * Fuzzes the board's whole application: requests with a right check sum and any content, in any order, raw bytes between them,
 * time that passes, restarts (with an event log of any content), and a signal container of any content. Front end and network are the doubles of the board's tests.
 */
#include <stdlib.h>
#include <string.h>

#include "../../../firmware/link/frame.h"

int32_t limpet_board_flash_bytes(void);
uint8_t *limpet_board_allocate(int32_t bytes);
int32_t limpet_board_start(uint8_t *flash, const uint8_t *signal, int32_t signal_bytes);
int32_t limpet_board_receive(const uint8_t *bytes, int32_t count);
int32_t limpet_board_step(int64_t time_us);
int32_t limpet_board_transmit(uint8_t *buffer, int32_t capacity);
int32_t limpet_board_reset_wanted(void);

/* What begins an input: bytes of signal container that follow, and then records of a kind, a length and content. */
enum { RAW = 0, WAIT = 1, RESTART = 2, SAME_ID = 3, REQUEST = 4 };

/* As boards/wasm has them: two slots, then the log. */
#define SLOT_BYTES 0x80000
#define LOG_AT (2 * SLOT_BYTES)

static uint8_t *flash;
static int64_t now;
static uint16_t sequence;
static uint16_t request_id;

static void drain(void) {
  uint8_t out[2048];
  for (int i = 0; i < 64; i++) {
    int32_t count = limpet_board_transmit(out, sizeof out);
    if (count < 0 || count > (int32_t)sizeof out) abort();
    if (count == 0) break;
  }
}

static void request(uint8_t type, const uint8_t *content, size_t count) {
  static uint8_t body[FRAME_MAX_BODY];
  static uint8_t line[FRAME_MAX_ENCODED];
  if (count > FRAME_MAX_PAYLOAD - 2) count = FRAME_MAX_PAYLOAD - 2;
  body[FRAME_HEAD] = (uint8_t)request_id;
  body[FRAME_HEAD + 1] = (uint8_t)(request_id >> 8);
  memcpy(body + FRAME_HEAD + 2, content, count);
  size_t bytes = frame_encode(type, sequence++, body, count + 2, line);
  if (limpet_board_receive(line, (int32_t)bytes) != (int32_t)bytes) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  size_t at = 0;
  if (flash == NULL) flash = limpet_board_allocate(limpet_board_flash_bytes());
  /* Only heads and first pages: filling a megabyte for each run would be slow. */
  for (int i = 0; i < 2; i++) memset(flash + i * SLOT_BYTES, 0xff, 16384);
  memset(flash + LOG_AT, 0xff, (size_t)(limpet_board_flash_bytes() - LOG_AT));
  now = 0;
  sequence = 0;
  request_id = 0;

  uint8_t *signal = NULL;
  int32_t signal_bytes = 0;
  if (size > 2) {
    size_t wanted = (size_t)(data[0] | data[1] << 8);
    at = 2;
    if (wanted > size - at) wanted = 0;
    if (wanted > 0) {
      signal = malloc(wanted);
      memcpy(signal, data + at, wanted);
      signal_bytes = (int32_t)wanted;
      at += wanted;
    }
  }
  if (limpet_board_start(flash, signal, signal_bytes) != 0 && limpet_board_start(flash, NULL, 0) != 0) abort();
  while (at + 2 < size) {
    uint8_t kind = data[at++] % 24;
    size_t count = (size_t)(data[at] | data[at + 1] << 8) % 1100u;
    at += 2;
    if (count > size - at) count = size - at;
    switch (kind) {
      case RAW:
        limpet_board_receive(data + at, (int32_t)count);
        break;
      case WAIT:
        /* Up to half a minute: long enough for a board to look by itself. */
        now += (int64_t)count * 29989;
        break;
      case RESTART:
        memcpy(flash + LOG_AT, data + at, count);
        if (limpet_board_start(flash, signal, signal_bytes) != 0) limpet_board_start(flash, NULL, 0);
        now = 0;
        break;
      case SAME_ID:
        request_id--;
        break;
      default:
        request_id++;
        request((uint8_t)(kind - REQUEST + 1), data + at, count);
    }
    at += count;
    now += 500;
    limpet_board_step(now);
    drain();
    if (limpet_board_reset_wanted()) {
      if (limpet_board_start(flash, signal, signal_bytes) != 0) limpet_board_start(flash, NULL, 0);
      now = 0;
    }
  }
  free(signal);
  return 0;
}
