import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  type BoardPower,
  describeBoard,
  describedBoards,
} from "../../src-main/deployment/board-description.ts";
import { deploymentCosts } from "../../src-main/deployment/deployment-costs.ts";
import type { PackageSummary } from "../../src-main/deployment/package-summary.ts";
import {
  batteryDays,
  continuousMilliwatts,
  latencyMs,
  milliwattsFor,
  type PowerStates,
  periodFor,
  periodicMilliwatts,
  powerStates,
  singleWindow,
  sleepMilliwatts,
  type WindowLoad,
} from "../../src-main/deployment/power.ts";
import { powerBudget } from "../../src-main/deployment/power-budget.ts";
import { powerBudget as powerBudgetSchema } from "../../src-shared/contract/index.ts";

const sourced = (value: number) => ({ value, source: "the test" });

/** Round figures, so that the sums below can be done in the head. */
const BOARD: BoardPower = {
  as: "a board of round figures",
  volts: sourced(3),
  activeMicroampsPerMegahertz: sourced(100),
  idleMicroamps: sourced(500),
  sleepMicroamps: sourced(3),
  sensors: [
    {
      sensor: "accelerometer",
      part: "slow",
      rates: [
        { rateHz: 50, microamps: 10 },
        { rateHz: 100, microamps: 20 },
      ],
      source: "the test",
      offMicroamps: sourced(2),
      converterMicroamps: sourced(0),
      settle: { ms: 30, samples: 7, source: "the test" },
      instructionsPerSample: sourced(200),
      instructionsPerSecond: sourced(40_000),
    },
    {
      sensor: "accelerometer",
      part: "fast",
      rates: [{ rateHz: 416, microamps: 150 }],
      source: "the test",
      offMicroamps: sourced(3),
      converterMicroamps: sourced(0),
      settle: { ms: 0, samples: 0, source: "the test" },
      instructionsPerSample: sourced(200),
      instructionsPerSecond: sourced(40_000),
    },
    {
      sensor: "microphone",
      part: "analogue",
      rates: [{ rateHz: 16_000, microamps: 120 }],
      source: "the test",
      offMicroamps: sourced(1),
      converterMicroamps: sourced(600),
      settle: { ms: 32, samples: 0, source: "the test" },
      instructionsPerSample: sourced(100),
      instructionsPerSecond: sourced(0),
    },
  ],
  leftOut: ["The power light is left out."],
};

const LOAD: WindowLoad = {
  windowMs: 1000,
  strideMs: 500,
  latencyMs: 50,
  sensors: [{ sensor: "accelerometer", rateHz: 100 }],
  clockHz: 64e6,
  cyclesPerInstruction: 1.6,
};

describe("the states of a board", () => {
  it("are those of the part with the wanted rate, and other sensors count as switched off", () => {
    const states = powerStates(BOARD, LOAD);
    // 64 MHz x 100 uA; the microphone takes 1 uA off; 30 ms and 7 samples at 100 Hz; (100 x 200 + 40,000) x 1.6 / 64 MHz.
    expect(states).toMatchObject({ active: 6400, idle: 500, sleep: 3, sensorsOn: 21, sensorsOff: 3 });
    expect(states.settleMs).toBeCloseTo(100, 9);
    expect(states.sampling).toBeCloseTo(0.0015, 12);
    const fast = powerStates(BOARD, { ...LOAD, sensors: [{ sensor: "accelerometer", rateHz: 400 }] });
    expect(fast).toMatchObject({ sensorsOn: 151, sensorsOff: 4 });
  });

  it("count a sensor that is off once, at its hungriest part, whichever of its parts the board has", () => {
    const { sensorsOff } = powerStates(BOARD, {
      ...LOAD,
      sensors: [{ sensor: "microphone", rateHz: 16_000 }],
    });
    // The microphone's 1 uA and the fast accelerometer's 3 uA; the slow one would take 2.
    expect(sensorsOff).toBe(4);
  });

  it("add up over several sensors, and name what is not known", () => {
    const sensors = [
      { sensor: "accelerometer", rateHz: 50 },
      { sensor: "microphone", rateHz: 16_000 },
      { sensor: "thermometer", rateHz: 1 },
    ];
    const states = powerStates(BOARD, { ...LOAD, sensors });
    expect(states).toMatchObject({ sensorsOn: 10 + 720, sensorsOff: 3, unknown: ["thermometer"] });
    // 7 samples at 50 Hz and 30 ms: longer than the microphone's 32 ms.
    expect(states.settleMs).toBeCloseTo(170, 9);
  });
});

