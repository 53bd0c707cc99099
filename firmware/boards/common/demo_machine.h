/* The machine that a board without a signal measures: an accelerometer on a small motor, a thermometer, and a counter of pieces. */
#ifndef LIMPET_DEMO_MACHINE_H
#define LIMPET_DEMO_MACHINE_H

#include "../../runtime/sensor.h"

#define DEMO_MACHINE_SENSORS 3u

/* Fills the description of one of its sensors. */
void demo_machine_describe(uint8_t sensor, sensor_description *out);

/* Samples `first` to `first + count` of a sensor at that rate, as int16. Depends on nothing but its arguments. */
void demo_machine_samples(uint8_t sensor, uint64_t first, float rate_hz, void *out, uint32_t count);

#endif
