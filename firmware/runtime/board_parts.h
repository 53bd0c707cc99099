/* What the parts of the runtime ask of each other. For firmware/runtime only. */
#ifndef LIMPET_BOARD_PARTS_H
#define LIMPET_BOARD_PARTS_H

#include "board.h"

enum {
  MESSAGE_RESPONSE = 0x80,
  MESSAGE_SAMPLES = 0x81,
  MESSAGE_HEARTBEAT = 0x82,
  MESSAGE_PREDICTION = 0x83,
  MESSAGE_REPLAY_RESULT = 0x84,
  MESSAGE_LOG = 0x85,
};

/* link: board_link.c */

/* Whether a frame of any size can be sent now. */
bool board_can_send(const board *b);
/* A writer for the next frame's payload. Only while board_can_send. */
wire_writer board_payload(board *b);
/* Sends what was written. */
void board_send(board *b, uint8_t type, const wire_writer *payload);
/* Sends the answer to a request: `body` was got from board_payload behind the space for the answer's head. */
void board_answer(board *b, uint16_t id, int16_t status, const uint8_t *body, size_t bytes);
void board_write_heartbeat(const board *b, wire_writer *w);

/* requests: board_requests.c; hello: board_hello.c */

void board_handle(board *b, const frame *request);
void board_write_hello(const board *b, wire_writer *w);

/* streams: board_stream.c */

int16_t board_stream_start(board *b, wire_reader *r, wire_writer *w);
int16_t board_stream_stop(board *b, uint16_t id, wire_writer *w);
bool board_stream_step(board *b);
void board_stream_counts(const board *b, uint64_t *produced, uint64_t *dropped);

/* models: board_models.c */

void board_models_start(board *b);
int16_t board_update_begin(board *b, wire_reader *r, wire_writer *w);
int16_t board_update_data(board *b, wire_reader *r, wire_writer *w);
int16_t board_update_commit(board *b, wire_writer *w);
int16_t board_roll_back(board *b, wire_writer *w);
int16_t board_read_package(const board *b, wire_reader *r, wire_writer *w);

/* live: board_live.c */

/* Sensor with that id and rate; -1 where the board has none. */
int board_find_sensor(const board *b, const char *id, float rate_hz);
/* Turns samples as read into the window's values of an input, `at` samples behind its begin. */
void board_fill_window(board *b, const pipeline_input *input, const sensor_description *sensor, const void *samples,
                       uint32_t at, uint32_t count);
int16_t board_live_start(board *b, wire_writer *w);
void board_live_stop(board *b);
bool board_live_step(board *b);
/* Flags of the last result, as PREDICTION and REPLAY_RESULT have them. */
uint8_t board_result_flags(const board *b);
/* Writes raw scores, padding, scores, counts and anomaly score, as PREDICTION and REPLAY_RESULT have them. */
void board_write_scores(const board *b, wire_writer *w);

/* by itself: board_alone.c */

void board_alone_start(board *b);
/* The laptop asks for something. */
void board_alone_end(board *b);
/* A window of a run by itself has been classified. */
void board_alone_found(board *b);
bool board_alone_step(board *b);
void board_show(board *b, bool on);
void board_show_label(board *b, uint8_t label);
int16_t board_log_read(const board *b, wire_reader *r, wire_writer *w);
int16_t board_log_clear(board *b);

/* replay: board_replay.c */

int16_t board_replay_begin(board *b, wire_reader *r, wire_writer *w);
int16_t board_replay_data(board *b, wire_reader *r, wire_writer *w);
int16_t board_replay_run(board *b, uint16_t id, wire_reader *r);
bool board_replay_step(board *b);

#endif
