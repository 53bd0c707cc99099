#include "fake_sound.h"

#include "../../../firmware/boards/nrf/pdm.h"
#include "../../../firmware/boards/nrf/saadc.h"

int16_t (*fake_convert)(bool analogue);

void pdm_handler(void) __attribute__((weak));
void saadc_handler(void) __attribute__((weak));

/* A peripheral that fills the buffer it was given and goes on with the next one without a gap (nRF52840 PS, PDM and SAADC, EasyDMA). */
typedef struct {
  bool running;
  uint64_t started_us;
  uint64_t samples;
  uint32_t at;
  uint32_t buffer;
} converter;

static converter pdm;
static converter adc;
static fake_pdm_pins pins;
static uint32_t power_pin;

static void begin_buffer(converter *c, uint32_t pointer, uint32_t started) {
  c->buffer = fake_kept(pointer);
  c->at = 0;
  fake_keep(started, 1);
}

static void fill(converter *c, uint32_t pointer, uint32_t count, uint32_t started, uint32_t end) {
  if (!c->running) return;
  uint64_t due = (fake_now_us() - c->started_us) * 16u / 1000u;
  while (c->samples < due) {
    ((int16_t *)(void *)fake_memory(c->buffer))[c->at++] = fake_convert(c == &adc);
    c->samples++;
    if (c->at < fake_kept(count)) continue;
    fake_keep(end, 1);
    begin_buffer(c, pointer, started);
  }
}

static void start(converter *c, uint32_t pointer, uint32_t started) {
  *c = (converter){true, fake_now_us(), 0, 0, 0};
  begin_buffer(c, pointer, started);
}

static void pass_pdm(void) { fill(&pdm, PDM_SAMPLE_PTR, PDM_SAMPLE_MAXCNT, PDM_EVENTS_STARTED, PDM_EVENTS_END); }

static void set_pdm(uint32_t address, uint32_t value) {
  if (address == PDM_INTENCLR) {
    address = PDM_INTENSET;
    value = fake_kept(address) & ~value;
  }
  fake_keep(address, value);
  if (address == PDM_TASKS_START) {
    /* 32 MHz in steps of 4096: 1.28 MHz over 80 is 16 kHz. */
    CHECK(fake_kept(PDM_PDMCLKCTRL) == 0x0a000000u && fake_kept(PDM_RATIO) == 1 && fake_kept(PDM_ENABLE) == 1);
    CHECK(fake_pin(pins.power) && fake_kept(PDM_PSEL_CLK) == pins.clock && fake_kept(PDM_PSEL_DIN) == pins.data);
    start(&pdm, PDM_SAMPLE_PTR, PDM_EVENTS_STARTED);
  }
  if (address == PDM_TASKS_STOP) {
    pdm.running = false;
    fake_keep(PDM_EVENTS_STOPPED, 1);
  }
}

static bool pdm_asks(void) {
  return fake_kept(PDM_INTENSET) != 0 && (fake_kept(PDM_EVENTS_STARTED) != 0 || fake_kept(PDM_EVENTS_END) != 0);
}

/* Runs while the timer runs whose compare event PPI leads to SAMPLE, and END to START. */
static bool connected(void) {
  return fake_timer_runs(2) && fake_kept(TIMER_CC(2, 0)) == 1000 && fake_kept(TIMER_PRESCALER(2)) == 0 &&
         fake_kept(TIMER_SHORTS(2)) == TIMER_SHORTS_COMPARE0_CLEAR && (fake_kept(PPI_CHENSET) & 3u) == 3u &&
         fake_kept(PPI_EEP(0)) == TIMER_EVENTS_COMPARE(2, 0) && fake_kept(PPI_TEP(0)) == SAADC_TASKS_SAMPLE &&
         fake_kept(PPI_EEP(1)) == SAADC_EVENTS_END && fake_kept(PPI_TEP(1)) == SAADC_TASKS_START;
}

static void pass_adc(void) {
  if (connected()) fill(&adc, SAADC_RESULT_PTR, SAADC_RESULT_MAXCNT, SAADC_EVENTS_STARTED, SAADC_EVENTS_END);
}

static void set_adc(uint32_t address, uint32_t value) {
  if (address == SAADC_INTENCLR) {
    address = SAADC_INTENSET;
    value = fake_kept(address) & ~value;
  }
  fake_keep(address, value);
  if (address == SAADC_TASKS_START) {
    CHECK(fake_kept(SAADC_ENABLE) == 1 && fake_kept(SAADC_CH0_PSELP) == 4 && fake_pin(power_pin));
    start(&adc, SAADC_RESULT_PTR, SAADC_EVENTS_STARTED);
  }
  if (address == SAADC_TASKS_STOP) {
    adc.running = false;
    fake_keep(SAADC_EVENTS_STOPPED, 1);
  }
}

static void set_ppi(uint32_t address, uint32_t value) {
  if (address == PPI_CHENCLR) fake_keep(PPI_CHENSET, fake_kept(PPI_CHENSET) & ~value);
  else fake_keep(address, address == PPI_CHENSET ? fake_kept(address) | value : value);
}

static bool adc_asks(void) {
  return fake_kept(SAADC_INTENSET) != 0 && (fake_kept(SAADC_EVENTS_STARTED) != 0 || fake_kept(SAADC_EVENTS_END) != 0);
}

static const fake_peripheral PDM = {PDM_BASE, PDM_BASE + 0x600u, NULL, set_pdm, pass_pdm, pdm_asks, pdm_handler, NRF_INTERRUPT(PDM_BASE)};
static const fake_peripheral ADC = {SAADC_BASE, SAADC_BASE + 0x700u, NULL, set_adc, pass_adc, adc_asks, saadc_handler, NRF_INTERRUPT(SAADC_BASE)};
static const fake_peripheral PPI = {0x4001f500u, 0x4001f600u, NULL, set_ppi, NULL, NULL, NULL, 0};

void fake_pdm(fake_pdm_pins wiring) {
  pins = wiring;
  fake_attach(&PDM);
}

void fake_saadc(uint32_t power) {
  power_pin = power;
  fake_attach(&ADC);
  fake_attach(&PPI);
}
