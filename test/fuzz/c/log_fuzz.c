/*
 * Fuzzes the event log: a flash of any content, then windows, ends, clears, other owners and starts in any order, with the power failing in any
 * operation. What was written before is still there, and nothing is there that was not written.
 */
#include <stdlib.h>
#include <string.h>

#include "../../../firmware/store/event_log.h"

#define PAGE 1024u
#define BYTES (3u * PAGE)
#define MOST 200u

#include "nor_flash.h"

static event_log log_;

static void start(void) {
  store_flash flash = {NULL, PAGE, 4, nor_erase, nor_program, nor_read};
  nor.left = -1;
  if (event_log_open(&log_, &flash, 0, BYTES) != STORE_OK) abort();
}

/* Whatever is read is in order, of labels that there are, and no more than was written. */
static void look(uint32_t from) {
  static event_log_event events[MOST];
  uint32_t all = event_log_count(&log_);
  uint32_t count = event_log_read(&log_, from % MOST, MOST, events);
  if (count > MOST || count > all) abort();
  for (uint32_t i = 1; i < count; i++) {
    if (events[i].boot < events[i - 1].boot) abort();
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const uint8_t OWNERS[2][EVENT_LOG_OWNER_BYTES] = {{1}, {2}};
  size_t at = 0;
  uint32_t now = 0;
  memset(nor.bytes, 0xff, sizeof nor.bytes);
  for (uint8_t pieces = size > 0 ? data[at++] % 8 : 0; pieces > 0 && at + 3 < size; pieces--) {
    uint32_t address = ((uint32_t)data[at] << 8 | data[at + 1]) % BYTES;
    uint8_t count = data[at + 2];
    at += 3;
    for (uint8_t i = 0; i < count && at < size && address + i < BYTES; i++) nor.bytes[address + i] = data[at++];
  }
  start();
  look(0);
  /* From here on all is known. */
  if (event_log_clear(&log_) != STORE_OK || event_log_begin(&log_, OWNERS[0], 0) != STORE_OK) abort();
  uint32_t least = 0, most = 0;
  while (at + 1 < size) {
    uint8_t operation = data[at++] % 8;
    uint8_t value = data[at++];
    now += value;
    switch (operation) {
      case 0:
        event_log_begin(&log_, OWNERS[value & 1], now);
        /* Another owner's log is gone, or this one's still there. */
        least = log_.events < least ? log_.events : least;
        break;
      case 1:
        event_log_end(&log_, now);
        break;
      case 2:
        event_log_clear(&log_);
        if (event_log_begin(&log_, OWNERS[0], now) != STORE_OK && nor.left != 0) abort();
        least = 0;
        break;
      case 3:
        start();
        now = 0;
        break;
      case 4:
        look(value);
        break;
      case 5:
        nor.left = value % 24;
        continue;
      default:
        most++;
        event_log_window(&log_, now, value % 70, (float)value);
    }
    if (nor.left == 0) {
      start();
      if (log_.events < least || log_.events > most) abort();
      look(0);
      now = 0;
      event_log_begin(&log_, OWNERS[0], now);
    }
    least = log_.events;
    if (least > most) abort();
  }
  start();
  if (log_.events < least || log_.events > most) abort();
  look(0);
  return 0;
}
