#include "pipeline.h"

#include <math.h>
#include <string.h>

#include "../classifier/classifier.h"
#include "../classifier/model_package.h"
#include "../frontend/frontend.h"
#include "../link/crc32.h"
#include "anomaly.h"
#include "version.h"

enum { STAGE_NONE = 0, STAGE_FEATURES = 1, STAGE_QUANTISED = 2, STAGE_SCORES = 3, STAGE_ANOMALY = 4 };
enum { GOLDEN_GENERATED = 0, GOLDEN_STORED = 1 };

_Static_assert(PIPELINE_MAX_INPUTS == MODEL_PACKAGE_MAX_INPUTS, "inputs");
_Static_assert(PIPELINE_MAX_SCORES == MODEL_PACKAGE_MAX_LABELS, "labels");

uint16_t pipeline_frontend_version(void) { return FRONTEND_VERSION; }

static float load_f32(const uint8_t *bytes, uint32_t index) {
  float value;
  memcpy(&value, bytes + 4u * index, 4);
  return value;
}

/* The next `bytes` of the pool, aligned to 16; NULL where it is used up. */
static uint8_t *take(uint8_t *pool, uint32_t pool_bytes, uint32_t *used, uint32_t bytes) {
  uint32_t rounded = (bytes + 15u) & ~15u;
  if (rounded < bytes || rounded > pool_bytes - *used) return NULL;
  uint8_t *part = pool + *used;
  *used += rounded;
  return part;
}

static void copy_inputs(pipeline *p) {
  uint32_t values = 0;
  p->input_count = p->package.input_count;
  for (uint8_t i = 0; i < p->input_count; i++) {
    const model_package_input *from = &p->package.inputs[i];
    pipeline_input *to = &p->inputs[i];
    memcpy(to->sensor, from->sensor, sizeof to->sensor);
    memcpy(to->channel, from->channel, sizeof from->channel);
    to->rate_hz = from->rate_hz;
    to->channels = from->channels;
    to->window_samples = from->window_samples;
    to->first_value = values;
    values += from->window_samples * from->channels;
  }
  p->window_values = values;
}

static int from_package(int status) { return status == MODEL_PACKAGE_UNSUPPORTED ? PIPELINE_UNSUPPORTED : PIPELINE_CORRUPT; }

static int from_classifier(int status) {
  if (status == CLASSIFIER_TOO_LARGE) return PIPELINE_TOO_LARGE;
  return status == CLASSIFIER_UNSUPPORTED ? PIPELINE_UNSUPPORTED : PIPELINE_CORRUPT;
}

int pipeline_load(pipeline *p, const uint8_t *package, uint32_t package_bytes, uint8_t *pool, uint32_t pool_bytes,
                  pipeline_counter counter, void *counter_context) {
  const model_package *m = &p->package;
  frontend_size size;
  memset(p, 0, sizeof *p);
  p->counter = counter;
  p->counter_context = counter_context;
  int status = model_package_read(package, package_bytes, &p->package);
  if (status != MODEL_PACKAGE_OK) return from_package(status);
  if (m->frontend_version != FRONTEND_VERSION) return PIPELINE_UNSUPPORTED;
  status = frontend_measure(m->frontend.bytes, m->frontend.count, &size);
  if (status != 0) return status == FRONTEND_UNSUPPORTED ? PIPELINE_UNSUPPORTED : PIPELINE_CORRUPT;
  copy_inputs(p);
  p->feature_count = size.feature_count;
  if (size.window_values != p->window_values) return PIPELINE_CORRUPT;
  if (m->normalised_count != 0 && m->normalised_count != p->feature_count) return PIPELINE_CORRUPT;
  if (m->anomaly.states != 0 && m->anomaly.features != p->feature_count) return PIPELINE_CORRUPT;
  if (p->window_values > pool_bytes / 4u || p->feature_count > pool_bytes / 4u) return PIPELINE_TOO_LARGE;
  uint32_t used = 0;
  p->window = (float *)(void *)take(pool, pool_bytes, &used, p->window_values * 4u);
  p->features = (float *)(void *)take(pool, pool_bytes, &used, p->feature_count * 4u);
  p->quantised = (int8_t *)take(pool, pool_bytes, &used, p->feature_count);
  p->scratch = take(pool, pool_bytes, &used, size.scratch_bytes);
  if (p->window == NULL || p->features == NULL || p->quantised == NULL || p->scratch == NULL) return PIPELINE_TOO_LARGE;
  uint32_t without = used;
  if (size.kept_bytes > 0) p->kept = take(pool, pool_bytes, &used, size.kept_bytes);
  status = classifier_load(m->network.bytes, m->network.count, pool + used, pool_bytes - used, &p->network);
  if (status == CLASSIFIER_TOO_LARGE && p->kept != NULL) {
    /* Better to compute again than not at all. */
    p->kept = NULL;
    used = without;
    status = classifier_load(m->network.bytes, m->network.count, pool + used, pool_bytes - used, &p->network);
  }
  if (status != 0) return from_classifier(status);
  uint32_t outputs = m->regression ? 1 : m->label_count;
  if (p->network.input_count != p->feature_count || p->network.output_count != outputs) return PIPELINE_CORRUPT;
  p->score_count = (uint16_t)outputs;
  p->arena_bytes = p->network.arena_used;
  p->pool_bytes = used + p->network.arena_used;
  return PIPELINE_OK;
}

static float normalised(const pipeline *p, uint32_t index) {
  const model_package *m = &p->package;
  float feature = p->features[index];
  if (m->normalised_count == 0) return feature;
  return (feature - load_f32(m->mean, index)) * load_f32(m->factor, index);
}

