#include "fft.h"

#include "../maths/maths.h"

typedef struct {
  float re;
  float im;
} complex32;

int fft_length_fits(uint32_t length) { return length >= FFT_MIN && length <= FFT_MAX && (length & (length - 1u)) == 0; }

/* table[k] = exp(-2 pi i k / length) for k below length / 2, all from the cosines of a quarter of a turn. */
void fft_prepare(uint32_t length, float *table) {
  uint32_t quarter = length / 4u;
  float step = 1.0f / (float)length;
  for (uint32_t k = 0; k <= quarter; k++) {
    float cosine = k == quarter ? 0.0f : maths_cosine((float)k * step);
    /* cos(x) = sin(quarter turn - x) = -cos(half turn - x) = sin(quarter turn + x) */
    if (k < quarter) table[2u * k] = cosine;
    if (k > 0) table[2u * (length / 2u - k)] = -cosine;
    table[2u * (quarter - k) + 1u] = -cosine;
    if (k < quarter) table[2u * (quarter + k) + 1u] = -cosine;
  }
}

static inline complex32 times(complex32 a, complex32 w) {
  complex32 product = {a.re * w.re - a.im * w.im, a.re * w.im + a.im * w.re};
  return product;
}

/* exp(-2 pi i k / length) for k below length; the second half of the turn is the first with another sign. */
static inline complex32 twiddle(const complex32 *table, uint32_t half, uint32_t k) {
  if (k < half) return table[k];
  complex32 w = {-table[k - half].re, -table[k - half].im};
  return w;
}

#if defined(__wasm_simd128__)
#include "fft_vectors.h"
#else
typedef struct {
  complex32 sum;
  complex32 minus;
  complex32 even;
  complex32 plus;
} butterfly;

static inline butterfly butterfly_of(complex32 a, complex32 b, complex32 c, complex32 d) {
  complex32 ac = {a.re + c.re, a.im + c.im};
  complex32 bd = {b.re + d.re, b.im + d.im};
  butterfly r = {{ac.re + bd.re, ac.im + bd.im},
                 {(a.re - c.re) + (b.im - d.im), (a.im - c.im) - (b.re - d.re)},
                 {ac.re - bd.re, ac.im - bd.im},
                 {(a.re - c.re) - (b.im - d.im), (a.im - c.im) + (b.re - d.re)}};
  return r;
}

/* One stage: `n` points left to be split, `stride` transforms side by side; `length` is the real signal's. */
static void radix_4(uint32_t length, const complex32 *table, uint32_t n, uint32_t stride, const complex32 *x, complex32 *y) {
  uint32_t part = stride * (n / 4u);
  /* What is not turned: all of the last stage, and a quarter of the one before. */
  for (uint32_t q = 0; q < stride; q++) {
    butterfly r = butterfly_of(x[q], x[q + part], x[q + 2u * part], x[q + 3u * part]);
    y[q] = r.sum;
    y[q + stride] = r.minus;
    y[q + stride * 2u] = r.even;
    y[q + stride * 3u] = r.plus;
  }
  for (uint32_t p = 1; p < n / 4u; p++) {
    uint32_t k = p * (length / n);
    complex32 w1 = table[k];
    complex32 w2 = twiddle(table, length / 2u, 2u * k);
    complex32 w3 = twiddle(table, length / 2u, 3u * k);
    const complex32 *from = x + stride * p;
    complex32 *to = y + stride * 4u * p;
    for (uint32_t q = 0; q < stride; q++) {
      butterfly r = butterfly_of(from[q], from[q + part], from[q + 2u * part], from[q + 3u * part]);
      to[q] = r.sum;
      to[q + stride] = times(r.minus, w1);
      to[q + stride * 2u] = times(r.even, w2);
      to[q + stride * 3u] = times(r.plus, w3);
    }
  }
}
#endif

static void radix_2(uint32_t stride, const complex32 *x, complex32 *y) {
  for (uint32_t q = 0; q < stride; q++) {
    complex32 a = x[q];
    complex32 b = x[q + stride];
    y[q].re = a.re + b.re;
    y[q].im = a.im + b.im;
    y[q + stride].re = a.re - b.re;
    y[q + stride].im = a.im - b.im;
  }
}

/* The signal's even samples are real, its odd ones imaginary parts: X[k] = E[k] + w^k O[k] comes out of Z[k] and Z[half - k]. */
static void split(uint32_t length, const complex32 *table, const complex32 *z, float *power) {
  uint32_t half = length / 2u;
  float first = z[0].re + z[0].im;
  float last = z[0].re - z[0].im;
  power[0] = first * first;
  power[half] = last * last;
  uint32_t k = 1;
#if defined(__wasm_simd128__)
  k = split_pairs(half, table, z, power);
#endif
  for (; k <= half / 2u; k++) {
    complex32 a = z[k];
    complex32 b = z[half - k];
    complex32 even = {0.5f * (a.re + b.re), 0.5f * (a.im - b.im)};
    complex32 odd = {0.5f * (a.im + b.im), 0.5f * (b.re - a.re)};
    complex32 turned = times(odd, table[k]);
    complex32 low = {even.re + turned.re, even.im + turned.im};
    complex32 high = {even.re - turned.re, even.im - turned.im};
    power[k] = low.re * low.re + low.im * low.im;
    power[half - k] = high.re * high.re + high.im * high.im;
  }
}

void fft_power(uint32_t length, const float *table, float *work, float *power) {
  const complex32 *w = (const complex32 *)(const void *)table;
  complex32 *x = (complex32 *)(void *)work;
  complex32 *y = x + length / 2u;
  uint32_t stride = 1;
  uint32_t n = length / 2u;
  for (; n >= 4u; n /= 4u) {
    radix_4(length, w, n, stride, x, y);
    complex32 *filled = y;
    y = x;
    x = filled;
    stride *= 4u;
  }
  if (n == 2u) {
    radix_2(stride, x, y);
    x = y;
  }
  split(length, w, x, power);
}
