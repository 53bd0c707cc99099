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

/* Picoseconds of a tick of 32,768 Hz, and how far the RC oscillator may be from that: 5 % (nRF52840 PS, LFRC, without calibration). */
#define TICK_PS 30517578u
#define TICK_PS_LEAST (TICK_PS - TICK_PS / 20u)
#define TICK_PS_MOST (TICK_PS + TICK_PS / 20u)
/* A rest shorter than this costs more than it saves: the crystal has to start again. The longest is well below the 512 s of the counter. */
#define REST_LEAST_US 20000u
#define REST_MOST_US 300000000u
/* A compare value must lie two ticks ahead at least (nRF52840 PS, RTC). */
#define AHEAD_TICKS 3u
#define MEASURE_LEAST_US 200000u

static struct {
  uint64_t now_us;
  uint32_t last;
  volatile bool woken;
  /* Since when the slow clock is measured, by both clocks, and what came of it. */
  uint64_t measured_us;
  uint32_t measured_ticks;
  uint32_t tick_ps;
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
static void start_cycles(void) {
  nrf_set(DEMCR, DEMCR_TRCENA);
  nrf_set(DWT_CYCCNT, 0);
  nrf_set(DWT_CTRL, nrf_get(DWT_CTRL) | DWT_CTRL_CYCCNTENA);
}

static void start_core(void) {
  nrf_set(NVMC_ICACHECNF, 1);
  /* The trace pins are other things on these boards: on the Nano one of them feeds the pull-ups of the sensors' bus. */
  nrf_set(CLOCK_TRACECONFIG, 0);
  start_cycles();
}

static void start_crystal(void) {
  nrf_set(CLOCK_EVENTS_HFCLKSTARTED, 0);
  nrf_trigger(CLOCK_TASKS_HFCLKSTART);
  uint32_t begin = timer_now(CAPTURE_NOW);
  while (nrf_get(CLOCK_EVENTS_HFCLKSTARTED) == 0 && timer_now(CAPTURE_NOW) - begin < CRYSTAL_WAIT_US) {
  }
}

static bool slow_clock_runs(void) { return (nrf_get(CLOCK_LFCLKSTAT) & CLOCK_LFCLKSTAT_RUNNING) != 0; }

/* The RC oscillator: every board has it. A bootloader may have left the clock running from a crystal; that is as good. */
static void start_slow_clock(void) {
  if (!slow_clock_runs()) {
    nrf_set(CLOCK_LFCLKSRC, CLOCK_LFCLKSRC_RC);
    nrf_trigger(CLOCK_TASKS_LFCLKSTART);
  }
  nrf_set(RTC_PRESCALER, 0);
  nrf_set(RTC_INTENSET, RTC_INT_COMPARE0);
  chip_enable_interrupt(NRF_INTERRUPT(RTC1_BASE), CHIP_PRIORITY_SENSORS);
  nrf_trigger(RTC_TASKS_START);
}

static uint32_t ticks_since(uint32_t begin) { return (nrf_get(RTC_COUNTER) - begin) & RTC_COUNTER_MASK; }

static void measure_from_here(void) {
  chip.measured_us = chip_now_us();
  chip.measured_ticks = nrf_get(RTC_COUNTER);
}

static void measure(void) {
  uint64_t us = chip_now_us() - chip.measured_us;
  uint32_t ticks = ticks_since(chip.measured_ticks);
  if (us < MEASURE_LEAST_US || us > REST_MOST_US || ticks == 0) return;
  uint64_t tick_ps = us * 1000000u / ticks;
  if (tick_ps >= TICK_PS_LEAST && tick_ps <= TICK_PS_MOST) chip.tick_ps = (uint32_t)tick_ps;
}

static void wait_for_tick(uint32_t ticks) {
  nrf_set(RTC_CC0, (nrf_get(RTC_COUNTER) + (ticks < AHEAD_TICKS ? AHEAD_TICKS : ticks)) & RTC_COUNTER_MASK);
  uint32_t before = nrf_lock();
  nrf_settle_fpu();
  if (!chip.woken) nrf_wait_for_interrupt();
  nrf_unlock(before);
}

static uint32_t ticks_of(uint64_t us) { return (uint32_t)(us * 1000000u / chip.tick_ps); }

bool chip_rest(uint64_t until_us, uint32_t (*look)(void)) {
  uint64_t now = chip_now_us();
  if (until_us < now + REST_LEAST_US || !slow_clock_runs()) return false;
  uint64_t us = until_us - now < REST_MOST_US ? until_us - now : REST_MOST_US;
  measure();
  uint32_t wanted = ticks_of(us);
  uint32_t begin = nrf_get(RTC_COUNTER);
  uint32_t passed = 0;
  uint32_t next = 0;
  chip.woken = false;
  (void)chip_now_us();
  nrf_trigger(TIMER_TASKS_STOP(CLOCK_TIMER));
  nrf_trigger(TIMER_TASKS_SHUTDOWN(CLOCK_TIMER));
  nrf_trigger(CLOCK_TASKS_HFCLKSTOP);
  nrf_set(DEMCR, 0);
  while (passed < wanted && !chip.woken) {
    if (passed >= next) {
      uint32_t pause = look();
      if (pause == 0) break;
      next = passed + ticks_of(pause);
    }
    wait_for_tick((next < wanted ? next : wanted) - passed);
    passed = ticks_since(begin);
  }
  start_cycles();
  chip.now_us += (uint64_t)ticks_since(begin) * chip.tick_ps / 1000000u;
  chip.last = 0;
  start_timer();
  start_crystal();
  measure_from_here();
  return true;
}

void chip_rest_handler(void) { nrf_forget(RTC_EVENTS_COMPARE0); }

uint32_t chip_cycles(void *context) {
  (void)context;
  return nrf_get(DWT_CYCCNT);
}
#else
static void start_core(void) {}
static void start_crystal(void) {}
static void start_slow_clock(void) {}
static void measure_from_here(void) {}

bool chip_rest(uint64_t until_us, uint32_t (*look)(void)) {
  (void)until_us;
  (void)look;
  return false;
}

void chip_rest_handler(void) {}

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
  chip.tick_ps = TICK_PS;
  start_slow_clock();
  measure_from_here();
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
