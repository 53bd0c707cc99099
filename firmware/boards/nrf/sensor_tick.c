#include "sensor_tick.h"

#include <stddef.h>

#include "access.h"
#include "chip.h"
#include "registers.h"

#define TICK_TIMER 1u
#define MICROSECONDS_PRESCALER 4u

static void (*call)(void);

void sensor_tick_start(uint32_t period_us, void (*tick)(void)) {
  call = tick;
  nrf_trigger(TIMER_TASKS_STOP(TICK_TIMER));
  nrf_trigger(TIMER_TASKS_CLEAR(TICK_TIMER));
  nrf_set(TIMER_MODE(TICK_TIMER), 0);
  nrf_set(TIMER_BITMODE(TICK_TIMER), TIMER_BITMODE_32);
  nrf_set(TIMER_PRESCALER(TICK_TIMER), MICROSECONDS_PRESCALER);
  nrf_set(TIMER_CC(TICK_TIMER, 0), period_us);
  nrf_set(TIMER_SHORTS(TICK_TIMER), TIMER_SHORTS_COMPARE0_CLEAR);
  nrf_set(TIMER_INTENSET(TICK_TIMER), TIMER_INT_COMPARE0);
  chip_enable_interrupt(NRF_INTERRUPT(TIMER_BASE(TICK_TIMER)), CHIP_PRIORITY_SENSORS);
  nrf_trigger(TIMER_TASKS_START(TICK_TIMER));
}

void sensor_tick_rest(bool resting) {
  if (call == NULL) return;
  if (resting) {
    nrf_trigger(TIMER_TASKS_STOP(TICK_TIMER));
    nrf_trigger(TIMER_TASKS_SHUTDOWN(TICK_TIMER));
  } else {
    nrf_trigger(TIMER_TASKS_CLEAR(TICK_TIMER));
    nrf_trigger(TIMER_TASKS_START(TICK_TIMER));
  }
}

void sensor_tick_handler(void) {
  nrf_forget(TIMER_EVENTS_COMPARE(TICK_TIMER, 0));
  call();
}
