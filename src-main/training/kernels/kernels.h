/*
 * Training kernels in WebAssembly: the tensor arithmetic that a training step needs and that TensorFlow.js's WASM backend lacks
 * or does slowly. Pure functions over the caller's memory (the backend's own, see kernel-module.ts): no heap, no static data,
 * no library. They know no layers and no tensors, only sizes, strides and pointers.
 *
 * All values are float32. Images are [height, width, channels], row-major, batch outermost. Results do not depend on where
 * memory lies, so the same calls give the same bits.
 */
#ifndef LIMPET_TRAINING_KERNELS_H
#define LIMPET_TRAINING_KERNELS_H

#include <stdint.h>
#include <wasm_simd128.h>

#define KERNEL(name) __attribute__((export_name(#name))) void name

static inline v128_t load4(const float *from) { return wasm_v128_load(from); }
static inline void store4(float *to, v128_t value) { wasm_v128_store(to, value); }
static inline v128_t splat4(const float *from) { return wasm_v128_load32_splat(from); }
static inline v128_t multiply_add(v128_t sum, v128_t a, v128_t b) {
  return wasm_f32x4_add(sum, wasm_f32x4_mul(a, b));
}
static inline float sum4(v128_t value) {
  return (wasm_f32x4_extract_lane(value, 0) + wasm_f32x4_extract_lane(value, 1)) +
         (wasm_f32x4_extract_lane(value, 2) + wasm_f32x4_extract_lane(value, 3));
}

#endif
