/* Frames out of the board: the ring of bytes to be sent, answers, heartbeats; and the board's step. */
#include "board_parts.h"

#define HEARTBEAT_US 1000000u
/* In an answer, before the body: request id and status. */
#define ANSWER_HEAD 4u

bool board_can_send(const board *b) { return BOARD_TRANSMIT_BYTES - b->transmit_count >= FRAME_MAX_ENCODED; }

wire_writer board_payload(board *b) { return wire_writer_on(b->body + FRAME_HEAD, FRAME_MAX_PAYLOAD); }

void board_send(board *b, uint8_t type, const wire_writer *payload) {
  size_t bytes = frame_encode(type, b->sequence, b->body, payload->count, b->encoded);
  if (payload->overflow || bytes > BOARD_TRANSMIT_BYTES - b->transmit_count) return;
  b->sequence++;
  b->frames_sent++;
  uint32_t to = (b->transmit_from + b->transmit_count) % BOARD_TRANSMIT_BYTES;
  uint32_t first = BOARD_TRANSMIT_BYTES - to < bytes ? BOARD_TRANSMIT_BYTES - to : (uint32_t)bytes;
  memcpy(b->transmit + to, b->encoded, first);
  memcpy(b->transmit, b->encoded + first, bytes - first);
  b->transmit_count += (uint32_t)bytes;
}

uint32_t board_transmit(board *b, uint8_t *out, uint32_t max) {
  uint32_t count = b->transmit_count < max ? b->transmit_count : max;
  uint32_t first = BOARD_TRANSMIT_BYTES - b->transmit_from;
  if (first > count) first = count;
  memcpy(out, b->transmit + b->transmit_from, first);
  memcpy(out + first, b->transmit, count - first);
  b->transmit_from = (b->transmit_from + count) % BOARD_TRANSMIT_BYTES;
  b->transmit_count -= count;
  return count;
}

void board_answer(board *b, uint16_t id, int16_t status, const uint8_t *body, size_t bytes) {
  wire_writer kept = wire_writer_on(b->answer, sizeof b->answer);
  wire_put_u16(&kept, id);
  wire_put_u16(&kept, (uint16_t)status);
  wire_put_bytes(&kept, body, bytes);
  b->answered = true;
  b->answered_id = id;
  b->answer_bytes = (uint16_t)kept.count;
  wire_writer w = board_payload(b);
  wire_put_bytes(&w, b->answer, b->answer_bytes);
  board_send(b, MESSAGE_RESPONSE, &w);
}

void board_write_heartbeat(const board *b, wire_writer *w) {
  uint64_t produced;
  uint64_t dropped;
  board_stream_counts(b, &produced, &dropped);
  wire_put_u64(w, b->now_us);
  wire_put_u32(w, b->frames_sent);
  wire_put_u32(w, b->receiver.frames);
  wire_put_u32(w, b->receiver.errors);
  wire_put_u64(w, produced);
  wire_put_u64(w, dropped);
  wire_put_u32(w, b->classified);
  wire_put_u32(w, b->missed);
}

static void receive_all(board *b) {
  uint8_t byte;
  frame request;
  /* One request at a time, and only with room for its answer; the rest waits on the line. */
  while (board_can_send(b) && !b->reset_wanted && b->port->receive(b->port->context, &byte, 1) == 1) {
    if (frame_receive(&b->receiver, byte, &request)) board_handle(b, &request);
  }
}

bool board_step(board *b, uint64_t now_us) {
  b->now_us = now_us;
  receive_all(b);
  if (now_us >= b->next_heartbeat_us && board_can_send(b)) {
    wire_writer w = board_payload(b);
    board_write_heartbeat(b, &w);
    board_send(b, MESSAGE_HEARTBEAT, &w);
    b->next_heartbeat_us = now_us + HEARTBEAT_US;
  }
  bool more = board_stream_step(b);
  more = board_alone_step(b) || more;
  more = board_live_step(b) || more;
  return board_replay_step(b) || more;
}

void board_start(board *b, const board_port *port, uint64_t now_us) {
  memset(b, 0, sizeof *b);
  b->port = port;
  b->now_us = now_us;
  b->next_heartbeat_us = now_us + HEARTBEAT_US;
  /* Ends a half frame of the time before. */
  b->transmit_count = 1;
  board_models_start(b);
  board_alone_start(b);
}
