/*
 * Arduino's core on this machine, as far as the exported sketch uses it: numbers come from standard input, prints go to standard
 * output. For the tests.
 */
#include <cstdint>
#include <cstdio>
#include <cstdlib>

struct {
  void begin(long) {}
  explicit operator bool() const { return true; }
  int available() {
    int next;
    do next = getchar();
    while (next == ' ' || next == '\n' || next == ',');
    if (next == EOF) exit(0);
    ungetc(next, stdin);
    return 1;
  }
  float parseFloat() {
    float value = 0;
    return scanf("%f", &value) == 1 ? value : 0;
  }
  void print(const char *text) { printf("%s", text); }
  void print(float value, int) { printf("%.9g", static_cast<double>(value)); }
  void println(const char *text) { printf("%s\n", text); }
  void println(int value) { printf("%d\n", value); }
} Serial;

static void delay(unsigned) { exit(1); }

#include SKETCH

int main() {
  setup();
  for (;;) loop();
}
