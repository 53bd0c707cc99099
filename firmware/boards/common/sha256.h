/* SHA-256 (FIPS 180-4), in one go over memory. Knows nothing of images. */
#ifndef LIMPET_SHA256_H
#define LIMPET_SHA256_H

#include <stdint.h>

void sha256(const uint8_t *bytes, uint32_t count, uint8_t out[32]);

#endif
