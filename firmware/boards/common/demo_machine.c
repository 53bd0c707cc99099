/* The machine of rotating_machine.h as it runs well, through an accelerometer of 1 mg a count. */
#include "demo_machine.h"

#include <string.h>

#include "rotating_machine.h"

#define RESOLUTION 0.001f
#define PIECE 32u

static const rotating_machine MACHINE = {24.2, 0.5f, 0.3f, 0.2f, 0.0f, 0.005f, 0.0f, 1u};
static const float RATES[] = {400.0f, 200.0f, 1600.0f};
static const char *const NAMES[ROTATING_MACHINE_AXES] = {"accX", "accY", "accZ"};

void demo_machine_describe(sensor_description *out) {
  memset(out, 0, sizeof *out);
  strcpy(out->id, "accelerometer");
  strcpy(out->unit, "g");
  out->kind = 0;
  out->sample_type = SENSOR_INT16;
  out->resolution = RESOLUTION;
  out->channels = ROTATING_MACHINE_AXES;
  for (uint8_t i = 0; i < ROTATING_MACHINE_AXES; i++) strcpy(out->channel_names[i], NAMES[i]);
  out->rate_count = sizeof RATES / sizeof RATES[0];
  memcpy(out->rates, RATES, sizeof RATES);
}

void demo_machine_samples(uint64_t first, float rate_hz, void *out, uint32_t count) {
  float values[PIECE * ROTATING_MACHINE_AXES];
  uint8_t *bytes = out;
  while (count > 0) {
    uint32_t piece = count < PIECE ? count : PIECE;
    rotating_machine_samples(&MACHINE, (double)rate_hz, first, values, piece);
    for (uint32_t i = 0; i < piece * ROTATING_MACHINE_AXES; i++) {
      float scaled = values[i] / RESOLUTION;
      int16_t rounded = (int16_t)(scaled < 0.0f ? scaled - 0.5f : scaled + 0.5f);
      memcpy(bytes, &rounded, 2);
      bytes += 2;
    }
    first += piece;
    count -= piece;
  }
}
