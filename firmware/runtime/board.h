/*
 * The board's application, the same on every chip: answers the laptop's requests, streams samples, classifies windows and
 * looks after the model slots. Cooperative: the port calls board_step over and over, and moves bytes between board and line.
 * Everything it keeps is in one struct and in the pool that the port gives it. Protocol: docs/protocol.md.
 */
#ifndef LIMPET_BOARD_H
#define LIMPET_BOARD_H

#include "../link/frame.h"
#include "../link/wire.h"
#include "../store/event_log.h"
#include "../store/store.h"
#include "pipeline.h"
#include "sensor.h"

enum {
  BOARD_OK = 0,
  BOARD_UNKNOWN = -1,
  BOARD_ARGUMENT = -2,
  BOARD_STATE = -3,
  BOARD_TOO_LARGE = -4,
  BOARD_CORRUPT = -5,
  BOARD_FLASH = -6,
  BOARD_SELF_TEST = -7,
  BOARD_UNSUPPORTED = -8,
  BOARD_SENSOR = -9,
  /* Not on the line: the answer comes later. */
  BOARD_LATER = -32768,
};

enum { BOARD_COUNTS_NOTHING = 0, BOARD_COUNTS_INSTRUCTIONS = 1, BOARD_COUNTS_CYCLES = 2 };

/* What the chip and its wiring give. All pointers stay valid. */
typedef struct {
  void *context;
  const char *kind;
  const char *name;
  const char *serial_number;
  /* SHA-256 of the firmware image; zeros where it is not known. */
  uint8_t firmware_hash[32];
  uint32_t clock_hz;
  uint8_t counting;
  /* NULL where the board cannot count. */
  pipeline_counter counter;
  sensor_port sensors;
  store_flash flash;
  uint32_t slot_base;
  uint32_t slot_bytes;
  /* Where an address of the flash can be read in place. */
  const uint8_t *(*flash_map)(void *context, uint32_t address);
  /* Largest data chunk of an update that the line carries well; a multiple of 16, 960 at most. */
  uint16_t chunk_bytes;
  uint8_t *pool;
  uint32_t pool_bytes;
  /* Bytes that have come over the line; returns how many were put into `out`. */
  uint32_t (*receive)(void *context, uint8_t *out, uint32_t max);
  /* Where the event log lies, whole pages, two at least; 0 bytes: the board keeps none. */
  store_flash log_flash;
  uint32_t log_base;
  uint32_t log_bytes;
  /* Switches the board's light, for labels that are to be seen; NULL where it has none. */
  void (*show)(void *context, bool on);
} board_port;

/* Power of two; holds some frames of the largest size. */
#define BOARD_TRANSMIT_BYTES 4096u

/* One input of the live windows: samples of the sensor go into its part of the pipeline's window. */
typedef struct {
  uint8_t sensor;
  /* The first input of the same sensor, which reads for all of them. */
  uint8_t leader;
  /* Index of the sample that the window of this input begins with, and how many of it are there. */
  uint64_t first;
  uint32_t filled;
  /* The sample that the last classified window began with. */
  uint64_t classified;
} board_live_input;

typedef struct {
  const board_port *port;
  uint64_t now_us;

  frame_receiver receiver;
  uint8_t body[FRAME_MAX_BODY];
  uint8_t encoded[FRAME_MAX_ENCODED];
  uint8_t transmit[BOARD_TRANSMIT_BYTES];
  uint32_t transmit_from;
  uint32_t transmit_count;
  uint16_t sequence;
  uint32_t frames_sent;
  uint64_t next_heartbeat_us;

  /* The last answer, to be repeated when its request comes again. */
  bool answered;
  uint16_t answered_id;
  uint16_t answer_bytes;
  uint8_t answer[FRAME_MAX_PAYLOAD];

  store models;
  bool loaded;
  pipeline model;

  /* Samples being streamed, by sensor. A STOP is answered when what was due before it has been sent. */
  bool streaming[SENSOR_MAX];
  uint64_t stream_start_us;
  float stream_rate[SENSOR_MAX];
  bool stopping;
  uint16_t stop_id;
  /* Of streams that have ended. */
  uint64_t produced_before;
  uint64_t dropped_before;

  /* By itself: whether it is now, when it will be (0: that is not known yet), and when the next window is due. */
  bool logging;
  event_log log;
  bool alone;
  bool shown;
  uint64_t alone_at_us;
  uint64_t alone_begun_us;
  /* The state that it is in, by label; another one that was seen, and in how many windows in a row. */
  bool alone_known;
  uint8_t alone_label;
  uint8_t alone_other;
  uint8_t alone_others;
  uint64_t alone_next_us;
  /* When the sensors count as stuck, unless a window is full by then. */
  uint64_t alone_due_us;

  bool live;
  uint64_t live_window;
  uint32_t classified;
  uint32_t missed;
  board_live_input live_inputs[PIPELINE_MAX_INPUTS];

  /* A window being replayed: samples over the link, or of the sensors' stored signal. */
  bool replay;
  uint8_t replay_source;
  uint32_t replay_bytes;
  bool replay_sending;
  uint16_t replay_id;
  uint8_t replay_wanted;
  uint8_t replay_part;
  uint32_t replay_offset;

  bool reset_wanted;
} board;

/* Switches the board on: chooses a model slot, tests a model that has not been found good yet, makes it ready. */
void board_start(board *b, const board_port *port, uint64_t now_us);

/* Does what is to be done at `now_us` (microseconds since the start), without waiting. Returns whether there is more to do at once. */
bool board_step(board *b, uint64_t now_us);

/*
 * Until when there is nothing to do, unless bytes come or the line takes more: the port may sleep that long. Not after the last board_step's
 * time where samples are being sent.
 */
uint64_t board_wake_us(const board *b);

/*
 * Until when a board by itself looks at nothing: between two windows, where it has a period. 0 where that is not so. Heartbeats are not counted: a
 * port that may go without them, since nobody is at its line, rests that long.
 */
uint64_t board_rest_us(const board *b);

/* Takes at most `max` bytes to be sent; returns how many. */
uint32_t board_transmit(board *b, uint8_t *out, uint32_t max);

#endif
