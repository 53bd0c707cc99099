/*
 * UART0 as the line, on a model with the receiver's 6 bytes and the sender's one (nRF52840 PS, UART): bytes at full speed both ways while the
 * board is slow and the processor stands still. Prints what failed; exit code 1 then.
 */
#include "../../../firmware/boards/nrf/uart.h"
#include "fake.h"

#define FIFO 6u
/* A start bit, 8 bits and a stop bit. */
#define BYTE_US 87u

static struct {
  uint8_t fifo[FIFO];
  uint32_t fifo_count;
  bool sending;
  uint8_t byte;
  uint64_t sent_us;
  uint8_t wire[100000];
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
  if (address == UART_ERRORSRC) value = fake_kept(address) & ~value;
  fake_keep(address, value);
  if (address != UART_TXD) return;
  if (fake_kept(UART_ENABLE) != 4 || fake_kept(UART_TASKS_STARTTX) != 1) FATAL("sent while the sender is off");
  if (model.sending) FATAL("TXD written before TXDRDY");
  model.sending = true;
  model.byte = (uint8_t)value;
  model.sent_us = fake_now_us() + BYTE_US;
}

static void pass(void) {
  if (!model.sending || fake_now_us() < model.sent_us) return;
  model.sending = false;
  model.wire[model.wire_count++] = model.byte;
  fake_keep(UART_EVENTS_TXDRDY, 1);
}

static bool asks(void) {
  uint32_t on = fake_kept(UART_INTENSET);
  return ((on & UART_INT_RXDRDY) != 0 && fake_kept(UART_EVENTS_RXDRDY) != 0) ||
         ((on & UART_INT_TXDRDY) != 0 && fake_kept(UART_EVENTS_TXDRDY) != 0) ||
         ((on & UART_INT_ERROR) != 0 && fake_kept(UART_EVENTS_ERROR) != 0);
}

static void receive(uint8_t byte) {
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

static void both_ways(void) {
  static uint8_t got[20000], sent[20000];
  uint32_t out = 0, in = 0;
  for (uint32_t i = 0; i < sizeof sent; i++) sent[i] = (uint8_t)(i * 31 + (i >> 8));
  for (uint32_t i = 0; i < sizeof sent; i++) {
    receive(sent[i]);
    fake_interrupts();
    fake_pass(BYTE_US);
    /* The board looks now and then. */
    if (i % 1500 == 0) in += uart_receive(got + in, sizeof got - in);
    out += uart_send(sent + out, sizeof sent - out < 300 ? (uint32_t)sizeof sent - out : 300);
  }
  in += uart_receive(got + in, sizeof got - in);
  while (out < sizeof sent) {
    out += uart_send(sent + out, (uint32_t)sizeof sent - out);
    fake_pass(1000);
  }
  fake_pass(2000 * BYTE_US);
  CHECK(uart_idle());
  CHECK(in == sizeof sent && memcmp(got, sent, in) == 0);
  CHECK(model.wire_count == sizeof sent && memcmp(model.wire, sent, sizeof sent) == 0);
  CHECK(uart_losses() == 0 && model.overruns == 0);
}

/* Programming a word of flash holds the processor up for 41 us, which costs nothing; erasing a page for 85 ms does. */
static void standing_still(void) {
  uint8_t got[100];
  for (uint32_t i = 0; i < 50; i++) {
    receive((uint8_t)i);
    fake_freeze(BYTE_US);
    if (i % 4 == 3) fake_interrupts();
  }
  fake_interrupts();
  CHECK(uart_receive(got, sizeof got) == 50 && uart_losses() == 0);
  for (uint32_t i = 0; i < 20; i++) {
    receive((uint8_t)i);
    fake_freeze(BYTE_US);
  }
  fake_interrupts();
  CHECK(model.overruns == 14 && uart_losses() > 0);
  CHECK(uart_receive(got, sizeof got) == 6);
}

int main(void) {
  fake_chip();
  fake_attach(&UART);
  chip_start();
  uart_open(NRF_PIN(0, 6), NRF_PIN(1, 8));
  CHECK(fake_kept(UART_PSELTXD) == 6 && fake_kept(UART_PSELRXD) == 40 && fake_pin(6));
  /* 16 MHz times 2^32: within half a percent of 115,200. */
  double baud = (double)fake_kept(UART_BAUDRATE) * 16e6 / 4294967296.0;
  CHECK(baud > 114600 && baud < 115800);
  both_ways();
  standing_still();
  printf("uart: %d failures\n", failures);
  return failures > 0;
}
