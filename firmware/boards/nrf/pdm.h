/* A PDM microphone, left channel, clock 1.28 MHz, 16 kHz. Knows no sensor port. */
#ifndef LIMPET_NRF_PDM_H
#define LIMPET_NRF_PDM_H

#include "sound.h"

/* Pins as NRF_PIN gives them; `power_pin` switches the microphone on where it is high. */
typedef struct {
  uint32_t clock_pin;
  uint32_t data_pin;
  uint32_t power_pin;
} pdm_pins;

/* Adds the microphone to the board's sensors. */
int pdm_add(sampled_sensors *all, pdm_pins pins, int16_t *ring, uint32_t capacity);

void pdm_handler(void);

#endif
