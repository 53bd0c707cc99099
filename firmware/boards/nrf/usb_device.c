#include "usb_device.h"

#include <string.h>

enum {
  GET_STATUS = 0,
  CLEAR_FEATURE = 1,
  SET_FEATURE = 3,
  SET_ADDRESS = 5,
  GET_DESCRIPTOR = 6,
  GET_CONFIGURATION = 8,
  SET_CONFIGURATION = 9,
  GET_INTERFACE = 10,
  SET_INTERFACE = 11,
};
enum { CDC_SET_LINE_CODING = 0x20, CDC_GET_LINE_CODING = 0x21, CDC_SET_CONTROL_LINE_STATE = 0x22 };
enum { DEVICE = 1, CONFIGURATION = 2, STRING = 3 };

#define TYPE_MASK 0x60u
#define TYPE_STANDARD 0x00u
#define TYPE_CLASS 0x20u
#define RECIPIENT_MASK 0x1fu
#define DIRECTION_IN 0x80u
#define ENDPOINT_HALT 0u
#define INTERFACES 2u
#define TOUCH_BAUD 1200u
#define LINE_CODING_BYTES 7u

#define ENDPOINT_NOTIFY_IN (DIRECTION_IN | USB_ENDPOINT_NOTIFY)
#define ENDPOINT_DATA_IN (DIRECTION_IN | USB_ENDPOINT_DATA)
#define ENDPOINT_DATA_OUT USB_ENDPOINT_DATA

#define CONFIGURATION_BYTES 67u
static const uint8_t CONFIGURATION_DESCRIPTOR[CONFIGURATION_BYTES] = {
    /* Configuration: 2 interfaces, value 1, bus-powered, 100 mA. */
    9, CONFIGURATION, CONFIGURATION_BYTES, 0, INTERFACES, 1, 0, 0x80, 50,
    /* Interface 0: communications, abstract control model, AT commands. */
    9, 4, 0, 0, 1, 0x02, 0x02, 0x01, 0,
    /* CDC header 1.10; call management: none, data interface 1; ACM: line coding and state; union of 0 and 1. */
    5, 0x24, 0x00, 0x10, 0x01,
    5, 0x24, 0x01, 0x00, 1,
    4, 0x24, 0x02, 0x02,
    5, 0x24, 0x06, 0, 1,
    /* Notifications: interrupt IN, every 16 ms. */
    7, 5, ENDPOINT_NOTIFY_IN, 0x03, USB_NOTIFY_BYTES, 0, 16,
    /* Interface 1: data. */
    9, 4, 1, 0, 2, 0x0a, 0, 0, 0,
    7, 5, ENDPOINT_DATA_OUT, 0x02, USB_BULK_BYTES, 0, 0,
    7, 5, ENDPOINT_DATA_IN, 0x02, USB_BULK_BYTES, 0, 0,
};

static const uint8_t LINE_CODING_AT_START[LINE_CODING_BYTES] = {0x00, 0xc2, 0x01, 0x00, 0, 0, 8};

void usb_device_reset(usb_device *device) {
  device->configuration = 0;
  device->halted = 0;
  device->terminal_ready = false;
  device->change = USB_CHANGE_CONFIGURATION;
}

void usb_device_open(usb_device *device, const usb_identity *identity) {
  memset(device, 0, sizeof *device);
  device->identity = identity;
  device->baud = 115200;
  memcpy(device->line_coding, LINE_CODING_AT_START, LINE_CODING_BYTES);
}

static usb_answer reply(usb_device *device, const usb_setup *setup, const uint8_t *bytes, uint16_t count) {
  if (count > setup->length) count = setup->length;
  memmove(device->reply, bytes, count);
  device->reply_bytes = count;
  return USB_ANSWER_DATA;
}

static usb_answer device_descriptor(usb_device *device, const usb_setup *setup) {
  const usb_identity *id = device->identity;
  /* USB 2.0, class CDC, release 1.00; strings 1 to 3; one configuration. */
  const uint8_t bytes[18] = {18, DEVICE, 0x00, 0x02, 0x02, 0, 0, USB_CONTROL_BYTES, (uint8_t)id->vendor, (uint8_t)(id->vendor >> 8),
                             (uint8_t)id->product, (uint8_t)(id->product >> 8), 0x00, 0x01, 1, 2, 3, 1};
  return reply(device, setup, bytes, sizeof bytes);
}

