#include "fake_accelerometers.h"

#include "../../../firmware/boards/sensors/bmi270.h"

/* Of the LSM6DS3TR-C, the largest: 2048 words. */
#define FIFO_WORDS 2048u

static uint8_t registers[128];
static uint8_t selected;
static bool counts_up;
static struct {
  double rate_hz;
  double since_us;
  uint32_t measured;
  int16_t words[FIFO_WORDS];
  uint32_t read;
  uint32_t written;
  bool overrun;
} fifo;

/* 11 bits of either sign fit every chip's 12. */
void fake_acceleration(uint32_t n, int16_t axes[3]) {
  axes[0] = (int16_t)(n % 2048u);
  axes[1] = (int16_t)-axes[0];
  axes[2] = (int16_t)(n / 2048u - 1024);
}

static void power(double rate_hz) {
  memset(&fifo, 0, sizeof fifo);
  fifo.rate_hz = rate_hz;
  fifo.since_us = (double)fake_now_us();
}

static void flush(void) {
  fifo.read = fifo.written;
  fifo.overrun = false;
}

/* Takes what was measured until now into a FIFO of so many words, oldest lost first, `whole` samples at a time or by the word. */
static void fill(uint32_t capacity, unsigned shift, bool keeps_whole) {
  if (fifo.rate_hz == 0) return;
  uint32_t due = (uint32_t)(((double)fake_now_us() - fifo.since_us) * fifo.rate_hz / 1e6);
  while (fifo.measured < due) {
    int16_t axes[3];
    fake_acceleration(fifo.measured++, axes);
    for (int i = 0; i < 3; i++) fifo.words[fifo.written++ % FIFO_WORDS] = (int16_t)(axes[i] * (1 << shift));
    while (fifo.written - fifo.read > capacity) {
      fifo.read += keeps_whole ? 3 : 1;
      fifo.overrun = true;
    }
  }
}

static uint32_t unread(void) { return fifo.written - fifo.read; }
static uint32_t measured(void) { return fifo.measured; }
static bool on(void) { return fifo.rate_hz > 0; }

static uint8_t byte_of(uint32_t word, uint32_t which) { return (uint8_t)((uint16_t)fifo.words[word % FIFO_WORDS] >> (8 * which)); }

/* LSM303AGR: DocID027765, tables 27 to 48. */

static const double LSM303_RATES[16] = {0, 1, 10, 25, 50, 100, 200, 400, 1620, 1344};

static void lsm303_select(uint8_t reg) {
  selected = reg & 0x7f;
  counts_up = (reg & 0x80) != 0;
  registers[0x0f] = 0x33;
}

static void lsm303_write(uint8_t value) {
  registers[selected] = value;
  if (selected == 0x20) {
    bool high_resolution = (registers[0x23] & 0x08) != 0 && (value & 0x08) == 0;
    bool usable = (value & 0x07) == 0x07 && (value >> 4 == 0 || high_resolution);
    power(usable ? LSM303_RATES[value >> 4] : 0);
  }
  if (selected == 0x2e && (value & 0xc0) == 0) flush();
  if (counts_up) selected++;
}

static uint8_t lsm303_read(void) {
  bool stream = (registers[0x24] & 0x40) != 0 && (registers[0x2e] & 0xc0) == 0x80;
  uint8_t value = registers[selected];
  fill(96, (registers[0x23] & 0x30) == 0x10 ? 4 : 0, true);
  if (selected == 0x2f) {
    uint32_t levels = stream ? unread() / 3 : 0;
    value = (uint8_t)((levels == 32 ? 0x40 : 0) | (levels == 0 ? 0x20 : 0) | (levels > 31 ? 31 : levels));
  }
  if (selected >= 0x28 && selected <= 0x2d) {
    value = unread() == 0 ? 0x55 : byte_of(fifo.read + (selected - 0x28u) / 2, (selected - 0x28u) % 2);
    if (selected == 0x2d && unread() > 0) fifo.read += 3;
    if (counts_up) selected = selected == 0x2d ? 0x28 : selected + 1;
    return value;
  }
  if (counts_up) selected++;
  return value;
}

/* LSM9DS1: DocID025715, section 7. The address counts up through 0x2D and on. */

static const double LSM9DS1_RATES[8] = {0, 10, 50, 119, 238, 476, 952};

static void lsm9ds1_select(uint8_t reg) {
  selected = reg;
  registers[0x0f] = 0x68;
}

static void lsm9ds1_write(uint8_t value) {
  registers[selected] = value;
  if (selected == 0x22 && (value & 1) != 0) {
    memset(registers, 0, sizeof registers);
    registers[0x22] = 0x04;
    registers[0x1f] = 0x38;
    power(0);
  }
  /* With the gyroscope on its rate counts. */
  if (selected == 0x20) power(registers[0x10] == 0 && (value & 0x18) == 0x10 && (registers[0x1f] & 0x38) == 0x38 ? LSM9DS1_RATES[value >> 5] : 0);
  if (selected == 0x2e && (value & 0xe0) == 0) flush();
  selected++;
}

static uint8_t lsm9ds1_read(void) {
  bool continuous = (registers[0x23] & 0x02) != 0 && (registers[0x2e] & 0xe0) == 0xc0;
  uint8_t value = registers[selected];
  fill(96, 0, true);
  if (selected == 0x2f) {
    value = (uint8_t)((fifo.overrun ? 0x40 : 0) | (continuous ? unread() / 3 : 0));
    fifo.overrun = false;
  }
  if (selected >= 0x28 && selected <= 0x2d) {
    value = unread() == 0 ? 0x55 : byte_of(fifo.read + (selected - 0x28u) / 2, (selected - 0x28u) % 2);
    if (selected == 0x2d && unread() > 0) fifo.read += 3;
  }
  if ((registers[0x22] & 0x04) != 0) selected++;
  return value;
}

