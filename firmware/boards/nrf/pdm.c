#include "pdm.h"

#include <stddef.h>

#include "access.h"
#include "chip.h"
#include "registers.h"

static struct {
  sound sound;
  pdm_pins pins;
} pdm;

static int begin(void *context, float rate_hz) {
  (void)context;
  if (sound_begin(&pdm.sound, rate_hz) != 0) return -1;
  chip_drive_pin(pdm.pins.power_pin, true, GPIO_PIN_CNF_H0H1);
  chip_drive_pin(pdm.pins.clock_pin, false, 0);
  nrf_set(GPIO_PIN_CNF(pdm.pins.data_pin), GPIO_PIN_CNF_INPUT);
  nrf_set(PDM_PSEL_CLK, pdm.pins.clock_pin);
  nrf_set(PDM_PSEL_DIN, pdm.pins.data_pin);
  /* 1.28 MHz / 80 = 16 kHz exactly; the default, 1.032 MHz / 64, would be 16,125 Hz. */
  nrf_set(PDM_PDMCLKCTRL, PDM_PDMCLKCTRL_1280K);
  nrf_set(PDM_RATIO, PDM_RATIO_80);
  nrf_set(PDM_MODE, PDM_MODE_MONO_LEFTFALLING);
  nrf_set(PDM_GAINL, PDM_GAIN_0DB);
  nrf_set(PDM_GAINR, PDM_GAIN_0DB);
  nrf_set(PDM_SAMPLE_PTR, nrf_dma_address(pdm.sound.buffers[0]));
  nrf_set(PDM_SAMPLE_MAXCNT, SOUND_BUFFER_SAMPLES);
  nrf_set(PDM_EVENTS_STARTED, 0);
  nrf_set(PDM_EVENTS_END, 0);
  nrf_set(PDM_ENABLE, 1);
  nrf_set(PDM_INTENSET, PDM_INT_STARTED | PDM_INT_END);
  nrf_trigger(PDM_TASKS_START);
  return 0;
}

static void end(void *context) {
  (void)context;
  nrf_set(PDM_INTENCLR, PDM_INT_STARTED | PDM_INT_END);
  nrf_set(PDM_EVENTS_STOPPED, 0);
  nrf_trigger(PDM_TASKS_STOP);
  /* The buffers may be written until it has stopped. */
  for (uint32_t i = 0; i < 100 && nrf_get(PDM_EVENTS_STOPPED) == 0; i++) chip_wait_us(10);
  nrf_set(PDM_ENABLE, 0);
  chip_drive_pin(pdm.pins.power_pin, false, 0);
}

void pdm_handler(void) {
  /* A full buffer first: the next one has been taken up by then. */
  if (nrf_get(PDM_EVENTS_END) != 0) {
    nrf_forget(PDM_EVENTS_END);
    sound_filled(&pdm.sound);
  }
  if (nrf_get(PDM_EVENTS_STARTED) != 0) {
    nrf_forget(PDM_EVENTS_STARTED);
    nrf_set(PDM_SAMPLE_PTR, nrf_dma_address(sound_next_buffer(&pdm.sound)));
  }
  chip_wake();
}

int pdm_add(sampled_sensors *all, pdm_pins pins, int16_t *ring, uint32_t capacity) {
  pdm.pins = pins;
  pdm.sound.shift = 0;
  pdm.sound.remove_mean = false;
  chip_drive_pin(pins.power_pin, false, 0);
  chip_enable_interrupt(NRF_INTERRUPT(PDM_BASE), CHIP_PRIORITY_SOUND);
  return sound_add(&pdm.sound, all, (sampled_driver){NULL, begin, end}, false, ring, capacity);
}
