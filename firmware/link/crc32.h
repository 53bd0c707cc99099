/* CRC-32 of IEEE 802.3 (polynomial 0xEDB88320 reflected), as zlib computes it. Knows nothing of frames or packages. */
#ifndef LIMPET_CRC32_H
#define LIMPET_CRC32_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Continues a check sum over `count` bytes. Begin with crc = 0; the result of one call goes into the next. */
uint32_t crc32_update(uint32_t crc, const uint8_t *bytes, size_t count);

#ifdef __cplusplus
}
#endif

#endif
