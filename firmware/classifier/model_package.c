#include "model_package.h"

#include <string.h>

#include "../link/crc32.h"
#include "../link/wire.h"

#define HEADER_BYTES 64u
#define CRC_FROM 16u
#define SECTION_BYTES 12u
#define GOLDEN_HEAD 4u
/* Of a package without ALON. */
#define GRACE_MS 10000u

static uint32_t padded(uint32_t count) { return (count + 3u) & ~3u; }

int model_package_read_frontend(const uint8_t *bytes, uint32_t count, model_package_input *inputs) {
  wire_reader r = wire_reader_on(bytes, count);
  uint8_t number = wire_get_u8(&r);
  wire_get_bytes(&r, 3);
  if (r.missing || number == 0) return MODEL_PACKAGE_CORRUPT;
  if (number > MODEL_PACKAGE_MAX_INPUTS) return MODEL_PACKAGE_UNSUPPORTED;
  for (uint8_t i = 0; i < number; i++) {
    model_package_input *input = &inputs[i];
    memset(input, 0, sizeof *input);
    const uint8_t *sensor = wire_get_bytes(&r, 16);
    if (sensor != NULL) memcpy(input->sensor, sensor, 16);
    input->rate_hz = wire_get_f32(&r);
    input->channels = wire_get_u8(&r);
    const uint8_t *channel = wire_get_bytes(&r, MODEL_PACKAGE_MAX_CHANNELS);
    if (channel != NULL) memcpy(input->channel, channel, MODEL_PACKAGE_MAX_CHANNELS);
    input->window_samples = wire_get_u32(&r);
    input->stride_samples = wire_get_u32(&r);
    input->block = wire_get_u8(&r);
    input->block_version = wire_get_u8(&r);
    input->parameters.count = wire_get_u16(&r);
    input->parameters.bytes = wire_get_bytes(&r, padded(input->parameters.count));
    if (r.missing || input->channels == 0 || input->window_samples == 0 || !(input->rate_hz > 0.0f)) return MODEL_PACKAGE_CORRUPT;
    if (input->channels > MODEL_PACKAGE_MAX_CHANNELS || input->window_samples > (1u << 24)) return MODEL_PACKAGE_UNSUPPORTED;
  }
  return number;
}

static bool find(const model_package *p, const char *letters, model_package_section *out) {
  uint32_t sections = (uint32_t)p->bytes[48] | ((uint32_t)p->bytes[49] << 8);
  wire_reader r = wire_reader_on(p->bytes, p->count);
  wire_get_bytes(&r, HEADER_BYTES);
  for (uint32_t i = 0; i < sections; i++) {
    const uint8_t *name = wire_get_bytes(&r, 4);
    uint32_t offset = wire_get_u32(&r);
    uint32_t count = wire_get_u32(&r);
    if (r.missing) return false;
    if (memcmp(name, letters, 4) != 0) continue;
    if (count > p->count || offset > p->count - count || offset % 16 != 0) return false;
    *out = (model_package_section){p->bytes + offset, count};
    return true;
  }
  return false;
}

static int read_parameters(model_package *p) {
  model_package_section parm;
  if (!find(p, "PARM", &parm)) return MODEL_PACKAGE_CORRUPT;
  wire_reader r = wire_reader_on(parm.bytes, parm.count);
  p->regression = wire_get_u8(&r) == 1;
  p->label_count = wire_get_u8(&r);
  wire_get_u16(&r);
  p->arena_bytes = wire_get_u32(&r);
  p->input_scale = wire_get_f32(&r);
  p->input_zero_point = (int32_t)wire_get_u32(&r);
  p->output_scale = wire_get_f32(&r);
  p->output_zero_point = (int32_t)wire_get_u32(&r);
  p->stride_samples = wire_get_u32(&r);
  if (p->label_count > MODEL_PACKAGE_MAX_LABELS) return MODEL_PACKAGE_UNSUPPORTED;
  for (uint8_t i = 0; i < p->label_count; i++) p->thresholds[i] = wire_get_f32(&r);
  bool sound = !r.missing && p->stride_samples > 0 && p->input_scale > 0.0f && p->output_scale > 0.0f;
  return sound ? MODEL_PACKAGE_OK : MODEL_PACKAGE_CORRUPT;
}

static int read_labels(model_package *p) {
  if (!find(p, "LABL", &p->labels)) return p->label_count == 0 ? MODEL_PACKAGE_OK : MODEL_PACKAGE_CORRUPT;
  wire_reader r = wire_reader_on(p->labels.bytes, p->labels.count);
  for (uint8_t i = 0; i < p->label_count; i++) wire_get_bytes(&r, wire_get_u8(&r));
  return r.missing ? MODEL_PACKAGE_CORRUPT : MODEL_PACKAGE_OK;
}

static int read_normalisation(model_package *p) {
  model_package_section norm;
  if (!find(p, "NORM", &norm)) return MODEL_PACKAGE_OK;
  wire_reader r = wire_reader_on(norm.bytes, norm.count);
  p->normalised_count = wire_get_u32(&r);
  if (p->normalised_count > norm.count / 8u) return MODEL_PACKAGE_CORRUPT;
  p->mean = wire_get_bytes(&r, p->normalised_count * 4u);
  p->factor = wire_get_bytes(&r, p->normalised_count * 4u);
  return r.missing ? MODEL_PACKAGE_CORRUPT : MODEL_PACKAGE_OK;
}

