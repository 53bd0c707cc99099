#include "usb_board.h"

#include "chip.h"
#include "usbd.h"

/* The host gets the answer to its request, and some time to see the port close, before the device goes. */
#define TOUCH_DELAY_US 50000u
/* And sees it gone for so long that it counts as unplugged. */
#define GONE_US 20000u

static struct {
  uint8_t bootloader_word;
  uint64_t touched_us;
} usb_board;

static void close_line(void) {
  usbd_close();
  chip_wait_us(GONE_US);
}

static void step(void) {
  usbd_step();
  if (!usbd_touched()) return;
  uint64_t now = chip_now_us();
  if (usb_board.touched_us == 0) usb_board.touched_us = now;
  if (now - usb_board.touched_us < TOUCH_DELAY_US) return;
  close_line();
  chip_reset_into_bootloader(usb_board.bootloader_word);
}

void usb_board_run(const application *board, const usb_identity *identity, uint8_t bootloader_word) {
  static application a;
  a = *board;
  a.receive = usbd_receive;
  a.send = usbd_send;
  a.idle = usbd_idle;
  a.step = step;
  a.close = close_line;
  a.called = usbd_supplied;
  a.line_is_power = true;
  usb_board.bootloader_word = bootloader_word;
  usbd_open(identity);
  application_run(&a);
}
