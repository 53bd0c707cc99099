/* The board's description of itself: HELLO's body. */
#include "board_parts.h"
#include "version.h"

static void put_model(const board *b, wire_writer *w) {
  const pipeline *m = &b->model;
  wire_put_u8(w, (uint8_t)(b->models.active + 1));
  wire_put_bytes(w, m->package.hash, 32);
  if (m->package.name.count == 0) {
    wire_put_u8(w, 0);
  } else {
    wire_put_bytes(w, m->package.name.bytes, 1u + m->package.name.bytes[0]);
  }
  wire_put_u8(w, m->package.label_count);
  const uint8_t *label = m->package.labels.bytes;
  for (uint8_t i = 0; i < m->package.label_count; i++) {
    wire_put_bytes(w, label, 1u + label[0]);
    label += 1u + label[0];
  }
}

static void put_sensor(const sensor_description *d, wire_writer *w) {
  wire_put_text(w, d->id);
  wire_put_u8(w, d->kind);
  wire_put_u8(w, d->sample_type);
  wire_put_f32(w, d->resolution);
  wire_put_text(w, d->unit);
  wire_put_u8(w, d->channels);
  for (uint8_t i = 0; i < d->channels; i++) wire_put_text(w, d->channel_names[i]);
  wire_put_u8(w, d->rate_count);
  for (uint8_t i = 0; i < d->rate_count; i++) wire_put_f32(w, d->rates[i]);
}

void board_write_hello(const board *b, wire_writer *w) {
  const board_port *port = b->port;
  wire_put_u16(w, FRAME_PROTOCOL_VERSION);
  wire_put_u16(w, pipeline_frontend_version());
  wire_put_u16(w, LIMPET_PACKAGE_VERSION);
  wire_put_u16(w, FRAME_MAX_PAYLOAD);
  wire_put_text(w, port->kind);
  wire_put_text(w, port->name);
  wire_put_text(w, LIMPET_FIRMWARE_VERSION);
  wire_put_bytes(w, port->firmware_hash, 32);
  wire_put_text(w, port->serial_number);
  wire_put_u8(w, port->counting);
  wire_put_u32(w, port->clock_hz);
  wire_put_u32(w, store_capacity(&b->models));
  wire_put_u32(w, port->pool_bytes);
  if (b->loaded) {
    put_model(b, w);
  } else {
    wire_put_u8(w, 0);
  }
  wire_put_u8(w, port->sensors.count);
  for (uint8_t i = 0; i < port->sensors.count; i++) put_sensor(&port->sensors.descriptions[i], w);
}
