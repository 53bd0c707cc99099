/* Files of the host by semihosting (ARM, "Semihosting for AArch32 and AArch64", 2.0). Handles and counts as there. */
#ifndef LIMPET_SEMIHOSTING_H
#define LIMPET_SEMIHOSTING_H

#include <stdint.h>

/* Modes of fopen, as numbers: "rb" and "r+b". */
enum { HOST_READ = 1, HOST_UPDATE = 3 };

/* A handle, or -1. */
int host_open(const char *path, int mode);
/* Bytes of the file, or -1. */
int32_t host_length(int handle);
/* 0, or -1 where not all could be read or written. */
int host_read_at(int handle, uint32_t offset, void *bytes, uint32_t count);
int host_write_at(int handle, uint32_t offset, const void *bytes, uint32_t count);
/* The command line that the host gives; 0 or -1. */
int host_command_line(char *out, uint32_t capacity);
/* Ends the emulator. */
void host_exit(void);

#endif
