#include "store.h"

#include <string.h>

#include "../link/crc32.h"

#define MAGIC 0x54534d4cu /* LMST */
#define COMMITTED 0x434f4d54u
#define TRIED 0x54524944u
#define GOOD 0x474f4f44u
#define WITHDRAWN 0x57445257u
#define FIRM 0x4649524du
#define ERASED 0xffffffffu

/* Each part of the head lies in a program unit of its own, whatever size the flash has (16 bytes at most). */
#define HEAD_BYTES 32u
#define COMMIT_AT 32u
#define TRIED_AT 48u
#define GOOD_AT 64u
#define WITHDRAWN_AT 80u
#define FIRM_AT 96u
#define UNIT 16u

#define COPY_BYTES 64u

static uint32_t slot_address(const store *s, int slot) { return s->base + (uint32_t)slot * s->slot_bytes; }

static uint32_t load(const uint8_t *bytes) {
  return bytes[0] | ((uint32_t)bytes[1] << 8) | ((uint32_t)bytes[2] << 16) | ((uint32_t)bytes[3] << 24);
}

static void save(uint8_t *bytes, uint32_t value) {
  for (unsigned i = 0; i < 4; i++) bytes[i] = (uint8_t)(value >> (8 * i));
}

int store_open(store *s, const store_flash *flash, uint32_t base, uint32_t slot_bytes) {
  memset(s, 0, sizeof *s);
  s->flash = *flash;
  s->base = base;
  s->slot_bytes = slot_bytes;
  s->active = STORE_NONE;
  s->target = STORE_NONE;
  bool unit_fits = flash->program_bytes > 0 && UNIT % flash->program_bytes == 0;
  bool pages_fit = flash->page_bytes >= 128 && base % flash->page_bytes == 0 && slot_bytes % flash->page_bytes == 0;
  return unit_fits && pages_fit && slot_bytes > flash->page_bytes ? STORE_OK : STORE_ARGUMENT;
}

uint32_t store_capacity(const store *s) { return s->slot_bytes - s->flash.page_bytes; }

uint32_t store_payload_address(const store *s, int slot) { return slot_address(s, slot) + s->flash.page_bytes; }

static uint32_t read_word(const store *s, uint32_t address) {
  uint8_t bytes[4];
  return s->flash.read(s->flash.context, address, bytes, 4) == 0 ? load(bytes) : 0;
}

static int program_word(const store *s, uint32_t address, uint32_t word) {
  uint8_t unit[UNIT];
  memset(unit, 0xff, sizeof unit);
  save(unit, word);
  if (s->flash.program(s->flash.context, address, unit, UNIT) != 0) return STORE_FLASH;
  return read_word(s, address) == word ? STORE_OK : STORE_FLASH;
}

static bool payload_crc(const store *s, int slot, uint32_t bytes, uint32_t *crc) {
  uint8_t copy[COPY_BYTES];
  uint32_t address = store_payload_address(s, slot);
  *crc = 0;
  for (uint32_t at = 0; at < bytes; at += COPY_BYTES) {
    uint32_t count = bytes - at < COPY_BYTES ? bytes - at : COPY_BYTES;
    if (s->flash.read(s->flash.context, address + at, copy, count) != 0) return false;
    *crc = crc32_update(*crc, copy, count);
  }
  return true;
}

/* Head without the payload's check: enough to find the next counter. */
static bool read_head(const store *s, int slot, store_slot *out) {
  uint8_t head[HEAD_BYTES];
  uint32_t address = slot_address(s, slot);
  if (s->flash.read(s->flash.context, address, head, HEAD_BYTES) != 0) return false;
  if (load(head) != MAGIC || load(head + 16) != crc32_update(0, head, 16)) return false;
  out->counter = load(head + 4);
  out->bytes = load(head + 8);
  out->crc = load(head + 12);
  /* A flag that was cut off while it was written counts as set where that is the careful reading. */
  out->tried = read_word(s, address + TRIED_AT) != ERASED;
  out->good = read_word(s, address + GOOD_AT) == GOOD;
  out->withdrawn = read_word(s, address + WITHDRAWN_AT) != ERASED;
  return out->bytes > 0 && out->bytes <= store_capacity(s) && read_word(s, address + COMMIT_AT) == COMMITTED;
}

bool store_inspect(const store *s, int slot, store_slot *out) {
  uint32_t crc;
  return read_head(s, slot, out) && payload_crc(s, slot, out->bytes, &crc) && crc == out->crc;
}

int store_choose(store *s) {
  uint32_t best = 0;
  bool best_withdrawn = false;
  s->active = STORE_NONE;
  for (int slot = 0; slot < 2; slot++) {
    store_slot info;
    if (!store_inspect(s, slot, &info) || (info.tried && !info.good)) continue;
    bool better = info.withdrawn == best_withdrawn ? info.counter > best : best_withdrawn;
    if (s->active == STORE_NONE || better) {
      s->active = slot;
      best = info.counter;
      best_withdrawn = info.withdrawn;
    }
  }
  return s->active;
}

