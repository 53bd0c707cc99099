/*
 * BBC micro:bit v2: nRF52833, LSM303AGR, analogue microphone SPU0410LR5H. The interface chip is its line. Pins as in the schematic
 * (microbit-foundation/microbit-v2-hardware); those of the line are named there from the interface chip's side.
 */
#include <stddef.h>

#include "../nrf/application.h"
#include "../nrf/chip.h"
#include "../nrf/registers.h"
#include "../nrf/saadc.h"
#include "../nrf/sensor_tick.h"
#include "../nrf/twim.h"
#include "../nrf/uart.h"
#include "../sensors/accelerometer.h"

#define UART_TRANSMIT NRF_PIN(0, 6)
#define UART_RECEIVE NRF_PIN(1, 8)
#define I2C_CLOCK NRF_PIN(0, 8)
#define I2C_DATA NRF_PIN(0, 16)
#define RUN_MIC NRF_PIN(0, 20)
/* The light: the middle one of the display, lit where its row is high and its column low. */
#define LIGHT_ROW NRF_PIN(0, 15)
#define LIGHT_COLUMN NRF_PIN(0, 31)
/* P0.05. */
#define MICROPHONE_AIN 3u

#define MOTION_SAMPLES 1024u
#define SOUND_SAMPLES 8192u

static struct {
  sampled_sensors sensors;
  i2c_bus bus;
  accelerometer motion;
  char serial_number[17];
  int16_t motion_ring[MOTION_SAMPLES * ACCELEROMETER_AXES];
  int16_t sound_ring[SOUND_SAMPLES];
} microbit;

static void tick(void) { accelerometer_tick(&microbit.motion, chip_interrupt_us()); }

static void light(bool on) {
  chip_drive_pin(LIGHT_COLUMN, false, 0);
  chip_drive_pin(LIGHT_ROW, on, 0);
}

static void rest(bool resting) {
  sensor_tick_rest(resting);
  uart_rest(resting);
}

static bool idle(void) { return uart_idle() != 0; }

static void open_sensors(void) {
  microbit.bus = twim_open(I2C_CLOCK, I2C_DATA);
  if (accelerometer_open(&microbit.motion, &LSM303AGR, &microbit.bus) == I2C_OK) {
    accelerometer_add(&microbit.motion, &microbit.sensors, microbit.motion_ring, MOTION_SAMPLES);
    sensor_tick_start(ACCELEROMETER_TICK_US, tick);
  }
  saadc_add(&microbit.sensors, MICROPHONE_AIN, RUN_MIC, microbit.sound_ring, SOUND_SAMPLES);
}

int main(void) {
  chip_start();
  chip_serial_number(microbit.serial_number);
  uart_open(UART_TRANSMIT, UART_RECEIVE);
  open_sensors();
  /* The interface chip may drop characters sent to the board: small pieces are lost and sent again at small cost. */
  static const application MICROBIT = {"microbit-v2", "BBC micro:bit v2", microbit.serial_number, 240, 4096,
                                       uart_receive, uart_send, idle, NULL, NULL, &microbit.sensors, light, rest, uart_called, false};
  application_run(&MICROBIT);
  return 0;
}
