/*
 * One image for mps2-an386 with the drivers of the nRF boards' sensors over a bus and a converter that answer at once: what fetching, keeping
 * and handing on a sample takes, counted. What the bus's own driver and the interrupts' entries take is not in it.
 */
#include <stdio.h>
#include <string.h>

extern "C" {
#include "../../firmware/boards/common/sampled_sensor.h"
#include "../../firmware/boards/nrf/sound.h"
#include "../../firmware/boards/sensors/accelerometer.h"
#include "../../firmware/runtime/board_parts.h"
void initialise_monitor_handles(void);
void exit(int);
}
#include "counted.h"

static uint32_t time_us;
extern "C" uint32_t chip_interrupt_us(void) { return time_us; }

namespace {

constexpr uint32_t kRing = 4096;
constexpr uint32_t kSeconds = 4;

int16_t ring[3 * kRing];
float window[3 * 65536];
sampled_sensors sensors;
/* How many samples the chip holds, and what it answers when it is asked. */
uint32_t waiting;
const accelerometer_chip *chip;
accelerometer motion;
sound noise;

int Write(void *, uint8_t, const uint8_t *, uint32_t) { return I2C_OK; }
int Read(void *, uint8_t, uint8_t, uint8_t *out, uint32_t count) {
  memset(out, 0, count);
  return I2C_OK;
}
/* The transfer that is under way; its interrupt comes when the driver has returned. */
struct {
  i2c_done done;
  void *context;
  uint32_t count;
} transfer;
uint8_t bytes[I2C_MAX_READ];

int BeginRead(void *, uint8_t, uint8_t reg, uint32_t count, i2c_done done, void *context) {
  if (reg == chip->level_register) {
    /* LSM303AGR and LSM9DS1 count samples, LSM6DS3TR-C words, BMI270 bytes. */
    const uint32_t level = chip == &BMI270 ? waiting * 6 : chip == &LSM6DS3TR_C ? waiting * 3 : waiting;
    bytes[0] = (uint8_t)level;
    bytes[1] = (uint8_t)(level >> 8);
    bytes[2] = bytes[3] = 0;
  }
  transfer = {done, context, count};
  return I2C_OK;
}

void Interrupts() {
  while (transfer.done != nullptr) {
    const i2c_done done = transfer.done;
    transfer.done = nullptr;
    done(transfer.context, I2C_OK, bytes, transfer.count);
  }
}
void Wait(uint32_t) {}
const i2c_bus kBus = {nullptr, Write, Read, BeginRead, Wait};

/* Takes what is due into a window, as live use does. */
uint32_t Drain(const sensor_port *port, const pipeline_input *input, uint32_t at) {
  static board b;
  uint8_t samples[512];
  uint64_t first;
  b.model.window = window;
  for (;;) {
    const uint32_t most = sizeof samples / sensor_sample_bytes(&port->descriptions[0]);
    const int32_t count = port->read(port->context, SENSOR_LIVE, 0, 0, samples, most, &first);
    if (count <= 0) return at;
    board_fill_window(&b, input, &port->descriptions[0], samples, at, (uint32_t)count);
    at += (uint32_t)count;
  }
}

void Print(const char *name, double rate_hz, uint32_t samples, uint32_t instructions) {
  printf("{\"name\":\"%s at %.0f Hz\",\"samples\":%lu,\"instructions\":%lu}\n", name, rate_hz, (unsigned long)samples, (unsigned long)instructions);
}

void Motion(const accelerometer_chip *which, float rate_hz) {
  memset(&sensors, 0, sizeof sensors);
  chip = which;
  memset(&motion, 0, sizeof motion);
  motion.chip = which;
  motion.bus = &kBus;
  if (accelerometer_add(&motion, &sensors, ring, kRing) != 0) return;
  const sensor_port port = sampled_sensors_port(&sensors);
  pipeline_input input;
  memset(&input, 0, sizeof input);
  input.channels = 3;
  for (uint8_t c = 0; c < 3; c++) input.channel[c] = c;
  if (port.start(port.context, SENSOR_LIVE, 0, rate_hz, 0) != 0) return;
  uint32_t given = 0;
  uint32_t taken = 0;
  const uint32_t rate = (uint32_t)rate_hz;
  const uint32_t from = counted_ticks();
  for (time_us = 0; time_us < kSeconds * 1000000u; time_us += ACCELEROMETER_TICK_US) {
    const uint32_t due = time_us / 1000u * rate / 1000u;
    waiting = due - given;
    given = due;
    accelerometer_tick(&motion, time_us);
    Interrupts();
    taken = Drain(&port, &input, taken);
  }
  Print(which->name, (double)rate_hz, taken, counted_instructions(from, counted_ticks()));
}

int Begin(void *, float rate_hz) { return sound_begin(&noise, rate_hz); }
void End(void *) {}

void Sound(const char *name, bool analogue, float rate_hz) {
  memset(&sensors, 0, sizeof sensors);
  memset(&noise, 0, sizeof noise);
  noise.shift = analogue ? 2 : 0;
  noise.remove_mean = analogue;
  time_us = 0;
  if (sound_add(&noise, &sensors, sampled_driver{nullptr, Begin, End}, analogue, ring, kRing) != 0) return;
  const sensor_port port = sampled_sensors_port(&sensors);
  pipeline_input input;
  memset(&input, 0, sizeof input);
  input.channels = 1;
  if (port.start(port.context, SENSOR_LIVE, 0, rate_hz, 0) != 0) return;
  uint32_t taken = 0;
  const uint32_t from = counted_ticks();
  for (uint32_t buffer = 0; buffer < kSeconds * SOUND_RATE_HZ / SOUND_BUFFER_SAMPLES; buffer++) {
    time_us += SOUND_BUFFER_SAMPLES * 1000000u / SOUND_RATE_HZ;
    sound_filled(&noise);
    taken = Drain(&port, &input, taken);
  }
  Print(name, (double)rate_hz, taken, counted_instructions(from, counted_ticks()));
}

}  // namespace

int main() {
  initialise_monitor_handles();
  counted_start();
  Motion(&LSM303AGR, 400.0f);
  Motion(&LSM303AGR, 50.0f);
  Motion(&LSM9DS1, 476.0f);
  Motion(&LSM6DS3TR_C, 416.0f);
  Motion(&BMI270, 400.0f);
  Sound("microphone with a converter", true, 16000.0f);
  Sound("microphone with a converter", true, 4000.0f);
  Sound("microphone by PDM", false, 16000.0f);
  exit(0);
}
