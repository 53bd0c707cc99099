/*
 * Sensors of a board that is made of software: they measure a signal container (docs/boards.md), or the demo machine where
 * there is none. A sample is due when its time has come by the board's clock, whoever was late, so
 * nothing is skewed when the host is busy. Serves the virtual and the simulated board; knows neither files nor a line.
 */
#ifndef LIMPET_PLAYED_SENSOR_H
#define LIMPET_PLAYED_SENSOR_H

#include "../../runtime/sensor.h"

/* Reads `bytes` of the container from `offset` on. Returns 0, or a negative number. */
typedef int (*played_read)(void *context, uint64_t offset, void *out, uint32_t bytes);

typedef struct {
  bool running;
  bool stopped;
  uint64_t start_us;
  /* Samples per microsecond. */
  double rate;
  /* Next sample to be read, and where in the signal sample 0 is. */
  uint64_t next;
  uint64_t origin;
  /* Samples that were due when it was stopped. */
  uint64_t end;
  uint64_t dropped;
} played_reader;

typedef struct {
  sensor_description descriptions[SENSOR_MAX];
  uint8_t count;
  /* Of the container, by sensor. */
  uint64_t samples[SENSOR_MAX];
  uint64_t offsets[SENSOR_MAX];
  bool demo;
  played_reader readers[SENSOR_READERS][SENSOR_MAX];
  played_read read;
  void *read_context;
} played_sensor;

/*
 * Takes a container of `bytes` bytes; none: the demo machine. Returns 0, or a negative number where it is not one. Sets `port` to
 * functions on `sensor`.
 */
int played_sensor_open(played_sensor *sensor, played_read read, void *context, uint64_t bytes, sensor_port *port);

#endif
