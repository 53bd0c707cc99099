#include "uart.h"

#include <stdbool.h>

#include "access.h"
#include "chip.h"
#include "registers.h"

/* Powers of two. The receiver's holds two frames of the largest size: requests wait there while one is being worked on. */
#define RECEIVE_BYTES 2048u
#define TRANSMIT_BYTES 1024u

static struct {
  uint32_t receive_pin;
  volatile uint32_t received;
  uint32_t taken;
  uint32_t put;
  volatile uint32_t sent;
  volatile bool sending;
  volatile uint32_t losses;
  uint8_t receive[RECEIVE_BYTES];
  uint8_t transmit[TRANSMIT_BYTES];
} uart;

static void switch_on(void) {
  nrf_set(UART_ENABLE, UART_ENABLE_ENABLED);
  nrf_set(UART_EVENTS_RXDRDY, 0);
  nrf_set(UART_EVENTS_TXDRDY, 0);
  nrf_set(UART_EVENTS_ERROR, 0);
  nrf_set(UART_INTENSET, UART_INT_RXDRDY | UART_INT_TXDRDY | UART_INT_ERROR);
  chip_enable_interrupt(NRF_INTERRUPT(UART0_BASE), CHIP_PRIORITY_UART);
  nrf_trigger(UART_TASKS_STARTRX);
  nrf_trigger(UART_TASKS_STARTTX);
}

void uart_open(uint32_t transmit_pin, uint32_t receive_pin) {
  uart.receive_pin = receive_pin;
  nrf_set(UART_ENABLE, 0);
  chip_drive_pin(transmit_pin, true, 0);
  nrf_set(GPIO_PIN_CNF(receive_pin), GPIO_PIN_CNF_INPUT | GPIO_PIN_CNF_PULLUP);
  nrf_set(UART_PSELTXD, transmit_pin);
  nrf_set(UART_PSELRXD, receive_pin);
  nrf_set(UART_BAUDRATE, UART_BAUDRATE_115200);
  nrf_set(UART_CONFIG, 0);
  switch_on();
}

void uart_rest(bool resting) {
  uint32_t input = GPIO_PIN_CNF_INPUT | GPIO_PIN_CNF_PULLUP;
  if (resting) {
    nrf_set(UART_INTENCLR, UART_INT_RXDRDY | UART_INT_TXDRDY | UART_INT_ERROR);
    nrf_trigger(UART_TASKS_STOPRX);
    nrf_trigger(UART_TASKS_STOPTX);
    nrf_set(UART_ENABLE, 0);
    nrf_set(GPIO_PIN_CNF(uart.receive_pin), input | GPIO_PIN_CNF_SENSE_LOW);
    nrf_set(GPIO_LATCH(uart.receive_pin), 1u << (uart.receive_pin & 31u));
  } else {
    nrf_set(GPIO_PIN_CNF(uart.receive_pin), input);
    switch_on();
  }
}

bool uart_called(void) { return ((nrf_get(GPIO_LATCH(uart.receive_pin)) >> (uart.receive_pin & 31u)) & 1u) != 0; }

static void send_next(void) {
  uart.sending = uart.sent != uart.put;
  if (uart.sending) {
    nrf_set(UART_TXD, uart.transmit[uart.sent % TRANSMIT_BYTES]);
    uart.sent++;
  }
}

void uart_handler(void) {
  /* Event before data: a byte that comes in between raises it again (nRF52840 PS, UART reception). */
  while (nrf_get(UART_EVENTS_RXDRDY) != 0) {
    nrf_forget(UART_EVENTS_RXDRDY);
    uint8_t byte = (uint8_t)nrf_get(UART_RXD);
    if (uart.received - uart.taken == RECEIVE_BYTES) {
      uart.losses++;
    } else {
      uart.receive[uart.received % RECEIVE_BYTES] = byte;
      uart.received++;
    }
  }
  if (nrf_get(UART_EVENTS_ERROR) != 0) {
    nrf_forget(UART_EVENTS_ERROR);
    nrf_set(UART_ERRORSRC, nrf_get(UART_ERRORSRC));
    uart.losses++;
  }
  if (nrf_get(UART_EVENTS_TXDRDY) != 0) {
    nrf_forget(UART_EVENTS_TXDRDY);
    send_next();
  }
  chip_wake();
}

uint32_t uart_receive(uint8_t *out, uint32_t max) {
  uint32_t count = 0;
  while (count < max && uart.taken != uart.received) {
    out[count++] = uart.receive[uart.taken % RECEIVE_BYTES];
    uart.taken++;
  }
  return count;
}

uint32_t uart_send(const uint8_t *bytes, uint32_t count) {
  uint32_t taken = 0;
  while (taken < count && uart.put - uart.sent < TRANSMIT_BYTES) {
    uart.transmit[uart.put % TRANSMIT_BYTES] = bytes[taken++];
    uart.put++;
  }
  uint32_t before = nrf_lock();
  /* An interrupt that has not come (a host that let the line wait, in QEMU) must not stop the sender for good. */
  if (uart.sending && nrf_get(UART_EVENTS_TXDRDY) != 0) {
    nrf_forget(UART_EVENTS_TXDRDY);
    uart.sending = false;
  }
  if (!uart.sending) send_next();
  nrf_unlock(before);
  return taken;
}

int uart_idle(void) { return uart.sent == uart.put && !uart.sending; }

uint32_t uart_losses(void) { return uart.losses; }