/* docs/model-package.md: q = clamp(floor(feature' * (1 / scale) + 0.5) + zero point). Not a number becomes the lowest value. */
static int8_t quantise(float feature, float inverse_scale, int32_t zero_point) {
  float scaled = floorf(feature * inverse_scale + 0.5f) + (float)zero_point;
  if (!(scaled > -128.0f)) return -128;
  return scaled < 127.0f ? (int8_t)scaled : 127;
}

static uint32_t count_now(const pipeline *p) { return p->counter == NULL ? 0 : p->counter(p->counter_context); }

/* `moved`: NULL where the window stands by itself. */
static int run(pipeline *p, const uint32_t *moved) {
  const model_package *m = &p->package;
  uint32_t begin = count_now(p);
  float inverse_scale = 1.0f / m->input_scale;
  void *kept = moved == NULL ? NULL : p->kept;
  frontend_advance(m->frontend.bytes, m->frontend.count, p->window, p->scratch, kept, moved, p->features);
  anomaly_sums sums;
  anomaly_begin(&m->anomaly, &sums);
  for (uint32_t i = 0; i < p->feature_count; i++) {
    float feature = normalised(p, i);
    p->quantised[i] = quantise(feature, inverse_scale, m->input_zero_point);
    anomaly_add(&m->anomaly, &sums, i, feature);
  }
  if (m->anomaly.states != 0) p->anomaly = anomaly_score(&m->anomaly, &sums);
  uint32_t middle = count_now(p);
  /* A copy of its own: the network may use its input's memory again for what lies behind it. */
  memcpy(p->network.input, p->quantised, p->feature_count);
  if (classifier_invoke() != 0) return PIPELINE_CORRUPT;
  for (uint16_t i = 0; i < p->score_count; i++) {
    p->raw[i] = p->network.output[i];
    p->scores[i] = (float)(p->raw[i] - m->output_zero_point) * m->output_scale;
  }
  p->frontend_count = middle - begin;
  p->network_count = count_now(p) - middle;
  return PIPELINE_OK;
}

int pipeline_run(pipeline *p) { return run(p, NULL); }

int pipeline_advance(pipeline *p, const uint32_t *moved) { return run(p, moved); }

/* Not a number counts as far away. */
bool pipeline_is_anomaly(const pipeline *p) { return p->package.anomaly.states != 0 && !(p->anomaly <= p->package.anomaly.threshold); }

uint8_t pipeline_label(const pipeline *p) {
  uint16_t best = 0;
  if (p->package.regression) return PIPELINE_UNKNOWN;
  for (uint16_t i = 1; i < p->score_count; i++) {
    if (p->raw[i] > p->raw[best]) best = i;
  }
  if (p->scores[best] < p->package.thresholds[best]) return PIPELINE_UNKNOWN;
  bool recorded = ((p->package.anomaly.labels >> best) & 1u) != 0;
  return recorded && pipeline_is_anomaly(p) ? PIPELINE_UNKNOWN : (uint8_t)best;
}

/* xorshift32 (Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8(14), 2003). */
static void generate(pipeline *p, uint32_t seed, float amplitude) {
  uint32_t x = seed;
  for (uint32_t i = 0; i < p->window_values; i++) {
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    p->window[i] = amplitude * ((float)(int32_t)x * 0x1p-31f);
  }
}

static bool fill_window(pipeline *p, const model_package_golden *golden) {
  if (golden->kind == GOLDEN_GENERATED) {
    generate(p, golden->seed, golden->amplitude);
    return golden->seed != 0;
  }
  if (golden->kind != GOLDEN_STORED || golden->samples.count != p->window_values * 4u) return false;
  memcpy(p->window, golden->samples.bytes, golden->samples.count);
  return true;
}

static uint32_t normalised_crc(const pipeline *p) {
  uint32_t crc = 0;
  for (uint32_t i = 0; i < p->feature_count; i++) {
    uint8_t bytes[4];
    float value = normalised(p, i);
    memcpy(bytes, &value, 4);
    crc = crc32_update(crc, bytes, 4);
  }
  return crc;
}

static uint8_t first_difference(const pipeline *p, const model_package_golden *golden) {
  if (normalised_crc(p) != golden->features_crc) return STAGE_FEATURES;
  if (crc32_update(0, (const uint8_t *)p->quantised, p->feature_count) != golden->quantised_crc) return STAGE_QUANTISED;
  if (golden->score_count != p->score_count || memcmp(golden->scores, p->raw, p->score_count) != 0) return STAGE_SCORES;
  return memcmp(&golden->anomaly, &p->anomaly, sizeof p->anomaly) == 0 ? STAGE_NONE : STAGE_ANOMALY;
}

int pipeline_test(pipeline *p, pipeline_self_test *result) {
  uint16_t count = model_package_golden_count(&p->package);
  uint32_t at = 0;
  *result = (pipeline_self_test){0, 0, STAGE_NONE};
  for (uint16_t i = 0; i < count && i < UINT8_MAX; i++) {
    model_package_golden golden;
    uint8_t stage = STAGE_FEATURES;
    bool filled = model_package_next_golden(&p->package, &at, &golden) && fill_window(p, &golden);
    if (filled) stage = pipeline_run(p) == PIPELINE_OK ? first_difference(p, &golden) : STAGE_SCORES;
    result->run++;
    if (stage == STAGE_NONE) result->identical++;
    if (result->stage == STAGE_NONE) result->stage = stage;
    if (!filled) break;
  }
  return result->run > 0 && result->identical == result->run ? PIPELINE_OK : PIPELINE_CORRUPT;
}
