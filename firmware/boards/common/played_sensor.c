#include "played_sensor.h"

#include <string.h>

#include "../../link/wire.h"
#include "demo_machine.h"

#define HEAD_BYTES 16u
#define SENSOR_BYTES 192u
#define VERSION 1u

/* What such a sensor keeps of a signal that nobody reads, seconds; then it drops the oldest. */
#define BUFFER_SECONDS 4.0
/* Samples are dropped by this many at a time, so that a gap is one of some length and not many of one sample. */
#define DROP_SAMPLES 64u

static void copy_text(char *out, const uint8_t *bytes, size_t count) {
  if (bytes == NULL) return;
  memcpy(out, bytes, count);
  out[count] = 0;
}

static int read_description(played_sensor *s, uint8_t index, uint64_t bytes) {
  uint8_t entry[SENSOR_BYTES];
  sensor_description *d = &s->descriptions[index];
  if (s->read(s->read_context, HEAD_BYTES + (uint64_t)index * SENSOR_BYTES, entry, SENSOR_BYTES) != 0) return -1;
  wire_reader r = wire_reader_on(entry, sizeof entry);
  copy_text(d->id, wire_get_bytes(&r, 16), 16);
  d->kind = wire_get_u8(&r);
  d->sample_type = wire_get_u8(&r);
  d->channels = wire_get_u8(&r);
  wire_get_u8(&r);
  d->rates[0] = wire_get_f32(&r);
  d->rate_count = 1;
  d->resolution = wire_get_f32(&r);
  copy_text(d->unit, wire_get_bytes(&r, 8), 8);
  wire_get_u32(&r);
  s->samples[index] = wire_get_u64(&r);
  s->offsets[index] = wire_get_u64(&r);
  for (uint8_t i = 0; i < SENSOR_MAX_CHANNELS; i++) copy_text(d->channel_names[i], wire_get_bytes(&r, 16), 16);
  bool sound = d->sample_type <= SENSOR_FLOAT32 && d->channels >= 1 && d->channels <= SENSOR_MAX_CHANNELS &&
               d->rates[0] > 0.0f && d->rates[0] < 1e6f && s->samples[index] > 0;
  if (!sound) return -1;
  uint64_t most = (bytes - HEAD_BYTES) / sensor_sample_bytes(d);
  return s->samples[index] <= most && s->offsets[index] <= bytes - s->samples[index] * sensor_sample_bytes(d) ? 0 : -1;
}

static uint64_t due_in_all(const played_reader *reader, uint64_t now_us) {
  if (reader->stopped) return reader->end;
  return now_us < reader->start_us ? 0 : (uint64_t)((double)(now_us - reader->start_us) * reader->rate) + 1;
}

/* Drops what the reader came too late for. */
static void drop(played_sensor *s, played_reader *reader, uint8_t sensor, uint64_t due) {
  uint64_t buffer = (uint64_t)(BUFFER_SECONDS * (double)s->descriptions[sensor].rates[0]) + DROP_SAMPLES;
  uint64_t late = due - reader->next;
  if (late <= buffer) return;
  uint64_t dropped = (late - buffer + DROP_SAMPLES - 1) / DROP_SAMPLES * DROP_SAMPLES;
  reader->next += dropped;
  reader->dropped += dropped;
}

static int start(void *context, int reader_index, uint8_t sensor, float rate_hz, uint64_t now_us) {
  played_sensor *s = context;
  played_reader *reader = &s->readers[reader_index][sensor];
  memset(reader, 0, sizeof *reader);
  reader->running = true;
  reader->start_us = now_us;
  reader->rate = (double)rate_hz / 1e6;
  return 0;
}

static void stop(void *context, int reader_index, uint8_t sensor, uint64_t now_us) {
  played_sensor *s = context;
  played_reader *reader = &s->readers[reader_index][sensor];
  if (!reader->running || reader->stopped) return;
  reader->end = due_in_all(reader, now_us);
  reader->stopped = true;
}

