/**
 * What a classifier takes on a board, in a model small enough to check by hand (docs/power.md): latency, the currents of the board's
 * states, average power with windows one after the other or one every so often, and how long a battery lasts. Pure; knows figures of
 * boards (resources/boards), not boards.
 */
import type { Goal } from "../../src-shared/contract/index.ts";
import type { BoardPower, SensorPower } from "./board-description.ts";

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

/** One window's work. */
export type WindowLoad = {
  /** How long is measured for one window: the longest of its inputs. */
  readonly windowMs: number;
  /** Time between the starts of windows that follow each other. */
  readonly strideMs: number;
  /** Time that the processor works for one window. */
  readonly latencyMs: number;
  readonly sensors: readonly { readonly sensor: string; readonly rateHz: number }[];
  readonly clockHz: number;
  readonly cyclesPerInstruction: number;
};

/** Currents of a board with the sensors of a load, microamperes, and what the sensors ask of the processor. */
export type PowerStates = {
  readonly volts: number;
  /** The processor at work, without sensors. */
  readonly active: number;
  /** Waiting for samples, without sensors. */
  readonly idle: number;
  /** Between windows, without sensors. */
  readonly sleep: number;
  /** All sensors, with those of the load switched on. */
  readonly sensorsOn: number;
  /** All sensors, switched off. */
  readonly sensorsOff: number;
  /** From switching the sensors on to the first sample that counts. */
  readonly settleMs: number;
  /** Part of the time that the processor spends on samples while the sensors measure, 0..1. */
  readonly sampling: number;
  /** Sensors that the board has no figures for: they count as nothing. */
  readonly unknown: readonly string[];
};

export function powerStates(power: BoardPower, load: WindowLoad): PowerStates {
  const sensors = load.sensors.map(({ sensor, rateHz }) => ({
    rateHz,
    figures: partOf(power, sensor, rateHz),
  }));
  const sum = (value: (figures: SensorPower, rateHz: number) => number): number =>
    sensors.reduce(
      (total, { figures, rateHz }) => total + (figures === null ? 0 : value(figures, rateHz)),
      0,
    );
  const perSecond = sum(
    (figures, rateHz) => figures.instructionsPerSample.value * rateHz + figures.instructionsPerSecond.value,
  );
  const unused = unusedMicroamps(power, load);
  return {
    volts: power.volts.value,
    active: power.activeMicroampsPerMegahertz.value * (load.clockHz / 1e6),
    idle: power.idleMicroamps.value,
    sleep: power.sleepMicroamps.value,
    sensorsOn:
      unused + sum((figures, rateHz) => figures.converterMicroamps.value + microampsAt(figures, rateHz)),
    sensorsOff: unused + sum(({ offMicroamps }) => offMicroamps.value),
    settleMs: Math.max(
      0,
      ...sensors.map(({ figures, rateHz }) =>
        figures === null ? 0 : figures.settle.ms + (1000 * figures.settle.samples) / rateHz,
      ),
    ),
    sampling: Math.min(1, (perSecond * load.cyclesPerInstruction) / load.clockHz),
    unknown: load.sensors.map(({ sensor }) => sensor).filter((_, index) => sensors[index]?.figures === null),
  };
}

/** The part that a board measures with, of those which bear the sensor's name: the one with the nearest rate. */
function partOf(power: BoardPower, sensor: string, rateHz: number): SensorPower | null {
  const distance = ({ rates }: SensorPower): number =>
    Math.min(...rates.map((rate) => Math.abs(Math.log(rate.rateHz / rateHz))));
  const [first, ...others] = power.sensors.filter((one) => one.sensor === sensor);
  return first === undefined
    ? null
    : others.reduce((best, one) => (distance(one) < distance(best) ? one : best), first);
}

/** What the board's other sensors take while they are off; of several parts that one may be, the one that takes most. */
function unusedMicroamps({ sensors }: BoardPower, load: WindowLoad): number {
  const most = new Map<string, number>();
  for (const { sensor, offMicroamps } of sensors) {
    if (load.sensors.some((used) => used.sensor === sensor)) continue;
    most.set(sensor, Math.max(most.get(sensor) ?? 0, offMicroamps.value));
  }
  return [...most.values()].reduce((total, microamps) => total + microamps, 0);
}

