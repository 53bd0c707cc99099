/*
 * Block `spectral`, for vibration. Each channel by itself: averaged and scaled, its mean removed, filtered; statistics of the
 * signal and of its spectrum; the power in bands of an averaged, Hann-windowed periodogram (Welch, "The use of fast Fourier
 * transform for the estimation of power spectra", IEEE Transactions on Audio and Electroacoustics 15(2), 1967).
 * Formulas: docs/model-package.md, "What the blocks compute".
 */
#include "blocks.h"

#include "../link/wire.h"
#include "../maths/maths.h"
#include "fft.h"
#include "frontend.h"

#define MAX_SECTIONS 8u
#define STATISTICS 5u
#define FLAG_LOGARITHM 1u
#define FLAG_STATISTICS 2u

typedef struct {
  float scale;
  uint32_t decimation;
  uint32_t fft_length;
  uint32_t hop;
  uint32_t bands;
  uint32_t flags;
  uint32_t sections;
  float section[MAX_SECTIONS][5];
} parameters;

/* Where the parts of the work space lie. */
typedef struct {
  float *signal;
  float *table;
  float *hann;
  float *work;
  float *power;
  float *mean_power;
} spaces;

static int read(const block_input *input, parameters *p) {
  wire_reader r = wire_reader_on(input->parameters, input->parameter_bytes);
  p->scale = wire_get_f32(&r);
  p->decimation = wire_get_u32(&r);
  p->fft_length = wire_get_u32(&r);
  p->hop = wire_get_u32(&r);
  p->bands = wire_get_u32(&r);
  p->flags = wire_get_u32(&r);
  p->sections = wire_get_u32(&r);
  if (r.missing) return FRONTEND_CORRUPT;
  if (p->sections > MAX_SECTIONS) return FRONTEND_UNSUPPORTED;
  bool finite = block_is_finite(p->scale);
  for (uint32_t s = 0; s < p->sections; s++) {
    for (uint32_t i = 0; i < 5u; i++) {
      p->section[s][i] = wire_get_f32(&r);
      finite = finite && block_is_finite(p->section[s][i]);
    }
  }
  bool sound = !r.missing && finite && p->decimation > 0 && p->decimation <= input->samples && fft_length_fits(p->fft_length) &&
               p->hop > 0 && p->bands > 0 && p->bands <= p->fft_length / 2u;
  return sound ? 0 : FRONTEND_CORRUPT;
}

static uint32_t scratch_floats(uint32_t count, uint32_t length) {
  return count + FFT_TABLE_FLOATS(length) + length + FFT_WORK_FLOATS(length) + 2u * (length / 2u + 1u);
}

static spaces divide(void *scratch, uint32_t length) {
  spaces s;
  s.table = scratch;
  s.work = s.table + FFT_TABLE_FLOATS(length);
  s.hann = s.work + FFT_WORK_FLOATS(length);
  s.power = s.hann + length;
  s.mean_power = s.power + length / 2u + 1u;
  s.signal = s.mean_power + length / 2u + 1u;
  return s;
}

int block_spectral_measure(const block_input *input, block_size *out) {
  parameters p;
  int status = read(input, &p);
  if (status != 0) return status;
  uint32_t each = p.bands + ((p.flags & FLAG_STATISTICS) != 0 ? STATISTICS : 0u);
  *out = (block_size){each * input->channels, 4u * scratch_floats(input->samples / p.decimation, p.fft_length), 0};
  return 0;
}

static void remove_mean(float *signal, uint32_t count) {
  float mean = maths_sum(signal, count) / (float)count;
  for (uint32_t i = 0; i < count; i++) signal[i] -= mean;
}

/* Second-order sections one after another, direct form II transposed, at rest in the beginning. */
static void filter(const parameters *p, float *signal, uint32_t count) {
  for (uint32_t s = 0; s < p->sections; s++) {
    const float *c = p->section[s];
    float z1 = 0.0f;
    float z2 = 0.0f;
    for (uint32_t i = 0; i < count; i++) {
      float x = signal[i];
      float y = c[0] * x + z1;
      z1 = c[1] * x - c[3] * y + z2;
      z2 = c[2] * x - c[4] * y;
      signal[i] = y;
    }
  }
}

/* Skewness m3 / m2^1.5 and excess kurtosis m4 / m2^2 - 3; both 0 where there is no deviation. */
static void put_shape(float m2, float m3, float m4, float *out) {
  bool flat = !(m2 > 1e-20f);
  out[0] = flat ? 0.0f : m3 / (m2 * maths_root(m2));
  out[1] = flat ? 0.0f : m4 / (m2 * m2) - 3.0f;
}

