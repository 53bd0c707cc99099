/*
 * The firmware's runtime on the drivers of the nRF chips, for QEMU's machine `microbit`: UART, TIMER and NVMC are registers of that
 * machine; its sensor is a ramp that the tick of the sensors makes. Front end and network are doubles: what they compute is tested elsewhere.
 */
#include <stddef.h>
#include <string.h>

#include "../../../../firmware/boards/nrf/application.h"
#include "../../../../firmware/boards/nrf/chip.h"
#include "../../../../firmware/boards/nrf/registers.h"
#include "../../../../firmware/boards/nrf/sensor_tick.h"
#include "../../../../firmware/boards/nrf/uart.h"

#define RING_SAMPLES 256u
#define TICK_US 10000u
#define RATE_HZ 200.0f
#define SAMPLES_PER_TICK 2u

static struct {
  sampled_sensors sensors;
  sampled_sensor *ramp;
  volatile bool running;
  int16_t next;
  char serial_number[17];
  int16_t ring[RING_SAMPLES];
} machine;

static int begin(void *context, float rate_hz) {
  (void)context;
  (void)rate_hz;
  machine.next = 0;
  machine.running = true;
  return 0;
}

static void end(void *context) {
  (void)context;
  machine.running = false;
}

static void tick(void) {
  for (uint32_t i = 0; machine.running && i < SAMPLES_PER_TICK; i++) {
    sampled_sensor_push(machine.ramp, &machine.next, 1);
    machine.next++;
  }
}

static bool idle(void) { return uart_idle() != 0; }

int main(void) {
  sensor_description d;
  memset(&d, 0, sizeof d);
  strcpy(d.id, "accelerometer");
  strcpy(d.unit, "g");
  strcpy(d.channel_names[0], "accX");
  d.resolution = 0.5f;
  d.channels = 1;
  d.rate_count = 1;
  d.rates[0] = RATE_HZ;
  chip_start();
  chip_serial_number(machine.serial_number);
  uart_open(24, 25);
  machine.ramp = sampled_sensors_add(&machine.sensors, &d, (sampled_driver){NULL, begin, end}, machine.ring, RING_SAMPLES);
  sensor_tick_start(TICK_US, tick);
  static const application MACHINE = {"microbit-v1", "QEMU microbit", machine.serial_number, 240, 1024,
                                      uart_receive, uart_send, idle, NULL, NULL, &machine.sensors, NULL, NULL, NULL, false};
  application_run(&MACHINE);
  return 0;
}
