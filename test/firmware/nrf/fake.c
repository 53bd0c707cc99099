#include "fake.h"

#define MOST_PERIPHERALS 32
#define TABLE 8192u

int failures;

static struct {
  const fake_peripheral *peripherals[MOST_PERIPHERALS];
  int count;
  uint64_t now_us;
  bool masked;
  bool in_interrupt;
  bool frozen;
  bool slept;
  uint32_t pins[2];
  int reset_word;
  uint64_t rested_us;
  struct {
    bool used;
    uint32_t address;
    uint32_t value;
  } kept[TABLE];
} fake = {.reset_word = -1};

/* EasyDMA's addresses have 32 bits, a laptop's more: static memory lies within 2 GB of this. */
static uint8_t anchor;

uint32_t nrf_dma_address(const void *memory) {
  intptr_t distance = (intptr_t)memory - (intptr_t)&anchor;
  if (distance > INT32_MAX || distance < INT32_MIN) FATAL("EasyDMA was given memory that is no variable of the firmware");
  return (uint32_t)(uintptr_t)memory;
}

uint8_t *fake_memory(uint32_t address) {
  return &anchor + (int32_t)(address - (uint32_t)(uintptr_t)&anchor);
}

static uint32_t *place(uint32_t address) {
  for (uint32_t i = (address * 2654435761u) >> 8, turns = 0; turns < TABLE; i++, turns++) {
    uint32_t at = i % TABLE;
    if (fake.kept[at].used && fake.kept[at].address != address) continue;
    fake.kept[at].used = true;
    fake.kept[at].address = address;
    return &fake.kept[at].value;
  }
  FATAL("too many registers");
}

uint32_t fake_kept(uint32_t address) { return *place(address); }
void fake_keep(uint32_t address, uint32_t value) { *place(address) = value; }

void fake_attach(const fake_peripheral *peripheral) {
  if (fake.count == MOST_PERIPHERALS) FATAL("too many peripherals");
  fake.peripherals[fake.count++] = peripheral;
}

static const fake_peripheral *find(uint32_t address) {
  if (address % 4 != 0) FATAL("access to 0x%08x, which is no word", address);
  for (int i = fake.count - 1; i >= 0; i--) {
    if (address >= fake.peripherals[i]->begin && address < fake.peripherals[i]->end) return fake.peripherals[i];
  }
  FATAL("no peripheral at 0x%08x", address);
}

uint32_t nrf_get(uint32_t address) {
  const fake_peripheral *p = find(address);
  return p->get == NULL ? fake_kept(address) : p->get(address);
}

void nrf_set(uint32_t address, uint32_t value) {
  const fake_peripheral *p = find(address);
  if (p->set == NULL) {
    fake_keep(address, value);
  } else {
    p->set(address, value);
  }
}

/* Timers: TIMER0 to TIMER2 count on their prescaler; compare 0 may clear. */

typedef struct {
  bool running;
  uint64_t since_us;
} fake_timer;

static fake_timer timers[3];

static bool resting(void) {
  return !timers[0].running && !timers[1].running && !timers[2].running && fake_kept(CLOCK_HFCLKSTAT) == 0;
}

uint64_t fake_rested_us(void) { return fake.rested_us; }

static void move(uint64_t us) {
  /* In small steps, so that what comes first happens first. */
  while (us > 0) {
    bool rests = resting();
    uint64_t most = rests ? 200 : 20;
    uint64_t step = us < most ? us : most;
    fake.now_us += step;
    if (rests) fake.rested_us += step;
    us -= step;
    for (int i = 0; i < fake.count; i++) {
      if (fake.peripherals[i]->pass != NULL) fake.peripherals[i]->pass();
    }
    if (!fake.frozen) fake_interrupts();
  }
}

void fake_interrupts(void) {
  if (fake.masked || fake.in_interrupt) return;
  fake.in_interrupt = true;
  for (int turns = 0; turns < 10000; turns++) {
    bool any = false;
    for (int i = 0; i < fake.count; i++) {
      const fake_peripheral *p = fake.peripherals[i];
      if (p->asks == NULL || !p->asks()) continue;
      if ((fake_kept(NVIC_ISER(p->interrupt)) >> (p->interrupt % 32u) & 1u) == 0) continue;
      any = true;
      p->handler();
    }
    if (!any) {
      fake.in_interrupt = false;
      return;
    }
  }
  FATAL("an interrupt does not end");
}

uint64_t fake_now_us(void) { return fake.now_us; }
void fake_pass(uint64_t us) { move(us); }

void fake_freeze(uint64_t us) {
  fake.frozen = true;
  move(us);
  fake.frozen = false;
}

uint32_t nrf_lock(void) {
  bool before = fake.masked;
  fake.masked = true;
  return before;
}

void (*fake_idle)(void);
void (*fake_reset)(void);

