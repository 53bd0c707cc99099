/*
 * A motor at 24.2 turns a second on its feet: the shaft's first three orders (imbalance pushes round at the first, so that x and y
 * are a quarter turn apart; misalignment adds the second), gravity on z, and noise. Orders and directions as in ISO 13373-2,
 * annex "diagnostics of rotating machinery"; the amplitudes are a small machine's, chosen to be seen well.
 */
#include "demo_machine.h"

#include <string.h>

#define SHAFT_HZ 24.2
#define RESOLUTION 0.001f
#define AXES 3u
#define NOISE_G 0.03f

static const float RATES[] = {400.0f, 200.0f, 1600.0f};
static const char *const NAMES[AXES] = {"accX", "accY", "accZ"};

/* Amplitude in g and phase in turns of each order, by axis. */
static const struct {
  float amplitude[AXES];
  float phase[AXES];
} ORDERS[] = {
    {{0.22f, 0.20f, 0.05f}, {0.0f, 0.25f, 0.4f}},
    {{0.05f, 0.04f, 0.09f}, {0.1f, 0.3f, 0.7f}},
    {{0.02f, 0.03f, 0.02f}, {0.6f, 0.2f, 0.9f}},
};
static const float CONSTANT[AXES] = {0.0f, 0.0f, 1.0f};

/* Sine of a number of turns, to 1e-4: Taylor's polynomial to the ninth power within a quarter turn. */
static float sine_of_turns(double turns) {
  float t = (float)(turns - (double)(int64_t)turns);
  if (t > 0.5f) t -= 1.0f;
  if (t > 0.25f) t = 0.5f - t;
  if (t < -0.25f) t = -0.5f - t;
  float x = t * 6.2831853f;
  float s = x * x;
  return x * (1.0f - s / 6.0f * (1.0f - s / 20.0f * (1.0f - s / 42.0f * (1.0f - s / 72.0f))));
}

/* Noise that depends on the index alone, -1 to 1 (the finalizer of MurmurHash3, Appleby 2011). */
static float noise(uint64_t index) {
  uint32_t h = (uint32_t)(index ^ (index >> 32));
  h ^= h >> 16;
  h *= 0x85ebca6bu;
  h ^= h >> 13;
  h *= 0xc2b2ae35u;
  h ^= h >> 16;
  return (float)(int32_t)h * 0x1p-31f;
}

void demo_machine_describe(sensor_description *out) {
  memset(out, 0, sizeof *out);
  strcpy(out->id, "accelerometer");
  strcpy(out->unit, "g");
  out->kind = 0;
  out->sample_type = SENSOR_INT16;
  out->resolution = RESOLUTION;
  out->channels = AXES;
  for (uint8_t i = 0; i < AXES; i++) strcpy(out->channel_names[i], NAMES[i]);
  out->rate_count = sizeof RATES / sizeof RATES[0];
  memcpy(out->rates, RATES, sizeof RATES);
}

void demo_machine_samples(uint64_t first, float rate_hz, void *out, uint32_t count) {
  uint8_t *bytes = out;
  for (uint64_t i = first; i < first + count; i++) {
    double turns = (double)i * SHAFT_HZ / (double)rate_hz;
    for (uint32_t axis = 0; axis < AXES; axis++) {
      float value = CONSTANT[axis] + NOISE_G * noise(i * AXES + axis);
      for (uint32_t order = 0; order < sizeof ORDERS / sizeof ORDERS[0]; order++) {
        double phase = turns * (double)(order + 1) + (double)ORDERS[order].phase[axis];
        value += ORDERS[order].amplitude[axis] * sine_of_turns(phase);
      }
      float scaled = value / RESOLUTION;
      int16_t rounded = (int16_t)(scaled < 0.0f ? scaled - 0.5f : scaled + 0.5f);
      memcpy(bytes, &rounded, 2);
      bytes += 2;
    }
  }
}
