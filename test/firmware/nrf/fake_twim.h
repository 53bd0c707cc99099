/* TWIM0 with devices on its bus (nRF52840 PS, TWIM): transfers take the time that their bits take, by EasyDMA, with shortcuts and events. */
#ifndef LIMPET_FAKE_TWIM_H
#define LIMPET_FAKE_TWIM_H

#include "fake.h"

/* A device with registers: the first byte written is the register's number. */
typedef struct {
  uint8_t address;
  /* `reg` as the master wrote it; `first` in a transfer. Returns the byte, or takes it; the device counts the register up by itself. */
  void (*select)(uint8_t reg);
  uint8_t (*read)(void);
  void (*write)(uint8_t value);
} fake_device;

/* The bus with one device, on these pins. */
void fake_twim(const fake_device *device, uint32_t clock_pin, uint32_t data_pin);

/* From now on the bus hangs: transfers never end. Or no longer. */
void fake_twim_hang(bool hangs);

/* Transfers that have begun. */
uint32_t fake_twim_transfers(void);

#endif
