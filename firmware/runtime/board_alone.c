/*
 * A board that runs by itself: when no laptop has asked for anything for a while, it classifies, keeps what it finds in the event log and
 * shows it by its light. With a period it takes one window at a time and rests in between. A request of the laptop ends it until the line has been
 * quiet again.
 */
#include "board_parts.h"

/* After a sensor that did not start, and how often the processor looks at what sensors have buffered. */
#define RETRY_US 60000000u
/* So much later than two windows take, sensors count as stuck: a board that nobody comes to starts them anew. */
#define PATIENCE_US 10000000u
#define LOOK_US 20000u
#define FOREVER UINT64_MAX
#define EVENT_BYTES 12u
/* Beside what is said of the whole: numbers, and totals of 64 labels and unknown. */
#define EVENTS_MAX ((FRAME_MAX_PAYLOAD - 4u - 320u) / EVENT_BYTES)
#define PIECE 8u

static uint32_t tenths(const board *b) { return (uint32_t)(b->now_us / 100000u); }

static uint64_t grace_us(const board *b) { return (uint64_t)b->model.package.alone.grace_ms * 1000u; }

void board_alone_start(board *b) {
  const board_port *port = b->port;
  b->logging = port->log_bytes > 0 && event_log_open(&b->log, &port->log_flash, port->log_base, port->log_bytes) == STORE_OK;
}

void board_show(board *b, bool on) {
  if (b->port->show == NULL || b->shown == on) return;
  b->shown = on;
  b->port->show(b->port->context, on);
}

void board_show_label(board *b, uint8_t label) {
  const model_package_alone *alone = &b->model.package.alone;
  bool on = label == PIPELINE_UNKNOWN ? alone->unknown && !b->model.package.regression : ((alone->labels >> label) & 1u) != 0;
  board_show(b, on);
}

void board_alone_end(board *b) {
  if (b->alone) {
    board_live_stop(b);
    if (b->logging) event_log_end(&b->log, tenths(b));
    b->alone = false;
    board_show(b, false);
  }
  b->alone_at_us = 0;
}

static void await_window(board *b) {
  const pipeline_input *first = &b->model.inputs[0];
  float window_us = (float)first->window_samples / first->rate_hz * 1e6f;
  float stride_us = (float)b->model.package.stride_samples / first->rate_hz * 1e6f;
  b->alone_due_us = b->now_us + PATIENCE_US + (uint64_t)(2.0f * (window_us > stride_us ? window_us : stride_us));
}

/* Whether the laptop has begun something that it has not ended. */
static bool is_busy(const board *b) {
  bool streaming = b->stopping || b->replay_sending;
  for (uint8_t i = 0; i < SENSOR_MAX; i++) streaming = streaming || b->streaming[i];
  return streaming || b->replay || b->models.target != STORE_NONE || (b->live && !b->alone);
}

static float score_of(const pipeline *m, uint8_t label) {
  if (label != PIPELINE_UNKNOWN) return m->scores[label];
  if (pipeline_is_anomaly(m)) return m->anomaly;
  /* Below its threshold. */
  float score = m->scores[0];
  for (uint16_t i = 1; i < m->score_count; i++) score = m->scores[i] > score ? m->scores[i] : score;
  return score;
}

/* The state after a window that was called `label`: another one only when as many windows in a row as the package says were called so. */
static uint8_t settle(board *b, uint8_t label) {
  if (!b->alone_known || label == b->alone_label) {
    b->alone_known = true;
    b->alone_label = label;
    b->alone_others = 0;
    return label;
  }
  b->alone_others = label == b->alone_other ? (uint8_t)(b->alone_others + 1u) : 1u;
  b->alone_other = label;
  if (b->alone_others >= b->model.package.alone.confirm) {
    b->alone_label = label;
    b->alone_others = 0;
  }
  return b->alone_label;
}

void board_alone_found(board *b) {
  const pipeline *m = &b->model;
  uint8_t called = pipeline_label(m);
  uint8_t state = settle(b, called);
  board_show_label(b, state);
  if (b->logging && !m->package.regression) event_log_window(&b->log, tenths(b), state, score_of(m, called));
  await_window(b);
  if (m->package.alone.period_ms == 0) return;
  uint64_t period = (uint64_t)m->package.alone.period_ms * 1000u;
  uint64_t next = b->alone_next_us + period;
  /* Where a window takes longer than the period, they follow each other. */
  b->alone_next_us = next > b->now_us ? next : b->now_us;
  board_live_stop(b);
}

