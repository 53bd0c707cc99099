/*
 * The model, all accelerations in g at the housing of the bearing, t in seconds, turns of the shaft
 *   a(t) = f t + w sin(2 pi 0.11 t): the speed wanders by 0.1 % (w = 0.001 f / (2 pi 0.11) turns).
 *
 * - Imbalance: a force that turns with the shaft and grows with its speed squared, F = m e omega^2 (ISO 21940-1): x and z a
 *   quarter turn apart, x more than z because feet give way sideways; the second and third order weakly.
 * - Misalignment: mainly the second order across the shaft and the first two along it (ISO 13373-3, annex on misalignment).
 * - Hum: the stator pulls twice in each period of the mains of 50 Hz; a part of it grows with the load.
 * - Bearing, outer race: the rolling elements pass a pit at f (n / 2) (1 - d / D cos alpha) (McFadden and Smith, "Model for the
 *   vibration produced by a single point defect in a rolling element bearing", Journal of Sound and Vibration 96(1), 1984); n = 9,
 *   d / D = 0.2034 (a bearing 6205). Each passing excites a mode of the housing, A exp(-2 pi zeta f_n t) sin(2 pi f_n t); the pit
 *   lies in the load zone, so A grows with the load. The elements slip: passings scatter by 1 % of their distance, amplitudes by
 *   10 % (Randall and Antoni, "Rolling element bearing diagnostics - a tutorial", Mechanical Systems and Signal Processing 25, 2011).
 * - Noise: of the machine, which grows with the load, and of the sensor; normally distributed (Box and Muller 1958).
 *
 * - Temperature of the housing: a body that is heated by losses and cooled by the room, of first order: ambient + rise (1 - exp(-t / tau))
 *   (the thermal time constant of IEC 60034-1). Losses are a part that is always there (iron, friction, fan) and one that grows with the
 *   square of the load (copper). A pitted bearing adds friction, which grows with the load that it carries, and an imbalance a little.
 * - Pieces: the machine is driven by the shaft, and makes the more the higher the load; light pieces, a tenth of the rated
 *   number, are no load to speak of: rated pieces x speed / rated speed x (0.1 + 0.9 load).
 *
 * Amplitudes are a motor's of about 1 kW, chosen by us: an imbalance of 1 gives 0.6 g at 25 turns a second; rises and pieces, too.
 */
#include "rotating_machine.h"

#include "../../maths/maths.h"

#define WANDER_HZ 0.11
#define WANDER 0.001
#define MAINS_HZ 50.0
#define REFERENCE_HZ 25.0f

/* (9 / 2) (1 - 0.2034) */
#define OUTER_RACE_ORDER 3.5847
#define SLIP 0.01f
#define SCATTER 0.1f
#define DAMPING 0.08f
#define MODE_HZ 3000.0
/* The mode lies where the sensor still measures it, whatever its rate. */
#define MODE_OF_RATE 0.3
/* Passings whose ringing still counts: after 6 time constants 0.25 % is left. */
#define TIME_CONSTANTS 6.0

/* What the noise of one index is for. */
enum { PURPOSE_MACHINE = 0, PURPOSE_SENSOR = 3, PURPOSE_PASSING = 6, PURPOSE_SCATTER = 7, PURPOSE_PHASE = 8, PURPOSE_HEAT = 9, PURPOSE_PIECE = 10, PURPOSES = 16 };

/* Amplitudes in g by axis (x, y, z), phases in turns. */
static const float IMBALANCE[3][3] = {{0.6f, 0.06f, 0.45f}, {0.05f, 0.02f, 0.04f}, {0.02f, 0.01f, 0.015f}};
static const float IMBALANCE_PHASE[3][3] = {{0.25f, 0.1f, 0.0f}, {0.4f, 0.7f, 0.15f}, {0.85f, 0.3f, 0.6f}};
static const float MISALIGNMENT[3][3] = {{0.06f, 0.25f, 0.06f}, {0.35f, 0.3f, 0.3f}, {0.08f, 0.05f, 0.07f}};
static const float MISALIGNMENT_PHASE[3][3] = {{0.6f, 0.5f, 0.35f}, {0.2f, 0.9f, 0.45f}, {0.05f, 0.55f, 0.8f}};
static const float HUM[3] = {0.012f, 0.004f, 0.016f};
static const float HUM_OF_LOAD[3] = {0.02f, 0.006f, 0.026f};
static const float BEARING[3] = {0.8f, 0.4f, 1.4f};
static const float MACHINE_NOISE = 0.008f;

