/*
 * What the runtime asks of a board's sensors. A driver samples on its own clock into a buffer of its own and never waits; who
 * reads too late misses the oldest samples, and the index of the next ones says how many. Two readers, each with its own start
 * and place: the stream to the laptop and the classifier.
 */
#ifndef LIMPET_SENSOR_H
#define LIMPET_SENSOR_H

#include <stdbool.h>
#include <stdint.h>

#define SENSOR_MAX 4
#define SENSOR_MAX_CHANNELS 8
#define SENSOR_MAX_RATES 8

enum { SENSOR_INT16 = 0, SENSOR_FLOAT32 = 1 };
enum { SENSOR_STREAM = 0, SENSOR_LIVE = 1, SENSOR_READERS = 2 };

typedef struct {
  char id[17];
  /* As in HELLO. */
  uint8_t kind;
  uint8_t sample_type;
  uint8_t channels;
  /* Physical value of one count. */
  float resolution;
  char unit[9];
  char channel_names[SENSOR_MAX_CHANNELS][17];
  uint8_t rate_count;
  /* Hertz, the default first. */
  float rates[SENSOR_MAX_RATES];
} sensor_description;

/* Samples produced since the start and those that the reader came too late for. */
typedef struct {
  uint64_t produced;
  uint64_t dropped;
} sensor_counts;

typedef struct {
  void *context;
  uint8_t count;
  const sensor_description *descriptions;
  /* Begins at sample 0 at `now_us`. Returns 0, or a negative number where the sensor fails. */
  int (*start)(void *context, int reader, uint8_t sensor, float rate_hz, uint64_t now_us);
  /* No sample after `now_us` will come; those before can still be read. */
  void (*stop)(void *context, int reader, uint8_t sensor, uint64_t now_us);
  /*
   * Reads at most `max` whole samples that are due at `now_us`, as sampled and interleaved, into `out`; `first` is the index of
   * the first. Returns how many; 0 where none is due; a negative number where the sensor fails.
   */
  int32_t (*read)(void *context, int reader, uint8_t sensor, uint64_t now_us, void *out, uint32_t max, uint64_t *first);
  /* Whole samples that could be read now. */
  uint32_t (*due)(void *context, int reader, uint8_t sensor, uint64_t now_us);
  sensor_counts (*counts)(void *context, int reader, uint8_t sensor, uint64_t now_us);
  /*
   * Reads samples of a stored signal by their index, for replay. Returns how many (fewer only at the end of the signal), or a
   * negative number. NULL on boards that store none.
   */
  int32_t (*read_stored)(void *context, uint8_t sensor, uint64_t first, void *out, uint32_t count);
  /*
   * After a start: sample 0 is what the stored signal holds `us` microseconds from its begin. So a signal goes on while a board rests between two
   * windows, as a machine does. NULL on boards that store none.
   */
  void (*play_from)(void *context, int reader, uint8_t sensor, uint64_t us);
} sensor_port;

static inline uint32_t sensor_sample_bytes(const sensor_description *d) {
  return (uint32_t)d->channels * (d->sample_type == SENSOR_INT16 ? 2u : 4u);
}

#endif
