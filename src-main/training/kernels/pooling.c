/* Pooling of one image [height, width, channels] with its gradients. Windows may hang over the edges (padding "same"). */
#include "kernels.h"

static inline void clear_row(float *to, int count) {
  int i = 0;
  for (; i + 4 <= count; i += 4) store4(to + i, wasm_f32x4_const_splat(0.0f));
  for (; i < count; i++) to[i] = 0.0f;
}

static inline void add_scaled(const float *from, float factor, float *to, int count) {
  const v128_t factors = wasm_f32x4_splat(factor);
  int i = 0;
  for (; i + 4 <= count; i += 4) store4(to + i, multiply_add(load4(to + i), load4(from + i), factors));
  for (; i < count; i++) to[i] += from[i] * factor;
}

/*
 * Maximum of every window; `places` gets the index in the image of the value that was taken (of equal ones the first), for the
 * gradient.
 */
KERNEL(max_pool)(const float *image, int height, int width, int channels, int size_height, int size_width,
                 int stride_height, int stride_width, int top, int left, int out_height, int out_width, float *out,
                 int32_t *places) {
  for (int oy = 0; oy < out_height; oy++) {
    for (int ox = 0; ox < out_width; ox++, out += channels, places += channels) {
      int first = 1;
      for (int ky = 0; ky < size_height; ky++) {
        const int y = oy * stride_height - top + ky;
        if (y < 0 || y >= height) continue;
        for (int kx = 0; kx < size_width; kx++) {
          const int x = ox * stride_width - left + kx;
          if (x < 0 || x >= width) continue;
          const int place = (y * width + x) * channels;
          int c = 0;
          for (; c + 4 <= channels; c += 4) {
            const v128_t value = load4(image + place + c);
            const v128_t best = load4(out + c);
            const v128_t better = first ? wasm_i32x4_const_splat(-1) : wasm_f32x4_gt(value, best);
            const v128_t here = wasm_i32x4_add(wasm_i32x4_splat(place + c), wasm_i32x4_const(0, 1, 2, 3));
            store4(out + c, wasm_v128_bitselect(value, best, better));
            wasm_v128_store(places + c, wasm_v128_bitselect(here, wasm_v128_load(places + c), better));
          }
          for (; c < channels; c++) {
            const float value = image[place + c];
            if (first || value > out[c]) {
              out[c] = value;
              places[c] = place + c;
            }
          }
          first = 0;
        }
      }
    }
  }
}

/* Adds each of `count` gradients to the place that its maximum was taken from. */
KERNEL(max_pool_gradient)(const float *out_gradient, const int32_t *places, int count, float *image_gradient) {
  for (int i = 0; i < count; i++) image_gradient[places[i]] += out_gradient[i];
}

/* Mean of every window over what lies inside the image. */
KERNEL(average_pool)(const float *image, int height, int width, int channels, int size_height, int size_width,
                     int stride_height, int stride_width, int top, int left, int out_height, int out_width,
                     float *out) {
  for (int oy = 0; oy < out_height; oy++) {
    for (int ox = 0; ox < out_width; ox++, out += channels) {
      int inside = 0;
      clear_row(out, channels);
      for (int ky = 0; ky < size_height; ky++) {
        const int y = oy * stride_height - top + ky;
        if (y < 0 || y >= height) continue;
        for (int kx = 0; kx < size_width; kx++) {
          const int x = ox * stride_width - left + kx;
          if (x < 0 || x >= width) continue;
          const float *from = image + (y * width + x) * channels;
          add_scaled(from, 1.0f, out, channels);
          inside++;
        }
      }
      for (int c = 0; c < channels; c++) out[c] /= (float)inside;
    }
  }
}

/* Gradient of `average_pool`, added to `image_gradient`. */
KERNEL(average_pool_gradient)(const float *out_gradient, int height, int width, int channels, int size_height,
                              int size_width, int stride_height, int stride_width, int top, int left, int out_height,
                              int out_width, float *image_gradient) {
  for (int oy = 0; oy < out_height; oy++) {
    const int y0 = oy * stride_height - top < 0 ? 0 : oy * stride_height - top;
    const int y1 = oy * stride_height - top + size_height > height ? height : oy * stride_height - top + size_height;
    for (int ox = 0; ox < out_width; ox++, out_gradient += channels) {
      const int x0 = ox * stride_width - left < 0 ? 0 : ox * stride_width - left;
      const int x1 = ox * stride_width - left + size_width > width ? width : ox * stride_width - left + size_width;
      const float share = 1.0f / (float)((y1 - y0) * (x1 - x0));
      for (int y = y0; y < y1; y++) {
        for (int x = x0; x < x1; x++) {
          float *to = image_gradient + (y * width + x) * channels;
          add_scaled(out_gradient, share, to, channels);
        }
      }
    }
  }
}
