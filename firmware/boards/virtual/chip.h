/* The parts of mps2-an386 that the firmware uses: CMSDK UART 0 as the line, CMSDK timer 0 as the clock, SysTick to wake up. */
#ifndef LIMPET_CHIP_H
#define LIMPET_CHIP_H

#include <stdint.h>

#define CHIP_CLOCK_HZ 25000000u

void chip_start(void);
/* Ticks of the clock since the start. To be called at least every 171 s, when its 32 bits wrap. */
uint64_t chip_ticks(void);
/* Takes bytes that have come; returns how many. */
uint32_t chip_receive(uint8_t *out, uint32_t max);
/* Puts bytes on the line while it takes them; returns how many. The transmitter's interrupt wakes the processor when it takes more. */
uint32_t chip_send(const uint8_t *bytes, uint32_t count);
/*
 * Sleeps until an interrupt; one that has come since the last call makes it return at once. The tick is one: 500 times a second, or not before
 * `until_us` where that is later (0.67 s at the longest).
 */
void chip_sleep(uint64_t until_us);
void chip_reset(void);

#endif
