/* TIMER1 as the clock of sensors that have to be asked. Knows no sensor. */
#ifndef LIMPET_NRF_SENSOR_TICK_H
#define LIMPET_NRF_SENSOR_TICK_H

#include <stdint.h>

/* From now on calls `tick` every so many microseconds from an interrupt of the priority that the bus of the sensors has. */
void sensor_tick_start(uint32_t period_us, void (*tick)(void));

void sensor_tick_handler(void);

#endif