static usb_answer string_descriptor(usb_device *device, const usb_setup *setup) {
  const usb_identity *id = device->identity;
  const char *const texts[3] = {id->manufacturer, id->name, id->serial_number};
  uint8_t number = (uint8_t)setup->value;
  uint8_t bytes[2 + 2 * 64];
  bytes[1] = STRING;
  if (number == 0) {
    /* Languages: English (United States). */
    bytes[0] = 4;
    bytes[2] = 0x09;
    bytes[3] = 0x04;
    return reply(device, setup, bytes, 4);
  }
  if (number > 3) return USB_ANSWER_STALL;
  size_t length = strlen(texts[number - 1]);
  if (length > 64) length = 64;
  bytes[0] = (uint8_t)(2 + 2 * length);
  /* UTF-16LE; the texts are ASCII. */
  for (size_t i = 0; i < length; i++) {
    bytes[2 + 2 * i] = (uint8_t)texts[number - 1][i];
    bytes[3 + 2 * i] = 0;
  }
  return reply(device, setup, bytes, bytes[0]);
}

static usb_answer get_descriptor(usb_device *device, const usb_setup *setup) {
  switch (setup->value >> 8) {
    case DEVICE:
      return device_descriptor(device, setup);
    case CONFIGURATION:
      if ((setup->value & 0xffu) != 0) return USB_ANSWER_STALL;
      return reply(device, setup, CONFIGURATION_DESCRIPTOR, CONFIGURATION_BYTES);
    case STRING:
      return string_descriptor(device, setup);
    default:
      /* Among them the qualifier of high-speed devices: this one has full speed only. */
      return USB_ANSWER_STALL;
  }
}

/* Bit of `halted`, or 0 where there is no such endpoint. */
static uint8_t halt_bit(uint16_t endpoint) {
  switch (endpoint) {
    case ENDPOINT_NOTIFY_IN:
      return 1;
    case ENDPOINT_DATA_IN:
      return 2;
    case ENDPOINT_DATA_OUT:
      return 4;
    default:
      return 0;
  }
}

bool usb_device_halted(const usb_device *device, uint8_t endpoint) { return (device->halted & halt_bit(endpoint)) != 0; }

static usb_answer to_device(usb_device *device, const usb_setup *setup) {
  static const uint8_t BUS_POWERED[2] = {0, 0};
  switch (setup->request) {
    case GET_STATUS:
      return reply(device, setup, BUS_POWERED, 2);
    case SET_ADDRESS:
      return USB_ANSWER_NOTHING;
    case GET_DESCRIPTOR:
      return get_descriptor(device, setup);
    case GET_CONFIGURATION:
      return reply(device, setup, &device->configuration, 1);
    case SET_CONFIGURATION:
      if (setup->value > 1) return USB_ANSWER_STALL;
      device->configuration = (uint8_t)setup->value;
      device->halted = 0;
      device->change = USB_CHANGE_CONFIGURATION;
      return USB_ANSWER_STATUS;
    default:
      /* SET_FEATURE and CLEAR_FEATURE too: no remote wake-up, no test modes. */
      return USB_ANSWER_STALL;
  }
}

static usb_answer to_interface(usb_device *device, const usb_setup *setup) {
  static const uint8_t ZEROS[2] = {0, 0};
  if (device->configuration == 0 || setup->index >= INTERFACES) return USB_ANSWER_STALL;
  switch (setup->request) {
    case GET_STATUS:
      return reply(device, setup, ZEROS, 2);
    case GET_INTERFACE:
      return reply(device, setup, ZEROS, 1);
    case SET_INTERFACE:
      if (setup->value != 0) return USB_ANSWER_STALL;
      return USB_ANSWER_STATUS;
    default:
      return USB_ANSWER_STALL;
  }
}

