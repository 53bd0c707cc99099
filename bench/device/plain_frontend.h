/*
 * The front end's blocks once more, as a textbook has them: what firmware/frontend is compared with. Radix-2 FFT of complex numbers on
 * the spot, filters' weights from their formula, the C library's functions; nothing is kept from one window to the next. Same arithmetic
 * (docs/model-package.md, "What the blocks compute"), same compiler flags. Once in float, once in double.
 */
#ifndef LIMPET_BENCH_PLAIN_FRONTEND_H
#define LIMPET_BENCH_PLAIN_FRONTEND_H

#ifdef __cplusplus
extern "C" {
#endif

/* As bench/device/frontends.ts writes it, 32-bit words. */
typedef struct {
  /* 0 raw, 1 spectral, 2 log-mel, 3 mfcc. */
  int block;
  int channels;
  int samples;
  float rate_hz;
  int fft_length;
  /* Spectral: distance of frames, bands. */
  int hop;
  int bands;
  /* Mel blocks. */
  int frame;
  int stride;
  int filters;
  float low_hz;
  float high_hz;
  float floor_db;
  /* Log-mel: 0 none, 3 range. */
  int normalisation;
  float range_db;
  int coefficients;
  /* Raw. */
  float scale;
  int decimation;
} plain_config;

/* Each writes its features as float. */
void plain_frontend_float(const plain_config *config, const float *window, float *features);
void plain_frontend_double(const plain_config *config, const float *window, float *features);

#ifdef __cplusplus
}
#endif

#endif
