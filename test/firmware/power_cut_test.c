/*
 * Power cuts. The board's own handling of its model slots (runtime/board_models.c over store/store.c) on a simulated NOR flash whose
 * power fails after every operation and within it: in updates, in updates whose self-test fails, in roll-backs, in the restart after
 * a cut, in the update after a cut, with bad pages, and in long random lives. After every cut the board is switched on again: the
 * old model must run or the new one, whole; never none, never one that failed its test. Only the pipeline is a double: it looks at a
 * package's first word. Prints what was tried; exit code 1 where something failed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../firmware/link/crc32.h"
#include "../../firmware/runtime/board_parts.h"

#define MAX_BYTES (16u * 4096u)
#define GOOD_MODEL 0x4c444d47u
/* Loads, but its golden vectors come out differently; and does not load at all. */
#define FAILS_TEST 0x54534554u
#define FAILS_LOAD 0x44414f4cu
#define PACKAGE_MAX 1200u

/* How an operation that is cut off leaves its bytes. */
enum { CUT_AFTER, CUT_HALF, CUT_BITS, CUT_SHAKY, CUT_MODES };
static const char *const mode_names[CUT_MODES] = {
    "after the operation", "half of the bytes done", "any of the bits done", "any of the bits done, some read differently each time"};

enum { PAGE_FINE, PAGE_REFUSES, PAGE_LIES };

typedef struct {
  uint8_t bytes[MAX_BYTES];
  /* Bits whose charge lies in the middle: they may read differently at each start, until they are written again. */
  uint8_t shaky[MAX_BYTES];
  uint32_t page_bytes;
  uint32_t program_bytes;
  uint32_t base;
  uint32_t slot_bytes;
  /* Operations until the power fails; -1: never. */
  int left;
  int mode;
  int operations;
  /* A page that is worn out, counted from the base; -1: none. */
  int bad_page;
  int bad_how;
} nor;

static unsigned long failures;
static unsigned long cuts;
static unsigned long starts;
static uint32_t seed = 1;

static uint32_t chance(void) {
  /* xorshift32 (Marsaglia 2003). */
  seed ^= seed << 13;
  seed ^= seed >> 17;
  seed ^= seed << 5;
  return seed;
}

static void fail(const char *what, int line) {
  failures++;
  if (failures <= 20) printf("line %d: %s\n", line, what);
}

