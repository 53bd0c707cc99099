/*
 * The main loop of every board with an nRF chip: the runtime between a line and sensors, model slots in the chip's flash, the pool in what
 * RAM is left. A board brings its names, its line and its sensors.
 */
#ifndef LIMPET_NRF_APPLICATION_H
#define LIMPET_NRF_APPLICATION_H

#include "../common/sampled_sensor.h"

typedef struct {
  /* As in resources/boards. */
  const char *kind;
  const char *name;
  const char *serial_number;
  /* Data chunks of an update, a multiple of 16. */
  uint16_t chunk_bytes;
  uint32_t flash_page_bytes;
  uint32_t (*receive)(uint8_t *out, uint32_t max);
  uint32_t (*send)(const uint8_t *bytes, uint32_t count);
  /* Whether all has gone out. */
  bool (*idle)(void);
  /* What the line needs done in each turn; NULL where nothing. */
  void (*step)(void);
  /* Before a reset; NULL where nothing. */
  void (*close)(void);
  sampled_sensors *sensors;
} application;

/* Runs the board. Does not return. */
void application_run(const application *a);

#endif
