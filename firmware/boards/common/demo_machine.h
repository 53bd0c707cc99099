/* The machine that a board without a signal measures: an accelerometer on a small motor. */
#ifndef LIMPET_DEMO_MACHINE_H
#define LIMPET_DEMO_MACHINE_H

#include "../../runtime/sensor.h"

/* Fills the sensor's description. */
void demo_machine_describe(sensor_description *out);

/* Samples `first` to `first + count` at that rate: int16 x, y, z. Depends on nothing but its arguments. */
void demo_machine_samples(uint64_t first, float rate_hz, void *out, uint32_t count);

#endif
