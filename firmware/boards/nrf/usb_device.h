/*
 * What a USB device with one CDC ACM function answers (USB 2.0, chapter 9; USB CDC 1.2 with PSTN 1.2): descriptors, standard requests,
 * line coding, control line state. Pure: setup packets in, answers out. Knows no controller.
 */
#ifndef LIMPET_USB_DEVICE_H
#define LIMPET_USB_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#define USB_CONTROL_BYTES 64u
#define USB_BULK_BYTES 64u
#define USB_NOTIFY_BYTES 16u

/* Endpoint numbers. */
enum { USB_ENDPOINT_NOTIFY = 1, USB_ENDPOINT_DATA = 2 };

typedef struct {
  uint16_t vendor;
  uint16_t product;
  const char *manufacturer;
  const char *name;
  const char *serial_number;
} usb_identity;

/* The 8 bytes that begin a control transfer (USB 2.0, table 9-2). */
typedef struct {
  uint8_t request_type;
  uint8_t request;
  uint16_t value;
  uint16_t index;
  uint16_t length;
} usb_setup;

typedef enum {
  /* No data; the status stage is to be sent. */
  USB_ANSWER_STATUS,
  /* `reply` holds `reply_bytes` for the host, not more than it asked for. */
  USB_ANSWER_DATA,
  /* The host will send `length` bytes; they go to usb_device_data. */
  USB_ANSWER_RECEIVE,
  USB_ANSWER_STALL,
  /* The controller does it by itself. */
  USB_ANSWER_NOTHING,
} usb_answer;

/* What the controller has to do beside the answer. */
typedef enum {
  USB_CHANGE_NONE,
  /* Endpoints of the configuration on or off, as `configuration` says; halts and toggles begin anew. */
  USB_CHANGE_CONFIGURATION,
  /* Endpoint `changed_endpoint` (with bit 7 for IN): halted or not, as `halted` says. */
  USB_CHANGE_HALT,
} usb_change;

typedef struct {
  const usb_identity *identity;
  uint8_t configuration;
  /* Bits 0 and 1: interrupt and bulk IN halted; bit 2: bulk OUT halted. */
  uint8_t halted;
  uint8_t changed_endpoint;
  uint32_t baud;
  uint8_t line_coding[7];
  bool terminal_ready;
  /* The host has closed the port at 1200 baud: it wants the bootloader. */
  bool touched;
  uint8_t reply[256];
  uint16_t reply_bytes;
  usb_change change;
} usb_device;

/* State after switching on; the identity stays where it is. */
void usb_device_open(usb_device *device, const usb_identity *identity);

/* State after a bus reset. */
void usb_device_reset(usb_device *device);

usb_answer usb_device_setup(usb_device *device, const usb_setup *setup);

/* The data stage of a request that was answered with USB_ANSWER_RECEIVE; false where it is to be stalled. */
bool usb_device_data(usb_device *device, const usb_setup *setup, const uint8_t *bytes, uint32_t count);

/* Whether an endpoint address is halted. */
bool usb_device_halted(const usb_device *device, uint8_t endpoint);

#endif