/** Current at a rate: the listed one at or above it, else the highest. */
function microampsAt({ rates }: SensorPower, rateHz: number): number {
  const rising = [...rates].sort((a, b) => a.rateHz - b.rateHz);
  const found = rising.find((rate) => rate.rateHz >= rateHz * 0.999) ?? rising.at(-1);
  return found?.microamps ?? 0;
}

/**
 * Average power in milliwatts where windows follow each other: sensors on all the time, the processor at work for `latency / stride` of
 * it and for its samples, 1 at most, else waiting.
 */
export function continuousMilliwatts(states: PowerStates, { latencyMs, strideMs }: WindowLoad): number {
  const work = Math.min(1, latencyMs / strideMs + states.sampling);
  const microamps = states.sensorsOn + states.idle + work * Math.max(0, states.active - states.idle);
  return (states.volts * microamps) / 1000;
}

/** What a window takes that is measured by itself: how long the board is awake, and energy beyond what sleeping would have taken. */
export function singleWindow(
  states: PowerStates,
  load: WindowLoad,
): { readonly awakeMs: number; readonly millijoules: number } {
  const measuring = states.settleMs + load.windowMs;
  const work = load.latencyMs + states.sampling * measuring;
  // Where fetching samples fills the processor, computing begins late: the sensors stay on until it has ended.
  const awakeMs = Math.max(measuring + load.latencyMs, work);
  const waiting = awakeMs - work;
  const above = (microamps: number): number => Math.max(0, microamps - states.sleep);
  const charge =
    awakeMs * (states.sensorsOn - states.sensorsOff) +
    work * above(states.active) +
    waiting * above(states.idle);
  // Microamperes x milliseconds = nanocoulombs.
  return { awakeMs, millijoules: (states.volts * charge) / 1e6 };
}

/** Power with nothing to do, milliwatts: no period gets below it. */
export const sleepMilliwatts = ({ volts, sleep, sensorsOff }: PowerStates): number =>
  (volts * (sleep + sensorsOff)) / 1000;

/** Average power in milliwatts with one window every `everyMs`; windows follow each other where that is too short. */
export function periodicMilliwatts(states: PowerStates, load: WindowLoad, everyMs: number): number {
  const { awakeMs, millijoules } = singleWindow(states, load);
  return everyMs < awakeMs
    ? continuousMilliwatts(states, load)
    : sleepMilliwatts(states) + millijoules / (everyMs / 1000);
}

/**
 * The shortest period, in milliseconds, that keeps to a power: 0 where windows may follow each other, null where not even sleeping
 * keeps to it. Rounded up to whole seconds from ten seconds on, to tenths below.
 */
export function periodFor(states: PowerStates, load: WindowLoad, milliwatts: number): number | null {
  if (continuousMilliwatts(states, load) <= milliwatts) return 0;
  const spare = milliwatts - sleepMilliwatts(states);
  if (spare <= 0) return null;
  const { awakeMs, millijoules } = singleWindow(states, load);
  const wanted = Math.max(awakeMs, (1000 * millijoules) / spare);
  const step = wanted >= 10_000 ? 1000 : 100;
  return Math.ceil(wanted / step - 1e-9) * step;
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

/** Ten years, after which a cell is old whatever it has given (shelf life of alkaline and lithium coin cells). */
const MOST_BATTERY_DAYS = 3650;

/** Days that a battery lasts at an average power, ten years at most; null for mains. Self-discharge is left out. */
export function batteryDays(battery: Goal["battery"], milliwatts: number): number | null {
  const energy = BATTERY_MILLIWATT_HOURS[battery];
  return energy === null || milliwatts <= 0 ? null : Math.min(MOST_BATTERY_DAYS, energy / milliwatts / 24);
}

/** Average power, in milliwatts, at which a battery lasts so many days. */
export function milliwattsFor(battery: "CR2032" | "2xAA", days: number): number {
  return (BATTERY_MILLIWATT_HOURS[battery] as number) / days / 24;
}
