/*
 * The runtime by itself on a sensor that gets stuck in the midst of a window, that cannot be started for a while, and that skips samples: the board
 * goes on by itself. Front end and network are doubles. One argument: file with a model package. Prints what failed; exit code 1 then.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../firmware/link/crc32.h"
#include "../../firmware/runtime/board.h"

#define PAGE 4096u
#define SLOT (8u * PAGE)
#define LOG (4u * PAGE)
#define RATE 200u
#define STEP_US 5000u
#define SECOND 1000000u

static int failures;

#define CHECK(condition)                                     \
  do {                                                       \
    if (!(condition)) {                                      \
      failures++;                                            \
      printf("%s:%d: %s\n", __FILE__, __LINE__, #condition); \
    }                                                        \
  } while (0)

static uint8_t flash[2 * SLOT + LOG];
_Alignas(16) static uint8_t pool[65536];
static board app;
static board_port port;
static uint64_t now_us;

static struct {
  sensor_description description;
  bool running;
  /* It gives nothing more until it is started anew; it cannot be started. */
  bool stuck;
  bool dead;
  uint64_t start_us;
  uint64_t next;
  uint32_t starts;
  uint32_t failed_starts;
} sensor;

static int erase(void *context, uint32_t address) {
  (void)context;
  memset(flash + address, 0xff, PAGE);
  return 0;
}

static int program(void *context, uint32_t address, const uint8_t *bytes, uint32_t count) {
  (void)context;
  for (uint32_t i = 0; i < count; i++) flash[address + i] &= bytes[i];
  return 0;
}

static int read_flash(void *context, uint32_t address, uint8_t *bytes, uint32_t count) {
  (void)context;
  memcpy(bytes, flash + address, count);
  return 0;
}

static const uint8_t *map(void *context, uint32_t address) {
  (void)context;
  return flash + address;
}

static uint32_t receive(void *context, uint8_t *out, uint32_t max) {
  (void)context;
  (void)out;
  (void)max;
  return 0;
}

static int start(void *context, int reader, uint8_t index, float rate_hz, uint64_t now) {
  (void)context;
  (void)reader;
  (void)index;
  (void)rate_hz;
  if (sensor.dead) sensor.failed_starts++;
  if (sensor.dead) return -1;
  sensor.running = true;
  sensor.stuck = false;
  sensor.start_us = now;
  sensor.next = 0;
  sensor.starts++;
  return 0;
}

static void stop(void *context, int reader, uint8_t index, uint64_t now) {
  (void)context;
  (void)reader;
  (void)index;
  (void)now;
  sensor.running = false;
}

static int32_t read_due(void *context, int reader, uint8_t index, uint64_t now, void *out, uint32_t max, uint64_t *first) {
  (void)context;
  (void)reader;
  (void)index;
  uint64_t due = sensor.running && !sensor.stuck ? (now - sensor.start_us) * RATE / SECOND : sensor.next;
  uint32_t count = due - sensor.next < max ? (uint32_t)(due - sensor.next) : max;
  memset(out, 0, 2u * count);
  *first = sensor.next;
  sensor.next += count;
  return (int32_t)count;
}

static uint32_t due_now(void *context, int reader, uint8_t index, uint64_t now) {
  (void)context;
  (void)reader;
  (void)index;
  (void)now;
  return 0;
}

static sensor_counts counts(void *context, int reader, uint8_t index, uint64_t now) {
  (void)context;
  (void)reader;
  (void)index;
  (void)now;
  return (sensor_counts){0, 0};
}

static void run_until(uint64_t second) {
  uint8_t out[512];
  for (; now_us < second * SECOND; now_us += STEP_US) {
    while (board_step(&app, now_us)) {
    }
    while (board_transmit(&app, out, sizeof out) > 0) {
    }
  }
}

static uint32_t windows(void) {
  uint32_t sum = 0;
  for (uint32_t i = 0; i < EVENT_LOG_LABELS; i++) sum += app.log.counts[i];
  return sum;
}

static void install(const char *path) {
  static uint8_t package[SLOT];
  store_flash device = {NULL, PAGE, 4, erase, program, read_flash};
  store s;
  int slot;
  FILE *file = fopen(path, "rb");
  if (file == NULL) exit(2);
  uint32_t bytes = (uint32_t)fread(package, 1, sizeof package, file);
  fclose(file);
  memset(flash, 0xff, sizeof flash);
  CHECK(store_open(&s, &device, 0, SLOT) == STORE_OK);
  CHECK(store_begin(&s, bytes, crc32_update(0, package, bytes)) == STORE_OK);
  CHECK(store_write(&s, 0, package, bytes) == STORE_OK && store_commit(&s, &slot) == STORE_OK);
  port.flash = port.log_flash = device;
}

int main(int count, char **words) {
  sensor_description *d = &sensor.description;
  install(count > 1 ? words[1] : "");
  strcpy(d->id, "accelerometer");
  d->channels = 1;
  d->rate_count = 1;
  d->rates[0] = RATE;
  d->resolution = 1.0f;
  port.kind = port.name = port.serial_number = "test";
  port.slot_bytes = SLOT;
  port.flash_map = map;
  port.pool = pool;
  port.pool_bytes = sizeof pool;
  port.receive = receive;
  port.log_base = 2 * SLOT;
  port.log_bytes = LOG;
  port.sensors = (sensor_port){NULL, 1, d, start, stop, read_due, due_now, counts, NULL, NULL};
  board_start(&app, &port, 0);
  CHECK(app.loaded);

  /* A second of grace, then ten windows a second. */
  run_until(11);
  CHECK(app.alone && sensor.starts == 1 && windows() >= 98 && windows() <= 101);
  /* Stuck: after ten seconds and two windows it is started anew. */
  sensor.stuck = true;
  run_until(21);
  CHECK(sensor.starts == 1 && windows() <= 101);
  run_until(31);
  CHECK(sensor.starts == 2 && windows() >= 190 && windows() <= 205);
  CHECK(app.log.boots == 1 && app.log.events == 1);
  /* Dead: once a minute it is tried again, for as long as it takes. */
  sensor.stuck = true;
  sensor.dead = true;
  uint32_t before = windows();
  run_until(300);
  CHECK(sensor.failed_starts >= 4 && sensor.failed_starts <= 6 && windows() == before);
  sensor.dead = false;
  run_until(400);
  CHECK(sensor.starts == 3 && windows() > before + 300);
  printf("alone: %d failures\n", failures);
  return failures > 0;
}
