#include "fake_usbd.h"

#include "../../../firmware/boards/nrf/usbd.h"

#define PACKET 64u

static struct {
  bool plugged;
  uint64_t plugged_us;
  bool unlocked;
  uint64_t enabled_us;
  bool enabled_well;
  /* Endpoints' buffers in the controller. */
  uint8_t in[8][PACKET];
  uint32_t in_count[8];
  bool in_armed[8];
  uint8_t out[8][PACKET];
  uint32_t out_count[8];
  bool out_full[8];
  bool out_open[8];
  bool stalled_in[8];
  bool stalled_out[8];
  /* Data toggles of IN endpoints, as the device sends and the host expects them. */
  bool toggle[8];
  bool expected[8];
  /* Of the control transfer. */
  bool setup_open;
  bool status_allowed;
  bool control_stalled;
  bool control_receives;
} usb;

static bool dma_announced(void) { return fake_kept(USBD_ERRATA_199) == 0x82; }

static void need_dma(const char *what) {
  if (!dma_announced()) FATAL("errata 199: %s without announcing DMA", what);
}

static void start_in(uint32_t n) {
  uint32_t count = fake_kept(USBD_EPIN_MAXCNT(n));
  need_dma("STARTEPIN");
  if (count > PACKET) FATAL("a packet of %u bytes", count);
  if ((fake_kept(USBD_EPINEN) >> n & 1u) == 0) FATAL("endpoint %u IN is off", n);
  if (usb.in_armed[n] && n != 0) FATAL("endpoint %u IN is overwritten before the host fetched it", n);
  memcpy(usb.in[n], fake_memory(fake_kept(USBD_EPIN_PTR(n))), count);
  usb.in_count[n] = count;
  usb.in_armed[n] = true;
  fake_keep(USBD_EVENTS_ENDEPIN(n), 1);
}

static void start_out(uint32_t n) {
  uint32_t room = fake_kept(USBD_EPOUT_MAXCNT(n));
  need_dma("STARTEPOUT");
  if (!usb.out_full[n]) FATAL("endpoint %u OUT holds nothing", n);
  if (room < usb.out_count[n]) FATAL("endpoint %u OUT: %u bytes into room for %u", n, usb.out_count[n], room);
  memcpy(fake_memory(fake_kept(USBD_EPOUT_PTR(n))), usb.out[n], usb.out_count[n]);
  fake_keep(USBD_EPOUT_AMOUNT(n), usb.out_count[n]);
  usb.out_full[n] = false;
  /* "The endpoint is ready to accept the next packet after the DMA has ended." */
  usb.out_open[n] = true;
  fake_keep(USBD_EVENTS_ENDEPOUT(n), 1);
}

static void enable(bool on) {
  if (!on) {
    memset(usb.in_armed, 0, sizeof usb.in_armed);
    memset(usb.out_open, 0, sizeof usb.out_open);
    memset(usb.out_full, 0, sizeof usb.out_full);
    usb.enabled_well = false;
    fake_keep(USBD_EVENTCAUSE, 0);
    return;
  }
  if (!usb.plugged) FATAL("USBD is enabled without VBUS");
  if (fake_kept(USBD_ERRATA_187) != 3 || fake_kept(USBD_ERRATA_171) != 0xc0) FATAL("USBD is enabled without the errata's sequence");
  if (usb.unlocked) FATAL("errata 187 and 171: left unlocked");
  usb.enabled_us = fake_now_us();
  usb.enabled_well = true;
}

static void pull_up(bool on) {
  if (!on) return;
  bool supplied = (fake_kept(POWER_USBREGSTATUS) & POWER_USBREGSTATUS_OUTPUTRDY) != 0;
  if (!usb.enabled_well || !supplied || fake_kept(CLOCK_HFCLKSTAT) != CLOCK_HFCLKSTAT_RUNNING_XTAL) FATAL("pull-up before USBD is ready");
  if (fake_kept(USBD_ERRATA_187) != 0 || fake_kept(USBD_ERRATA_171) != 0) FATAL("the errata's sequence was not ended");
}

