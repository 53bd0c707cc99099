/* The feature blocks as the front end calls them: one input's window to its features. For firmware/frontend only. */
#ifndef LIMPET_BLOCKS_H
#define LIMPET_BLOCKS_H

#include <stdbool.h>
#include <stdint.h>

/* Powers and mean squares below this count as this, before a logarithm. */
#define BLOCK_FLOOR 1e-10f

typedef struct {
  /* The block's parameters in FRNT. */
  const uint8_t *parameters;
  uint32_t parameter_bytes;
  float rate_hz;
  uint32_t channels;
  /* Samples of one channel in the window. */
  uint32_t samples;
  /* Distance of windows in samples, as FRNT has it. */
  uint32_t stride;
  /* What the window before has left, and by how many samples this one lies behind it; NULL and 0 where there is none. */
  float *kept;
  uint32_t moved;
  /* The work space is as the call before has left it, which had the same parameters: tables in it need not be made again. */
  bool repeated;
} block_input;

typedef struct {
  uint32_t features;
  /* Bytes of work space, aligned to 16. */
  uint32_t scratch_bytes;
  /* Bytes worth keeping for the next window. */
  uint32_t kept_bytes;
} block_size;

/* Each pair: `measure` checks the parameters (0, FRONTEND_CORRUPT or FRONTEND_UNSUPPORTED), `compute` relies on that. */
int block_raw_measure(const block_input *input, block_size *out);
void block_raw_compute(const block_input *input, const float *window, void *scratch, float *features);
int block_spectral_measure(const block_input *input, block_size *out);
void block_spectral_compute(const block_input *input, const float *window, void *scratch, float *features);
int block_log_mel_measure(const block_input *input, block_size *out);
void block_log_mel_compute(const block_input *input, const float *window, void *scratch, float *features);
int block_mfcc_measure(const block_input *input, block_size *out);
void block_mfcc_compute(const block_input *input, const float *window, void *scratch, float *features);

/* Whether a number can be calculated with. */
static inline bool block_is_finite(float x) { return x - x == 0.0f; }

/*
 * One channel of the window, every `decimation` samples averaged to one, times `scale`. Writes samples / decimation values,
 * `stride` apart.
 */
void block_decimate(const block_input *input, const float *window, uint32_t channel, float scale, uint32_t decimation,
                    float *out, uint32_t stride);

#endif
