/*
 * A board's whole firmware (its main.c as it is, with runtime, link and store; doubles of front end and network) on models of its chip, its
 * sensors and the host at its USB socket, in real time: standard input and output are what a program on the laptop writes to and reads from
 * the port. Word: which board. Second word `touch`: the host closes the port at 1200 baud; says what the reset leaves in GPREGRET.
 * Second word a number: with SIGUSR1 the board is left by itself for so many seconds of its own time, as fast as can be (USB unplugged, the
 * serial line silent); then it says how long it has rested and how long its light was on. Log and model slots are memory at the addresses that
 * they have on the chip.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "fake_accelerometers.h"
#include "fake_sound.h"
#include "fake_uart.h"
#include "fake_usbd.h"

#undef main
int board_main(void);

/* Slots have the board's size in its linker script; here their addresses come from the command line of the linker. */
extern uint8_t __log_start[], __slots_end[];
uint8_t __image_start[64] = "limpet";
__attribute__((aligned(16))) uint8_t __pool_start[65536];

static bool over_usb;
static bool is_nano;
static bool touches;
static uint64_t began_ns;
static uint8_t input[4096];
static uint32_t input_count;
static uint32_t input_at;
static bool input_ended;
static bool greeted;
static uint64_t alone_seconds;
static volatile sig_atomic_t asked_to_leave;
static uint64_t alone_until_us;
static uint64_t rested_before_us;
static uint64_t seen_us;
static uint64_t lit_us;

/* Sound that tells its number. */
static int16_t ramp(bool analogue) {
  static uint32_t numbers[2];
  return (int16_t)(numbers[analogue]++ & 0x3fff);
}

/* Flash (nRF52840 PS, NVMC): pages of 4 KB, writing only clears bits. */

static uint32_t *word_at(uint32_t address) { return (uint32_t *)(uintptr_t)address; }
static uint32_t get_flash(uint32_t address) { return *word_at(address); }

static void set_flash(uint32_t address, uint32_t value) {
  if (fake_kept(NVMC_CONFIG) != NVMC_CONFIG_WEN) FATAL("written without WEN");
  *word_at(address) &= value;
}

static uint32_t get_nvmc(uint32_t address) { return address == NVMC_READY ? 1 : fake_kept(address); }

static void set_nvmc(uint32_t address, uint32_t value) {
  fake_keep(address, value);
  if (address != NVMC_ERASEPAGE) return;
  if (fake_kept(NVMC_CONFIG) != NVMC_CONFIG_EEN || value % 4096 != 0) FATAL("erased wrongly");
  memset(word_at(value), 0xff, 4096);
}

static fake_peripheral FLASH = {0, 0, get_flash, set_flash, NULL, NULL, NULL, 0};
static const fake_peripheral NVMC = {NVMC_BASE + 0x400u, NVMC_BASE + 0x540u, get_nvmc, set_nvmc, NULL, NULL, NULL, 0};

static uint64_t real_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* The board's clock does not run ahead of ours. */
static void keep_pace(void) {
  uint64_t due = began_ns + fake_now_us() * 1000u;
  uint64_t now = real_ns();
  if (now >= due) return;
  struct timespec pause = {0, (long)(due - now > 2000000u ? 2000000u : due - now)};
  nanosleep(&pause, NULL);
}

static void put(const uint8_t *bytes, uint32_t count) {
  while (count > 0) {
    ssize_t written = write(STDOUT_FILENO, bytes, count);
    if (written < 0 && errno != EAGAIN) exit(0);
    if (written < 0) continue;
    bytes += written;
    count -= (uint32_t)written;
  }
}

static void line(uint32_t baud, bool ready) {
  uint8_t coding[7] = {(uint8_t)baud, (uint8_t)(baud >> 8), (uint8_t)(baud >> 16), (uint8_t)(baud >> 24), 0, 0, 8};
  if (fake_usb_control(0x21, 0x20, 0, 0, 7, coding) != 7) FATAL("SET_LINE_CODING");
  if (fake_usb_control(0x21, 0x22, ready ? 3 : 0, 0, 0, NULL) != 0) FATAL("SET_CONTROL_LINE_STATE");
}

/* What an operating system does with a device that has appeared, and a program that opens its port. */
static void greet(void) {
  uint8_t data[255];
  fake_usb_reset();
  if (fake_usb_control(0x80, 6, 0x0100, 0, 18, data) != 18) FATAL("no device descriptor");
  fprintf(stderr, "usb %02x%02x:%02x%02x\n", data[9], data[8], data[11], data[10]);
  if (fake_usb_control(0x00, 5, 9, 0, 0, NULL) != 0 || fake_usb_control(0x80, 6, 0x0200, 0, 255, data) != 67) FATAL("no configuration");
  if (fake_usb_control(0x00, 9, 1, 0, 0, NULL) != 0) FATAL("SET_CONFIGURATION");
  line(touches ? 1200 : 115200, true);
  if (touches) line(1200, false);
}

