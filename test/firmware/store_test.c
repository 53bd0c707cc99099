/*
 * The model slots on a simulated NOR flash whose power fails after every single operation, and in the midst of it: at each
 * following start a whole package must be in use, the old one or the new one. Prints what failed; exit code 1 then.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../firmware/link/crc32.h"
#include "../../firmware/store/store.h"

#define PAGE 256u
#define SLOT (8u * PAGE)
#define BYTES (2u * SLOT)

typedef struct {
  uint8_t bytes[BYTES];
  unsigned program_bytes;
  /* Operations until the power fails; -1: never. */
  int left;
  bool torn;
  int operations;
  bool broken;
} nor;

static int failures;

#define CHECK(condition)                                                  \
  do {                                                                    \
    if (!(condition)) {                                                   \
      failures++;                                                         \
      printf("%s:%d: %s\n", __FILE__, __LINE__, #condition);              \
    }                                                                     \
  } while (0)

/* How much of an operation on `count` bytes takes place; less than all when the power fails in it. */
static uint32_t powered(nor *n, uint32_t count) {
  n->operations++;
  if (n->left < 0) return count;
  if (n->left == 0) return 0;
  n->left--;
  return n->left == 0 && n->torn ? count / 2 : count;
}

static int nor_erase(void *context, uint32_t address) {
  nor *n = context;
  if (address % PAGE != 0 || address >= BYTES) n->broken = true;
  uint32_t count = powered(n, PAGE);
  memset(n->bytes + address, 0xff, count);
  return n->left == 0 ? -1 : 0;
}

static int nor_program(void *context, uint32_t address, const uint8_t *bytes, uint32_t count) {
  nor *n = context;
  if (address % n->program_bytes != 0 || count % n->program_bytes != 0 || address + count > BYTES) n->broken = true;
  uint32_t done = powered(n, count);
  for (uint32_t i = 0; i < done; i++) n->bytes[address + i] &= bytes[i];
  return n->left == 0 ? -1 : 0;
}

static int nor_read(void *context, uint32_t address, uint8_t *bytes, uint32_t count) {
  nor *n = context;
  memcpy(bytes, n->bytes + address, count);
  return 0;
}

static void start(store *s, nor *n) {
  store_flash flash = {n, PAGE, n->program_bytes, nor_erase, nor_program, nor_read};
  CHECK(store_open(s, &flash, 0, SLOT) == STORE_OK);
  store_choose(s);
}

static void make(uint8_t *package, uint32_t count, uint8_t seed) {
  for (uint32_t i = 0; i < count; i++) package[i] = (uint8_t)(seed + i * 31u + (i >> 8));
}

/* What the board does with an update; stops at the first failure as a board without power would. */
static int update(store *s, const uint8_t *package, uint32_t count) {
  int slot;
  int status = store_begin(s, count, crc32_update(0, package, count));
  for (uint32_t at = 0; status == STORE_OK && at < count; at += 48) {
    status = store_write(s, at, package + at, count - at < 48 ? count - at : 48);
  }
  if (status == STORE_OK) status = store_commit(s, &slot);
  if (status == STORE_OK) status = store_mark_tried(s, slot);
  if (status == STORE_OK) status = store_mark_good(s, slot);
  if (status == STORE_OK) s->active = slot;
  return status;
}

static bool holds(const store *s, const nor *n, const uint8_t *package, uint32_t count) {
  return s->active != STORE_NONE && memcmp(n->bytes + store_payload_address(s, s->active), package, count) == 0;
}

/* What the board does at its start with a slot that has not been found good. */
static void settle(store *s) {
  for (;;) {
    store_slot info;
    if (s->active == STORE_NONE || !store_inspect(s, s->active, &info) || info.good) return;
    if (store_mark_tried(s, s->active) == STORE_OK && store_mark_good(s, s->active) == STORE_OK) return;
    store_choose(s);
  }
}

static void cut_everywhere(unsigned program_bytes, bool torn) {
  static nor first, n;
  static uint8_t old[1000], fresh[1500], third[700];
  store s;
  make(old, sizeof old, 1);
  make(fresh, sizeof fresh, 99);
  make(third, sizeof third, 55);
  memset(&first, 0, sizeof first);
  memset(first.bytes, 0xff, BYTES);
  first.program_bytes = program_bytes;
  first.left = -1;
  start(&s, &first);
  CHECK(s.active == STORE_NONE);
  CHECK(update(&s, old, sizeof old) == STORE_OK);
  /* A second update before, so that the slot to be erased holds an older package. */
  CHECK(update(&s, fresh, sizeof fresh) == STORE_OK);
  CHECK(update(&s, old, sizeof old) == STORE_OK);
  first.operations = 0;
  n = first;
  start(&s, &n);
  CHECK(holds(&s, &n, old, sizeof old));
  CHECK(update(&s, fresh, sizeof fresh) == STORE_OK);
  int total = n.operations;
  CHECK(total > 20);
  for (int cut = 1; cut <= total; cut++) {
    n = first;
    start(&s, &n);
    n.left = cut;
    n.torn = torn;
    update(&s, fresh, sizeof fresh);
    n.left = -1;
    n.torn = false;
    start(&s, &n);
    CHECK(holds(&s, &n, old, sizeof old) || holds(&s, &n, fresh, sizeof fresh));
    settle(&s);
    CHECK(holds(&s, &n, old, sizeof old) || holds(&s, &n, fresh, sizeof fresh));
    /* And the board can still be updated, whatever the half slot looks like. */
    CHECK(update(&s, third, sizeof third) == STORE_OK);
    start(&s, &n);
    CHECK(holds(&s, &n, third, sizeof third));
    CHECK(!n.broken);
  }
}

static void roll_back_and_refusals(void) {
  static nor n;
  static uint8_t old[500], fresh[600];
  store s;
  int slot;
  make(old, sizeof old, 1);
  make(fresh, sizeof fresh, 2);
  memset(&n, 0, sizeof n);
  memset(n.bytes, 0xff, BYTES);
  n.program_bytes = 4;
  n.left = -1;
  start(&s, &n);
  CHECK(store_roll_back(&s) == STORE_STATE);
  CHECK(update(&s, old, sizeof old) == STORE_OK);
  CHECK(store_roll_back(&s) == STORE_STATE);
  CHECK(update(&s, fresh, sizeof fresh) == STORE_OK);
  CHECK(store_roll_back(&s) == STORE_OK && holds(&s, &n, old, sizeof old));
  start(&s, &n);
  CHECK(holds(&s, &n, old, sizeof old));
  CHECK(store_roll_back(&s) == STORE_STATE);
  /* Tried, but never found good: the next start takes the one before. */
  CHECK(store_begin(&s, sizeof fresh, crc32_update(0, fresh, sizeof fresh)) == STORE_OK);
  CHECK(store_write(&s, 0, fresh, sizeof fresh) == STORE_OK);
  CHECK(store_write(&s, 16, fresh + 16, 32) == STORE_OK);
  CHECK(store_commit(&s, &slot) == STORE_OK);
  CHECK(store_mark_tried(&s, slot) == STORE_OK);
  start(&s, &n);
  CHECK(holds(&s, &n, old, sizeof old));
  /* Wrong check sum, holes, too much. */
  CHECK(store_begin(&s, sizeof fresh, 1) == STORE_OK);
  CHECK(store_write(&s, 16, fresh, 16) == STORE_ARGUMENT);
  CHECK(store_write(&s, 0, fresh, 15) == STORE_ARGUMENT);
  CHECK(store_commit(&s, &slot) == STORE_STATE);
  CHECK(store_write(&s, 0, fresh, sizeof fresh) == STORE_OK);
  CHECK(store_commit(&s, &slot) == STORE_CORRUPT);
  CHECK(store_begin(&s, SLOT, 0) == STORE_TOO_LARGE);
  CHECK(store_begin(&s, 0, 0) == STORE_ARGUMENT);
  CHECK(store_write(&s, 0, fresh, 16) == STORE_STATE);
  /* A bit that has changed in the package in use. */
  n.bytes[store_payload_address(&s, s.active) + 77] ^= 4;
  CHECK(store_choose(&s) == STORE_NONE);
}

int main(void) {
  for (unsigned program_bytes = 1; program_bytes <= 16; program_bytes *= 2) {
    cut_everywhere(program_bytes, false);
    cut_everywhere(program_bytes, true);
  }
  roll_back_and_refusals();
  if (failures > 0) printf("%d checks failed\n", failures);
  return failures > 0;
}
