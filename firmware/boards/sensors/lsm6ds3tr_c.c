/*
 * ST LSM6DS3TR-C, its accelerometer (datasheet DocID030071): 4 g, gyroscope off, FIFO of 4 KB in continuous mode that holds nothing
 * but it. After an overrun the FIFO may begin within a sample; its pattern counter says where.
 */
#include "accelerometer.h"

#define FIFO_CTRL1 0x06
#define FIFO_CTRL3 0x08
#define FIFO_CTRL3_DEC_XL_NONE 0x01
#define FIFO_CTRL4 0x09
#define FIFO_CTRL5 0x0a
#define FIFO_CTRL5_CONTINUOUS 0x06
#define WHO_AM_I 0x0f
#define WHO_AM_I_VALUE 0x6a
#define CTRL1_XL 0x10
#define CTRL1_XL_FS_4G 0x08
#define CTRL2_G 0x11
#define CTRL3_C 0x12
#define CTRL3_C_SW_RESET 0x01
/* BDU, addresses count up. */
#define CTRL3_C_VALUE 0x44
#define FIFO_STATUS1 0x3a
#define FIFO_STATUS2_OVER_RUN 0x40
#define FIFO_DATA_OUT_L 0x3e
#define RESET_US 15000
/* Bytes of one transfer: 258 at most. */
#define MOST_SAMPLES 42

/* ODR_XL[3:0], and the same for the FIFO, by index of the rate. */
static const uint8_t ODR[] = {6, 2, 3, 4, 5, 7, 8};

static int open(const i2c_bus *bus, uint8_t address) {
  uint8_t id = 0;
  int status = i2c_read_register(bus, address, WHO_AM_I, &id);
  if (status == I2C_OK && id != WHO_AM_I_VALUE) status = I2C_NO_ANSWER;
  if (status == I2C_OK) status = i2c_write_register(bus, address, CTRL3_C, CTRL3_C_SW_RESET);
  if (status != I2C_OK) return status;
  bus->wait_us(RESET_US);
  status = i2c_write_register(bus, address, CTRL1_XL, 0);
  return status == I2C_OK ? i2c_write_register(bus, address, CTRL2_G, 0) : status;
}

static int begin(const i2c_bus *bus, uint8_t address, uint8_t rate) {
  const uint8_t steps[][2] = {
      {CTRL1_XL, 0},
      {CTRL3_C, CTRL3_C_VALUE},
      {FIFO_CTRL5, 0},
      {FIFO_CTRL1, 0},
      {FIFO_CTRL3, FIFO_CTRL3_DEC_XL_NONE},
      {FIFO_CTRL4, 0},
      {FIFO_CTRL5, (uint8_t)((ODR[rate] << 3) | FIFO_CTRL5_CONTINUOUS)},
      {CTRL1_XL, (uint8_t)((ODR[rate] << 4) | CTRL1_XL_FS_4G)},
  };
  for (uint32_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
    int status = i2c_write_register(bus, address, steps[i][0], steps[i][1]);
    if (status != I2C_OK) return status;
  }
  return I2C_OK;
}

static int end(const i2c_bus *bus, uint8_t address) { return i2c_write_register(bus, address, CTRL1_XL, 0); }

/* FIFO_STATUS1 to 4: unread words of 16 bits, which axis the next one is. */
static accelerometer_level level(const uint8_t *bytes) {
  uint32_t words = bytes[0] | ((uint32_t)(bytes[1] & 0x07u) << 8);
  uint32_t pattern = (bytes[2] | ((uint32_t)(bytes[3] & 0x03u) << 8)) % ACCELEROMETER_AXES;
  uint32_t skip = pattern == 0 ? 0 : ACCELEROMETER_AXES - pattern;
  if (words < skip) return (accelerometer_level){0, 0, (bytes[1] & FIFO_STATUS2_OVER_RUN) != 0};
  return (accelerometer_level){(words - skip) / ACCELEROMETER_AXES, skip * 2u, (bytes[1] & FIFO_STATUS2_OVER_RUN) != 0};
}

const accelerometer_chip LSM6DS3TR_C = {
    "LSM6DS3TR-C", 0x6a, 0.000122f, 7, {416.0f, 26.0f, 52.0f, 104.0f, 208.0f, 833.0f, 1660.0f}, 0,
    FIFO_STATUS1, 4, FIFO_DATA_OUT_L, MOST_SAMPLES, level, open, begin, end};
