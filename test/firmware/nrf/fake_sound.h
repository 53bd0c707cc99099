/* PDM, and SAADC with PPI and TIMER2, as sources of 16,000 samples a second (nRF52840 PS). */
#ifndef LIMPET_FAKE_SOUND_H
#define LIMPET_FAKE_SOUND_H

#include "fake.h"

typedef struct {
  uint32_t clock;
  uint32_t data;
  uint32_t power;
} fake_pdm_pins;

/* What the converter gives next. */
extern int16_t (*fake_convert)(bool analogue);

void fake_pdm(fake_pdm_pins wiring);
/* At AIN3. */
void fake_saadc(uint32_t power);

#endif
