/* UART0 with the receiver's 6 bytes and the sender's one, at 115,200 baud (nRF52840 PS, UART). */
#ifndef LIMPET_FAKE_UART_H
#define LIMPET_FAKE_UART_H

#include "fake.h"

/* A start bit, 8 bits and a stop bit. */
#define FAKE_UART_BYTE_US 87u
#define FAKE_UART_WIRE_BYTES 100000u

void fake_uart(void);
/* A byte arrives now; at a receiver that is off it is lost. */
void fake_uart_receive(uint8_t byte);
/* Bytes arrive one after the other from now on; they stay where they are until then. */
void fake_uart_feed(const uint8_t *bytes, uint32_t count);
/* Whether such bytes are still arriving. */
bool fake_uart_fed(void);
/* Takes what was sent; returns how much. */
uint32_t fake_uart_sent(uint8_t *out, uint32_t most);
/* Bytes that found the receiver full. */
uint32_t fake_uart_overruns(void);

#endif
