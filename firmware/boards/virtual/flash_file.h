/* The board's flash: kept in RAM so that models are read in place, written through to a file of the host at each operation. */
#ifndef LIMPET_FLASH_FILE_H
#define LIMPET_FLASH_FILE_H

#include "../../store/store.h"

#define FLASH_PAGE_BYTES 4096u
#define FLASH_SLOT_BYTES 0x80000u
#define FLASH_LOG_BYTES 0x8000u

typedef struct {
  int handle;
  uint8_t *bytes;
} flash_file;

/* Opens the host's file (slots, then the event log); `hash` gets the SHA-256 of the firmware image in it, zeros where there is none. Returns 0 or -1. */
int flash_file_open(flash_file *flash, const char *path, uint8_t hash[32], store_flash *out);

/* Address in memory of an address of the flash. */
const uint8_t *flash_file_map(const flash_file *flash, uint32_t address);

#endif
