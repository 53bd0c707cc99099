/*
 * The ring between a driver and two readers: random pushes, losses, reads, starts and stops against a plain list of what came. Every sample
 * that a reader gets has its right index, those it does not get are counted, and none is got twice. Prints what failed; exit code 1 then.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../firmware/boards/common/sampled_sensor.h"

#define CAPACITY 64u
#define MOST 60000u

static int failures;

#define CHECK(condition)                                     \
  do {                                                       \
    if (!(condition)) {                                      \
      failures++;                                            \
      printf("line %d: %s\n", __LINE__, #condition);         \
    }                                                        \
  } while (0)

static uint32_t state = 7;
static uint32_t next(uint32_t below) {
  state = state * 1664525u + 1013904223u;
  return (state >> 8) % below;
}

static int16_t ring[CAPACITY * 2];
static sampled_sensors all;
static sampled_sensor *sensor;
static sensor_port port;
static bool on;
static bool fails;
/* Whether position i was a sample, or lost. */
static bool real[MOST];
static uint32_t positions;

static int begin(void *context, float rate_hz) {
  (void)context;
  (void)rate_hz;
  CHECK(!on);
  if (fails) return -1;
  on = true;
  return 0;
}

static void end(void *context) {
  (void)context;
  CHECK(on);
  on = false;
}

typedef struct {
  bool running;
  bool stopped;
  uint32_t first;
  uint32_t end;
  uint64_t index;
  uint64_t got;
} model;

static model models[2];

static void push(uint32_t count) {
  for (uint32_t i = 0; i < count && positions < MOST; i++) {
    int16_t sample[2] = {(int16_t)positions, (int16_t)(positions >> 15)};
    real[positions++] = true;
    sampled_sensor_push(sensor, sample, 1);
  }
}

static void lose(uint32_t count) {
  if (positions + count > MOST) return;
  for (uint32_t i = 0; i < count; i++) real[positions++] = false;
  sampled_sensor_lose(sensor, count);
}

static void read_some(int r) {
  int16_t out[20 * 2];
  uint64_t first = 0;
  model *m = &models[r];
  int32_t count = port.read(port.context, r, 0, 0, out, 1 + next(20), &first);
  CHECK(count >= 0);
  if (!m->running) CHECK(count == 0);
  if (count <= 0) return;
  CHECK(first >= m->index);
  for (int32_t i = 0; i < count; i++) {
    uint32_t at = m->first + (uint32_t)first + (uint32_t)i;
    CHECK(at < (m->stopped ? m->end : positions) && real[at]);
    CHECK(out[2 * i] == (int16_t)at && out[2 * i + 1] == (int16_t)(at >> 15));
  }
  m->index = first + (uint64_t)count;
  m->got += (uint64_t)count;
}

static void check_counts(int r) {
  model *m = &models[r];
  sensor_counts counts = port.counts(port.context, r, 0, 0);
  if (!m->running) return;
  CHECK(counts.produced == (m->stopped ? m->end : positions) - m->first);
}

static void drain(int r) {
  uint64_t got;
  do {
    got = models[r].got;
    read_some(r);
  } while (models[r].got != got);
  sensor_counts counts = port.counts(port.context, r, 0, 0);
  CHECK(counts.produced == models[r].got + counts.dropped);
  CHECK(port.due(port.context, r, 0, 0) == 0);
}

int main(void) {
  sensor_description d;
  memset(&d, 0, sizeof d);
  d.channels = 2;
  d.sample_type = SENSOR_INT16;
  d.rate_count = 1;
  d.rates[0] = 100.0f;
  sensor = sampled_sensors_add(&all, &d, (sampled_driver){NULL, begin, end}, ring, CAPACITY);
  port = sampled_sensors_port(&all);
  fails = true;
  CHECK(port.start(port.context, 0, 0, 100.0f, 0) != 0);
  fails = false;
  while (positions < MOST - 500) {
    uint32_t what = next(100);
    int r = (int)next(2);
    model *m = &models[r];
    if (on && what < 40) push(1 + next(what < 3 ? 300 : 12));
    else if (on && what < 48) lose(1 + next(what == 40 ? 200 : 10));
    else if (what < 90) read_some(r);
    else if (what < 95 && m->running && !m->stopped) {
      port.stop(port.context, r, 0, 0);
      m->stopped = true;
      m->end = positions;
      if (next(2) == 0) drain(r);
    } else if (!m->running || m->stopped) {
      bool other = models[1 - r].running && !models[1 - r].stopped;
      CHECK(port.start(port.context, r, 0, 200.0f, 0) == 0 || other);
      if (other) CHECK(port.start(port.context, r, 0, 100.0f, 0) == 0 || sensor->rate_hz == 200.0f);
      if (!other || sensor->rate_hz == 100.0f) {
        *m = (model){true, false, positions, 0, 0, 0};
      } else {
        CHECK(port.start(port.context, r, 0, 200.0f, 0) == 0);
        *m = (model){true, false, positions, 0, 0, 0};
      }
    }
    check_counts(0);
    check_counts(1);
    CHECK(on == ((models[0].running && !models[0].stopped) || (models[1].running && !models[1].stopped)));
  }
  if (failures > 0) printf("%d checks failed\n", failures);
  return failures > 0;
}
