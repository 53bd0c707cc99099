/*
 * USBD and the host at the other end (nRF52840 PS, USBD; USB 2.0, chapters 8 and 9): control transfers packet by packet, bulk packets with
 * NAK, data toggles, DMA one at a time, and what the errata demand round enabling and DMA.
 */
#ifndef LIMPET_FAKE_USBD_H
#define LIMPET_FAKE_USBD_H

#include "fake.h"

enum { FAKE_STALL = -1, FAKE_NO_ANSWER = -2, FAKE_NAK = -3 };

void fake_usbd(void);

/* The cable: plugged in or out. */
void fake_usb_plug(bool in);
/* Whether the host sees a device: the pull-up is on. */
bool fake_usb_attached(void);
void fake_usb_reset(void);

/*
 * A control transfer. IN: fills `data`, returns how many bytes came. OUT: sends `length` bytes of it, returns that many. Negative: see above.
 * SET_ADDRESS included, which the controller answers by itself.
 */
int fake_usb_control(uint8_t type, uint8_t request, uint16_t value, uint16_t index, uint16_t length, uint8_t *data);

/* One bulk packet to the device, 64 bytes at most; FAKE_NAK where it has no room. */
int fake_usb_out(uint8_t endpoint, const uint8_t *bytes, uint32_t count);
/* One packet from the device: bytes that came, 0 for an empty one. */
int fake_usb_in(uint8_t endpoint, uint8_t *bytes);

#endif
