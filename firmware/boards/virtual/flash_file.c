#include "flash_file.h"

#include <string.h>

#include "semihosting.h"

/* Where the board's own part of the file begins (docs/boards.md, "The flash file"). */
#define FILE_BASE 0x200000u
#define FLASH_BYTES (2u * FLASH_SLOT_BYTES + FLASH_LOG_BYTES)

extern uint8_t __slots[];

static bool inside(uint32_t address, uint32_t count) { return count <= FLASH_BYTES && address <= FLASH_BYTES - count; }

static int write_through(flash_file *f, uint32_t address, uint32_t count) {
  return host_write_at(f->handle, FILE_BASE + address, f->bytes + address, count);
}

static int erase(void *context, uint32_t address) {
  flash_file *f = context;
  if (address % FLASH_PAGE_BYTES != 0 || !inside(address, FLASH_PAGE_BYTES)) return -1;
  memset(f->bytes + address, 0xff, FLASH_PAGE_BYTES);
  return write_through(f, address, FLASH_PAGE_BYTES);
}

/* Only clears bits, as real flash does. */
static int program(void *context, uint32_t address, const uint8_t *bytes, uint32_t count) {
  flash_file *f = context;
  if (address % 4 != 0 || count % 4 != 0 || !inside(address, count)) return -1;
  for (uint32_t i = 0; i < count; i++) f->bytes[address + i] &= bytes[i];
  return write_through(f, address, count);
}

static int read(void *context, uint32_t address, uint8_t *bytes, uint32_t count) {
  const flash_file *f = context;
  if (!inside(address, count)) return -1;
  memcpy(bytes, f->bytes + address, count);
  return 0;
}

int flash_file_open(flash_file *flash, const char *path, uint8_t hash[32], store_flash *out) {
  uint8_t head[64];
  memset(hash, 0, 32);
  flash->bytes = __slots;
  memset(flash->bytes, 0xff, FLASH_BYTES);
  flash->handle = host_open(path, HOST_UPDATE);
  *out = (store_flash){flash, FLASH_PAGE_BYTES, 4, erase, program, read};
  if (flash->handle < 0) return -1;
  if (host_read_at(flash->handle, 0, head, sizeof head) == 0 && memcmp(head, "LMFW", 4) == 0) memcpy(hash, head + 16, 32);
  int32_t length = host_length(flash->handle);
  uint32_t there = length > (int32_t)FILE_BASE ? (uint32_t)length - FILE_BASE : 0;
  if (there > FLASH_BYTES) there = FLASH_BYTES;
  if (there > 0 && host_read_at(flash->handle, FILE_BASE, flash->bytes, there) != 0) return -1;
  /* What lies past the file's end is erased; it is written once, so that later writes leave no holes. */
  return there == FLASH_BYTES ? 0 : write_through(flash, there, FLASH_BYTES - there);
}

const uint8_t *flash_file_map(const flash_file *flash, uint32_t address) { return flash->bytes + address; }
