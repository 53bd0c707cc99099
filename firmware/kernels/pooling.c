/* Pooling: four channels at a time, a window's pixels one after another. */
#include "kernels.h"
#include "lanes.h"
#include "requantise.h"

/* The part of an output pixel's window that lies within the image. */
typedef struct {
  const int8_t *from;
  int32_t rows;
  int32_t columns;
} part;

static part part_of(const kernel_window *w, const int8_t *input, int32_t out_y, int32_t out_x) {
  int32_t y = out_y * w->stride_height - w->pad_top;
  int32_t x = out_x * w->stride_width - w->pad_left;
  int32_t end_y = y + w->filter_height < w->input_height ? y + w->filter_height : w->input_height;
  int32_t end_x = x + w->filter_width < w->input_width ? x + w->filter_width : w->input_width;
  if (y < 0) y = 0;
  if (x < 0) x = 0;
  part p = {input + (y * w->input_width + x) * w->input_channels, end_y - y, end_x - x};
  return p;
}

/* The largest of each channel of a word. */
static uint32_t largest(const kernel_window *w, const part *p, const int8_t *from) {
  const int32_t pixel = w->input_channels;
  const int32_t row = w->input_width * pixel;
  uint32_t most = 0x80808080u;
  for (int32_t y = 0; y < p->rows; y++, from += row) {
    const int8_t *at = from;
    for (int32_t x = 0; x < p->columns; x++, at += pixel) most = lanes_larger_bytes(lanes_load(at), most);
  }
  return most;
}

void kernel_max_pool(const kernel_window *w, int32_t minimum, int32_t maximum, const int8_t *input, int8_t *output) {
  const int32_t channels = w->input_channels;
  const bool clamps = minimum > -128 || maximum < 127;
  for (int32_t batch = 0; batch < w->batches; batch++, input += w->input_height * w->input_width * channels) {
    for (int32_t out_y = 0; out_y < w->output_height; out_y++) {
      for (int32_t out_x = 0; out_x < w->output_width; out_x++, output += channels) {
        const part p = part_of(w, input, out_y, out_x);
        int32_t c = 0;
        for (; c + 4 <= channels; c += 4) lanes_store(output + c, largest(w, &p, p.from + c));
        for (; c < channels; c++) {
          int8_t most = INT8_MIN;
          for (int32_t y = 0; y < p.rows; y++) {
            for (int32_t x = 0; x < p.columns; x++) {
              int8_t value = p.from[(y * w->input_width + x) * channels + c];
              if (value > most) most = value;
            }
          }
          output[c] = most;
        }
        for (c = 0; clamps && c < channels; c++) output[c] = (int8_t)clamp(output[c], minimum, maximum);
      }
    }
  }
}

/* Sums of four channels: of even bytes and of odd ones as int16 lanes, emptied before they could overflow. */
static void sum_word(const kernel_window *w, const part *p, const int8_t *from, int32_t sums[4]) {
  const int32_t pixel = w->input_channels;
  const int32_t row = w->input_width * pixel;
  uint32_t even = 0;
  uint32_t odd = 0;
  int32_t room = 255;
  memset(sums, 0, 4 * sizeof *sums);
  for (int32_t y = 0; y < p->rows; y++, from += row) {
    const int8_t *at = from;
    for (int32_t x = 0; x < p->columns; x++, at += pixel) {
      uint32_t bytes = lanes_load(at);
      even = lanes_add_even(even, bytes);
      odd = lanes_add_odd(odd, bytes);
      if (--room == 0) {
        sums[0] += lane_low(even), sums[2] += lane_high(even);
        sums[1] += lane_low(odd), sums[3] += lane_high(odd);
        even = 0, odd = 0, room = 255;
      }
    }
  }
  sums[0] += lane_low(even), sums[2] += lane_high(even);
  sums[1] += lane_low(odd), sums[3] += lane_high(odd);
}

static int8_t mean(int32_t sum, int32_t count, int32_t minimum, int32_t maximum) {
  int32_t value = sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
  return (int8_t)clamp(value, minimum, maximum);
}

void kernel_average_pool(const kernel_window *w, int32_t minimum, int32_t maximum, const int8_t *input, int8_t *output) {
  const int32_t channels = w->input_channels;
  for (int32_t batch = 0; batch < w->batches; batch++, input += w->input_height * w->input_width * channels) {
    for (int32_t out_y = 0; out_y < w->output_height; out_y++) {
      for (int32_t out_x = 0; out_x < w->output_width; out_x++, output += channels) {
        const part p = part_of(w, input, out_y, out_x);
        const int32_t count = p.rows * p.columns;
        int32_t c = 0;
        for (; c + 4 <= channels; c += 4) {
          int32_t sums[4];
          sum_word(w, &p, p.from + c, sums);
          for (int32_t i = 0; i < 4; i++) output[c + i] = mean(sums[i], count, minimum, maximum);
        }
        for (; c < channels; c++) {
          int32_t sum = 0;
          for (int32_t y = 0; y < p.rows; y++) {
            for (int32_t x = 0; x < p.columns; x++) sum += p.from[(y * w->input_width + x) * channels + c];
          }
          output[c] = mean(sum, count, minimum, maximum);
        }
      }
    }
  }
}
