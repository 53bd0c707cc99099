#include "sound.h"

#include <string.h>

#include "chip.h"

/* Until the microphone and its supply have settled, 32 ms. */
#define WAKING_BUFFERS 2u
#define BUFFER_US (SOUND_BUFFER_SAMPLES * 1000000u / SOUND_RATE_HZ)
/* Of an interrupt that comes a little early after one that came late. */
#define TOLERANCE_US 1000u
/* A first-order high pass at 20 Hz: 1 - 2 pi 20 / 16000 in 1/32768. */
#define MEAN_POLE 32511
/* Full scale is 1. */
#define RESOLUTION (1.0f / 32768.0f)

/*
 * A half-band filter (19 taps, Kaiser window, beta 4.5) in 1/32768: centre, then the taps 1, 3, 5, 7 and 9 samples away; those between
 * are zero. Passes up to 0.35 of the new rate, 39 dB down from 0.65 of it on.
 */
#define TAPS_CENTRE 16390
static const int32_t TAPS[5] = {10181, -2776, 1081, -363, 66};

static int16_t clip(int32_t value) { return (int16_t)(value > 32767 ? 32767 : value < -32768 ? -32768 : value); }

static int16_t without_mean(sound *s, int32_t value) {
  /* y = x - x' + pole y', the state in 1/32768 of y. */
  int64_t next = (int64_t)(value - s->mean_before) * 32768 + (int64_t)s->mean_state * MEAN_POLE / 32768;
  s->mean_before = value;
  s->mean_state = (int32_t)(next > INT32_MAX ? INT32_MAX : next < INT32_MIN ? INT32_MIN : next);
  return clip(s->mean_state / 32768);
}

/* Takes a sample; true where one of half the rate comes out. */
static bool halve(sound_halving *h, int16_t in, int16_t *out) {
  h->past[h->at] = in;
  h->past[h->at + SOUND_TAPS] = in;
  h->at = h->at + 1u == SOUND_TAPS ? 0 : h->at + 1u;
  h->count++;
  if (h->count % 2u != 0) return false;
  const int16_t *past = h->past + h->at;
  uint32_t centre = SOUND_TAPS / 2u;
  int32_t sum = 16384 + TAPS_CENTRE * past[centre];
  for (uint32_t i = 0; i < 5; i++) {
    uint32_t away = 2u * i + 1u;
    sum += TAPS[i] * (past[centre - away] + past[centre + away]);
  }
  *out = clip(sum >> 15);
  return true;
}

static void push(sound *s, int16_t sample) {
  for (uint32_t i = 0; i < s->halvings; i++) {
    if (!halve(&s->stages[i], sample, &sample)) return;
  }
  sampled_sensor_push(s->sensor, &sample, 1);
}

/*
 * Buffers that were filled since the last one, but this one: the processor stood still, which an erased page of flash makes it do. The
 * peripheral then fills the next buffer again and again; so they are missing after this one.
 */
static uint32_t missed_buffers(sound *s) {
  uint32_t now = chip_interrupt_us();
  uint32_t filled = (now - s->ended_us + TOLERANCE_US) / BUFFER_US;
  s->ended_us = now;
  return filled > 1 ? filled - 1 : 0;
}

void sound_filled(sound *s) {
  const int16_t *buffer = s->buffers[s->filling];
  uint32_t missed = missed_buffers(s);
  s->filling ^= 1u;
  if (s->waking > 0) {
    s->waking--;
    return;
  }
  for (uint32_t i = 0; i < SOUND_BUFFER_SAMPLES; i++) {
    int32_t sample = buffer[i] * (1 << s->shift);
    push(s, s->remove_mean ? without_mean(s, sample) : clip(sample));
  }
  sampled_sensor_lose(s->sensor, missed * (SOUND_BUFFER_SAMPLES >> s->halvings));
}

const int16_t *sound_next_buffer(const sound *s) { return s->buffers[s->filling ^ 1u]; }

int sound_begin(sound *s, float rate_hz) {
  uint32_t halvings = 0;
  while (halvings <= SOUND_MAX_HALVINGS && (float)(SOUND_RATE_HZ >> halvings) != rate_hz) halvings++;
  if (halvings > SOUND_MAX_HALVINGS) return -1;
  s->halvings = halvings;
  s->filling = 0;
  s->waking = WAKING_BUFFERS;
  s->ended_us = chip_interrupt_us();
  s->mean_before = 0;
  s->mean_state = 0;
  memset(s->stages, 0, sizeof s->stages);
  return 0;
}

int sound_add(sound *s, sampled_sensors *all, sampled_driver driver, bool slow, int16_t *ring, uint32_t capacity) {
  static const float SLOW_RATES[] = {4000.0f, 8000.0f, 16000.0f};
  sensor_description d;
  memset(&d, 0, sizeof d);
  strcpy(d.id, "microphone");
  strcpy(d.channel_names[0], "audio");
  d.kind = 2;
  d.sample_type = SENSOR_INT16;
  d.channels = 1;
  d.resolution = RESOLUTION;
  d.rate_count = slow ? 3 : 1;
  memcpy(d.rates, slow ? SLOW_RATES : SLOW_RATES + 2, d.rate_count * sizeof d.rates[0]);
  s->sensor = sampled_sensors_add(all, &d, driver, ring, capacity);
  return s->sensor == NULL ? -1 : 0;
}
