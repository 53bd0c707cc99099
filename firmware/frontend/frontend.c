#include "frontend.h"

#include "../classifier/model_package.h"
#include "blocks.h"

#define BLOCK_VERSION 1u

typedef struct {
  int (*measure)(const block_input *input, block_size *out);
  void (*compute)(const block_input *input, const float *window, void *scratch, float *features);
} block;

/* By their numbers in FRNT. */
static const block BLOCKS[] = {
    {block_raw_measure, block_raw_compute},
    {block_spectral_measure, block_spectral_compute},
    {block_log_mel_measure, block_log_mel_compute},
    {block_mfcc_measure, block_mfcc_compute},
};
#define BLOCK_COUNT (sizeof BLOCKS / sizeof BLOCKS[0])

static block_input input_of(const model_package_input *from, bool repeated) {
  block_input input = {from->parameters.bytes, from->parameters.count, from->rate_hz, from->channels,
                       from->window_samples,  from->stride_samples,   NULL,          0, repeated};
  return input;
}

/* Each input's part of what is kept is aligned as the whole. */
static uint32_t padded(uint32_t bytes) { return (bytes + 15u) & ~15u; }

int frontend_measure(const uint8_t *frnt, uint32_t count, frontend_size *out) {
  model_package_input inputs[MODEL_PACKAGE_MAX_INPUTS];
  int number = model_package_read_frontend(frnt, count, inputs);
  *out = (frontend_size){0, 0, 0, 0};
  if (number < 0) return number == MODEL_PACKAGE_UNSUPPORTED ? FRONTEND_UNSUPPORTED : FRONTEND_CORRUPT;
  for (int i = 0; i < number; i++) {
    block_input input = input_of(&inputs[i], false);
    block_size size;
    if (inputs[i].block >= BLOCK_COUNT || inputs[i].block_version != BLOCK_VERSION) return FRONTEND_UNSUPPORTED;
    int status = BLOCKS[inputs[i].block].measure(&input, &size);
    if (status != 0) return status;
    out->window_values += input.samples * input.channels;
    out->feature_count += size.features;
    out->kept_bytes += padded(size.kept_bytes);
    if (size.scratch_bytes > out->scratch_bytes) out->scratch_bytes = size.scratch_bytes;
  }
  return 0;
}

static void compute(const uint8_t *frnt, uint32_t count, const float *window, void *scratch, void *kept, const uint32_t *moved,
                    bool repeated, float *features) {
  uint8_t *left = kept;
  model_package_input inputs[MODEL_PACKAGE_MAX_INPUTS];
  int number = model_package_read_frontend(frnt, count, inputs);
  for (int i = 0; i < number; i++) {
    /* Inputs share the work space: tables of one are gone after the next. */
    block_input input = input_of(&inputs[i], repeated && number == 1);
    const block *b = &BLOCKS[inputs[i].block];
    block_size size;
    b->measure(&input, &size);
    if (left != NULL && size.kept_bytes > 0) {
      input.kept = (float *)(void *)left;
      input.moved = moved[i];
      left += padded(size.kept_bytes);
    }
    b->compute(&input, window, scratch, features);
    window += input.samples * input.channels;
    features += size.features;
  }
}

void frontend_compute(const uint8_t *frnt, uint32_t count, const float *window, void *scratch, float *features) {
  compute(frnt, count, window, scratch, NULL, NULL, false, features);
}

void frontend_repeat(const uint8_t *frnt, uint32_t count, const float *window, void *scratch, float *features) {
  compute(frnt, count, window, scratch, NULL, NULL, true, features);
}

void frontend_advance(const uint8_t *frnt, uint32_t count, const float *window, void *scratch, void *kept, const uint32_t *moved,
                      float *features) {
  compute(frnt, count, window, scratch, kept, moved, false, features);
}
