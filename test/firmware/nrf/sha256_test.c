/* The hash of standard input, in hex. */
#include <stdio.h>
#include <stdlib.h>

#include "../../../firmware/boards/common/sha256.h"

int main(void) {
  static uint8_t bytes[1 << 20];
  uint8_t out[32];
  uint32_t count = (uint32_t)fread(bytes, 1, sizeof bytes, stdin);
  sha256(bytes, count, out);
  for (int i = 0; i < 32; i++) printf("%02x", out[i]);
  return 0;
}