static void over_the_bus(void) {
  uint8_t packet[64];
  int count;
  if (!greeted && !fake_usb_attached()) return;
  if (!greeted) greet();
  greeted = true;
  while (input_at < input_count) {
    uint32_t left = input_count - input_at;
    count = fake_usb_out(2, input + input_at, left < 64 ? left : 64);
    if (count < 0) break;
    input_at += (uint32_t)count;
  }
  while ((count = fake_usb_in(2, packet)) >= 0) put(packet, (uint32_t)count);
}

static void over_the_wire(void) {
  static uint8_t sent[4096], fed[sizeof input];
  if (input_at < input_count && !fake_uart_fed()) {
    memcpy(fed, input + input_at, input_count - input_at);
    fake_uart_feed(fed, input_count - input_at);
    input_at = input_count;
  }
  put(sent, fake_uart_sent(sent, sizeof sent));
}

static void leave(int signal_number) {
  (void)signal_number;
  asked_to_leave = 1;
}

static bool light(void) {
  if (!over_usb) return fake_pin(NRF_PIN(0, 15)) && !fake_pin(NRF_PIN(0, 31));
  if (is_nano) return fake_pin(NRF_PIN(0, 13));
  return (fake_kept(GPIO_PIN_CNF(NRF_PIN(0, 26))) & 1u) != 0 && !fake_pin(NRF_PIN(0, 26));
}

/* How long the light is on; and the Nano's power light must not be while it rests. */
static void watch_lights(void) {
  if (light()) lit_us += fake_now_us() - seen_us;
  seen_us = fake_now_us();
  if (is_nano && !fake_timer_runs(0) && fake_pin(NRF_PIN(1, 9))) FATAL("the power light is on");
}

/* Whether nobody is there: what the board sends then goes nowhere. */
static bool is_alone(void) {
  static uint8_t nowhere[4096];
  if (asked_to_leave != 0) {
    asked_to_leave = 0;
    alone_until_us = fake_now_us() + alone_seconds * 1000000u;
    rested_before_us = fake_rested_us();
    seen_us = fake_now_us();
    if (over_usb) fake_usb_plug(false);
  }
  if (alone_until_us == 0) return false;
  watch_lights();
  if (!over_usb) fake_uart_sent(nowhere, sizeof nowhere);
  if (fake_now_us() < alone_until_us) return true;
  fprintf(stderr, "rested %.1f lit %.1f\n", (double)(fake_rested_us() - rested_before_us) / 1e6, (double)lit_us / 1e6);
  alone_until_us = 0;
  greeted = false;
  if (over_usb) fake_usb_plug(true);
  began_ns = real_ns() - fake_now_us() * 1000u;
  return false;
}

static void restart(void) {
  fprintf(stderr, "reset 0x%02x\n", fake_reset_word());
  exit(0);
}

static void turn(void) {
  if (is_alone()) return;
  if (input_at == input_count && !input_ended) {
    ssize_t count = read(STDIN_FILENO, input, sizeof input);
    input_ended = count == 0;
    input_count = count > 0 ? (uint32_t)count : 0;
    input_at = 0;
  }
  if (input_ended && !touches) exit(0);
  if (over_usb) over_the_bus();
  else over_the_wire();
  keep_pace();
}

int main(int count, char **words) {
  const char *board = count > 1 ? words[1] : "";
  size_t bytes = (size_t)(__slots_end - __log_start);
  touches = count > 2 && strcmp(words[2], "touch") == 0;
  alone_seconds = count > 2 ? strtoul(words[2], NULL, 10) : 0;
  signal(SIGUSR1, leave);
  void *flash = mmap(__log_start, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  if (flash != (void *)__log_start) FATAL("no memory where the flash shall be");
  memset(flash, 0xff, bytes);
  FLASH.begin = (uint32_t)(uintptr_t)__log_start;
  FLASH.end = FLASH.begin + (uint32_t)bytes;
  fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
  fake_chip();
  fake_attach(&FLASH);
  fake_attach(&NVMC);
  fake_convert = ramp;
  if (strcmp(board, "microbit-v2") == 0) {
    fake_uart();
    fake_twim(FAKE_LSM303AGR.device, NRF_PIN(0, 8), NRF_PIN(0, 16));
    fake_saadc(NRF_PIN(0, 20));
  } else {
    bool xiao = strcmp(board, "xiao-nrf52840-sense") == 0;
    const fake_accelerometer *nano = strcmp(board, "nano-33-ble-rev2") == 0 ? &FAKE_BMI270 : &FAKE_LSM9DS1;
    over_usb = true;
    is_nano = !xiao;
    fake_usbd();
    if (xiao) {
      fake_twim(FAKE_LSM6DS3TR_C.device, NRF_PIN(0, 27), NRF_PIN(0, 7));
      fake_pdm((fake_pdm_pins){NRF_PIN(1, 0), NRF_PIN(0, 16), NRF_PIN(1, 10)});
    } else {
      fake_twim(nano->device, NRF_PIN(0, 15), NRF_PIN(0, 14));
      fake_pdm((fake_pdm_pins){NRF_PIN(0, 26), NRF_PIN(0, 25), NRF_PIN(0, 17)});
    }
    fake_usb_plug(true);
  }
  fake_idle = turn;
  fake_reset = restart;
  began_ns = real_ns();
  return board_main();
}