/* Kelvin above the room when it is warm: at rated load, of which a part is always there; of a bearing, of which a part needs no load. */
static const float RISE = 45.0f;
static const float RISE_IDLE = 0.35f;
static const float RISE_BEARING = 18.0f;
static const float RISE_BEARING_IDLE = 0.4f;
static const float RISE_IMBALANCE = 4.0f;
static const float TIME_CONSTANT_S = 1500.0f;
static const float HEAT_NOISE = 0.05f;

/* Pieces a minute at rated speed and load, and how much a minute's count scatters. */
static const float PIECES = 60.0f;
static const float PIECES_IDLE = 0.1f;
static const float PIECES_NOISE = 0.8f;

/* The finalizer of MurmurHash3 (Appleby 2011), twice: a number for each index and purpose. */
static uint32_t hash(uint32_t seed, uint64_t index, uint32_t purpose) {
  uint32_t words[3] = {seed * PURPOSES + purpose, (uint32_t)index, (uint32_t)(index >> 32)};
  uint32_t h = 0x9e3779b9u;
  for (int i = 0; i < 3; i++) {
    h ^= words[i];
    h ^= h >> 16;
    h *= 0x85ebca6bu;
    h ^= h >> 13;
    h *= 0xc2b2ae35u;
    h ^= h >> 16;
  }
  return h;
}

/* From above 0 to 1, 24 bits. */
static float uniform(uint32_t h) { return (float)((h >> 8) + 1u) * 0x1p-24f; }

static float normal(uint32_t seed, uint64_t index, uint32_t purpose) {
  uint32_t h = hash(seed, index, purpose);
  float radius = maths_root(-2.0f * maths_log(uniform(h)));
  return radius * maths_cosine(uniform(hash(h, index, purpose)));
}

/* The part behind the point, from 0 to 1. */
static float fraction(double turns) {
  double part = turns - (double)(int64_t)turns;
  return (float)(part < 0.0 ? part + 1.0 : part);
}

static double wandered(const rotating_machine *m, double t) {
  double w = WANDER * m->shaft_hz / (6.283185307179586 * WANDER_HZ);
  return m->shaft_hz * t + w * (double)maths_sine(fraction(WANDER_HZ * t));
}

/* Orders 1 to 3 of the shaft. */
static void add_orders(const rotating_machine *m, double turns, float *a) {
  float speed = (float)m->shaft_hz / REFERENCE_HZ;
  float pull = m->imbalance * speed * speed;
  for (int order = 0; order < 3; order++) {
    float angle = fraction(turns * (double)(order + 1));
    for (int axis = 0; axis < 3; axis++) {
      a[axis] += pull * IMBALANCE[order][axis] * maths_sine(angle + IMBALANCE_PHASE[order][axis]) +
                 m->misalignment * MISALIGNMENT[order][axis] * maths_sine(angle + MISALIGNMENT_PHASE[order][axis]);
    }
  }
}

static void add_hum(const rotating_machine *m, double t, float *a) {
  float wave = maths_sine(fraction(2.0 * MAINS_HZ * t + (double)uniform(hash(m->seed, 0, PURPOSE_PHASE))));
  for (int axis = 0; axis < 3; axis++) a[axis] += (HUM[axis] + m->load * HUM_OF_LOAD[axis]) * wave;
}

