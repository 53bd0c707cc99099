#include "sampled_sensor.h"

#include <math.h>
#include <string.h>

/* A reader that was overtaken goes on so many samples further than it must, or it would be overtaken again while it copies. */
#define MARGIN_SAMPLES 16u

sampled_sensor *sampled_sensors_add(sampled_sensors *all, const sensor_description *description, sampled_driver driver,
                                    void *ring, uint32_t capacity) {
  if (all->count == SENSOR_MAX) return NULL;
  sampled_sensor *s = &all->sensors[all->count];
  sensor_description *d = &all->descriptions[all->count];
  all->count++;
  memset(s, 0, sizeof *s);
  *d = *description;
  s->description = d;
  s->driver = driver;
  s->ring = ring;
  s->capacity = capacity;
  s->sample_bytes = sensor_sample_bytes(d);
  return s;
}

void sampled_sensor_push(sampled_sensor *s, const void *samples, uint32_t count) {
  const uint8_t *from = samples;
  for (uint32_t i = 0; i < count; i++) {
    memcpy(s->ring + (s->written & (s->capacity - 1u)) * s->sample_bytes, from + i * s->sample_bytes, s->sample_bytes);
    s->written++;
  }
}

void sampled_sensor_lose(sampled_sensor *s, uint32_t count) {
  if (count == 0) return;
  sampled_hole *newest = &s->holes[(s->hole_count - 1u) % SAMPLED_SENSOR_HOLES];
  bool oldest_in_ring = s->hole_count >= SAMPLED_SENSOR_HOLES &&
                        s->written - s->holes[s->hole_count % SAMPLED_SENSOR_HOLES].at < s->capacity;
  if (oldest_in_ring) {
    /* No place for one more: what lies between the newest and this one is given up as well. */
    newest->count = s->written - newest->at + count;
  } else {
    s->holes[s->hole_count % SAMPLED_SENSOR_HOLES] = (sampled_hole){s->written, count};
    s->hole_count++;
  }
  s->written += count;
}

static uint32_t limit_of(const sampled_sensor *s, const sampled_reader *reader) {
  return reader->stopped ? reader->end : s->written;
}

static void skip(sampled_reader *reader, uint32_t count) {
  reader->next += count;
  reader->index += count;
  reader->dropped += count;
}

/* Leaves out what is overwritten, and holes; returns how many samples follow without one. */
static uint32_t settle(const sampled_sensor *s, sampled_reader *reader) {
  uint32_t limit = limit_of(s, reader);
  uint32_t late = s->written - reader->next;
  if (late > s->capacity) {
    uint32_t lost = late - s->capacity + MARGIN_SAMPLES;
    uint32_t left = limit - reader->next;
    skip(reader, lost < left ? lost : left);
  }
  uint32_t count = limit - reader->next;
  uint32_t holes = s->hole_count < SAMPLED_SENSOR_HOLES ? s->hole_count : SAMPLED_SENSOR_HOLES;
  /* From the oldest on, so that holes side by side are passed together. */
  for (uint32_t i = s->hole_count - holes; i != s->hole_count; i++) {
    const sampled_hole *hole = &s->holes[i % SAMPLED_SENSOR_HOLES];
    uint32_t inside = reader->next - hole->at;
    if (inside < hole->count) {
      uint32_t lost = hole->count - inside;
      skip(reader, lost < count ? lost : count);
      count = limit - reader->next;
    }
    uint32_t before = hole->at - reader->next;
    if (before < count) count = before;
  }
  return count;
}

static int start(void *context, int reader_index, uint8_t sensor, float rate_hz, uint64_t now_us) {
  sampled_sensor *s = &((sampled_sensors *)context)->sensors[sensor];
  sampled_reader *reader = &s->readers[reader_index];
  (void)now_us;
  if (s->on && fabsf(s->rate_hz - rate_hz) > 1e-5f * rate_hz) return -1;
  if (!s->on && s->driver.begin(s->driver.context, rate_hz) != 0) return -1;
  s->on = true;
  s->rate_hz = rate_hz;
  memset(reader, 0, sizeof *reader);
  reader->running = true;
  reader->first = s->written;
  reader->next = reader->first;
  return 0;
}

static void stop(void *context, int reader_index, uint8_t sensor, uint64_t now_us) {
  sampled_sensor *s = &((sampled_sensors *)context)->sensors[sensor];
  sampled_reader *reader = &s->readers[reader_index];
  (void)now_us;
  if (!reader->running || reader->stopped) return;
  reader->end = s->written;
  reader->stopped = true;
  for (int i = 0; i < SENSOR_READERS; i++) {
    if (s->readers[i].running && !s->readers[i].stopped) return;
  }
  s->driver.end(s->driver.context);
  s->on = false;
}

static int32_t read_due(void *context, int reader_index, uint8_t sensor, uint64_t now_us, void *out, uint32_t max, uint64_t *first) {
  sampled_sensor *s = &((sampled_sensors *)context)->sensors[sensor];
  sampled_reader *reader = &s->readers[reader_index];
  (void)now_us;
  while (reader->running) {
    uint32_t count = settle(s, reader);
    if (count > max) count = max;
    *first = reader->index;
    if (count == 0) return 0;
    uint32_t at = reader->next & (s->capacity - 1u);
    uint32_t until_end = s->capacity - at < count ? s->capacity - at : count;
    memcpy(out, s->ring + at * s->sample_bytes, until_end * s->sample_bytes);
    memcpy((uint8_t *)out + until_end * s->sample_bytes, s->ring, (count - until_end) * s->sample_bytes);
    /* Overtaken while copying: once more, further on. */
    if (s->written - reader->next > s->capacity) continue;
    reader->next += count;
    reader->index += count;
    return (int32_t)count;
  }
  return 0;
}

static uint32_t due(void *context, int reader_index, uint8_t sensor, uint64_t now_us) {
  const sampled_sensor *s = &((const sampled_sensors *)context)->sensors[sensor];
  const sampled_reader *reader = &s->readers[reader_index];
  (void)now_us;
  return reader->running ? limit_of(s, reader) - reader->next : 0;
}

static sensor_counts counts(void *context, int reader_index, uint8_t sensor, uint64_t now_us) {
  const sampled_sensor *s = &((const sampled_sensors *)context)->sensors[sensor];
  const sampled_reader *reader = &s->readers[reader_index];
  (void)now_us;
  sensor_counts result = {0, reader->dropped};
  if (reader->running) result.produced = reader->index + (limit_of(s, reader) - reader->next);
  return result;
}

sensor_port sampled_sensors_port(sampled_sensors *all) {
  return (sensor_port){all, all->count, all->descriptions, start, stop, read_due, due, counts, NULL, NULL};
}
