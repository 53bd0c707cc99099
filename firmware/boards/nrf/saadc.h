/*
 * An analogue microphone at an input of SAADC: TIMER2 asks for 16,000 samples a second through PPI, so that none waits for the processor.
 * Takes PPI channels 0 and 1.
 */
#ifndef LIMPET_NRF_SAADC_H
#define LIMPET_NRF_SAADC_H

#include "sound.h"

/* `input` is AIN0 to AIN7; `power_pin` switches the microphone on where it is high. */
int saadc_add(sampled_sensors *all, uint32_t input, uint32_t power_pin, int16_t *ring, uint32_t capacity);

void saadc_handler(void);

#endif
