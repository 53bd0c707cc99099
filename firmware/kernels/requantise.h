/*
 * From sums to int8, the same bits as gemmlowp's SaturatingRoundingDoublingHighMul and RoundingDivideByPOT one after another. The
 * quick way needs |acc| < 2^30 and a shift to the right of 1 to 22; then
 *   high  = (2 acc x multiplier + 2^31) / 2^32 rounded down     is the first function's (acc x multiplier + 2^30) / 2^31,
 *   (high - (high < 0) + 2^(right-1)) / 2^right rounded down    is the second's rounding of halves away from 0,
 * and the output's offset may be added before the division, times 2^right.
 */
#ifndef LIMPET_REQUANTISE_H
#define LIMPET_REQUANTISE_H

#include <stddef.h>

#include "kernels.h"
#include "lanes.h"

#define REQUANTISE_MOST_RIGHT 22

/* Of one output channel, as four words. */
typedef struct {
  int32_t bias;
  int32_t multiplier;
  /* 2^(right-1) plus the output's offset times 2^right; only where the scaling is quick. */
  int32_t round;
  /* How far to the right; negative: to the left. */
  int32_t right;
} requantise_factor;

static inline int32_t clamp(int32_t value, int32_t minimum, int32_t maximum) {
  value = value < minimum ? minimum : value;
  return value > maximum ? maximum : value;
}

/* Whether the short way is open: quick, and no narrower range than int8's own. */
static inline bool requantise_is_short(const kernel_scaling *s) { return s->quick && s->minimum == -128 && s->maximum == 127; }

static inline requantise_factor requantise_prepare(const kernel_scaling *s, int32_t index, const int32_t *bias) {
  const int32_t right = -s->shift[index];
  requantise_factor f = {bias != NULL ? bias[index] : 0, s->multiplier[index], 0, right};
  if (s->quick) f.round = (int32_t)((uint32_t)(2 * s->output_offset + 1) << (right - 1));
  return f;
}

int8_t requantise_exact(const kernel_scaling *s, const requantise_factor *f, int32_t acc);

static inline int32_t requantise_quick(const requantise_factor *f, int32_t acc) {
  int32_t high = multiply_high_rounded((int32_t)((uint32_t)acc << 1), f->multiplier);
  return (high + (high >> 31) + f->round) >> f->right;
}

/* The short way; only where it is open. */
static inline int8_t requantise_short(const requantise_factor *f, int32_t acc) { return (int8_t)saturate_byte(requantise_quick(f, acc)); }

static inline int8_t requantise(const kernel_scaling *s, const requantise_factor *f, int32_t acc) {
  return s->quick ? (int8_t)clamp(requantise_quick(f, acc), s->minimum, s->maximum) : requantise_exact(s, f, acc);
}

#endif