/*
 * Writes commit word and good of the slot in use once more, before the other slot is given up: where the power failed while
 * one of them was written, its bits may read as set now and not the next time. A flag says that it has been done, so that no
 * word is written more often than flash allows (twice on the nRF52840). What fails here changes nothing: the slot is as it was.
 */
static void make_firm(const store *s) {
  uint32_t address = slot_address(s, s->active);
  if (read_word(s, address + FIRM_AT) != ERASED) return;
  store_slot info;
  if (!read_head(s, s->active, &info) || !info.good) return;
  if (program_word(s, address + COMMIT_AT, COMMITTED) != STORE_OK) return;
  if (program_word(s, address + GOOD_AT, GOOD) != STORE_OK) return;
  (void)program_word(s, address + FIRM_AT, FIRM);
}

int store_begin(store *s, uint32_t bytes, uint32_t crc) {
  store_abort(s);
  if (bytes == 0) return STORE_ARGUMENT;
  if (bytes > store_capacity(s)) return STORE_TOO_LARGE;
  int target = s->active == 0 ? 1 : 0;
  if (s->active != STORE_NONE) make_firm(s);
  uint32_t pages = 1 + (bytes + s->flash.page_bytes - 1) / s->flash.page_bytes;
  /*
   * The head goes first: from then on the slot holds nothing. It is written over before it is erased: a head whose erasing was cut
   * off could else come back with its flags gone, and a model that was withdrawn would be in use again.
   */
  if (read_word(s, slot_address(s, target)) == MAGIC) {
    uint8_t unit[UNIT];
    memset(unit, 0, sizeof unit);
    (void)s->flash.program(s->flash.context, slot_address(s, target), unit, UNIT);
  }
  for (uint32_t page = 0; page < pages; page++) {
    uint32_t address = slot_address(s, target) + page * s->flash.page_bytes;
    if (s->flash.erase(s->flash.context, address) != 0) return STORE_FLASH;
  }
  s->target = target;
  s->expected_bytes = bytes;
  s->expected_crc = crc;
  s->received_bytes = 0;
  return STORE_OK;
}

int store_write(store *s, uint32_t offset, const uint8_t *bytes, uint32_t count) {
  if (s->target == STORE_NONE) return STORE_STATE;
  if (count > s->expected_bytes || offset > s->expected_bytes - count) return STORE_ARGUMENT;
  if (offset < s->received_bytes && offset + count <= s->received_bytes) return STORE_OK;
  bool last = offset + count == s->expected_bytes;
  if (offset != s->received_bytes || count == 0 || (!last && count % UNIT != 0)) return STORE_ARGUMENT;
  uint32_t address = store_payload_address(s, s->target) + offset;
  uint32_t whole = count - count % UNIT;
  if (whole > 0 && s->flash.program(s->flash.context, address, bytes, whole) != 0) return STORE_FLASH;
  if (whole < count) {
    uint8_t unit[UNIT];
    memset(unit, 0xff, sizeof unit);
    memcpy(unit, bytes + whole, count - whole);
    if (s->flash.program(s->flash.context, address + whole, unit, UNIT) != 0) return STORE_FLASH;
  }
  s->received_bytes = offset + count;
  return STORE_OK;
}

int store_commit(store *s, int *slot) {
  if (s->target == STORE_NONE || s->received_bytes != s->expected_bytes) return STORE_STATE;
  int target = s->target;
  uint32_t crc;
  store_abort(s);
  if (!payload_crc(s, target, s->expected_bytes, &crc)) return STORE_FLASH;
  if (crc != s->expected_crc) return STORE_CORRUPT;
  store_slot other;
  uint32_t counter = read_head(s, 1 - target, &other) ? other.counter + 1 : 1;
  uint8_t head[HEAD_BYTES];
  memset(head, 0xff, sizeof head);
  save(head, MAGIC);
  save(head + 4, counter);
  save(head + 8, s->expected_bytes);
  save(head + 12, crc);
  save(head + 16, crc32_update(0, head, 16));
  uint32_t address = slot_address(s, target);
  if (s->flash.program(s->flash.context, address, head, HEAD_BYTES) != 0) return STORE_FLASH;
  int status = program_word(s, address + COMMIT_AT, COMMITTED);
  if (status == STORE_OK) *slot = target;
  return status;
}

void store_abort(store *s) { s->target = STORE_NONE; }

int store_mark_tried(store *s, int slot) { return program_word(s, slot_address(s, slot) + TRIED_AT, TRIED); }

int store_mark_good(store *s, int slot) { return program_word(s, slot_address(s, slot) + GOOD_AT, GOOD); }

int store_roll_back(store *s) {
  store_slot other;
  if (s->active == STORE_NONE || s->target != STORE_NONE) return STORE_STATE;
  int before = s->active;
  if (!store_inspect(s, 1 - before, &other) || !other.good || other.withdrawn) return STORE_STATE;
  int status = program_word(s, slot_address(s, before) + WITHDRAWN_AT, WITHDRAWN);
  if (status != STORE_OK) return status;
  s->active = 1 - before;
  return STORE_OK;
}