static int read_anomaly(model_package *p) {
  model_package_anomaly *a = &p->anomaly;
  model_package_section anom;
  if (!find(p, "ANOM", &anom)) return MODEL_PACKAGE_OK;
  wire_reader r = wire_reader_on(anom.bytes, anom.count);
  a->states = wire_get_u16(&r);
  wire_get_u16(&r);
  a->features = wire_get_u32(&r);
  a->threshold = wire_get_f32(&r);
  wire_get_u32(&r);
  a->labels = wire_get_u64(&r);
  if (r.missing || a->states == 0 || a->features == 0) return MODEL_PACKAGE_CORRUPT;
  if (a->states > MODEL_PACKAGE_MAX_STATES) return MODEL_PACKAGE_UNSUPPORTED;
  if (a->features > anom.count / 8u) return MODEL_PACKAGE_CORRUPT;
  a->mean = wire_get_bytes(&r, (size_t)a->states * a->features * 4u);
  a->weight = wire_get_bytes(&r, (size_t)a->states * a->features * 4u);
  return r.missing ? MODEL_PACKAGE_CORRUPT : MODEL_PACKAGE_OK;
}

static int read_alone(model_package *p) {
  model_package_alone *a = &p->alone;
  model_package_section section;
  *a = (model_package_alone){0, GRACE_MS, 0, true, 1};
  if (!find(p, "ALON", &section)) return MODEL_PACKAGE_OK;
  wire_reader r = wire_reader_on(section.bytes, section.count);
  a->period_ms = wire_get_u32(&r);
  a->grace_ms = wire_get_u32(&r);
  a->labels = wire_get_u64(&r);
  a->unknown = wire_get_u8(&r) != 0;
  a->confirm = wire_get_u8(&r);
  if (a->confirm == 0) a->confirm = 1;
  return r.missing ? MODEL_PACKAGE_CORRUPT : MODEL_PACKAGE_OK;
}

static int read_inputs(model_package *p) {
  if (!find(p, "FRNT", &p->frontend)) return MODEL_PACKAGE_CORRUPT;
  int inputs = model_package_read_frontend(p->frontend.bytes, p->frontend.count, p->inputs);
  if (inputs < 0) return inputs;
  p->input_count = (uint8_t)inputs;
  for (uint8_t i = 0; i < p->input_count; i++) p->window_values += p->inputs[i].window_samples * p->inputs[i].channels;
  return MODEL_PACKAGE_OK;
}

int model_package_read(const uint8_t *bytes, uint32_t count, model_package *out) {
  memset(out, 0, sizeof *out);
  if (count < HEADER_BYTES || memcmp(bytes, "LMPK", 4) != 0) return MODEL_PACKAGE_CORRUPT;
  wire_reader r = wire_reader_on(bytes + 4, HEADER_BYTES - 4);
  uint16_t version = wire_get_u16(&r);
  out->bytes = bytes;
  out->frontend_version = wire_get_u16(&r);
  out->count = wire_get_u32(&r);
  uint32_t crc = wire_get_u32(&r);
  out->hash = wire_get_bytes(&r, 32);
  if (out->count < HEADER_BYTES || out->count > count) return MODEL_PACKAGE_CORRUPT;
  if (crc32_update(0, bytes + CRC_FROM, out->count - CRC_FROM) != crc) return MODEL_PACKAGE_CORRUPT;
  if (version != MODEL_PACKAGE_VERSION) return MODEL_PACKAGE_UNSUPPORTED;
  if (!find(out, "TFLT", &out->network)) return MODEL_PACKAGE_CORRUPT;
  find(out, "NAME", &out->name);
  if (out->name.count > 0 && out->name.count < 1u + out->name.bytes[0]) return MODEL_PACKAGE_CORRUPT;
  find(out, "GOLD", &out->golden);
  int status = read_inputs(out);
  if (status == MODEL_PACKAGE_OK) status = read_normalisation(out);
  if (status == MODEL_PACKAGE_OK) status = read_parameters(out);
  if (status == MODEL_PACKAGE_OK) status = read_anomaly(out);
  if (status == MODEL_PACKAGE_OK) status = read_alone(out);
  return status == MODEL_PACKAGE_OK ? read_labels(out) : status;
}

uint16_t model_package_golden_count(const model_package *package) {
  const model_package_section *gold = &package->golden;
  return gold->count < GOLDEN_HEAD ? 0 : (uint16_t)(gold->bytes[0] | (gold->bytes[1] << 8));
}

bool model_package_next_golden(const model_package *package, uint32_t *at, model_package_golden *out) {
  const model_package_section *gold = &package->golden;
  if (gold->count < GOLDEN_HEAD) return false;
  wire_reader r = wire_reader_on(gold->bytes, gold->count);
  wire_get_bytes(&r, *at == 0 ? GOLDEN_HEAD : *at);
  out->kind = wire_get_u8(&r);
  wire_get_bytes(&r, 3);
  out->seed = wire_get_u32(&r);
  out->amplitude = wire_get_f32(&r);
  out->samples.count = wire_get_u32(&r);
  out->samples.bytes = wire_get_bytes(&r, out->samples.count);
  out->features_crc = wire_get_u32(&r);
  out->quantised_crc = wire_get_u32(&r);
  out->score_count = wire_get_u16(&r);
  out->scores = (const int8_t *)wire_get_bytes(&r, out->score_count);
  if (r.missing) return false;
  /* "padded to 4 bytes": from the scores on, so that the next vector begins where they end, rounded up. */
  wire_get_bytes(&r, (4u - out->score_count % 4u) % 4u);
  out->anomaly = package->anomaly.states > 0 ? wire_get_f32(&r) : 0.0f;
  *at = (uint32_t)r.at;
  return !r.missing;
}
