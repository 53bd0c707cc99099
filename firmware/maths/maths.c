#include "maths.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#define SUM_BLOCK 64u

/* ln 2 in two parts: the first has few bits, so that its product with an exponent is exact. */
#define LN2_HIGH 0.693359375f
#define LN2_LOW (-2.12194440e-4f)

static uint32_t bits_of(float x) {
  uint32_t bits;
  memcpy(&bits, &x, 4);
  return bits;
}

static float of_bits(uint32_t bits) {
  float x;
  memcpy(&x, &bits, 4);
  return x;
}

/* x = m * 2^e with m from sqrt(1/2) to sqrt(2); log m = 2 artanh((m - 1) / (m + 1)) by its series. */
static inline float log_of(float x) {
  if (!(x > 0x1p-126f)) x = 0x1p-126f;
  uint32_t bits = bits_of(x);
  /* 0x3f3504f3 is sqrt(1/2): brings the mantissa into the range about 1. */
  uint32_t from_root = bits - 0x3f3504f3u;
  int32_t exponent = (int32_t)from_root >> 23;
  float m = of_bits(bits - ((uint32_t)exponent << 23));
  float s = (m - 1.0f) / (m + 1.0f);
  float z = s * s;
  float series = z * (0.333333333f + z * (0.2f + z * (0.142857143f + z * 0.111111111f)));
  float e = (float)exponent;
  return e * LN2_HIGH + (e * LN2_LOW + (2.0f * s + 2.0f * s * series));
}

float maths_log(float x) { return log_of(x); }

void maths_log_each(float *values, unsigned count) {
  for (unsigned i = 0; i < count; i++) values[i] = log_of(values[i]);
}

/* x = k ln 2 + r with |r| at most ln 2 / 2; e^r by its series. */
float maths_exp(float x) {
  if (!(x > -87.0f)) x = -87.0f;
  if (x > 88.0f) x = 88.0f;
  float k = floorf(x * 1.44269504f + 0.5f);
  float r = (x - k * LN2_HIGH) - k * LN2_LOW;
  float series = 1.0f / 6.0f + r * (1.0f / 24.0f + r * (1.0f / 120.0f + r * (1.0f / 720.0f + r * (1.0f / 5040.0f))));
  float e = 1.0f + (r + r * r * (0.5f + r * series));
  return e * of_bits((uint32_t)((int32_t)k + 127) << 23);
}

/* Taylor's series within an eighth of a turn; x in radians, z its square. */
static float sine_near(float x, float z) {
  return x + x * z * (-1.0f / 6.0f + z * (1.0f / 120.0f + z * (-1.0f / 5040.0f + z * (1.0f / 362880.0f))));
}

static float cosine_near(float z) {
  return 1.0f + z * (-0.5f + z * (1.0f / 24.0f + z * (-1.0f / 720.0f + z * (1.0f / 40320.0f + z * (-1.0f / 3628800.0f)))));
}

/* `quarters` turns the result on by quarters of a turn. */
static float turned(float turns, int32_t quarters) {
  float nearest = floorf(turns * 4.0f + 0.5f);
  float x = (turns - nearest * 0.25f) * 6.28318531f;
  int32_t quadrant = ((int32_t)nearest + quarters) & 3;
  float value = (quadrant & 1) == 0 ? sine_near(x, x * x) : cosine_near(x * x);
  return quadrant < 2 ? value : -value;
}

float maths_sine(float turns) { return turned(turns, 0); }

float maths_cosine(float turns) { return turned(turns, 1); }

float maths_root(float x) { return sqrtf(x); }

float maths_sum(const float *values, unsigned count) {
  float sum = 0.0f;
  unsigned at = 0;
  /* Four blocks at a time: no sum waits for another. */
  for (; count - at >= 4u * SUM_BLOCK; at += 4u * SUM_BLOCK) {
    float blocks[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    for (unsigned i = at; i < at + SUM_BLOCK; i++) {
      blocks[0] += values[i];
      blocks[1] += values[i + SUM_BLOCK];
      blocks[2] += values[i + 2u * SUM_BLOCK];
      blocks[3] += values[i + 3u * SUM_BLOCK];
    }
    for (unsigned b = 0; b < 4u; b++) sum += blocks[b];
  }
  for (; at < count; at += SUM_BLOCK) {
    unsigned end = count - at < SUM_BLOCK ? count : at + SUM_BLOCK;
    float block = 0.0f;
    for (unsigned i = at; i < end; i++) block += values[i];
    sum += block;
  }
  return sum;
}