void nrf_unlock(uint32_t before) {
  fake.masked = before != 0;
  fake_interrupts();
  if (fake.masked || !fake.slept) return;
  fake.slept = false;
  if (fake_idle != NULL) fake_idle();
}

static bool pending(void) {
  for (int i = 0; i < fake.count; i++) {
    const fake_peripheral *p = fake.peripherals[i];
    if (p->asks != NULL && p->asks() && (fake_kept(NVIC_ISER(p->interrupt)) >> (p->interrupt % 32u) & 1u) != 0) return true;
  }
  return false;
}

/* Masked or not, an interrupt that is pending ends the sleep. */
void nrf_wait_for_interrupt(void) {
  for (int i = 0; i < 50 && !pending(); i++) move(resting() ? 200 : 20);
  fake.slept = true;
}

static uint32_t timer_of(uint32_t address) { return (address - TIMER_BASE(0)) / 0x1000u; }

static uint32_t timer_value(uint32_t n) {
  if (!timers[n].running) return 0;
  uint32_t prescaler = fake_kept(TIMER_PRESCALER(n));
  return (uint32_t)((fake.now_us - timers[n].since_us) * 16u >> prescaler);
}

static void set_timer(uint32_t address, uint32_t value) {
  uint32_t n = timer_of(address);
  for (uint32_t i = 0; i < 4; i++) {
    if (address != TIMER_TASKS_CAPTURE(n, i) || value != 1) continue;
    /* Looking takes time; within it nothing can interrupt the look itself. */
    fake.now_us++;
    for (int k = 0; k < fake.count; k++) {
      if (fake.peripherals[k]->pass != NULL) fake.peripherals[k]->pass();
    }
    fake_interrupts();
    fake_keep(TIMER_CC(n, i), timer_value(n));
    return;
  }
  if (address == TIMER_TASKS_START(n)) {
    timers[n] = (fake_timer){true, fake.now_us};
  } else if (address == TIMER_TASKS_STOP(n)) {
    timers[n].running = false;
  } else if (address == TIMER_TASKS_SHUTDOWN(n)) {
    timers[n] = (fake_timer){false, fake.now_us};
  } else if (address == TIMER_TASKS_CLEAR(n)) {
    timers[n].since_us = fake.now_us;
  } else if (address == TIMER_INTENCLR(n)) {
    fake_keep(TIMER_INTENSET(n), fake_kept(TIMER_INTENSET(n)) & ~value);
  } else {
    fake_keep(address, value);
  }
}

static void pass_timers(void) {
  for (uint32_t n = 0; n < 3; n++) {
    if (!timers[n].running || (fake_kept(TIMER_INTENSET(n)) & TIMER_INT_COMPARE0) == 0) continue;
    uint32_t compare = fake_kept(TIMER_CC(n, 0));
    if (timer_value(n) < compare || (fake_kept(TIMER_SHORTS(n)) == 0 && timer_value(n) > compare + 100)) continue;
    fake_keep(TIMER_EVENTS_COMPARE(n, 0), 1);
    if (fake_kept(TIMER_SHORTS(n)) == TIMER_SHORTS_COMPARE0_CLEAR) timers[n].since_us = fake.now_us;
  }
}

bool fake_timer_runs(uint32_t n) { return timers[n].running; }

void sensor_tick_handler(void) __attribute__((weak));
static bool timer0_asks(void) { return fake_kept(TIMER_EVENTS_COMPARE(0, 0)) != 0 && fake_kept(TIMER_INTENSET(0)) != 0; }
static bool timer1_asks(void) { return fake_kept(TIMER_EVENTS_COMPARE(1, 0)) != 0 && fake_kept(TIMER_INTENSET(1)) != 0; }

/* RTC1 on the slow clock. */

double fake_slow_hz = 32768.0;

static struct {
  bool running;
  uint64_t since_us;
  uint32_t last;
} rtc;

static uint32_t rtc_counter(void) {
  if (!rtc.running || (fake_kept(CLOCK_LFCLKSTAT) & CLOCK_LFCLKSTAT_RUNNING) == 0) return 0;
  return (uint32_t)(uint64_t)((double)(fake.now_us - rtc.since_us) * fake_slow_hz / 1e6) & RTC_COUNTER_MASK;
}

static uint32_t get_rtc(uint32_t address) { return address == RTC_COUNTER ? rtc_counter() : fake_kept(address); }

static void set_rtc(uint32_t address, uint32_t value) {
  fake_keep(address, value);
  if (address == RTC_TASKS_START && value == 1) {
    rtc.running = true;
    rtc.since_us = fake.now_us;
  }
  if (address == RTC_CC0 && ((value - rtc_counter()) & RTC_COUNTER_MASK) < 2) FATAL("an RTC compare that may never come");
}

