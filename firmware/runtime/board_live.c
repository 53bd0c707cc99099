/* Live use: the board cuts windows out of its sensors' signals, classifies them and tells what it found. */
#include <math.h>

#include "board_parts.h"

#define READ_BYTES 512u

int board_find_sensor(const board *b, const char *id, float rate_hz) {
  const sensor_port *sensors = &b->port->sensors;
  for (uint8_t i = 0; i < sensors->count; i++) {
    const sensor_description *d = &sensors->descriptions[i];
    if (strcmp(d->id, id) != 0) continue;
    for (uint8_t k = 0; k < d->rate_count; k++) {
      if (fabsf(d->rates[k] - rate_hz) <= 1e-5f * rate_hz) return i;
    }
  }
  return -1;
}

void board_fill_window(board *b, const pipeline_input *input, const sensor_description *sensor, const void *samples,
                       uint32_t at, uint32_t count) {
  float *out = b->model.window + input->first_value + at * input->channels;
  for (uint32_t i = 0; i < count; i++) {
    for (uint8_t c = 0; c < input->channels; c++) {
      uint32_t from = i * sensor->channels + input->channel[c];
      /* Unaligned by nature: the samples lie in a frame. */
      if (sensor->sample_type == SENSOR_INT16) {
        int16_t value;
        memcpy(&value, (const uint8_t *)samples + from * 2, 2);
        *out++ = (float)value * sensor->resolution;
      } else {
        float value;
        memcpy(&value, (const uint8_t *)samples + from * 4, 4);
        *out++ = value * sensor->resolution;
      }
    }
  }
}

/* First sample of window `window` of an input; the distance is that of the first input, in time. */
static uint64_t window_begin(const board *b, uint8_t input, uint64_t window) {
  const pipeline *m = &b->model;
  uint64_t first = window * m->package.stride_samples;
  if (input == 0) return first;
  return (uint64_t)((double)first * (double)m->inputs[input].rate_hz / (double)m->inputs[0].rate_hz + 0.5);
}

int16_t board_live_start(board *b, wire_writer *w) {
  const sensor_port *sensors = &b->port->sensors;
  if (!b->loaded || b->live) return BOARD_STATE;
  b->replay = false;
  for (uint8_t i = 0; i < b->model.input_count; i++) {
    const pipeline_input *input = &b->model.inputs[i];
    int sensor = board_find_sensor(b, input->sensor, input->rate_hz);
    if (sensor < 0) return BOARD_SENSOR;
    for (uint8_t c = 0; c < input->channels; c++) {
      if (input->channel[c] >= sensors->descriptions[sensor].channels) return BOARD_SENSOR;
    }
    uint8_t leader = i;
    for (uint8_t k = 0; k < i && leader == i; k++) {
      if (b->live_inputs[k].sensor == sensor) leader = k;
    }
    /* Inputs of one sensor fill side by side: windows of different lengths would each read samples that the other then misses. */
    if (b->model.inputs[leader].window_samples != input->window_samples) return BOARD_UNSUPPORTED;
    if (fabsf(b->model.inputs[leader].rate_hz - input->rate_hz) > 1e-5f * input->rate_hz) return BOARD_UNSUPPORTED;
    b->live_inputs[i] = (board_live_input){(uint8_t)sensor, leader, 0, 0, 0};
  }
  for (uint8_t i = 0; i < b->model.input_count; i++) {
    uint8_t sensor = b->live_inputs[i].sensor;
    if (b->live_inputs[i].leader != i) continue;
    if (sensors->start(sensors->context, SENSOR_LIVE, sensor, b->model.inputs[i].rate_hz, b->now_us) == 0) continue;
    while (i-- > 0) sensors->stop(sensors->context, SENSOR_LIVE, b->live_inputs[i].sensor, b->now_us);
    return BOARD_SENSOR;
  }
  b->live = true;
  b->live_window = 0;
  b->classified = 0;
  b->missed = 0;
  wire_put_u64(w, b->now_us);
  return BOARD_OK;
}

void board_live_stop(board *b) {
  const sensor_port *sensors = &b->port->sensors;
  if (!b->live) return;
  b->live = false;
  for (uint8_t i = 0; i < b->model.input_count; i++) {
    sensors->stop(sensors->context, SENSOR_LIVE, b->live_inputs[i].sensor, b->now_us);
  }
}

/* Moves on to window `window`; keeps what the new window shares with the one before. */
static void move_to(board *b, uint64_t window) {
  b->live_window = window;
  for (uint8_t i = 0; i < b->model.input_count; i++) {
    const pipeline_input *input = &b->model.inputs[i];
    board_live_input *live = &b->live_inputs[i];
    uint64_t first = window_begin(b, i, window);
    uint64_t shift = first - live->first;
    float *values = b->model.window + input->first_value;
    uint32_t kept = shift < live->filled ? live->filled - (uint32_t)shift : 0;
    if (kept > 0) memmove(values, values + (uint32_t)shift * input->channels, (size_t)kept * input->channels * sizeof(float));
    live->first = first;
    live->filled = kept;
  }
}

