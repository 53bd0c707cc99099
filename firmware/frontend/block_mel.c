/*
 * Blocks `log-mel` and `mfcc`, for sound. Each frame of a channel: pre-emphasis, Hann window, power spectrum, triangular filters on
 * the mel scale (O'Shaughnessy, "Speech Communication", 1987: mel = 1127 ln(1 + f / 700)), logarithm or per-channel energy normalisation
 * (Wang et al., "Trainable frontend for robust and far-field keyword spotting", ICASSP 2017); for mfcc their cosine transform
 * (Davis and Mermelstein, IEEE Transactions on Acoustics, Speech, and Signal Processing 28(4), 1980).
 * Formulas: docs/model-package.md, "What the blocks compute".
 */
#include "blocks.h"

#include <math.h>

#include "../link/wire.h"
#include "../maths/maths.h"
#include "fft.h"
#include "frontend.h"

#define MAX_FILTERS 128u
#define NORMALISE_MEAN 1u
#define NORMALISE_BOTH 2u
/* Log-mel only: the loudest value of the window becomes 1, what lies the dynamic range below it, or more, 0. */
#define NORMALISE_RANGE 3u
/* Added to a variance, so that what never changes is not blown up. */
#define VARIANCE_FLOOR 1e-6f

/* The natural logarithm of 10^(1 / 10). */
#define DB_TO_NATS 0.230258509f

/* Wang et al.: smoothing, gain, bias, root (1/2). Their small constant is our noise floor. */
#define PCEN_SMOOTHING 0.025f
#define PCEN_GAIN 0.98f
#define PCEN_BIAS 2.0f

typedef struct {
  uint32_t frame;
  uint32_t stride;
  uint32_t fft_length;
  uint32_t filters;
  float low_hz;
  float high_hz;
  float pre_emphasis;
  float noise_floor_db;
  uint32_t normalisation;
  uint32_t pcen;
  /* 0: log-mel. */
  uint32_t coefficients;
  /* For NORMALISE_RANGE, decibels. */
  float range_db;
} parameters;

/* The parts of the work space. */
typedef struct {
  float *table;
  float *work;
  float *hann;
  float *power;
  /* Of each bin: how far it lies on the way between the two filter edges round it, 0 to 1. */
  float *rise;
  float *energy;
  float *smoothed;
  float *edges;
  /* cos(pi (2 m + 1) k / (2 filters)): a row for each m of the lower half, a column for each coefficient k. */
  float *cosines;
  /* Of each segment between edges: its first bin; `filters + 2` of them, the last is the end. */
  uint32_t *first_bin;
  /* Of each filter: the bin that stands for it where it is narrower than a bin; 0 where it has bins of its own. */
  uint32_t *lone_bin;
} spaces;

static int read(const block_input *input, bool cepstral, parameters *p) {
  wire_reader r = wire_reader_on(input->parameters, input->parameter_bytes);
  p->frame = wire_get_u32(&r);
  p->stride = wire_get_u32(&r);
  p->fft_length = wire_get_u32(&r);
  p->filters = wire_get_u32(&r);
  p->low_hz = wire_get_f32(&r);
  p->high_hz = wire_get_f32(&r);
  p->pre_emphasis = wire_get_f32(&r);
  p->noise_floor_db = wire_get_f32(&r);
  p->normalisation = wire_get_u32(&r);
  p->pcen = wire_get_u32(&r);
  p->coefficients = cepstral ? wire_get_u32(&r) : 0;
  bool ranged = p->normalisation == NORMALISE_RANGE;
  p->range_db = ranged ? wire_get_f32(&r) : 0.0f;
  if (r.missing) return FRONTEND_CORRUPT;
  if (p->filters > MAX_FILTERS || p->normalisation > NORMALISE_RANGE || p->pcen > 1u) return FRONTEND_UNSUPPORTED;
  if (ranged && (cepstral || p->pcen != 0)) return FRONTEND_UNSUPPORTED;
  if (ranged && !(p->range_db >= 1.0f && p->range_db <= 140.0f)) return FRONTEND_CORRUPT;
  bool sizes = p->frame > 0 && p->stride > 0 && fft_length_fits(p->fft_length) && p->frame <= p->fft_length && p->filters > 0 &&
               p->coefficients <= p->filters && (!cepstral || p->coefficients > 0);
  bool values = p->low_hz >= 0.0f && p->high_hz > p->low_hz && p->high_hz <= 0.5f * input->rate_hz * 1.00001f &&
                p->pre_emphasis >= 0.0f && p->pre_emphasis <= 1.0f && p->noise_floor_db >= -140.0f && p->noise_floor_db <= 0.0f;
  return sizes && values ? 0 : FRONTEND_CORRUPT;
}