describe("power by hand", () => {
  const states = powerStates(BOARD, LOAD);

  it("with windows one after the other is sensors, waiting, and the processor for its part of the time", () => {
    // Work: 50 of 500 ms and 0.15 % for samples. 21 + 500 + 0.1015 x 5900 = 1119.85 uA at 3 V.
    expect(continuousMilliwatts(states, LOAD)).toBeCloseTo(3.35955, 6);
    // More than all of the time is all of the time.
    expect(continuousMilliwatts(states, { ...LOAD, latencyMs: 2000 })).toBeCloseTo((3 * 6421) / 1000, 9);
  });

  it("of a single window is the energy beyond sleeping", () => {
    // Awake 100 + 1000 + 50 ms; work 50 + 0.0015 x 1100 = 51.65 ms. 1150 x (21 - 3) + 51.65 x 6397 + 1098.35 x 497 uA ms, at 3 V.
    const { awakeMs, millijoules } = singleWindow(states, LOAD);
    expect(awakeMs).toBeCloseTo(1150, 9);
    expect(millijoules).toBeCloseTo((3 * (20_700 + 330_405.05 + 545_879.95)) / 1e6, 9);
    expect(sleepMilliwatts(states)).toBeCloseTo(0.018, 12);
  });

  it("with a window every minute is that energy over a minute, on top of sleeping", () => {
    // 2.690955 mJ / 60 s = 0.044849 mW, and 0.018 mW asleep.
    expect(periodicMilliwatts(states, LOAD, 60_000)).toBeCloseTo(0.06284925, 8);
    // A period shorter than the window takes: they follow each other.
    expect(periodicMilliwatts(states, LOAD, 1000)).toBe(continuousMilliwatts(states, LOAD));
  });

  it("reaches 1 mW and a year on a CR2032 at the periods that the same energy gives", () => {
    // 2.690955 mJ / (1 - 0.018) mW = 2.74028 s, and 2.690955 mJ / (0.077055 - 0.018) mW = 45.567 s.
    expect(periodFor(states, LOAD, 1)).toBe(2800);
    const year = milliwattsFor("CR2032", 365);
    expect(year).toBeCloseTo(0.0770548, 7);
    const everyMs = periodFor(states, LOAD, year);
    expect(everyMs).toBe(46_000);
    expect(batteryDays("CR2032", periodicMilliwatts(states, LOAD, everyMs ?? 0))).toBeGreaterThanOrEqual(365);
  });

  it("is reached without a pause where there is room, and never where sleeping takes more", () => {
    expect(periodFor(states, LOAD, 3.36)).toBe(0);
    expect(periodFor(states, LOAD, 0.018)).toBeNull();
    expect(periodFor(states, LOAD, 0.017)).toBeNull();
  });
});

describe("the closed formula", () => {
  it("gives what going through the time in small steps gives", () => {
    const cases = JSON.parse(
      readFileSync(join(import.meta.dirname, "../fixtures/power-figures.json"), "utf8"),
    ) as {
      board: Omit<PowerStates, "unknown">;
      load: Pick<WindowLoad, "windowMs" | "latencyMs">;
      everyMs: number;
      milliwatts: number;
    }[];
    expect(cases.length).toBeGreaterThan(10);
    for (const { board, load, everyMs, milliwatts } of cases) {
      const whole: WindowLoad = { ...LOAD, ...load };
      const reckoned = periodicMilliwatts({ ...board, unknown: [] }, whole, everyMs);
      expect(Math.abs(reckoned / milliwatts - 1), JSON.stringify({ board, load })).toBeLessThan(0.002);
    }
  });

  it("keeps to every goal that it says a period reaches, and a step less does not", () => {
    for (const { power } of describedBoards()) {
      if (power === null) continue;
      const states = powerStates(power, LOAD);
      for (const wanted of [0.02, 0.077, 0.3, 1, 3, 10]) {
        const everyMs = periodFor(states, LOAD, wanted);
        if (everyMs === null) {
          expect(sleepMilliwatts(states)).toBeGreaterThanOrEqual(wanted);
        } else if (everyMs > 0) {
          expect(periodicMilliwatts(states, LOAD, everyMs)).toBeLessThanOrEqual(wanted);
          expect(periodicMilliwatts(states, LOAD, everyMs - (everyMs > 10_000 ? 1000 : 100))).toBeGreaterThan(
            wanted,
          );
        } else {
          expect(continuousMilliwatts(states, LOAD)).toBeLessThanOrEqual(wanted);
        }
      }
    }
  });
});

