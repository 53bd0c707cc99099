#include "event_log.h"

#include <string.h>

#include "../link/crc32.h"

#define MAGIC 0x474c4d4cu /* LMLG */
#define NO_PAGE (-1)
#define NO_LABEL 255u

/* A page's head: numbers, owner, totals of all pages before, check sum; then records. Both are whole program units of any flash. */
#define OWNER_AT 16u
#define BOOTS_AT 24u
#define TIME_AT 28u
#define TOTALS_AT 36u
#define CRC_AT (TOTALS_AT + 4u * EVENT_LOG_LABELS)
#define HEAD_BYTES 304u
#define RECORD_BYTES 16u

enum { KIND_EVENT = 1, KIND_COUNT = 2, KIND_START = 3 };

/*
 * When windows that are only counted reach the flash at the latest: 5 s after the board has begun to look, then after twice as long each time up to a
 * minute, and every ten minutes from an hour after the start on; for each record wears the flash and pushes an old event out. Tenths of a second.
 */
#define FIRST_COUNT 50u
#define EARLY_COUNT 600u
#define COUNT 6000u
#define EARLY 36000u

typedef struct {
  uint8_t kind;
  /* Of an event. */
  uint8_t label;
  /* Windows that went before, and their label. */
  uint8_t counted;
  uint16_t count;
  uint32_t time;
  /* Bits of the score, or the number of a start. */
  uint32_t value;
} record;

typedef struct {
  uint32_t sequence;
  uint32_t first;
  uint32_t events;
  uint32_t boots;
  uint32_t time;
} head;

static uint32_t load(const uint8_t *bytes) {
  return bytes[0] | ((uint32_t)bytes[1] << 8) | ((uint32_t)bytes[2] << 16) | ((uint32_t)bytes[3] << 24);
}

static void save(uint8_t *bytes, uint32_t value) {
  for (unsigned i = 0; i < 4; i++) bytes[i] = (uint8_t)(value >> (8 * i));
}

static uint32_t page_address(const event_log *log, int32_t page) { return log->base + (uint32_t)page * log->flash.page_bytes; }

static uint32_t record_address(const event_log *log, int32_t page, uint32_t index) {
  return page_address(log, page) + HEAD_BYTES + index * RECORD_BYTES;
}

static bool read_bytes(const event_log *log, uint32_t address, uint8_t *bytes, uint32_t count) {
  return log->flash.read(log->flash.context, address, bytes, count) == 0;
}

/* Reads a page's head; its totals and owner only where they are asked for. */
static bool read_head(const event_log *log, int32_t page, head *out, uint32_t *totals, uint8_t *owner) {
  uint8_t bytes[HEAD_BYTES];
  if (!read_bytes(log, page_address(log, page), bytes, HEAD_BYTES) || load(bytes) != MAGIC) return false;
  if (load(bytes + CRC_AT) != crc32_update(0, bytes, CRC_AT)) return false;
  *out = (head){load(bytes + 4), load(bytes + 8), load(bytes + 12), load(bytes + BOOTS_AT), load(bytes + TIME_AT)};
  for (unsigned i = 0; totals != NULL && i < EVENT_LOG_LABELS; i++) totals[i] = load(bytes + TOTALS_AT + 4 * i);
  if (owner != NULL) memcpy(owner, bytes + OWNER_AT, EVENT_LOG_OWNER_BYTES);
  return true;
}

static uint16_t record_crc(const uint8_t *bytes) { return (uint16_t)crc32_update(0, bytes, RECORD_BYTES - 2u); }

/* Whether anything was written there, be it whole or not; `out` is set, and `valid`, where it is whole. */
static bool read_record(const event_log *log, int32_t page, uint32_t index, record *out, bool *valid) {
  uint8_t bytes[RECORD_BYTES];
  bool erased = true;
  *valid = false;
  if (!read_bytes(log, record_address(log, page, index), bytes, RECORD_BYTES)) return true;
  for (unsigned i = 0; i < RECORD_BYTES; i++) erased = erased && bytes[i] == 0xff;
  if (erased) return false;
  *out = (record){bytes[0], bytes[1], bytes[2], (uint16_t)(bytes[12] | (bytes[13] << 8)), load(bytes + 4), load(bytes + 8)};
  *valid = out->kind >= KIND_EVENT && out->kind <= KIND_START && record_crc(bytes) == (uint16_t)(bytes[14] | (bytes[15] << 8));
  return true;
}

/* Writes and reads back. */
static bool program(const event_log *log, uint32_t address, const uint8_t *bytes, uint32_t count) {
  uint8_t back[RECORD_BYTES];
  if (log->flash.program(log->flash.context, address, bytes, count) != 0) return false;
  for (uint32_t at = 0; at < count; at += RECORD_BYTES) {
    if (!read_bytes(log, address + at, back, RECORD_BYTES) || memcmp(back, bytes + at, RECORD_BYTES) != 0) return false;
  }
  return true;
}

