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

static int32_t least(int32_t a, int32_t b) { return a < b ? a : b; }

static int32_t depth_of(const kernel_window *w) { return w->filter_height * w->filter_width * w->input_channels; }
static int32_t groups_of(const kernel_window *w) { return (depth_of(w) + 3) / 4; }

/* Factors, the windows, and one window's bytes where they must be gathered. */
uint32_t kernel_conv_scratch(const kernel_window *w) {
  return (uint32_t)w->output_channels * (uint32_t)sizeof(requantise_factor) + (uint32_t)groups_of(w) * (GROUP_WORDS * 4 + 4);
}

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

/* What is to be done with four windows: for each of `count` filters the sums with all four, and those as int8 to four pixels. */
typedef struct {
  const uint32_t *windows;
  const int8_t *filter;
  const requantise_factor *factors;
  /* Of the first pixel; the next ones follow `channels` bytes apart. */
  int8_t *output;
  int32_t channels;
  int32_t count;
  /* Whole words of weights in a filter, as fours of them and the rest; then a mask for the last 1 to 3 weights, and how many they are. */
  int32_t fours;
  int32_t rest;
  uint32_t mask;
  int32_t tail;
} block;

#if LANES_DSP
/* A word of weights in r9, and its sixteen products with the four windows. */
#define WEIGHTS "ldr r9, [r1], #4\n"
#define PRODUCTS                     \
  "ldmia r0!, {r4, r5, r6, r8}\n"    \
  "sxtb16 r10, r9\n"                 \
  "sxtb16 r9, r9, ror #8\n"          \
  "smlad r2, r10, r4, r2\n"          \
  "smlad r2, r9, r5, r2\n"           \
  "smlad r3, r10, r6, r3\n"          \
  "smlad r3, r9, r8, r3\n"           \
  "ldmia r0!, {r4, r5, r6, r8}\n"    \
  "smlad r12, r10, r4, r12\n"        \
  "smlad r12, r9, r5, r12\n"         \
  "smlad lr, r10, r6, lr\n"          \
  "smlad lr, r9, r8, lr\n"
/* A sum as int8 by the short way: multiplier, rounding and shift are in r5, r6 and r8. */
#define SHORT(acc)                          \
  "lsl " acc ", " acc ", #1\n"              \
  "smmulr " acc ", " acc ", r5\n"           \
  "add " acc ", " acc ", " acc ", asr #31\n" \
  "add " acc ", " acc ", r6\n"              \
  "asr " acc ", " acc ", r8\n"              \
  "ssat " acc ", #8, " acc "\n"

/*
 * All registers but the stack pointer: r0 windows, r1 weights, r2 r3 r12 lr sums, r4 to r6 and r8 values, r9 and r10 weights, r7 a count,
 * r11 the block, whose fields lie at 0, 4, 8 and so on in the order above. It reads words of weights: where there are 1 to 3 at the end,
 * the last filter of all must not be among those that it is given.
 */
__attribute__((naked, noinline)) static void run_block(block *b) {
  (void)b;
  __asm volatile(
      "push {r4-r11, lr}\n"
      "mov r11, r0\n"
      "ldr r1, [r11, #4]\n"
      "ldr r9, [r11, #8]\n"
      "1:\n"
      "ldr r0, [r11]\n"
      "ldr r2, [r9]\n"
      "ldr r7, [r11, #24]\n"
      "mov r3, r2\n"
      "mov r12, r2\n"
      "mov lr, r2\n"
      "cmp r7, #0\n"
      "beq 3f\n"
      "2:\n" WEIGHTS PRODUCTS WEIGHTS PRODUCTS WEIGHTS PRODUCTS WEIGHTS PRODUCTS
      "subs r7, r7, #1\n"
      "bne 2b\n"
      "3:\n"
      "ldr r7, [r11, #28]\n"
      "cmp r7, #0\n"
      "beq 5f\n"
      "4:\n" WEIGHTS PRODUCTS
      "subs r7, r7, #1\n"
      "bne 4b\n"
      "5:\n"
      "ldr r7, [r11, #32]\n"
      "cmp r7, #0\n"
      "beq 6f\n"
      "ldr r9, [r1]\n"
      "and r9, r9, r7\n" PRODUCTS
      "ldr r7, [r11, #36]\n"
      "add r1, r1, r7\n"
      "6:\n"
      "ldr r9, [r11, #8]\n"
      "ldmia r9!, {r4, r5, r6, r8}\n"
      "str r9, [r11, #8]\n"
      "ldr r10, [r11, #12]\n"
      "ldr r4, [r11, #16]\n" SHORT("r2") SHORT("r3") SHORT("r12") SHORT("lr")
      "strb r3, [r10, r4]\n"
      "strb r12, [r10, r4, lsl #1]\n"
      "add r4, r4, r4, lsl #1\n"
      "strb lr, [r10, r4]\n"
      "strb r2, [r10], #1\n"
      "str r10, [r11, #12]\n"
      "ldr r7, [r11, #20]\n"
      "subs r7, r7, #1\n"
      "str r7, [r11, #20]\n"
      "bne 1b\n"
      "pop {r4-r11, pc}\n");
}
#undef WEIGHTS
#undef PRODUCTS
#undef SHORT
#endif