static void set(uint32_t address, uint32_t value) {
  if (dma_announced() && address >= USBD_BASE && address < USBD_BASE + 0x60u &&
      (address < USBD_TASKS_STARTEPIN(0) || address >= USBD_TASKS_STARTEPOUT(8))) {
    FATAL("errata 199: a task at 0x%08x during DMA", address);
  }
  if (address == USBD_INTENCLR) {
    fake_keep(USBD_INTENSET, fake_kept(USBD_INTENSET) & ~value);
    return;
  }
  if (address == USBD_INTENSET) value |= fake_kept(address);
  /* Written ones clear. */
  if (address == USBD_EVENTCAUSE || address == USBD_EPDATASTATUS) value = fake_kept(address) & ~value;
  if (address == USBD_ERRATA_UNLOCK) {
    if (value != USBD_ERRATA_UNLOCK_KEY) FATAL("wrong key");
    usb.unlocked = !usb.unlocked;
    value = usb.unlocked;
  }
  if ((address == USBD_ERRATA_187 || address == USBD_ERRATA_171) && !usb.unlocked) FATAL("written without the key: 0x%08x", address);
  fake_keep(address, value);
  for (uint32_t n = 0; n < 8; n++) {
    if (address == USBD_TASKS_STARTEPIN(n) && value == 1) start_in(n);
    if (address == USBD_TASKS_STARTEPOUT(n) && value == 1) start_out(n);
    if (address == USBD_SIZE_EPOUT(n) && !usb.out_full[n]) usb.out_open[n] = true;
  }
  if (address == USBD_TASKS_EP0STATUS && value == 1) {
    if (!usb.setup_open) FATAL("a status stage without a transfer");
    usb.status_allowed = true;
  }
  if (address == USBD_TASKS_EP0STALL && value == 1) usb.control_stalled = true;
  if (address == USBD_TASKS_EP0RCVOUT && value == 1) usb.control_receives = true;
  if (address == USBD_ENABLE) enable(value == 1);
  if (address == USBD_USBPULLUP) pull_up(value == 1);
  if (address == USBD_EPSTALL) {
    bool *stalled = (value & USBD_IO_IN) != 0 ? usb.stalled_in : usb.stalled_out;
    stalled[value & 7u] = (value & USBD_EPSTALL_STALL) != 0;
  }
  if (address == USBD_DTOGGLE && (value & 0x300u) == USBD_DTOGGLE_DATA0 && (value & USBD_IO_IN) != 0) usb.toggle[value & 7u] = false;
}

static void pass(void) {
  if (usb.enabled_well && fake_kept(USBD_ENABLE) == 1 && fake_now_us() > usb.enabled_us + 60) {
    if (usb.enabled_us != 0) fake_keep(USBD_EVENTCAUSE, fake_kept(USBD_EVENTCAUSE) | USBD_EVENTCAUSE_READY);
    usb.enabled_us = 0;
  }
  uint32_t status = usb.plugged ? POWER_USBREGSTATUS_VBUSDETECT : 0;
  if (usb.plugged && fake_now_us() > usb.plugged_us + 1000) status |= POWER_USBREGSTATUS_OUTPUTRDY;
  fake_keep(POWER_USBREGSTATUS, status);
}

void usbd_handler(void) __attribute__((weak));

static bool asks(void) {
  uint32_t on = fake_kept(USBD_INTENSET);
  return ((on & USBD_INT_USBRESET) != 0 && fake_kept(USBD_EVENTS_USBRESET) != 0) ||
         ((on & USBD_INT_EP0DATADONE) != 0 && fake_kept(USBD_EVENTS_EP0DATADONE) != 0) ||
         ((on & USBD_INT_EP0SETUP) != 0 && fake_kept(USBD_EVENTS_EP0SETUP) != 0) ||
         ((on & USBD_INT_EPDATA) != 0 && fake_kept(USBD_EVENTS_EPDATA) != 0);
}

static const fake_peripheral USBD = {USBD_BASE, USBD_BASE + 0x1000u, NULL, set, pass, asks, usbd_handler, NRF_INTERRUPT(USBD_BASE)};
static const fake_peripheral ERRATA = {0x4006ec00u, 0x4006ee00u, NULL, set, NULL, NULL, NULL, 0};

void fake_usbd(void) {
  memset(&usb, 0, sizeof usb);
  fake_attach(&USBD);
  fake_attach(&ERRATA);
}

void fake_usb_plug(bool in) {
  usb.plugged = in;
  usb.plugged_us = fake_now_us();
  fake_pass(20);
}

bool fake_usb_attached(void) { return usb.plugged && fake_kept(USBD_USBPULLUP) == 1 && fake_kept(USBD_ENABLE) == 1; }

void fake_usb_reset(void) {
  memset(usb.in_armed, 0, sizeof usb.in_armed);
  memset(usb.out_open, 0, sizeof usb.out_open);
  memset(usb.out_full, 0, sizeof usb.out_full);
  memset(usb.stalled_in, 0, sizeof usb.stalled_in);
  memset(usb.stalled_out, 0, sizeof usb.stalled_out);
  fake_keep(USBD_EVENTS_USBRESET, 1);
  fake_pass(50);
}

/* Waits for an answer, as a host does that gets NAK. */
static bool wait_for(const bool *flag) {
  for (int i = 0; i < 100 && !*flag && !usb.control_stalled; i++) fake_pass(20);
  return *flag;
}

static int status_stage(int result) {
  if (!wait_for(&usb.status_allowed)) return usb.control_stalled ? FAKE_STALL : FAKE_NO_ANSWER;
  usb.setup_open = false;
  /* After SET_CONFIGURATION and CLEAR_FEATURE(ENDPOINT_HALT) the host expects DATA0 (USB 2.0, 9.1.1.5 and 9.4.5). */
  uint32_t type = fake_kept(USBD_BMREQUESTTYPE);
  uint32_t request = fake_kept(USBD_BREQUEST);
  if (type == 0 && request == 9) memset(usb.expected, 0, sizeof usb.expected);
  if (type == 2 && request == 1) usb.expected[fake_kept(USBD_WINDEXL) & 7u] = false;
  return result;
}

