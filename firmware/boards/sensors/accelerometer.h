/*
 * Accelerometers with a FIFO, and their way into a sampled_sensor: a tick asks the chip how much there is, the bus's interrupts fetch
 * it. Each kind of chip is a table of what differs; the sequence is one for all. Ranges are 4 g, so that what one board recorded fits
 * another's.
 */
#ifndef LIMPET_ACCELEROMETER_H
#define LIMPET_ACCELEROMETER_H

#include "../common/sampled_sensor.h"
#include "i2c_bus.h"

#define ACCELEROMETER_AXES 3u
#define ACCELEROMETER_LEVEL_BYTES 4u
/* How often accelerometer_tick is to be called: less than any FIFO takes to fill. */
#define ACCELEROMETER_TICK_US 8000u

/* What a FIFO's status says: whole samples to be read, bytes in front of them that belong to one half read, whether some were lost. */
typedef struct {
  uint32_t samples;
  uint32_t skip_bytes;
  bool overrun;
} accelerometer_level;

typedef struct {
  const char *name;
  uint8_t address;
  /* g for one count. */
  float resolution;
  uint8_t rate_count;
  float rates[SENSOR_MAX_RATES];
  /* Values come in the upper bits of 16: how far they are shifted down. */
  uint8_t shift;
  uint8_t level_register;
  uint8_t level_bytes;
  uint8_t data_register;
  /* How many samples one transfer may fetch. */
  uint8_t most_samples;
  accelerometer_level (*level)(const uint8_t *bytes);
  /* Whether the chip is there; sets it up, switched off. */
  int (*open)(const i2c_bus *bus, uint8_t address);
  /* Begins with an empty FIFO. `rate` is an index into `rates`. */
  int (*begin)(const i2c_bus *bus, uint8_t address, uint8_t rate);
  int (*end)(const i2c_bus *bus, uint8_t address);
} accelerometer_chip;

typedef struct {
  const accelerometer_chip *chip;
  const i2c_bus *bus;
  sampled_sensor *sensor;
  volatile bool running;
  /* Under way: the status, or data. */
  volatile bool asked;
  volatile bool fetching;
  uint32_t fetching_samples;
  uint32_t skip_bytes;
  uint32_t left_samples;
  float rate_hz;
  /* When this status and the one before were asked for: what came between is what an overrun is judged by. */
  uint32_t asked_us;
  bool answered;
  uint32_t answered_us;
} accelerometer;

/* Looks for a chip on the bus; returns 0 and takes it, or a negative number. */
int accelerometer_open(accelerometer *a, const accelerometer_chip *chip, const i2c_bus *bus);

/* Adds it to the board's sensors. */
int accelerometer_add(accelerometer *a, sampled_sensors *all, int16_t *ring, uint32_t capacity);

/* Every ACCELEROMETER_TICK_US, from an interrupt of the same priority as the bus's. `now_us` is a clock of microseconds that may wrap. */
void accelerometer_tick(accelerometer *a, uint32_t now_us);

extern const accelerometer_chip LSM303AGR;
extern const accelerometer_chip LSM9DS1;
extern const accelerometer_chip LSM6DS3TR_C;
extern const accelerometer_chip BMI270;

#endif
