/*
 * Instructions of a piece of code, on mps2-an386 in QEMU with -icount shift=6: an instruction takes 64 ns, CMSDK timer 0 ticks every 40 ns
 * and counts down.
 */
#ifndef LIMPET_BENCH_COUNTED_H
#define LIMPET_BENCH_COUNTED_H

#include <stdint.h>

#define COUNTED_TIMER(offset) (*(volatile uint32_t *)(0x40000000u + (offset)))

static inline void counted_start(void) {
  COUNTED_TIMER(0x8) = 0xffffffffu;
  COUNTED_TIMER(0x4) = 0xffffffffu;
  COUNTED_TIMER(0x0) = 1;
}

static inline uint32_t counted_ticks(void) { return ~COUNTED_TIMER(0x4); }

static inline uint32_t counted_instructions(uint32_t from, uint32_t to) { return (uint32_t)((uint64_t)(to - from) * 5u / 8u); }

#endif
