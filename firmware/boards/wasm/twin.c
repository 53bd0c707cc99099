/*
 * The device twin: front end, network, pipeline and generator of the firmware, called directly. Whoever holds the module gives
 * the memory. One network or pipeline at a time. Meaning of the numbers: the headers of the parts.
 */
#include <stdlib.h>
#include <string.h>

#include "../../classifier/classifier.h"
#include "../../frontend/frontend.h"
#include "../../runtime/pipeline.h"
#include "../../runtime/version.h"
#include "../common/rotating_machine.h"

#if defined(__wasm__)
#define EXPORT(name) __attribute__((export_name(#name))) name
#else
#define EXPORT(name) name
#endif

/* What a loaded network or pipeline is, as words that the holder reads. Pointers are addresses in the module's memory. */
typedef struct {
  void *input;
  uint32_t input_count;
  const void *output;
  uint32_t output_count;
  uint32_t arena_bytes;
} twin_network;

typedef struct {
  float *window;
  uint32_t window_values;
  float *features;
  uint32_t feature_count;
  int8_t *quantised;
  int8_t *raw;
  float *scores;
  uint32_t score_count;
  uint32_t arena_bytes;
  uint32_t pool_bytes;
  /* NULL where the package has no recorded states. */
  float *anomaly;
} twin_pipeline;

static pipeline loaded;

void *limpet_twin_allocate(uint32_t bytes);
void limpet_twin_free(void *memory);
int32_t limpet_twin_frontend_version(void);
int32_t limpet_twin_frontend_measure(const uint8_t *frnt, uint32_t count, uint32_t *out);
void limpet_twin_frontend_compute(const uint8_t *frnt, uint32_t count, const float *window, void *scratch, float *features);
void limpet_twin_frontend_repeat(const uint8_t *frnt, uint32_t count, const float *window, void *scratch, float *features);
int32_t limpet_twin_network_load(const uint8_t *model, uint32_t count, uint8_t *arena, uint32_t arena_bytes, twin_network *out);
int32_t limpet_twin_network_invoke(void);
int32_t limpet_twin_pipeline_load(const uint8_t *package, uint32_t count, uint8_t *pool, uint32_t pool_bytes, twin_pipeline *out);
int32_t limpet_twin_pipeline_run(void);
int32_t limpet_twin_pipeline_label(void);
int32_t limpet_twin_pipeline_test(uint8_t *out);
void limpet_twin_generate(const double *parameters, uint32_t first, float *out, uint32_t count);
void limpet_twin_generate_celsius(const double *parameters, uint32_t first, float *out, uint32_t count);
void limpet_twin_generate_pieces(const double *parameters, uint32_t first, float *out, uint32_t count);

/* Memory aligned to 16; NULL where there is none. */
void *EXPORT(limpet_twin_allocate)(uint32_t bytes) {
  return bytes > UINT32_MAX - 31u ? NULL : aligned_alloc(16, ((size_t)bytes + 16u) & ~(size_t)15u);
}

void EXPORT(limpet_twin_free)(void *memory) { free(memory); }

int32_t EXPORT(limpet_twin_frontend_version)(void) { return pipeline_frontend_version(); }

int32_t EXPORT(limpet_twin_frontend_measure)(const uint8_t *frnt, uint32_t count, uint32_t *out) {
  frontend_size size;
  int status = frontend_measure(frnt, count, &size);
  out[0] = size.window_values;
  out[1] = size.feature_count;
  out[2] = size.scratch_bytes;
  return status;
}

void EXPORT(limpet_twin_frontend_compute)(const uint8_t *frnt, uint32_t count, const float *window, void *scratch, float *features) {
  frontend_compute(frnt, count, window, scratch, features);
}

void EXPORT(limpet_twin_frontend_repeat)(const uint8_t *frnt, uint32_t count, const float *window, void *scratch, float *features) {
  frontend_repeat(frnt, count, window, scratch, features);
}

int32_t EXPORT(limpet_twin_network_load)(const uint8_t *model, uint32_t count, uint8_t *arena, uint32_t arena_bytes, twin_network *out) {
  classifier network;
  int status = classifier_load(model, count, arena, arena_bytes, &network);
  if (status != 0) return status;
  *out = (twin_network){network.input, network.input_count, network.output, network.output_count, network.arena_used};
  return 0;
}

int32_t EXPORT(limpet_twin_network_invoke)(void) { return classifier_invoke(); }

int32_t EXPORT(limpet_twin_pipeline_load)(const uint8_t *package, uint32_t count, uint8_t *pool, uint32_t pool_bytes, twin_pipeline *out) {
  pipeline *p = &loaded;
  int status = pipeline_load(p, package, count, pool, pool_bytes, NULL, NULL);
  if (status != PIPELINE_OK) return status;
  *out = (twin_pipeline){p->window, p->window_values, p->features, p->feature_count, p->quantised,
                         p->raw, p->scores, p->score_count, p->arena_bytes, p->pool_bytes,
                         p->package.anomaly.states != 0 ? &p->anomaly : NULL};
  return 0;
}

/* What the last window is called: index of the label, or 255. */
int32_t EXPORT(limpet_twin_pipeline_label)(void) { return pipeline_label(&loaded); }

/* Runs the window that lies in the pipeline's memory. */
int32_t EXPORT(limpet_twin_pipeline_run)(void) { return pipeline_run(&loaded); }

/* Runs the golden vectors; `out` gets run, identical, first stage that differed. */
int32_t EXPORT(limpet_twin_pipeline_test)(uint8_t *out) {
  pipeline_self_test test;
  int status = pipeline_test(&loaded, &test);
  out[0] = test.run;
  out[1] = test.identical;
  out[2] = test.stage;
  return status;
}

static rotating_machine machine_of(const double *parameters) {
  return (rotating_machine){parameters[1],        (float)parameters[2], (float)parameters[3], (float)parameters[4],
                            (float)parameters[5], (float)parameters[6], (float)parameters[7], (uint32_t)parameters[8]};
}

/* `parameters`: rate, shaft hertz, load, imbalance, misalignment, bearing, noise, tilt, seed. */
void EXPORT(limpet_twin_generate)(const double *parameters, uint32_t first, float *out, uint32_t count) {
  rotating_machine machine = machine_of(parameters);
  rotating_machine_samples(&machine, parameters[0], first, out, count);
}

/* `parameters`: the same, then degrees Celsius of the room and seconds that the machine had run for. */
void EXPORT(limpet_twin_generate_celsius)(const double *parameters, uint32_t first, float *out, uint32_t count) {
  rotating_machine machine = machine_of(parameters);
  rotating_machine_celsius(&machine, (float)parameters[9], (float)parameters[10], parameters[0], first, out, count);
}

void EXPORT(limpet_twin_generate_pieces)(const double *parameters, uint32_t first, float *out, uint32_t count) {
  rotating_machine machine = machine_of(parameters);
  rotating_machine_pieces(&machine, first, out, count);
}
