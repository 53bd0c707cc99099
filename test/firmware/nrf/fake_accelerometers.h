/*
 * Models of the accelerometers from their datasheets: registers, power modes, a FIFO that fills at the rate that was set. What they measure
 * is their own count of samples, in a form that tells axes and order: x the lower bits, y its negative, z the upper bits.
 */
#ifndef LIMPET_FAKE_ACCELEROMETERS_H
#define LIMPET_FAKE_ACCELEROMETERS_H

#include "fake_twim.h"

typedef struct {
  const char *name;
  const fake_device *device;
  /* Samples measured since the last power-down, and whether it measures. */
  uint32_t (*measured)(void);
  bool (*on)(void);
} fake_accelerometer;

extern const fake_accelerometer FAKE_LSM303AGR;
extern const fake_accelerometer FAKE_LSM9DS1;
extern const fake_accelerometer FAKE_LSM6DS3TR_C;
extern const fake_accelerometer FAKE_BMI270;

/* What sample number n holds, in the counts that the firmware is to deliver. */
void fake_acceleration(uint32_t n, int16_t axes[3]);

#endif
