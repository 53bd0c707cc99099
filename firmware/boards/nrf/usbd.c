/*
 * nRF52840 PS, USBD. One EasyDMA transfer at a time; it takes microseconds, so it is waited for. Errata of the nRF52840 that are seen to:
 * 171 and 187 round enabling, 199 round DMA; 166 concerns isochronous endpoints, which are not used.
 */
#include "usbd.h"

#include <string.h>

#include "access.h"
#include "chip.h"
#include "registers.h"

/* Powers of two. */
#define RECEIVE_BYTES 4096u
#define TRANSMIT_BYTES 4096u
/* A DMA of 64 bytes ends within some microseconds; more turns than that take. */
#define DMA_TURNS 10000u
#define ENDPOINTS_IN ((1u << 0) | (1u << USB_ENDPOINT_NOTIFY) | (1u << USB_ENDPOINT_DATA))
#define ENDPOINTS_OUT ((1u << 0) | (1u << USB_ENDPOINT_DATA))
#define STATUS_IN(n) (1u << (n))
#define STATUS_OUT(n) (1u << (16u + (n)))

typedef enum { OFF, STARTING, ON } supply_state;

static struct {
  supply_state state;
  usb_device device;
  usb_setup setup;
  /* Of a control transfer's data stage: what has been sent. */
  uint32_t control_sent;
  bool control_sending;
  bool sending;
  bool last_was_full;
  /* A packet of the host waits in the controller until there is room for it. */
  bool waiting;
  uint32_t received;
  uint32_t taken;
  uint32_t put;
  uint32_t sent;
  uint8_t receive[RECEIVE_BYTES];
  uint8_t transmit[TRANSMIT_BYTES];
  /* In RAM, where EasyDMA reaches. */
  uint8_t control[USB_CONTROL_BYTES];
  uint8_t packet[USB_BULK_BYTES];
} usb;

/* Writes behind a lock whose key toggles it: whoever has opened it before must not close it by the attempt. */
static void write_errata(uint32_t address, uint32_t value) {
  bool locked = nrf_get(USBD_ERRATA_UNLOCK) == 0;
  if (locked) nrf_set(USBD_ERRATA_UNLOCK, USBD_ERRATA_UNLOCK_KEY);
  nrf_set(address, value);
  if (locked) nrf_set(USBD_ERRATA_UNLOCK, USBD_ERRATA_UNLOCK_KEY);
}

/* Runs one DMA to its end. Interrupts of USBD must not come between. */
static void run_dma(uint32_t task, uint32_t event) {
  nrf_forget(event);
  nrf_set(USBD_ERRATA_199, 0x82);
  nrf_trigger(task);
  for (uint32_t i = 0; i < DMA_TURNS && nrf_get(event) == 0; i++) {
  }
  nrf_set(USBD_ERRATA_199, 0);
  nrf_forget(event);
}

static void send_control(void) {
  uint32_t left = usb.device.reply_bytes - usb.control_sent;
  uint32_t count = left < USB_CONTROL_BYTES ? left : USB_CONTROL_BYTES;
  memcpy(usb.control, usb.device.reply + usb.control_sent, count);
  usb.control_sent += count;
  /* A last packet that is full ends the stage only where the host expects no more (USB 2.0, 8.5.3.2). */
  usb.control_sending = count == USB_CONTROL_BYTES && usb.device.reply_bytes < usb.setup.length
                            ? true
                            : usb.control_sent < usb.device.reply_bytes;
  nrf_set(USBD_EPIN_PTR(0), nrf_dma_address(usb.control));
  nrf_set(USBD_EPIN_MAXCNT(0), count);
  run_dma(USBD_TASKS_STARTEPIN(0), USBD_EVENTS_ENDEPIN(0));
}

static void send_packet(void) {
  uint32_t count = usb.put - usb.sent;
  if (count > USB_BULK_BYTES) count = USB_BULK_BYTES;
  usb.sending = count > 0 || usb.last_was_full;
  if (!usb.sending) return;
  for (uint32_t i = 0; i < count; i++) usb.packet[i] = usb.transmit[(usb.sent + i) % TRANSMIT_BYTES];
  usb.sent += count;
  /* The host hands data on when a short packet ends it. */
  usb.last_was_full = count == USB_BULK_BYTES;
  nrf_set(USBD_EPIN_PTR(USB_ENDPOINT_DATA), nrf_dma_address(usb.packet));
  nrf_set(USBD_EPIN_MAXCNT(USB_ENDPOINT_DATA), count);
  run_dma(USBD_TASKS_STARTEPIN(USB_ENDPOINT_DATA), USBD_EVENTS_ENDEPIN(USB_ENDPOINT_DATA));
}

static void drop_what_is_to_be_sent(void) {
  usb.sent = usb.put;
  usb.last_was_full = false;
}

