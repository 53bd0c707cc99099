#include "frame.h"

#include "crc32.h"

size_t frame_encode(uint8_t type, uint16_t sequence, uint8_t *body, size_t payload_bytes, uint8_t *out) {
  if (payload_bytes > FRAME_MAX_PAYLOAD) return 0;
  size_t checked = FRAME_HEAD + payload_bytes;
  body[0] = FRAME_PROTOCOL_VERSION;
  body[1] = type;
  body[2] = (uint8_t)sequence;
  body[3] = (uint8_t)(sequence >> 8);
  uint32_t crc = crc32_update(0, body, checked);
  for (unsigned i = 0; i < 4; i++) body[checked + i] = (uint8_t)(crc >> (8 * i));
  size_t encoded = cobs_encode(body, checked + 4, out);
  out[encoded] = 0;
  return encoded + 1;
}

bool frame_decode(uint8_t *bytes, size_t count, frame *out) {
  ptrdiff_t size = cobs_decode(bytes, count, bytes, count);
  if (size < FRAME_OVERHEAD || size > FRAME_MAX_BODY) return false;
  size_t checked = (size_t)size - 4;
  uint32_t crc = 0;
  for (unsigned i = 0; i < 4; i++) crc |= (uint32_t)bytes[checked + i] << (8 * i);
  if (crc32_update(0, bytes, checked) != crc || bytes[0] != FRAME_PROTOCOL_VERSION) return false;
  out->type = bytes[1];
  out->sequence = (uint16_t)(bytes[2] | (bytes[3] << 8));
  out->payload = bytes + FRAME_HEAD;
  out->payload_bytes = checked - FRAME_HEAD;
  return true;
}

bool frame_receive(frame_receiver *receiver, uint8_t byte, frame *out) {
  if (byte != 0) {
    if (receiver->count == sizeof receiver->bytes) {
      receiver->too_long = true;
    } else {
      receiver->bytes[receiver->count++] = byte;
    }
    return false;
  }
  size_t count = receiver->count;
  bool too_long = receiver->too_long;
  receiver->count = 0;
  receiver->too_long = false;
  /* A single zero only opens the link or follows another one. */
  if (count == 0) return false;
  if (too_long || !frame_decode(receiver->bytes, count, out)) {
    receiver->errors++;
    return false;
  }
  if (receiver->any) receiver->errors += (uint16_t)(out->sequence - receiver->last_sequence - 1);
  receiver->any = true;
  receiver->last_sequence = out->sequence;
  receiver->frames++;
  return true;
}
