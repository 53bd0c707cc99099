/*
 * Test doubles of front end and network, so that the board's application can be tested by itself: the features are the samples
 * times 2, the network answers with the first input values and a constant one.
 */
#include <string.h>

#include "../../firmware/classifier/classifier.h"
#include "../../firmware/classifier/model_package.h"
#include "../../firmware/frontend/frontend.h"

static struct {
  int8_t input[4096];
  int8_t output[2];
} network;

int frontend_measure(const uint8_t *frnt, uint32_t count, frontend_size *out) {
  model_package_input inputs[MODEL_PACKAGE_MAX_INPUTS];
  int number = model_package_read_frontend(frnt, count, inputs);
  if (number < 0) return FRONTEND_CORRUPT;
  *out = (frontend_size){0, 0, 64, 0};
  for (int i = 0; i < number; i++) out->window_values += inputs[i].window_samples * inputs[i].channels;
  out->feature_count = out->window_values;
  return out->feature_count <= sizeof network.input ? 0 : FRONTEND_UNSUPPORTED;
}

void frontend_advance(const uint8_t *frnt, uint32_t count, const float *window, void *scratch, void *kept, const uint32_t *moved,
                      float *features) {
  (void)kept;
  (void)moved;
  frontend_compute(frnt, count, window, scratch, features);
}

void frontend_compute(const uint8_t *frnt, uint32_t count, const float *window, void *scratch, float *features) {
  frontend_size size;
  (void)scratch;
  frontend_measure(frnt, count, &size);
  for (uint32_t i = 0; i < size.feature_count; i++) features[i] = window[i] * 2.0f;
}

void frontend_repeat(const uint8_t *frnt, uint32_t count, const float *window, void *scratch, float *features) {
  frontend_compute(frnt, count, window, scratch, features);
}

/* The model's bytes: u32 number of inputs. */
int classifier_load(const uint8_t *model, uint32_t count, uint8_t *arena, uint32_t arena_bytes, classifier *out) {
  uint32_t inputs;
  (void)arena;
  if (count < 4) return CLASSIFIER_CORRUPT;
  memcpy(&inputs, model, 4);
  if (arena_bytes < 1000) return CLASSIFIER_TOO_LARGE;
  *out = (classifier){network.input, inputs, network.output, 2, 1000};
  return 0;
}

int classifier_invoke(void) {
  network.output[0] = network.input[0];
  network.output[1] = 10;
  return 0;
}
