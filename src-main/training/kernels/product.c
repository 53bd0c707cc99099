/* Matrix product with a left side that may lie anyhow, so that one kernel does forward passes and both gradients. */
#include "kernels.h"

/* Writes the first `width` (1..8) of eight sums. */
static inline void write8(float *c, v128_t low, v128_t high, int width, int accumulate) {
  if (width == 8) {
    if (accumulate) {
      low = wasm_f32x4_add(load4(c), low);
      high = wasm_f32x4_add(load4(c + 4), high);
    }
    store4(c, low);
    store4(c + 4, high);
    return;
  }
  if (width >= 4) {
    store4(c, accumulate ? wasm_f32x4_add(load4(c), low) : low);
    c += 4;
    width -= 4;
    low = high;
  }
  if (width > 0) c[0] = (accumulate ? c[0] : 0.0f) + wasm_f32x4_extract_lane(low, 0);
  if (width > 1) c[1] = (accumulate ? c[1] : 0.0f) + wasm_f32x4_extract_lane(low, 1);
  if (width > 2) c[2] = (accumulate ? c[2] : 0.0f) + wasm_f32x4_extract_lane(low, 2);
}

/* Where a row of the left side begins. */
static inline const float *row_at(const float *a, int i, int run, int outer, int inner) {
  return a + (i / run) * outer + (i % run) * inner;
}

/*
 * c[i, j] = sum over p of a[i, p] * b[p, j], added to c where `accumulate` is not 0; sums run over p in order.
 *
 * The left side is `rows` x `depth`. Its rows come in runs of `row_run`, `row_inner` apart within a run, runs `row_outer` apart;
 * its columns likewise with `depth_run`, `depth_inner`, `depth_outer`. So a matrix is one run each way, its transpose exchanges the
 * two, and the patches that a convolution sees in a padded image are a left side in place, without being copied (run: one output
 * row; one row of the kernel). The right side is `depth` x `columns` with rows `b_row` apart, c has rows `c_row` apart. `panel` is
 * scratch of depth * 8 floats. Blocks of 4 x 8 results are kept in registers.
 */
KERNEL(product)(int rows, int row_run, int row_outer, int row_inner, int depth, int depth_run, int depth_outer,
                int depth_inner, const float *a, int columns, const float *b, int b_row, float *c, int c_row,
                int accumulate, float *panel) {
  const int jump = depth_outer - depth_run * depth_inner;
  for (int j = 0; j < columns; j += 8) {
    const int width = columns - j < 8 ? columns - j : 8;
    const float *right = b + j;
    int right_row = b_row;
    if (width < 8) {
      for (int p = 0; p < depth; p++) {
        for (int q = 0; q < 8; q++) panel[p * 8 + q] = q < width ? b[p * b_row + j + q] : 0.0f;
      }
      right = panel;
      right_row = 8;
    }
    int i = 0;
    if (width <= 4) {
      for (; i + 4 <= rows; i += 4) {
        const float *a0 = row_at(a, i, row_run, row_outer, row_inner);
        const float *a1 = row_at(a, i + 1, row_run, row_outer, row_inner);
        const float *a2 = row_at(a, i + 2, row_run, row_outer, row_inner);
        const float *a3 = row_at(a, i + 3, row_run, row_outer, row_inner);
        const float *r = right;
        v128_t s0 = wasm_f32x4_const_splat(0.0f), s1 = s0, s2 = s0, s3 = s0;
        for (int run = 0; run < depth; run += depth_run) {
          for (int p = 0; p < depth_run; p++) {
            const v128_t low = load4(r);
            s0 = multiply_add(s0, splat4(a0), low);
            s1 = multiply_add(s1, splat4(a1), low);
            s2 = multiply_add(s2, splat4(a2), low);
            s3 = multiply_add(s3, splat4(a3), low);
            a0 += depth_inner, a1 += depth_inner, a2 += depth_inner, a3 += depth_inner, r += right_row;
          }
          a0 += jump, a1 += jump, a2 += jump, a3 += jump;
        }
        write8(c + i * c_row + j, s0, s0, width, accumulate);
        write8(c + (i + 1) * c_row + j, s1, s1, width, accumulate);
        write8(c + (i + 2) * c_row + j, s2, s2, width, accumulate);
        write8(c + (i + 3) * c_row + j, s3, s3, width, accumulate);
      }
    }
    for (; i + 4 <= rows; i += 4) {
      const float *a0 = row_at(a, i, row_run, row_outer, row_inner);
      const float *a1 = row_at(a, i + 1, row_run, row_outer, row_inner);
      const float *a2 = row_at(a, i + 2, row_run, row_outer, row_inner);
      const float *a3 = row_at(a, i + 3, row_run, row_outer, row_inner);
      const float *r = right;
      v128_t l0 = wasm_f32x4_const_splat(0.0f), l1 = l0, l2 = l0, l3 = l0, h0 = l0, h1 = l0, h2 = l0, h3 = l0;
      for (int run = 0; run < depth; run += depth_run) {
        for (int p = 0; p < depth_run; p++) {
          const v128_t low = load4(r), high = load4(r + 4);
          v128_t x = splat4(a0);
          l0 = multiply_add(l0, x, low), h0 = multiply_add(h0, x, high);
          x = splat4(a1);
          l1 = multiply_add(l1, x, low), h1 = multiply_add(h1, x, high);
          x = splat4(a2);
          l2 = multiply_add(l2, x, low), h2 = multiply_add(h2, x, high);
          x = splat4(a3);
          l3 = multiply_add(l3, x, low), h3 = multiply_add(h3, x, high);
          a0 += depth_inner, a1 += depth_inner, a2 += depth_inner, a3 += depth_inner, r += right_row;
        }
        a0 += jump, a1 += jump, a2 += jump, a3 += jump;
      }
      write8(c + i * c_row + j, l0, h0, width, accumulate);
      write8(c + (i + 1) * c_row + j, l1, h1, width, accumulate);
      write8(c + (i + 2) * c_row + j, l2, h2, width, accumulate);
      write8(c + (i + 3) * c_row + j, l3, h3, width, accumulate);
    }
    for (; i < rows; i++) {
      const float *a0 = row_at(a, i, row_run, row_outer, row_inner), *r = right;
      v128_t low = wasm_f32x4_const_splat(0.0f), high = low;
      for (int run = 0; run < depth; run += depth_run) {
        for (int p = 0; p < depth_run; p++) {
          const v128_t x = splat4(a0);
          low = multiply_add(low, x, load4(r));
          high = multiply_add(high, x, load4(r + 4));
          a0 += depth_inner, r += right_row;
        }
        a0 += jump;
      }
      write8(c + i * c_row + j, low, high, width, accumulate);
    }
  }
}

/* to[j, i] = from[i, j] for `rows` x `columns`. */
KERNEL(transpose)(int rows, int columns, const float *from, float *to) {
  for (int i = 0; i < rows; i++) {
    for (int j = 0; j < columns; j++) to[j * rows + i] = from[i * columns + j];
  }
}
