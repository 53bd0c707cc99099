/* Addresses and bits: Arm, "Application Note AN386" and "Cortex-M System Design Kit Technical Reference Manual" (DDI 0479). */
#include "chip.h"

#include <stdbool.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))

#define TIMER_CONTROL REGISTER(0x40000000u)
#define TIMER_VALUE REGISTER(0x40000004u)
#define TIMER_RELOAD REGISTER(0x40000008u)

#define UART_DATA REGISTER(0x40004000u)
#define UART_STATE REGISTER(0x40004004u)
#define UART_CONTROL REGISTER(0x40004008u)
#define UART_INTERRUPTS REGISTER(0x4000400cu)
#define UART_DIVIDER REGISTER(0x40004010u)
#define UART_TX_FULL 1u
#define UART_RX_FULL 2u
#define UART_ENABLE 3u
#define UART_TX_INTERRUPT 4u
#define UART_RX_INTERRUPT 8u

#define SYSTICK_CONTROL REGISTER(0xe000e010u)
#define SYSTICK_RELOAD REGISTER(0xe000e014u)
#define SYSTICK_VALUE REGISTER(0xe000e018u)
#define NVIC_ENABLE REGISTER(0xe000e100u)
#define RESET_CONTROL REGISTER(0xe000ed0cu)

#define TICKS_PER_WAKE_UP (CHIP_CLOCK_HZ / 500u)
#define SYSTICK_MOST 0x1000000u
#define RING_BYTES 4096u

void uart_receive_handler(void);
void uart_transmit_handler(void);
void tick_handler(void);
void fault_handler(void);

static struct {
  uint64_t ticks;
  uint32_t last_value;
  uint32_t tick;
  volatile uint32_t written;
  volatile uint32_t read;
  volatile bool woken;
  uint8_t ring[RING_BYTES];
} chip;

void chip_start(void) {
  TIMER_RELOAD = 0xffffffffu;
  TIMER_VALUE = 0xffffffffu;
  TIMER_CONTROL = 1;
  chip.last_value = TIMER_VALUE;
  UART_DIVIDER = 16;
  UART_CONTROL = UART_ENABLE | UART_RX_INTERRUPT | UART_TX_INTERRUPT;
  NVIC_ENABLE = 3;
  chip.tick = TICKS_PER_WAKE_UP;
  SYSTICK_RELOAD = TICKS_PER_WAKE_UP - 1;
  SYSTICK_VALUE = 0;
  SYSTICK_CONTROL = 7;
}

uint64_t chip_ticks(void) {
  uint32_t value = TIMER_VALUE;
  chip.ticks += chip.last_value - value;
  chip.last_value = value;
  return chip.ticks;
}

/* With a full ring the byte stays in the UART: the host waits, nothing is lost. */
void uart_receive_handler(void) {
  UART_INTERRUPTS = 2;
  if (chip.written - chip.read < RING_BYTES && (UART_STATE & UART_RX_FULL) != 0) {
    chip.ring[chip.written % RING_BYTES] = (uint8_t)UART_DATA;
    chip.written++;
  }
  chip.woken = true;
}

void uart_transmit_handler(void) {
  UART_INTERRUPTS = 1;
  chip.woken = true;
}

void tick_handler(void) { chip.woken = true; }

/* A fault stops the processor where a debugger, or QEMU's log, can see it. */
void fault_handler(void) {
  for (;;) __asm volatile("wfi");
}

uint32_t chip_receive(uint8_t *out, uint32_t max) {
  uint32_t count = 0;
  bool was_full = chip.written - chip.read == RING_BYTES;
  while (count < max && chip.read != chip.written) {
    out[count++] = chip.ring[chip.read % RING_BYTES];
    chip.read++;
  }
  if (was_full && count > 0) {
    /* The interrupt of the byte that waits in the UART has gone by. */
    __asm volatile("cpsid i");
    if ((UART_STATE & UART_RX_FULL) != 0) {
      chip.ring[chip.written % RING_BYTES] = (uint8_t)UART_DATA;
      chip.written++;
    }
    __asm volatile("cpsie i");
  }
  return count;
}

uint32_t chip_send(const uint8_t *bytes, uint32_t count) {
  uint32_t sent = 0;
  while (sent < count && (UART_STATE & UART_TX_FULL) == 0) UART_DATA = bytes[sent++];
  return sent;
}

/* Lets the tick come at `until_us`; at the shortest as often as while all is awake, at the longest as its 24 bits allow. */
static void set_tick(uint64_t until_us) {
  uint64_t now_us = chip_ticks() / (CHIP_CLOCK_HZ / 1000000u);
  uint64_t ticks = until_us > now_us ? (until_us - now_us) * (CHIP_CLOCK_HZ / 1000000u) : 0;
  if (ticks < TICKS_PER_WAKE_UP) ticks = TICKS_PER_WAKE_UP;
  if (ticks > SYSTICK_MOST) ticks = SYSTICK_MOST;
  if (ticks == chip.tick) return;
  chip.tick = (uint32_t)ticks;
  SYSTICK_RELOAD = chip.tick - 1;
  SYSTICK_VALUE = 0;
}

void chip_sleep(uint64_t until_us) {
  set_tick(until_us);
  /* With interrupts masked WFI still wakes; without a mask one could slip in between the question and the sleep. */
  __asm volatile("cpsid i");
  if (!chip.woken) __asm volatile("dsb\n wfi");
  chip.woken = false;
  __asm volatile("cpsie i\n isb");
}

void chip_reset(void) {
  RESET_CONTROL = 0x05fa0004u;
  for (;;) __asm volatile("wfi");
}
