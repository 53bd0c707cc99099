/* Rectifier, dropout, penalties and the Adam update: passes over values one by one. */
#include "kernels.h"

/* In place: max(0, value); what is no number stays so. */
KERNEL(rectify)(float *values, int count) {
  int i = 0;
  for (; i + 4 <= count; i += 4) store4(values + i, wasm_f32x4_pmax(load4(values + i), wasm_f32x4_const_splat(0.0f)));
  for (; i < count; i++) values[i] = values[i] < 0.0f ? 0.0f : values[i];
}

/* In place: the gradient where the rectifier's output is above 0, else 0. */
KERNEL(rectify_gradient)(float *gradient, const float *out, int count) {
  const v128_t none = wasm_f32x4_const_splat(0.0f);
  int i = 0;
  for (; i + 4 <= count; i += 4) {
    store4(gradient + i, wasm_v128_and(load4(gradient + i), wasm_f32x4_gt(load4(out + i), none)));
  }
  for (; i < count; i++) gradient[i] = out[i] > 0.0f ? gradient[i] : 0.0f;
}

/*
 * In place: values dropped (0) or scaled by `scale`. Value i stays where hash(key, first + i) >= threshold; the same hash as
 * in random.ts, so that the backward pass and TensorFlow.js's way drop the same ones.
 */
KERNEL(drop)(float *values, int count, uint32_t key, uint32_t first, uint32_t threshold, float scale) {
  for (int i = 0; i < count; i++) {
    uint32_t h = key ^ ((first + (uint32_t)i) * 0x9e3779b1u);
    h = (h ^ (h >> 16)) * 0x85ebca6bu;
    h = (h ^ (h >> 13)) * 0xc2b2ae35u;
    h ^= h >> 16;
    values[i] = h >= threshold ? values[i] * scale : 0.0f;
  }
}

/* to[i] = 0 for `count` values. */
KERNEL(clear)(float *to, int count) {
  int i = 0;
  for (; i + 4 <= count; i += 4) store4(to + i, wasm_f32x4_const_splat(0.0f));
  for (; i < count; i++) to[i] = 0.0f;
}

/* gradient[i] += l1 * sign(weight[i]) + 2 * l2 * weight[i]. */
KERNEL(add_penalty)(const float *weight, float *gradient, int count, float l1, float l2) {
  for (int i = 0; i < count; i++) {
    const float w = weight[i];
    const float sign = w > 0.0f ? l1 : w < 0.0f ? -l1 : 0.0f;
    gradient[i] += sign + 2.0f * l2 * w;
  }
}

/*
 * One step of Adam (Kingma and Ba 2015, algorithm 1) in place. `first_correction` is 1 / (1 - beta1^t), `second_correction`
 * 1 / (1 - beta2^t).
 */
KERNEL(adam)(float *weight, const float *gradient, float *first, float *second, int count, float rate, float beta1,
             float beta2, float first_correction, float second_correction, float epsilon) {
  const v128_t b1 = wasm_f32x4_splat(beta1), n1 = wasm_f32x4_splat(1.0f - beta1);
  const v128_t b2 = wasm_f32x4_splat(beta2), n2 = wasm_f32x4_splat(1.0f - beta2);
  const v128_t c1 = wasm_f32x4_splat(first_correction), c2 = wasm_f32x4_splat(second_correction);
  const v128_t step = wasm_f32x4_splat(rate), small = wasm_f32x4_splat(epsilon);
  int i = 0;
  for (; i + 4 <= count; i += 4) {
    const v128_t slope = load4(gradient + i);
    const v128_t m = multiply_add(wasm_f32x4_mul(b1, load4(first + i)), n1, slope);
    const v128_t v = multiply_add(wasm_f32x4_mul(b2, load4(second + i)), n2, wasm_f32x4_mul(slope, slope));
    store4(first + i, m);
    store4(second + i, v);
    const v128_t root = wasm_f32x4_add(wasm_f32x4_sqrt(wasm_f32x4_mul(v, c2)), small);
    const v128_t change = wasm_f32x4_mul(step, wasm_f32x4_div(wasm_f32x4_mul(m, c1), root));
    store4(weight + i, wasm_f32x4_sub(load4(weight + i), change));
  }
  for (; i < count; i++) {
    const float slope = gradient[i];
    const float m = beta1 * first[i] + (1.0f - beta1) * slope;
    const float v = beta2 * second[i] + (1.0f - beta2) * (slope * slope);
    first[i] = m;
    second[i] = v;
    weight[i] -= rate * (m * first_correction / (__builtin_sqrtf(v * second_correction) + epsilon));
  }
}