/* The sums of one filter with the four windows, as C has them. */
static void sums_of(const block *b, const int8_t *filter, int32_t bias, int32_t acc[PIXELS]) {
  const uint32_t *x = b->windows;
  int32_t a0 = bias, a1 = bias, a2 = bias, a3 = bias;
  for (int32_t left = 4 * b->fours + b->rest + (b->tail > 0); left > 0; left--, x += GROUP_WORDS, filter += 4) {
    const bool whole = left > 1 || b->tail == 0;
    const int32_t w0 = filter[0];
    const int32_t w1 = whole || b->tail > 1 ? filter[1] : 0;
    const int32_t w2 = whole || b->tail > 2 ? filter[2] : 0;
    const int32_t w3 = whole ? filter[3] : 0;
    a0 += w0 * lane_low(x[0]) + w2 * lane_high(x[0]) + w1 * lane_low(x[1]) + w3 * lane_high(x[1]);
    a1 += w0 * lane_low(x[2]) + w2 * lane_high(x[2]) + w1 * lane_low(x[3]) + w3 * lane_high(x[3]);
    a2 += w0 * lane_low(x[4]) + w2 * lane_high(x[4]) + w1 * lane_low(x[5]) + w3 * lane_high(x[5]);
    a3 += w0 * lane_low(x[6]) + w2 * lane_high(x[6]) + w1 * lane_low(x[7]) + w3 * lane_high(x[7]);
  }
  acc[0] = a0, acc[1] = a1, acc[2] = a2, acc[3] = a3;
}

/* Filters from `first` on, for any scaling and for any number of pixels up to four. */
static void run_any(const block *b, const kernel_scaling *s, int32_t first, int32_t depth, int32_t pixels) {
  for (int32_t c = first; c < b->channels; c++) {
    int32_t acc[PIXELS];
    const requantise_factor *f = b->factors + c;
    sums_of(b, b->filter + c * depth, f->bias, acc);
    for (int32_t i = 0; i < pixels; i++) b->output[i * b->channels + c] = requantise(s, f, acc[i]);
  }
}

void kernel_conv(const kernel_window *w, const kernel_scaling *s, const int8_t *input, const int8_t *filter,
                 const int32_t *bias, int8_t *output, void *scratch) {
  const int32_t depth = depth_of(w);
  const int32_t channels = w->output_channels;
  const int32_t pixels = w->output_height * w->output_width;
  const int32_t input_bytes = w->input_height * w->input_width * w->input_channels;
  requantise_factor *factors = scratch;
  uint32_t *windows = (uint32_t *)(factors + channels);
  int8_t *bytes = (int8_t *)(windows + groups_of(w) * GROUP_WORDS);
  for (int32_t c = 0; c < channels; c++) factors[c] = requantise_prepare(s, c, bias);
  const int32_t tail = depth & 3;
  const int32_t count = tail == 0 ? channels : channels - 1;
  const block b = {windows, filter, factors, NULL, channels, count, depth >> 4, (depth >> 2) & 3, (1u << (8 * tail)) - 1, tail};
  for (int32_t batch = 0; batch < w->batches; batch++, input += input_bytes, output += pixels * channels) {
    for (int32_t next = 0; next < pixels; next += PIXELS) {
      /* The last four pixels once more, in part, rather than fewer than four. */
      const int32_t p = next + PIXELS <= pixels || pixels < PIXELS ? next : pixels - PIXELS;
      const int32_t count = least(PIXELS, pixels - p);
      lay_out(w, input, p, count, s->input_offset, windows, bytes);
      block here = b;
      here.output = output + p * channels;
      int32_t done = 0;
#if LANES_DSP
      if (count == PIXELS && here.count > 0 && requantise_is_short(s)) {
        done = here.count;
        run_block(&here);
        here.factors = factors;
        here.output = output + p * channels;
      }
#endif
      run_any(&here, s, done, depth, count);
    }
  }
}
