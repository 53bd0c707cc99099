/*
 * A microphone whose peripheral fills two buffers in turn by DMA, 16,000 samples a second: what PDM and SAADC have in common. Brings the
 * samples into a sampled_sensor, removes the mean and halves the rate where the microphone asks for it.
 */
#ifndef LIMPET_NRF_SOUND_H
#define LIMPET_NRF_SOUND_H

#include "../common/sampled_sensor.h"

#define SOUND_RATE_HZ 16000u
#define SOUND_BUFFER_SAMPLES 256u
#define SOUND_TAPS 19u
#define SOUND_MAX_HALVINGS 2u

typedef struct {
  /* A ring, kept twice end to end: the samples from `at` on are the last ones in order. */
  int16_t past[2u * SOUND_TAPS];
  uint32_t at;
  uint32_t count;
} sound_halving;

typedef struct {
  sampled_sensor *sensor;
  /* Bits that samples are moved up to fill 16; removes the mean too where the converter has one. */
  uint8_t shift;
  bool remove_mean;

  int16_t buffers[2][SOUND_BUFFER_SAMPLES];
  volatile uint32_t filling;
  uint32_t ended_us;
  /* Buffers still to be thrown away while the microphone wakes up. */
  uint32_t waking;
  uint32_t halvings;
  sound_halving stages[SOUND_MAX_HALVINGS];
  int32_t mean_before;
  int32_t mean_state;
} sound;

/* Adds the microphone to the board's sensors, at 16 kHz or, `slow`, also at 4 and 8 kHz with 4 kHz as its default. */
int sound_add(sound *s, sampled_sensors *all, sampled_driver driver, bool slow, int16_t *ring, uint32_t capacity);

/* Before the peripheral starts. Returns 0, or a negative number where the rate is none of the microphone's. */
int sound_begin(sound *s, float rate_hz);

/* The buffer that the peripheral is to fill after the one it fills now. */
const int16_t *sound_next_buffer(const sound *s);

/* The peripheral has filled a buffer. From its interrupt. */
void sound_filled(sound *s);

#endif
