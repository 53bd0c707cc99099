/*
 * Sensors of a real board for the runtime: a driver pushes samples into a ring from interrupts, up to two readers take them from there,
 * each from its own start. Who comes too late misses the oldest; what a driver lost is a hole that no reader gets to see. Knows no
 * hardware. A sensor runs at one rate: a second reader must want the same.
 */
#ifndef LIMPET_SAMPLED_SENSOR_H
#define LIMPET_SAMPLED_SENSOR_H

#include "../../runtime/sensor.h"

#define SAMPLED_SENSOR_HOLES 4u

/* A driver. Functions return 0, or a negative number where the sensor does not answer. */
typedef struct {
  void *context;
  int (*begin)(void *context, float rate_hz);
  void (*end)(void *context);
} sampled_driver;

/* Positions count samples since the board's start and wrap; what is compared are their differences. */
typedef struct {
  bool running;
  bool stopped;
  uint32_t first;
  uint32_t next;
  uint32_t end;
  /* Of `next`, in samples since the reader's start. */
  uint64_t index;
  uint64_t dropped;
} sampled_reader;

typedef struct {
  uint32_t at;
  uint32_t count;
} sampled_hole;

typedef struct {
  const sensor_description *description;
  sampled_driver driver;
  /* Room for `capacity` samples, a power of two. */
  uint8_t *ring;
  uint32_t capacity;
  uint32_t sample_bytes;
  bool on;
  float rate_hz;
  /* Written by the driver, from interrupts. */
  volatile uint32_t written;
  volatile uint32_t hole_count;
  sampled_hole holes[SAMPLED_SENSOR_HOLES];
  sampled_reader readers[SENSOR_READERS];
} sampled_sensor;

typedef struct {
  sampled_sensor sensors[SENSOR_MAX];
  sensor_description descriptions[SENSOR_MAX];
  uint8_t count;
} sampled_sensors;

/* Adds a sensor; the description is copied. `ring` has room for `capacity` samples. Returns it, for the driver to push to; NULL where there are too many. */
sampled_sensor *sampled_sensors_add(sampled_sensors *all, const sensor_description *description, sampled_driver driver,
                                    void *ring, uint32_t capacity);

/* The runtime's view of all that were added. */
sensor_port sampled_sensors_port(sampled_sensors *all);

/* Samples as the description has them, interleaved. From one interrupt at a time. */
void sampled_sensor_push(sampled_sensor *sensor, const void *samples, uint32_t count);

/* So many samples were lost here. From the same interrupt. */
void sampled_sensor_lose(sampled_sensor *sensor, uint32_t count);

#endif