static void pass_rtc(void) {
  uint32_t now = rtc_counter();
  uint32_t ahead = (fake_kept(RTC_CC0) - rtc.last) & RTC_COUNTER_MASK;
  if (ahead > 0 && ahead <= ((now - rtc.last) & RTC_COUNTER_MASK)) fake_keep(RTC_EVENTS_COMPARE0, 1);
  rtc.last = now;
}

static bool rtc_asks(void) { return fake_kept(RTC_EVENTS_COMPARE0) != 0 && (fake_kept(RTC_INTENSET) & RTC_INT_COMPARE0) != 0; }

/* GPIO */

void fake_pin_falls(uint32_t pin) {
  if ((fake_kept(GPIO_PIN_CNF(pin)) & GPIO_PIN_CNF_SENSE_LOW) != GPIO_PIN_CNF_SENSE_LOW) return;
  fake_keep(GPIO_LATCH(pin), fake_kept(GPIO_LATCH(pin)) | (1u << (pin & 31u)));
}

static void set_gpio(uint32_t address, uint32_t value) {
  for (uint32_t port = 0; port < 2; port++) {
    if (address == GPIO_OUTSET(32u * port)) fake.pins[port] |= value;
    if (address == GPIO_OUTCLR(32u * port)) fake.pins[port] &= ~value;
    /* Ones clear. */
    if (address == GPIO_LATCH(32u * port)) value = fake_kept(address) & ~value;
  }
  fake_keep(address, value);
}

bool fake_pin(uint32_t pin) {
  return (fake_kept(GPIO_PIN_CNF(pin)) & 1u) != 0 && (fake.pins[pin / 32u] >> (pin % 32u) & 1u) != 0;
}

/* The processor's own */

static void set_core(uint32_t address, uint32_t value) {
  if (address >= 0xe000e100u && address < 0xe000e180u) value |= fake_kept(address);
  fake_keep(address, value);
  if (address != SCB_AIRCR || value != SCB_AIRCR_SYSRESETREQ) return;
  fake.reset_word = (int)fake_kept(POWER_GPREGRET);
  if (fake_reset != NULL) fake_reset();
}

int fake_reset_word(void) { return fake.reset_word; }

static void set_clock(uint32_t address, uint32_t value) {
  fake_keep(address, value);
  if (address == CLOCK_TASKS_HFCLKSTART && value == 1) {
    fake_keep(CLOCK_EVENTS_HFCLKSTARTED, 1);
    fake_keep(CLOCK_HFCLKSTAT, CLOCK_HFCLKSTAT_RUNNING_XTAL);
  }
  if (address == CLOCK_TASKS_HFCLKSTOP && value == 1) fake_keep(CLOCK_HFCLKSTAT, 0);
  if (address == CLOCK_TASKS_LFCLKSTART && value == 1) fake_keep(CLOCK_LFCLKSTAT, CLOCK_LFCLKSTAT_RUNNING | fake_kept(CLOCK_LFCLKSRC));
}

static const fake_peripheral TIMER_0 = {TIMER_BASE(0), TIMER_BASE(3), NULL, set_timer, pass_timers, timer0_asks, chip_tick_handler, 8};
static const fake_peripheral TIMER_1 = {0, 0, NULL, NULL, NULL, timer1_asks, sensor_tick_handler, 9};
static const fake_peripheral RTC = {RTC1_BASE, RTC1_BASE + 0x600u, get_rtc, set_rtc, pass_rtc, rtc_asks, chip_rest_handler, NRF_INTERRUPT(RTC1_BASE)};
static const fake_peripheral GPIO = {0x50000500u, 0x50000b00u, NULL, set_gpio, NULL, NULL, NULL, 0};
static const fake_peripheral CORE = {0xe0000000u, 0xe0100000u, NULL, set_core, NULL, NULL, NULL, 0};
static const fake_peripheral CLOCK_POWER = {0x40000000u, 0x40001000u, NULL, set_clock, NULL, NULL, NULL, 0};
static const fake_peripheral FICR = {0x10000060u, 0x10000068u, NULL, NULL, NULL, NULL, NULL, 0};
static const fake_peripheral NVMC_CACHE = {NVMC_ICACHECNF, NVMC_ICACHECNF + 4, NULL, NULL, NULL, NULL, NULL, 0};

void fake_chip(void) {
  fake_attach(&TIMER_0);
  fake_attach(&TIMER_1);
  fake_attach(&RTC);
  fake_attach(&GPIO);
  fake_attach(&CORE);
  fake_attach(&CLOCK_POWER);
  fake_attach(&FICR);
  fake_attach(&NVMC_CACHE);
  fake_keep(FICR_DEVICEID(0), 0x89abcdefu);
  fake_keep(FICR_DEVICEID(1), 0x01234567u);
}
