/* The machine of rotating_machine.h as it runs well, half an hour after it was switched on. */
#include "demo_machine.h"

#include <string.h>

#include "rotating_machine.h"

#define PIECE 32u

enum { ACCELEROMETER = 0, TEMPERATURE = 1, PRODUCTION = 2 };

static const rotating_machine MACHINE = {24.2, 0.5f, 0.1f, 0.1f, 0.0f, 0.005f, 0.0f, 1u};
static const float AMBIENT = 21.0f;
static const float RUNNING_S = 1800.0f;

static const sensor_description SENSORS[DEMO_MACHINE_SENSORS] = {
    {"accelerometer", 0, SENSOR_INT16, ROTATING_MACHINE_AXES, 0.001f, "g", {"accX", "accY", "accZ"}, 3, {400.0f, 200.0f, 1600.0f}},
    {"temperature", 3, SENSOR_INT16, 1, 0.01f, "\xc2\xb0" "C", {"celsius"}, 1, {4.0f}},
    {"production", 255, SENSOR_INT16, 1, 0.1f, "1/min", {"pieces"}, 1, {1.0f}},
};

void demo_machine_describe(uint8_t sensor, sensor_description *out) { *out = SENSORS[sensor]; }

static void generate(uint8_t sensor, uint64_t first, float rate_hz, float *out, uint32_t count) {
  if (sensor == TEMPERATURE) {
    rotating_machine_celsius(&MACHINE, AMBIENT, RUNNING_S, (double)rate_hz, first, out, count);
  } else if (sensor == PRODUCTION) {
    rotating_machine_pieces(&MACHINE, first, out, count);
  } else {
    rotating_machine_samples(&MACHINE, (double)rate_hz, first, out, count);
  }
}

void demo_machine_samples(uint8_t sensor, uint64_t first, float rate_hz, void *out, uint32_t count) {
  float values[PIECE * ROTATING_MACHINE_AXES];
  float resolution = SENSORS[sensor].resolution;
  uint8_t *bytes = out;
  while (count > 0) {
    uint32_t piece = count < PIECE ? count : PIECE;
    generate(sensor, first, rate_hz, values, piece);
    for (uint32_t i = 0; i < piece * SENSORS[sensor].channels; i++) {
      float scaled = values[i] / resolution;
      int16_t rounded = (int16_t)(scaled < 0.0f ? scaled - 0.5f : scaled + 0.5f);
      memcpy(bytes, &rounded, 2);
      bytes += 2;
    }
    first += piece;
    count -= piece;
  }
}
