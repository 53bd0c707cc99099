/*
 * A generator of what an accelerometer on a rotating machine measures: shaft orders from imbalance and misalignment, hum of the
 * mains, a bearing whose outer race is pitted, noise, gravity, and the tilt of the board; and of what slower sensors see of the same
 * machine: how warm it is, and how much it makes. Every sample depends on its index and the parameters alone, with the same bits on
 * every target. Knows no sensor and no board.
 */
#ifndef LIMPET_ROTATING_MACHINE_H
#define LIMPET_ROTATING_MACHINE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ROTATING_MACHINE_AXES 3u

typedef struct {
  /* Turns of the shaft a second. */
  double shaft_hz;
  /* Torque as a fraction of the rated one, 0 to 1. */
  float load;
  /* Severities from 0 (none) to 1 (strong). */
  float imbalance;
  float misalignment;
  float bearing;
  /* Standard deviation of the sensor's noise, g. */
  float noise;
  /* Turn of the board about its x axis, radians. */
  float tilt;
  uint32_t seed;
} rotating_machine;

/*
 * Samples `first` to `first + count` at `rate_hz` in g, interleaved: x across the shaft, y along it, z up (gravity is 1 g on z
 * where nothing is tilted).
 */
void rotating_machine_samples(const rotating_machine *machine, double rate_hz, uint64_t first, float *out, uint32_t count);

/*
 * The same samples of a thermometer on the bearing's housing, degrees Celsius. `running_s`: seconds that the cold machine had run for,
 * at that load and in a room at `ambient`, when sample 0 was taken.
 */
void rotating_machine_celsius(const rotating_machine *machine, float ambient, float running_s, double rate_hz, uint64_t first,
                              float *out, uint32_t count);

/* The same samples of what the driven machine makes, pieces a minute. */
void rotating_machine_pieces(const rotating_machine *machine, uint64_t first, float *out, uint32_t count);

#ifdef __cplusplus
}
#endif

#endif
