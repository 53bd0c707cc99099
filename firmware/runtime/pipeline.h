/*
 * An installed model package made ready to run: windows in, features and scores out. Splits one pool into the window, the
 * front end's scratch and the network's arena; takes no other memory. Knows no sensor's driver, no link and no flash.
 */
#ifndef LIMPET_PIPELINE_H
#define LIMPET_PIPELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../classifier/classifier.h"
#include "../classifier/model_package.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PIPELINE_MAX_INPUTS 4
#define PIPELINE_MAX_SCORES 64
#define PIPELINE_UNKNOWN 255u

enum {
  PIPELINE_OK = 0,
  PIPELINE_CORRUPT = -1,
  PIPELINE_UNSUPPORTED = -2,
  PIPELINE_TOO_LARGE = -3,
};

/* One input of the model: which sensor, which of its channels, how much of it. */
typedef struct {
  char sensor[17];
  float rate_hz;
  uint8_t channels;
  uint8_t channel[8];
  uint32_t window_samples;
  /* Where its samples begin in the window, in values. */
  uint32_t first_value;
} pipeline_input;

/* Counts instructions or cycles up from some moment on; returns 0 always where a board cannot. */
typedef uint32_t (*pipeline_counter)(void *context);

typedef struct {
  model_package package;
  uint8_t input_count;
  pipeline_input inputs[PIPELINE_MAX_INPUTS];

  /* In the pool: samples in physical units, inputs in order, each interleaved by channel. */
  float *window;
  uint32_t window_values;
  /* In the pool: what the last run gave. Features are before normalisation. */
  float *features;
  uint32_t feature_count;
  int8_t *quantised;
  int8_t raw[PIPELINE_MAX_SCORES];
  float scores[PIPELINE_MAX_SCORES];
  uint16_t score_count;
  /* Distance from the recorded states; 0 where the package has none. */
  float anomaly;
  uint32_t frontend_count;
  uint32_t network_count;

  uint32_t arena_bytes;
  uint32_t pool_bytes;
  pipeline_counter counter;
  void *counter_context;
  void *scratch;
  /* In the pool: what the front end keeps for the next window of a live signal; NULL where it can use nothing again. */
  void *kept;
  classifier network;
} pipeline;

/* What a package's golden vectors gave. */
typedef struct {
  uint8_t run;
  uint8_t identical;
  /* First stage that differed: 0 none, 1 features, 2 quantised input, 3 scores, 4 anomaly score. */
  uint8_t stage;
} pipeline_self_test;

/*
 * Makes a package ready; it stays where it is (16-byte aligned) and is read in place. Returns PIPELINE_OK or the reason why it
 * cannot run here. One pipeline at a time uses a pool.
 */
int pipeline_load(pipeline *p, const uint8_t *package, uint32_t package_bytes, uint8_t *pool, uint32_t pool_bytes,
                  pipeline_counter counter, void *counter_context);

/* Runs front end and network on `window` as it is. Returns PIPELINE_OK or PIPELINE_CORRUPT where the network fails. */
int pipeline_run(pipeline *p);

/*
 * The same for a window that follows the one of the last pipeline_advance: `moved` says by how many samples each input has moved on since;
 * 0 where nothing is shared. What the windows share is not computed again; the results have the same bits.
 */
int pipeline_advance(pipeline *p, const uint32_t *moved);

/* Whether the last window is farther from the recorded states than the package's threshold. */
bool pipeline_is_anomaly(const pipeline *p);

/*
 * What the last window is called: the label with the highest score; PIPELINE_UNKNOWN where that is below its threshold, where the window is an
 * anomaly and the label is one of the recorded states, and for a value.
 */
uint8_t pipeline_label(const pipeline *p);

/* Runs the package's golden vectors. Returns PIPELINE_OK where all are identical, else PIPELINE_CORRUPT. Changes the window. */
int pipeline_test(pipeline *p, pipeline_self_test *result);

#ifdef __cplusplus
}
#endif

#endif
