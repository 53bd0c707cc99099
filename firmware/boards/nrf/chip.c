#include "chip.h"

#include "access.h"
#include "registers.h"

/* TIMER0 counts microseconds (16 MHz / 2^4); its compare wakes a sleeping processor. */
#define CLOCK_TIMER 0u
#define MICROSECONDS_PRESCALER 4u
#define CAPTURE_NOW 1u
#define CAPTURE_TICK 2u
#define CAPTURE_INTERRUPT 3u
#define WAKE_UP_US 2000u
/* The crystal starts within 0.36 ms (nRF52840 PS, HFXO); where there is none the firmware goes on with the RC oscillator. */
#define CRYSTAL_WAIT_US 5000u

static struct {
  uint64_t now_us;
  uint32_t last;
  volatile bool woken;
} chip;

static uint32_t timer_now(uint32_t channel) {
  nrf_trigger(TIMER_TASKS_CAPTURE(CLOCK_TIMER, channel));
  return nrf_get(TIMER_CC(CLOCK_TIMER, channel));
}

void chip_enable_interrupt(uint32_t number, uint32_t priority) {
  /* Three bits of priority on nRF52, two on nRF51: the upper bits of each byte. */
  uint32_t shift = 8u * (number % 4u);
  uint32_t others = nrf_get(NVIC_IPR(number)) & ~(0xffu << shift);
  nrf_set(NVIC_IPR(number), others | (((priority << 5) & 0xffu) << shift));
  nrf_set(NVIC_ISER(number), 1u << (number % 32u));
}

static void start_timer(void) {
  nrf_trigger(TIMER_TASKS_STOP(CLOCK_TIMER));
  nrf_trigger(TIMER_TASKS_CLEAR(CLOCK_TIMER));
  nrf_set(TIMER_MODE(CLOCK_TIMER), 0);
  nrf_set(TIMER_BITMODE(CLOCK_TIMER), TIMER_BITMODE_32);
  nrf_set(TIMER_PRESCALER(CLOCK_TIMER), MICROSECONDS_PRESCALER);
  nrf_set(TIMER_CC(CLOCK_TIMER, 0), WAKE_UP_US);
  nrf_set(TIMER_INTENSET(CLOCK_TIMER), TIMER_INT_COMPARE0);
  nrf_trigger(TIMER_TASKS_START(CLOCK_TIMER));
  chip_enable_interrupt(NRF_INTERRUPT(TIMER_BASE(CLOCK_TIMER)), CHIP_PRIORITY_SENSORS);
}

#if defined(__ARM_ARCH_7EM__) || defined(NRF_FAKE)
static void start_core(void) {
  nrf_set(NVMC_ICACHECNF, 1);
  /* The trace pins are other things on these boards: on the Nano one of them feeds the pull-ups of the sensors' bus. */
  nrf_set(CLOCK_TRACECONFIG, 0);
  nrf_set(DEMCR, DEMCR_TRCENA);
  nrf_set(DWT_CYCCNT, 0);
  nrf_set(DWT_CTRL, nrf_get(DWT_CTRL) | DWT_CTRL_CYCCNTENA);
}

static void start_crystal(void) {
  nrf_set(CLOCK_EVENTS_HFCLKSTARTED, 0);
  nrf_trigger(CLOCK_TASKS_HFCLKSTART);
  uint32_t begin = timer_now(CAPTURE_NOW);
  while (nrf_get(CLOCK_EVENTS_HFCLKSTARTED) == 0 && timer_now(CAPTURE_NOW) - begin < CRYSTAL_WAIT_US) {
  }
}

uint32_t chip_cycles(void *context) {
  (void)context;
  return nrf_get(DWT_CYCCNT);
}
#else
static void start_core(void) {}
static void start_crystal(void) {}

uint32_t chip_cycles(void *context) {
  (void)context;
  return 0;
}
#endif

void chip_start(void) {
  chip.now_us = 0;
  chip.last = 0;
  start_core();
  start_timer();
  start_crystal();
}

uint64_t chip_now_us(void) {
  uint32_t now = timer_now(CAPTURE_NOW);
  chip.now_us += now - chip.last;
  chip.last = now;
  return chip.now_us;
}

uint32_t chip_interrupt_us(void) { return timer_now(CAPTURE_INTERRUPT); }

void chip_wait_us(uint32_t us) {
  uint32_t begin = timer_now(CAPTURE_NOW);
  while (timer_now(CAPTURE_NOW) - begin < us) {
  }
}

void chip_tick_handler(void) {
  nrf_forget(TIMER_EVENTS_COMPARE(CLOCK_TIMER, 0));
  nrf_set(TIMER_CC(CLOCK_TIMER, 0), timer_now(CAPTURE_TICK) + WAKE_UP_US);
  chip.woken = true;
}

void chip_wake(void) { chip.woken = true; }

void chip_sleep(void) {
  /* Without the mask an interrupt could slip in between the question and the sleep. */
  uint32_t before = nrf_lock();
  if (!chip.woken) nrf_wait_for_interrupt();
  chip.woken = false;
  nrf_unlock(before);
}

void chip_serial_number(char out[17]) {
  static const char DIGITS[] = "0123456789ABCDEF";
  for (uint32_t word = 0; word < 2; word++) {
    uint32_t id = nrf_get(FICR_DEVICEID(1u - word));
    for (uint32_t i = 0; i < 8; i++) out[word * 8u + i] = DIGITS[(id >> (28u - 4u * i)) & 15u];
  }
  out[16] = 0;
}

void chip_reset(void) {
  nrf_set(SCB_AIRCR, SCB_AIRCR_SYSRESETREQ);
#if !defined(NRF_FAKE)
  for (;;) nrf_wait_for_interrupt();
#endif
}

void chip_reset_into_bootloader(uint8_t word) {
  nrf_set(POWER_GPREGRET, word);
  chip_reset();
}

void chip_drive_pin(uint32_t pin, bool high, uint32_t drive) {
  nrf_set(high ? GPIO_OUTSET(pin) : GPIO_OUTCLR(pin), 1u << (pin & 31u));
  nrf_set(GPIO_PIN_CNF(pin), GPIO_PIN_CNF_OUTPUT | drive);
}
