/* The line of boards whose USB socket is the chip's own: CDC ACM, and the way into the bootloader that the port's 1200-baud touch asks for. */
#ifndef LIMPET_NRF_USB_BOARD_H
#define LIMPET_NRF_USB_BOARD_H

#include "application.h"
#include "usb_device.h"

/* Runs a board over USB. `bootloader_word` is what its bootloader wants to find in GPREGRET. Takes all else from `board`. */
void usb_board_run(const application *board, const usb_identity *identity, uint8_t bootloader_word);

#endif