/* The page of the log that comes next after sequence number `after`; NO_PAGE where there is none. */
static int32_t page_after(const event_log *log, uint32_t after, head *out) {
  int32_t found = NO_PAGE;
  head h;
  for (int32_t page = 0; page < (int32_t)log->pages; page++) {
    if (!read_head(log, page, &h, NULL, NULL) || h.sequence <= after || h.sequence < log->first || h.sequence > log->sequence) continue;
    if (found != NO_PAGE && h.sequence > out->sequence) continue;
    found = page;
    *out = h;
  }
  return found;
}

/* Takes over what the records of the newest page say. */
static void replay(event_log *log) {
  record r;
  bool valid;
  log->record = 0;
  for (uint32_t i = 0; i < log->records; i++) {
    if (!read_record(log, log->page, i, &r, &valid)) continue;
    log->record = i + 1;
    if (!valid) continue;
    log->last = r.time;
    if (r.counted < EVENT_LOG_LABELS) log->counts[r.counted] += r.count;
    if (r.kind == KIND_EVENT) log->events++;
    if (r.kind == KIND_START) log->boots = r.value;
  }
}

int event_log_open(event_log *log, const store_flash *flash, uint32_t base, uint32_t bytes) {
  head h;
  memset(log, 0, sizeof *log);
  log->flash = *flash;
  log->base = base;
  log->page = NO_PAGE;
  log->label = NO_LABEL;
  bool unit_fits = flash->program_bytes > 0 && RECORD_BYTES % flash->program_bytes == 0;
  bool pages_fit = flash->page_bytes >= 1024 && base % flash->page_bytes == 0 && bytes % flash->page_bytes == 0;
  if (!unit_fits || !pages_fit || bytes < 2 * flash->page_bytes) return STORE_ARGUMENT;
  log->pages = bytes / flash->page_bytes;
  log->records = (flash->page_bytes - HEAD_BYTES) / RECORD_BYTES;
  for (int32_t page = 0; page < (int32_t)log->pages; page++) {
    if (!read_head(log, page, &h, NULL, NULL) || (log->page != NO_PAGE && h.sequence <= log->sequence)) continue;
    log->page = page;
    log->sequence = h.sequence;
  }
  if (log->page == NO_PAGE) return STORE_OK;
  read_head(log, log->page, &h, log->counts, log->owner);
  log->first = h.first;
  log->events = h.events;
  log->boots = h.boots;
  log->last = h.time;
  replay(log);
  log->before = log->last;
  return STORE_OK;
}

bool event_log_is_of(const event_log *log, const uint8_t owner[EVENT_LOG_OWNER_BYTES]) {
  return log->page != NO_PAGE && memcmp(log->owner, owner, EVENT_LOG_OWNER_BYTES) == 0;
}

/*
 * Begins the next page of the ring, with the totals so far less what is pending; a page that fails is passed over. The page in use is never
 * given up for it. A number is not used again, so that what was half written under it is never taken for the page.
 */
static int open_page(event_log *log) {
  uint8_t bytes[HEAD_BYTES];
  uint32_t others = log->page == NO_PAGE ? log->pages : log->pages - 1;
  int32_t page = log->page;
  memset(bytes, 0xff, sizeof bytes);
  save(bytes, MAGIC);
  save(bytes + 8, log->first);
  save(bytes + 12, log->events);
  memcpy(bytes + OWNER_AT, log->owner, EVENT_LOG_OWNER_BYTES);
  save(bytes + BOOTS_AT, log->boots);
  save(bytes + TIME_AT, log->last);
  for (unsigned i = 0; i < EVENT_LOG_LABELS; i++) {
    save(bytes + TOTALS_AT + 4 * i, log->counts[i] - (i == log->label ? log->pending : 0u));
  }
  for (uint32_t tries = 0; tries < others; tries++) {
    uint32_t sequence = log->sequence + 1 + tries;
    page = (page + 1) % (int32_t)log->pages;
    save(bytes + 4, sequence);
    save(bytes + CRC_AT, crc32_update(0, bytes, CRC_AT));
    if (log->flash.erase(log->flash.context, page_address(log, page)) != 0) continue;
    if (!program(log, page_address(log, page), bytes, HEAD_BYTES)) continue;
    log->page = page;
    log->sequence = sequence;
    log->record = 0;
    return STORE_OK;
  }
  return STORE_FLASH;
}

static int append(event_log *log, uint8_t kind, uint8_t label, uint32_t time, uint32_t value) {
  uint8_t bytes[RECORD_BYTES] = {kind, label, log->pending > 0 ? log->label : (uint8_t)NO_LABEL, 0xff};
  uint16_t count = log->pending;
  save(bytes + 4, time);
  save(bytes + 8, value);
  bytes[12] = (uint8_t)count;
  bytes[13] = (uint8_t)(count >> 8);
  uint16_t crc = record_crc(bytes);
  bytes[14] = (uint8_t)crc;
  bytes[15] = (uint8_t)(crc >> 8);
  /* A record that fails leaves its place used up; one more try, on a fresh page if need be. */
  for (int tries = 0; tries < 2; tries++) {
    if (log->record >= log->records && open_page(log) != STORE_OK) return STORE_FLASH;
    uint32_t address = record_address(log, log->page, log->record++);
    if (!program(log, address, bytes, RECORD_BYTES)) continue;
    log->pending = 0;
    log->last = time;
    if (kind == KIND_EVENT) log->events++;
    return STORE_OK;
  }
  return STORE_FLASH;
}