/* The ringing of every passing of a rolling element that still counts. */
static void add_bearing(const rotating_machine *m, double rate_hz, double turns, float *a) {
  double mode_hz = MODE_OF_RATE * rate_hz < MODE_HZ ? MODE_OF_RATE * rate_hz : MODE_HZ;
  float decay = 6.28318531f * DAMPING * (float)mode_hz;
  double passings = turns * OUTER_RACE_ORDER;
  double passing_hz = m->shaft_hz * OUTER_RACE_ORDER;
  /* One more on either side: slip may bring it forward. */
  int64_t last = (int64_t)passings + 1;
  int64_t first = (int64_t)(passings - TIME_CONSTANTS / (double)decay * passing_hz) - 1;
  float ringing = 0.0f;
  for (int64_t k = first < 0 ? 0 : first; k <= last; k++) {
    double at = (double)k + (double)(SLIP * normal(m->seed, (uint64_t)k, PURPOSE_PASSING));
    double since = (passings - at) / passing_hz;
    if (since < 0.0 || since * (double)decay > TIME_CONSTANTS) continue;
    float amplitude = 1.0f + SCATTER * normal(m->seed, (uint64_t)k, PURPOSE_SCATTER);
    ringing += amplitude * maths_exp(-decay * (float)since) * maths_sine(fraction(mode_hz * since));
  }
  float strength = m->bearing * (0.5f + 0.5f * m->load);
  for (int axis = 0; axis < 3; axis++) a[axis] += strength * BEARING[axis] * ringing;
}

static void tilt(float cosine, float sine, float *a) {
  float y = a[1];
  float z = a[2];
  a[1] = cosine * y + sine * z;
  a[2] = cosine * z - sine * y;
}

void rotating_machine_samples(const rotating_machine *m, double rate_hz, uint64_t first, float *out, uint32_t count) {
  float turn = m->tilt * 0.159154943f;
  float cosine = maths_cosine(turn);
  float sine = maths_sine(turn);
  float roughness = MACHINE_NOISE * (1.0f + m->load);
  double begin = (double)uniform(hash(m->seed, 1, PURPOSE_PHASE));
  for (uint64_t i = first; i < first + count; i++) {
    float a[3] = {0.0f, 0.0f, 1.0f};
    double t = (double)i / rate_hz;
    double turns = begin + wandered(m, t);
    add_orders(m, turns, a);
    add_hum(m, t, a);
    if (m->bearing > 0.0f) add_bearing(m, rate_hz, turns, a);
    for (uint32_t axis = 0; axis < 3; axis++) a[axis] += roughness * normal(m->seed, i, PURPOSE_MACHINE + axis);
    tilt(cosine, sine, a);
    for (uint32_t axis = 0; axis < 3; axis++) {
      *out++ = a[axis] + (m->noise > 0.0f ? m->noise * normal(m->seed, i, PURPOSE_SENSOR + axis) : 0.0f);
    }
  }
}

void rotating_machine_celsius(const rotating_machine *m, float ambient, float running_s, double rate_hz, uint64_t first,
                              float *out, uint32_t count) {
  float losses = RISE * (RISE_IDLE + (1.0f - RISE_IDLE) * m->load * m->load);
  float friction = RISE_BEARING * m->bearing * (RISE_BEARING_IDLE + (1.0f - RISE_BEARING_IDLE) * m->load);
  float rise = losses + friction + RISE_IMBALANCE * m->imbalance;
  for (uint64_t i = first; i < first + count; i++) {
    float t = running_s + (float)((double)i / rate_hz);
    *out++ = ambient + rise * (1.0f - maths_exp(-t / TIME_CONSTANT_S)) + HEAT_NOISE * normal(m->seed, i, PURPOSE_HEAT);
  }
}

void rotating_machine_pieces(const rotating_machine *m, uint64_t first, float *out, uint32_t count) {
  float mean = PIECES * (float)m->shaft_hz / REFERENCE_HZ * (PIECES_IDLE + (1.0f - PIECES_IDLE) * m->load);
  for (uint64_t i = first; i < first + count; i++) {
    float pieces = mean + PIECES_NOISE * normal(m->seed, i, PURPOSE_PIECE);
    *out++ = pieces < 0.0f ? 0.0f : pieces;
  }
}