static uint32_t frames_of(const block_input *input, const parameters *p) {
  return input->samples < p->frame ? 1u : 1u + (input->samples - p->frame) / p->stride;
}

/* The table of cosines: none for log-mel; columns by fours. */
static uint32_t cosine_rows(const parameters *p) { return p->coefficients == 0 ? 0 : (p->filters + 1u) / 2u; }
static uint32_t cosine_columns(const parameters *p) { return (p->coefficients + 3u) & ~3u; }

static uint32_t scratch_words(const parameters *p) {
  uint32_t bins = p->fft_length / 2u + 1u;
  return FFT_TABLE_FLOATS(p->fft_length) + FFT_WORK_FLOATS(p->fft_length) + p->frame + 2u * bins + 3u * (p->filters + 2u) +
         cosine_rows(p) * cosine_columns(p) + (p->filters + 2u) + p->filters;
}

static spaces divide(void *scratch, const parameters *p) {
  uint32_t bins = p->fft_length / 2u + 1u;
  spaces s;
  s.table = scratch;
  s.work = s.table + FFT_TABLE_FLOATS(p->fft_length);
  s.hann = s.work + FFT_WORK_FLOATS(p->fft_length);
  s.power = s.hann + p->frame;
  s.rise = s.power + bins;
  s.energy = s.rise + bins;
  s.smoothed = s.energy + p->filters + 2u;
  s.edges = s.smoothed + p->filters + 2u;
  s.cosines = s.edges + p->filters + 2u;
  s.first_bin = (uint32_t *)(void *)(s.cosines + cosine_rows(p) * cosine_columns(p));
  s.lone_bin = s.first_bin + p->filters + 2u;
  return s;
}

/* What is kept of a frame: what does not depend on the frames before it or on the window as a whole. */
static uint32_t kept_columns(bool cepstral, const parameters *p) {
  return p->pcen == 0 && cepstral ? p->coefficients : p->filters;
}

static int measure(const block_input *input, bool cepstral, block_size *out) {
  parameters p;
  int status = read(input, cepstral, &p);
  if (status != 0) return status;
  uint32_t columns = cepstral ? p.coefficients : p.filters;
  uint64_t features = (uint64_t)frames_of(input, &p) * columns * input->channels;
  if (features > (1u << 24)) return FRONTEND_UNSUPPORTED;
  /* Windows that share whole frames: the frames begin at the same samples in both. */
  bool shared = input->stride > 0 && input->stride < input->samples && input->stride % p.stride == 0;
  uint32_t kept = shared ? 4u * frames_of(input, &p) * kept_columns(cepstral, &p) * input->channels : 0;
  *out = (block_size){(uint32_t)features, 4u * scratch_words(&p), kept};
  return 0;
}

int block_log_mel_measure(const block_input *input, block_size *out) { return measure(input, false, out); }
int block_mfcc_measure(const block_input *input, block_size *out) { return measure(input, true, out); }

static float mel_of(float hz) { return 1127.0f * maths_log(1.0f + hz / 700.0f); }
static float hz_of(float mel) { return 700.0f * (maths_exp(mel / 1127.0f) - 1.0f); }