static usb_answer to_endpoint(usb_device *device, const usb_setup *setup) {
  uint8_t bit = halt_bit(setup->index);
  bool control = (setup->index & 0x7fu) == 0;
  if (!control && (bit == 0 || device->configuration == 0)) return USB_ANSWER_STALL;
  if (setup->request == GET_STATUS) {
    uint8_t status[2] = {(device->halted & bit) != 0, 0};
    return reply(device, setup, status, 2);
  }
  if ((setup->request != SET_FEATURE && setup->request != CLEAR_FEATURE) || setup->value != ENDPOINT_HALT) return USB_ANSWER_STALL;
  if (control) return USB_ANSWER_STATUS;
  device->halted = (uint8_t)(setup->request == SET_FEATURE ? device->halted | bit : device->halted & ~bit);
  device->changed_endpoint = (uint8_t)setup->index;
  device->change = USB_CHANGE_HALT;
  return USB_ANSWER_STATUS;
}

static usb_answer to_class(usb_device *device, const usb_setup *setup) {
  if ((setup->request_type & RECIPIENT_MASK) != 1 || setup->index != 0) return USB_ANSWER_STALL;
  switch (setup->request) {
    case CDC_SET_LINE_CODING:
      return setup->length == LINE_CODING_BYTES ? USB_ANSWER_RECEIVE : USB_ANSWER_STALL;
    case CDC_GET_LINE_CODING:
      return reply(device, setup, device->line_coding, LINE_CODING_BYTES);
    case CDC_SET_CONTROL_LINE_STATE: {
      bool ready = (setup->value & 1u) != 0;
      if (device->terminal_ready && !ready && device->baud == TOUCH_BAUD) device->touched = true;
      device->terminal_ready = ready;
      return USB_ANSWER_STATUS;
    }
    default:
      return USB_ANSWER_STALL;
  }
}

/* Whether a request's data goes the way that its type says, and there is none where there may be none. */
static bool sound(const usb_setup *setup) {
  bool to_host = (setup->request_type & DIRECTION_IN) != 0;
  bool class = (setup->request_type & TYPE_MASK) == TYPE_CLASS;
  bool asks = class ? setup->request == CDC_GET_LINE_CODING
                    : setup->request == GET_STATUS || setup->request == GET_DESCRIPTOR ||
                          setup->request == GET_CONFIGURATION || setup->request == GET_INTERFACE;
  bool sends = class && setup->request == CDC_SET_LINE_CODING;
  return asks ? to_host : !to_host && (sends || setup->length == 0);
}

static usb_answer answer(usb_device *device, const usb_setup *setup) {
  if (!sound(setup)) return USB_ANSWER_STALL;
  if ((setup->request_type & TYPE_MASK) == TYPE_CLASS) return to_class(device, setup);
  if ((setup->request_type & TYPE_MASK) != TYPE_STANDARD) return USB_ANSWER_STALL;
  switch (setup->request_type & RECIPIENT_MASK) {
    case 0:
      return to_device(device, setup);
    case 1:
      return to_interface(device, setup);
    case 2:
      return to_endpoint(device, setup);
    default:
      return USB_ANSWER_STALL;
  }
}

usb_answer usb_device_setup(usb_device *device, const usb_setup *setup) {
  device->change = USB_CHANGE_NONE;
  device->reply_bytes = 0;
  usb_answer result = answer(device, setup);
  if (result != USB_ANSWER_DATA) return result;
  /* With no room for data there is no data stage. */
  return setup->length == 0 ? USB_ANSWER_STATUS : USB_ANSWER_DATA;
}

bool usb_device_data(usb_device *device, const usb_setup *setup, const uint8_t *bytes, uint32_t count) {
  if (setup->request != CDC_SET_LINE_CODING || count != LINE_CODING_BYTES) return false;
  memcpy(device->line_coding, bytes, LINE_CODING_BYTES);
  device->baud = bytes[0] | ((uint32_t)bytes[1] << 8) | ((uint32_t)bytes[2] << 16) | ((uint32_t)bytes[3] << 24);
  return true;
}
