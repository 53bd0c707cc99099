/* Patches of one image as rows of a matrix and back, and depthwise convolution with its gradients. */
#include "kernels.h"

static inline void copy(const float *from, float *to, int count) {
  int i = 0;
  for (; i + 4 <= count; i += 4) store4(to + i, load4(from + i));
  for (; i < count; i++) to[i] = from[i];
}

static inline void zero(float *to, int count) {
  int i = 0;
  for (; i + 4 <= count; i += 4) store4(to + i, wasm_f32x4_const_splat(0.0f));
  for (; i < count; i++) to[i] = 0.0f;
}

static inline void add(const float *from, float *to, int count) {
  int i = 0;
  for (; i + 4 <= count; i += 4) store4(to + i, wasm_f32x4_add(load4(to + i), load4(from + i)));
  for (; i < count; i++) to[i] += from[i];
}

/* Copies an image to rows `top` and columns `left` of `to`, whose rows are `to_width` wide; the rest of `to` stays. */
KERNEL(place_image)(const float *image, int height, int width, int channels, int top, int left, int to_width, float *to) {
  for (int y = 0; y < height; y++) {
    copy(image + y * width * channels, to + ((top + y) * to_width + left) * channels, width * channels);
  }
}

/*
 * im2col: row (y, x) of `patches` [out_height * out_width, size_height * size_width * channels] holds what the kernel sees for
 * output (y, x) of one image; what lies outside it is 0.
 */
KERNEL(patches_of)(const float *image, int height, int width, int channels, int size_height, int size_width,
                   int stride_height, int stride_width, int top, int left, int out_height, int out_width,
                   float *patches) {
  const int row = size_width * channels;
  for (int oy = 0; oy < out_height; oy++) {
    for (int ox = 0; ox < out_width; ox++) {
      const int from_x = ox * stride_width - left;
      const int skip = from_x < 0 ? -from_x : 0;
      const int end = from_x + size_width > width ? width - from_x : size_width;
      for (int ky = 0; ky < size_height; ky++, patches += row) {
        const int y = oy * stride_height - top + ky;
        if (y < 0 || y >= height || end <= skip) {
          zero(patches, row);
          continue;
        }
        zero(patches, skip * channels);
        copy(image + (y * width + from_x + skip) * channels, patches + skip * channels, (end - skip) * channels);
        zero(patches + end * channels, (size_width - end) * channels);
      }
    }
  }
}

/* col2im, the transpose of `patches_of`: adds every patch to the places of `image` that it was taken from. */
KERNEL(add_patches)(const float *patches, int height, int width, int channels, int size_height, int size_width,
                    int stride_height, int stride_width, int top, int left, int out_height, int out_width,
                    float *image) {
  const int row = size_width * channels;
  for (int oy = 0; oy < out_height; oy++) {
    for (int ox = 0; ox < out_width; ox++) {
      const int from_x = ox * stride_width - left;
      const int skip = from_x < 0 ? -from_x : 0;
      const int end = from_x + size_width > width ? width - from_x : size_width;
      for (int ky = 0; ky < size_height; ky++, patches += row) {
        const int y = oy * stride_height - top + ky;
        if (y < 0 || y >= height || end <= skip) continue;
        add(patches + skip * channels, image + (y * width + from_x + skip) * channels, (end - skip) * channels);
      }
    }
  }
}

/* Taps of a kernel of `size` from position `from` that lie inside an image of `extent`: [first, end). */
static inline int first_tap(int from) { return from < 0 ? -from : 0; }
static inline int end_tap(int from, int size, int extent) { return from + size > extent ? extent - from : size; }

/*
 * Depthwise convolution of one image with a kernel [size_height, size_width, channels]; `out` is overwritten. Four output places
 * whose windows lie inside the image are computed at a time, so that each weight is loaded once for them.
 */
KERNEL(depthwise)(const float *image, int height, int width, int channels, const float *kernel, int size_height,
                  int size_width, int stride_height, int stride_width, int top, int left, int out_height, int out_width,
                  float *out) {
  const int step = stride_width * channels;
  for (int oy = 0; oy < out_height; oy++, out += out_width * channels) {
    const int from_y = oy * stride_height - top;
    const int ky0 = first_tap(from_y), ky1 = end_tap(from_y, size_height, height);
    for (int ox = 0; ox < out_width;) {
      const int from_x = ox * stride_width - left;
      const int four = from_x >= 0 && ox + 4 <= out_width && from_x + 3 * stride_width + size_width <= width;
      const int kx0 = first_tap(from_x), kx1 = end_tap(from_x, size_width, width);
      float *to = out + ox * channels;
      int c = 0;
      for (; c + 4 <= channels; c += 4) {
        v128_t s0 = wasm_f32x4_const_splat(0.0f), s1 = s0, s2 = s0, s3 = s0;
        for (int ky = ky0; ky < ky1; ky++) {
          const float *x = image + ((from_y + ky) * width + from_x + kx0) * channels + c;
          const float *w = kernel + (ky * size_width + kx0) * channels + c;
          if (four) {
            for (int kx = kx0; kx < kx1; kx++, x += channels, w += channels) {
              const v128_t weight = load4(w);
              s0 = multiply_add(s0, load4(x), weight);
              s1 = multiply_add(s1, load4(x + step), weight);
              s2 = multiply_add(s2, load4(x + 2 * step), weight);
              s3 = multiply_add(s3, load4(x + 3 * step), weight);
            }
          } else {
            for (int kx = kx0; kx < kx1; kx++, x += channels, w += channels) s0 = multiply_add(s0, load4(x), load4(w));
          }
        }
        store4(to + c, s0);
        if (four) store4(to + channels + c, s1), store4(to + 2 * channels + c, s2), store4(to + 3 * channels + c, s3);
      }
      const int places = four ? 4 : 1;
      for (; c < channels; c++) {
        for (int place = 0; place < places; place++) {
          float sum = 0.0f;
          for (int ky = ky0; ky < ky1; ky++) {
            for (int kx = kx0; kx < kx1; kx++) {
              const int x = from_x + place * stride_width + kx;
              sum += image[((from_y + ky) * width + x) * channels + c] * kernel[(ky * size_width + kx) * channels + c];
            }
          }
          to[place * channels + c] = sum;
        }
      }
      ox += places;
    }
  }
}

