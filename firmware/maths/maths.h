/*
 * Elementary functions that give the same bits on every target, because they are made of float32 additions, multiplications
 * and divisions in a fixed order (no contraction: -ffp-contract=off). The C library's differ between targets.
 */
#ifndef LIMPET_MATHS_H
#define LIMPET_MATHS_H

#ifdef __cplusplus
extern "C" {
#endif

/* Natural logarithm of a positive normal number; relative error below 3e-7. Zero and less give that of the smallest normal number. */
float maths_log(float x);

/* `maths_log` of each of `count` values, in their place. */
void maths_log_each(float *values, unsigned count);

/* e to the x; relative error below 3e-7. Beyond -87 and 88 as at these. */
float maths_exp(float x);

/* Sine and cosine of a number of turns (1 = 2 pi), absolute error below 2e-7 of the reduced angle. `turns` within +-2^22. */
float maths_sine(float turns);
float maths_cosine(float turns);

/* Square root, correctly rounded (an instruction on all targets). */
float maths_root(float x);

/* Sum of `count` values, added in blocks so that the error grows slowly (Higham 1993, "The accuracy of floating point summation"). */
float maths_sum(const float *values, unsigned count);

#ifdef __cplusplus
}
#endif

#endif
