/*
 * Depthwise convolution: the channels of the input, four at a time, are laid out as planes of int16 with the offset added and with
 * their padding (0), so that two neighbours of a row are one word and meet two weights in one instruction. Where the image is large, a
 * band of rows at a time.
 */
#include "kernels.h"
#include "lanes.h"
#include "requantise.h"

#define PLANES 4
/* For the planes; a band has at least the rows of one output row. */
#define PLANE_BUDGET 4096

static int32_t least(int32_t a, int32_t b) { return a < b ? a : b; }

/* Words of a filter's row: pairs of weights, the last one filled up. */
static int32_t pairs_of(const kernel_window *w) { return (w->filter_width + 1) / 2; }

/* Two outputs at a time and words of two inputs: the last ones may lie beyond what is needed. */
static int32_t plane_width(const kernel_window *w) {
  int32_t outputs = (w->output_width + 1) & ~1;
  return ((outputs - 1) * w->stride_width + 2 * pairs_of(w) + 1) & ~1;
}

static int32_t rows_for(const kernel_window *w, int32_t output_rows) { return (output_rows - 1) * w->stride_height + w->filter_height; }

static int32_t plane_count(const kernel_window *w) { return least(PLANES, w->input_channels); }

/* Output rows of a band. */
static int32_t band_of(const kernel_window *w) {
  int32_t bytes_per_row = plane_width(w) * 2 * plane_count(w);
  int32_t rows = PLANE_BUDGET / bytes_per_row;
  int32_t band = rows < w->filter_height ? 1 : (rows - w->filter_height) / w->stride_height + 1;
  return least(band, w->output_height);
}

static int32_t plane_values(const kernel_window *w) { return rows_for(w, band_of(w)) * plane_width(w); }

uint32_t kernel_depthwise_scratch(const kernel_window *w) {
  if (w->dilation_height != 1 || w->dilation_width != 1) return 0;
  return (uint32_t)(plane_values(w) * 2 * plane_count(w) + w->filter_height * pairs_of(w) * 4);
}

/*
 * Rows of `planes` channels from `channel` on, the first one being row `top` of the image. Only what lies within the image is written: the
 * padding round it is the same for all channels.
 */
static void lay_out(const kernel_window *w, const int8_t *input, int32_t channel, int32_t planes, int32_t top, int32_t rows, int32_t offset,
                    int16_t *to, int32_t values) {
  const int32_t width = plane_width(w);
  const int32_t channels = w->input_channels;
  const int32_t inside = least(w->input_width, width - w->pad_left);
  /* Whether a word that begins at the last column ends within the padding. */
  const bool over = w->pad_left + inside < width;
  const uint32_t add = lanes_of(offset, offset);
  const int32_t first_row = top < 0 ? -top : 0;
  const int32_t last_row = least(rows, w->input_height - top);
  to += first_row * width + w->pad_left;
  for (int32_t r = first_row; r < last_row; r++, to += width) {
    const int8_t *from = input + (top + r) * w->input_width * channels + channel;
    int16_t *at = to;
    int32_t x = inside;
    if (planes == PLANES) {
      for (; x >= 2; x -= 2, at += 2, from += 2 * channels) {
        uint32_t first = lanes_load(from);
        uint32_t second = lanes_load(from + channels);
        uint32_t first_even = lanes_add_even(add, first), second_even = lanes_add_even(add, second);
        uint32_t first_odd = lanes_add_odd(add, first), second_odd = lanes_add_odd(add, second);
        lanes_store(at, (first_even & 0xffffu) | (second_even << 16));
        lanes_store(at + values, (first_odd & 0xffffu) | (second_odd << 16));
        lanes_store(at + 2 * values, (first_even >> 16) | (second_even & 0xffff0000u));
        lanes_store(at + 3 * values, (first_odd >> 16) | (second_odd & 0xffff0000u));
      }
      if (x > 0 && over) {
        uint32_t last = lanes_load(from);
        uint32_t even = lanes_add_even(add, last);
        uint32_t odd = lanes_add_odd(add, last);
        lanes_store(at, even & 0xffffu);
        lanes_store(at + values, odd & 0xffffu);
        lanes_store(at + 2 * values, even >> 16);
        lanes_store(at + 3 * values, odd >> 16);
        x = 0;
      }
    }
    for (; x > 0; x--, at++, from += channels) {
      for (int32_t i = 0; i < planes; i++) at[i * values] = (int16_t)(from[i] + offset);
    }
  }
}

