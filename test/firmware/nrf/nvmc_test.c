/*
 * NVMC under the store: the driver against flash that takes no access without the right mode, no word written more than twice between
 * erasures, and nothing outside its area; both page sizes. Prints what failed; exit code 1 then.
 */
#include "../../../firmware/boards/nrf/nvmc.h"
#include "../../../firmware/link/crc32.h"
#include "fake.h"

#define BEGIN 0x40000u
#define BYTES 0x10000u

static uint32_t words[BYTES / 4];
static uint8_t writes[BYTES / 4];
static uint32_t page_bytes;
static uint32_t busy;
static uint32_t erased;
/* By the store; a word takes 2 between erasures. */
static uint32_t most_writes;

static uint32_t get_flash(uint32_t address) { return words[(address - BEGIN) / 4]; }

static void set_flash(uint32_t address, uint32_t value) {
  uint32_t at = (address - BEGIN) / 4;
  if (fake_kept(NVMC_CONFIG) != NVMC_CONFIG_WEN) FATAL("written without WEN");
  if (busy > 0) FATAL("written while NVMC is busy");
  busy = 3;
  if (++writes[at] > 2) FATAL("word at 0x%08x written %u times since it was erased", address, writes[at]);
  words[at] &= value;
}

static uint32_t get_nvmc(uint32_t address) {
  if (address != NVMC_READY) return fake_kept(address);
  if (busy > 0) busy--;
  return busy == 0;
}

static void set_nvmc(uint32_t address, uint32_t value) {
  if (busy > 0) FATAL("NVMC is busy");
  fake_keep(address, value);
  if (address != NVMC_ERASEPAGE) return;
  if (fake_kept(NVMC_CONFIG) != NVMC_CONFIG_EEN) FATAL("erased without EEN");
  if (value % page_bytes != 0 || value < BEGIN || value >= BEGIN + BYTES) FATAL("erased outside: 0x%08x", value);
  for (uint32_t i = 0; i < page_bytes / 4; i++) {
    words[(value - BEGIN) / 4 + i] = 0xffffffffu;
    writes[(value - BEGIN) / 4 + i] = 0;
  }
  erased++;
  busy = 5;
}

static const fake_peripheral FLASH = {BEGIN, BEGIN + BYTES, get_flash, set_flash, NULL, NULL, NULL, 0};
static const fake_peripheral NVMC = {NVMC_BASE + 0x400u, NVMC_BASE + 0x540u, get_nvmc, set_nvmc, NULL, NULL, NULL, 0};

static void refuses(store_flash *flash) {
  uint8_t bytes[8] = {0};
  CHECK(flash->erase(flash->context, BEGIN - page_bytes) != 0);
  CHECK(flash->erase(flash->context, BEGIN + BYTES) != 0);
  CHECK(flash->erase(flash->context, BEGIN + 4) != 0);
  CHECK(flash->program(flash->context, BEGIN - 4, bytes, 8) != 0);
  CHECK(flash->program(flash->context, BEGIN + BYTES - 4, bytes, 8) != 0);
  CHECK(flash->program(flash->context, BEGIN + 2, bytes, 4) != 0);
  CHECK(flash->program(flash->context, BEGIN, bytes, 3) != 0);
  CHECK(flash->read(flash->context, BEGIN + BYTES - 1, bytes, 2) != 0);
  CHECK(erased == 0);
}

/* Updates and a roll-back, as the board does them. */
static void updates(store_flash *flash) {
  static uint8_t package[20000], back[20000];
  store s;
  int slot;
  CHECK(store_open(&s, flash, BEGIN, BYTES / 2) == STORE_OK);
  CHECK(store_choose(&s) == STORE_NONE);
  for (uint32_t turn = 0; turn < 4; turn++) {
    uint32_t count = 15000 + turn * 777;
    for (uint32_t i = 0; i < count; i++) package[i] = (uint8_t)(i * 7 + turn + (i % 64 < 20 ? 0xff - i * 7 - turn : 0));
    CHECK(store_begin(&s, count, crc32_update(0, package, count)) == STORE_OK);
    for (uint32_t at = 0; at < count; at += 240) {
      CHECK(store_write(&s, at, package + at, count - at < 240 ? count - at : 240) == STORE_OK);
    }
    CHECK(store_commit(&s, &slot) == STORE_OK && slot == (int)(turn % 2));
    CHECK(store_mark_tried(&s, slot) == STORE_OK && store_mark_good(&s, slot) == STORE_OK);
    CHECK(store_choose(&s) == slot);
    CHECK(flash->read(flash->context, store_payload_address(&s, slot), back, count) == 0 && memcmp(back, package, count) == 0);
  }
  CHECK(store_roll_back(&s) == STORE_OK && store_choose(&s) == 0);
  for (uint32_t i = 0; i < BYTES / 4; i++) {
    if (writes[i] > most_writes) most_writes = writes[i];
  }
  CHECK(fake_kept(NVMC_CONFIG) == NVMC_CONFIG_REN);
}

/* A word that does not take what is written is told. */
static void worn_out(store_flash *flash) {
  uint8_t bytes[4] = {1, 2, 3, 4};
  CHECK(flash->erase(flash->context, BEGIN) == 0);
  CHECK(flash->program(flash->context, BEGIN, bytes, 4) == 0);
  /* A bit that is 0 cannot become 1. */
  uint8_t other[4] = {0xfe, 2, 3, 4};
  CHECK(flash->program(flash->context, BEGIN, other, 4) == 0);
  uint8_t back[4];
  CHECK(flash->read(flash->context, BEGIN, back, 4) == 0 && back[0] == 0);
}

int main(void) {
  fake_chip();
  fake_attach(&FLASH);
  fake_attach(&NVMC);
  for (page_bytes = 1024; page_bytes <= 4096; page_bytes *= 4) {
    nvmc_area area = {BEGIN, BEGIN + BYTES, page_bytes};
    store_flash flash = nvmc_flash(&area);
    memset(words, 0x5a, sizeof words);
    memset(writes, 0, sizeof writes);
    erased = 0;
    refuses(&flash);
    updates(&flash);
    worn_out(&flash);
  }
  /* What the store makes firm is written twice, and that is all that a word may be. */
  CHECK(most_writes == 2);
  printf("nvmc: %d failures\n", failures);
  return failures > 0;
}
