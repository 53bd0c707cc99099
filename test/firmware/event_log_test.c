/*
 * The event log on a simulated NOR flash whose power fails after every single operation, and in the midst of it: whatever was written before is
 * still there, in order, and the log goes on. Also a long life: pages wear alike, totals stay right. Prints what failed; exit code 1 then.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../firmware/store/event_log.h"

#define PAGE 1024u
#define PAGES 4u
#define BYTES (PAGES * PAGE)

typedef struct {
  uint8_t bytes[BYTES];
  unsigned program_bytes;
  int left;
  bool torn;
  /* Page that fails for good; -1: none. */
  int bad;
  int operations;
  int erasures[PAGES];
  bool broken;
} nor;

static int failures;
static long points;

#define CHECK(condition)                                     \
  do {                                                       \
    if (!(condition) && failures++ < 20) {                   \
      printf("%s:%d: %s\n", __FILE__, __LINE__, #condition); \
    }                                                        \
  } while (0)

static uint32_t powered(nor *n, uint32_t count) {
  n->operations++;
  if (n->left < 0) return count;
  if (n->left == 0) return 0;
  n->left--;
  return n->left == 0 && n->torn ? count / 2 : count;
}

static int nor_erase(void *context, uint32_t address) {
  nor *n = context;
  if (address % PAGE != 0 || address >= BYTES) n->broken = true;
  n->erasures[address / PAGE]++;
  if ((int)(address / PAGE) == n->bad) return -1;
  memset(n->bytes + address, 0xff, powered(n, PAGE));
  return n->left == 0 ? -1 : 0;
}

static int nor_program(void *context, uint32_t address, const uint8_t *bytes, uint32_t count) {
  nor *n = context;
  if (address % n->program_bytes != 0 || count % n->program_bytes != 0 || address + count > BYTES) n->broken = true;
  if ((int)(address / PAGE) == n->bad) return -1;
  uint32_t done = powered(n, count);
  for (uint32_t i = 0; i < done; i++) n->bytes[address + i] &= bytes[i];
  return n->left == 0 ? -1 : 0;
}

static int nor_read(void *context, uint32_t address, uint8_t *bytes, uint32_t count) {
  nor *n = context;
  if (address + count > BYTES) n->broken = true;
  memcpy(bytes, n->bytes + address, count);
  return 0;
}

static const uint8_t OWNER[8] = {1, 2, 3, 4, 5, 6, 7, 8};
static const uint8_t OTHER[8] = {9, 2, 3, 4, 5, 6, 7, 8};

static void start(event_log *log, nor *n) {
  store_flash flash = {n, PAGE, n->program_bytes, nor_erase, nor_program, nor_read};
  CHECK(event_log_open(log, &flash, 0, BYTES) == STORE_OK);
}

static void fresh(nor *n, unsigned program_bytes) {
  memset(n, 0, sizeof *n);
  memset(n->bytes, 0xff, BYTES);
  n->program_bytes = program_bytes;
  n->left = -1;
  n->bad = -1;
}

/* Score that tells which event it is. */
static void live(event_log *log, uint32_t from, uint32_t windows) {
  for (uint32_t i = from; i < from + windows; i++) event_log_window(log, 10 * i, (uint8_t)(i / 2 % 3), (float)i);
}

#define MOST 400u
static event_log_event held[MOST];

/* Times and scores go up from one start of the board on; scores are those of windows that called something new. */
static uint32_t check_order(const event_log *log) {
  uint32_t count = event_log_read(log, 0, MOST, held);
  CHECK(count == event_log_count(log));
  for (uint32_t i = 1; i < count; i++) {
    CHECK(held[i].time >= held[i - 1].time && held[i].boot >= held[i - 1].boot);
    if (held[i].boot == held[i - 1].boot) CHECK(held[i].score > held[i - 1].score);
  }
  for (uint32_t i = 0; i < count; i++) {
    uint32_t window = (uint32_t)held[i].score;
    CHECK(held[i].label == window / 2 % 3 && (window % 2 == 0 || i == 0 || held[i].boot != held[i - 1].boot));
  }
  return count;
}

/* `windows` windows, power fails at operation `cut`; then the board starts again and looks on. */
static void cut_everywhere(unsigned program_bytes, bool torn, uint32_t before, uint32_t windows, bool clears) {
  static nor first, n;
  event_log log;
  fresh(&first, program_bytes);
  start(&log, &first);
  CHECK(event_log_begin(&log, OWNER, 0) == STORE_OK);
  live(&log, 0, before);
  event_log_end(&log, 10 * before);
  n = first;
  n.operations = 0;
  start(&log, &n);
  event_log_begin(&log, OWNER, 0);
  if (clears) event_log_clear(&log);
  if (clears) event_log_begin(&log, OWNER, 0);
  live(&log, 0, windows);
  int total = n.operations;
  for (int cut = 1; cut <= total; cut++) {
    static event_log_event known[MOST];
    points++;
    n = first;
    start(&log, &n);
    uint32_t old = event_log_read(&log, 0, MOST, known);
    uint32_t old_events = log.events;
    uint32_t old_counts = log.counts[0] + log.counts[1] + log.counts[2];
    n.left = cut;
    n.torn = torn;
    event_log_begin(&log, OWNER, 0);
    if (clears) event_log_clear(&log);
    if (clears) event_log_begin(&log, OWNER, 0);
    live(&log, 0, windows);
    n.left = -1;
    n.torn = false;
    start(&log, &n);
    CHECK(event_log_is_of(&log, OWNER));
    for (unsigned i = 3; i < EVENT_LOG_LABELS; i++) CHECK(log.counts[i] == 0);
    uint32_t count = check_order(&log);
    uint32_t counts = log.counts[0] + log.counts[1] + log.counts[2];
    if (!clears || log.boots > 1) {
      /* All that was there is there, but for pages that were written over. */
      CHECK(log.events >= old_events && log.events <= old_events + windows / 2 + 1);
      CHECK(counts >= old_counts && counts <= old_counts + windows);
      uint32_t gone = log.events - count - (old_events - old);
      for (uint32_t i = gone; i < old; i++) CHECK(memcmp(&held[i - gone], &known[i], sizeof known[i]) == 0);
    }
    uint32_t events = log.events;
    CHECK(event_log_begin(&log, OWNER, 0) == STORE_OK);
    live(&log, 1000, 5);
    CHECK(log.events == events + 3);
    event_log_end(&log, 11000);
    start(&log, &n);
    CHECK(log.events == events + 3 && log.counts[0] + log.counts[1] + log.counts[2] == counts + 5);
    check_order(&log);
    CHECK(!n.broken);
  }
}

static void long_life(void) {
  static nor n;
  event_log log;
  uint32_t totals[3] = {0, 0, 0};
  uint32_t windows = 0;
  fresh(&n, 4);
  for (int boot = 1; boot <= 300; boot++) {
    start(&log, &n);
    CHECK(event_log_begin(&log, OWNER, 5) == STORE_OK);
    CHECK(log.boots == (uint32_t)boot);
    for (uint32_t i = 0; i < 30; i++, windows++) {
      event_log_window(&log, 10 * i, (uint8_t)(i / 2 % 3), (float)i);
      totals[i / 2 % 3]++;
    }
    event_log_end(&log, 300);
    event_log_begin(&log, OWNER, 300);
    CHECK(log.boots == (uint32_t)boot);
  }
  start(&log, &n);
  for (unsigned i = 0; i < 3; i++) CHECK(log.counts[i] == totals[i]);
  CHECK(log.events == 300u * 15u);
  CHECK(event_log_time(&log, 0) == 300u * 300u);
  /* Three pages of 45 records at least; the oldest is the one that is being written. */
  CHECK(check_order(&log) >= 3u * 45u * 15u / 17u - 20u);
  int least = n.erasures[0], most = n.erasures[0];
  for (unsigned i = 0; i < PAGES; i++) {
    if (n.erasures[i] < least) least = n.erasures[i];
    if (n.erasures[i] > most) most = n.erasures[i];
  }
  CHECK(most - least <= 1 && least > 10);
  /* Another model: nothing of it is left. */
  CHECK(event_log_begin(&log, OTHER, 0) == STORE_OK);
  CHECK(log.events == 0 && log.counts[0] == 0 && log.boots == 1 && event_log_count(&log) == 0);
  start(&log, &n);
  CHECK(event_log_is_of(&log, OTHER) && !event_log_is_of(&log, OWNER));
}

static void bad_page(void) {
  static nor n;
  event_log log;
  for (int bad = 0; bad < (int)PAGES; bad++) {
    fresh(&n, 4);
    n.bad = bad;
    start(&log, &n);
    CHECK(event_log_begin(&log, OWNER, 0) == STORE_OK);
    live(&log, 0, 600);
    CHECK(log.events == 300);
    start(&log, &n);
    CHECK(log.events >= 300 - 1);
    check_order(&log);
  }
}

static void rubbish(void) {
  static nor n;
  event_log log;
  uint32_t x = 1;
  for (int round = 0; round < 200; round++) {
    fresh(&n, 4);
    for (uint32_t i = 0; i < BYTES; i++) {
      x ^= x << 13;
      x ^= x >> 17;
      x ^= x << 5;
      n.bytes[i] = (uint8_t)(round % 2 == 0 ? x : x & 1 ? 0 : 0xff);
    }
    start(&log, &n);
    CHECK(event_log_count(&log) == 0);
    CHECK(event_log_begin(&log, OWNER, 0) == STORE_OK);
    live(&log, 0, 10);
    CHECK(log.events == 5);
    start(&log, &n);
    CHECK(log.events == 5 && check_order(&log) == 5);
  }
}

int main(void) {
  for (unsigned program_bytes = 1; program_bytes <= 16; program_bytes *= 4) {
    for (int torn = 0; torn < 2; torn++) {
      cut_everywhere(program_bytes, torn, 0, 40, false);
      cut_everywhere(program_bytes, torn, 80, 200, false);
      cut_everywhere(program_bytes, torn, 400, 300, false);
      cut_everywhere(program_bytes, torn, 300, 60, true);
    }
  }
  long_life();
  bad_page();
  rubbish();
  printf("event log: %ld cut points, %d failures\n", points, failures);
  return failures > 0;
}
