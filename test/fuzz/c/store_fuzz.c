/*
 * Fuzzes the model slots: a flash of any content, then updates, flags, roll-backs and starts in any order, with the power failing
 * in any operation. What the store says is in use must be whole, whatever came before.
 */
#include <stdlib.h>
#include <string.h>

#include "../../../firmware/link/crc32.h"
#include "../../../firmware/store/store.h"

#define PAGE 256u
#define SLOT (6u * PAGE)
#define BYTES (2u * SLOT)

#include "nor_flash.h"

static void require_whole(const store *s) {
  if (s->active == STORE_NONE) return;
  store_slot slot;
  if (s->active < 0 || s->active > 1 || !store_inspect(s, s->active, &slot)) abort();
  if (slot.withdrawn || slot.bytes > store_capacity(s)) abort();
  if (crc32_update(0, nor.bytes + store_payload_address(s, s->active), slot.bytes) != slot.crc) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  store_flash flash = {NULL, PAGE, 4, nor_erase, nor_program, nor_read};
  store s;
  size_t at = 0;
  uint8_t payload[1024];
  memset(nor.bytes, 0xff, sizeof nor.bytes);
  nor.left = -1;
  /* Some rubbish from before, in heads and payloads. */
  for (uint8_t pieces = size > 0 ? data[at++] % 8 : 0; pieces > 0 && at + 3 < size; pieces--) {
    uint32_t address = ((uint32_t)data[at] << 8 | data[at + 1]) % BYTES;
    uint8_t count = data[at + 2];
    at += 3;
    for (uint8_t i = 0; i < count && at < size && address + i < BYTES; i++) nor.bytes[address + i] = data[at++];
  }
  if (store_open(&s, &flash, 0, SLOT) != STORE_OK) abort();
  store_choose(&s);
  require_whole(&s);
  while (at + 2 < size) {
    uint8_t operation = data[at++] % 9;
    uint16_t value = (uint16_t)(data[at] | data[at + 1] << 8);
    at += 2;
    int slot = 0;
    switch (operation) {
      case 0:
        /* A whole update, as the laptop does it. */
        value = (uint16_t)(value % sizeof payload);
        for (uint32_t i = 0; i < value; i++) payload[i] = (uint8_t)(i * 7u + value);
        if (store_begin(&s, value, crc32_update(0, payload, value)) != STORE_OK) break;
        for (uint32_t offset = 0; offset < value; offset += 64) {
          store_write(&s, offset, payload + offset, value - offset < 64 ? value - offset : 64);
        }
        if (store_commit(&s, &slot) == STORE_OK) {
          store_mark_tried(&s, slot);
          store_mark_good(&s, slot);
        }
        break;
      case 1:
        store_begin(&s, value, value * 2654435761u);
        break;
      case 2:
        for (uint32_t i = 0; i < sizeof payload; i++) payload[i] = (uint8_t)i;
        store_write(&s, (value & 0xffu) * 16u, payload, value >> 8);
        break;
      case 3:
        store_commit(&s, &slot);
        break;
      case 4:
        store_abort(&s);
        break;
      case 5:
        store_roll_back(&s);
        break;
      case 6:
        store_mark_tried(&s, value & 1);
        break;
      case 7:
        store_mark_good(&s, value & 1);
        break;
      default:
        nor.left = value % 40;
        continue;
    }
    if (nor.left == 0) {
      /* The power failed: the board starts anew. */
      nor.left = -1;
      if (store_open(&s, &flash, 0, SLOT) != STORE_OK) abort();
      store_choose(&s);
      require_whole(&s);
    }
  }
  nor.left = -1;
  store_choose(&s);
  require_whole(&s);
  return 0;
}
