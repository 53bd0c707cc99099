#include "fake_twim.h"

#include "../../../firmware/boards/nrf/twim.h"

static struct {
  const fake_device *device;
  uint32_t clock_pin;
  uint32_t data_pin;
  bool hangs;
  bool busy;
  bool fails;
  uint64_t ends_us;
  uint32_t transfers;
} twim;

static uint32_t frequency_hz(void) {
  /* FREQUENCY is 2^32 / 16 MHz a hertz. */
  uint32_t hz = (uint32_t)((uint64_t)fake_kept(TWIM_FREQUENCY) * 16000000u >> 32);
  if (hz < 90000 || hz > 400000) FATAL("TWIM runs at %u Hz", hz);
  return hz;
}

/* The whole transfer happens at its begin; that it has ended shows after the time that it takes. */
static void start(void) {
  uint32_t shorts = fake_kept(TWIM_SHORTS);
  uint32_t out = fake_kept(TWIM_TXD_MAXCNT);
  uint32_t in = fake_kept(TWIM_RXD_MAXCNT);
  const uint8_t *transmit = fake_memory(fake_kept(TWIM_TXD_PTR));
  if (fake_kept(TWIM_ENABLE) != TWIM_ENABLE_ENABLED) FATAL("a transfer while TWIM is off");
  if (twim.busy) FATAL("a transfer within a transfer");
  if (fake_kept(TWIM_PSEL_SCL) != twim.clock_pin || fake_kept(TWIM_PSEL_SDA) != twim.data_pin) FATAL("TWIM on wrong pins");
  uint32_t drive = GPIO_PIN_CNF_S0D1;
  if ((fake_kept(GPIO_PIN_CNF(twim.clock_pin)) & 0x703u) != drive || (fake_kept(GPIO_PIN_CNF(twim.data_pin)) & 0x703u) != drive) {
    FATAL("the pins of the bus are not open-drain inputs");
  }
  twim.transfers++;
  bool reads = (shorts & TWIM_SHORTS_LASTTX_STARTRX) != 0;
  bool stops = (shorts & (reads ? TWIM_SHORTS_LASTRX_STOP : TWIM_SHORTS_LASTTX_STOP)) != 0;
  if (!stops) FATAL("a transfer that nothing stops");
  twim.busy = true;
  twim.fails = fake_kept(TWIM_ADDRESS) != twim.device->address;
  fake_keep(TWIM_TXD_AMOUNT, 0);
  fake_keep(TWIM_RXD_AMOUNT, 0);
  uint32_t bits = 10;
  if (!twim.fails) {
    twim.device->select(transmit[0]);
    for (uint32_t i = 1; i < out; i++) twim.device->write(transmit[i]);
    fake_keep(TWIM_TXD_AMOUNT, out);
    bits += 9 * out;
    if (reads) {
      uint8_t *receive = fake_memory(fake_kept(TWIM_RXD_PTR));
      for (uint32_t i = 0; i < in; i++) receive[i] = twim.device->read();
      fake_keep(TWIM_RXD_AMOUNT, in);
      bits += 10 + 9 * in;
    }
  }
  twim.ends_us = fake_now_us() + (uint64_t)bits * 1000000u / frequency_hz();
}

static void pass(void) {
  if (!twim.busy || twim.hangs || fake_now_us() < twim.ends_us) return;
  if (twim.fails) {
    /* Goes on to STOPPED when the firmware triggers STOP. */
    if (fake_kept(TWIM_ERRORSRC) == 0) {
      fake_keep(TWIM_ERRORSRC, 2);
      fake_keep(TWIM_EVENTS_ERROR, 1);
    }
    return;
  }
  twim.busy = false;
  fake_keep(TWIM_EVENTS_STOPPED, 1);
}

static void set(uint32_t address, uint32_t value) {
  if (address == TWIM_INTENCLR) {
    fake_keep(TWIM_INTENSET, fake_kept(TWIM_INTENSET) & ~value);
    return;
  }
  if (address == TWIM_INTENSET) value |= fake_kept(address);
  if (address == TWIM_ERRORSRC) value = fake_kept(address) & ~value;
  fake_keep(address, value);
  if (address == TWIM_TASKS_STARTTX && value == 1) start();
  if (address == TWIM_TASKS_STOP && value == 1 && twim.busy && twim.fails) {
    twim.busy = false;
    fake_keep(TWIM_EVENTS_STOPPED, 1);
  }
  if (address == TWIM_ENABLE && value == 0) twim.busy = false;
}

static bool asks(void) {
  uint32_t enabled = fake_kept(TWIM_INTENSET);
  return ((enabled & TWIM_INT_STOPPED) != 0 && fake_kept(TWIM_EVENTS_STOPPED) != 0) ||
         ((enabled & TWIM_INT_ERROR) != 0 && fake_kept(TWIM_EVENTS_ERROR) != 0);
}

static const fake_peripheral TWIM = {TWIM0_BASE, TWIM0_BASE + 0x600u, NULL, set, pass, asks, twim_handler, NRF_INTERRUPT(TWIM0_BASE)};

void fake_twim(const fake_device *device, uint32_t clock_pin, uint32_t data_pin) {
  memset(&twim, 0, sizeof twim);
  twim.device = device;
  twim.clock_pin = clock_pin;
  twim.data_pin = data_pin;
  fake_attach(&TWIM);
}

void fake_twim_hang(bool hangs) { twim.hangs = hangs; }
uint32_t fake_twim_transfers(void) { return twim.transfers; }
