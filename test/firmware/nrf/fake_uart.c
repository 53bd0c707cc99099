#include "fake_uart.h"

#include "../../../firmware/boards/nrf/uart.h"

#define FIFO 6u

static struct {
  const uint8_t *fed;
  uint32_t fed_count;
  uint64_t fed_us;
  uint8_t fifo[FIFO];
  uint32_t fifo_count;
  bool sending;
  uint8_t byte;
  uint64_t sent_us;
  uint8_t wire[FAKE_UART_WIRE_BYTES];
  uint32_t wire_count;
  uint32_t overruns;
} model;

static uint32_t get(uint32_t address) {
  if (address != UART_RXD) return fake_kept(address);
  if (model.fifo_count == 0) FATAL("RXD read without a byte");
  uint8_t byte = model.fifo[0];
  memmove(model.fifo, model.fifo + 1, --model.fifo_count);
  /* The next byte of the FIFO raises the event again. */
  if (model.fifo_count > 0) fake_keep(UART_EVENTS_RXDRDY, 1);
  return byte;
}

static void set(uint32_t address, uint32_t value) {
  if (address == UART_INTENSET) value |= fake_kept(address);
  if (address == UART_INTENCLR) fake_keep(UART_INTENSET, fake_kept(UART_INTENSET) & ~value);
  if (address == UART_ERRORSRC) value = fake_kept(address) & ~value;
  fake_keep(address, value);
  if (address != UART_TXD) return;
  if (fake_kept(UART_ENABLE) != 4 || fake_kept(UART_TASKS_STARTTX) != 1) FATAL("sent while the sender is off");
  if (model.sending) FATAL("TXD written before TXDRDY");
  model.sending = true;
  model.byte = (uint8_t)value;
  model.sent_us = fake_now_us() + FAKE_UART_BYTE_US;
}

static void pass(void) {
  if (model.fed_count > 0 && fake_now_us() >= model.fed_us) {
    fake_uart_receive(*model.fed++);
    model.fed_count--;
    model.fed_us = fake_now_us() + FAKE_UART_BYTE_US;
  }
  if (!model.sending || fake_now_us() < model.sent_us) return;
  model.sending = false;
  if (model.wire_count == sizeof model.wire) FATAL("nobody takes what is sent");
  model.wire[model.wire_count++] = model.byte;
  fake_keep(UART_EVENTS_TXDRDY, 1);
}

void uart_handler(void) __attribute__((weak));

static bool asks(void) {
  uint32_t on = fake_kept(UART_INTENSET);
  return ((on & UART_INT_RXDRDY) != 0 && fake_kept(UART_EVENTS_RXDRDY) != 0) ||
         ((on & UART_INT_TXDRDY) != 0 && fake_kept(UART_EVENTS_TXDRDY) != 0) ||
         ((on & UART_INT_ERROR) != 0 && fake_kept(UART_EVENTS_ERROR) != 0);
}

void fake_uart_receive(uint8_t byte) {
  /* A start bit. */
  fake_pin_falls(fake_kept(UART_PSELRXD));
  if (fake_kept(UART_ENABLE) != UART_ENABLE_ENABLED) return;
  if (model.fifo_count == FIFO) {
    model.overruns++;
    fake_keep(UART_ERRORSRC, 1);
    fake_keep(UART_EVENTS_ERROR, 1);
    return;
  }
  model.fifo[model.fifo_count++] = byte;
  fake_keep(UART_EVENTS_RXDRDY, 1);
}

static const fake_peripheral UART = {UART0_BASE, UART0_BASE + 0x600u, get, set, pass, asks, uart_handler, NRF_INTERRUPT(UART0_BASE)};

void fake_uart(void) { fake_attach(&UART); }

void fake_uart_feed(const uint8_t *bytes, uint32_t count) {
  model.fed = bytes;
  model.fed_count = count;
}

bool fake_uart_fed(void) { return model.fed_count > 0; }

uint32_t fake_uart_sent(uint8_t *out, uint32_t most) {
  uint32_t count = model.wire_count < most ? model.wire_count : most;
  memcpy(out, model.wire, count);
  memmove(model.wire, model.wire + count, model.wire_count - count);
  model.wire_count -= count;
  return count;
}

uint32_t fake_uart_overruns(void) { return model.overruns; }
