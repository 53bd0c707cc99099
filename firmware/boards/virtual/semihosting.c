#include "semihosting.h"

#include <string.h>

enum { SYS_OPEN = 0x01, SYS_WRITE = 0x05, SYS_READ = 0x06, SYS_SEEK = 0x0a, SYS_FLEN = 0x0c, SYS_GET_CMDLINE = 0x15, SYS_EXIT = 0x18 };
#define APPLICATION_EXIT 0x20026u

static int32_t host(uint32_t operation, const uint32_t *arguments) {
  register uint32_t r0 __asm("r0") = operation;
  register const uint32_t *r1 __asm("r1") = arguments;
  __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory", "cc");
  return (int32_t)r0;
}

static uint32_t address(const void *pointer) { return (uint32_t)(uintptr_t)pointer; }

int host_open(const char *path, int mode) {
  uint32_t arguments[3] = {address(path), (uint32_t)mode, (uint32_t)strlen(path)};
  return host(SYS_OPEN, arguments);
}

int32_t host_length(int handle) {
  uint32_t arguments[1] = {(uint32_t)handle};
  return host(SYS_FLEN, arguments);
}

static int seek(int handle, uint32_t offset) {
  uint32_t arguments[2] = {(uint32_t)handle, offset};
  return host(SYS_SEEK, arguments) == 0 ? 0 : -1;
}

/* Both answer with the number of bytes that were not moved. */
int host_read_at(int handle, uint32_t offset, void *bytes, uint32_t count) {
  uint32_t arguments[3] = {(uint32_t)handle, address(bytes), count};
  return seek(handle, offset) == 0 && host(SYS_READ, arguments) == 0 ? 0 : -1;
}

int host_write_at(int handle, uint32_t offset, const void *bytes, uint32_t count) {
  uint32_t arguments[3] = {(uint32_t)handle, address(bytes), count};
  return seek(handle, offset) == 0 && host(SYS_WRITE, arguments) == 0 ? 0 : -1;
}

int host_command_line(char *out, uint32_t capacity) {
  uint32_t arguments[2] = {address(out), capacity};
  return host(SYS_GET_CMDLINE, arguments) == 0 ? 0 : -1;
}

void host_exit(void) {
  register uint32_t r0 __asm("r0") = SYS_EXIT;
  register uint32_t r1 __asm("r1") = APPLICATION_EXIT;
  __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory", "cc");
  for (;;) __asm volatile("wfi");
}
