/*
 * Reads and writes of registers, and what else the drivers ask of the processor. On the chip these are loads and stores; with
 * NRF_FAKE they are functions, so that tests on a laptop can put a model of the peripherals beneath the drivers.
 */
#ifndef LIMPET_NRF_ACCESS_H
#define LIMPET_NRF_ACCESS_H

#include <stdint.h>

#if defined(NRF_FAKE)

uint32_t nrf_get(uint32_t address);
void nrf_set(uint32_t address, uint32_t value);
/* The address that EasyDMA is given for memory of ours. */
uint32_t nrf_dma_address(const void *memory);
uint32_t nrf_lock(void);
void nrf_unlock(uint32_t before);
void nrf_wait_for_interrupt(void);

static inline void nrf_settle_fpu(void) {}

#else

static inline uint32_t nrf_get(uint32_t address) { return *(volatile uint32_t *)(uintptr_t)address; }

static inline void nrf_set(uint32_t address, uint32_t value) { *(volatile uint32_t *)(uintptr_t)address = value; }

/* EasyDMA reaches RAM only: never hand it constants, they lie in flash. */
static inline uint32_t nrf_dma_address(const void *memory) { return (uint32_t)(uintptr_t)memory; }

/* Masks interrupts; returns whether they were masked already. */
static inline uint32_t nrf_lock(void) {
  uint32_t before;
  __asm volatile("mrs %0, primask\n cpsid i" : "=r"(before)::"memory");
  return before;
}

static inline void nrf_unlock(uint32_t before) { __asm volatile("msr primask, %0" ::"r"(before) : "memory"); }

/* With interrupts masked it still returns when one is pending. */
static inline void nrf_wait_for_interrupt(void) { __asm volatile("dsb\n wfi" ::: "memory"); }

/*
 * Flags that computing has left behind keep the floating-point unit's interrupt pending, and the processor from sleeping deeply (nRF52 errata, 87).
 */
static inline void nrf_settle_fpu(void) {
#if defined(__ARM_FP)
  uint32_t status;
  __asm volatile("vmrs %0, fpscr" : "=r"(status));
  __asm volatile("vmsr fpscr, %0" ::"r"(status & ~0x9fu));
  *(volatile uint32_t *)(uintptr_t)0xe000e284u = 1u << (38u - 32u);
#endif
}

#endif

/* Triggers a task, forgets an event; reading back sees to it that the event is gone before the interrupt ends. */
static inline void nrf_trigger(uint32_t task) { nrf_set(task, 1); }

static inline void nrf_forget(uint32_t event) {
  nrf_set(event, 0);
  (void)nrf_get(event);
}

#endif
