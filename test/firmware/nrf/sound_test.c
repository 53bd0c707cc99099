/*
 * PDM and SAADC microphones on models of their peripherals: every sample of the double buffers in order, what a processor that stood still
 * cost, mean removed, halved rates without aliases. Prints what failed; exit code 1 then.
 */
#include <math.h>

#include "../../../firmware/boards/nrf/pdm.h"
#include "../../../firmware/boards/nrf/saadc.h"
#include "fake_sound.h"

#define CAPACITY 16384u
#define POWER_PDM NRF_PIN(1, 10)
#define POWER_SAADC NRF_PIN(0, 20)

static int16_t rings[2][CAPACITY];
static sampled_sensors sensors;
static sensor_port port;

/* What comes out of the converter: a ramp that tells its own number, or a tone. */
static double tone_hz;
static double offset;
static uint32_t number;

static int16_t convert(bool analogue) {
  double amplitude = analogue ? 2000 : 8000;
  uint32_t n = number++;
  if (tone_hz == 0) return (int16_t)(n & 0x7fff);
  return (int16_t)lround(offset + amplitude * sin(2 * M_PI * tone_hz * n / 16000.0));
}

static uint32_t read_all(uint8_t sensor, int16_t *out, uint32_t most, uint64_t *index) {
  uint32_t count = 0;
  uint64_t first;
  int32_t got;
  while (count < most && (got = port.read(port.context, 0, sensor, 0, out + count, most - count < 200 ? most - count : 200, &first)) > 0) {
    count += (uint32_t)got;
    *index = first + (uint64_t)got;
  }
  return count;
}

static int16_t heard[CAPACITY];

static void pdm_keeps_every_sample(void) {
  uint64_t index = 0;
  tone_hz = 0;
  number = 0;
  CHECK(port.start(port.context, 0, 0, 16000.0f, 0) == 0);
  uint32_t expected = 0;
  bool any = false;
  uint64_t total = 0;
  for (int turn = 0; turn < 40; turn++) {
    fake_pass(20000);
    uint32_t count = read_all(0, heard, CAPACITY, &index);
    for (uint32_t i = 0; i < count; i++) {
      if (any) CHECK(heard[i] == (int16_t)(expected & 0x7fff));
      any = true;
      expected = (uint32_t)heard[i] + 1;
    }
    total += count;
  }
  /* 0.8 s without the wake-up of 32 ms and the buffer that is being filled. */
  CHECK(total >= 12800 - 512 - 256 && total <= 12800 - 512 && index == total);
  /* The processor stands still for 90 ms, as it does when a page of flash is erased. */
  fake_freeze(90000);
  fake_pass(20000);
  uint32_t before = expected;
  uint32_t count = read_all(0, heard, CAPACITY, &index);
  uint32_t lost = 0;
  for (uint32_t i = 0; i < count; i++) {
    lost += ((uint32_t)heard[i] - expected) & 0x7fff;
    expected = (uint32_t)heard[i] + 1;
  }
  CHECK(count > 0 && lost > 0);
  CHECK(index - total == ((expected - before) & 0x7fff));
  CHECK(port.counts(port.context, 0, 0, 0).dropped == lost);
  port.stop(port.context, 0, 0, 0);
  CHECK(!fake_pin(POWER_PDM) && fake_kept(PDM_ENABLE) == 0);
}

static double level(const int16_t *samples, uint32_t count) {
  double mean = 0, sum = 0;
  for (uint32_t i = 0; i < count; i++) mean += samples[i];
  mean /= count;
  for (uint32_t i = 0; i < count; i++) sum += (samples[i] - mean) * (samples[i] - mean);
  /* The mean is gone; 60 of 32768 is what 20 Hz leaves after 0.3 s. */
  CHECK(fabs(mean) < 60);
  return sqrt(2 * sum / count);
}

/* Amplitude of a tone after the analogue path, at a rate. */
static double measure(double hz, float rate) {
  uint64_t index = 0;
  tone_hz = hz;
  offset = 7000;
  number = 0;
  CHECK(port.start(port.context, 0, 1, rate, 0) == 0);
  fake_pass(400000);
  read_all(1, heard, CAPACITY, &index);
  fake_pass(400000);
  uint32_t count = read_all(1, heard, CAPACITY, &index);
  CHECK(fabs((double)count - 0.4 * (double)rate) <= 256);
  port.stop(port.context, 0, 1, 0);
  read_all(1, heard + count, CAPACITY - count, &index);
  CHECK(!fake_pin(POWER_SAADC));
  return level(heard, count);
}

static void saadc_rates(void) {
  /* 2000 of 14 bits are 8000 of 16. */
  CHECK(fabs(measure(1000, 16000.0f) - 8000) < 80);
  CHECK(fabs(measure(1000, 8000.0f) - 8000) < 80);
  CHECK(fabs(measure(1000, 4000.0f) - 8000) < 80);
  CHECK(fabs(measure(200, 4000.0f) - 8000) < 80);
  /* What would fold back is 38 dB down. */
  CHECK(measure(5300, 8000.0f) < 100);
  CHECK(measure(7000, 8000.0f) < 100);
  CHECK(measure(2700, 4000.0f) < 100);
  CHECK(measure(6500, 4000.0f) < 100);
  CHECK(port.start(port.context, 0, 1, 11025.0f, 0) != 0);
}

int main(void) {
  fake_chip();
  fake_convert = convert;
  fake_pdm((fake_pdm_pins){NRF_PIN(1, 0), NRF_PIN(0, 16), POWER_PDM});
  fake_saadc(POWER_SAADC);
  chip_start();
  CHECK(pdm_add(&sensors, (pdm_pins){NRF_PIN(1, 0), NRF_PIN(0, 16), POWER_PDM}, rings[0], CAPACITY) == 0);
  CHECK(saadc_add(&sensors, 3, POWER_SAADC, rings[1], CAPACITY) == 0);
  port = sampled_sensors_port(&sensors);
  CHECK(port.count == 2 && port.descriptions[0].rates[0] == 16000.0f && port.descriptions[1].rates[0] == 4000.0f);
  pdm_keeps_every_sample();
  saadc_rates();
  printf("sound: %d failures\n", failures);
  return failures > 0;
}
