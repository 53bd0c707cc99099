/* The virtual board: mps2-an386 in QEMU, its flash and its signal two files of the host (docs/boards.md). */
#include <string.h>

#include "../../runtime/board.h"
#include "../common/played_sensor.h"
#include "chip.h"
#include "flash_file.h"
#include "semihosting.h"

#define POOL_BYTES (512u * 1024u)
#define COMMAND_BYTES 256u

/* Of QEMU's `-icount shift=6`: one instruction is 64 ns, one tick of the clock 40 ns. */
#define INSTRUCTIONS_PER_8_TICKS 5u

__attribute__((section(".pool"), aligned(16))) static uint8_t pool[POOL_BYTES];

static struct {
  board app;
  board_port port;
  played_sensor sensors;
  flash_file flash;
  int signal;
  char command[COMMAND_BYTES];
} state;

static uint64_t now_us(void) { return chip_ticks() / (CHIP_CLOCK_HZ / 1000000u); }

static uint32_t count_instructions(void *context) {
  (void)context;
  return (uint32_t)(chip_ticks() * INSTRUCTIONS_PER_8_TICKS / 8u);
}

static uint32_t receive(void *context, uint8_t *out, uint32_t max) {
  (void)context;
  return chip_receive(out, max);
}

static const uint8_t *map(void *context, uint32_t address) {
  (void)context;
  return flash_file_map(&state.flash, address);
}

static int read_signal(void *context, uint64_t offset, void *out, uint32_t bytes) {
  (void)context;
  return offset > 0x7fffffffu ? -1 : host_read_at(state.signal, (uint32_t)offset, out, bytes);
}

enum { WORD_FLASH = 1, WORD_SIGNAL = 2, WORD_COUNTING = 3, WORD_SECONDS = 4, WORDS = 5 };

/* Words of the command line: program, flash file, signal file, `instructions`, seconds that it is to run. Missing words stay empty. */
static void split_command(const char *words[WORDS]) {
  char *at = state.command;
  for (int i = 0; i < WORDS; i++) {
    words[i] = at;
    while (*at != 0 && *at != ' ') at++;
    if (*at == ' ') *at++ = 0;
  }
}

/* Microseconds of a number of seconds; never where it is none. */
static uint64_t time_of(const char *text) {
  uint64_t seconds = 0;
  for (; *text >= '0' && *text <= '9'; text++) seconds = 10 * seconds + (uint64_t)(*text - '0');
  return seconds == 0 ? UINT64_MAX : seconds * 1000000u;
}

static void open_signal(const char *path) {
  int32_t bytes = 0;
  state.signal = *path == 0 ? -1 : host_open(path, HOST_READ);
  if (state.signal >= 0) bytes = host_length(state.signal);
  if (played_sensor_open(&state.sensors, read_signal, NULL, bytes > 0 ? (uint64_t)bytes : 0, &state.port.sensors) != 0) {
    /* A signal that cannot be read: a board without sensors, which says so in HELLO. */
    state.port.sensors.count = 0;
  }
}

/* Moves what is to be sent onto the line; false while the line takes no more. */
static bool send_all(void) {
  static uint8_t piece[256];
  static uint32_t count;
  static uint32_t sent;
  for (;;) {
    if (sent == count) {
      count = board_transmit(&state.app, piece, sizeof piece);
      sent = 0;
      if (count == 0) return true;
    }
    sent += chip_send(piece + sent, count - sent);
    if (sent < count) return false;
  }
}

int main(void) {
  const char *words[WORDS];
  board_port *port = &state.port;
  if (host_command_line(state.command, sizeof state.command) != 0) state.command[0] = 0;
  split_command(words);
  chip_start();
  port->kind = "virtual";
  port->name = "Virtual board";
  port->serial_number = "VIRTUAL-1";
  port->clock_hz = CHIP_CLOCK_HZ;
  if (strcmp(words[WORD_COUNTING], "instructions") == 0) {
    port->counting = BOARD_COUNTS_INSTRUCTIONS;
    port->counter = count_instructions;
  }
  flash_file_open(&state.flash, words[WORD_FLASH], port->firmware_hash, &port->flash);
  port->slot_bytes = FLASH_SLOT_BYTES;
  port->flash_map = map;
  port->chunk_bytes = 960;
  port->pool = pool;
  port->pool_bytes = sizeof pool;
  port->receive = receive;
  port->log_flash = port->flash;
  port->log_base = 2u * FLASH_SLOT_BYTES;
  port->log_bytes = FLASH_LOG_BYTES;
  open_signal(words[WORD_SIGNAL]);
  uint64_t end_us = time_of(words[WORD_SECONDS]);
  board_start(&state.app, port, now_us());
  for (;;) {
    if (now_us() >= end_us) host_exit();
    bool more = board_step(&state.app, now_us());
    bool sent = send_all();
    if (state.app.reset_wanted && sent && state.app.transmit_count == 0) chip_reset();
    if (!more || !sent) chip_sleep(sent ? board_wake_us(&state.app) : 0);
  }
}
