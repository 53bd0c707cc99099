/*
 * A log of what a board saw by itself, in a ring of whole flash pages: events, and for each label how many windows were called by it. Pages
 * are erased in turn, so that all wear alike; power may fail between and within any two operations, and what was written before is
 * still there (layout: docs/protocol.md, "Event log"). Knows no link, no sensor and no model but the name that its owner gives.
 */
#ifndef LIMPET_EVENT_LOG_H
#define LIMPET_EVENT_LOG_H

#include "store.h"

/* Labels that are counted; the last one is for unknown. */
#define EVENT_LOG_LABELS 65u
#define EVENT_LOG_UNKNOWN 64u
#define EVENT_LOG_OWNER_BYTES 8u

typedef struct {
  store_flash flash;
  uint32_t base;
  uint32_t pages;
  /* Page in use; -1 where there is no log yet. */
  int32_t page;
  uint32_t sequence;
  /* Sequence number of the page that the log begins with. */
  uint32_t first;
  /* Number of the next free record in the page, and how many a page has. */
  uint32_t record;
  uint32_t records;
  uint32_t events;
  uint8_t owner[EVENT_LOG_OWNER_BYTES];
  /* Starts of the board that are in the log; whether this one is. */
  uint32_t boots;
  bool begun;
  /* Time that the board has run, tenths of a second: before this start, and at the last record. */
  uint32_t before;
  uint32_t last;
  /* Windows by label, those that are not in the flash yet included. */
  uint32_t counts[EVENT_LOG_LABELS];
  /* What is not in the flash yet: windows of one label. */
  uint8_t label;
  uint16_t pending;
  uint32_t next_count;
  uint32_t interval;
} event_log;

typedef struct {
  /* Tenths of a second of running since the log began. */
  uint32_t time;
  uint16_t boot;
  /* EVENT_LOG_UNKNOWN: none of the labels. */
  uint8_t label;
  float score;
} event_log_event;

/* Looks for a log in `bytes` of flash from `base` on, whole pages, two at least. Writes nothing. STORE_OK, or STORE_ARGUMENT. */
int event_log_open(event_log *log, const store_flash *flash, uint32_t base, uint32_t bytes);

/* Whether there is a log of this owner. */
bool event_log_is_of(const event_log *log, const uint8_t owner[EVENT_LOG_OWNER_BYTES]);

/*
 * The board begins to look by itself; `now` is its time since its start, tenths of a second, here and below. A log of another owner gives way to
 * an empty one. STORE_OK, or STORE_FLASH.
 */
int event_log_begin(event_log *log, const uint8_t owner[EVENT_LOG_OWNER_BYTES], uint32_t now);

/* A window was called `label`. An event where the window before was called otherwise, or is the first since event_log_begin. */
void event_log_window(event_log *log, uint32_t now, uint8_t label, float score);

/* Writes what is not in the flash yet: the board ends to look. */
void event_log_end(event_log *log, uint32_t now);

/* Begins anew, with nothing in it. */
int event_log_clear(event_log *log);

/* Time that the log covers at `now`. */
uint32_t event_log_time(const event_log *log, uint32_t now);

/* Events that are still there. */
uint32_t event_log_count(const event_log *log);

/* Copies at most `max` events from number `from` on, the oldest that is still there being 0. Returns how many. */
uint32_t event_log_read(const event_log *log, uint32_t from, uint32_t max, event_log_event *out);

#endif
