/*
 * Convolution: four output pixels at a time. Their windows are laid out side by side as int16 with the offset added (a pixel outside
 * the image is then 0), and each filter goes over all four: of every word of weights, four products for each pixel.
 */
#include "kernels.h"
#include "lanes.h"
#include "requantise.h"

#define PIXELS 4

/*
 * Layout of the windows: for every four values of depth, eight words: values 0 and 2 of pixel 0, values 1 and 3 of pixel 0, the same of
 * pixels 1 to 3. A depth that is no multiple of 4 ends with values that no weight meets.
 */
#define GROUP_WORDS (2 * PIXELS)

static int32_t depth_of(const kernel_window *w) { return w->filter_height * w->filter_width * w->input_channels; }
static int32_t groups_of(const kernel_window *w) { return (depth_of(w) + 3) / 4; }

/* The windows, and one window's bytes where they must be gathered. */
uint32_t kernel_conv_scratch(const kernel_window *w) { return (uint32_t)groups_of(w) * (GROUP_WORDS * 4 + 4); }

static void expand(const int8_t *from, int32_t groups, uint32_t offset, uint32_t *to) {
  for (int32_t i = 0; i < groups; i++) {
    uint32_t bytes = lanes_load(from);
    to[0] = lanes_add_even(offset, bytes);
    to[1] = lanes_add_odd(offset, bytes);
    from += 4;
    to += GROUP_WORDS;
  }
}

static void fill(int8_t *to, int32_t count, int8_t value) { memset(to, value, (size_t)count); }

static void copy(int8_t *to, const int8_t *from, int32_t count) {
  for (; count >= 4; count -= 4, to += 4, from += 4) lanes_store(to, lanes_load(from));
  for (; count > 0; count--) *to++ = *from++;
}

/* One window's bytes into `to`, pixels outside the image as the input's zero. */
static void gather(const kernel_window *w, const int8_t *input, int32_t y, int32_t x, int8_t zero, int8_t *to) {
  const int32_t channels = w->input_channels;
  const int32_t row_bytes = w->filter_width * channels;
  for (int32_t fy = 0; fy < w->filter_height; fy++, to += row_bytes) {
    int32_t in_y = y + fy * w->dilation_height;
    if (in_y < 0 || in_y >= w->input_height) {
      fill(to, row_bytes, zero);
      continue;
    }
    const int8_t *row = input + in_y * w->input_width * channels;
    if (w->dilation_width == 1) {
      int32_t before = x < 0 ? -x : 0;
      int32_t after = x + w->filter_width - w->input_width;
      if (before > w->filter_width) before = w->filter_width;
      if (after < 0) after = 0;
      if (after > w->filter_width - before) after = w->filter_width - before;
      int32_t inside = (w->filter_width - before - after) * channels;
      if (before > 0) fill(to, before * channels, zero);
      copy(to + before * channels, row + (x + before) * channels, inside);
      if (after > 0) fill(to + before * channels + inside, after * channels, zero);
      continue;
    }
    for (int32_t fx = 0; fx < w->filter_width; fx++) {
      int32_t in_x = x + fx * w->dilation_width;
      if (in_x < 0 || in_x >= w->input_width) fill(to + fx * channels, channels, zero);
      else copy(to + fx * channels, row + in_x * channels, channels);
    }
  }
}

/* Whether a window within the image lies in one piece: rows as wide as the image follow one another. */
static bool is_one_piece(const kernel_window *w) {
  bool rows = w->filter_height == 1 || (w->filter_width == w->input_width && w->dilation_height == 1);
  return rows && w->dilation_width == 1;
}

static void lay_out(const kernel_window *w, const int8_t *input, int32_t pixel, int32_t count, int32_t input_offset, uint32_t *windows,
                    int8_t *bytes) {
  const int32_t groups = groups_of(w);
  const uint32_t offset = lanes_of(input_offset, input_offset);
  const bool one_piece = is_one_piece(w);
  /* An expansion reads whole words; at the end of the input that could be too far. */
  const int8_t *last = input + w->input_height * w->input_width * w->input_channels - groups * 4;
  for (int32_t i = 0; i < PIXELS; i++, windows += 2) {
    /* Where there are fewer than four pixels left, the last one is taken several times. */
    int32_t p = pixel + (i < count ? i : count - 1);
    int32_t out_y = p / w->output_width;
    int32_t y = out_y * w->stride_height - w->pad_top;
    int32_t x = (p - out_y * w->output_width) * w->stride_width - w->pad_left;
    const int8_t *from = input + (y * w->input_width + x) * w->input_channels;
    bool inside = y >= 0 && x >= 0 && y + w->filter_height <= w->input_height && x + w->filter_width <= w->input_width;
    if (!one_piece || !inside || from > last) {
      gather(w, input, y, x, (int8_t)-input_offset, bytes);
      from = bytes;
    }
    expand(from, groups, offset, windows);
  }
}

