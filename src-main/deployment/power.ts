/**
 * Latency, power and battery life of a classifier on a board: a model small enough to check by hand (docs/boards.md, "Power").
 * The processor is awake for every window and asleep between; the sensor is always on. Pure.
 */
import type { Goal } from "../../src-shared/contract/index.ts";
import type { BoardPower } from "./board-description.ts";

export type ComputeCost = {
  /** Instructions (or cycles) for one window, front end and network. */
  readonly count: number;
  readonly unit: "instructions" | "cycles";
  readonly cyclesPerInstruction: number;
  readonly clockHz: number;
};

/** Time that the processor works for one window, milliseconds. */
export function latencyMs({ count, unit, cyclesPerInstruction, clockHz }: ComputeCost): number {
  const cycles = unit === "cycles" ? count : count * cyclesPerInstruction;
  return (cycles / clockHz) * 1000;
}

/**
 * Average power in milliwatts: volts * (sensor + sleep + duty * (active - sleep)).
 * @param strideMs time between the starts of windows; the duty is latency / stride, 1 at most
 */
export function powerMilliwatts(
  power: BoardPower,
  clockHz: number,
  latency: number,
  strideMs: number,
): number {
  const duty = Math.min(1, latency / strideMs);
  const active = power.activeMicroampsPerMegahertz.value * (clockHz / 1e6);
  const sleep = power.sleepMicroamps.value;
  const microamps = power.sensorMicroamps.value + sleep + duty * Math.max(0, active - sleep);
  return (power.volts.value * microamps) / 1000;
}

/**
 * Energy of a battery in milliwatt-hours, null for mains. CR2032: 225 mAh at 3.0 V (typical); two alkaline AA cells in series: 2000 mAh
 * at 3.0 V, a careful figure for low currents, as cells give 1800 to 2850 mAh (both: Wikipedia, "CR2032 battery", "AA battery").
 */
const BATTERY_MILLIWATT_HOURS: Readonly<Record<Goal["battery"], number | null>> = {
  CR2032: 225 * 3,
  "2xAA": 2000 * 3,
  mains: null,
};

/** Days that a battery lasts at an average power; null for mains. Self-discharge is left out. */
export function batteryDays(battery: Goal["battery"], milliwatts: number): number | null {
  const energy = BATTERY_MILLIWATT_HOURS[battery];
  return energy === null || milliwatts <= 0 ? null : energy / milliwatts / 24;
}
