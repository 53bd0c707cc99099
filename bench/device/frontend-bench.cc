/*
 * One image for mps2-an386 with the firmware's front end and the plain one. Reads `frnt.bin` (section FRNT), `plain.bin` (plain_config) and
 * `window.bin` (float32) in its folder by semihosting, computes the window's features with each, counts instructions, and prints them
 * and how far the features lie apart. A second window that follows by the stride shows what frames used again save.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../../firmware/frontend/frontend.h"
#include "counted.h"
#include "plain_frontend.h"

extern "C" void initialise_monitor_handles(void);
extern "C" void exit(int);

namespace {

constexpr size_t kMostValues = 1 << 16;
alignas(16) uint8_t frnt[4096];
alignas(16) float window[kMostValues];
alignas(16) uint8_t scratch[256 * 1024];
alignas(16) uint8_t kept[64 * 1024];
float features[3][kMostValues / 4];
plain_config config;

size_t Read(const char *name, void *out, size_t most) {
  FILE *file = fopen(name, "rb");
  if (file == nullptr) return 0;
  const size_t count = fread(out, 1, most, file);
  fclose(file);
  return count;
}

double Distance(const float *a, const float *b, size_t count) {
  double most = 0;
  for (size_t i = 0; i < count; i++) most = fmax(most, fabs((double)a[i] - (double)b[i]));
  return most;
}

int Main() {
  const size_t frnt_bytes = Read("frnt.bin", frnt, sizeof frnt);
  const size_t values = Read("window.bin", window, sizeof window) / sizeof(float);
  frontend_size size;
  if (Read("plain.bin", &config, sizeof config) != sizeof config || frnt_bytes == 0) return 1;
  if (frontend_measure(frnt, frnt_bytes, &size) != 0 || size.scratch_bytes > sizeof scratch || size.kept_bytes > sizeof kept) return 1;
  /* Two windows, the second `moved` samples after the first. */
  const uint32_t moved = (uint32_t)(values - size.window_values) / (uint32_t)config.channels;
  counted_start();
  uint32_t from = counted_ticks();
  frontend_compute(frnt, frnt_bytes, window, scratch, features[0]);
  const uint32_t ours = counted_instructions(from, counted_ticks());
  from = counted_ticks();
  plain_frontend_float(&config, window, features[1]);
  const uint32_t plain = counted_instructions(from, counted_ticks());
  from = counted_ticks();
  plain_frontend_double(&config, window, features[2]);
  const uint32_t twice = counted_instructions(from, counted_ticks());
  const double far = Distance(features[0], features[1], size.feature_count);
  const double farther = Distance(features[0], features[2], size.feature_count);
  const uint32_t none = 0;
  uint32_t following = 0;
  if (size.kept_bytes > 0) {
    frontend_advance(frnt, frnt_bytes, window, scratch, kept, &none, features[1]);
    from = counted_ticks();
    frontend_advance(frnt, frnt_bytes, window + moved * (uint32_t)config.channels, scratch, kept, &moved, features[2]);
    following = counted_instructions(from, counted_ticks());
  }
  printf("{\"features\":%lu,\"scratch\":%lu,\"ours\":%lu,\"plainFloat\":%lu,\"plainDouble\":%lu,\"following\":%lu,", (unsigned long)size.feature_count,
         (unsigned long)size.scratch_bytes, (unsigned long)ours, (unsigned long)plain, (unsigned long)twice, (unsigned long)following);
  printf("\"fromFloat\":%.9f,\"fromDouble\":%.9f}\n", far, farther);
  return 0;
}

}  // namespace

int main() {
  initialise_monitor_handles();
  exit(Main());
}
