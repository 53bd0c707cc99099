#include "saadc.h"

#include <stddef.h>

#include "access.h"
#include "chip.h"
#include "registers.h"

#define SAMPLE_TIMER 2u
#define TIMER_HZ 16000000u
/* 14 bits, one-sided: 2 more fill 16. */
#define SHIFT 2u

static struct {
  sound sound;
  uint32_t input;
  uint32_t power_pin;
} saadc;

static void connect(void) {
  nrf_set(PPI_EEP(0), TIMER_EVENTS_COMPARE(SAMPLE_TIMER, 0));
  nrf_set(PPI_TEP(0), SAADC_TASKS_SAMPLE);
  nrf_set(PPI_EEP(1), SAADC_EVENTS_END);
  nrf_set(PPI_TEP(1), SAADC_TASKS_START);
  nrf_set(PPI_CHENSET, 3);
}

static void start_timer(void) {
  nrf_trigger(TIMER_TASKS_STOP(SAMPLE_TIMER));
  nrf_trigger(TIMER_TASKS_CLEAR(SAMPLE_TIMER));
  nrf_set(TIMER_MODE(SAMPLE_TIMER), 0);
  nrf_set(TIMER_BITMODE(SAMPLE_TIMER), TIMER_BITMODE_32);
  nrf_set(TIMER_PRESCALER(SAMPLE_TIMER), 0);
  nrf_set(TIMER_CC(SAMPLE_TIMER, 0), TIMER_HZ / SOUND_RATE_HZ);
  nrf_set(TIMER_SHORTS(SAMPLE_TIMER), TIMER_SHORTS_COMPARE0_CLEAR);
  nrf_trigger(TIMER_TASKS_START(SAMPLE_TIMER));
}

static int begin(void *context, float rate_hz) {
  (void)context;
  if (sound_begin(&saadc.sound, rate_hz) != 0) return -1;
  chip_drive_pin(saadc.power_pin, true, GPIO_PIN_CNF_H0H1);
  nrf_set(SAADC_RESOLUTION, SAADC_RESOLUTION_14BIT);
  nrf_set(SAADC_OVERSAMPLE, 0);
  nrf_set(SAADC_SAMPLERATE, 0);
  nrf_set(SAADC_CH0_PSELP, saadc.input + 1u);
  nrf_set(SAADC_CH0_PSELN, 0);
  /* The microphone gives some millivolts: full scale is VDD / 16. */
  nrf_set(SAADC_CH0_CONFIG, SAADC_CONFIG_GAIN4 | SAADC_CONFIG_REFSEL_VDD1_4 | SAADC_CONFIG_TACQ_3US);
  nrf_set(SAADC_RESULT_PTR, nrf_dma_address(saadc.sound.buffers[0]));
  nrf_set(SAADC_RESULT_MAXCNT, SOUND_BUFFER_SAMPLES);
  nrf_set(SAADC_EVENTS_STARTED, 0);
  nrf_set(SAADC_EVENTS_END, 0);
  nrf_set(SAADC_ENABLE, 1);
  nrf_set(SAADC_INTENSET, SAADC_INT_STARTED | SAADC_INT_END);
  connect();
  nrf_trigger(SAADC_TASKS_START);
  start_timer();
  return 0;
}

static void end(void *context) {
  (void)context;
  nrf_trigger(TIMER_TASKS_STOP(SAMPLE_TIMER));
  nrf_set(PPI_CHENCLR, 3);
  nrf_set(SAADC_INTENCLR, SAADC_INT_STARTED | SAADC_INT_END);
  nrf_set(SAADC_EVENTS_STOPPED, 0);
  nrf_trigger(SAADC_TASKS_STOP);
  for (uint32_t i = 0; i < 100 && nrf_get(SAADC_EVENTS_STOPPED) == 0; i++) chip_wait_us(10);
  nrf_set(SAADC_ENABLE, 0);
  chip_drive_pin(saadc.power_pin, false, 0);
}

void saadc_handler(void) {
  if (nrf_get(SAADC_EVENTS_END) != 0) {
    nrf_forget(SAADC_EVENTS_END);
    sound_filled(&saadc.sound);
  }
  if (nrf_get(SAADC_EVENTS_STARTED) != 0) {
    nrf_forget(SAADC_EVENTS_STARTED);
    nrf_set(SAADC_RESULT_PTR, nrf_dma_address(sound_next_buffer(&saadc.sound)));
  }
  chip_wake();
}

int saadc_add(sampled_sensors *all, uint32_t input, uint32_t power_pin, int16_t *ring, uint32_t capacity) {
  saadc.input = input;
  saadc.power_pin = power_pin;
  saadc.sound.shift = SHIFT;
  saadc.sound.remove_mean = true;
  chip_drive_pin(power_pin, false, 0);
  chip_enable_interrupt(NRF_INTERRUPT(SAADC_BASE), CHIP_PRIORITY_SOUND);
  return sound_add(&saadc.sound, all, (sampled_driver){NULL, begin, end}, true, ring, capacity);
}
