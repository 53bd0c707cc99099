/* Pooling of one image [height, width, channels] with its gradients. Windows may hang over the edges (padding "same"). */
#include "kernels.h"

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
          for (int c = 0; c < channels; c++) {
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
      for (int c = 0; c < channels; c++) out[c] = 0.0f;
      for (int ky = 0; ky < size_height; ky++) {
        const int y = oy * stride_height - top + ky;
        if (y < 0 || y >= height) continue;
        for (int kx = 0; kx < size_width; kx++) {
          const int x = ox * stride_width - left + kx;
          if (x < 0 || x >= width) continue;
          const float *from = image + (y * width + x) * channels;
          for (int c = 0; c < channels; c++) out[c] += from[c];
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
          for (int c = 0; c < channels; c++) to[c] += out_gradient[c] * share;
        }
      }
    }
  }
}
