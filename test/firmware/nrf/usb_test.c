/*
 * The boards' USB line against a host: enumeration as operating systems do it, descriptors taken apart, every standard request in every
 * state, bulk data in both directions with a host and a board that are slow in turn, halts, the 1200-baud touch, cable in and out.
 * Prints what failed; exit code 1 then.
 */
#include "../../../firmware/boards/nrf/usbd.h"
#include "fake_usbd.h"

static const usb_identity IDENTITY = {0x2341, 0x805a, "Limpet", "Nano 33 BLE Sense", "0123456789ABCDEF"};

/* The board's loop, for so long. */
static void run(uint32_t us) {
  for (uint32_t i = 0; i < us; i += 100) {
    usbd_step();
    fake_pass(100);
  }
}

static void check_configuration(const uint8_t *d, uint32_t count) {
  uint32_t interfaces = 0, endpoints = 0, expected_endpoints = 0, functional = 0;
  uint32_t seen = 0;
  uint32_t at = 9;
  CHECK(d[0] == 9 && d[1] == 2 && (uint32_t)(d[2] | d[3] << 8) == count);
  CHECK((d[7] & 0x80) != 0 && d[8] <= 250);
  while (at < count) {
    const uint8_t *e = d + at;
    if (e[0] < 2 || at + e[0] > count) FATAL("descriptor of %u bytes at %u", e[0], at);
    if (e[1] == 4) {
      CHECK(e[0] == 9 && e[2] == interfaces && e[3] == 0);
      CHECK(endpoints == expected_endpoints);
      CHECK(interfaces == 0 ? e[5] == 2 && e[6] == 2 : e[5] == 0x0a);
      expected_endpoints += e[4];
      interfaces++;
    } else if (e[1] == 5) {
      uint32_t bit = 1u << ((e[2] & 15u) + ((e[2] & 0x80u) != 0 ? 16 : 0));
      CHECK(e[0] == 7 && (e[2] & 15u) != 0 && (e[2] & 15u) < 8 && (seen & bit) == 0);
      seen |= bit;
      uint32_t size = e[4] | (uint32_t)e[5] << 8;
      /* Bulk: 8, 16, 32 or 64 at full speed; interrupt: up to 64, polled every 1 to 255 ms. */
      CHECK(e[3] == 2 ? size == 64 : e[3] == 3 && size <= 64 && e[6] >= 1);
      endpoints++;
    } else {
      CHECK(e[1] == 0x24 && interfaces == 1);
      functional |= 1u << e[2];
      if (e[2] == 6) CHECK(e[3] == 0 && e[4] == 1);
      if (e[2] == 1) CHECK(e[4] == 1);
    }
    at += e[0];
  }
  CHECK(at == count && interfaces == d[4] && endpoints == expected_endpoints && endpoints == 3);
  /* Header, call management, ACM, union. */
  CHECK(functional == (1u << 0 | 1u << 1 | 1u << 2 | 1u << 6));
}

static void check_string(uint8_t number, const char *text) {
  uint8_t data[255];
  int count = fake_usb_control(0x80, 6, (uint16_t)(0x0300 | number), 0x0409, 255, data);
  CHECK(count == (int)(2 + 2 * strlen(text)) && data[0] == count && data[1] == 3);
  for (size_t i = 0; i < strlen(text); i++) CHECK(data[2 + 2 * i] == (uint8_t)text[i] && data[3 + 2 * i] == 0);
}

/* As Linux does it: 8 bytes, reset, address, all. */
static void enumerate(void) {
  uint8_t data[255];
  fake_usb_reset();
  CHECK(fake_usb_control(0x80, 6, 0x0100, 0, 64, data) == 18);
  fake_usb_reset();
  CHECK(fake_usb_control(0x00, 5, 7, 0, 0, NULL) == 0);
  CHECK(fake_usb_control(0x80, 6, 0x0100, 0, 8, data) == 8);
  CHECK(fake_usb_control(0x80, 6, 0x0100, 0, 18, data) == 18);
  CHECK(data[0] == 18 && data[1] == 1 && data[2] == 0 && data[3] == 2 && data[4] == 2 && data[7] == 64);
  CHECK(data[8] == 0x41 && data[9] == 0x23 && data[10] == 0x5a && data[11] == 0x80 && data[17] == 1);
  CHECK(fake_usb_control(0x80, 6, 0x0600, 0, 10, data) == FAKE_STALL);
  CHECK(fake_usb_control(0x80, 6, 0x0200, 0, 9, data) == 9);
  int count = fake_usb_control(0x80, 6, 0x0200, 0, 255, data);
  CHECK(count == 67);
  check_configuration(data, (uint32_t)count);
  CHECK(fake_usb_control(0x80, 6, 0x0300, 0, 255, data) == 4 && data[2] == 9 && data[3] == 4);
  check_string(1, IDENTITY.manufacturer);
  check_string(2, IDENTITY.name);
  check_string(3, IDENTITY.serial_number);
  CHECK(fake_usb_control(0x80, 6, 0x0304, 0x0409, 255, data) == FAKE_STALL);
  CHECK(fake_usb_control(0x80, 8, 0, 0, 1, data) == 1 && data[0] == 0);
  CHECK(!usbd_connected());
  CHECK(fake_usb_control(0x00, 9, 1, 0, 0, NULL) == 0);
  CHECK(fake_usb_control(0x80, 8, 0, 0, 1, data) == 1 && data[0] == 1);
  CHECK(usbd_connected());
}

