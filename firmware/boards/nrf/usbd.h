/*
 * USBD as the line: the controller's registers, one CDC ACM function (usb_device.h), a ring on either side. Comes up when there is power
 * on VBUS and goes when it is taken away; the board runs on without it. What is sent while no program has the port open is dropped.
 */
#ifndef LIMPET_NRF_USBD_H
#define LIMPET_NRF_USBD_H

#include "usb_device.h"

/* The identity stays where it is. */
void usbd_open(const usb_identity *identity);

/* Looks after the supply. To be called often, not from interrupts. */
void usbd_step(void);

/* Takes bytes that have come; returns how many. */
uint32_t usbd_receive(uint8_t *out, uint32_t max);

/* Takes bytes to be sent while there is room; returns how many. */
uint32_t usbd_send(const uint8_t *bytes, uint32_t count);

/* Whether all has reached the host, or nobody listens. */
bool usbd_idle(void);

/* Whether a host has configured the device, and whether it has asked for the bootloader. */
bool usbd_connected(void);
/* Whether the socket has power: somebody may listen. */
bool usbd_supplied(void);
bool usbd_touched(void);

/* Leaves the bus, so that the host sees the board go. */
void usbd_close(void);

void usbd_handler(void);

#endif
