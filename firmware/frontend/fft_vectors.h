/*
 * The transform's stages with WebAssembly's vectors, two complex numbers at a time: the same operations on each as in fft.c, in the same
 * order, so the same bits. For fft.c alone, which has the numbers' type and the table.
 */
#ifndef LIMPET_FFT_VECTORS_H
#define LIMPET_FFT_VECTORS_H

#include <wasm_simd128.h>

/* Real and imaginary parts in each other's place. */
static inline v128_t swap(v128_t a) { return wasm_i32x4_shuffle(a, a, 1, 0, 3, 2); }

/* a times w: wr holds w's real parts twice, wi its imaginary parts, the first of each two negated. */
static inline v128_t times_2(v128_t a, v128_t w) {
  v128_t wr = wasm_i32x4_shuffle(w, w, 0, 0, 2, 2);
  v128_t wi = wasm_v128_xor(wasm_i32x4_shuffle(w, w, 1, 1, 3, 3), wasm_f32x4_const(-0.0f, 0.0f, -0.0f, 0.0f));
  return wasm_f32x4_add(wasm_f32x4_mul(a, wr), wasm_f32x4_mul(swap(a), wi));
}

static inline v128_t both(complex32 low, complex32 high) { return wasm_f32x4_make(low.re, low.im, high.re, high.im); }

typedef struct {
  v128_t out[4];
} butterflies;

/* Without turning. Times 1 (as the first stage has it) is the same but for the sign of a zero, which its square has not. */
static inline butterflies straight_2(v128_t a, v128_t b, v128_t c, v128_t d) {
  v128_t ac = wasm_f32x4_add(a, c);
  v128_t bd = wasm_f32x4_add(b, d);
  v128_t difference = wasm_f32x4_sub(a, c);
  /* (b.im - d.im, -(b.re - d.re)) */
  v128_t turned = wasm_v128_xor(swap(wasm_f32x4_sub(b, d)), wasm_f32x4_const(0.0f, -0.0f, 0.0f, -0.0f));
  butterflies r;
  r.out[0] = wasm_f32x4_add(ac, bd);
  r.out[1] = wasm_f32x4_add(difference, turned);
  r.out[2] = wasm_f32x4_sub(ac, bd);
  r.out[3] = wasm_f32x4_sub(difference, turned);
  return r;
}

static inline butterflies butterfly_2(v128_t a, v128_t b, v128_t c, v128_t d, v128_t w1, v128_t w2, v128_t w3) {
  butterflies r = straight_2(a, b, c, d);
  r.out[1] = times_2(r.out[1], w1);
  r.out[2] = times_2(r.out[2], w2);
  r.out[3] = times_2(r.out[3], w3);
  return r;
}

/* The first stage, where what lies side by side are the transform's own points: two of them at a time. */
static void first_radix_4(uint32_t length, const complex32 *table, const complex32 *x, complex32 *y) {
  uint32_t quarter = length / 8u;
  for (uint32_t p = 0; p < quarter; p += 2u) {
    uint32_t k = 2u * p;
    v128_t w1 = both(table[k], table[k + 2u]);
    v128_t w2 = both(table[2u * k], table[2u * k + 4u]);
    v128_t w3 = both(twiddle(table, length / 2u, 3u * k), twiddle(table, length / 2u, 3u * k + 6u));
    const complex32 *from = x + p;
    butterflies r = butterfly_2(wasm_v128_load(from), wasm_v128_load(from + quarter), wasm_v128_load(from + 2u * quarter),
                                wasm_v128_load(from + 3u * quarter), w1, w2, w3);
    complex32 *to = y + 4u * p;
    wasm_v128_store(to, wasm_i64x2_shuffle(r.out[0], r.out[1], 0, 2));
    wasm_v128_store(to + 2, wasm_i64x2_shuffle(r.out[2], r.out[3], 0, 2));
    wasm_v128_store(to + 4, wasm_i64x2_shuffle(r.out[0], r.out[1], 1, 3));
    wasm_v128_store(to + 6, wasm_i64x2_shuffle(r.out[2], r.out[3], 1, 3));
  }
}

static void radix_4(uint32_t length, const complex32 *table, uint32_t n, uint32_t stride, const complex32 *x, complex32 *y) {
  uint32_t quarter = n / 4u;
  if (stride == 1u && quarter % 2u == 0) {
    first_radix_4(length, table, x, y);
    return;
  }
  for (uint32_t q = 0; q < stride; q += 2u) {
    butterflies r = straight_2(wasm_v128_load(x + q), wasm_v128_load(x + q + stride * quarter),
                               wasm_v128_load(x + q + stride * quarter * 2u), wasm_v128_load(x + q + stride * quarter * 3u));
    for (uint32_t i = 0; i < 4u; i++) wasm_v128_store(y + q + stride * i, r.out[i]);
  }
  for (uint32_t p = 1; p < quarter; p++) {
    uint32_t k = p * (length / n);
    complex32 third = twiddle(table, length / 2u, 3u * k);
    v128_t w1 = both(table[k], table[k]);
    v128_t w2 = both(table[2u * k], table[2u * k]);
    v128_t w3 = both(third, third);
    const complex32 *from = x + stride * p;
    complex32 *to = y + stride * 4u * p;
    for (uint32_t q = 0; q < stride; q += 2u) {
      butterflies r = butterfly_2(wasm_v128_load(from + q), wasm_v128_load(from + q + stride * quarter),
                                  wasm_v128_load(from + q + stride * quarter * 2u),
                                  wasm_v128_load(from + q + stride * quarter * 3u), w1, w2, w3);
      for (uint32_t i = 0; i < 4u; i++) wasm_v128_store(to + q + stride * i, r.out[i]);
    }
  }
}

/* Of `split` in fft.c all pairs of bins that fit into the lower quarter; returns the first bin that is left. */
static uint32_t split_pairs(uint32_t half, const complex32 *table, const complex32 *z, float *power) {
  v128_t second = wasm_f32x4_const(0.0f, -0.0f, 0.0f, -0.0f);
  v128_t one_half = wasm_f32x4_const(0.5f, 0.5f, 0.5f, 0.5f);
  uint32_t k = 1;
  for (; k + 1u < half / 2u; k += 2u) {
    v128_t a = wasm_v128_load(z + k);
    v128_t b = wasm_v128_load(z + half - k - 1u);
    b = wasm_i64x2_shuffle(b, b, 1, 0);
    v128_t even = wasm_f32x4_mul(one_half, wasm_f32x4_add(a, wasm_v128_xor(b, second)));
    v128_t odd = wasm_f32x4_mul(one_half, wasm_f32x4_add(wasm_v128_xor(swap(a), second), swap(b)));
    v128_t turned = times_2(odd, wasm_v128_load(table + k));
    v128_t low = wasm_f32x4_add(even, turned);
    v128_t high = wasm_f32x4_sub(even, turned);
    low = wasm_f32x4_mul(low, low);
    high = wasm_f32x4_mul(high, high);
    v128_t sums = wasm_f32x4_add(wasm_i32x4_shuffle(low, high, 0, 2, 6, 4), wasm_i32x4_shuffle(low, high, 1, 3, 7, 5));
    wasm_v128_store64_lane(power + k, sums, 0);
    wasm_v128_store64_lane(power + half - k - 1u, sums, 1);
  }
  return k;
}

#endif
