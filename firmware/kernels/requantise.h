/*
 * From sums to int8, the same bits as gemmlowp's SaturatingRoundingDoublingHighMul and RoundingDivideByPOT one after another. The
 * quick way needs |acc| < 2^30 and a shift to the right of 1 to 22; then
 *   high  = (2 acc x multiplier + 2^31) / 2^32 rounded down     is the first function's (acc x multiplier + 2^30) / 2^31,
 *   (high - (high < 0) + 2^(right-1)) / 2^right rounded down    is the second's rounding of halves away from 0,
 * and the output's offset may be added before the division, times 2^right.
 */
#ifndef LIMPET_REQUANTISE_H
#define LIMPET_REQUANTISE_H

#include "kernels.h"
#include "lanes.h"

#define REQUANTISE_MOST_RIGHT 22

typedef struct {
  int32_t multiplier;
  int32_t shift;
  /* 2^(right-1) plus the output's offset times 2^right. */
  int32_t round;
} requantise_factor;

static inline int32_t clamp(int32_t value, int32_t minimum, int32_t maximum) {
  value = value < minimum ? minimum : value;
  return value > maximum ? maximum : value;
}

static inline requantise_factor requantise_prepare(const kernel_scaling *s, int32_t index) {
  requantise_factor f = {s->multiplier[index], s->shift[index], 0};
  if (s->quick) f.round = (int32_t)((uint32_t)(2 * s->output_offset + 1) << (-f.shift - 1));
  return f;
}

int8_t requantise_exact(const kernel_scaling *s, const requantise_factor *f, int32_t acc);

/* Without the clamp. */
static inline int32_t requantise_quick(const requantise_factor *f, int32_t acc) {
  int32_t high = multiply_high_rounded((int32_t)((uint32_t)acc << 1), f->multiplier);
  return (high + (high >> 31) + f->round) >> -f->shift;
}

static inline int8_t requantise(const kernel_scaling *s, const requantise_factor *f, int32_t acc) {
  if (!s->quick) return requantise_exact(s, f, acc);
  return (int8_t)clamp(requantise_quick(f, acc), s->minimum, s->maximum);
}

#endif
