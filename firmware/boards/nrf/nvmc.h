/*
 * The chip's flash as the store wants it. While a page is erased (85 ms on nRF52, 22 ms on nRF51) or a word is written (41 us) the
 * processor stands still. A word may be written twice between erasures (nRF52840 PS, nWRITE): words that stay erased are left out.
 */
#ifndef LIMPET_NRF_NVMC_H
#define LIMPET_NRF_NVMC_H

#include "../../store/store.h"

/* 4096 on nRF52, 1024 on nRF51. */
typedef struct {
  uint32_t begin;
  uint32_t end;
  uint32_t page_bytes;
} nvmc_area;

/* Flash between two addresses, multiples of the page; nothing else can be erased or written through it. Addresses are the chip's. */
store_flash nvmc_flash(nvmc_area *area);

#endif
