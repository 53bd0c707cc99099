/** The machine that the twin's generator plays: what it is told about it and about the measurement. */

/** What the generator is told about the machine and the measurement. */
export type MachineParameters = {
  /** Samples per second and axis. */
  readonly rateHz: number;
  /** Samples per axis. */
  readonly samples: number;
  readonly seed: number;
  /** Turns of the shaft per second. */
  readonly shaftHz: number;
  /** Torque as a fraction of the rated one, 0..1. */
  readonly load: number;
  /** Severities from 0 (none) to 1 (strong). */
  readonly imbalance: number;
  readonly misalignment: number;
  readonly bearing: number;
  /** Standard deviation of the sensor's noise, g. */
  readonly noise: number;
  /** Tilt of the board on the machine, radians. */
  readonly tilt: number;
};

/** How warm it is. */
export type Warmth = {
  /** Degrees Celsius of the room. */
  readonly ambient: number;
  /** Seconds that it had run for, from cold and at that load, when the recording began. */
  readonly runningSeconds: number;
};
