/**
 * The power budget of a model on a board: what it takes as it runs, and the other way round, which period between windows reaches a
 * goal, or that none does and why. The model is power.ts; docs/power.md says where its figures come from.
 */
import type { Goal, PowerBudget } from "../../src-shared/contract/index.ts";
import type { BoardPower } from "./board-description.ts";
import {
  batteryDays,
  continuousMilliwatts,
  milliwattsFor,
  type PowerStates,
  periodFor,
  periodicMilliwatts,
  powerStates,
  singleWindow,
  sleepMilliwatts,
  type WindowLoad,
} from "./power.ts";

/** What a CR2032 gives in pulses without losing much of what it holds (TI, SWRA349; Nordic Semiconductor and Energizer, "High pulse drain impact"). */
const COIN_CELL_MILLIAMPS = 15;
const YEAR_DAYS = 365;

type Wish = Pick<Goal, "powerMilliwatts">;
type Reach = PowerBudget["reaches"][number];

/**
 * The budget of `load` on a board.
 * @param everyMs period that it was deployed with; 0: windows follow each other
 */
export function powerBudget(
  power: BoardPower,
  load: WindowLoad,
  everyMs: number,
  { powerMilliwatts }: Wish,
): PowerBudget {
  const states = powerStates(power, load);
  const milliwatts =
    everyMs === 0 ? continuousMilliwatts(states, load) : periodicMilliwatts(states, load, everyMs);
  const wishes: readonly (readonly [Reach["goal"], number])[] = [
    ...(powerMilliwatts === 1 ? [] : [["goal-power", powerMilliwatts] as const]),
    ["one-milliwatt", 1],
    ["year-on-cr2032", milliwattsFor("CR2032", YEAR_DAYS)],
    ["year-on-two-aa", milliwattsFor("2xAA", YEAR_DAYS)],
  ];
  const peakMilliamps = (Math.max(states.active, states.idle) + states.sensorsOn) / 1000;
  return {
    part: power.as,
    continuousMilliwatts: continuousMilliwatts(states, load),
    sleepMicrowatts: 1000 * sleepMilliwatts(states),
    windowMillijoules: singleWindow(states, load).millijoules,
    peakMilliamps,
    everyMs,
    milliwatts,
    batteryDays: { cr2032: batteryDays("CR2032", milliwatts), twoAa: batteryDays("2xAA", milliwatts) },
    reaches: wishes.map(([goal, wanted]) => reach(states, load, goal, wanted)),
    notes: notesOn(power, states, load, everyMs, peakMilliamps),
  };
}

function reach(states: PowerStates, load: WindowLoad, goal: Reach["goal"], wanted: number): Reach {
  const everyMs = periodFor(states, load, wanted);
  if (everyMs === null) {
    const floor = 1000 * sleepMilliwatts(states);
    return {
      goal,
      everyMs: null,
      milliwatts: null,
      days: null,
      reason: `Asleep the board takes ${microwatts(floor)}, and ${microwatts(1000 * wanted)} are wanted: no period reaches that.`,
    };
  }
  const milliwatts =
    everyMs === 0 ? continuousMilliwatts(states, load) : periodicMilliwatts(states, load, everyMs);
  const days = batteryDays(goal === "year-on-two-aa" ? "2xAA" : "CR2032", milliwatts);
  return { goal, everyMs, milliwatts, days, reason: null };
}

const microwatts = (value: number): string =>
  value < 1000
    ? `${value < 100 ? value.toPrecision(2) : value.toFixed(0)} µW`
    : `${(value / 1000).toPrecision(2)} mW`;

function notesOn(
  power: BoardPower,
  states: PowerStates,
  load: WindowLoad,
  everyMs: number,
  peakMilliamps: number,
): string[] {
  const { awakeMs } = singleWindow(states, load);
  return [
    // A board without any sensors of its own says so in what is left out.
    ...(power.sensors.length === 0 ? [] : states.unknown).map(
      (sensor) => `What the sensor ${sensor} takes is not known, and is not included.`,
    ),
    ...(everyMs > 0 && everyMs < awakeMs
      ? [
          `A window keeps the board awake for ${(awakeMs / 1000).toFixed(1)} s: with one every ${(everyMs / 1000).toFixed(1)} s they follow each other.`,
        ]
      : []),
    ...(peakMilliamps > COIN_CELL_MILLIAMPS
      ? [
          `At work it takes ${peakMilliamps.toFixed(0)} mA; a CR2032 gives ${COIN_CELL_MILLIAMPS} mA in pulses, and loses much of what it holds above that.`,
        ]
      : []),
    ...power.leftOut,
  ];
}