static void line(uint32_t baud, bool ready) {
  uint8_t coding[7] = {(uint8_t)baud, (uint8_t)(baud >> 8), (uint8_t)(baud >> 16), (uint8_t)(baud >> 24), 0, 0, 8};
  uint8_t got[7];
  CHECK(fake_usb_control(0x21, 0x20, 0, 0, 7, coding) == 7);
  CHECK(fake_usb_control(0xa1, 0x21, 0, 0, 7, got) == 7 && memcmp(coding, got, 7) == 0);
  CHECK(fake_usb_control(0x21, 0x22, ready ? 3 : 0, 0, 0, NULL) == 0);
}

/* Requests that a device must refuse or answer, in configured state. */
static void requests(void) {
  uint8_t data[64];
  CHECK(fake_usb_control(0x80, 0, 0, 0, 2, data) == 2 && data[0] == 0 && data[1] == 0);
  CHECK(fake_usb_control(0x81, 0, 0, 1, 2, data) == 2 && data[0] == 0);
  CHECK(fake_usb_control(0x81, 0, 0, 2, 2, data) == FAKE_STALL);
  CHECK(fake_usb_control(0x81, 10, 0, 0, 1, data) == 1 && data[0] == 0);
  CHECK(fake_usb_control(0x01, 11, 0, 1, 0, NULL) == 0);
  CHECK(fake_usb_control(0x01, 11, 1, 1, 0, NULL) == FAKE_STALL);
  CHECK(fake_usb_control(0x00, 9, 2, 0, 0, NULL) == FAKE_STALL);
  CHECK(fake_usb_control(0x00, 3, 1, 0, 0, NULL) == FAKE_STALL);
  CHECK(fake_usb_control(0x00, 7, 0x0100, 0, 0, NULL) == FAKE_STALL);
  CHECK(fake_usb_control(0x82, 0, 0, 0x85, 2, data) == FAKE_STALL);
  CHECK(fake_usb_control(0x82, 12, 0, 0x82, 2, data) == FAKE_STALL);
  CHECK(fake_usb_control(0xc0, 1, 0, 0, 2, data) == FAKE_STALL);
  CHECK(fake_usb_control(0x43, 1, 0, 0, 0, NULL) == FAKE_STALL);
  CHECK(fake_usb_control(0x21, 0x23, 100, 0, 0, NULL) == FAKE_STALL);
  CHECK(fake_usb_control(0x21, 0x20, 0, 0, 8, data) == FAKE_STALL);
  CHECK(fake_usb_control(0x21, 0x22, 1, 1, 0, NULL) == FAKE_STALL);
  /* In the wrong direction, and with no room for the answer. */
  CHECK(fake_usb_control(0x00, 6, 0x0100, 0, 8, data) == FAKE_STALL);
  CHECK(fake_usb_control(0x80, 6, 0x0100, 0, 0, NULL) == 0);
  /* And all others that one byte of type and one of request can say: an answer or a stall, never silence. */
  for (uint32_t type = 0; type < 256; type++) {
    for (uint32_t request = 0; request < 16; request++) {
      if (type == 0 && (request == 5 || request == 9)) continue;
      int result = fake_usb_control((uint8_t)type, (uint8_t)request, 0, 0, (type & 0x80u) != 0 ? 18 : 0, data);
      CHECK(result >= 0 || result == FAKE_STALL);
    }
  }
  CHECK(usbd_connected());
}

static void halts(void) {
  const uint8_t endpoints[3] = {0x81, 0x82, 0x02};
  uint8_t data[64] = {0};
  for (int i = 0; i < 3; i++) {
    uint8_t e = endpoints[i];
    CHECK(fake_usb_control(0x02, 3, 0, e, 0, NULL) == 0);
    CHECK(fake_usb_control(0x82, 0, 0, e, 2, data) == 2 && data[0] == 1);
    if (e == 0x02) CHECK(fake_usb_out(2, data, 10) == FAKE_STALL);
    if (e == 0x82) CHECK(fake_usb_in(2, data) == FAKE_STALL);
    CHECK(fake_usb_control(0x02, 1, 0, e, 0, NULL) == 0);
    CHECK(fake_usb_control(0x82, 0, 0, e, 2, data) == 2 && data[0] == 0);
  }
  CHECK(fake_usb_out(2, (const uint8_t *)"again", 5) == 5);
  CHECK(usbd_receive(data, sizeof data) == 5 && memcmp(data, "again", 5) == 0);
}

static uint32_t next_random(void) {
  static uint32_t state = 12345;
  state = state * 1664525u + 1013904223u;
  return state >> 8;
}

