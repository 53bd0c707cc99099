/*
 * An int8 TensorFlow Lite model run by TensorFlow Lite Micro in memory of the caller. One at a time. Knows no package and no
 * features.
 */
#ifndef LIMPET_CLASSIFIER_H
#define LIMPET_CLASSIFIER_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  CLASSIFIER_CORRUPT = -1,
  /* An operation or a type that this build lacks. */
  CLASSIFIER_UNSUPPORTED = -2,
  /* The arena is too small. */
  CLASSIFIER_TOO_LARGE = -3,
};

typedef struct {
  int8_t *input;
  uint32_t input_count;
  const int8_t *output;
  uint32_t output_count;
  /* Bytes of the arena in use. */
  uint32_t arena_used;
} classifier;

/*
 * Makes a model ready; it stays where it is (aligned to 16) and is read in place. `arena` is aligned to 16 and belongs to the
 * classifier until the next load. Returns 0 or a negative error.
 */
int classifier_load(const uint8_t *model, uint32_t count, uint8_t *arena, uint32_t arena_bytes, classifier *out);

/* Runs the network on `input` into `output`. Returns 0 or CLASSIFIER_CORRUPT. */
int classifier_invoke(void);

#ifdef __cplusplus
}
#endif

#endif
