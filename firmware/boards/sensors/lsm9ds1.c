/*
 * ST LSM9DS1, its accelerometer (datasheet DocID025715): 4 g, gyroscope off (then the accelerometer has rates of its own), FIFO of 32
 * samples in continuous mode. Each sample is fetched by a transfer of its own: the datasheet does not say that the address goes from
 * 0x2D back to 0x28.
 */
#include "accelerometer.h"

#define WHO_AM_I 0x0f
#define WHO_AM_I_VALUE 0x68
#define CTRL_REG1_G 0x10
#define CTRL_REG5_XL 0x1f
#define CTRL_REG5_XL_XYZ_EN 0x38
#define CTRL_REG6_XL 0x20
#define CTRL_REG6_XL_FS_4G 0x10
#define CTRL_REG8 0x22
#define CTRL_REG8_SW_RESET 0x05
/* BDU, addresses count up. */
#define CTRL_REG8_VALUE 0x44
#define CTRL_REG9 0x23
#define CTRL_REG9_FIFO_EN 0x02
#define OUT_X_L_XL 0x28
#define FIFO_CTRL 0x2e
#define FIFO_CTRL_BYPASS 0x00
#define FIFO_CTRL_CONTINUOUS 0xc0
#define FIFO_SRC 0x2f
#define FIFO_SRC_OVRN 0x40
#define FIFO_SRC_FSS 0x3f
#define RESET_US 10000

/* ODR_XL[2:0] by index of the rate. */
static const uint8_t ODR[] = {5, 1, 2, 3, 4, 6};

static int open(const i2c_bus *bus, uint8_t address) {
  uint8_t id = 0;
  int status = i2c_read_register(bus, address, WHO_AM_I, &id);
  if (status == I2C_OK && id != WHO_AM_I_VALUE) status = I2C_NO_ANSWER;
  if (status == I2C_OK) status = i2c_write_register(bus, address, CTRL_REG8, CTRL_REG8_SW_RESET);
  if (status != I2C_OK) return status;
  bus->wait_us(RESET_US);
  status = i2c_write_register(bus, address, CTRL_REG1_G, 0);
  return status == I2C_OK ? i2c_write_register(bus, address, CTRL_REG6_XL, 0) : status;
}

static int begin(const i2c_bus *bus, uint8_t address, uint8_t rate) {
  const uint8_t steps[][2] = {
      {CTRL_REG6_XL, 0},
      {CTRL_REG8, CTRL_REG8_VALUE},
      {CTRL_REG5_XL, CTRL_REG5_XL_XYZ_EN},
      {FIFO_CTRL, FIFO_CTRL_BYPASS},
      {CTRL_REG9, CTRL_REG9_FIFO_EN},
      {FIFO_CTRL, FIFO_CTRL_CONTINUOUS},
      {CTRL_REG6_XL, (uint8_t)((ODR[rate] << 5) | CTRL_REG6_XL_FS_4G)},
  };
  for (uint32_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
    int status = i2c_write_register(bus, address, steps[i][0], steps[i][1]);
    if (status != I2C_OK) return status;
  }
  return I2C_OK;
}

static int end(const i2c_bus *bus, uint8_t address) { return i2c_write_register(bus, address, CTRL_REG6_XL, 0); }

static accelerometer_level level(const uint8_t *bytes) {
  uint32_t samples = bytes[0] & FIFO_SRC_FSS;
  return (accelerometer_level){samples > 32 ? 32 : samples, 0, (bytes[0] & FIFO_SRC_OVRN) != 0};
}

const accelerometer_chip LSM9DS1 = {
    "LSM9DS1", 0x6b, 0.000122f, 6, {476.0f, 10.0f, 50.0f, 119.0f, 238.0f, 952.0f}, 0,
    FIFO_SRC, 1, OUT_X_L_XL, 1, level, open, begin, end};
