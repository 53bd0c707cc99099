/*
 * The main loop of every board with an nRF chip: the runtime between a line and sensors, model slots and event log in the chip's flash, the pool
 * in what RAM is left. A board brings its names, its line, its sensors and its light. One that looks by itself and rests between two windows
 * switches all off that takes power, where nobody is at its line.
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
  /* The light, flashing while the board rests; NULL where there is none. */
  void (*light)(bool on);
  /* Switches off what takes power while the board rests, and on again; NULL where nothing. */
  void (*rest)(bool resting);
  /* Whether somebody is at the line, asked while the board rests; NULL: it never rests. */
  bool (*called)(void);
  /* The line brings power: as long as it is there the board does not rest. Else a line that is silent for a while counts as left. */
  bool line_is_power;
} application;

/* Runs the board. Does not return. */
void application_run(const application *a);

#endif
