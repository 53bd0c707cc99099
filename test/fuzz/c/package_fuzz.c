/*
 * Fuzzes the reader of model packages and the front end's configuration. Head, length and check sum are set right, so that what
 * is behind them is reached; the bytes lie in a block of exactly their size, so that a step over the end is seen.
 */
#include <stdlib.h>
#include <string.h>

#include "../../../firmware/classifier/model_package.h"
#include "../../../firmware/frontend/frontend.h"
#include "../../../firmware/link/crc32.h"

#define HEADER 64u
/* Windows and scratch beyond this are not computed: that would only be slow. */
#define MOST_VALUES 20000u
#define MOST_SCRATCH (1u << 20)

static void put(uint8_t *at, uint32_t value) {
  for (unsigned i = 0; i < 4; i++) at[i] = (uint8_t)(value >> (8 * i));
}

static uint32_t touch(const uint8_t *bytes, uint32_t count) {
  uint32_t sum = 0;
  for (uint32_t i = 0; i < count; i++) sum += bytes[i];
  return sum;
}

static void compute(const uint8_t *frnt, uint32_t count) {
  frontend_size size;
  if (frontend_measure(frnt, count, &size) != 0) return;
  if (size.window_values > MOST_VALUES || size.feature_count > MOST_VALUES || size.scratch_bytes > MOST_SCRATCH) return;
  float *window = malloc(sizeof(float) * (size.window_values + 1));
  float *features = malloc(sizeof(float) * (size.feature_count + 1));
  void *scratch = aligned_alloc(16, ((size_t)size.scratch_bytes + 31u) & ~(size_t)15u);
  for (uint32_t i = 0; i < size.window_values; i++) window[i] = (float)((int)(i * 2654435761u >> 20) - 2048) / 512.0f;
  frontend_compute(frnt, count, window, scratch, features);
  volatile float last = size.feature_count > 0 ? features[size.feature_count - 1] : 0.0f;
  (void)last;
  free(window);
  free(features);
  free(scratch);
}

static volatile uint32_t sink;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < HEADER || size > 65536) return 0;
  uint8_t *bytes = aligned_alloc(16, (size + 15u) & ~(size_t)15u);
  uint8_t *exact = malloc(size);
  memcpy(bytes, data, size);
  memcpy(bytes, "LMPK", 4);
  bytes[4] = 1;
  bytes[5] = 0;
  put(bytes + 8, (uint32_t)size);
  put(bytes + 12, crc32_update(0, bytes + 16, (uint32_t)size - 16u));
  memcpy(exact, bytes, size);
  free(bytes);

  model_package package;
  if (model_package_read(exact, (uint32_t)size, &package) == MODEL_PACKAGE_OK) {
    sink = touch(package.network.bytes, package.network.count) + touch(package.labels.bytes, package.labels.count) +
           touch(package.name.bytes, package.name.count);
    if (package.normalised_count > 0) {
      sink = touch(package.mean, package.normalised_count * 4u) + touch(package.factor, package.normalised_count * 4u);
    }
    uint32_t at = 0;
    model_package_golden golden;
    for (uint16_t i = 0; i < model_package_golden_count(&package); i++) {
      if (!model_package_next_golden(&package, &at, &golden)) break;
      sink = touch(golden.samples.bytes, golden.samples.count) + touch((const uint8_t *)golden.scores, golden.score_count);
    }
    compute(package.frontend.bytes, package.frontend.count);
  }
  /* The configuration by itself, as the twin reads it. */
  uint8_t *frnt = malloc(size - HEADER + 1u);
  memcpy(frnt, data + HEADER, size - HEADER);
  compute(frnt, (uint32_t)(size - HEADER));
  free(frnt);
  free(exact);
  return 0;
}