/* One output channel's weights as pairs, rows one after another. */
static void take_weights(const kernel_window *w, const int8_t *filter, uint32_t *to) {
  for (int32_t y = 0; y < w->filter_height; y++) {
    for (int32_t x = 0; x < w->filter_width; x += 2) {
      int32_t low = *filter;
      filter += w->output_channels;
      int32_t high = 0;
      if (x + 1 < w->filter_width) {
        high = *filter;
        filter += w->output_channels;
      }
      *to++ = lanes_of(low, high);
    }
  }
}

/* One output channel's part of a band. */
typedef struct {
  const int16_t *plane;
  int32_t rows;
  const uint32_t *weights;
  requantise_factor factor;
  int8_t *output;
} channel_work;

/* 3 x 3 at a stride of 1, the short way: the nine weights stay in registers, two outputs share what they read. */
static inline int8_t *two_outputs(const uint32_t *from, int32_t row, const uint32_t a[3], const uint32_t b[3], const requantise_factor *f,
                                  int32_t channels, int8_t *to) {
  int32_t left = f->bias, right = f->bias;
  uint32_t p = from[0], q = from[1];
  left = lanes_low_high(q, b[0], lanes_multiply(p, a[0], left));
  right = lanes_multiply(q, b[0], lanes_high_low(p, a[0], right));
  from += row;
  p = from[0], q = from[1];
  left = lanes_low_high(q, b[1], lanes_multiply(p, a[1], left));
  right = lanes_multiply(q, b[1], lanes_high_low(p, a[1], right));
  from += row;
  p = from[0], q = from[1];
  left = lanes_low_high(q, b[2], lanes_multiply(p, a[2], left));
  right = lanes_multiply(q, b[2], lanes_high_low(p, a[2], right));
  to[0] = requantise_short(f, left);
  to[channels] = requantise_short(f, right);
  return to + 2 * channels;
}

__attribute__((noinline)) static void three_by_three(const kernel_window *w, const channel_work *work) {
  const int32_t width = plane_width(w);
  const int32_t row = width / 2;
  const int32_t channels = w->output_channels;
  const int32_t pairs = w->output_width / 2;
  const bool odd = (w->output_width & 1) != 0;
  const requantise_factor f = work->factor;
  const uint32_t *k = work->weights;
  /* Weights 0 and 1 of each row, and 1 and 2. */
  const uint32_t a[3] = {k[0], k[2], k[4]};
  const uint32_t b[3] = {(k[0] >> 16) | (k[1] << 16), (k[2] >> 16) | (k[3] << 16), (k[4] >> 16) | (k[5] << 16)};
  const uint32_t *from = (const uint32_t *)(const void *)work->plane;
  int8_t *to = work->output;
  for (int32_t y = 0; y < work->rows; y++, from += row) {
    const uint32_t *at = from;
    for (int32_t x = 0; x < pairs; x++, at++) to = two_outputs(at, row, a, b, &f, channels, to);
    if (odd) {
      int32_t acc = f.bias;
      for (int32_t i = 0; i < 3; i++, at += row) acc = lanes_low_high(at[1], b[i], lanes_multiply(at[0], a[i], acc));
      *to = requantise_short(&f, acc);
      to += channels;
    }
  }
}

