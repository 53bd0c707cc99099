/*
 * UART0 as the line, on a model with the receiver's 6 bytes and the sender's one (nRF52840 PS, UART): bytes at full speed both ways while the
 * board is slow and the processor stands still. Prints what failed; exit code 1 then.
 */
#include "../../../firmware/boards/nrf/uart.h"
#include "fake_uart.h"

static void both_ways(void) {
  static uint8_t got[20000], sent[20000], wire[30000];
  uint32_t out = 0, in = 0;
  for (uint32_t i = 0; i < sizeof sent; i++) sent[i] = (uint8_t)(i * 31 + (i >> 8));
  for (uint32_t i = 0; i < sizeof sent; i++) {
    fake_uart_receive(sent[i]);
    fake_interrupts();
    fake_pass(FAKE_UART_BYTE_US);
    /* The board looks now and then. */
    if (i % 1500 == 0) in += uart_receive(got + in, sizeof got - in);
    out += uart_send(sent + out, sizeof sent - out < 300 ? (uint32_t)sizeof sent - out : 300);
  }
  in += uart_receive(got + in, sizeof got - in);
  while (out < sizeof sent) {
    out += uart_send(sent + out, (uint32_t)sizeof sent - out);
    fake_pass(1000);
  }
  fake_pass(2000 * FAKE_UART_BYTE_US);
  CHECK(uart_idle());
  CHECK(in == sizeof sent && memcmp(got, sent, in) == 0);
  CHECK(fake_uart_sent(wire, sizeof wire) == sizeof sent && memcmp(wire, sent, sizeof sent) == 0);
  CHECK(uart_losses() == 0 && fake_uart_overruns() == 0);
}

/* Programming a word of flash holds the processor up for 41 us, which costs nothing; erasing a page for 85 ms does. */
static void standing_still(void) {
  uint8_t got[100];
  for (uint32_t i = 0; i < 50; i++) {
    fake_uart_receive((uint8_t)i);
    fake_freeze(FAKE_UART_BYTE_US);
    if (i % 4 == 3) fake_interrupts();
  }
  fake_interrupts();
  CHECK(uart_receive(got, sizeof got) == 50 && uart_losses() == 0);
  for (uint32_t i = 0; i < 20; i++) {
    fake_uart_receive((uint8_t)i);
    fake_freeze(FAKE_UART_BYTE_US);
  }
  fake_interrupts();
  CHECK(fake_uart_overruns() == 14 && uart_losses() > 0);
  CHECK(uart_receive(got, sizeof got) == 6);
}

int main(void) {
  fake_chip();
  fake_uart();
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
