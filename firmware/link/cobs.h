/*
 * Consistent overhead byte stuffing (Cheshire and Baker, "Consistent Overhead Byte Stuffing", IEEE/ACM Transactions on
 * Networking 7(2), 1999): removes zero bytes, so that a zero can end a frame. Pure functions over the caller's buffers.
 */
#ifndef LIMPET_COBS_H
#define LIMPET_COBS_H

#include <stddef.h>
#include <stdint.h>

/* Largest encoded size of `count` bytes, without the zero that ends a frame. */
#define COBS_ENCODED_MAX(count) ((count) + (count) / 254 + 1)

/* Encodes `count` bytes into `out`, which holds COBS_ENCODED_MAX(count). Returns the encoded size. Buffers must not overlap. */
size_t cobs_encode(const uint8_t *bytes, size_t count, uint8_t *out);

/*
 * Decodes `count` bytes (without the zero that ended them) into `out` of `capacity` bytes; `out` may be `bytes`. Returns the
 * decoded size, or -1 where the code is wrong or does not fit.
 */
ptrdiff_t cobs_decode(const uint8_t *bytes, size_t count, uint8_t *out, size_t capacity);

#endif