describe("a power budget", () => {
  it("says what it takes as deployed, and which period reaches which goal", () => {
    const budget = powerBudget(BOARD, LOAD, 60_000, { powerMilliwatts: 1 });
    expect(powerBudgetSchema.parse(budget)).toEqual(budget);
    expect(budget.milliwatts).toBeCloseTo(0.06284925, 8);
    expect(budget.sleepMicrowatts).toBeCloseTo(18, 9);
    expect(budget.peakMilliamps).toBeCloseTo(6.421, 9);
    // 675 mWh and 6000 mWh over 0.06284925 mW.
    expect(budget.batteryDays.cr2032).toBeCloseTo(447.5, 1);
    expect(budget.batteryDays.twoAa).toBe(3650);
    expect(budget.reaches.map(({ goal, everyMs }) => [goal, everyMs])).toEqual([
      ["one-milliwatt", 2800],
      ["year-on-cr2032", 46_000],
      // 6000 mWh a year is 0.685 mW: 2.690955 / (0.684932 - 0.018) = 4.035 s.
      ["year-on-two-aa", 4100],
    ]);
    const days = Object.fromEntries(budget.reaches.map((one) => [one.goal, one.days]));
    // 6000 mWh, not the coin cell's 675, at the power that a window every 4.1 s takes: 2.690955 / 4.1 + 0.018 mW.
    expect(days["year-on-two-aa"]).toBeCloseTo(6000 / (2.690955 / 4.1 + 0.018) / 24, 3);
    expect(days["year-on-cr2032"]).toBeCloseTo(675 / (2.690955 / 46 + 0.018) / 24, 3);
    expect(budget.notes).toEqual(["The power light is left out."]);
  });

  it("answers the project's own goal first", () => {
    const { reaches } = powerBudget(BOARD, LOAD, 0, { powerMilliwatts: 5 });
    expect(reaches[0]).toMatchObject({ goal: "goal-power", everyMs: 0 });
    expect(reaches[0]?.milliwatts).toBeCloseTo(3.35955, 6);
  });

  it("says why no period reaches a goal, and what a coin cell does not give", () => {
    const hungry: BoardPower = {
      ...BOARD,
      activeMicroampsPerMegahertz: sourced(300),
      sleepMicroamps: sourced(700),
    };
    const budget = powerBudget(hungry, { ...LOAD, sensors: [{ sensor: "thermometer", rateHz: 1 }] }, 1000, {
      powerMilliwatts: 1,
    });
    expect(budget.reaches[0]).toMatchObject({
      goal: "one-milliwatt",
      everyMs: null,
      milliwatts: null,
      days: null,
    });
    expect(budget.reaches[0]?.reason).toContain("2.1 mW");
    expect(budget.notes).toHaveLength(4);
    expect(budget.notes[0]).toContain("thermometer");
    expect(budget.notes[1]).toContain("follow each other");
    expect(budget.notes[2]).toContain("19 mA");
  });
});