/* Logarithm of the root mean square, skewness, kurtosis. Sums in blocks, as maths_sum does it. */
static void put_signal_statistics(const float *signal, uint32_t count, float *out) {
  float inverse = 1.0f / (float)count;
  float mean = maths_sum(signal, count) * inverse;
  float square = 0.0f;
  float m2 = 0.0f;
  float m3 = 0.0f;
  float m4 = 0.0f;
  for (uint32_t at = 0; at < count; at += 64u) {
    uint32_t end = count - at < 64u ? count : at + 64u;
    float block_square = 0.0f;
    float block2 = 0.0f;
    float block3 = 0.0f;
    float block4 = 0.0f;
    for (uint32_t i = at; i < end; i++) {
      float d = signal[i] - mean;
      float d2 = d * d;
      block_square += signal[i] * signal[i];
      block2 += d2;
      block3 += d2 * d;
      block4 += d2 * d2;
    }
    square += block_square;
    m2 += block2;
    m3 += block3;
    m4 += block4;
  }
  square *= inverse;
  out[0] = 0.5f * maths_log(square > BLOCK_FLOOR ? square : BLOCK_FLOOR);
  put_shape(m2 * inverse, m3 * inverse, m4 * inverse, out + 1);
}

/*
 * The spectrum as a distribution over frequency (Peeters, "A large set of audio features for sound description", IRCAM 2004,
 * 6.1): its skewness and kurtosis. Frequency goes from 0 to 1, so that it has no unit.
 */
static void put_spectrum_statistics(const float *power, uint32_t half, float *out) {
  float step = 1.0f / (float)half;
  float total = maths_sum(power + 1, half);
  out[0] = 0.0f;
  out[1] = 0.0f;
  if (!(total > BLOCK_FLOOR)) return;
  float centroid = 0.0f;
  for (uint32_t k = 1; k <= half; k++) centroid += (float)k * step * power[k];
  centroid /= total;
  float m2 = 0.0f;
  float m3 = 0.0f;
  float m4 = 0.0f;
  for (uint32_t k = 1; k <= half; k++) {
    float d = (float)k * step - centroid;
    float d2 = d * d;
    m2 += d2 * power[k];
    m3 += d2 * d * power[k];
    m4 += d2 * d2 * power[k];
  }
  put_shape(m2 / total, m3 / total, m4 / total, out);
}

/* Mean square of each bin; their sum is the windowed signal's. Frames that fit; one padded with zeros where none does. */
static void average_power(const parameters *p, const spaces *s, uint32_t count) {
  uint32_t length = p->fft_length;
  uint32_t half = length / 2u;
  uint32_t frames = count < length ? 1u : 1u + (count - length) / p->hop;
  uint32_t used = count < length ? count : length;
  for (uint32_t k = 0; k <= half; k++) s->mean_power[k] = 0.0f;
  for (uint32_t f = 0; f < frames; f++) {
    const float *from = s->signal + f * p->hop;
    for (uint32_t i = 0; i < used; i++) s->work[i] = from[i] * s->hann[i];
    for (uint32_t i = used; i < length; i++) s->work[i] = 0.0f;
    fft_power(length, s->table, s->work, s->power);
    for (uint32_t k = 0; k <= half; k++) s->mean_power[k] += s->power[k];
  }
  /* The squares of a Hann window of that length add up to 3/8 length; both halves of the spectrum count. */
  float factor = 2.0f / (0.375f * (float)length * (float)length * (float)frames);
  for (uint32_t k = 1; k < half; k++) s->mean_power[k] *= factor;
  s->mean_power[half] *= 0.5f * factor;
}

static void put_bands(const parameters *p, const float *power, float *out) {
  uint32_t half = p->fft_length / 2u;
  for (uint32_t b = 0; b < p->bands; b++) {
    uint32_t first = 1u + b * half / p->bands;
    uint32_t end = 1u + (b + 1u) * half / p->bands;
    float sum = 0.0f;
    for (uint32_t k = first; k < end; k++) sum += power[k];
    out[b] = (p->flags & FLAG_LOGARITHM) != 0 ? maths_log(sum > BLOCK_FLOOR ? sum : BLOCK_FLOOR) : maths_root(sum);
  }
}

static void prepare(uint32_t length, const spaces *s) {
  fft_prepare(length, s->table);
  /* The periodic Hann window out of the table's cosines: 0.5 - 0.5 cos(2 pi i / length). */
  for (uint32_t i = 0; i < length / 2u; i++) {
    s->hann[i] = 0.5f - 0.5f * s->table[2u * i];
    s->hann[i + length / 2u] = 0.5f + 0.5f * s->table[2u * i];
  }
}

void block_spectral_compute(const block_input *input, const float *window, void *scratch, float *features) {
  parameters p;
  read(input, &p);
  uint32_t count = input->samples / p.decimation;
  spaces s = divide(scratch, p.fft_length);
  if (!input->repeated) prepare(p.fft_length, &s);
  for (uint32_t c = 0; c < input->channels; c++) {
    block_decimate(input, window, c, p.scale, p.decimation, s.signal, 1);
    remove_mean(s.signal, count);
    filter(&p, s.signal, count);
    average_power(&p, &s, count);
    if ((p.flags & FLAG_STATISTICS) != 0) {
      put_signal_statistics(s.signal, count, features);
      put_spectrum_statistics(s.mean_power, p.fft_length / 2u, features + 3);
      features += STATISTICS;
    }
    put_bands(&p, s.mean_power, features);
    features += p.bands;
  }
}
