/*
 * Arduino Nano 33 BLE Sense, both revisions: nRF52840 (module NINA-B306), LSM9DS1 (rev1) or BMI270 (rev2) on the internal I2C bus, PDM
 * microphone. USB identity and pins as in arduino/ArduinoCore-mbed, variants/ARDUINO_NANO33BLE.
 */
#include <stddef.h>

#include "../nrf/chip.h"
#include "../nrf/pdm.h"
#include "../nrf/registers.h"
#include "../nrf/sensor_tick.h"
#include "../nrf/twim.h"
#include "../nrf/usb_board.h"
#include "../sensors/accelerometer.h"

#define I2C_DATA NRF_PIN(0, 14)
#define I2C_CLOCK NRF_PIN(0, 15)
/* Feed the bus's pull-ups and the sensors. */
#define I2C_PULLUP NRF_PIN(1, 0)
#define SENSORS_3V3 NRF_PIN(0, 22)
#define PDM_CLOCK NRF_PIN(0, 26)
#define PDM_DATA NRF_PIN(0, 25)
#define PDM_POWER NRF_PIN(0, 17)
#define LED_POWER NRF_PIN(1, 9)
/* LED_BUILTIN. */
#define LIGHT NRF_PIN(0, 13)

#define VENDOR 0x2341
#define PRODUCT 0x805a
/* DFU_MAGIC_SERIAL_ONLY_RESET of Arduino's bootloader. */
#define BOOTLOADER_WORD 0xb0
/* Until the sensors have booted: BMI270 2 ms, LSM9DS1 some more. */
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
} nano;

static void tick(void) { accelerometer_tick(&nano.motion, chip_interrupt_us()); }

static void light(bool on) { chip_drive_pin(LIGHT, on, 0); }

static void rest(bool resting) {
  sensor_tick_rest(resting);
  chip_drive_pin(LED_POWER, !resting, 0);
}

static void open_sensors(void) {
  chip_drive_pin(SENSORS_3V3, true, GPIO_PIN_CNF_H0H1);
  chip_drive_pin(I2C_PULLUP, true, 0);
  chip_wait_us(POWER_UP_US);
  nano.bus = twim_open(I2C_CLOCK, I2C_DATA);
  /* Which revision this is, only the bus knows. */
  const accelerometer_chip *const chips[2] = {&LSM9DS1, &BMI270};
  for (uint32_t i = 0; i < 2; i++) {
    if (accelerometer_open(&nano.motion, chips[i], &nano.bus) != I2C_OK) continue;
    accelerometer_add(&nano.motion, &nano.sensors, nano.motion_ring, MOTION_SAMPLES);
    sensor_tick_start(ACCELEROMETER_TICK_US, tick);
    break;
  }
  pdm_add(&nano.sensors, (pdm_pins){PDM_CLOCK, PDM_DATA, PDM_POWER}, nano.sound_ring, SOUND_SAMPLES);
}

int main(void) {
  static const usb_identity IDENTITY = {VENDOR, PRODUCT, "Limpet", "Nano 33 BLE Sense", nano.serial_number};
  static const application NANO = {"nano-33-ble", "Arduino Nano 33 BLE Sense", nano.serial_number, 960, 4096,
                                   NULL, NULL, NULL, NULL, NULL, &nano.sensors, light, rest, NULL, true};
  chip_start();
  chip_serial_number(nano.serial_number);
  chip_drive_pin(LED_POWER, true, 0);
  open_sensors();
  usb_board_run(&NANO, &IDENTITY, BOOTLOADER_WORD);
  return 0;
}
