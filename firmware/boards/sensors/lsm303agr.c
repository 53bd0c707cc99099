/*
 * ST LSM303AGR, its accelerometer (datasheet DocID027765): high-resolution mode, 12 bits, 4 g, FIFO of 32 samples in stream mode.
 */
#include "accelerometer.h"

#define WHO_AM_I_A 0x0f
#define WHO_AM_I_A_VALUE 0x33
#define CTRL_REG1_A 0x20
#define CTRL_REG1_A_XYZ_EN 0x07
#define CTRL_REG4_A 0x23
/* BDU, full scale 4 g, high resolution. */
#define CTRL_REG4_A_VALUE 0x98
#define CTRL_REG5_A 0x24
#define CTRL_REG5_A_BOOT 0x80
#define CTRL_REG5_A_FIFO_EN 0x40
#define FIFO_CTRL_REG_A 0x2e
#define FIFO_CTRL_BYPASS 0x00
#define FIFO_CTRL_STREAM 0x80
#define FIFO_SRC_REG_A 0x2f
#define FIFO_SRC_OVRN 0x40
#define FIFO_SRC_EMPTY 0x20
#define FIFO_SRC_FSS 0x1f
/* OUT_X_L_A, with the bit that makes the address count up; it goes from 0x2D back to 0x28 while the FIFO is read. */
#define OUT_X_L_A 0xa8
#define BOOT_US 5000

/* ODR[3:0] by index of the rate. */
static const uint8_t ODR[] = {7, 5, 2, 3, 4, 6, 9};

static int open(const i2c_bus *bus, uint8_t address) {
  uint8_t id = 0;
  int status = i2c_read_register(bus, address, WHO_AM_I_A, &id);
  if (status == I2C_OK && id != WHO_AM_I_A_VALUE) status = I2C_NO_ANSWER;
  if (status == I2C_OK) status = i2c_write_register(bus, address, CTRL_REG5_A, CTRL_REG5_A_BOOT);
  if (status != I2C_OK) return status;
  bus->wait_us(BOOT_US);
  return i2c_write_register(bus, address, CTRL_REG1_A, 0);
}

static int begin(const i2c_bus *bus, uint8_t address, uint8_t rate) {
  const uint8_t steps[][2] = {
      {CTRL_REG1_A, 0},
      {CTRL_REG4_A, CTRL_REG4_A_VALUE},
      {FIFO_CTRL_REG_A, FIFO_CTRL_BYPASS},
      {CTRL_REG5_A, CTRL_REG5_A_FIFO_EN},
      {FIFO_CTRL_REG_A, FIFO_CTRL_STREAM},
      {CTRL_REG1_A, (uint8_t)((ODR[rate] << 4) | CTRL_REG1_A_XYZ_EN)},
  };
  for (uint32_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
    int status = i2c_write_register(bus, address, steps[i][0], steps[i][1]);
    if (status != I2C_OK) return status;
  }
  return I2C_OK;
}

static int end(const i2c_bus *bus, uint8_t address) { return i2c_write_register(bus, address, CTRL_REG1_A, 0); }

/* FSS counts to 31; a full FIFO says so with OVRN. */
static accelerometer_level level(const uint8_t *bytes) {
  bool overrun = (bytes[0] & FIFO_SRC_OVRN) != 0;
  uint32_t samples = (bytes[0] & FIFO_SRC_EMPTY) != 0 ? 0 : (bytes[0] & FIFO_SRC_FSS);
  return (accelerometer_level){overrun ? 32u : samples, 0, overrun};
}

const accelerometer_chip LSM303AGR = {
    "LSM303AGR", 0x19, 0.00195f, 7, {400.0f, 100.0f, 10.0f, 25.0f, 50.0f, 200.0f, 1344.0f}, 4,
    FIFO_SRC_REG_A, 1, OUT_X_L_A, 32, level, open, begin, end};