/* Filter m rises from edge m to edge m + 1 and falls to edge m + 2; edges are equally far apart on the mel scale. */
static void prepare_filters(const parameters *p, float rate_hz, const spaces *s) {
  uint32_t half = p->fft_length / 2u;
  uint32_t edges = p->filters + 2u;
  float low = mel_of(p->low_hz);
  float step = (mel_of(p->high_hz) - low) / (float)(edges - 1u);
  float bin_hz = rate_hz / (float)p->fft_length;
  for (uint32_t e = 0; e < edges; e++) s->edges[e] = hz_of(low + step * (float)e) / bin_hz;
  uint32_t bin = 0;
  while (bin <= half && (float)bin < s->edges[0]) bin++;
  s->first_bin[0] = bin;
  for (uint32_t e = 0; e + 1u < edges; e++) {
    float width = s->edges[e + 1u] - s->edges[e];
    while (bin <= half && (float)bin < s->edges[e + 1u]) {
      s->rise[bin] = ((float)bin - s->edges[e]) / width;
      bin++;
    }
    s->first_bin[e + 1u] = bin;
  }
  for (uint32_t m = 0; m < p->filters; m++) {
    float weight = 0.0f;
    for (uint32_t k = s->first_bin[m]; k < s->first_bin[m + 1u]; k++) weight += s->rise[k];
    for (uint32_t k = s->first_bin[m + 1u]; k < s->first_bin[m + 2u]; k++) weight += 1.0f - s->rise[k];
    s->lone_bin[m] = 0;
    if (weight > 0.0f) continue;
    float nearest = floorf(s->edges[m + 1u] + 0.5f);
    s->lone_bin[m] = nearest < 1.0f ? 1u : nearest > (float)half ? half : (uint32_t)nearest;
  }
}

static void prepare(const parameters *p, float rate_hz, const spaces *s) {
  float inverse = 1.0f / (float)p->frame;
  fft_prepare(p->fft_length, s->table);
  s->hann[0] = 0.0f;
  for (uint32_t i = 1; i <= p->frame / 2u; i++) {
    s->hann[i] = 0.5f - 0.5f * maths_cosine((float)i * inverse);
    s->hann[p->frame - i] = s->hann[i];
  }
  prepare_filters(p, rate_hz, s);
  if (p->coefficients == 0) return;
  float quarter = 0.25f / (float)p->filters;
  uint32_t width = cosine_columns(p);
  for (uint32_t m = 0; m < cosine_rows(p); m++) {
    for (uint32_t k = 0; k < width; k++) {
      s->cosines[m * width + k] = maths_cosine((float)((2u * m + 1u) * k % (4u * p->filters)) * quarter);
    }
  }
}

/* Energies of the filters over one frame of `used` samples, `step` apart; a sine of amplitude 1 in the middle of a bin has power 1. */
static void frame_energies(const parameters *p, const spaces *s, const float *from, uint32_t step, uint32_t used) {
  if (p->pre_emphasis == 0.0f && step == 1u) {
    for (uint32_t i = 0; i < used; i++) s->work[i] = from[i] * s->hann[i];
  } else {
    float before = from[0];
    for (uint32_t i = 0; i < used; i++) {
      float x = from[(size_t)i * step];
      s->work[i] = (x - p->pre_emphasis * before) * s->hann[i];
      before = x;
    }
  }
  for (uint32_t i = used; i < p->fft_length; i++) s->work[i] = 0.0f;
  fft_power(p->fft_length, s->table, s->work, s->power);
  /* The values of a Hann window add up to half its length; a sine has half of its amplitude in each half of the spectrum. */
  float factor = 16.0f / ((float)p->frame * (float)p->frame);
  /* Between two edges one filter falls and the next one rises: both sums in one pass. */
  float falling = 0.0f;
  for (uint32_t m = 0; m <= p->filters; m++) {
    float rising = 0.0f;
    for (uint32_t k = s->first_bin[m]; k < s->first_bin[m + 1u]; k++) {
      float rise = s->rise[k];
      rising += rise * s->power[k];
      falling += (1.0f - rise) * s->power[k];
    }
    if (m > 0) s->energy[m - 1u] = factor * (s->lone_bin[m - 1u] != 0 ? s->power[s->lone_bin[m - 1u]] : falling);
    falling = rising;
  }
}

