#include "requantise.h"

/* gemmlowp: (a x b + nudge) / 2^31 towards 0, with the one product that does not fit. */
static int32_t doubling_high_multiply(int32_t a, int32_t b) {
  if (a == b && a == INT32_MIN) return INT32_MAX;
  int64_t product = (int64_t)a * b;
  int32_t nudge = product >= 0 ? (1 << 30) : (1 - (1 << 30));
  return (int32_t)((product + nudge) / (INT64_C(1) << 31));
}

/* gemmlowp: division by 2^exponent, halves away from 0. */
static int32_t rounding_divide(int32_t x, int32_t exponent) {
  int32_t mask = (int32_t)((INT64_C(1) << exponent) - 1);
  int32_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return (x >> exponent) + ((x & mask) > threshold ? 1 : 0);
}

int8_t requantise_exact(const kernel_scaling *s, const requantise_factor *f, int32_t acc) {
  int32_t left = f->right < 0 ? -f->right : 0;
  int32_t right = f->right < 0 ? 0 : f->right;
  int32_t shifted = (int32_t)((uint32_t)acc << left);
  int32_t value = rounding_divide(doubling_high_multiply(shifted, f->multiplier), right);
  return (int8_t)clamp(value + s->output_offset, s->minimum, s->maximum);
}

bool kernel_is_quick(const kernel_scaling *s, int32_t factors, int32_t depth, const int32_t *bias, int32_t channels) {
  /* |input + offset| <= 255 and |weight| <= 128: a sum stays under 2^29, and with the bias under 2^30. */
  if (depth > (1 << 29) / (255 * 128)) return false;
  for (int32_t i = 0; bias != NULL && i < channels; i++) {
    if (bias[i] >= 1 << 29 || bias[i] <= -(1 << 29)) return false;
  }
  for (int32_t i = 0; i < factors; i++) {
    if (s->shift[i] > -1 || s->shift[i] < -REQUANTISE_MOST_RIGHT || s->multiplier[i] < 0) return false;
  }
  return true;
}
