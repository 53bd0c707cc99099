/* UART0 as the line: 115,200 baud, 8N1, no flow control, a ring on either side, moved by interrupts. Knows no frames. */
#ifndef LIMPET_NRF_UART_H
#define LIMPET_NRF_UART_H

#include <stdbool.h>
#include <stdint.h>

/* Pins as NRF_PIN gives them. */
void uart_open(uint32_t transmit_pin, uint32_t receive_pin);
/* Takes bytes that have come; returns how many. */
uint32_t uart_receive(uint8_t *out, uint32_t max);
/* Takes bytes to be sent while there is room; returns how many. */
uint32_t uart_send(const uint8_t *bytes, uint32_t count);
/* Whether all has gone out. */
int uart_idle(void);
/* Bytes lost because the ring was full, and errors that the receiver saw. */
uint32_t uart_losses(void);

/*
 * Switches the UART off while the board rests, and on again. What comes meanwhile is lost; but uart_called tells that something did: the line
 * went low.
 */
void uart_rest(bool resting);
bool uart_called(void);

void uart_handler(void);

#endif
