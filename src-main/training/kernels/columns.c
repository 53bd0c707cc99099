/*
 * Passes over rows of `channels` values in which each channel has its own parameters or sums: bias, batch normalisation. They
 * go through blocks of rows that stay in the first cache, four channels at a time with the parameters in registers.
 */
#include "kernels.h"

/* Floats of a block of rows: 8 KB. */
#define BLOCK 2048

static inline int block_rows(int channels) { return channels >= BLOCK ? 1 : BLOCK / channels; }

/* Opens loops over blocks [from, to) of rows. */
#define FOR_BLOCKS(rows, channels)                                              \
  for (int from = 0, size = block_rows(channels), to; from < (rows); from = to) \
    if ((to = from + size < (rows) ? from + size : (rows)) > from)

/* Adds `bias` [channels] to each of `rows` rows and, where `rectify` is not 0, takes max(0, value). */
KERNEL(add_bias)(float *values, int rows, int channels, const float *bias, int rectify) {
  const v128_t lowest = rectify ? wasm_f32x4_const_splat(0.0f) : wasm_f32x4_const_splat(-__builtin_inff());
  FOR_BLOCKS(rows, channels) {
    int c = 0;
    for (; c + 4 <= channels; c += 4) {
      const v128_t offset = load4(bias + c);
      for (int r = from; r < to; r++) {
        float *at = values + r * channels + c;
        store4(at, wasm_f32x4_pmax(wasm_f32x4_add(load4(at), offset), lowest));
      }
    }
    for (; c < channels; c++) {
      for (int r = from; r < to; r++) {
        const float value = values[r * channels + c] + bias[c];
        values[r * channels + c] = rectify && value < 0.0f ? 0.0f : value;
      }
    }
  }
}

/* sums[c] += sum over rows of values[r, c]. */
KERNEL(add_column_sums)(const float *values, int rows, int channels, float *sums) {
  FOR_BLOCKS(rows, channels) {
    int c = 0;
    for (; c + 4 <= channels; c += 4) {
      v128_t sum = wasm_f32x4_const_splat(0.0f);
      for (int r = from; r < to; r++) sum = wasm_f32x4_add(sum, load4(values + r * channels + c));
      store4(sums + c, wasm_f32x4_add(load4(sums + c), sum));
    }
    for (; c < channels; c++) {
      float sum = 0.0f;
      for (int r = from; r < to; r++) sum += values[r * channels + c];
      sums[c] += sum;
    }
  }
}

/* sums[c] += sum over rows of (values[r, c] - mean[c]) squared. */
KERNEL(add_column_squares)(const float *values, int rows, int channels, const float *mean, float *sums) {
  FOR_BLOCKS(rows, channels) {
    int c = 0;
    for (; c + 4 <= channels; c += 4) {
      const v128_t centre = load4(mean + c);
      v128_t sum = wasm_f32x4_const_splat(0.0f);
      for (int r = from; r < to; r++) {
        const v128_t value = wasm_f32x4_sub(load4(values + r * channels + c), centre);
        sum = multiply_add(sum, value, value);
      }
      store4(sums + c, wasm_f32x4_add(load4(sums + c), sum));
    }
    for (; c < channels; c++) {
      float sum = 0.0f;
      for (int r = from; r < to; r++) {
        const float value = values[r * channels + c] - mean[c];
        sum += value * value;
      }
      sums[c] += sum;
    }
  }
}

/* out[r, c] = values[r, c] * factor[c] + offset[c], rectified where `rectify_after` is not 0. */
KERNEL(scale_columns)(const float *values, int rows, int channels, const float *factor, const float *offset,
                      int rectify_after, float *out) {
  const v128_t lowest = rectify_after ? wasm_f32x4_const_splat(0.0f) : wasm_f32x4_const_splat(-__builtin_inff());
  FOR_BLOCKS(rows, channels) {
    int c = 0;
    for (; c + 4 <= channels; c += 4) {
      const v128_t scale = load4(factor + c), shift = load4(offset + c);
      for (int r = from; r < to; r++) {
        store4(out + r * channels + c,
               wasm_f32x4_pmax(multiply_add(shift, load4(values + r * channels + c), scale), lowest));
      }
    }
    for (; c < channels; c++) {
      for (int r = from; r < to; r++) {
        const float value = offset[c] + values[r * channels + c] * factor[c];
        out[r * channels + c] = rectify_after && value < 0.0f ? 0.0f : value;
      }
    }
  }
}

/*
 * Sums of the gradient of batch normalisation: sums[c] += sum of dy, sums[channels + c] += sum of dy * (x - mean). Where
 * `rectified` is not 0, dy is first set to 0 in place where the rectifier's output `out` is not above 0.
 */
KERNEL(add_normalisation_sums)(float *gradient, const float *values, const float *out, int rows, int channels,
                               const float *mean, int rectified, float *sums) {
  const v128_t none = wasm_f32x4_const_splat(0.0f);
  float *products = sums + channels;
  FOR_BLOCKS(rows, channels) {
    int c = 0;
    for (; c + 4 <= channels; c += 4) {
      const v128_t centre = load4(mean + c);
      v128_t sum = none, product = none;
      for (int r = from; r < to; r++) {
        const int at = r * channels + c;
        v128_t slope = load4(gradient + at);
        if (rectified) {
          slope = wasm_v128_and(slope, wasm_f32x4_gt(load4(out + at), none));
          store4(gradient + at, slope);
        }
        sum = wasm_f32x4_add(sum, slope);
        product = multiply_add(product, slope, wasm_f32x4_sub(load4(values + at), centre));
      }
      store4(sums + c, wasm_f32x4_add(load4(sums + c), sum));
      store4(products + c, wasm_f32x4_add(load4(products + c), product));
    }
    for (; c < channels; c++) {
      float sum = 0.0f, product = 0.0f;
      for (int r = from; r < to; r++) {
        const int at = r * channels + c;
        if (rectified && !(out[at] > 0.0f)) gradient[at] = 0.0f;
        sum += gradient[at];
        product += gradient[at] * (values[at] - mean[c]);
      }
      sums[c] += sum;
      products[c] += product;
    }
  }
}

/* In place: gradient = gradient * factor[c] + values * tilt[c] + offset[c], the gradient of batch normalisation. */
KERNEL(normalisation_gradient)(float *gradient, const float *values, int rows, int channels, const float *factor,
                               const float *tilt, const float *offset) {
  FOR_BLOCKS(rows, channels) {
    int c = 0;
    for (; c + 4 <= channels; c += 4) {
      const v128_t scale = load4(factor + c), slope = load4(tilt + c), shift = load4(offset + c);
      for (int r = from; r < to; r++) {
        float *at = gradient + r * channels + c;
        const v128_t sum = multiply_add(shift, load4(at), scale);
        store4(at, multiply_add(sum, load4(values + r * channels + c), slope));
      }
    }
    for (; c < channels; c++) {
      for (int r = from; r < to; r++) {
        const int at = r * channels + c;
        gradient[at] = offset[c] + gradient[at] * factor[c] + values[at] * tilt[c];
      }
    }
  }
}
