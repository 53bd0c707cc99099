/*
 * Rest between two windows (System ON, the clock of low frequency alone), on models of RTC, TIMER, CLOCK and GPIO (nRF52840 PS): time goes on, though
 * the RC oscillator is off by percents; timers and crystal are off meanwhile; what calls the board ends it. Prints what failed; exit code 1 then.
 */
#include "../../../firmware/boards/nrf/sensor_tick.h"
#include "../../../firmware/boards/nrf/uart.h"
#include "fake_uart.h"

#define RECEIVE_PIN NRF_PIN(1, 8)

static uint64_t call_us;
static uint32_t asked;
static uint32_t ticks;
static bool (*meanwhile)(void);

static uint32_t called(void) {
  asked++;
  if (meanwhile != NULL && meanwhile()) return 0;
  if (call_us != 0 && fake_now_us() >= call_us) return 0;
  /* Not always as late. */
  return asked % 3 == 0 ? 30000 : 500000;
}

static void tick(void) { ticks++; }

/* Awake for so long, as the main loop is: it sleeps until the tick. */
static void stay_awake(uint64_t us) {
  uint64_t until = fake_now_us() + us;
  while (fake_now_us() < until) {
    (void)chip_now_us();
    chip_sleep();
  }
}

/* How far the board's clock is from ours, in millionths of `us`. */
static double error_of(int64_t begin_offset, uint64_t us) {
  int64_t offset = (int64_t)chip_now_us() - (int64_t)fake_now_us();
  double error = (double)(offset - begin_offset) * 1e6 / (double)us;
  return error < 0 ? -error : error;
}

static int64_t offset_now(void) { return (int64_t)chip_now_us() - (int64_t)fake_now_us(); }

static bool is_off(void) {
  CHECK(!fake_timer_runs(0) && !fake_timer_runs(1) && fake_kept(CLOCK_HFCLKSTAT) == 0);
  return false;
}

static void rest_for(uint64_t us) {
  int64_t offset = offset_now();
  uint64_t until = chip_now_us() + us;
  uint64_t rested = fake_rested_us();
  asked = 0;
  sensor_tick_rest(true);
  uart_rest(true);
  while (chip_now_us() + 30000 < until) CHECK(chip_rest(until, called));
  uart_rest(false);
  sensor_tick_rest(false);
  /* Some microseconds of work; and a measurement that is right to a tick in the time that the board was awake before. */
  CHECK(error_of(offset, us) < 400);
  CHECK((double)(fake_rested_us() - rested) > 0.995 * (double)us);
  CHECK(asked >= us / 500000 && asked <= us / 250000 + 30);
  CHECK(fake_timer_runs(0) && fake_timer_runs(1) && fake_kept(CLOCK_HFCLKSTAT) == CLOCK_HFCLKSTAT_RUNNING_XTAL);
  CHECK((fake_kept(DEMCR) & DEMCR_TRCENA) != 0);
}

static void ends_when_called(void) {
  uint64_t begin = fake_now_us();
  int64_t offset = offset_now();
  call_us = begin + 3000000;
  CHECK(chip_rest(chip_now_us() + 60000000, called));
  CHECK(fake_now_us() - begin >= 3000000 && fake_now_us() - begin < 3600000);
  CHECK(error_of(offset, 3000000) < 400);
  call_us = 0;
}

static bool byte_comes(void) {
  if (asked == 30) fake_uart_receive(0x55);
  return uart_called();
}

static void hears_its_line(void) {
  uint8_t got[8];
  uart_rest(true);
  CHECK(!uart_called() && fake_kept(UART_ENABLE) == 0);
  asked = 0;
  meanwhile = byte_comes;
  CHECK(chip_rest(chip_now_us() + 60000000, called));
  meanwhile = NULL;
  CHECK(asked == 30 && uart_called());
  uart_rest(false);
  /* What woke it is lost, what comes then is not. */
  CHECK(uart_receive(got, sizeof got) == 0);
  fake_uart_receive(0x77);
  fake_interrupts();
  CHECK(uart_receive(got, sizeof got) == 1 && got[0] == 0x77);
  CHECK(uart_send(got, 1) == 1);
  fake_pass(200);
  CHECK(uart_idle());
  uart_rest(true);
  CHECK(!uart_called());
  uart_rest(false);
}

static void goes_on_as_before(void) {
  ticks = 0;
  uint64_t begin = fake_now_us();
  stay_awake(1000000);
  uint64_t us = fake_now_us() - begin;
  CHECK(ticks >= us / 10000 - 1 && ticks <= us / 10000 + 1);
}

int main(void) {
  static const double HERTZ[] = {32768, 32113, 33423};
  fake_chip();
  fake_uart();
  for (int i = 0; i < 3; i++) {
    fake_slow_hz = HERTZ[i];
    chip_start();
    uart_open(NRF_PIN(0, 6), RECEIVE_PIN);
    sensor_tick_start(10000, tick);
    stay_awake(2000000);
    meanwhile = is_off;
    rest_for(30000000);
    stay_awake(500000);
    rest_for(400000);
    rest_for(700000000);
    meanwhile = NULL;
    /* Not worth it. */
    CHECK(!chip_rest(chip_now_us() + 10000, called) && !chip_rest(0, called));
    sensor_tick_rest(true);
    ends_when_called();
    hears_its_line();
    sensor_tick_rest(false);
    goes_on_as_before();
  }
  printf("rest: %d failures\n", failures);
  return failures > 0;
}