/* LSM6DS3TR-C: DocID030071, section 9. */

static const double LSM6_RATES[16] = {0, 12.5, 26, 52, 104, 208, 416, 833, 1660, 3330, 6660};

static void lsm6_select(uint8_t reg) {
  selected = reg;
  registers[0x0f] = 0x6a;
}

static void lsm6_write(uint8_t value) {
  registers[selected] = value;
  if (selected == 0x12 && (value & 1) != 0) {
    memset(registers, 0, sizeof registers);
    registers[0x12] = 0x04;
    power(0);
  }
  if (selected == 0x10) {
    bool into_fifo = (registers[0x0a] & 0x07) == 0x06 && (registers[0x08] & 0x07) == 1 && (registers[0x0a] >> 3 & 0x0f) == value >> 4;
    power((value & 0x0c) == 0x08 && into_fifo ? LSM6_RATES[value >> 4] : 0);
  }
  if (selected == 0x0a && (value & 0x07) == 0) flush();
  if ((registers[0x12] & 0x04) != 0) selected++;
}

static uint8_t lsm6_read(void) {
  uint8_t value = registers[selected];
  /* The word that falls off a full FIFO leaves a sample cut in two. */
  fill(FIFO_WORDS - 1, 0, false);
  uint32_t words = unread() > 2047 ? 2047 : unread();
  if (selected == 0x3a) value = (uint8_t)words;
  if (selected == 0x3b) {
    value = (uint8_t)((words >> 8) | (fifo.overrun ? 0x40 : 0) | (words == 0 ? 0x10 : 0));
    fifo.overrun = false;
  }
  if (selected == 0x3c) value = (uint8_t)(fifo.read % 3);
  if (selected == 0x3d) value = 0;
  if (selected == 0x3e || selected == 0x3f) {
    value = unread() == 0 ? 0x55 : byte_of(fifo.read, selected - 0x3eu);
    if (selected == 0x3f && unread() > 0) fifo.read++;
    selected = selected == 0x3f ? 0x3e : 0x3f;
    return value;
  }
  if ((registers[0x12] & 0x04) != 0) selected++;
  return value;
}

/* BMI270: BST-BMI270-DS000, sections 4.4 and 5.2. */

static const double BMI270_RATES[16] = {0, 0.78, 1.5, 3.1, 6.25, 12.5, 25, 50, 100, 200, 400, 800, 1600};
static struct {
  uint8_t loaded[BMI270_CONFIGURATION_BYTES];
  uint32_t at;
  bool ready;
  uint32_t fifo_byte;
} bmi;

static void bmi_select(uint8_t reg) {
  selected = reg;
  registers[0x00] = 0x24;
  if (reg == 0x5e) bmi.at = 2u * ((registers[0x5b] & 0x0fu) | ((uint32_t)registers[0x5c] << 4));
}

static void bmi_write(uint8_t value) {
  registers[selected] = value;
  switch (selected) {
    case 0x5e:
      /* The same register takes byte after byte; only with the power save mode off and the load prepared. */
      if (registers[0x7c] == 0 && registers[0x59] == 0 && bmi.at < sizeof bmi.loaded) bmi.loaded[bmi.at++] = value;
      return;
    case 0x59:
      bmi.ready = value == 1 && memcmp(bmi.loaded, BMI270_CONFIGURATION, sizeof bmi.loaded) == 0;
      break;
    case 0x7e:
      if (value == 0xb6) {
        memset(registers, 0, sizeof registers);
        memset(&bmi, 0, sizeof bmi);
        registers[0x7c] = 3;
        power(0);
      }
      if (value == 0xb0) flush();
      break;
    case 0x7d: {
      bool headerless = (registers[0x49] & 0x50) == 0x40;
      power(bmi.ready && (value & 4) != 0 && registers[0x41] == 1 && headerless ? BMI270_RATES[registers[0x40] & 15] : 0);
      break;
    }
  }
  selected++;
}

static uint8_t bmi_read(void) {
  uint8_t value = registers[selected];
  fill(1020, 0, true);
  if (selected == 0x21) value = bmi.ready ? 1 : 0;
  if (selected == 0x24) value = (uint8_t)(2 * unread());
  if (selected == 0x25) value = (uint8_t)(2 * unread() >> 8);
  if (selected == 0x26) {
    value = unread() == 0 ? 0x80 : byte_of(fifo.read, bmi.fifo_byte);
    if (unread() > 0 && bmi.fifo_byte == 1) fifo.read++;
    bmi.fifo_byte ^= 1;
    return value;
  }
  selected++;
  return value;
}

static const fake_device LSM303_DEVICE = {0x19, lsm303_select, lsm303_read, lsm303_write};
static const fake_device LSM9DS1_DEVICE = {0x6b, lsm9ds1_select, lsm9ds1_read, lsm9ds1_write};
static const fake_device LSM6_DEVICE = {0x6a, lsm6_select, lsm6_read, lsm6_write};
static const fake_device BMI270_DEVICE = {0x68, bmi_select, bmi_read, bmi_write};

const fake_accelerometer FAKE_LSM303AGR = {"LSM303AGR", &LSM303_DEVICE, measured, on};
const fake_accelerometer FAKE_LSM9DS1 = {"LSM9DS1", &LSM9DS1_DEVICE, measured, on};
const fake_accelerometer FAKE_LSM6DS3TR_C = {"LSM6DS3TR-C", &LSM6_DEVICE, measured, on};
const fake_accelerometer FAKE_BMI270 = {"BMI270", &BMI270_DEVICE, measured, on};
