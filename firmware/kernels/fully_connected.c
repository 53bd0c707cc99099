/* Fully connected: four outputs at a time, so that each word of the input is taken apart once for four words of weights. */
#include "kernels.h"
#include "lanes.h"
#include "requantise.h"

#define ROWS 4

void kernel_fold_bias(int32_t outputs, int32_t inputs, int32_t input_offset, const int8_t *filter, const int32_t *bias, int32_t *folded) {
  for (int32_t o = 0; o < outputs; o++) {
    int32_t sum = 0;
    for (int32_t i = 0; i < inputs; i++) sum += *filter++;
    folded[o] = (bias != NULL ? bias[o] : 0) + input_offset * sum;
  }
}

#if LANES_DSP
/* A word of one row's weights, and its products with the input's lanes in r5 and r4. */
#define ROW(load, acc)                \
  load                                \
  "sxtb16 %[t], r6\n"                 \
  "sxtb16 r6, r6, ror #8\n"           \
  "smlad " acc ", %[t], r5, " acc "\n" \
  "smlad " acc ", r6, r4, " acc "\n"
#endif

__attribute__((noinline)) static void sums_of(const int8_t *input, const int8_t *filter, int32_t inputs, int32_t acc[ROWS]) {
  int32_t groups = inputs >> 2;
  const int32_t tail = inputs & 3;
#if LANES_DSP
  const int8_t *first = filter;
  const int8_t *third = filter + 2 * inputs;
  if (groups > 0) {
    int32_t a0 = acc[0], a1 = acc[1], a2 = acc[2], a3 = acc[3];
    uint32_t taken;
    __asm volatile("1:\n"
                   "ldr r4, [%[x]], #4\n"
                   "sxtb16 r5, r4\n"
                   "sxtb16 r4, r4, ror #8\n" ROW("ldr r6, [%[p], %[stride]]\n", "%[a1]") ROW("ldr r6, [%[p]], #4\n", "%[a0]")
                       ROW("ldr r6, [%[q], %[stride]]\n", "%[a3]") ROW("ldr r6, [%[q]], #4\n", "%[a2]") "subs %[n], %[n], #1\n bne 1b\n"
                   : [x] "+r"(input), [p] "+r"(first), [q] "+r"(third), [n] "+r"(groups), [a0] "+r"(a0), [a1] "+r"(a1), [a2] "+r"(a2),
                     [a3] "+r"(a3), [t] "=&r"(taken)
                   : [stride] "r"(inputs)
                   : "r4", "r5", "r6", "cc", "memory");
    acc[0] = a0, acc[1] = a1, acc[2] = a2, acc[3] = a3;
  }
  filter = first;
#else
  for (int32_t i = 0; i < groups * 4; i++) {
    int32_t x = *input++;
    for (int32_t r = 0; r < ROWS; r++) acc[r] += x * filter[r * inputs];
    filter++;
  }
#endif
  for (int32_t i = 0; i < tail; i++) {
    int32_t x = *input++;
    for (int32_t r = 0; r < ROWS; r++) acc[r] += x * filter[r * inputs];
    filter++;
  }
}

static int32_t sum_of(const int8_t *input, const int8_t *filter, int32_t inputs, int32_t acc) {
  int32_t groups = inputs >> 2;
#if LANES_DSP
  for (; groups > 0; groups--, input += 4, filter += 4) {
    uint32_t x = lanes_load(input);
    uint32_t w = lanes_load(filter);
    acc = lanes_multiply(lanes_add_even(0, x), lanes_add_even(0, w), acc);
    acc = lanes_multiply(lanes_add_odd(0, x), lanes_add_odd(0, w), acc);
  }
  inputs &= 3;
#else
  (void)groups;
#endif
  for (; inputs > 0; inputs--) acc += *input++ * *filter++;
  return acc;
}

void kernel_fully_connected(int32_t batches, int32_t inputs, int32_t outputs, const kernel_scaling *s, const int8_t *input,
                            const int8_t *filter, const int32_t *folded, int8_t *output) {
  const requantise_factor f = requantise_prepare(s, 0, NULL);
  for (int32_t batch = 0; batch < batches; batch++, input += inputs) {
    const int8_t *weights = filter;
    int32_t o = 0;
    for (; o + ROWS <= outputs; o += ROWS, weights += ROWS * inputs) {
      int32_t acc[ROWS] = {folded[o], folded[o + 1], folded[o + 2], folded[o + 3]};
      sums_of(input, weights, inputs, acc);
      for (int32_t r = 0; r < ROWS; r++) *output++ = requantise(s, &f, acc[r]);
    }
    for (; o < outputs; o++, weights += inputs) *output++ = requantise(s, &f, sum_of(input, weights, inputs, folded[o]));
  }
}
