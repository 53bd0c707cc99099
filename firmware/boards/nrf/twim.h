/* TWIM0 as the bus of the sensors, at 390 kHz. Transfers in the background end in an interrupt. Knows no sensor. */
#ifndef LIMPET_NRF_TWIM_H
#define LIMPET_NRF_TWIM_H

#include "../sensors/i2c_bus.h"

/* Opens the bus on two pins with pull-ups outside the chip; frees it from a device that a reset has left in the midst of a byte. */
i2c_bus twim_open(uint32_t clock_pin, uint32_t data_pin);

void twim_handler(void);

#endif
