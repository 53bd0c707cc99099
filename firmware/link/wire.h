/*
 * Little-endian numbers in byte buffers: a writer and a reader that stay within their buffer and remember whether they had to
 * stop. Knows no message.
 */
#ifndef LIMPET_WIRE_H
#define LIMPET_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Writes behind one another. When something does not fit, `overflow` is set and nothing more is written. */
typedef struct {
  uint8_t *bytes;
  size_t capacity;
  size_t count;
  bool overflow;
} wire_writer;

/* Reads behind one another. When bytes are missing, `missing` is set and zeros are read. */
typedef struct {
  const uint8_t *bytes;
  size_t count;
  size_t at;
  bool missing;
} wire_reader;

static inline wire_writer wire_writer_on(uint8_t *bytes, size_t capacity) {
  wire_writer w = {bytes, capacity, 0, false};
  return w;
}

static inline void wire_put_bytes(wire_writer *w, const void *bytes, size_t count) {
  if (w->overflow || w->capacity - w->count < count) {
    w->overflow = true;
    return;
  }
  memcpy(w->bytes + w->count, bytes, count);
  w->count += count;
}

static inline void wire_put_number(wire_writer *w, uint64_t value, unsigned bytes) {
  uint8_t out[8];
  for (unsigned i = 0; i < bytes; i++) out[i] = (uint8_t)(value >> (8 * i));
  wire_put_bytes(w, out, bytes);
}

static inline void wire_put_u8(wire_writer *w, uint8_t value) { wire_put_number(w, value, 1); }
static inline void wire_put_u16(wire_writer *w, uint16_t value) { wire_put_number(w, value, 2); }
static inline void wire_put_u32(wire_writer *w, uint32_t value) { wire_put_number(w, value, 4); }
static inline void wire_put_u64(wire_writer *w, uint64_t value) { wire_put_number(w, value, 8); }

static inline void wire_put_f32(wire_writer *w, float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  wire_put_u32(w, bits);
}

/* A text: u8 length, then at most 255 bytes of it. */
static inline void wire_put_text(wire_writer *w, const char *text) {
  size_t length = strlen(text);
  if (length > 255) length = 255;
  wire_put_u8(w, (uint8_t)length);
  wire_put_bytes(w, text, length);
}

static inline wire_reader wire_reader_on(const uint8_t *bytes, size_t count) {
  wire_reader r = {bytes, count, 0, false};
  return r;
}

static inline size_t wire_left(const wire_reader *r) { return r->count - r->at; }

/* The next `count` bytes, or NULL where they are missing. */
static inline const uint8_t *wire_get_bytes(wire_reader *r, size_t count) {
  if (r->missing || wire_left(r) < count) {
    r->missing = true;
    return NULL;
  }
  const uint8_t *bytes = r->bytes + r->at;
  r->at += count;
  return bytes;
}

static inline uint64_t wire_get_number(wire_reader *r, unsigned count) {
  const uint8_t *bytes = wire_get_bytes(r, count);
  uint64_t value = 0;
  if (bytes != NULL) {
    for (unsigned i = 0; i < count; i++) value |= (uint64_t)bytes[i] << (8 * i);
  }
  return value;
}

static inline uint8_t wire_get_u8(wire_reader *r) { return (uint8_t)wire_get_number(r, 1); }
static inline uint16_t wire_get_u16(wire_reader *r) { return (uint16_t)wire_get_number(r, 2); }
static inline uint32_t wire_get_u32(wire_reader *r) { return (uint32_t)wire_get_number(r, 4); }
static inline uint64_t wire_get_u64(wire_reader *r) { return wire_get_number(r, 8); }

static inline float wire_get_f32(wire_reader *r) {
  uint32_t bits = wire_get_u32(r);
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

#endif
