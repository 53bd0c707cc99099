/*
 * A chip for tests: registers as the product specifications describe them, beneath the drivers (NRF_FAKE). Peripherals attach themselves;
 * an access to an address that no peripheral has ends the test. Time passes with every look at the clock and by fake_pass; interrupts come
 * where they are let through, unless they are masked.
 */
#ifndef LIMPET_FAKE_H
#define LIMPET_FAKE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../firmware/boards/nrf/access.h"
#include "../../../firmware/boards/nrf/chip.h"
#include "../../../firmware/boards/nrf/registers.h"

extern int failures;

#define CHECK(condition)                                             \
  do {                                                               \
    if (!(condition)) {                                              \
      failures++;                                                    \
      printf("%s:%d: %s\n", __FILE__, __LINE__, #condition);         \
    }                                                                \
  } while (0)

#define FATAL(...)                      \
  do {                                  \
    printf(__VA_ARGS__);                \
    printf(" (%s:%d)\n", __FILE__, __LINE__); \
    exit(2);                            \
  } while (0)

typedef struct {
  uint32_t begin;
  uint32_t end;
  /* NULL: a register that keeps what is written. */
  uint32_t (*get)(uint32_t address);
  void (*set)(uint32_t address, uint32_t value);
  /* Time has passed. */
  void (*pass)(void);
  /* Whether the peripheral asks for its interrupt, and what answers; number as the NVIC has it. */
  bool (*asks)(void);
  void (*handler)(void);
  uint32_t interrupt;
} fake_peripheral;

void fake_attach(const fake_peripheral *peripheral);

/* The plain store behind all registers. */
uint32_t fake_kept(uint32_t address);
void fake_keep(uint32_t address, uint32_t value);

/* Clock, RTC, GPIO, NVIC, POWER, CLOCK and the processor's own registers. To be called first. */
void fake_chip(void);

uint64_t fake_now_us(void);
/* Lets time pass, with interrupts. */
void fake_pass(uint64_t us);
/* The processor stands still: time passes, no interrupt comes. */
void fake_freeze(uint64_t us);
/* Calls the handlers of those that ask, until none does. */
void fake_interrupts(void);

/* Called each time the firmware has slept, until an interrupt or for a millisecond (ten where the chip rests). */
extern void (*fake_idle)(void);
/* Called when the firmware resets the chip; must not return, as a reset does not. */
extern void (*fake_reset)(void);

/* The memory behind an address that EasyDMA was given. */
uint8_t *fake_memory(uint32_t address);

bool fake_timer_runs(uint32_t n);

/* What the RC oscillator of low frequency really has; nominally 32,768. */
extern double fake_slow_hz;
/* Microseconds in which no timer ran and the crystal was off. */
uint64_t fake_rested_us(void);
/* A pin that somebody else drives goes low: its latch is set where it senses that. */
void fake_pin_falls(uint32_t pin);

/* Whether a pin is driven high. */
bool fake_pin(uint32_t pin);
/* What GPREGRET held at the last reset; -1 where there was none. */
int fake_reset_word(void);

#endif
