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

/* Depthwise convolution of one image with a kernel [size_height, size_width, channels]; `out` is overwritten. */
KERNEL(depthwise)(const float *image, int height, int width, int channels, const float *kernel, int size_height,
                  int size_width, int stride_height, int stride_width, int top, int left, int out_height, int out_width,
                  float *out) {
  for (int oy = 0; oy < out_height; oy++) {
    const int from_y = oy * stride_height - top;
    const int ky0 = from_y < 0 ? -from_y : 0;
    const int ky1 = from_y + size_height > height ? height - from_y : size_height;
    for (int ox = 0; ox < out_width; ox++, out += channels) {
      const int from_x = ox * stride_width - left;
      const int kx0 = from_x < 0 ? -from_x : 0;
      const int kx1 = from_x + size_width > width ? width - from_x : size_width;
      int c = 0;
      for (; c + 4 <= channels; c += 4) {
        v128_t sum = wasm_f32x4_const_splat(0.0f);
        for (int ky = ky0; ky < ky1; ky++) {
          const float *x = image + ((from_y + ky) * width + from_x + kx0) * channels + c;
          const float *w = kernel + (ky * size_width + kx0) * channels + c;
          for (int kx = kx0; kx < kx1; kx++, x += channels, w += channels) sum = multiply_add(sum, load4(x), load4(w));
        }
        store4(out + c, sum);
      }
      for (; c < channels; c++) {
        float sum = 0.0f;
        for (int ky = ky0; ky < ky1; ky++) {
          for (int kx = kx0; kx < kx1; kx++) {
            sum += image[((from_y + ky) * width + from_x + kx) * channels + c] * kernel[(ky * size_width + kx) * channels + c];
          }
        }
        out[c] = sum;
      }
    }
  }
}

/* Gradient of `depthwise` with respect to the image, added to `image_gradient`. */
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
  for (int ky = 0; ky < size_height; ky++) {
    for (int kx = 0; kx < size_width; kx++, kernel_gradient += channels) {
      int c = 0;
      for (; c < channels; c += 4) {
        const int whole = c + 4 <= channels;
        const int count = whole ? 1 : channels - c;
        for (int lane = 0; lane < count; lane++) {
          v128_t sum = wasm_f32x4_const_splat(0.0f);
          float single = 0.0f;
          for (int oy = 0; oy < out_height; oy++) {
            const int y = oy * stride_height - top + ky;
            if (y < 0 || y >= height) continue;
            for (int ox = 0; ox < out_width; ox++) {
              const int x = ox * stride_width - left + kx;
              if (x < 0 || x >= width) continue;
              const float *seen = image + (y * width + x) * channels + c + lane;
              const float *slope = out_gradient + (oy * out_width + ox) * channels + c + lane;
              if (whole) sum = multiply_add(sum, load4(seen), load4(slope));
              else single += *seen * *slope;
            }
          }
          if (whole) store4(kernel_gradient + c, wasm_f32x4_add(load4(kernel_gradient + c), sum));
          else kernel_gradient[c + lane] += single;
        }
      }
    }
  }
}
