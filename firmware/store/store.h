/*
 * Two slots for a model package in flash, of which one is in use. An update goes into the other one; power may fail between
 * and within any two operations of the flash, and the board still finds a whole package at its next start.
 *
 * A slot is one page with the head, then the payload. The head is written after the payload has been read back; its commit word
 * is written last. Flags only clear bits, so they need no erasing (the scheme of MCUboot's direct-xip with revert,
 * https://docs.mcuboot.com/design.html, on model data).
 *
 * Knows no link and nothing of what a package means.
 */
#ifndef LIMPET_STORE_H
#define LIMPET_STORE_H

#include <stdbool.h>
#include <stdint.h>

/* Flash with NOR semantics: erasing sets a page to ones, programming clears bits. Functions return 0 or a negative number. */
typedef struct {
  void *context;
  uint32_t page_bytes;
  /* Programming starts at multiples of this and writes multiples of it; a power of two, 1 to 16. */
  uint32_t program_bytes;
  int (*erase)(void *context, uint32_t address);
  int (*program)(void *context, uint32_t address, const uint8_t *bytes, uint32_t count);
  int (*read)(void *context, uint32_t address, uint8_t *bytes, uint32_t count);
} store_flash;

enum {
  STORE_OK = 0,
  STORE_STATE = -1,
  STORE_ARGUMENT = -2,
  STORE_TOO_LARGE = -3,
  STORE_CORRUPT = -4,
  STORE_FLASH = -5,
};

#define STORE_NONE (-1)

typedef struct {
  store_flash flash;
  /* Where slot A begins, and the bytes of each slot; B follows A. Multiples of the page. */
  uint32_t base;
  uint32_t slot_bytes;
  /* Slot in use: 0, 1 or STORE_NONE. */
  int active;
  /* Slot that an update is writing, or STORE_NONE; how much it wants and has. */
  int target;
  uint32_t expected_bytes;
  uint32_t expected_crc;
  uint32_t received_bytes;
} store;

typedef struct {
  uint32_t counter;
  uint32_t bytes;
  uint32_t crc;
  bool tried;
  bool good;
  bool withdrawn;
} store_slot;

/* Sets the state up. Reads nothing yet: call store_choose next. Returns STORE_OK or STORE_ARGUMENT. */
int store_open(store *s, const store_flash *flash, uint32_t base, uint32_t slot_bytes);

/* Bytes that a package may have. */
uint32_t store_capacity(const store *s);

/* Address of a slot's payload in the flash. */
uint32_t store_payload_address(const store *s, int slot);

/* Reads a slot's head and checks head, commit word and payload. Returns whether the slot holds a whole package. */
bool store_inspect(const store *s, int slot, store_slot *out);

/*
 * Chooses the slot to use: whole, not tried without having been found good; of those one that is not withdrawn before one that
 * is, and the one with the highest counter. Sets `active` and returns it. A slot that is not good yet must be marked tried, tested and marked good by the caller.
 */
int store_choose(store *s);

/* Begins an update of `bytes` with that CRC-32: erases the slot that is not in use. The one in use stays whole; its flags are made firm. */
int store_begin(store *s, uint32_t bytes, uint32_t crc);

/*
 * Writes the next bytes. `offset` must be what has been received (else STORE_ARGUMENT), or less with bytes that have all been
 * received already (ignored). All but the last piece must be multiples of 16.
 */
int store_write(store *s, uint32_t offset, const uint8_t *bytes, uint32_t count);

/*
 * Reads the payload back, writes head and commit word. Sets `slot` to where it lies; that is not in use yet. STORE_STATE where
 * bytes are missing, STORE_CORRUPT where the check sum is another.
 */
int store_commit(store *s, int *slot);

/* Forgets an update that has begun. */
void store_abort(store *s);

int store_mark_tried(store *s, int slot);
int store_mark_good(store *s, int slot);

/* Withdraws the slot in use and chooses the other. STORE_STATE where there is no other whole one. */
int store_roll_back(store *s);

#endif