describe("a deployed model's costs", () => {
  const summary = {
    inputs: [
      { sensor: "accelerometer", rateHz: 400, channels: [0, 1], windowSamples: 800, strideSamples: 400 },
      { sensor: "accelerometer", rateHz: 400, channels: [2], windowSamples: 800, strideSamples: 400 },
    ],
    strideSamples: 400,
    alonePeriodMs: 0,
  } as unknown as PackageSummary;
  const board = { kind: "microbit-v2", clockHz: 64e6 };
  const counts = { count: 6_400_000, unit: "cycles" } as const;
  const goal = { battery: "CR2032", powerMilliwatts: 1 } as const;

  it("count a sensor once, and go by the period that the model was deployed with", () => {
    const warnings: string[] = [];
    const always = deploymentCosts(board, summary, counts, goal, warnings);
    expect(always.latencyMs).toBe(100);
    // 73 uA of the accelerometer, 646 waiting, a tenth and the samples' part of 6297.6 - 646; the micro:bit at 3 V.
    const sampling = ((197 * 400 + 39_000) * 1.5) / 64e6;
    expect(always.powerMilliwatts).toBeCloseTo(0.003 * (73 + 646 + (0.1 + sampling) * 5651.6), 9);
    expect(always.batteryDays).toBeCloseTo(28.125 / (always.powerMilliwatts ?? 0), 9);
    const seldom = deploymentCosts(board, { ...summary, alonePeriodMs: 90_000 }, counts, goal, warnings);
    expect(seldom.powerBudget?.everyMs).toBe(90_000);
    expect(seldom.powerMilliwatts).toBeLessThan(0.1);
    expect(warnings).toEqual([]);
  });

  it("are null where nothing was counted or the board has no figures, and a slow board is warned of", () => {
    const warnings: string[] = [];
    expect(deploymentCosts(board, summary, null, goal, warnings)).toMatchObject({
      instructions: null,
      powerBudget: null,
    });
    const pico = deploymentCosts({ kind: "pico", clockHz: 125e6 }, summary, counts, goal, warnings);
    expect(pico).toMatchObject({ instructions: 6_400_000, powerMilliwatts: null, powerBudget: null });
    expect(pico.latencyMs).toBeCloseTo(51.2, 9);
    deploymentCosts(board, summary, { ...counts, count: 128_000_000 }, goal, warnings);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain("miss some");
  });
});

describe("the virtual board", () => {
  it("takes what its processor takes", () => {
    const cost = {
      count: 1_000_000,
      unit: "instructions",
      cyclesPerInstruction: 1.5,
      clockHz: 25e6,
    } as const;
    expect(latencyMs(cost)).toBe(60);
    expect(latencyMs({ ...cost, unit: "cycles" })).toBe(40);
    const power = describeBoard("virtual")?.power;
    if (power === null || power === undefined) throw new Error("the virtual board has figures");
    const load: WindowLoad = { ...LOAD, clockHz: 25e6, latencyMs: 60, strideMs: 500, sensors: [] };
    // 25 MHz x 100 uA = 2500 uA for 12 % of the time, 1.2 uA for the rest, at 3 V.
    const states = powerStates(power, load);
    expect(continuousMilliwatts(states, load)).toBeCloseTo((3 * (1.2 + 0.12 * 2498.8)) / 1000, 9);
    expect(continuousMilliwatts(states, { ...load, latencyMs: 2000 })).toBeCloseTo(7.5, 9);
  });
});

describe("a battery", () => {
  it("holds 675 mWh as a CR2032: 28 days at 1 mW, a year at 77 microwatts", () => {
    expect(batteryDays("CR2032", 1)).toBeCloseTo(28.125, 6);
    expect(batteryDays("2xAA", 1)).toBeCloseTo(250, 6);
    expect(batteryDays("mains", 1)).toBeNull();
    expect(batteryDays("CR2032", 0.001)).toBe(3650);
    expect(milliwattsFor("CR2032", 365) * 1000).toBeCloseTo(77.05, 2);
  });
});

describe("the descriptions of boards", () => {
  it("name a source for every figure of power, and rates that rise", () => {
    const boards = describedBoards().filter(({ power }) => power !== null);
    expect(boards.map(({ board }) => board)).toEqual([
      "microbit-v2",
      "nano-33-ble",
      "virtual",
      "xiao-nrf52840-sense",
    ]);
    for (const { board, power } of boards) {
      for (const { rates, source } of power?.sensors ?? []) {
        expect(source.length, board).toBeGreaterThan(10);
        const hertz = rates.map(({ rateHz }) => rateHz);
        expect([...hertz].sort((a, b) => a - b)).toEqual(hertz);
      }
    }
  });
});
