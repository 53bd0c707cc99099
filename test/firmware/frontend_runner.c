/*
 * The front end on this machine, for tests. Reads from standard input, again and again until its end: u32 bytes of FRNT, u32 windows,
 * FRNT, then the windows (float32). Writes i32 status, u32 window values, u32 features, and the features of each window. Where the
 * status is not 0, no windows follow.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../../firmware/frontend/frontend.h"

static void read_exactly(void *out, size_t bytes) {
  if (fread(out, 1, bytes, stdin) != bytes) exit(2);
}

int main(void) {
  uint32_t head[2];
  while (fread(head, 1, sizeof head, stdin) == sizeof head) {
    /* Of exactly that size, so that a sanitizer sees the first byte beyond. */
    uint8_t *frnt = malloc(head[0] > 0 ? head[0] : 1);
    read_exactly(frnt, head[0]);
    frontend_size size;
    int32_t status = frontend_measure(frnt, head[0], &size);
    uint32_t answer[3] = {(uint32_t)status, size.window_values, size.feature_count};
    fwrite(answer, sizeof answer, 1, stdout);
    if (status == 0) {
      float *window = malloc(size.window_values * sizeof(float));
      float *features = malloc(size.feature_count * sizeof(float));
      void *scratch = malloc(size.scratch_bytes > 0 ? size.scratch_bytes : 1);
      for (uint32_t i = 0; i < head[1]; i++) {
        read_exactly(window, size.window_values * sizeof(float));
        frontend_compute(frnt, head[0], window, scratch, features);
        fwrite(features, sizeof(float), size.feature_count, stdout);
      }
      free(window);
      free(features);
      free(scratch);
    }
    free(frnt);
  }
  return 0;
}