static void take_logarithms(const parameters *p, const spaces *s, float floor) {
  for (uint32_t m = 0; m < p->filters; m++) s->energy[m] = s->energy[m] > floor ? s->energy[m] : floor;
  maths_log_each(s->energy, p->filters);
}

/* Each filter's energy over its own smoothed past; the past begins with the window's first frame. */
static void normalise_energies(const parameters *p, const spaces *s, bool first, float floor) {
  const float bias_root = maths_root(PCEN_BIAS);
  for (uint32_t m = 0; m < p->filters; m++) {
    float e = s->energy[m];
    s->smoothed[m] = first ? e : s->smoothed[m] + PCEN_SMOOTHING * (e - s->smoothed[m]);
    float gain = maths_exp(-PCEN_GAIN * maths_log(floor + s->smoothed[m]));
    s->energy[m] = maths_root(e * gain + PCEN_BIAS) - bias_root;
  }
}

/*
 * Orthonormal cosine transform of type II, the first coefficients. Cosines of even coefficients are the same from both ends, those of odd
 * ones negated: sums and differences of the energies from both ends halve the work (Makhoul, "A fast cosine transform in one and two
 * dimensions", IEEE Transactions on Acoustics, Speech, and Signal Processing 28(1), 1980, has the whole of the idea). The energies are lost.
 */
