/* The model slots: updates over the link, the self-test, the choice at the start, going back. */
#include "board_parts.h"

static const uint8_t *package_of(const board *b, int slot) {
  return b->port->flash_map(b->port->context, store_payload_address(&b->models, slot));
}

static int load(board *b, int slot) {
  store_slot info;
  b->loaded = false;
  if (slot == STORE_NONE || !store_inspect(&b->models, slot, &info)) return PIPELINE_CORRUPT;
  int status = pipeline_load(&b->model, package_of(b, slot), info.bytes, b->port->pool, b->port->pool_bytes,
                             b->port->counter, b->port->context);
  b->loaded = status == PIPELINE_OK;
  return status;
}

static int16_t status_of(int pipeline_status) {
  switch (pipeline_status) {
    case PIPELINE_OK:
      return BOARD_OK;
    case PIPELINE_UNSUPPORTED:
      return BOARD_UNSUPPORTED;
    case PIPELINE_TOO_LARGE:
      return BOARD_TOO_LARGE;
    default:
      return BOARD_CORRUPT;
  }
}

static int16_t status_of_store(int store_status) {
  switch (store_status) {
    case STORE_OK:
      return BOARD_OK;
    case STORE_STATE:
      return BOARD_STATE;
    case STORE_ARGUMENT:
      return BOARD_ARGUMENT;
    case STORE_TOO_LARGE:
      return BOARD_TOO_LARGE;
    case STORE_CORRUPT:
      return BOARD_CORRUPT;
    default:
      return BOARD_FLASH;
  }
}

/* Loads the slot in use. One that was never found good is tried once; if it fails, the other one is taken. */
static void settle(board *b) {
  for (int attempt = 0; attempt < 2 && store_choose(&b->models) != STORE_NONE; attempt++) {
    int slot = b->models.active;
    store_slot info;
    pipeline_self_test test;
    store_inspect(&b->models, slot, &info);
    if (info.good) {
      load(b, slot);
      return;
    }
    if (store_mark_tried(&b->models, slot) != STORE_OK) break;
    if (load(b, slot) == PIPELINE_OK && pipeline_test(&b->model, &test) == PIPELINE_OK &&
        store_mark_good(&b->models, slot) == STORE_OK) {
      return;
    }
    b->loaded = false;
  }
  b->models.active = STORE_NONE;
}

void board_models_start(board *b) {
  const board_port *port = b->port;
  if (store_open(&b->models, &port->flash, port->slot_base, port->slot_bytes) == STORE_OK) settle(b);
}

static bool is_streaming(const board *b) {
  for (uint8_t i = 0; i < SENSOR_MAX; i++) {
    if (b->streaming[i]) return true;
  }
  return false;
}

int16_t board_update_begin(board *b, wire_reader *r, wire_writer *w) {
  uint32_t bytes = wire_get_u32(r);
  uint32_t crc = wire_get_u32(r);
  if (r->missing) return BOARD_ARGUMENT;
  /* Erasing flash may hold the processor up; nothing is measured meanwhile. */
  if (is_streaming(b)) return BOARD_STATE;
  board_live_stop(b);
  b->replay = false;
  int16_t status = status_of_store(store_begin(&b->models, bytes, crc));
  wire_put_u8(w, (uint8_t)(b->models.target < 0 ? 0 : b->models.target));
  wire_put_u16(w, b->port->chunk_bytes);
  return status;
}

int16_t board_update_data(board *b, wire_reader *r, wire_writer *w) {
  uint32_t offset = wire_get_u32(r);
  uint32_t count = (uint32_t)wire_left(r);
  const uint8_t *bytes = wire_get_bytes(r, count);
  if (r->missing) return BOARD_ARGUMENT;
  int16_t status = status_of_store(store_write(&b->models, offset, bytes, count));
  wire_put_u32(w, b->models.received_bytes);
  return status;
}

static void put_test(const board *b, int slot, const pipeline_self_test *test, wire_writer *w) {
  const pipeline *m = &b->model;
  wire_put_u8(w, (uint8_t)slot);
  wire_put_u8(w, test->run);
  wire_put_u8(w, test->identical);
  wire_put_u8(w, test->stage);
  wire_put_u32(w, m->arena_bytes);
  wire_put_u32(w, m->pool_bytes);
  wire_put_u32(w, m->frontend_count);
  wire_put_u32(w, m->network_count);
}

int16_t board_update_commit(board *b, wire_writer *w) {
  int slot;
  if (is_streaming(b) || b->live) return BOARD_STATE;
  int16_t status = status_of_store(store_commit(&b->models, &slot));
  if (status != BOARD_OK) return status;
  int before = b->models.active;
  /* From here on a failing power finds a slot that was tried and not found good: the old one is taken at the next start. */
  if (store_mark_tried(&b->models, slot) != STORE_OK) return BOARD_FLASH;
  pipeline_self_test test = {0, 0, 0};
  status = status_of(load(b, slot));
  if (status == BOARD_OK) {
    if (pipeline_test(&b->model, &test) != PIPELINE_OK) status = BOARD_SELF_TEST;
    put_test(b, slot, &test, w);
  }
  if (status == BOARD_OK && store_mark_good(&b->models, slot) != STORE_OK) status = BOARD_FLASH;
  if (status == BOARD_OK) {
    b->models.active = slot;
  } else {
    load(b, before);
  }
  b->replay = false;
  return status;
}

int16_t board_roll_back(board *b, wire_writer *w) {
  if (is_streaming(b)) return BOARD_STATE;
  board_live_stop(b);
  b->replay = false;
  int16_t status = status_of_store(store_roll_back(&b->models));
  if (status != BOARD_OK) return status;
  status = status_of(load(b, b->models.active));
  wire_put_u8(w, (uint8_t)b->models.active);
  return status;
}

int16_t board_read_package(const board *b, wire_reader *r, wire_writer *w) {
  uint32_t offset = wire_get_u32(r);
  uint16_t count = wire_get_u16(r);
  if (r->missing || !b->loaded) return r->missing ? BOARD_ARGUMENT : BOARD_STATE;
  if (offset > b->model.package.count) return BOARD_ARGUMENT;
  uint32_t left = b->model.package.count - offset;
  if (count > left) count = (uint16_t)left;
  wire_put_bytes(w, b->model.package.bytes + offset, count);
  return BOARD_OK;
}