/* A signal that is played has gone on since the board began to look. */
static void play_on(const board *b) {
  const sensor_port *sensors = &b->port->sensors;
  if (sensors->play_from == NULL) return;
  for (uint8_t i = 0; i < b->model.input_count; i++) {
    if (b->live_inputs[i].leader != i) continue;
    sensors->play_from(sensors->context, SENSOR_LIVE, b->live_inputs[i].sensor, b->alone_next_us - b->alone_begun_us);
  }
}

bool board_alone_step(board *b) {
  uint8_t nothing[16];
  wire_writer w = wire_writer_on(nothing, sizeof nothing);
  if (!b->loaded || b->reset_wanted) {
    b->alone_at_us = 0;
    return false;
  }
  if (!b->alone) {
    if (b->alone_at_us == 0 || is_busy(b)) b->alone_at_us = b->now_us + grace_us(b);
    if (b->now_us < b->alone_at_us) return false;
    b->alone = true;
    b->alone_known = false;
    b->alone_others = 0;
    b->alone_begun_us = b->now_us;
    b->alone_next_us = b->now_us;
    if (b->logging) (void)event_log_begin(&b->log, b->model.package.hash, tenths(b));
  }
  if (b->live && b->now_us > b->alone_due_us) {
    board_live_stop(b);
    b->alone_next_us = b->now_us;
  }
  if (b->live || b->now_us < b->alone_next_us) return false;
  if (board_live_start(b, &w) == BOARD_OK) {
    await_window(b);
    play_on(b);
    return true;
  }
  b->alone_next_us = b->now_us + RETRY_US;
  return false;
}

uint64_t board_wake_us(const board *b) {
  uint64_t wake = b->next_heartbeat_us;
  if (is_busy(b) || b->transmit_count > 0) return b->now_us;
  if (b->live) return b->now_us + LOOK_US;
  uint64_t next = !b->loaded ? FOREVER : b->alone ? b->alone_next_us : b->alone_at_us;
  return next < wake ? next : wake;
}

uint64_t board_rest_us(const board *b) { return b->alone && !b->live && !b->reset_wanted ? b->alone_next_us : 0; }

static void put_events(const event_log *log, uint32_t from, uint32_t count, wire_writer *w) {
  event_log_event events[PIECE];
  while (count > 0) {
    uint32_t copied = event_log_read(log, from, count < PIECE ? count : PIECE, events);
    for (uint32_t i = 0; i < copied; i++) {
      wire_put_u32(w, events[i].time);
      wire_put_u16(w, events[i].boot);
      wire_put_u8(w, events[i].label == EVENT_LOG_UNKNOWN ? PIPELINE_UNKNOWN : events[i].label);
      wire_put_u8(w, 0);
      wire_put_f32(w, events[i].score);
    }
    if (copied == 0) return;
    from += copied;
    count -= copied;
  }
}

int16_t board_log_read(const board *b, wire_reader *r, wire_writer *w) {
  uint32_t from = wire_get_u32(r);
  if (r->missing) return BOARD_ARGUMENT;
  if (!b->logging) return BOARD_UNSUPPORTED;
  if (!b->loaded) return BOARD_STATE;
  const event_log *log = &b->log;
  bool own = event_log_is_of(log, b->model.package.hash);
  uint32_t kept = own ? event_log_count(log) : 0;
  uint32_t left = kept > from ? kept - from : 0;
  uint32_t count = left < EVENTS_MAX ? left : EVENTS_MAX;
  uint8_t labels = b->model.package.label_count;
  wire_put_u32(w, own ? log->boots : 0);
  wire_put_u32(w, own ? event_log_time(log, tenths(b)) : 0);
  wire_put_u32(w, own && log->begun ? event_log_time(log, 0) : 0);
  wire_put_u32(w, own ? log->events : 0);
  wire_put_u32(w, kept);
  wire_put_u8(w, own && log->begun ? 1 : 0);
  wire_put_u8(w, labels);
  wire_put_u16(w, (uint16_t)count);
  for (uint8_t i = 0; i < labels; i++) wire_put_u32(w, own ? log->counts[i] : 0);
  wire_put_u32(w, own ? log->counts[EVENT_LOG_UNKNOWN] : 0);
  put_events(log, from, count, w);
  return BOARD_OK;
}

int16_t board_log_clear(board *b) {
  if (!b->logging) return BOARD_UNSUPPORTED;
  return event_log_clear(&b->log) == STORE_OK ? BOARD_OK : BOARD_FLASH;
}
