#include "anomaly.h"

#include <math.h>
#include <string.h>

static float load_f32(const uint8_t *bytes, size_t index) {
  float value;
  memcpy(&value, bytes + 4u * index, 4);
  return value;
}

void anomaly_begin(const model_package_anomaly *states, anomaly_sums *sums) {
  for (uint16_t k = 0; k < states->states; k++) sums->squares[k] = 0.0f;
}

void anomaly_add(const model_package_anomaly *states, anomaly_sums *sums, uint32_t index, float feature) {
  size_t at = index;
  for (uint16_t k = 0; k < states->states; k++, at += states->features) {
    float difference = feature - load_f32(states->mean, at);
    sums->squares[k] += (difference * difference) * load_f32(states->weight, at);
  }
}

float anomaly_score(const model_package_anomaly *states, const anomaly_sums *sums) {
  float least = sums->squares[0];
  for (uint16_t k = 1; k < states->states; k++) {
    if (sums->squares[k] < least) least = sums->squares[k];
  }
  return sqrtf(least / (float)states->features);
}