static int control_in(uint16_t length, uint8_t *data) {
  uint32_t got = 0;
  for (;;) {
    if (!wait_for(&usb.in_armed[0])) return usb.control_stalled ? FAKE_STALL : FAKE_NO_ANSWER;
    if (got + usb.in_count[0] > length) FATAL("%u bytes where %u were asked for", got + usb.in_count[0], length);
    memcpy(data + got, usb.in[0], usb.in_count[0]);
    got += usb.in_count[0];
    usb.in_armed[0] = false;
    bool last = usb.in_count[0] < PACKET || got == length;
    fake_keep(USBD_EVENTS_EP0DATADONE, 1);
    fake_interrupts();
    if (last) return status_stage((int)got);
  }
}

static int control_out(uint16_t length, const uint8_t *data) {
  uint32_t sent = 0;
  while (sent < length) {
    if (!wait_for(&usb.control_receives)) return usb.control_stalled ? FAKE_STALL : FAKE_NO_ANSWER;
    usb.control_receives = false;
    usb.out_count[0] = length - sent < PACKET ? length - sent : PACKET;
    memcpy(usb.out[0], data + sent, usb.out_count[0]);
    usb.out_full[0] = true;
    fake_keep(USBD_SIZE_EPOUT(0), usb.out_count[0]);
    sent += usb.out_count[0];
    fake_keep(USBD_EVENTS_EP0DATADONE, 1);
    fake_interrupts();
  }
  return status_stage((int)sent);
}

int fake_usb_control(uint8_t type, uint8_t request, uint16_t value, uint16_t index, uint16_t length, uint8_t *data) {
  if (!fake_usb_attached()) return FAKE_NO_ANSWER;
  const uint32_t registers[8] = {USBD_BMREQUESTTYPE, USBD_BREQUEST, USBD_WVALUEL, USBD_WVALUEH,
                                 USBD_WINDEXL, USBD_WINDEXH, USBD_WLENGTHL, USBD_WLENGTHH};
  const uint8_t bytes[8] = {type, request, (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)index, (uint8_t)(index >> 8),
                            (uint8_t)length, (uint8_t)(length >> 8)};
  for (int i = 0; i < 8; i++) fake_keep(registers[i], bytes[i]);
  usb.setup_open = true;
  usb.status_allowed = false;
  usb.control_stalled = false;
  usb.control_receives = false;
  usb.in_armed[0] = false;
  fake_keep(USBD_EVENTS_EP0SETUP, 1);
  fake_interrupts();
  if (type == 0 && request == 5) {
    /* The controller answers; firmware that does so too would send a second status stage. */
    if (usb.status_allowed || usb.control_stalled) FATAL("SET_ADDRESS is the controller's");
    return 0;
  }
  if (length > 0) return (type & 0x80u) != 0 ? control_in(length, data) : control_out(length, data);
  return status_stage(0);
}

int fake_usb_out(uint8_t endpoint, const uint8_t *bytes, uint32_t count) {
  if (usb.stalled_out[endpoint]) return FAKE_STALL;
  if ((fake_kept(USBD_EPOUTEN) >> endpoint & 1u) == 0) return FAKE_NO_ANSWER;
  if (!usb.out_open[endpoint] || usb.out_full[endpoint]) return FAKE_NAK;
  memcpy(usb.out[endpoint], bytes, count);
  usb.out_count[endpoint] = count;
  usb.out_full[endpoint] = true;
  usb.out_open[endpoint] = false;
  fake_keep(USBD_SIZE_EPOUT(endpoint), count);
  fake_keep(USBD_EPDATASTATUS, fake_kept(USBD_EPDATASTATUS) | 1u << (16 + endpoint));
  fake_keep(USBD_EVENTS_EPDATA, 1);
  fake_interrupts();
  return (int)count;
}

int fake_usb_in(uint8_t endpoint, uint8_t *bytes) {
  if (usb.stalled_in[endpoint]) return FAKE_STALL;
  if ((fake_kept(USBD_EPINEN) >> endpoint & 1u) == 0) return FAKE_NO_ANSWER;
  if (!usb.in_armed[endpoint]) return FAKE_NAK;
  int count = (int)usb.in_count[endpoint];
  memcpy(bytes, usb.in[endpoint], usb.in_count[endpoint]);
  usb.in_armed[endpoint] = false;
  if (usb.toggle[endpoint] != usb.expected[endpoint]) FATAL("endpoint %u IN: wrong data toggle", endpoint);
  usb.toggle[endpoint] = !usb.toggle[endpoint];
  usb.expected[endpoint] = usb.toggle[endpoint];
  fake_keep(USBD_EPDATASTATUS, fake_kept(USBD_EPDATASTATUS) | 1u << endpoint);
  fake_keep(USBD_EVENTS_EPDATA, 1);
  fake_interrupts();
  return count;
}
