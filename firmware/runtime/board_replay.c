/* Replay: one window, sent over the link or taken from the sensors' stored signal, through front end and network; the laptop
 * gets every intermediate result that it asks for. */
#include "board_parts.h"

enum { SOURCE_LINK = 0, SOURCE_SIGNAL = 1 };
enum { PART_FEATURES = 0, PART_QUANTISED = 1, PART_SCORES = 2 };

#define PART_HEAD 8u
#define READ_BYTES 512u

int16_t board_replay_begin(board *b, wire_reader *r, wire_writer *w) {
  uint8_t source = wire_get_u8(r);
  if (r->missing || source > SOURCE_SIGNAL) return BOARD_ARGUMENT;
  if (!b->loaded || b->live) return BOARD_STATE;
  if (source == SOURCE_SIGNAL && b->port->sensors.read_stored == NULL) return BOARD_SENSOR;
  b->replay = true;
  b->replay_source = source;
  b->replay_bytes = 0;
  b->replay_sending = false;
  wire_put_u32(w, b->model.window_values * 4u);
  return BOARD_OK;
}

int16_t board_replay_data(board *b, wire_reader *r, wire_writer *w) {
  uint32_t offset = wire_get_u32(r);
  uint32_t count = (uint32_t)wire_left(r);
  const uint8_t *bytes = wire_get_bytes(r, count);
  uint32_t whole = b->model.window_values * 4u;
  if (r->missing) return BOARD_ARGUMENT;
  if (!b->replay || b->replay_source != SOURCE_LINK || b->replay_sending) return BOARD_STATE;
  if (count > whole || offset > whole - count || offset > b->replay_bytes) return BOARD_ARGUMENT;
  if (offset + count > b->replay_bytes) {
    memcpy((uint8_t *)b->model.window + offset, bytes, count);
    b->replay_bytes = offset + count;
  }
  wire_put_u32(w, b->replay_bytes);
  return BOARD_OK;
}

/* Reads one input's window from the stored signal. */
static bool read_input(board *b, uint8_t index, uint64_t first) {
  const sensor_port *sensors = &b->port->sensors;
  const pipeline_input *input = &b->model.inputs[index];
  int sensor = board_find_sensor(b, input->sensor, input->rate_hz);
  if (sensor < 0) return false;
  const sensor_description *d = &sensors->descriptions[sensor];
  for (uint8_t c = 0; c < input->channels; c++) {
    if (input->channel[c] >= d->channels) return false;
  }
  uint8_t samples[READ_BYTES];
  uint32_t most = READ_BYTES / sensor_sample_bytes(d);
  for (uint32_t at = 0; at < input->window_samples;) {
    uint32_t wanted = input->window_samples - at < most ? input->window_samples - at : most;
    int32_t count = sensors->read_stored(sensors->context, (uint8_t)sensor, first + at, samples, wanted);
    if (count != (int32_t)wanted) return false;
    board_fill_window(b, input, d, samples, at, wanted);
    at += wanted;
  }
  return true;
}

int16_t board_replay_run(board *b, uint16_t id, wire_reader *r) {
  uint8_t wanted = wire_get_u8(r);
  uint64_t first = wire_get_u64(r);
  if (r->missing) return BOARD_ARGUMENT;
  if (!b->replay || b->replay_sending) return BOARD_STATE;
  if (b->replay_source == SOURCE_LINK && b->replay_bytes != b->model.window_values * 4u) return BOARD_STATE;
  if (b->replay_source == SOURCE_SIGNAL) {
    for (uint8_t i = 0; i < b->model.input_count; i++) {
      double ratio = (double)b->model.inputs[i].rate_hz / (double)b->model.inputs[0].rate_hz;
      if (!read_input(b, i, i == 0 ? first : (uint64_t)((double)first * ratio + 0.5))) return BOARD_SENSOR;
    }
  }
  if (pipeline_run(&b->model) != PIPELINE_OK) return BOARD_CORRUPT;
  b->replay_bytes = 0;
  b->replay_sending = true;
  b->replay_id = id;
  b->replay_wanted = wanted;
  b->replay_part = PART_FEATURES;
  b->replay_offset = 0;
  return BOARD_OK;
}

static void put_part_head(const board *b, wire_writer *w, bool last) {
  wire_put_u16(w, b->replay_id);
  wire_put_u8(w, b->replay_part);
  wire_put_u8(w, last ? 1 : 0);
  wire_put_u32(w, b->replay_offset);
}

/* Sends the next frame of features or quantised input. */
static void send_values(board *b, const void *values, uint32_t size) {
  uint32_t most = (FRAME_MAX_PAYLOAD - PART_HEAD) / size;
  uint32_t left = b->model.feature_count - b->replay_offset;
  uint32_t count = left < most ? left : most;
  wire_writer w = board_payload(b);
  put_part_head(b, &w, count == left);
  wire_put_bytes(&w, (const uint8_t *)values + (size_t)b->replay_offset * size, (size_t)count * size);
  board_send(b, MESSAGE_REPLAY_RESULT, &w);
  b->replay_offset += count;
}

bool board_replay_step(board *b) {
  if (!b->replay_sending) return false;
  while (b->replay_sending && board_can_send(b)) {
    bool values = b->replay_part != PART_SCORES && ((b->replay_wanted >> b->replay_part) & 1u) != 0;
    if (values && b->replay_offset < b->model.feature_count) {
      if (b->replay_part == PART_FEATURES) {
        send_values(b, b->model.features, 4);
      } else {
        send_values(b, b->model.quantised, 1);
      }
    } else if (b->replay_part != PART_SCORES) {
      b->replay_part++;
      b->replay_offset = 0;
    } else {
      wire_writer w = board_payload(b);
      put_part_head(b, &w, true);
      wire_put_u16(&w, b->model.score_count);
      wire_put_u8(&w, board_result_flags(b));
      wire_put_u8(&w, pipeline_label(&b->model));
      board_write_scores(b, &w);
      board_send(b, MESSAGE_REPLAY_RESULT, &w);
      b->replay_sending = false;
    }
  }
  return true;
}
