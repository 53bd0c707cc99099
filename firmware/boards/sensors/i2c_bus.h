/* What drivers of sensors ask of an I2C bus. Addresses have 7 bits. Functions return 0, or a negative number where a device does not answer. */
#ifndef LIMPET_I2C_BUS_H
#define LIMPET_I2C_BUS_H

#include <stdint.h>

enum { I2C_OK = 0, I2C_NO_ANSWER = -1, I2C_STUCK = -2, I2C_ARGUMENT = -3, I2C_BUSY = -4 };

/* Largest transfers. */
#define I2C_MAX_WRITE 36u
#define I2C_MAX_READ 258u

/* Called from an interrupt when a transfer in the background has ended. `bytes` stay valid until the next transfer. */
typedef void (*i2c_done)(void *context, int status, const uint8_t *bytes, uint32_t count);

typedef struct {
  void *context;
  /* Waits for the end of the transfer. Not while one runs in the background. */
  int (*write)(void *context, uint8_t address, const uint8_t *bytes, uint32_t count);
  /* Writes the register's number, reads from there on after a repeated start. */
  int (*read)(void *context, uint8_t address, uint8_t reg, uint8_t *out, uint32_t count);
  /* The same in the background; I2C_BUSY where one runs already. */
  int (*begin_read)(void *context, uint8_t address, uint8_t reg, uint32_t count, i2c_done done, void *done_context);
  /* For start-up sequences. */
  void (*wait_us)(uint32_t us);
} i2c_bus;

static inline int i2c_write_register(const i2c_bus *bus, uint8_t address, uint8_t reg, uint8_t value) {
  uint8_t bytes[2] = {reg, value};
  return bus->write(bus->context, address, bytes, 2);
}

static inline int i2c_read_register(const i2c_bus *bus, uint8_t address, uint8_t reg, uint8_t *value) {
  return bus->read(bus->context, address, reg, value, 1);
}

#endif