/* Fetches the packet that waits, if there is room; until then the controller answers the host with NAK. */
static void fetch_packet(void) {
  if (!usb.waiting || RECEIVE_BYTES - (usb.received - usb.taken) < USB_BULK_BYTES) return;
  uint32_t count = nrf_get(USBD_SIZE_EPOUT(USB_ENDPOINT_DATA));
  if (count > USB_BULK_BYTES) count = USB_BULK_BYTES;
  usb.waiting = false;
  nrf_set(USBD_EPOUT_PTR(USB_ENDPOINT_DATA), nrf_dma_address(usb.packet));
  nrf_set(USBD_EPOUT_MAXCNT(USB_ENDPOINT_DATA), count);
  run_dma(USBD_TASKS_STARTEPOUT(USB_ENDPOINT_DATA), USBD_EVENTS_ENDEPOUT(USB_ENDPOINT_DATA));
  for (uint32_t i = 0; i < count; i++) usb.receive[(usb.received + i) % RECEIVE_BYTES] = usb.packet[i];
  usb.received += count;
}

static void reset_toggle(uint32_t endpoint) {
  nrf_set(USBD_DTOGGLE, endpoint);
  nrf_set(USBD_DTOGGLE, endpoint | USBD_DTOGGLE_DATA0);
}

static void configure(void) {
  bool on = usb.device.configuration != 0;
  usb.sending = false;
  usb.waiting = false;
  drop_what_is_to_be_sent();
  nrf_set(USBD_EPINEN, on ? ENDPOINTS_IN : 1u);
  nrf_set(USBD_EPOUTEN, on ? ENDPOINTS_OUT : 1u);
  if (!on) return;
  const uint32_t endpoints[3] = {USBD_IO_IN | USB_ENDPOINT_NOTIFY, USBD_IO_IN | USB_ENDPOINT_DATA, USB_ENDPOINT_DATA};
  for (uint32_t i = 0; i < 3; i++) {
    nrf_set(USBD_EPSTALL, endpoints[i]);
    reset_toggle(endpoints[i]);
  }
  /* Any value lets the first packet in. */
  nrf_set(USBD_SIZE_EPOUT(USB_ENDPOINT_DATA), 0);
}

static void change_halt(void) {
  uint8_t address = usb.device.changed_endpoint;
  uint32_t endpoint = (address & 0x0fu) | ((address & 0x80u) != 0 ? USBD_IO_IN : 0);
  bool halted = usb_device_halted(&usb.device, address);
  nrf_set(USBD_EPSTALL, endpoint | (halted ? USBD_EPSTALL_STALL : 0));
  if (halted) return;
  reset_toggle(endpoint);
  if (endpoint == USB_ENDPOINT_DATA) nrf_set(USBD_SIZE_EPOUT(USB_ENDPOINT_DATA), 0);
}

static void apply_change(void) {
  if (usb.device.change == USB_CHANGE_CONFIGURATION) configure();
  if (usb.device.change == USB_CHANGE_HALT) change_halt();
  usb.device.change = USB_CHANGE_NONE;
}

static uint16_t read_pair(uint32_t low, uint32_t high) { return (uint16_t)(nrf_get(low) | (nrf_get(high) << 8)); }

static void handle_setup(void) {
  usb.setup = (usb_setup){(uint8_t)nrf_get(USBD_BMREQUESTTYPE), (uint8_t)nrf_get(USBD_BREQUEST),
                          read_pair(USBD_WVALUEL, USBD_WVALUEH), read_pair(USBD_WINDEXL, USBD_WINDEXH),
                          read_pair(USBD_WLENGTHL, USBD_WLENGTHH)};
  usb.control_sending = false;
  usb.control_sent = 0;
  bool was_ready = usb.device.terminal_ready;
  usb_answer answer = usb_device_setup(&usb.device, &usb.setup);
  apply_change();
  if (was_ready && !usb.device.terminal_ready) drop_what_is_to_be_sent();
  switch (answer) {
    case USB_ANSWER_STATUS:
      nrf_trigger(USBD_TASKS_EP0STATUS);
      break;
    case USB_ANSWER_DATA:
      send_control();
      break;
    case USB_ANSWER_RECEIVE:
      nrf_trigger(USBD_TASKS_EP0RCVOUT);
      break;
    case USB_ANSWER_STALL:
      nrf_trigger(USBD_TASKS_EP0STALL);
      break;
    default:
      break;
  }
}

/* A packet of the data stage has been acknowledged, by the host or to it. */
static void handle_control_data(void) {
  if ((usb.setup.request_type & 0x80u) != 0) {
    if (usb.control_sending) {
      send_control();
    } else {
      nrf_trigger(USBD_TASKS_EP0STATUS);
    }
    return;
  }
  uint32_t count = nrf_get(USBD_SIZE_EPOUT(0));
  if (count > USB_CONTROL_BYTES) count = USB_CONTROL_BYTES;
  nrf_set(USBD_EPOUT_PTR(0), nrf_dma_address(usb.control));
  nrf_set(USBD_EPOUT_MAXCNT(0), count);
  run_dma(USBD_TASKS_STARTEPOUT(0), USBD_EVENTS_ENDEPOUT(0));
  bool taken = usb_device_data(&usb.device, &usb.setup, usb.control, count);
  nrf_trigger(taken ? USBD_TASKS_EP0STATUS : USBD_TASKS_EP0STALL);
}

