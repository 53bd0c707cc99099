/*
 * How far a window lies from every state that was recorded: the distance to the nearest of them, in its own standard deviations
 * (docs/model-package.md, `ANOM`). The same bits on every target. Knows no sensor and no network.
 */
#ifndef LIMPET_ANOMALY_H
#define LIMPET_ANOMALY_H

#include "../classifier/model_package.h"

/* Squared distances to each state while the features come in. */
typedef struct {
  float squares[MODEL_PACKAGE_MAX_STATES];
} anomaly_sums;

/* Sets the sums to 0. */
void anomaly_begin(const model_package_anomaly *states, anomaly_sums *sums);

/* Takes feature `index`, normalised. Each once, in order. */
void anomaly_add(const model_package_anomaly *states, anomaly_sums *sums, uint32_t index, float feature);

/* The score: root mean square over the features, of the nearest state. About 1 for what is like the recordings. */
float anomaly_score(const model_package_anomaly *states, const anomaly_sums *sums);

#endif
