/* The firmware's own functions against the C library's in double: prints the worst errors in the order of maths.h. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "../../firmware/maths/maths.h"

static float of_bits(uint32_t bits) {
  float x;
  memcpy(&x, &bits, 4);
  return x;
}

static double relative(double got, double wanted) { return wanted == 0.0 ? fabs(got) : fabs(got / wanted - 1.0); }
static double larger(double a, double b) { return a > b ? a : b; }

int main(void) {
  double log_error = 0.0;
  double exp_error = 0.0;
  double turn_error = 0.0;
  /* A prime step through all positive normal numbers, and every number near 1, where logarithms cancel. */
  for (uint32_t bits = 0x00800000u; bits < 0x7f800000u; bits += 977u) {
    double x = (double)of_bits(bits);
    log_error = larger(log_error, relative((double)maths_log((float)x), log(x)));
  }
  for (uint32_t bits = 0x3f7f0000u; bits < 0x3f810000u; bits++) {
    double x = (double)of_bits(bits);
    log_error = larger(log_error, relative((double)maths_log((float)x), log(x)));
  }
  for (int i = 0; i <= 2000000; i++) {
    double x = (double)(float)(-87.0 + i * (175.0 / 2000000.0));
    exp_error = larger(exp_error, relative((double)maths_exp((float)x), exp(x)));
    double turns = (double)(float)(-3.0 + i * (6.0 / 2000000.0));
    turn_error = larger(turn_error, fabs((double)maths_sine((float)turns) - sin(6.283185307179586 * turns)));
    turn_error = larger(turn_error, fabs((double)maths_cosine((float)turns) - cos(6.283185307179586 * turns)));
  }
  static float tenths[1000000];
  double exact = 0.0;
  for (int i = 0; i < 1000000; i++) {
    tenths[i] = 0.1f;
    exact += (double)0.1f;
  }
  double sum_error = relative((double)maths_sum(tenths, 1000000u), exact);
  printf("%.3g %.3g %.3g %.3g %.3g %.3g %.3g\n", log_error, exp_error, turn_error, sum_error, (double)maths_log(0.0f),
         (double)maths_exp(-1000.0f), (double)maths_sine(0.25f));
  return 0;
}
