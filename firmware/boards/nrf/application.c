#include "application.h"

#include "../../runtime/board.h"
#include "../common/sha256.h"
#include "chip.h"
#include "nvmc.h"

extern uint8_t __image_start[], __image_end[], __pool_start[], __pool_end[], __slots_start[], __slots_end[], __log_start[],
    __log_end[];

/* A line without bytes for so long counts as left. */
#define LISTEN_US 60000000u
/* Shorter pauses are slept through with the clock running. */
#define REST_LEAST_US 50000u
/* At rest a light that is on flashes: it takes more than all else does. */
#define LOOK_US 500000u
#define FLASH_US 30000u
#define LOOKS_PER_FLASH 8u

static struct {
  board app;
  board_port port;
  nvmc_area slots;
  nvmc_area log;
  uint64_t heard_us;
  uint32_t looks;
  const application *board;
  /* Taken out of the runtime, on the way to the line. */
  uint8_t piece[256];
  uint32_t piece_count;
  uint32_t piece_sent;
} state;

static uint32_t receive(void *context, uint8_t *out, uint32_t max) {
  (void)context;
  uint32_t count = state.board->receive(out, max);
  if (count > 0) state.heard_us = state.app.now_us;
  return count;
}

static void show(void *context, bool on) {
  (void)context;
  state.board->light(on);
}

static const uint8_t *map(void *context, uint32_t address) {
  (void)context;
  return (const uint8_t *)(uintptr_t)address;
}

/* Moves what is to be sent onto the line; false while the line takes no more. */
static bool send_all(void) {
  for (;;) {
    if (state.piece_sent == state.piece_count) {
      state.piece_count = board_transmit(&state.app, state.piece, sizeof state.piece);
      state.piece_sent = 0;
      if (state.piece_count == 0) return true;
    }
    state.piece_sent += state.board->send(state.piece + state.piece_sent, state.piece_count - state.piece_sent);
    if (state.piece_sent < state.piece_count) return false;
  }
}

static void describe(void) {
  board_port *port = &state.port;
  const application *a = state.board;
  port->kind = a->kind;
  port->name = a->name;
  port->serial_number = a->serial_number;
  sha256(__image_start, (uint32_t)(__image_end - __image_start), port->firmware_hash);
  port->clock_hz = CHIP_CLOCK_HZ;
  port->counting = BOARD_COUNTS_CYCLES;
  port->counter = chip_cycles;
  if (a->sensors->count > 0) port->sensors = sampled_sensors_port(a->sensors);
  state.slots = (nvmc_area){(uint32_t)(uintptr_t)__slots_start, (uint32_t)(uintptr_t)__slots_end, a->flash_page_bytes};
  port->flash = nvmc_flash(&state.slots);
  port->slot_base = state.slots.begin;
  port->slot_bytes = (state.slots.end - state.slots.begin) / 2u;
  port->flash_map = map;
  port->chunk_bytes = a->chunk_bytes;
  port->pool = __pool_start;
  port->pool_bytes = (uint32_t)(__pool_end - __pool_start);
  port->receive = receive;
  state.log = (nvmc_area){(uint32_t)(uintptr_t)__log_start, (uint32_t)(uintptr_t)__log_end, a->flash_page_bytes};
  port->log_flash = nvmc_flash(&state.log);
  port->log_base = state.log.begin;
  port->log_bytes = state.log.end - state.log.begin;
  if (a->light != NULL) port->show = show;
}

/* Until when the board may rest; 0 where it may not. */
static uint64_t rest_until(uint64_t now) {
  const application *a = state.board;
  uint64_t until = board_rest_us(&state.app);
  bool left = a->line_is_power ? !a->called() : now - state.heard_us > LISTEN_US;
  return until > now + REST_LEAST_US && left && a->idle() ? until : 0;
}

/* At rest: whether somebody is at the line, and the light. */
static uint32_t look(void) {
  const application *a = state.board;
  if (a->called()) return 0;
  if (!state.app.shown) return LOOK_US;
  bool flash = state.looks++ % LOOKS_PER_FLASH == LOOKS_PER_FLASH - 1u;
  a->light(flash);
  return flash ? FLASH_US : LOOK_US;
}

/* False where the board has not rested. */
static bool rest(void) {
  const application *a = state.board;
  uint64_t until = a->called == NULL ? 0 : rest_until(chip_now_us());
  if (until == 0) return false;
  if (a->rest != NULL) a->rest(true);
  bool rested = chip_rest(until, look);
  bool called = a->called();
  if (a->rest != NULL) a->rest(false);
  if (called) state.heard_us = chip_now_us();
  if (state.app.shown) a->light(true);
  return rested;
}

void application_run(const application *a) {
  state.board = a;
  describe();
  board_start(&state.app, &state.port, chip_now_us());
  for (;;) {
    if (a->step != NULL) a->step();
    bool more = board_step(&state.app, chip_now_us());
    bool sent = send_all();
    if (state.app.reset_wanted && sent && state.app.transmit_count == 0 && a->idle()) {
      if (a->close != NULL) a->close();
      chip_reset();
    }
    if ((!more || !sent) && !rest()) chip_sleep();
  }
}