/* Where samples are missing, no window with the hole is classified: the next one that begins behind it is. */
static void move_behind(board *b, uint8_t input, uint64_t sample) {
  uint64_t window = b->live_window;
  while (window_begin(b, input, window) < sample) window++;
  b->missed += (uint32_t)(window - b->live_window);
  for (uint8_t i = 0; i < b->model.input_count; i++) {
    if (b->live_inputs[i].leader == input) b->live_inputs[i].filled = 0;
  }
  move_to(b, window);
}

/* Reads what is due into the window's parts of the input's sensor; true where it read something. */
static bool fill(board *b, uint8_t index) {
  const sensor_port *sensors = &b->port->sensors;
  const pipeline_input *input = &b->model.inputs[index];
  board_live_input *live = &b->live_inputs[index];
  const sensor_description *d = &sensors->descriptions[live->sensor];
  uint8_t samples[READ_BYTES];
  uint32_t wanted = input->window_samples - live->filled;
  uint32_t most = READ_BYTES / sensor_sample_bytes(d);
  uint64_t first = 0;
  if (live->leader != index || wanted == 0) return false;
  int32_t count = sensors->read(sensors->context, SENSOR_LIVE, live->sensor, b->now_us, samples, wanted < most ? wanted : most, &first);
  if (count <= 0) return false;
  if (first > live->first + live->filled) move_behind(b, index, first);
  /* With strides longer than the window some samples belong to none. */
  uint64_t want = live->first + live->filled;
  uint64_t skip = want > first ? want - first : 0;
  if (skip < (uint64_t)count && first + skip == want) {
    uint32_t use = (uint32_t)count - (uint32_t)skip;
    for (uint8_t i = index; i < b->model.input_count; i++) {
      if (b->live_inputs[i].leader != index) continue;
      board_fill_window(b, &b->model.inputs[i], d, samples + skip * sensor_sample_bytes(d), b->live_inputs[i].filled, use);
      b->live_inputs[i].filled += use;
    }
  }
  return true;
}

uint8_t board_result_flags(const board *b) {
  const pipeline *m = &b->model;
  return (uint8_t)((m->package.regression ? 1u : 0u) | (m->package.anomaly.states != 0 ? 2u : 0u) | (pipeline_is_anomaly(m) ? 4u : 0u));
}

void board_write_scores(const board *b, wire_writer *w) {
  static const uint8_t zeros[4] = {0};
  const pipeline *m = &b->model;
  wire_put_bytes(w, m->raw, m->score_count);
  wire_put_bytes(w, zeros, (4u - m->score_count % 4u) % 4u);
  for (uint16_t i = 0; i < m->score_count; i++) wire_put_f32(w, m->scores[i]);
  wire_put_u32(w, m->frontend_count);
  wire_put_u32(w, m->network_count);
  wire_put_f32(w, m->anomaly);
}

static void classify(board *b) {
  const pipeline *m = &b->model;
  uint32_t moved[PIPELINE_MAX_INPUTS] = {0};
  for (uint8_t i = 0; i < m->input_count; i++) {
    board_live_input *live = &b->live_inputs[i];
    uint64_t by = live->first - live->classified;
    /* The first one follows none, and beyond a window there is nothing in common. */
    if (b->classified > 0 && by < m->inputs[i].window_samples) moved[i] = (uint32_t)by;
    live->classified = live->first;
  }
  if (pipeline_advance(&b->model, moved) != PIPELINE_OK) {
    b->missed++;
    return;
  }
  b->classified++;
  if (b->alone) {
    board_alone_found(b);
    return;
  }
  board_show_label(b, pipeline_label(m));
  uint64_t first = b->live_inputs[0].first;
  double end = (double)(first + m->inputs[0].window_samples) * 1e6 / (double)m->inputs[0].rate_hz;
  wire_writer w = board_payload(b);
  wire_put_u64(&w, (uint64_t)(end + 0.5));
  wire_put_u64(&w, first);
  wire_put_u8(&w, board_result_flags(b));
  wire_put_u8(&w, pipeline_label(m));
  wire_put_u16(&w, m->score_count);
  board_write_scores(b, &w);
  board_send(b, MESSAGE_PREDICTION, &w);
}

bool board_live_step(board *b) {
  if (!b->live) return false;
  bool read = false;
  bool full = true;
  for (uint8_t i = 0; i < b->model.input_count; i++) {
    while (fill(b, i)) read = true;
  }
  for (uint8_t i = 0; i < b->model.input_count; i++) {
    full = full && b->live_inputs[i].filled == b->model.inputs[i].window_samples;
  }
  if (!full || (!b->alone && !board_can_send(b))) return read;
  classify(b);
  if (b->live) move_to(b, b->live_window + 1);
  return true;
}
