/*
 * The front end: a window of samples to features, by the configuration in a package's FRNT section (docs/model-package.md).
 * Pure functions over the caller's buffers; the same bits on every target (-ffp-contract=off -fno-math-errno).
 */
#ifndef LIMPET_FRONTEND_H
#define LIMPET_FRONTEND_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Goes up when any feature of any block changes by a bit. In HELLO and in every package. */
#define FRONTEND_VERSION 2

enum {
  FRONTEND_CORRUPT = -1,
  FRONTEND_UNSUPPORTED = -2,
};

/* What a configuration asks for. */
typedef struct {
  /* Values of one window: samples of all inputs in order, each interleaved by channel. */
  uint32_t window_values;
  uint32_t feature_count;
  /* Bytes of scratch that frontend_compute needs, aligned to 16. */
  uint32_t scratch_bytes;
  /* Bytes that frontend_advance keeps from one window to the next, aligned to 16; 0 where nothing can be used again. */
  uint32_t kept_bytes;
} frontend_size;

/* Checks a FRNT section. Returns 0 or a negative error. */
int frontend_measure(const uint8_t *frnt, uint32_t count, frontend_size *out);

/*
 * Computes the features of one window, before normalisation. `frnt` has passed frontend_measure; `window` holds window_values in
 * physical units, `features` feature_count, `scratch` scratch_bytes.
 */
void frontend_compute(const uint8_t *frnt, uint32_t count, const float *window, void *scratch, float *features);

/* The same of a further window, in a `scratch` as the call before on this `frnt` has left it: what does not depend on the window is in it. */
void frontend_repeat(const uint8_t *frnt, uint32_t count, const float *window, void *scratch, float *features);

/*
 * The same features of a window that follows another one: frames that both share are not computed again. `kept` holds kept_bytes that
 * the call before has left; `moved` says by how many samples the window of each input has moved since then, all 0 the first time.
 */
void frontend_advance(const uint8_t *frnt, uint32_t count, const float *window, void *scratch, void *kept, const uint32_t *moved,
                      float *features);

#ifdef __cplusplus
}
#endif

#endif
