/* TIMER1 as the clock of sensors that have to be asked. Knows no sensor. */
#ifndef LIMPET_NRF_SENSOR_TICK_H
#define LIMPET_NRF_SENSOR_TICK_H

#include <stdbool.h>
#include <stdint.h>

/* From now on calls `tick` every so many microseconds from an interrupt of the priority that the bus of the sensors has. */
void sensor_tick_start(uint32_t period_us, void (*tick)(void));

/* Stops the clock while the board rests, and starts it again. Sensors must not be running. */
void sensor_tick_rest(bool resting);

void sensor_tick_handler(void);

#endif
