/* Requests of the laptop: which part answers which. A request that comes again gets the same answer again. */
#include "board_parts.h"

enum {
  REQUEST_HELLO = 0x01,
  REQUEST_START,
  REQUEST_STOP,
  REQUEST_UPDATE_BEGIN,
  REQUEST_UPDATE_DATA,
  REQUEST_UPDATE_COMMIT,
  REQUEST_UPDATE_ABORT,
  REQUEST_LIVE_START,
  REQUEST_LIVE_STOP,
  REQUEST_ROLL_BACK,
  REQUEST_REPLAY_BEGIN,
  REQUEST_REPLAY_DATA,
  REQUEST_REPLAY_RUN,
  REQUEST_RESET,
  REQUEST_READ_PACKAGE,
  REQUEST_STATUS,
  REQUEST_LOG_READ,
  REQUEST_LOG_CLEAR,
};

#define BODY_MAX (FRAME_MAX_PAYLOAD - 4)

static int16_t perform(board *b, uint8_t type, uint16_t id, wire_reader *r, wire_writer *w) {
  switch (type) {
    case REQUEST_HELLO:
      board_write_hello(b, w);
      return BOARD_OK;
    case REQUEST_START:
      return board_stream_start(b, r, w);
    case REQUEST_STOP:
      return board_stream_stop(b, id, w);
    case REQUEST_UPDATE_BEGIN:
      return board_update_begin(b, r, w);
    case REQUEST_UPDATE_DATA:
      return board_update_data(b, r, w);
    case REQUEST_UPDATE_COMMIT:
      return board_update_commit(b, w);
    case REQUEST_UPDATE_ABORT:
      store_abort(&b->models);
      return BOARD_OK;
    case REQUEST_LIVE_START:
      return board_live_start(b, w);
    case REQUEST_LIVE_STOP:
      board_live_stop(b);
      board_show(b, false);
      /* Whatever was being replayed, too: the laptop has done with the board. */
      if (!b->replay_sending) b->replay = false;
      wire_put_u32(w, b->classified);
      return BOARD_OK;
    case REQUEST_ROLL_BACK:
      return board_roll_back(b, w);
    case REQUEST_REPLAY_BEGIN:
      return board_replay_begin(b, r, w);
    case REQUEST_REPLAY_DATA:
      return board_replay_data(b, r, w);
    case REQUEST_REPLAY_RUN:
      return board_replay_run(b, id, r);
    case REQUEST_RESET:
      b->reset_wanted = true;
      return BOARD_OK;
    case REQUEST_READ_PACKAGE:
      return board_read_package(b, r, w);
    case REQUEST_STATUS:
      board_write_heartbeat(b, w);
      return BOARD_OK;
    case REQUEST_LOG_READ:
      return board_log_read(b, r, w);
    case REQUEST_LOG_CLEAR:
      return board_log_clear(b);
    default:
      return BOARD_UNKNOWN;
  }
}

void board_handle(board *b, const frame *request) {
  wire_reader r = wire_reader_on(request->payload, request->payload_bytes);
  uint16_t id = wire_get_u16(&r);
  if (r.missing) return;
  board_alone_end(b);
  if (b->stopping && id == b->stop_id) return;
  if (b->answered && id == b->answered_id) {
    wire_writer w = board_payload(b);
    wire_put_bytes(&w, b->answer, b->answer_bytes);
    board_send(b, MESSAGE_RESPONSE, &w);
    return;
  }
  /* The encoder's buffer is free until the answer is encoded; the body is built there. */
  wire_writer w = wire_writer_on(b->encoded, BODY_MAX);
  int16_t status = perform(b, request->type, id, &r, &w);
  if (status == BOARD_LATER) return;
  if (w.overflow) status = BOARD_TOO_LARGE;
  bool with_body = status == BOARD_OK || status == BOARD_SELF_TEST;
  board_answer(b, id, status, b->encoded, with_body ? w.count : 0);
}
