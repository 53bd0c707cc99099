/* Block `raw`: the samples themselves, averaged and scaled, as [time, channel]. */
#include "blocks.h"

#include "../link/wire.h"
#include "frontend.h"

typedef struct {
  float scale;
  uint32_t decimation;
} parameters;

static parameters read(const block_input *input, bool *missing) {
  wire_reader r = wire_reader_on(input->parameters, input->parameter_bytes);
  parameters p;
  p.scale = wire_get_f32(&r);
  p.decimation = wire_get_u32(&r);
  *missing = r.missing;
  return p;
}

void block_decimate(const block_input *input, const float *window, uint32_t channel, float scale, uint32_t decimation,
                    float *out, uint32_t stride) {
  uint32_t count = input->samples / decimation;
  float factor = scale / (float)decimation;
  const float *from = window + channel;
  uint32_t channels = input->channels;
  if (decimation == 1) {
    /* The same sums, of one sample each: 0 + x is not always x (-0 becomes 0). */
    for (uint32_t i = 0; i < count; i++) {
      *out = (0.0f + *from) * factor;
      out += stride;
      from += channels;
    }
    return;
  }
  for (uint32_t i = 0; i < count; i++) {
    float sum = 0.0f;
    for (uint32_t k = 0; k < decimation; k++) {
      sum += *from;
      from += channels;
    }
    out[(size_t)i * stride] = sum * factor;
  }
}

int block_raw_measure(const block_input *input, block_size *out) {
  bool missing;
  parameters p = read(input, &missing);
  if (missing || !block_is_finite(p.scale) || p.decimation == 0 || p.decimation > input->samples) return FRONTEND_CORRUPT;
  *out = (block_size){input->samples / p.decimation * input->channels, 0, 0};
  return 0;
}

void block_raw_compute(const block_input *input, const float *window, void *scratch, float *features) {
  bool missing;
  parameters p = read(input, &missing);
  (void)scratch;
  for (uint32_t c = 0; c < input->channels; c++) {
    block_decimate(input, window, c, p.scale, p.decimation, features + c, input->channels);
  }
}