#define CHECK(condition) \
  do {                   \
    if (!(condition)) fail(#condition, __LINE__); \
  } while (0)

/* Whether the power is still there for an operation, whole; false also where it fails within this one. */
static bool powered(nor *n, bool *within) {
  *within = false;
  n->operations++;
  if (n->left < 0) return true;
  if (n->left == 0) return false;
  n->left--;
  if (n->left == 0 && n->mode != CUT_AFTER) {
    *within = true;
    return false;
  }
  return true;
}

/* Brings bits of a byte from `from` to `to`, as far as they got. */
static void tear(nor *n, uint32_t at, uint8_t from, uint8_t to) {
  uint8_t changing = (uint8_t)(from ^ to);
  uint8_t done = (uint8_t)(changing & chance());
  n->bytes[at] = (uint8_t)(from ^ done);
  if (n->mode == CUT_SHAKY) n->shaky[at] |= (uint8_t)(changing & chance());
}

static bool is_bad(const nor *n, uint32_t address) {
  return n->bad_page >= 0 && (address - n->base) / n->page_bytes == (uint32_t)n->bad_page;
}

static int nor_erase(void *context, uint32_t address) {
  nor *n = context;
  bool within;
  CHECK(address % n->page_bytes == 0 && address + n->page_bytes <= MAX_BYTES);
  bool whole = powered(n, &within);
  if (is_bad(n, address)) return n->bad_how == PAGE_LIES && whole ? 0 : -1;
  for (uint32_t i = 0; i < n->page_bytes; i++) {
    uint32_t at = address + i;
    if (whole || (within && n->mode == CUT_HALF && i < n->page_bytes / 2)) {
      n->bytes[at] = 0xff;
      n->shaky[at] = 0;
    } else if (within && n->mode != CUT_HALF) {
      tear(n, at, n->bytes[at], 0xff);
    }
  }
  return n->left == 0 ? -1 : 0;
}

static int nor_program(void *context, uint32_t address, const uint8_t *bytes, uint32_t count) {
  nor *n = context;
  bool within;
  CHECK(address % n->program_bytes == 0 && count % n->program_bytes == 0 && address + count <= MAX_BYTES);
  bool whole = powered(n, &within);
  if (is_bad(n, address)) return n->bad_how == PAGE_LIES && whole ? 0 : -1;
  for (uint32_t i = 0; i < count; i++) {
    uint32_t at = address + i;
    uint8_t to = n->bytes[at] & bytes[i];
    /* Writing zeros settles bits that lay in the middle. */
    if (whole || (within && n->mode == CUT_HALF && i < count / 2)) {
      n->bytes[at] = to;
      n->shaky[at] &= bytes[i];
    } else if (within && n->mode != CUT_HALF) {
      /* Words are written one after another: those before the cut are done, those after it untouched. */
      uint32_t cut = chance() % count / 4 * 4;
      if (i / 4 * 4 < cut) n->bytes[at] = to;
      else if (i / 4 * 4 == cut) tear(n, at, n->bytes[at], to);
    }
  }
  return n->left == 0 ? -1 : 0;
}

static int nor_read(void *context, uint32_t address, uint8_t *bytes, uint32_t count) {
  nor *n = context;
  memcpy(bytes, n->bytes + address, count);
  return 0;
}

static const uint8_t *nor_map(void *context, uint32_t address) {
  nor *n = context;
  return n->bytes + address;
}

/* Doubles of what the models' handling calls. */

int pipeline_load(pipeline *p, const uint8_t *package, uint32_t package_bytes, uint8_t *pool, uint32_t pool_bytes,
                  pipeline_counter counter, void *counter_context) {
  uint32_t word;
  (void)pool, (void)pool_bytes, (void)counter, (void)counter_context;
  memset(p, 0, sizeof *p);
  memcpy(&word, package, 4);
  p->package.bytes = package;
  p->package.count = package_bytes;
  return word == GOOD_MODEL || word == FAILS_TEST ? PIPELINE_OK : PIPELINE_CORRUPT;
}

int pipeline_test(pipeline *p, pipeline_self_test *result) {
  uint32_t word;
  memcpy(&word, p->package.bytes, 4);
  *result = (pipeline_self_test){1, word == GOOD_MODEL, word == GOOD_MODEL ? 0 : 3};
  return word == GOOD_MODEL ? PIPELINE_OK : PIPELINE_CORRUPT;
}

void board_live_stop(board *b) { b->live = false; }

typedef struct {
  uint8_t bytes[PACKAGE_MAX];
  uint32_t count;
} package;

static package make(uint32_t kind, uint32_t count) {
  package made = {.count = count};
  for (uint32_t i = 0; i < count; i++) made.bytes[i] = (uint8_t)chance();
  memcpy(made.bytes, &kind, 4);
  return made;
}

static board the_board;
static board_port port;

/* Switches the board on, with power that stays (until n->left says otherwise). */
static void start(nor *n) {
  starts++;
  for (uint32_t i = 0; i < MAX_BYTES; i++) {
    if (n->shaky[i] != 0) n->bytes[i] = (uint8_t)((n->bytes[i] & ~n->shaky[i]) | (chance() & n->shaky[i]));
  }
  memset(&port, 0, sizeof port);
  port.context = n;
  port.flash = (store_flash){n, n->page_bytes, n->program_bytes, nor_erase, nor_program, nor_read};
  port.flash_map = nor_map;
  port.slot_base = n->base;
  port.slot_bytes = n->slot_bytes;
  port.chunk_bytes = 96;
  memset(&the_board, 0, sizeof the_board);
  the_board.port = &port;
  board_models_start(&the_board);
}

static bool runs(const nor *n, const package *wanted) {
  const board *b = &the_board;
  if (!b->loaded || b->models.active == STORE_NONE) return false;
  const uint8_t *there = n->bytes + store_payload_address(&b->models, b->models.active);
  return b->model.package.bytes == there && b->model.package.count == wanted->count && memcmp(there, wanted->bytes, wanted->count) == 0;
}

/* An update as the laptop does it; stops at the first refusal. */
static int16_t update(const package *p) {
  uint8_t request[128];
  uint8_t answer[128];
  wire_writer w = wire_writer_on(request, sizeof request);
  wire_put_u32(&w, p->count);
  wire_put_u32(&w, crc32_update(0, p->bytes, p->count));
  wire_reader r = wire_reader_on(request, w.count);
  wire_writer out = wire_writer_on(answer, sizeof answer);
  int16_t status = board_update_begin(&the_board, &r, &out);
  for (uint32_t at = 0; status == BOARD_OK && at < p->count; at += 96) {
    uint32_t count = p->count - at < 96 ? p->count - at : 96;
    w = wire_writer_on(request, sizeof request);
    wire_put_u32(&w, at);
    wire_put_bytes(&w, p->bytes + at, count);
    r = wire_reader_on(request, w.count);
    out = wire_writer_on(answer, sizeof answer);
    status = board_update_data(&the_board, &r, &out);
  }
  out = wire_writer_on(answer, sizeof answer);
  return status == BOARD_OK ? board_update_commit(&the_board, &out) : status;
}

static int16_t roll_back(void) {
  uint8_t answer[16];
  wire_writer out = wire_writer_on(answer, sizeof answer);
  return board_roll_back(&the_board, &out);
}

static void blank(nor *n, uint32_t page_bytes, uint32_t program_bytes) {
  memset(n, 0, sizeof *n);
  memset(n->bytes, 0xff, sizeof n->bytes);
  n->page_bytes = page_bytes;
  n->program_bytes = program_bytes;
  /* Not at the beginning: a slip of an address shows. */
  n->base = 2 * page_bytes;
  n->slot_bytes = page_bytes * (1 + (PACKAGE_MAX + page_bytes - 1) / page_bytes);
  n->left = -1;
  n->bad_page = -1;
}

static nor before, now, middle;
static package older, old, fresh, third, untrue, broken;

/* A board with history: `old` in use and good, `older` in the other slot, good as well. */
static void prepare(uint32_t page_bytes, uint32_t program_bytes) {
  older = make(GOOD_MODEL, 700);
  old = make(GOOD_MODEL, 1000);
  fresh = make(GOOD_MODEL, 1190);
  third = make(GOOD_MODEL, 333);
  untrue = make(FAILS_TEST, 900);
  broken = make(FAILS_LOAD, 901);
  blank(&before, page_bytes, program_bytes);
  start(&before);
  CHECK(the_board.models.active == STORE_NONE);
  CHECK(update(&older) == BOARD_OK);
  CHECK(update(&old) == BOARD_OK);
  start(&before);
  CHECK(runs(&before, &old));
}

typedef int16_t (*work)(void);
static int16_t update_fresh(void) { return update(&fresh); }
static int16_t update_untrue(void) { return update(&untrue); }
static int16_t update_broken(void) { return update(&broken); }
static int16_t update_third(void) { return update(&third); }

/* Operations of some work on a board in the state `from`. */
static int operations_of(const nor *from, work w) {
  now = *from;
  start(&now);
  now.operations = 0;
  w();
  return now.operations;
}

static void cut_at(nor *n, int at, int mode) {
  n->left = at;
  n->mode = mode;
  cuts++;
}

static void power_back(nor *n) { n->left = -1; }

/*
 * Which of two models runs; NULL: neither. Where a word that was cut off reads as set at one start and not at the next, the board may
 * go back by one model once more; that one must be whole and good as well.
 */
static const package *which(const nor *n, const package *a, const package *b) {
  if (runs(n, a)) return a;
  if (runs(n, b)) return b;
  return n->mode == CUT_SHAKY && runs(n, &old) ? &old : NULL;
}

/* Switched on twice more without trouble, the board runs the same model. */
static void check_settled(nor *n, const package *a, const package *b) {
  start(n);
  const package *first = which(n, a, b);
  CHECK(first != NULL);
  for (int i = 0; i < 2; i++) {
    start(n);
    const package *again = which(n, a, b);
    CHECK(again != NULL);
    if (n->mode != CUT_SHAKY) CHECK(again == first);
  }
}

/* Cuts `w` everywhere; then one of two models runs, and an update still goes through. */
static void cut_everywhere(work w, int mode, const package *a, const package *b) {
  int total = operations_of(&before, w);
  for (int at = 1; at <= total; at++) {
    now = before;
    start(&now);
    cut_at(&now, at, mode);
    w();
    power_back(&now);
    check_settled(&now, a, b);
    CHECK(update(&third) == BOARD_OK);
    CHECK(runs(&now, &third));
    check_settled(&now, &third, &third);
  }
}

/* Cuts `w` everywhere, and the start after it everywhere. */
static void cut_start_too(work w, int mode, const package *a, const package *b) {
  int total = operations_of(&before, w);
  for (int at = 1; at <= total; at++) {
    now = before;
    start(&now);
    cut_at(&now, at, mode);
    w();
    power_back(&now);
    middle = now;
    middle.operations = 0;
    start(&middle);
    int again = middle.operations;
    middle = now;
    for (int second = 1; second <= again; second++) {
      now = middle;
      cut_at(&now, second, mode);
      start(&now);
      power_back(&now);
      check_settled(&now, a, b);
    }
  }
}

/* Cuts `w` everywhere, and an update after it everywhere. */
static void cut_next_too(work w, int mode, const package *a, const package *b) {
  int total = operations_of(&before, w);
  for (int at = 1; at <= total; at++) {
    now = before;
    start(&now);
    cut_at(&now, at, mode);
    w();
    power_back(&now);
    start(&now);
    const package *has = which(&now, a, b);
    CHECK(has != NULL);
    if (has == NULL) continue;
    middle = now;
    now.operations = 0;
    update_third();
    int again = now.operations;
    for (int second = 1; second <= again; second++) {
      now = middle;
      start(&now);
      has = which(&now, a, b);
      CHECK(has != NULL);
      if (has == NULL) break;
      cut_at(&now, second, mode);
      update_third();
      power_back(&now);
      check_settled(&now, has, &third);
    }
  }
}

/* Every page of both slots worn out, in both ways, with and without cuts. */
static void bad_pages(void) {
  int pages = (int)(2 * before.slot_bytes / before.page_bytes);
  for (int page = 0; page < pages; page++) {
    for (int how = PAGE_REFUSES; how <= PAGE_LIES; how++) {
      now = before;
      now.bad_page = page;
      now.bad_how = how;
      middle = now;
      start(&now);
      int16_t status = update(&fresh);
      CHECK(runs(&now, status == BOARD_OK ? &fresh : &old));
      check_settled(&now, status == BOARD_OK ? &fresh : &old, &old);
      int total = operations_of(&middle, update_fresh);
      for (int at = 1; at <= total; at++) {
        now = middle;
        start(&now);
        cut_at(&now, at, CUT_BITS);
        update_fresh();
        power_back(&now);
        check_settled(&now, &old, &fresh);
      }
    }
  }
}

/* A page of the model in use decays: the one before it, which is whole, takes its place. */
static void decay(void) {
  for (uint32_t at = 0; at < before.slot_bytes; at += 37) {
    now = before;
    start(&now);
    uint32_t slot = now.base + (uint32_t)the_board.models.active * now.slot_bytes;
    now.bytes[slot + at] ^= 0x20;
    start(&now);
    CHECK(runs(&now, &old) || runs(&now, &older));
  }
}

/* The model that runs, where it is whole and passed its test; into `taken`. */
static const package *one_before(package *taken) {
  const model_package *there = &the_board.model.package;
  uint32_t word;
  store_slot info;
  if (!the_board.loaded || !store_inspect(&the_board.models, the_board.models.active, &info) || !info.good) return NULL;
  memcpy(&word, there->bytes, 4);
  if (word != GOOD_MODEL) return NULL;
  memcpy(taken->bytes, there->bytes, there->count);
  taken->count = there->count;
  return taken;
}

/* Many updates and roll-backs in a row, cut at random, some models bad. */
static void long_lives(int mode, int lives, int steps) {
  for (int life = 0; life < lives; life++) {
    package has = old, previous = older;
    now = before;
    start(&now);
    for (int step = 0; step < steps; step++) {
      uint32_t what = chance() % 8;
      bool bad = what == 0;
      package next = bad ? make(FAILS_TEST, 200 + chance() % 900) : make(GOOD_MODEL, 200 + chance() % 900);
      bool cut = chance() % 3 != 0;
      if (cut) cut_at(&now, 1 + (int)(chance() % 26), mode);
      int16_t status = what == 1 ? roll_back() : update(&next);
      bool gone = now.left == 0;
      power_back(&now);
      if (gone || chance() % 2 == 0) {
        if (chance() % 4 == 0) {
          cut_at(&now, 1 + (int)(chance() % 2), mode);
          start(&now);
          power_back(&now);
          gone = true;
        }
        start(&now);
      }
      const package *other = what == 1 ? &previous : &next;
      const package *there = which(&now, &has, other);
      if (there == NULL && mode == CUT_SHAKY) there = one_before(&has);
      CHECK(there != NULL && !(bad && there == &next));
      if (!gone && status == BOARD_OK) CHECK(there == other);
      if (there == NULL) return;
      if (there == other) {
        package taken = *other;
        previous = has;
        has = taken;
      }
    }
  }
}

static void report(const char *what, unsigned long *tried) {
  printf("%-58s %8lu cut points\n", what, cuts - *tried);
  *tried = cuts;
}

int main(void) {
  static const uint32_t pages[] = {256, 1024, 4096};
  unsigned long tried = 0;
  for (int mode = 0; mode < CUT_MODES; mode++) {
    for (unsigned p = 0; p < sizeof pages / sizeof pages[0]; p++) {
      for (uint32_t program_bytes = 1; program_bytes <= 16; program_bytes *= 2) {
        prepare(pages[p], program_bytes);
        cut_everywhere(update_fresh, mode, &old, &fresh);
        cut_everywhere(update_untrue, mode, &old, &old);
        cut_everywhere(update_broken, mode, &old, &old);
        cut_everywhere(roll_back, mode, &old, &older);
        cut_start_too(update_fresh, mode, &old, &fresh);
        cut_start_too(update_untrue, mode, &old, &old);
        cut_start_too(roll_back, mode, &old, &older);
        if (pages[p] != 4096) {
          cut_next_too(update_fresh, mode, &old, &fresh);
          cut_next_too(roll_back, mode, &old, &older);
        }
        if (mode == CUT_BITS) {
          bad_pages();
          decay();
        }
        if (pages[p] == 256) long_lives(mode, 20, 60);
      }
    }
    report(mode_names[mode], &tried);
  }
  printf("pages of 256, 1024 and 4096 bytes, program units of 1, 2, 4, 8 and 16 bytes; switched on %lu times\n", starts);
  printf("%lu cut points, %lu failures\n", cuts, failures);
  return failures > 0;
}