static void any_size(const kernel_window *w, const kernel_scaling *s, const channel_work *work) {
  const int32_t width = plane_width(w);
  const int32_t pairs = pairs_of(w);
  const requantise_factor f = work->factor;
  int8_t *to = work->output;
  for (int32_t y = 0; y < work->rows; y++) {
    const int16_t *row = work->plane + y * w->stride_height * width;
    for (int32_t x = 0; x < w->output_width; x += 2, row += 2 * w->stride_width) {
      int32_t left = f.bias, right = f.bias;
      const uint32_t *weights = work->weights;
      const int16_t *from = row;
      for (int32_t fy = 0; fy < w->filter_height; fy++, from += width) {
        const int16_t *p = from;
        const int16_t *q = from + w->stride_width;
        for (int32_t i = 0; i < pairs; i++, p += 2, q += 2) {
          uint32_t weight = *weights++;
          left = lanes_multiply(lanes_load(p), weight, left);
          right = lanes_multiply(lanes_load(q), weight, right);
        }
      }
      *to = requantise(s, &f, left);
      to += w->output_channels;
      if (x + 1 < w->output_width) {
        *to = requantise(s, &f, right);
        to += w->output_channels;
      }
    }
  }
}

/* With gaps between the weights, as the definition says. */
static void with_dilation(const kernel_window *w, const kernel_scaling *s, const int8_t *input, const int8_t *filter, const int32_t *bias,
                          int8_t *output) {
  const int32_t multiplier = w->output_channels / w->input_channels;
  for (int32_t p = 0; p < w->output_height * w->output_width; p++) {
    const int32_t y = p / w->output_width * w->stride_height - w->pad_top;
    const int32_t x = p % w->output_width * w->stride_width - w->pad_left;
    for (int32_t c = 0; c < w->output_channels; c++) {
      const requantise_factor f = requantise_prepare(s, c, bias);
      int32_t acc = f.bias;
      for (int32_t fy = 0; fy < w->filter_height; fy++) {
        for (int32_t fx = 0; fx < w->filter_width; fx++) {
          const int32_t in_y = y + fy * w->dilation_height;
          const int32_t in_x = x + fx * w->dilation_width;
          if (in_y < 0 || in_y >= w->input_height || in_x < 0 || in_x >= w->input_width) continue;
          const int32_t value = input[(in_y * w->input_width + in_x) * w->input_channels + c / multiplier];
          acc += filter[(fy * w->filter_width + fx) * w->output_channels + c] * (value + s->input_offset);
        }
      }
      *output++ = requantise(s, &f, acc);
    }
  }
}

void kernel_depthwise(const kernel_window *w, const kernel_scaling *s, const int8_t *input, const int8_t *filter, const int32_t *bias,
                      int8_t *output, void *scratch) {
  const int32_t input_bytes = w->input_height * w->input_width * w->input_channels;
  const int32_t output_bytes = w->output_height * w->output_width * w->output_channels;
  const bool dilates = w->dilation_height != 1 || w->dilation_width != 1;
  if (dilates) {
    for (int32_t batch = 0; batch < w->batches; batch++) {
      with_dilation(w, s, input + batch * input_bytes, filter, bias, output + batch * output_bytes);
    }
    return;
  }
  const int32_t multiplier = w->output_channels / w->input_channels;
  const int32_t band = band_of(w);
  const int32_t values = plane_values(w);
  const bool small = w->filter_height == 3 && w->filter_width == 3 && w->stride_height == 1 && w->stride_width == 1 && requantise_is_short(s);
  int16_t *planes = scratch;
  uint32_t *weights = (uint32_t *)scratch + values * plane_count(w) / 2;
  for (int32_t batch = 0; batch < w->batches; batch++, input += input_bytes, output += output_bytes) {
    for (int32_t top = 0; top < w->output_height; top += band) {
      const int32_t rows = least(band, w->output_height - top);
      memset(planes, 0, (size_t)(values * plane_count(w)) * 2);
      for (int32_t c = 0; c < w->input_channels;) {
        const int32_t together = c + PLANES <= w->input_channels ? PLANES : 1;
        lay_out(w, input, c, together, top * w->stride_height - w->pad_top, rows_for(w, rows), s->input_offset, planes, values);
        for (int32_t i = 0; i < together * multiplier; i++) {
          const int32_t channel = c * multiplier + i;
          take_weights(w, filter + channel, weights);
          const channel_work work = {planes + i / multiplier * values, rows, weights, requantise_prepare(s, channel, bias),
                                     output + top * w->output_width * w->output_channels + channel};
          if (small) three_by_three(w, &work);
          else any_size(w, s, &work);
        }
        c += together;
      }
    }
  }
}
