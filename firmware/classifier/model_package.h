/*
 * A model package (docs/model-package.md) where it lies: finds and checks its parts, copies nothing. Knows no flash and runs
 * nothing.
 */
#ifndef LIMPET_MODEL_PACKAGE_H
#define LIMPET_MODEL_PACKAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MODEL_PACKAGE_VERSION 1
#define MODEL_PACKAGE_MAX_INPUTS 4
#define MODEL_PACKAGE_MAX_CHANNELS 7
#define MODEL_PACKAGE_MAX_LABELS 64
#define MODEL_PACKAGE_MAX_STATES 64

enum {
  MODEL_PACKAGE_OK = 0,
  MODEL_PACKAGE_CORRUPT = -1,
  MODEL_PACKAGE_UNSUPPORTED = -2,
};

typedef struct {
  const uint8_t *bytes;
  uint32_t count;
} model_package_section;

/* One input of FRNT; `parameters` are those of its block. */
typedef struct {
  char sensor[17];
  float rate_hz;
  uint8_t channels;
  uint8_t channel[MODEL_PACKAGE_MAX_CHANNELS];
  uint32_t window_samples;
  uint32_t stride_samples;
  uint8_t block;
  uint8_t block_version;
  model_package_section parameters;
} model_package_input;

/* ANOM: the states that were recorded; `states` is 0 where the package has none. */
typedef struct {
  uint16_t states;
  /* Features of a state. */
  uint32_t features;
  float threshold;
  /* Bit i: label i is one of the recorded states' labels. */
  uint64_t labels;
  /* float32, little-endian, by state. */
  const uint8_t *mean;
  const uint8_t *weight;
} model_package_anomaly;

/* ALON: how the board runs by itself. */
typedef struct {
  /* Between the starts of two windows; 0: windows follow each other by their stride. */
  uint32_t period_ms;
  /* From power-on, or from the laptop's last request, until it begins. */
  uint32_t grace_ms;
  /* Labels that the board's light shows: bit i for label i, and whether an unknown state is one. */
  uint64_t labels;
  bool unknown;
  /* Windows in a row that must be called alike until the state counts as changed, 1 at least. */
  uint8_t confirm;
} model_package_alone;

typedef struct {
  const uint8_t *bytes;
  uint32_t count;
  uint16_t frontend_version;
  /* SHA-256, 32 bytes. */
  const uint8_t *hash;
  model_package_section frontend;
  model_package_section network;
  /* u8 length and UTF-8 bytes; count 0 where it has no name. */
  model_package_section name;
  /* For each label u8 length and UTF-8 bytes. */
  model_package_section labels;
  model_package_section golden;

  uint8_t input_count;
  model_package_input inputs[MODEL_PACKAGE_MAX_INPUTS];
  /* Values of one window, all inputs. */
  uint32_t window_values;

  /* float32, little-endian; both NULL where features are not normalised. */
  uint32_t normalised_count;
  const uint8_t *mean;
  const uint8_t *factor;

  bool regression;
  uint8_t label_count;
  uint32_t arena_bytes;
  float input_scale;
  int32_t input_zero_point;
  float output_scale;
  int32_t output_zero_point;
  uint32_t stride_samples;
  float thresholds[MODEL_PACKAGE_MAX_LABELS];

  model_package_anomaly anomaly;
  model_package_alone alone;
} model_package;

/* One golden vector. */
typedef struct {
  /* 0 generated, 1 stored. */
  uint8_t kind;
  uint32_t seed;
  float amplitude;
  model_package_section samples;
  uint32_t features_crc;
  uint32_t quantised_crc;
  uint16_t score_count;
  const int8_t *scores;
  /* Where the package has ANOM. */
  float anomaly;
} model_package_golden;

/*
 * Reads FRNT by itself. Returns the number of inputs, or a negative error. `inputs` holds MODEL_PACKAGE_MAX_INPUTS.
 */
int model_package_read_frontend(const uint8_t *bytes, uint32_t count, model_package_input *inputs);

/* Checks and reads a package of `count` bytes; it stays where it is. Returns MODEL_PACKAGE_OK or a negative error. */
int model_package_read(const uint8_t *bytes, uint32_t count, model_package *out);

uint16_t model_package_golden_count(const model_package *package);

/* Reads the golden vector at `*at` (0 for the first) and moves `*at` behind it. Returns false where it is cut off. */
bool model_package_next_golden(const model_package *package, uint32_t *at, model_package_golden *out);

#ifdef __cplusplus
}
#endif

#endif