/* The board sends back what it gets; host and board do as they like in turn. */
static void echo(uint32_t total) {
  static uint8_t sent[200000], got[200000], piece[700];
  uint32_t out = 0, taken = 0, in = 0, held = 0, given = 0;
  uint32_t naks = 0;
  for (uint32_t i = 0; i < total; i++) sent[i] = (uint8_t)next_random();
  for (uint32_t turns = 0; in < total; turns++) {
    if (turns > 1000000) FATAL("%u of %u bytes came back", in, total);
    uint32_t what = next_random() % 4;
    if (what <= 1 && out < total) {
      uint32_t count = next_random() % 3 == 0 ? next_random() % 65 : 64;
      if (count > total - out) count = total - out;
      int result = fake_usb_out(2, sent + out, count);
      if (result == FAKE_NAK) naks++;
      else out += (uint32_t)result;
    } else if (what == 2) {
      if (held == given) {
        held = usbd_receive(piece, 1 + next_random() % sizeof piece);
        given = 0;
        taken += held;
      }
      given += usbd_send(piece + given, held - given);
    } else {
      uint8_t packet[64];
      int count = fake_usb_in(2, packet);
      if (count > 0) memcpy(got + in, packet, (size_t)count);
      if (count > 0) in += (uint32_t)count;
    }
  }
  CHECK(taken == total && memcmp(sent, got, total) == 0);
  CHECK(naks > 0);
  uint8_t packet[64];
  CHECK(fake_usb_in(2, packet) <= 0);
}

/* What ends with a full packet ends with an empty one; what ends short does not. */
static void ends(void) {
  uint8_t bytes[128] = {1};
  uint8_t packet[64];
  while (fake_usb_in(2, packet) >= 0) {
  }
  CHECK(usbd_send(bytes, 128) == 128);
  CHECK(fake_usb_in(2, packet) == 64 && fake_usb_in(2, packet) == 64 && fake_usb_in(2, packet) == 0);
  CHECK(fake_usb_in(2, packet) == FAKE_NAK && usbd_idle());
  CHECK(usbd_send(bytes, 5) == 5);
  CHECK(fake_usb_in(2, packet) == 5 && fake_usb_in(2, packet) == FAKE_NAK);
}

/* The host sets the configuration again: data begin with DATA0, whatever was under way. */
static void configured_again(void) {
  uint8_t packet[64];
  for (int turn = 0; turn < 2; turn++) {
    CHECK(usbd_send((const uint8_t *)"odd", 3) == 3);
    CHECK(fake_usb_in(2, packet) == 3);
    CHECK(fake_usb_control(0x00, 9, 1, 0, 0, NULL) == 0);
  }
  CHECK(usbd_send((const uint8_t *)"even", 4) == 4);
  CHECK(fake_usb_in(2, packet) == 4 && memcmp(packet, "even", 4) == 0);
}

static void nobody_listens(void) {
  static uint8_t bytes[10000];
  uint8_t packet[64];
  line(115200, false);
  /* Sends without end, and never fills up. */
  CHECK(usbd_send(bytes, sizeof bytes) == sizeof bytes);
  CHECK(usbd_idle());
  line(115200, true);
  CHECK(fake_usb_in(2, packet) == FAKE_NAK);
  CHECK(usbd_send(bytes, sizeof bytes) < sizeof bytes);
  CHECK(!usbd_idle());
  line(115200, false);
  CHECK(usbd_idle());
}

static void touch(void) {
  line(115200, true);
  line(115200, false);
  CHECK(!usbd_touched());
  line(1200, false);
  CHECK(!usbd_touched());
  line(1200, true);
  CHECK(!usbd_touched());
  fake_usb_reset();
  CHECK(!usbd_touched());
  CHECK(fake_usb_control(0x00, 9, 1, 0, 0, NULL) == 0);
  line(1200, true);
  line(1200, false);
  CHECK(usbd_touched());
}

int main(void) {
  fake_chip();
  fake_usbd();
  chip_start();
  usbd_open(&IDENTITY);
  /* On a battery: nothing happens, and what is sent is dropped. */
  run(5000);
  CHECK(!fake_usb_attached() && usbd_send((const uint8_t *)"x", 1) == 1);
  fake_usb_plug(true);
  run(500);
  CHECK(!fake_usb_attached());
  run(5000);
  CHECK(fake_usb_attached());
  enumerate();
  requests();
  line(115200, true);
  halts();
  echo(150000);
  ends();
  configured_again();
  nobody_listens();
  /* The cable goes and comes. */
  line(115200, true);
  usbd_send((const uint8_t *)"lost", 4);
  fake_usb_plug(false);
  run(1000);
  CHECK(!usbd_connected() && usbd_idle());
  fake_usb_plug(true);
  run(5000);
  CHECK(fake_usb_attached());
  enumerate();
  line(9600, true);
  echo(20000);
  touch();
  usbd_close();
  CHECK(!fake_usb_attached());
  printf("usb: %d failures\n", failures);
  return failures > 0;
}