static void put_cepstrum(const parameters *p, const spaces *s, float *out) {
  uint32_t half = p->filters / 2u;
  uint32_t middle = p->filters % 2u;
  for (uint32_t m = 0; m < half; m++) {
    float near = s->energy[m];
    float far = s->energy[p->filters - 1u - m];
    s->energy[m] = near + far;
    s->energy[p->filters - 1u - m] = near - far;
  }
  float scale = maths_root(2.0f / (float)p->filters);
  uint32_t width = cosine_columns(p);
  /* Four at a time: no sum waits for another. Those beyond the last are not kept. */
  for (uint32_t k = 0; k < p->coefficients; k += 4u) {
    float sums[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    const float *row = s->cosines + k;
    for (uint32_t m = 0; m < half; m++) {
      float even = s->energy[m];
      float odd = s->energy[p->filters - 1u - m];
      sums[0] += even * row[0];
      sums[1] += odd * row[1];
      sums[2] += even * row[2];
      sums[3] += odd * row[3];
      row += width;
    }
    if (middle != 0) {
      sums[0] += s->energy[half] * row[0];
      sums[2] += s->energy[half] * row[2];
    }
    uint32_t count = p->coefficients - k < 4u ? p->coefficients - k : 4u;
    for (uint32_t i = 0; i < count; i++) out[k + i] = sums[i] * (k + i == 0 ? maths_root(1.0f / (float)p->filters) : scale);
  }
}

/* Each column by its own mean over the frames, and by its deviation. */
static void normalise_columns(uint32_t kind, float *values, uint32_t frames, uint32_t columns) {
  float inverse = 1.0f / (float)frames;
  for (uint32_t c = 0; c < columns; c++) {
    float sum = 0.0f;
    for (uint32_t f = 0; f < frames; f++) sum += values[f * columns + c];
    float mean = sum * inverse;
    float squares = 0.0f;
    for (uint32_t f = 0; f < frames; f++) {
      float d = values[f * columns + c] - mean;
      values[f * columns + c] = d;
      squares += d * d;
    }
    if (kind != NORMALISE_BOTH) continue;
    float factor = 1.0f / maths_root(squares * inverse + VARIANCE_FLOOR);
    for (uint32_t f = 0; f < frames; f++) values[f * columns + c] *= factor;
  }
}

/* Logarithms to 0..1: how far each lies above the floor, which is `range_db` below the loudest. */
static void normalise_range(float range_db, float *values, uint32_t count) {
  float peak = values[0];
  for (uint32_t i = 1; i < count; i++) peak = values[i] > peak ? values[i] : peak;
  float range = range_db * DB_TO_NATS;
  float factor = 1.0f / range;
  float floor = peak - range;
  for (uint32_t i = 0; i < count; i++) values[i] = values[i] > floor ? (values[i] - floor) * factor : 0.0f;
}

static void put_row(const parameters *p, const spaces *s, float *row) {
  if (p->coefficients > 0) {
    put_cepstrum(p, s, row);
  } else {
    memcpy(row, s->energy, p->filters * sizeof(float));
  }
}

/* Moves the rows that both windows have to the front; returns how many. */
static uint32_t move_rows(const block_input *input, const parameters *p, float *rows, uint32_t frames, uint32_t columns) {
  if (input->moved == 0 || input->moved % p->stride != 0 || input->moved / p->stride >= frames) return 0;
  uint32_t shift = input->moved / p->stride;
  memmove(rows, rows + (size_t)shift * columns, (size_t)(frames - shift) * columns * sizeof(float));
  return frames - shift;
}

static void compute(const block_input *input, bool cepstral, const float *window, void *scratch, float *features) {
  parameters p;
  read(input, cepstral, &p);
  spaces s = divide(scratch, &p);
  uint32_t frames = frames_of(input, &p);
  uint32_t columns = cepstral ? p.coefficients : p.filters;
  uint32_t kept_width = kept_columns(cepstral, &p);
  uint32_t used = input->samples < p.frame ? input->samples : p.frame;
  float floor = maths_exp(p.noise_floor_db * DB_TO_NATS);
  if (!input->repeated) prepare(&p, input->rate_hz, &s);
  for (uint32_t c = 0; c < input->channels; c++) {
    float *out = features + (size_t)c * frames * columns;
    float *rows = input->kept == NULL ? NULL : input->kept + (size_t)c * frames * kept_width;
    uint32_t known = rows == NULL ? 0 : move_rows(input, &p, rows, frames, kept_width);
    for (uint32_t f = 0; f < frames; f++) {
      float *row = out + (size_t)f * columns;
      float *kept = rows == NULL ? NULL : rows + (size_t)f * kept_width;
      if (f >= known) frame_energies(&p, &s, window + (size_t)f * p.stride * input->channels + c, input->channels, used);
      if (p.pcen != 0) {
        /* Energies are kept: what they become depends on the frames before. */
        if (f < known) memcpy(s.energy, kept, kept_width * sizeof(float));
        if (f >= known && kept != NULL) memcpy(kept, s.energy, kept_width * sizeof(float));
        normalise_energies(&p, &s, f == 0, floor);
        put_row(&p, &s, row);
      } else if (f < known) {
        memcpy(row, kept, columns * sizeof(float));
      } else {
        take_logarithms(&p, &s, floor);
        put_row(&p, &s, row);
        if (kept != NULL) memcpy(kept, row, columns * sizeof(float));
      }
    }
    if (p.normalisation == NORMALISE_RANGE) {
      normalise_range(p.range_db, out, frames * columns);
    } else if (p.normalisation != 0) {
      normalise_columns(p.normalisation, out, frames, columns);
    }
  }
}

void block_log_mel_compute(const block_input *input, const float *window, void *scratch, float *features) {
  compute(input, false, window, scratch, features);
}

void block_mfcc_compute(const block_input *input, const float *window, void *scratch, float *features) {
  compute(input, true, window, scratch, features);
}
