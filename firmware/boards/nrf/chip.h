/*
 * The parts of an nRF chip that are no peripheral's driver: clock of microseconds, interrupts, cycles, sleep, reset, identity.
 * Serves nRF52833, nRF52840 and, without cycle counter and crystal start, nRF51822.
 */
#ifndef LIMPET_NRF_CHIP_H
#define LIMPET_NRF_CHIP_H

#include <stdbool.h>
#include <stdint.h>

#define CHIP_CLOCK_HZ 64000000u

/* Priorities of interrupts, 0 the most urgent. The UART's receiver holds 6 bytes, so it comes first. */
enum { CHIP_PRIORITY_UART = 0, CHIP_PRIORITY_USB = 1, CHIP_PRIORITY_SOUND = 2, CHIP_PRIORITY_SENSORS = 3 };

/* Starts the crystal oscillator and the clock. To be called first. */
void chip_start(void);

/* Microseconds since the start. To be called at least every 71 minutes, when the timer's 32 bits wrap. Not from interrupts. */
uint64_t chip_now_us(void);

/* The same clock's lower 32 bits, for interrupts. */
uint32_t chip_interrupt_us(void);

/* Waits. For start-up sequences of sensors, with times from their datasheets. */
void chip_wait_us(uint32_t us);

/* Lets an interrupt through. */
void chip_enable_interrupt(uint32_t number, uint32_t priority);

/* An interrupt has brought something: the next chip_sleep returns at once. */
void chip_wake(void);

/* Sleeps until an interrupt, 2 ms at the longest. */
void chip_sleep(void);

/*
 * Rests until `until_us`: System ON with nothing but the clock of low frequency, timers and crystal off. Ends early when something has called
 * chip_wake, or when `look` says so: it is called now and then, and returns after how many microseconds again, 0 for the end. chip_now_us goes on, by the slow clock measured against the crystal while the
 * chip was awake. False where it is not worth it, or the chip cannot: then chip_sleep. All peripherals that need a timer or the crystal must be off.
 */
bool chip_rest(uint64_t until_us, uint32_t (*look)(void));

/* Cycles of the processor, 32 bits. */
uint32_t chip_cycles(void *context);

/* 16 hex digits and a zero: FICR DEVICEID. */
void chip_serial_number(char out[17]);

void chip_reset(void);

/* Resets with a word that the board's bootloader looks for in GPREGRET. */
void chip_reset_into_bootloader(uint8_t word);

/* Sets a pin up as output, high or low; `drive` is 0 or one of GPIO_PIN_CNF's drives. */
void chip_drive_pin(uint32_t pin, bool high, uint32_t drive);

/* Interrupt handlers, for the vector table. */
void chip_tick_handler(void);
void chip_rest_handler(void);

#endif