int event_log_clear(event_log *log) {
  uint32_t first = log->first;
  event_log before = *log;
  log->first = log->sequence + 1;
  log->events = 0;
  log->boots = 0;
  log->before = 0;
  log->last = 0;
  log->pending = 0;
  log->label = NO_LABEL;
  log->begun = false;
  memset(log->counts, 0, sizeof log->counts);
  int status = open_page(log);
  if (status == STORE_OK) return STORE_OK;
  *log = before;
  log->first = first;
  return status;
}

/*
 * What was written last before the power failed may read as written now and not the next time. It is written once more, the same bits: no
 * word is written more often than twice (the limit of the nRF52840).
 */
static void make_firm(const event_log *log) {
  uint8_t bytes[RECORD_BYTES];
  uint32_t address = log->record > 0 ? record_address(log, log->page, log->record - 1) : page_address(log, log->page);
  uint32_t count = log->record > 0 ? RECORD_BYTES : HEAD_BYTES;
  for (uint32_t at = 0; at < count; at += RECORD_BYTES) {
    if (!read_bytes(log, address + at, bytes, RECORD_BYTES)) return;
    (void)log->flash.program(log->flash.context, address + at, bytes, RECORD_BYTES);
  }
}

int event_log_begin(event_log *log, const uint8_t owner[EVENT_LOG_OWNER_BYTES], uint32_t now) {
  log->label = NO_LABEL;
  log->interval = FIRST_COUNT;
  log->next_count = now + log->interval;
  if (!event_log_is_of(log, owner)) {
    memcpy(log->owner, owner, EVENT_LOG_OWNER_BYTES);
    int status = event_log_clear(log);
    if (status != STORE_OK) return status;
  }
  if (log->begun) return STORE_OK;
  /* The clock of this start goes on from what was known of the ones before. */
  log->before = log->last;
  make_firm(log);
  log->boots++;
  int status = append(log, KIND_START, NO_LABEL, log->last, log->boots);
  log->begun = status == STORE_OK;
  if (!log->begun) log->boots--;
  return status;
}

uint32_t event_log_time(const event_log *log, uint32_t now) { return log->begun ? log->before + now : log->last; }

void event_log_window(event_log *log, uint32_t now, uint8_t label, float score) {
  uint8_t counted = label < EVENT_LOG_UNKNOWN ? label : (uint8_t)EVENT_LOG_UNKNOWN;
  if (!log->begun) return;
  if (counted != log->label) {
    uint32_t bits;
    memcpy(&bits, &score, 4);
    (void)append(log, KIND_EVENT, counted, event_log_time(log, now), bits);
    /* Where the flash fails, what was pending stays in the totals until the power does. */
    log->pending = 0;
    log->label = counted;
  }
  log->counts[counted]++;
  log->pending++;
  if (log->pending == UINT16_MAX || now >= log->next_count) {
    event_log_end(log, now);
    uint32_t longer = 2u * log->interval < EARLY_COUNT ? 2u * log->interval : EARLY_COUNT;
    log->interval = now < EARLY ? longer : COUNT;
    log->next_count = now + log->interval;
  }
}

void event_log_end(event_log *log, uint32_t now) {
  if (log->begun && log->pending > 0) (void)append(log, KIND_COUNT, NO_LABEL, event_log_time(log, now), 0);
}

/* Walks over the events from the oldest page on; copies those from number `from` on, `max` at most. Returns how many there are in all. */
static uint32_t walk(const event_log *log, uint32_t from, uint32_t max, event_log_event *out, uint32_t *copied) {
  uint32_t number = 0;
  *copied = 0;
  if (log->page == NO_PAGE) return 0;
  head h;
  uint32_t after = 0;
  for (int32_t page = page_after(log, after, &h); page != NO_PAGE; page = page_after(log, after, &h)) {
    record r;
    bool valid;
    after = h.sequence;
    uint32_t boot = h.boots;
    for (uint32_t i = 0; i < log->records; i++) {
      if (!read_record(log, page, i, &r, &valid) || !valid) continue;
      if (r.kind == KIND_START) boot = r.value;
      if (r.kind != KIND_EVENT) continue;
      if (number >= from && *copied < max) {
        event_log_event *event = &out[(*copied)++];
        event->time = r.time;
        event->boot = (uint16_t)boot;
        event->label = r.label;
        memcpy(&event->score, &r.value, 4);
      }
      number++;
    }
  }
  return number;
}

uint32_t event_log_count(const event_log *log) {
  uint32_t copied;
  return walk(log, 0, 0, NULL, &copied);
}

uint32_t event_log_read(const event_log *log, uint32_t from, uint32_t max, event_log_event *out) {
  uint32_t copied;
  walk(log, from, max, out, &copied);
  return copied;
}