void usbd_handler(void) {
  if (nrf_get(USBD_EVENTS_USBRESET) != 0) {
    nrf_forget(USBD_EVENTS_USBRESET);
    usb_device_reset(&usb.device);
    apply_change();
  }
  if (nrf_get(USBD_EVENTS_EPDATA) != 0) {
    nrf_forget(USBD_EVENTS_EPDATA);
    uint32_t status = nrf_get(USBD_EPDATASTATUS);
    nrf_set(USBD_EPDATASTATUS, status);
    if ((status & STATUS_OUT(USB_ENDPOINT_DATA)) != 0) usb.waiting = true;
    if ((status & STATUS_IN(USB_ENDPOINT_DATA)) != 0) send_packet();
    fetch_packet();
  }
  if (nrf_get(USBD_EVENTS_EP0DATADONE) != 0) {
    nrf_forget(USBD_EVENTS_EP0DATADONE);
    handle_control_data();
  }
  if (nrf_get(USBD_EVENTS_EP0SETUP) != 0) {
    nrf_forget(USBD_EVENTS_EP0SETUP);
    handle_setup();
  }
  chip_wake();
}

void usbd_open(const usb_identity *identity) {
  memset(&usb, 0, sizeof usb);
  usb_device_open(&usb.device, identity);
  /* A bootloader may have left it on; the host must see the device go. */
  usbd_close();
  chip_enable_interrupt(NRF_INTERRUPT(USBD_BASE), CHIP_PRIORITY_USB);
}

static void begin_start(void) {
  nrf_set(USBD_EVENTCAUSE, USBD_EVENTCAUSE_READY);
  write_errata(USBD_ERRATA_187, 3);
  write_errata(USBD_ERRATA_171, 0xc0);
  nrf_set(USBD_ENABLE, 1);
  usb.state = STARTING;
}

/* Enabled, supplied by its regulator, and clocked by the crystal: only then may the host see the device. */
static bool ready_to_connect(void) {
  return (nrf_get(USBD_EVENTCAUSE) & USBD_EVENTCAUSE_READY) != 0 &&
         (nrf_get(POWER_USBREGSTATUS) & POWER_USBREGSTATUS_OUTPUTRDY) != 0 &&
         (nrf_get(CLOCK_HFCLKSTAT) & CLOCK_HFCLKSTAT_RUNNING_XTAL) == CLOCK_HFCLKSTAT_RUNNING_XTAL;
}

static void finish_start(void) {
  nrf_set(USBD_EVENTCAUSE, USBD_EVENTCAUSE_READY);
  write_errata(USBD_ERRATA_171, 0);
  write_errata(USBD_ERRATA_187, 0);
  usb_device_reset(&usb.device);
  apply_change();
  nrf_set(USBD_INTENSET, USBD_INT_USBRESET | USBD_INT_EP0DATADONE | USBD_INT_EP0SETUP | USBD_INT_EPDATA);
  nrf_set(USBD_USBPULLUP, 1);
  usb.state = ON;
}

void usbd_close(void) {
  nrf_set(USBD_INTENCLR, 0xffffffffu);
  nrf_set(USBD_USBPULLUP, 0);
  nrf_set(USBD_ENABLE, 0);
  usb_device_reset(&usb.device);
  usb.state = OFF;
  usb.sending = false;
  usb.waiting = false;
  drop_what_is_to_be_sent();
}

bool usbd_supplied(void) { return (nrf_get(POWER_USBREGSTATUS) & POWER_USBREGSTATUS_VBUSDETECT) != 0; }

void usbd_step(void) {
  if (!usbd_supplied()) {
    if (usb.state != OFF) usbd_close();
  } else if (usb.state == OFF) {
    begin_start();
  } else if (usb.state == STARTING && ready_to_connect()) {
    finish_start();
  }
}

static bool listened_to(void) { return usb.state == ON && usb.device.configuration != 0 && usb.device.terminal_ready; }

uint32_t usbd_receive(uint8_t *out, uint32_t max) {
  uint32_t before = nrf_lock();
  uint32_t count = 0;
  while (count < max && usb.taken != usb.received) {
    out[count++] = usb.receive[usb.taken % RECEIVE_BYTES];
    usb.taken++;
  }
  fetch_packet();
  nrf_unlock(before);
  return count;
}

uint32_t usbd_send(const uint8_t *bytes, uint32_t count) {
  uint32_t before = nrf_lock();
  uint32_t taken = 0;
  if (!listened_to()) {
    taken = count;
  } else {
    while (taken < count && usb.put - usb.sent < TRANSMIT_BYTES) {
      usb.transmit[usb.put % TRANSMIT_BYTES] = bytes[taken++];
      usb.put++;
    }
    if (!usb.sending) send_packet();
  }
  nrf_unlock(before);
  return taken;
}

bool usbd_idle(void) { return !listened_to() || (usb.sent == usb.put && !usb.sending); }

bool usbd_connected(void) { return usb.state == ON && usb.device.configuration != 0; }

bool usbd_touched(void) { return usb.device.touched; }