/* The sums of one filter with the four windows. */
static inline void sums_of(const uint32_t *windows, const int8_t *filter, int32_t depth, int32_t acc[PIXELS]) {
  int32_t a0 = acc[0], a1 = acc[1], a2 = acc[2], a3 = acc[3];
  int32_t groups = depth >> 2;
#if LANES_DSP
#define GROUP                          \
  "ldr r9, [%[w]], #4\n"               \
  "ldmia %[x]!, {r4, r5, r6, r8}\n"    \
  "sxtb16 r10, r9\n"                   \
  "sxtb16 r9, r9, ror #8\n"            \
  "smlad %[a0], r10, r4, %[a0]\n"      \
  "smlad %[a0], r9, r5, %[a0]\n"       \
  "smlad %[a1], r10, r6, %[a1]\n"      \
  "smlad %[a1], r9, r8, %[a1]\n"       \
  "ldmia %[x]!, {r4, r5, r6, r8}\n"    \
  "smlad %[a2], r10, r4, %[a2]\n"      \
  "smlad %[a2], r9, r5, %[a2]\n"       \
  "smlad %[a3], r10, r6, %[a3]\n"      \
  "smlad %[a3], r9, r8, %[a3]\n"
  int32_t fours = groups >> 2;
  if (fours > 0) {
    __asm volatile("1:\n" GROUP GROUP GROUP GROUP "subs %[n], %[n], #1\n bne 1b\n"
                   : [x] "+r"(windows), [w] "+r"(filter), [n] "+r"(fours), [a0] "+r"(a0), [a1] "+r"(a1), [a2] "+r"(a2), [a3] "+r"(a3)
                   :
                   : "r4", "r5", "r6", "r8", "r9", "r10", "cc", "memory");
  }
  groups &= 3;
  if (groups > 0) {
    __asm volatile("1:\n" GROUP "subs %[n], %[n], #1\n bne 1b\n"
                   : [x] "+r"(windows), [w] "+r"(filter), [n] "+r"(groups), [a0] "+r"(a0), [a1] "+r"(a1), [a2] "+r"(a2), [a3] "+r"(a3)
                   :
                   : "r4", "r5", "r6", "r8", "r9", "r10", "cc", "memory");
  }
#undef GROUP
#else
  for (; groups > 0; groups--, windows += GROUP_WORDS, filter += 4) {
    int32_t w0 = filter[0], w1 = filter[1], w2 = filter[2], w3 = filter[3];
    a0 += w0 * lane_low(windows[0]) + w2 * lane_high(windows[0]) + w1 * lane_low(windows[1]) + w3 * lane_high(windows[1]);
    a1 += w0 * lane_low(windows[2]) + w2 * lane_high(windows[2]) + w1 * lane_low(windows[3]) + w3 * lane_high(windows[3]);
    a2 += w0 * lane_low(windows[4]) + w2 * lane_high(windows[4]) + w1 * lane_low(windows[5]) + w3 * lane_high(windows[5]);
    a3 += w0 * lane_low(windows[6]) + w2 * lane_high(windows[6]) + w1 * lane_low(windows[7]) + w3 * lane_high(windows[7]);
  }
#endif
  if ((depth & 3) != 0) {
    /* What lies behind the last weight must not be read. */
    uint32_t word = (uint8_t)filter[0];
    if ((depth & 3) > 1) word |= (uint32_t)(uint8_t)filter[1] << 8;
    if ((depth & 3) > 2) word |= (uint32_t)(uint8_t)filter[2] << 16;
    uint32_t even = lanes_add_even(0, word);
    uint32_t odd = lanes_add_odd(0, word);
    a0 = lanes_multiply(odd, windows[1], lanes_multiply(even, windows[0], a0));
    a1 = lanes_multiply(odd, windows[3], lanes_multiply(even, windows[2], a1));
    a2 = lanes_multiply(odd, windows[5], lanes_multiply(even, windows[4], a2));
    a3 = lanes_multiply(odd, windows[7], lanes_multiply(even, windows[6], a3));
  }
  acc[0] = a0, acc[1] = a1, acc[2] = a2, acc[3] = a3;
}

void kernel_conv(const kernel_window *w, const kernel_scaling *s, const int8_t *input, const int8_t *filter,
                 const int32_t *bias, int8_t *output, void *scratch) {
  const int32_t depth = depth_of(w);
  const int32_t channels = w->output_channels;
  const int32_t pixels = w->output_height * w->output_width;
  const int32_t input_bytes = w->input_height * w->input_width * w->input_channels;
  uint32_t *windows = scratch;
  int8_t *bytes = (int8_t *)(windows + groups_of(w) * GROUP_WORDS);
  for (int32_t batch = 0; batch < w->batches; batch++, input += input_bytes) {
    for (int32_t p = 0; p < pixels; p += PIXELS) {
      const int32_t count = pixels - p < PIXELS ? pixels - p : PIXELS;
      lay_out(w, input, p, count, s->input_offset, windows, bytes);
      const int8_t *weights = filter;
      for (int32_t c = 0; c < channels; c++, weights += depth, output++) {
        const int32_t start = bias != NULL ? bias[c] : 0;
        int32_t acc[PIXELS] = {start, start, start, start};
        sums_of(windows, weights, depth, acc);
        const requantise_factor f = requantise_prepare(s, c);
        int8_t *to = output;
        for (int32_t i = 0; i < count; i++, to += channels) *to = requantise(s, &f, acc[i]);
      }
      output += (count - 1) * channels;
    }
  }
}
