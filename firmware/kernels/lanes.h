/*
 * Words of two int16 lanes or four int8 lanes. On cores with the DSP extension each function is one instruction (Arm C Language
 * Extensions, IHI 0053; those that ACLE has no word for, by name), elsewhere portable C with the same result.
 */
#ifndef LIMPET_LANES_H
#define LIMPET_LANES_H

#include <stdint.h>
#include <string.h>

#if defined(__ARM_FEATURE_DSP) && !defined(LIMPET_PORTABLE_KERNELS)
#include <arm_acle.h>
#define LANES_DSP 1
#else
#define LANES_DSP 0
#endif

/* Four bytes, or two halfwords, from any address, low address in the low lane. */
static inline uint32_t lanes_load(const void *from) {
  uint32_t word;
  memcpy(&word, from, 4);
  return word;
}

static inline void lanes_store(void *to, uint32_t word) { memcpy(to, &word, 4); }

static inline int32_t lane_low(uint32_t lanes) { return (int16_t)(lanes & 0xffffu); }
static inline int32_t lane_high(uint32_t lanes) { return (int16_t)(lanes >> 16); }

static inline uint32_t lanes_of(int32_t low, int32_t high) { return ((uint32_t)low & 0xffffu) | ((uint32_t)high << 16); }

/* Bytes 0 and 2 as int16, plus what is in `add` (SXTAB16); bytes 1 and 3 (the same, rotated by 8). */
static inline uint32_t lanes_add_even(uint32_t add, uint32_t bytes) {
#if LANES_DSP
  return (uint32_t)__sxtab16((int16x2_t)add, (int8x4_t)bytes);
#else
  return lanes_of(lane_low(add) + (int8_t)(bytes & 0xffu), lane_high(add) + (int8_t)((bytes >> 16) & 0xffu));
#endif
}

static inline uint32_t lanes_add_odd(uint32_t add, uint32_t bytes) {
#if LANES_DSP
  uint32_t result;
  __asm("sxtab16 %0, %1, %2, ror #8" : "=r"(result) : "r"(add), "r"(bytes));
  return result;
#else
  return lanes_of(lane_low(add) + (int8_t)((bytes >> 8) & 0xffu), lane_high(add) + (int8_t)(bytes >> 24));
#endif
}

/* acc + the two products of the lanes (SMLAD). */
static inline int32_t lanes_multiply(uint32_t a, uint32_t b, int32_t acc) {
#if LANES_DSP
  return __smlad((int16x2_t)a, (int16x2_t)b, acc);
#else
  return acc + lane_low(a) * lane_low(b) + lane_high(a) * lane_high(b);
#endif
}

/* acc + low lane of a x high lane of b (SMLABT), and the other way round (SMLATB). */
static inline int32_t lanes_low_high(uint32_t a, uint32_t b, int32_t acc) {
#if LANES_DSP
  return __smlabt((int32_t)a, (int32_t)b, acc);
#else
  return acc + lane_low(a) * lane_high(b);
#endif
}

static inline int32_t lanes_high_low(uint32_t a, uint32_t b, int32_t acc) {
#if LANES_DSP
  return __smlatb((int32_t)a, (int32_t)b, acc);
#else
  return acc + lane_high(a) * lane_low(b);
#endif
}

/* The larger one of each pair of int8 lanes (SSUB8, SEL). */
static inline uint32_t lanes_larger_bytes(uint32_t a, uint32_t b) {
#if LANES_DSP
  (void)__ssub8((int8x4_t)a, (int8x4_t)b);
  return __sel(a, b);
#else
  uint32_t result = 0;
  for (unsigned i = 0; i < 32; i += 8) {
    int8_t x = (int8_t)(a >> i);
    int8_t y = (int8_t)(b >> i);
    result |= (uint32_t)(uint8_t)(x > y ? x : y) << i;
  }
  return result;
#endif
}

/* (a x b + 2^31) / 2^32, rounded down (SMMULR). */
static inline int32_t multiply_high_rounded(int32_t a, int32_t b) {
#if LANES_DSP
  int32_t result;
  __asm("smmulr %0, %1, %2" : "=r"(result) : "r"(a), "r"(b));
  return result;
#else
  return (int32_t)(((int64_t)a * b + (INT64_C(1) << 31)) >> 32);
#endif
}

/* The nearest int8 (SSAT). */
static inline int32_t saturate_byte(int32_t value) {
#if LANES_DSP
  return __ssat(value, 8);
#else
  value = value < -128 ? -128 : value;
  return value > 127 ? 127 : value;
#endif
}

#endif
