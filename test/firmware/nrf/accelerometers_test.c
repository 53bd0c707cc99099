/*
 * Bus, tick and accelerometers as on the boards, on models of TWIM, TIMER and the sensors: found and not found, every rate, sample for
 * sample; what an overrun costs; a bus that hangs. One argument: which sensor. Prints what failed; exit code 1 then.
 */
#include <math.h>

#include "../../../firmware/boards/nrf/sensor_tick.h"
#include "../../../firmware/boards/nrf/twim.h"
#include "../../../firmware/boards/sensors/accelerometer.h"
#include "../../../firmware/boards/sensors/bmi270.h"
#include "fake_accelerometers.h"

#define CLOCK NRF_PIN(0, 27)
#define DATA NRF_PIN(1, 2)
#define CAPACITY 1024u

static sampled_sensors sensors;
static accelerometer motion;
static i2c_bus bus;
static int16_t ring[CAPACITY * 3];
static sensor_port port;

static void tick(void) { accelerometer_tick(&motion, chip_interrupt_us()); }

/* Reads all that is due at reader 0 and compares each sample with what the sensor measured; returns how many holes there were. */
static uint32_t read_all(uint64_t *index, uint32_t *number) {
  int16_t samples[64 * 3];
  uint64_t first;
  uint32_t holes = 0;
  int32_t count;
  while ((count = port.read(port.context, 0, 0, 0, samples, 64, &first)) > 0) {
    for (int32_t i = 0; i < count; i++) {
      int16_t axes[3];
      uint32_t n = (uint32_t)(samples[3 * i] & 2047) + 2048u * (uint32_t)(samples[3 * i + 2] + 1024);
      fake_acceleration(n, axes);
      CHECK(memcmp(axes, samples + 3 * i, sizeof axes) == 0);
      if (n != *number) holes++;
      *number = n + 1;
    }
    if (first != *index) CHECK(first > *index);
    *index = first + (uint64_t)count;
  }
  CHECK(count == 0);
  return holes;
}

static void every_rate(const fake_accelerometer *model) {
  const sensor_description *d = &port.descriptions[0];
  CHECK(strcmp(d->id, "accelerometer") == 0 && d->channels == 3 && d->sample_type == SENSOR_INT16);
  CHECK(port.start(port.context, 0, 0, 12345.0f, 0) != 0);
  for (uint8_t i = 0; i < d->rate_count; i++) {
    uint64_t index = 0;
    uint32_t number = 0;
    CHECK(!model->on());
    CHECK(port.start(port.context, 0, 0, d->rates[i], 0) == 0);
    CHECK(model->on());
    CHECK(port.start(port.context, 1, 0, d->rates[i], 0) == 0);
    CHECK(port.start(port.context, 1, 0, d->rates[(i + 1) % d->rate_count], 0) != 0);
    for (int turn = 0; turn < 40; turn++) {
      fake_pass(25000);
      CHECK(read_all(&index, &number) == 0);
    }
    /* One second of samples, less what still waits for the next tick. */
    float least = d->rates[i] * (1.0f - 0.012f) - 1.0f;
    CHECK((float)index >= least && (float)index <= d->rates[i] + 1.0f);
    CHECK(index == number);
    port.stop(port.context, 0, 0, 0);
    CHECK(model->on());
    port.stop(port.context, 1, 0, 0);
    CHECK(!model->on());
    sensor_counts counts = port.counts(port.context, 0, 0, 0);
    CHECK(counts.dropped == 0 && counts.produced == index + port.due(port.context, 0, 0, 0));
    fake_pass(50000);
    read_all(&index, &number);
    CHECK(port.due(port.context, 0, 0, 0) == 0);
  }
}

/* The processor stands still for longer than the FIFO holds; index and sample keep to the same clock afterwards. */
static void overrun(const fake_accelerometer *model) {
  const sensor_description *d = &port.descriptions[0];
  uint8_t fastest = 0;
  for (uint8_t i = 1; i < d->rate_count; i++) {
    if (d->rates[i] > d->rates[fastest]) fastest = i;
  }
  uint64_t index = 0;
  uint32_t number = 0;
  CHECK(port.start(port.context, 0, 0, d->rates[fastest], 0) == 0);
  fake_pass(100000);
  CHECK(read_all(&index, &number) == 0);
  fake_freeze(900000);
  uint32_t holes = 0;
  for (int turn = 0; turn < 8; turn++) {
    fake_pass(25000);
    holes += read_all(&index, &number);
  }
  CHECK(holes == 1);
  /* Two ticks of uncertainty: when it began, and when the status was read. */
  CHECK(fabs((double)index - (double)number) <= 0.02 * (double)d->rates[fastest] + 2.0);
  sensor_counts counts = port.counts(port.context, 0, 0, 0);
  CHECK(counts.dropped > 0);
  port.stop(port.context, 0, 0, 0);
  read_all(&index, &number);
  CHECK(!model->on());
}

/* A bus that hangs costs samples, not the board; it comes back. */
static void hanging_bus(void) {
  const sensor_description *d = &port.descriptions[0];
  uint64_t index = 0;
  uint32_t number = 0;
  CHECK(port.start(port.context, 0, 0, d->rates[0], 0) == 0);
  fake_pass(50000);
  fake_twim_hang(true);
  fake_pass(30000);
  fake_twim_hang(false);
  for (int turn = 0; turn < 12; turn++) {
    fake_pass(25000);
    read_all(&index, &number);
  }
  CHECK((float)index > 0.25f * d->rates[0]);
  /* Hanging for good: starting fails, and ends. */
  port.stop(port.context, 0, 0, 0);
  read_all(&index, &number);
  fake_twim_hang(true);
  CHECK(port.start(port.context, 0, 0, d->rates[0], 0) != 0);
  fake_twim_hang(false);
  CHECK(port.start(port.context, 0, 0, d->rates[0], 0) == 0);
  fake_pass(50000);
  port.stop(port.context, 0, 0, 0);
}

int main(int count, char **arguments) {
  const accelerometer_chip *const chips[] = {&LSM303AGR, &LSM9DS1, &LSM6DS3TR_C, &BMI270};
  const fake_accelerometer *const models[] = {&FAKE_LSM303AGR, &FAKE_LSM9DS1, &FAKE_LSM6DS3TR_C, &FAKE_BMI270};
  int which = count == 2 ? atoi(arguments[1]) : -1;
  if (which < 0 || which > 3) return 2;
  fake_chip();
  chip_start();
  fake_twim(models[which]->device, CLOCK, DATA);
  bus = twim_open(CLOCK, DATA);
  for (int i = 0; i < 4; i++) {
    bool found = accelerometer_open(&motion, chips[i], &bus) == I2C_OK;
    CHECK(found == (i == which && (chips[i] != &BMI270 || BMI270_CONFIGURATION != 0)));
  }
  bool without = chips[which] == &BMI270 && BMI270_CONFIGURATION == 0;
  if (!without) {
    CHECK(accelerometer_open(&motion, chips[which], &bus) == I2C_OK);
    CHECK(accelerometer_add(&motion, &sensors, ring, CAPACITY) == 0);
    sensor_tick_start(ACCELEROMETER_TICK_US, tick);
    port = sampled_sensors_port(&sensors);
    every_rate(models[which]);
    overrun(models[which]);
    hanging_bus();
  }
  printf("%s: %u transfers, %d failures\n", models[which]->name, fake_twim_transfers(), failures);
  return failures > 0;
}
