#include "accelerometer.h"

#include <math.h>
#include <string.h>

#define SAMPLE_BYTES (2u * ACCELEROMETER_AXES)
/* How long a transfer that was under way at a stop is waited for. */
#define SETTLE_US 20000u
/* Most failures at switching on before the sensor counts as gone. */
#define ATTEMPTS 3

int accelerometer_open(accelerometer *a, const accelerometer_chip *chip, const i2c_bus *bus) {
  int status = I2C_NO_ANSWER;
  memset(a, 0, sizeof *a);
  for (int i = 0; i < ATTEMPTS && status != I2C_OK; i++) status = chip->open(bus, chip->address);
  if (status != I2C_OK) return status;
  a->chip = chip;
  a->bus = bus;
  return I2C_OK;
}

static int16_t axis(const uint8_t *bytes, uint8_t shift) {
  int16_t value = (int16_t)(uint16_t)(bytes[0] | (bytes[1] << 8));
  /* Rounds down, as the chip's own shorter words do. */
  return shift == 0 ? value : (int16_t)((value - (value & ((1 << shift) - 1))) / (1 << shift));
}

static void push(accelerometer *a, const uint8_t *bytes, uint32_t count) {
  int16_t values[ACCELEROMETER_AXES];
  for (uint32_t i = 0; i < count; i++) {
    for (uint32_t k = 0; k < ACCELEROMETER_AXES; k++) values[k] = axis(bytes + i * SAMPLE_BYTES + 2u * k, a->chip->shift);
    sampled_sensor_push(a->sensor, values, 1);
  }
}

/* The FIFO ran over: by the clock so many more than are waiting were measured since the last status, after which it was emptied. */
static void account(accelerometer *a, uint32_t waiting) {
  uint32_t since_us = a->asked_us - a->answered_us;
  uint32_t expected = (uint32_t)((float)since_us * 1e-6f * a->rate_hz);
  if (a->answered && expected > waiting) sampled_sensor_lose(a->sensor, expected - waiting);
}

static void fetched(void *context, int status, const uint8_t *bytes, uint32_t count);

static void fetch(accelerometer *a) {
  uint32_t most = a->chip->most_samples;
  a->fetching_samples = a->left_samples < most ? a->left_samples : most;
  uint32_t bytes = a->skip_bytes + a->fetching_samples * SAMPLE_BYTES;
  a->fetching = a->bus->begin_read(a->bus->context, a->chip->address, a->chip->data_register, bytes, fetched, a) == I2C_OK;
}

static void fetched(void *context, int status, const uint8_t *bytes, uint32_t count) {
  accelerometer *a = context;
  a->fetching = false;
  if (status != I2C_OK || count < a->skip_bytes || !a->running) return;
  push(a, bytes + a->skip_bytes, a->fetching_samples);
  a->left_samples -= a->fetching_samples;
  a->skip_bytes = 0;
  if (a->left_samples > 0) fetch(a);
}

static void answered(void *context, int status, const uint8_t *bytes, uint32_t count) {
  accelerometer *a = context;
  a->asked = false;
  if (status != I2C_OK || count != a->chip->level_bytes || !a->running) return;
  accelerometer_level level = a->chip->level(bytes);
  if (level.overrun) account(a, level.samples);
  a->answered = true;
  a->answered_us = a->asked_us;
  a->left_samples = level.samples;
  a->skip_bytes = level.skip_bytes;
  if (level.samples > 0) fetch(a);
}

void accelerometer_tick(accelerometer *a, uint32_t now_us) {
  if (!a->running) return;
  if (a->fetching) return;
  if (!a->asked) a->asked_us = now_us;
  int status = a->bus->begin_read(a->bus->context, a->chip->address, a->chip->level_register, a->chip->level_bytes, answered, a);
  a->asked = status == I2C_OK || status == I2C_BUSY;
}

static void settle(accelerometer *a) {
  a->running = false;
  for (uint32_t waited = 0; (a->asked || a->fetching) && waited < SETTLE_US; waited += 100) a->bus->wait_us(100);
  a->asked = false;
  a->fetching = false;
}

static int begin(void *context, float rate_hz) {
  accelerometer *a = context;
  const accelerometer_chip *chip = a->chip;
  uint8_t rate = 0;
  while (rate < chip->rate_count && fabsf(chip->rates[rate] - rate_hz) > 1e-5f * rate_hz) rate++;
  if (rate == chip->rate_count) return -1;
  settle(a);
  int status = I2C_NO_ANSWER;
  for (int i = 0; i < ATTEMPTS && status != I2C_OK; i++) status = chip->begin(a->bus, chip->address, rate);
  if (status != I2C_OK) return status;
  a->rate_hz = rate_hz;
  a->answered = false;
  a->running = true;
  return 0;
}

static void end(void *context) {
  accelerometer *a = context;
  settle(a);
  a->chip->end(a->bus, a->chip->address);
}

int accelerometer_add(accelerometer *a, sampled_sensors *all, int16_t *ring, uint32_t capacity) {
  static const char *const NAMES[ACCELEROMETER_AXES] = {"accX", "accY", "accZ"};
  sensor_description d;
  memset(&d, 0, sizeof d);
  strcpy(d.id, "accelerometer");
  strcpy(d.unit, "g");
  d.sample_type = SENSOR_INT16;
  d.channels = ACCELEROMETER_AXES;
  for (uint32_t i = 0; i < ACCELEROMETER_AXES; i++) strcpy(d.channel_names[i], NAMES[i]);
  d.resolution = a->chip->resolution;
  d.rate_count = a->chip->rate_count;
  memcpy(d.rates, a->chip->rates, sizeof d.rates);
  a->sensor = sampled_sensors_add(all, &d, (sampled_driver){a, begin, end}, ring, capacity);
  return a->sensor == NULL ? -1 : 0;
}