static int read_container(played_sensor *s, uint8_t sensor, uint64_t at, void *out, uint32_t count) {
  uint32_t size = sensor_sample_bytes(&s->descriptions[sensor]);
  return s->read(s->read_context, s->offsets[sensor] + at * size, out, count * size);
}

static int32_t read_due(void *context, int reader_index, uint8_t sensor, uint64_t now_us, void *out, uint32_t max, uint64_t *first) {
  played_sensor *s = context;
  played_reader *reader = &s->readers[reader_index][sensor];
  if (!reader->running) return 0;
  uint64_t due = due_in_all(reader, now_us);
  drop(s, reader, sensor, due);
  uint64_t left = due - reader->next;
  uint32_t count = left < max ? (uint32_t)left : max;
  *first = reader->next;
  if (count == 0) return 0;
  if (s->demo) {
    demo_machine_samples(sensor, reader->origin + reader->next, (float)(reader->rate * 1e6), out, count);
  } else {
    /* The signal begins again after its last sample. */
    uint64_t at = (reader->origin + reader->next) % s->samples[sensor];
    uint64_t until_end = s->samples[sensor] - at;
    if (count > until_end) count = (uint32_t)until_end;
    if (read_container(s, sensor, at, out, count) != 0) return -1;
  }
  reader->next += count;
  return (int32_t)count;
}

static uint32_t due(void *context, int reader_index, uint8_t sensor, uint64_t now_us) {
  const played_sensor *s = context;
  const played_reader *reader = &s->readers[reader_index][sensor];
  if (!reader->running) return 0;
  uint64_t left = due_in_all(reader, now_us) - reader->next;
  return left > UINT32_MAX ? UINT32_MAX : (uint32_t)left;
}

static sensor_counts counts(void *context, int reader_index, uint8_t sensor, uint64_t now_us) {
  const played_sensor *s = context;
  const played_reader *reader = &s->readers[reader_index][sensor];
  sensor_counts result = {reader->running ? due_in_all(reader, now_us) : 0, reader->dropped};
  return result;
}

static int32_t read_stored(void *context, uint8_t sensor, uint64_t first, void *out, uint32_t count) {
  played_sensor *s = context;
  if (s->demo) return -1;
  if (first >= s->samples[sensor]) return 0;
  uint64_t left = s->samples[sensor] - first;
  if (count > left) count = (uint32_t)left;
  return read_container(s, sensor, first, out, count) == 0 ? (int32_t)count : -1;
}

static void play_from(void *context, int reader_index, uint8_t sensor, uint64_t us) {
  played_sensor *s = context;
  played_reader *reader = &s->readers[reader_index][sensor];
  reader->origin = (uint64_t)((double)us * reader->rate + 0.5);
}

int played_sensor_open(played_sensor *sensor, played_read read, void *context, uint64_t bytes, sensor_port *port) {
  memset(sensor, 0, sizeof *sensor);
  sensor->read = read;
  sensor->read_context = context;
  if (bytes == 0) {
    sensor->demo = true;
    sensor->count = DEMO_MACHINE_SENSORS;
    for (uint8_t i = 0; i < DEMO_MACHINE_SENSORS; i++) demo_machine_describe(i, &sensor->descriptions[i]);
  } else {
    uint8_t head[HEAD_BYTES];
    if (bytes < HEAD_BYTES || read(context, 0, head, HEAD_BYTES) != 0 || memcmp(head, "LMSG", 4) != 0) return -1;
    uint16_t count = (uint16_t)(head[6] | (head[7] << 8));
    if (head[4] != VERSION || head[5] != 0 || count < 1 || count > SENSOR_MAX) return -1;
    if (bytes < HEAD_BYTES + (uint64_t)count * SENSOR_BYTES) return -1;
    sensor->count = (uint8_t)count;
    for (uint8_t i = 0; i < sensor->count; i++) {
      if (read_description(sensor, i, bytes) != 0) return -1;
    }
  }
  *port = (sensor_port){sensor, sensor->count, sensor->descriptions, start, stop, read_due, due, counts, read_stored, play_from};
  return 0;
}
