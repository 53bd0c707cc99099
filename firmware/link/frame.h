/*
 * Frames of the link (docs/protocol.md, "Frames"): payload to bytes on the line and back, with check sum and counters. Knows no
 * message type's meaning, no line and no clock.
 */
#ifndef LIMPET_FRAME_H
#define LIMPET_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cobs.h"

#define FRAME_PROTOCOL_VERSION 1
#define FRAME_MAX_PAYLOAD 1024
#define FRAME_OVERHEAD 8
#define FRAME_MAX_BODY (FRAME_MAX_PAYLOAD + FRAME_OVERHEAD)
/* Bytes on the line of the largest frame, with the zero that ends it. */
#define FRAME_MAX_ENCODED (COBS_ENCODED_MAX(FRAME_MAX_BODY) + 1)

/* Bytes of a body in front of the payload. */
#define FRAME_HEAD 4

typedef struct {
  uint8_t type;
  uint16_t sequence;
  const uint8_t *payload;
  size_t payload_bytes;
} frame;

/*
 * Encodes a frame whose payload already lies at body + FRAME_HEAD; `body` holds FRAME_OVERHEAD more bytes than the payload and
 * is changed. `out` holds FRAME_MAX_ENCODED. Returns the bytes to send, the final zero among them; 0 for a payload that is too large.
 */
size_t frame_encode(uint8_t type, uint16_t sequence, uint8_t *body, size_t payload_bytes, uint8_t *out);

/* Decodes what came before a zero, in place. Returns false where code, length, version or check sum is wrong. */
bool frame_decode(uint8_t *bytes, size_t count, frame *out);

/* Takes bytes of the line and finds frames in them. Set to zeros at the start. */
typedef struct {
  uint8_t bytes[FRAME_MAX_ENCODED];
  size_t count;
  bool too_long;
  bool any;
  uint16_t last_sequence;
  uint32_t frames;
  /* Frames that were wrong, and those that a jump of the sequence number shows to be missing. */
  uint32_t errors;
} frame_receiver;

/* Takes one byte. Returns true when it ended a good frame; that stays valid until the next call. */
bool frame_receive(frame_receiver *receiver, uint8_t byte, frame *out);

#endif
