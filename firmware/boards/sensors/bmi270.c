/*
 * Bosch BMI270, its accelerometer (datasheet BST-BMI270-DS000): 4 g, filter in its normal, high-performance mode, headerless FIFO of
 * 2 KB that holds nothing but it. Start-up as in the datasheet, "Device initialization".
 */
#include "bmi270.h"

#include <string.h>

#include "accelerometer.h"

#define CHIP_ID 0x00
#define CHIP_ID_VALUE 0x24
#define INTERNAL_STATUS 0x21
#define INTERNAL_STATUS_MESSAGE 0x0f
#define INTERNAL_STATUS_INIT_OK 0x01
#define FIFO_LENGTH_0 0x24
#define FIFO_DATA 0x26
#define ACC_CONF 0x40
/* acc_filter_perf, acc_bwp normal. */
#define ACC_CONF_MODE 0xa0
#define ACC_RANGE 0x41
#define ACC_RANGE_4G 0x01
#define FIFO_CONFIG_0 0x48
#define FIFO_CONFIG_1 0x49
#define FIFO_CONFIG_1_ACC_EN 0x40
#define INIT_CTRL 0x59
#define INIT_ADDR_0 0x5b
#define INIT_DATA 0x5e
#define PWR_CONF 0x7c
#define PWR_CONF_POWER_SAVE 0x01
#define PWR_CTRL 0x7d
#define PWR_CTRL_ACC_EN 0x04
#define CMD 0x7e
#define CMD_FIFO_FLUSH 0xb0
#define CMD_SOFTRESET 0xb6
#define RESET_US 2000
#define POWER_SAVE_OFF_US 450
#define INITIALISE_US 20000
/* Of 2048 bytes: from here on one more sample may have overwritten the oldest. */
#define FIFO_FULL_BYTES 2036u
#define SAMPLE_BYTES 6u
/* Bytes of one transfer: 258 at most. */
#define MOST_SAMPLES 43
#define PIECE_BYTES 32u

/* acc_odr[3:0] by index of the rate. */
static const uint8_t ODR[] = {0x0a, 0x06, 0x07, 0x08, 0x09, 0x0b, 0x0c};

/* The configuration in pieces: EasyDMA and the bus take no 8 KB at once, INIT_ADDR counts words of 16 bits. */
static int load_configuration(const i2c_bus *bus, uint8_t address) {
  uint8_t bytes[1 + PIECE_BYTES];
  for (uint32_t at = 0; at < BMI270_CONFIGURATION_BYTES; at += PIECE_BYTES) {
    uint32_t word = at / 2u;
    uint8_t place[3] = {INIT_ADDR_0, (uint8_t)(word & 0x0fu), (uint8_t)(word >> 4)};
    int status = bus->write(bus->context, address, place, sizeof place);
    bytes[0] = INIT_DATA;
    memcpy(bytes + 1, BMI270_CONFIGURATION + at, PIECE_BYTES);
    if (status == I2C_OK) status = bus->write(bus->context, address, bytes, sizeof bytes);
    if (status != I2C_OK) return status;
  }
  return I2C_OK;
}

static int open(const i2c_bus *bus, uint8_t address) {
  uint8_t value = 0;
  int status = i2c_read_register(bus, address, CHIP_ID, &value);
  /* Without its configuration the chip answers, but measures nothing. */
  if (status == I2C_OK && (value != CHIP_ID_VALUE || BMI270_CONFIGURATION == 0)) status = I2C_NO_ANSWER;
  if (status == I2C_OK) status = i2c_write_register(bus, address, CMD, CMD_SOFTRESET);
  bus->wait_us(RESET_US);
  if (status == I2C_OK) status = i2c_write_register(bus, address, PWR_CONF, 0);
  bus->wait_us(POWER_SAVE_OFF_US);
  if (status == I2C_OK) status = i2c_write_register(bus, address, INIT_CTRL, 0);
  if (status == I2C_OK) status = load_configuration(bus, address);
  if (status == I2C_OK) status = i2c_write_register(bus, address, INIT_CTRL, 1);
  bus->wait_us(INITIALISE_US);
  if (status == I2C_OK) status = i2c_read_register(bus, address, INTERNAL_STATUS, &value);
  if (status != I2C_OK) return status;
  if ((value & INTERNAL_STATUS_MESSAGE) != INTERNAL_STATUS_INIT_OK) return I2C_NO_ANSWER;
  return i2c_write_register(bus, address, PWR_CONF, PWR_CONF_POWER_SAVE);
}

static int begin(const i2c_bus *bus, uint8_t address, uint8_t rate) {
  const uint8_t steps[][2] = {
      {PWR_CTRL, 0},
      {ACC_CONF, (uint8_t)(ACC_CONF_MODE | ODR[rate])},
      {ACC_RANGE, ACC_RANGE_4G},
      {FIFO_CONFIG_0, 0},
      {FIFO_CONFIG_1, FIFO_CONFIG_1_ACC_EN},
      {CMD, CMD_FIFO_FLUSH},
      {PWR_CTRL, PWR_CTRL_ACC_EN},
  };
  /* While it saves power the chip takes one write in 450 us. */
  int status = i2c_write_register(bus, address, PWR_CONF, 0);
  bus->wait_us(POWER_SAVE_OFF_US);
  for (uint32_t i = 0; i < sizeof steps / sizeof steps[0] && status == I2C_OK; i++) {
    status = i2c_write_register(bus, address, steps[i][0], steps[i][1]);
  }
  return status;
}

/* With everything off and advanced power saving the chip is in its suspend mode: 3.5 uA in place of 120 (datasheet, "Power modes"). */
static int end(const i2c_bus *bus, uint8_t address) {
  int status = i2c_write_register(bus, address, PWR_CTRL, 0);
  return status == I2C_OK ? i2c_write_register(bus, address, PWR_CONF, PWR_CONF_POWER_SAVE) : status;
}

static accelerometer_level level(const uint8_t *bytes) {
  uint32_t count = bytes[0] | ((uint32_t)(bytes[1] & 0x3fu) << 8);
  return (accelerometer_level){count / SAMPLE_BYTES, 0, count >= FIFO_FULL_BYTES};
}

const accelerometer_chip BMI270 = {
    "BMI270", 0x68, 1.0f / 8192.0f, 7, {400.0f, 25.0f, 50.0f, 100.0f, 200.0f, 800.0f, 1600.0f}, 0,
    FIFO_LENGTH_0, 2, FIFO_DATA, MOST_SAMPLES, level, open, begin, end};
