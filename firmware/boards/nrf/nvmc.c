#include "nvmc.h"

#include "access.h"
#include "registers.h"

#define PROGRAM_BYTES 4u
#define ERASED 0xffffffffu

static void wait_ready(void) {
  while ((nrf_get(NVMC_READY) & 1u) == 0) {
  }
}

static bool inside(const nvmc_area *area, uint32_t address, uint32_t count) {
  return address >= area->begin && address <= area->end && count <= area->end - address;
}

static int erase(void *context, uint32_t address) {
  const nvmc_area *area = context;
  if (address % area->page_bytes != 0 || !inside(area, address, area->page_bytes)) return -1;
  nrf_set(NVMC_CONFIG, NVMC_CONFIG_EEN);
  wait_ready();
  nrf_set(NVMC_ERASEPAGE, address);
  wait_ready();
  nrf_set(NVMC_CONFIG, NVMC_CONFIG_REN);
  wait_ready();
  return nrf_get(address) == ERASED && nrf_get(address + area->page_bytes - 4u) == ERASED ? 0 : -1;
}

static int program(void *context, uint32_t address, const uint8_t *bytes, uint32_t count) {
  const nvmc_area *area = context;
  int status = 0;
  if (address % PROGRAM_BYTES != 0 || count % PROGRAM_BYTES != 0 || !inside(area, address, count)) return -1;
  nrf_set(NVMC_CONFIG, NVMC_CONFIG_WEN);
  wait_ready();
  for (uint32_t i = 0; i < count; i += 4) {
    uint32_t word = bytes[i] | ((uint32_t)bytes[i + 1] << 8) | ((uint32_t)bytes[i + 2] << 16) | ((uint32_t)bytes[i + 3] << 24);
    if (word == ERASED) continue;
    uint32_t wanted = nrf_get(address + i) & word;
    nrf_set(address + i, word);
    wait_ready();
    if (nrf_get(address + i) != wanted) status = -1;
  }
  nrf_set(NVMC_CONFIG, NVMC_CONFIG_REN);
  wait_ready();
  return status;
}

static int read(void *context, uint32_t address, uint8_t *bytes, uint32_t count) {
  const nvmc_area *area = context;
  if (!inside(area, address, count)) return -1;
  for (uint32_t i = 0; i < count; i++) {
    uint32_t at = address + i;
    bytes[i] = (uint8_t)(nrf_get(at & ~3u) >> (8u * (at & 3u)));
  }
  return 0;
}

store_flash nvmc_flash(nvmc_area *area) {
  return (store_flash){area, area->page_bytes, PROGRAM_BYTES, erase, program, read};
}
