/*
 * A NOR flash in memory whose power can fail in any operation, half done. The fuzzer defines PAGE and BYTES before it includes this;
 * `left` counts the operations until the power fails, below 0 it never does.
 */
#ifndef LIMPET_FUZZ_NOR_FLASH_H
#define LIMPET_FUZZ_NOR_FLASH_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static struct {
  uint8_t bytes[BYTES];
  int left;
} nor;

static uint32_t powered(uint32_t count) {
  if (nor.left < 0) return count;
  if (nor.left == 0) return 0;
  nor.left--;
  return nor.left == 0 ? count / 2 : count;
}

static int nor_erase(void *context, uint32_t address) {
  (void)context;
  if (address % PAGE != 0 || address >= BYTES) abort();
  memset(nor.bytes + address, 0xff, powered(PAGE));
  return nor.left == 0 ? -1 : 0;
}

static int nor_program(void *context, uint32_t address, const uint8_t *bytes, uint32_t count) {
  (void)context;
  if (address % 4 != 0 || count % 4 != 0 || address > BYTES || count > BYTES - address) abort();
  uint32_t done = powered(count);
  for (uint32_t i = 0; i < done; i++) nor.bytes[address + i] &= bytes[i];
  return nor.left == 0 ? -1 : 0;
}

static int nor_read(void *context, uint32_t address, uint8_t *bytes, uint32_t count) {
  (void)context;
  if (address > BYTES || count > BYTES - address) abort();
  memcpy(bytes, nor.bytes + address, count);
  return 0;
}

#endif
