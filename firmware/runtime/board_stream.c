/* Samples to the laptop. The sensors never wait for the line: what it cannot take in time is dropped by whole frames and counted. */
#include <math.h>

#include "board_parts.h"

#define SAMPLES_HEAD 24u
#define SAMPLE_BYTES (FRAME_MAX_PAYLOAD - SAMPLES_HEAD)
/* Where a frame that is not full is sent all the same, so that slow sensors show at once. */
#define LONGEST_WAIT_US 50000u

static bool streams(const board *b) {
  for (uint8_t i = 0; i < SENSOR_MAX; i++) {
    if (b->streaming[i]) return true;
  }
  return false;
}

static float rate_of(const sensor_description *d, float wanted) {
  if (wanted == 0.0f) return d->rates[0];
  for (uint8_t i = 0; i < d->rate_count; i++) {
    if (fabsf(d->rates[i] - wanted) <= 1e-5f * wanted) return d->rates[i];
  }
  return 0.0f;
}

int16_t board_stream_start(board *b, wire_reader *r, wire_writer *w) {
  const sensor_port *sensors = &b->port->sensors;
  float rates[SENSOR_MAX] = {0};
  uint8_t count = wire_get_u8(r);
  if (streams(b)) return BOARD_STATE;
  for (uint8_t i = 0; i < count; i++) {
    uint8_t index = wire_get_u8(r);
    float wanted = wire_get_f32(r);
    if (r->missing || index >= sensors->count || rates[index] != 0.0f) return BOARD_ARGUMENT;
    rates[index] = rate_of(&sensors->descriptions[index], wanted);
    if (rates[index] == 0.0f) return BOARD_SENSOR;
  }
  if (count == 0 || r->missing) return BOARD_ARGUMENT;
  b->stream_start_us = b->now_us;
  for (uint8_t i = 0; i < sensors->count; i++) {
    if (rates[i] == 0.0f) continue;
    if (sensors->start(sensors->context, SENSOR_STREAM, i, rates[i], b->now_us) != 0) {
      for (uint8_t k = 0; k < i; k++) {
        if (b->streaming[k]) sensors->stop(sensors->context, SENSOR_STREAM, k, b->now_us);
        b->streaming[k] = false;
      }
      return BOARD_SENSOR;
    }
    b->streaming[i] = true;
    b->stream_rate[i] = rates[i];
  }
  wire_put_u64(w, b->now_us);
  return BOARD_OK;
}

int16_t board_stream_stop(board *b, uint16_t id, wire_writer *w) {
  (void)w;
  const sensor_port *sensors = &b->port->sensors;
  if (!streams(b)) return BOARD_OK;
  if (b->stopping) return BOARD_STATE;
  for (uint8_t i = 0; i < sensors->count; i++) {
    if (b->streaming[i]) sensors->stop(sensors->context, SENSOR_STREAM, i, b->now_us);
  }
  b->stopping = true;
  b->stop_id = id;
  return BOARD_LATER;
}

void board_stream_counts(const board *b, uint64_t *produced, uint64_t *dropped) {
  const sensor_port *sensors = &b->port->sensors;
  *produced = b->produced_before;
  *dropped = b->dropped_before;
  for (uint8_t i = 0; i < sensors->count; i++) {
    if (!b->streaming[i]) continue;
    sensor_counts counts = sensors->counts(sensors->context, SENSOR_STREAM, i, b->now_us);
    *produced += counts.produced;
    *dropped += counts.dropped;
  }
}

/* Sends one frame of a sensor; false where nothing is due. */
static bool send_samples(board *b, uint8_t index) {
  const sensor_port *sensors = &b->port->sensors;
  const sensor_description *d = &sensors->descriptions[index];
  uint32_t size = sensor_sample_bytes(d);
  uint64_t first = 0;
  uint8_t *samples = b->body + FRAME_HEAD + SAMPLES_HEAD;
  int32_t count = sensors->read(sensors->context, SENSOR_STREAM, index, b->now_us, samples, SAMPLE_BYTES / size, &first);
  if (count <= 0) return false;
  wire_writer w = board_payload(b);
  wire_put_u8(&w, index);
  wire_put_u8(&w, d->channels);
  wire_put_u8(&w, d->sample_type);
  wire_put_u8(&w, 0);
  wire_put_u32(&w, 0);
  wire_put_u64(&w, first);
  wire_put_u64(&w, b->stream_start_us + (uint64_t)((double)first * 1e6 / (double)b->stream_rate[index] + 0.5));
  w.count += (size_t)count * size;
  board_send(b, MESSAGE_SAMPLES, &w);
  return true;
}

/* Whether so much is due that a frame is worth its head. */
static bool worth_a_frame(const board *b, uint8_t index) {
  const sensor_port *sensors = &b->port->sensors;
  return b->stopping || sensors->due(sensors->context, SENSOR_STREAM, index, b->now_us) >=
                            (uint32_t)fminf(b->stream_rate[index] * (LONGEST_WAIT_US * 1e-6f) + 1.0f,
                                            (float)(SAMPLE_BYTES / sensor_sample_bytes(&sensors->descriptions[index])));
}

static void finish_stop(board *b) {
  const sensor_port *sensors = &b->port->sensors;
  wire_writer w = wire_writer_on(b->encoded, FRAME_MAX_PAYLOAD);
  uint64_t produced;
  uint64_t dropped;
  board_stream_counts(b, &produced, &dropped);
  for (uint8_t i = 0; i < sensors->count; i++) {
    if (!b->streaming[i]) continue;
    sensor_counts counts = sensors->counts(sensors->context, SENSOR_STREAM, i, b->now_us);
    wire_put_u8(&w, i);
    wire_put_u64(&w, counts.produced);
    wire_put_u64(&w, counts.dropped);
    b->streaming[i] = false;
  }
  b->produced_before = produced;
  b->dropped_before = dropped;
  b->stopping = false;
  board_answer(b, b->stop_id, BOARD_OK, b->encoded, w.count);
}

bool board_stream_step(board *b) {
  bool sent = false;
  bool any = false;
  for (uint8_t i = 0; i < b->port->sensors.count; i++) {
    while (b->streaming[i] && board_can_send(b) && worth_a_frame(b, i) && send_samples(b, i)) sent = true;
    any = any || b->streaming[i];
  }
  if (!any || !b->stopping || !board_can_send(b)) return sent;
  /* Every sensor's loop ended with room to send: nothing is due any more. */
  finish_stop(b);
  return true;
}