/*
 * Gradient of `depthwise` with respect to the image, added to `image_gradient`. With strides 1 it is `depthwise` of the gradient
 * with the kernel turned round (`turn_kernel`) and padding size - 1 - padding, which is faster.
 */
KERNEL(depthwise_image_gradient)(const float *out_gradient, int height, int width, int channels, const float *kernel,
                                 int size_height, int size_width, int stride_height, int stride_width, int top,
                                 int left, int out_height, int out_width, float *image_gradient) {
  for (int oy = 0; oy < out_height; oy++) {
    const int from_y = oy * stride_height - top;
    const int ky0 = from_y < 0 ? -from_y : 0;
    const int ky1 = from_y + size_height > height ? height - from_y : size_height;
    for (int ox = 0; ox < out_width; ox++, out_gradient += channels) {
      const int from_x = ox * stride_width - left;
      const int kx0 = from_x < 0 ? -from_x : 0;
      const int kx1 = from_x + size_width > width ? width - from_x : size_width;
      for (int ky = ky0; ky < ky1; ky++) {
        for (int kx = kx0; kx < kx1; kx++) {
          float *to = image_gradient + ((from_y + ky) * width + from_x + kx) * channels;
          const float *w = kernel + (ky * size_width + kx) * channels;
          int c = 0;
          for (; c + 4 <= channels; c += 4) store4(to + c, multiply_add(load4(to + c), load4(out_gradient + c), load4(w + c)));
          for (; c < channels; c++) to[c] += out_gradient[c] * w[c];
        }
      }
    }
  }
}

/* Gradient of `depthwise` with respect to the kernel, added to `kernel_gradient`. */
KERNEL(depthwise_kernel_gradient)(const float *image, int height, int width, int channels, const float *out_gradient,
                                  int size_height, int size_width, int stride_height, int stride_width, int top,
                                  int left, int out_height, int out_width, float *kernel_gradient) {
  const int step = stride_width * channels;
  for (int ky = 0; ky < size_height; ky++) {
    for (int kx = 0; kx < size_width; kx++, kernel_gradient += channels) {
      /* Output columns whose tap lies inside the image. */
      int ox0 = 0, ox1 = out_width;
      while (ox0 < out_width && ox0 * stride_width - left + kx < 0) ox0++;
      while (ox1 > ox0 && (ox1 - 1) * stride_width - left + kx >= width) ox1--;
      int c = 0;
      for (; c + 8 <= channels; c += 8) {
        v128_t low = wasm_f32x4_const_splat(0.0f), high = low, low2 = low, high2 = low;
        for (int oy = 0; oy < out_height; oy++) {
          const int y = oy * stride_height - top + ky;
          if (y < 0 || y >= height) continue;
          const float *x = image + (y * width + ox0 * stride_width - left + kx) * channels + c;
          const float *slope = out_gradient + (oy * out_width + ox0) * channels + c;
          int ox = ox0;
          for (; ox + 2 <= ox1; ox += 2, x += 2 * step, slope += 2 * channels) {
            low = multiply_add(low, load4(x), load4(slope));
            high = multiply_add(high, load4(x + 4), load4(slope + 4));
            low2 = multiply_add(low2, load4(x + step), load4(slope + channels));
            high2 = multiply_add(high2, load4(x + step + 4), load4(slope + channels + 4));
          }
          if (ox < ox1) {
            low = multiply_add(low, load4(x), load4(slope));
            high = multiply_add(high, load4(x + 4), load4(slope + 4));
          }
        }
        store4(kernel_gradient + c, wasm_f32x4_add(load4(kernel_gradient + c), wasm_f32x4_add(low, low2)));
        store4(kernel_gradient + c + 4, wasm_f32x4_add(load4(kernel_gradient + c + 4), wasm_f32x4_add(high, high2)));
      }
      for (; c < channels; c++) {
        float sum = 0.0f;
        for (int oy = 0; oy < out_height; oy++) {
          const int y = oy * stride_height - top + ky;
          if (y < 0 || y >= height) continue;
          for (int ox = ox0; ox < ox1; ox++) {
            sum += image[(y * width + ox * stride_width - left + kx) * channels + c] *
                   out_gradient[(oy * out_width + ox) * channels + c];
          }
        }
        kernel_gradient[c] += sum;
      }
    }
  }
}

/* The taps of a kernel [taps, channels] in reverse order. */
KERNEL(turn_kernel)(const float *kernel, int taps, int channels, float *to) {
  for (int tap = 0; tap < taps; tap++) copy(kernel + tap * channels, to + (taps - 1 - tap) * channels, channels);
}
