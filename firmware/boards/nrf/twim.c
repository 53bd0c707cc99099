#include "twim.h"

#include <stdbool.h>
#include <string.h>

#include "access.h"
#include "chip.h"
#include "registers.h"

/* The longest transfer takes 6.1 ms; devices may stretch the clock. */
#define TIMEOUT_US 20000u
/* So many times a transfer in the background may be found still under way when the next one is wanted. */
#define MOST_REFUSALS 8u
/* Half a period while the bus is freed by hand. */
#define FREEING_US 5u
#define FREEING_PULSES 9u

static struct {
  volatile bool busy;
  uint32_t refusals;
  bool background;
  volatile int status;
  i2c_done done;
  void *done_context;
  /* In RAM, where EasyDMA reaches. */
  uint8_t transmit[I2C_MAX_WRITE];
  uint8_t receive[I2C_MAX_READ];
  uint32_t receive_count;
} bus;

static void finish(int status) {
  bus.status = status;
  bus.busy = false;
}

/* Starts a transfer: `out` bytes written, then `in` bytes read after a repeated start. */
static void begin(uint8_t address, uint32_t out, uint32_t in) {
  bus.busy = true;
  bus.receive_count = in;
  nrf_set(TWIM_EVENTS_STOPPED, 0);
  nrf_set(TWIM_EVENTS_ERROR, 0);
  nrf_set(TWIM_ERRORSRC, nrf_get(TWIM_ERRORSRC));
  nrf_set(TWIM_ADDRESS, address);
  nrf_set(TWIM_TXD_PTR, nrf_dma_address(bus.transmit));
  nrf_set(TWIM_TXD_MAXCNT, out);
  nrf_set(TWIM_RXD_PTR, nrf_dma_address(bus.receive));
  nrf_set(TWIM_RXD_MAXCNT, in);
  nrf_set(TWIM_SHORTS, in > 0 ? TWIM_SHORTS_LASTTX_STARTRX | TWIM_SHORTS_LASTRX_STOP : TWIM_SHORTS_LASTTX_STOP);
  nrf_trigger(TWIM_TASKS_STARTTX);
}

/* Looks at what the peripheral reports; true once the transfer has ended. */
static bool look(void) {
  if (nrf_get(TWIM_EVENTS_ERROR) != 0) {
    nrf_forget(TWIM_EVENTS_ERROR);
    bus.status = I2C_NO_ANSWER;
    nrf_trigger(TWIM_TASKS_STOP);
  }
  if (nrf_get(TWIM_EVENTS_STOPPED) == 0) return false;
  nrf_forget(TWIM_EVENTS_STOPPED);
  if (bus.status == I2C_OK && bus.receive_count > 0 && nrf_get(TWIM_RXD_AMOUNT) != bus.receive_count) bus.status = I2C_NO_ANSWER;
  finish(bus.status);
  return true;
}

/* A bus that hangs is switched off and on. */
static void give_up(void) {
  nrf_set(TWIM_INTENCLR, TWIM_INT_STOPPED | TWIM_INT_ERROR);
  nrf_set(TWIM_ENABLE, 0);
  nrf_set(TWIM_ENABLE, TWIM_ENABLE_ENABLED);
  finish(I2C_STUCK);
}

/* Waits for what was begun. */
static int wait(void) {
  for (uint32_t waited = 0; !look(); waited += 10) {
    if (waited > TIMEOUT_US) {
      give_up();
      break;
    }
    chip_wait_us(10);
  }
  return bus.status;
}

static int write(void *context, uint8_t address, const uint8_t *bytes, uint32_t count) {
  (void)context;
  if (count == 0 || count > sizeof bus.transmit) return I2C_ARGUMENT;
  if (bus.busy) return I2C_BUSY;
  bus.background = false;
  bus.status = I2C_OK;
  memcpy(bus.transmit, bytes, count);
  begin(address, count, 0);
  return wait();
}

static int read(void *context, uint8_t address, uint8_t reg, uint8_t *out, uint32_t count) {
  (void)context;
  if (count == 0 || count > sizeof bus.receive) return I2C_ARGUMENT;
  if (bus.busy) return I2C_BUSY;
  bus.background = false;
  bus.status = I2C_OK;
  bus.transmit[0] = reg;
  begin(address, 1, count);
  int status = wait();
  if (status == I2C_OK) memcpy(out, bus.receive, count);
  return status;
}

static int begin_read(void *context, uint8_t address, uint8_t reg, uint32_t count, i2c_done done, void *done_context) {
  (void)context;
  if (count == 0 || count > sizeof bus.receive) return I2C_ARGUMENT;
  if (bus.busy && ++bus.refusals < MOST_REFUSALS) return I2C_BUSY;
  if (bus.busy) {
    give_up();
    return I2C_STUCK;
  }
  bus.refusals = 0;
  bus.background = true;
  bus.status = I2C_OK;
  bus.done = done;
  bus.done_context = done_context;
  bus.transmit[0] = reg;
  begin(address, 1, count);
  nrf_set(TWIM_INTENSET, TWIM_INT_STOPPED | TWIM_INT_ERROR);
  return I2C_OK;
}

void twim_handler(void) {
  if (!look() || !bus.background) return;
  nrf_set(TWIM_INTENCLR, TWIM_INT_STOPPED | TWIM_INT_ERROR);
  bus.background = false;
  /* May begin the next transfer. */
  bus.done(bus.done_context, bus.status, bus.receive, bus.status == I2C_OK ? bus.receive_count : 0);
}

i2c_bus twim_open(uint32_t clock_pin, uint32_t data_pin) {
  uint32_t line = GPIO_PIN_CNF_S0D1 | GPIO_PIN_CNF_PULLUP;
  memset(&bus, 0, sizeof bus);
  nrf_set(TWIM_ENABLE, 0);
  /* Nine pulses of the clock with the data line high end whatever a device was about to send (I2C specification UM10204, 3.1.16). */
  chip_drive_pin(data_pin, true, line);
  chip_drive_pin(clock_pin, true, line);
  for (uint32_t i = 0; i < FREEING_PULSES; i++) {
    nrf_set(GPIO_OUTCLR(clock_pin), 1u << (clock_pin & 31u));
    chip_wait_us(FREEING_US);
    nrf_set(GPIO_OUTSET(clock_pin), 1u << (clock_pin & 31u));
    chip_wait_us(FREEING_US);
  }
  nrf_set(GPIO_PIN_CNF(clock_pin), GPIO_PIN_CNF_INPUT | line);
  nrf_set(GPIO_PIN_CNF(data_pin), GPIO_PIN_CNF_INPUT | line);
  nrf_set(TWIM_PSEL_SCL, clock_pin);
  nrf_set(TWIM_PSEL_SDA, data_pin);
  nrf_set(TWIM_FREQUENCY, TWIM_FREQUENCY_K390);
  nrf_set(TWIM_ENABLE, TWIM_ENABLE_ENABLED);
  chip_enable_interrupt(NRF_INTERRUPT(TWIM0_BASE), CHIP_PRIORITY_SENSORS);
  return (i2c_bus){NULL, write, read, begin_read, chip_wait_us};
}
