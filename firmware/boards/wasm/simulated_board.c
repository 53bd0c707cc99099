/*
 * The simulated board: the firmware in WebAssembly, stepped by whoever holds the module (docs/boards.md, "The simulated board").
 * Its flash and its signal are memory that the holder fills. Imports nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "../../runtime/board.h"
#include "../common/played_sensor.h"

#if defined(__wasm__)
#define EXPORT(name) __attribute__((export_name(#name))) name
#else
#define EXPORT(name) name
#endif
#define PAGE_BYTES 4096u
#define SLOT_BYTES 0x80000u
#define LOG_BYTES 0x8000u
#define FLASH_BYTES (2u * SLOT_BYTES + LOG_BYTES)
#define POOL_BYTES (512u * 1024u)
#define RING_BYTES 65536u
#define NO_MEMORY (-2)

__attribute__((aligned(16))) static uint8_t pool[POOL_BYTES];

static struct {
  board app;
  board_port port;
  played_sensor sensors;
  uint8_t *flash;
  const uint8_t *signal;
  uint32_t signal_bytes;
  uint64_t now_us;
  uint32_t written;
  uint32_t read;
  bool light;
  uint8_t ring[RING_BYTES];
} state;

int32_t limpet_board_flash_bytes(void);
uint8_t *limpet_board_allocate(int32_t bytes);
int32_t limpet_board_start(uint8_t *flash, const uint8_t *signal, int32_t signal_bytes);
int32_t limpet_board_receive(const uint8_t *bytes, int32_t count);
int32_t limpet_board_step(int64_t time_us);
int32_t limpet_board_transmit(uint8_t *buffer, int32_t capacity);
int32_t limpet_board_reset_wanted(void);
int32_t limpet_board_light(void);

static bool inside(uint32_t address, uint32_t count) { return count <= FLASH_BYTES && address <= FLASH_BYTES - count; }

static int erase(void *context, uint32_t address) {
  (void)context;
  if (address % PAGE_BYTES != 0 || !inside(address, PAGE_BYTES)) return -1;
  memset(state.flash + address, 0xff, PAGE_BYTES);
  return 0;
}

/* Only clears bits, as real flash does. */
static int program(void *context, uint32_t address, const uint8_t *bytes, uint32_t count) {
  (void)context;
  if (address % 4 != 0 || count % 4 != 0 || !inside(address, count)) return -1;
  for (uint32_t i = 0; i < count; i++) state.flash[address + i] &= bytes[i];
  return 0;
}

static int read_flash(void *context, uint32_t address, uint8_t *bytes, uint32_t count) {
  (void)context;
  if (!inside(address, count)) return -1;
  memcpy(bytes, state.flash + address, count);
  return 0;
}

static const uint8_t *map(void *context, uint32_t address) {
  (void)context;
  return state.flash + address;
}

static int read_signal(void *context, uint64_t offset, void *out, uint32_t bytes) {
  (void)context;
  if (bytes > state.signal_bytes || offset > state.signal_bytes - bytes) return -1;
  memcpy(out, state.signal + offset, bytes);
  return 0;
}

static uint32_t receive(void *context, uint8_t *out, uint32_t max) {
  (void)context;
  uint32_t count = 0;
  while (count < max && state.read != state.written) out[count++] = state.ring[state.read++ % RING_BYTES];
  return count;
}

static void show(void *context, bool on) {
  (void)context;
  state.light = on;
}

/* Bytes of the board's flash. */
int32_t EXPORT(limpet_board_flash_bytes)(void) { return FLASH_BYTES; }

/* Memory for flash, signal and buffer, before the start; aligned to 16. 0 where there is none. */
uint8_t *EXPORT(limpet_board_allocate)(int32_t bytes) {
  return bytes <= 0 ? NULL : aligned_alloc(16, ((size_t)bytes + 15u) & ~(size_t)15u);
}

/* Switches the board on. Returns 0, or a negative number where the signal is none. */
int32_t EXPORT(limpet_board_start)(uint8_t *flash, const uint8_t *signal, int32_t signal_bytes) {
  board_port *port = &state.port;
  if (flash == NULL || (signal_bytes > 0 && signal == NULL)) return NO_MEMORY;
  memset(&state, 0, sizeof state);
  state.flash = flash;
  state.signal = signal;
  state.signal_bytes = (uint32_t)signal_bytes;
  port->kind = "simulated";
  port->name = "Simulated board";
  port->serial_number = "SIMULATED-1";
  port->flash = (store_flash){NULL, PAGE_BYTES, 4, erase, program, read_flash};
  port->slot_bytes = SLOT_BYTES;
  port->flash_map = map;
  port->chunk_bytes = 960;
  port->pool = pool;
  port->pool_bytes = sizeof pool;
  port->receive = receive;
  port->log_flash = port->flash;
  port->log_base = 2u * SLOT_BYTES;
  port->log_bytes = LOG_BYTES;
  port->show = show;
  if (played_sensor_open(&state.sensors, read_signal, NULL, state.signal_bytes, &port->sensors) != 0) return -1;
  board_start(&state.app, port, 0);
  return 0;
}

/* Bytes for the board's receiver. Returns how many it took. */
int32_t EXPORT(limpet_board_receive)(const uint8_t *bytes, int32_t count) {
  int32_t taken = 0;
  while (taken < count && state.written - state.read < RING_BYTES) state.ring[state.written++ % RING_BYTES] = bytes[taken++];
  return taken;
}

/* Lets the board do what is due until then, microseconds since the start. Returns 1 where it waits for its line to be read. */
int32_t EXPORT(limpet_board_step)(int64_t time_us) {
  bool more = true;
  state.now_us = (uint64_t)time_us;
  while (more && BOARD_TRANSMIT_BYTES - state.app.transmit_count >= FRAME_MAX_ENCODED) {
    more = board_step(&state.app, state.now_us);
  }
  return more ? 1 : 0;
}

/* Takes what the board has sent. Returns the count of bytes; 0 where there is nothing more to send now. */
int32_t EXPORT(limpet_board_transmit)(uint8_t *buffer, int32_t capacity) {
  if (state.app.transmit_count == 0) limpet_board_step((int64_t)state.now_us);
  return (int32_t)board_transmit(&state.app, buffer, (uint32_t)capacity);
}

/* 1 after a RESET: the holder starts the board anew with its flash. */
int32_t EXPORT(limpet_board_reset_wanted)(void) { return state.app.reset_wanted && state.app.transmit_count == 0; }

/* Whether the board's light is on. */
int32_t EXPORT(limpet_board_light)(void) { return state.light ? 1 : 0; }
