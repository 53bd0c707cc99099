/*
 * Fast Fourier transform of real float32 signals. Radix 4 after Stockham (Cochran et al., "What is the fast Fourier transform?",
 * Proceedings of the IEEE 55(10), 1967), the real signal as a complex one of half the length. The same bits on every target.
 */
#ifndef LIMPET_FFT_H
#define LIMPET_FFT_H

#include <stdint.h>

#define FFT_MIN 16u
#define FFT_MAX 4096u

/* Floats of the table and of the work space for a length: a power of two from FFT_MIN to FFT_MAX. */
#define FFT_TABLE_FLOATS(length) (length)
#define FFT_WORK_FLOATS(length) (2u * (length))

/* Whether a length can be transformed. */
int fft_length_fits(uint32_t length);

/* Fills the table of a length. */
void fft_prepare(uint32_t length, float *table);

/*
 * Power spectrum |X[k]|^2 for k = 0 to length / 2. `work` holds the signal in its first `length` values and is changed;
 * `power` holds length / 2 + 1 values and may not overlap `work`.
 */
void fft_power(uint32_t length, const float *table, float *work, float *power);

#endif
