/*
 * Seeed XIAO nRF52840 Sense: nRF52840, LSM6DS3TR-C, PDM microphone. USB identity and pins as in Seeed-Studio/Adafruit_nRF52_Arduino,
 * variants/Seeed_XIAO_nRF52840_Sense.
 */
#include <stddef.h>

#include "../nrf/chip.h"
#include "../nrf/pdm.h"
#include "../nrf/registers.h"
#include "../nrf/sensor_tick.h"
#include "../nrf/twim.h"
#include "../nrf/usb_board.h"
#include "../sensors/accelerometer.h"

/* Feeds the accelerometer and the bus's pull-ups. */
#define MOTION_POWER NRF_PIN(1, 8)
#define I2C_CLOCK NRF_PIN(0, 27)
#define I2C_DATA NRF_PIN(0, 7)
#define PDM_POWER NRF_PIN(1, 10)
#define PDM_CLOCK NRF_PIN(1, 0)
#define PDM_DATA NRF_PIN(0, 16)

/* LED_RED, lit where it is low. */
#define LIGHT NRF_PIN(0, 26)

#define VENDOR 0x2886
#define PRODUCT 0x8045
/* DFU_MAGIC_UF2_RESET of Adafruit's bootloader: it shows its drive. */
#define BOOTLOADER_WORD 0x57
/* LSM6DS3TR-C: 15 ms from power to the first register. */
#define POWER_UP_US 20000u

#define MOTION_SAMPLES 2048u
#define SOUND_SAMPLES 16384u

static struct {
  sampled_sensors sensors;
  i2c_bus bus;
  accelerometer motion;
  char serial_number[17];
  int16_t motion_ring[MOTION_SAMPLES * ACCELEROMETER_AXES];
  int16_t sound_ring[SOUND_SAMPLES];
} xiao;

static void tick(void) { accelerometer_tick(&xiao.motion, chip_interrupt_us()); }

static void light(bool on) { chip_drive_pin(LIGHT, !on, 0); }

static void open_sensors(void) {
  chip_drive_pin(MOTION_POWER, true, GPIO_PIN_CNF_H0H1);
  chip_wait_us(POWER_UP_US);
  xiao.bus = twim_open(I2C_CLOCK, I2C_DATA);
  if (accelerometer_open(&xiao.motion, &LSM6DS3TR_C, &xiao.bus) == I2C_OK) {
    accelerometer_add(&xiao.motion, &xiao.sensors, xiao.motion_ring, MOTION_SAMPLES);
    sensor_tick_start(ACCELEROMETER_TICK_US, tick);
  }
  pdm_add(&xiao.sensors, (pdm_pins){PDM_CLOCK, PDM_DATA, PDM_POWER}, xiao.sound_ring, SOUND_SAMPLES);
}

int main(void) {
  static const usb_identity IDENTITY = {VENDOR, PRODUCT, "Limpet", "XIAO nRF52840 Sense", xiao.serial_number};
  static const application XIAO = {"xiao-nrf52840-sense", "Seeed XIAO nRF52840 Sense", xiao.serial_number, 960, 4096,
                                   NULL, NULL, NULL, NULL, NULL, &xiao.sensors, light, sensor_tick_rest, NULL, true};
  chip_start();
  chip_serial_number(xiao.serial_number);
  open_sensors();
  usb_board_run(&XIAO, &IDENTITY, BOOTLOADER_WORD);
  return 0;
}
