import { describe, expect, it } from "vitest";
import type { SamplesMessage } from "../../src-main/boards/link/messages.ts";
import type { ChosenSensor } from "../../src-main/services/sample-recorder.ts";
import { TriggerGate } from "../../src-main/services/trigger-gate.ts";

const sensor = (index: number, id: string, rateHz: number): ChosenSensor => ({
  index,
  rateHz,
  sensor: {
    id,
    kind: "other",
    sampleType: "int16",
    resolution: 0.01,
    unit: "g",
    channels: ["x"],
    rates: [rateHz],
  },
});
const vibration = sensor(0, "vibration", 1000);
const sound = sensor(1, "sound", 8000);

/** Messages of 20 ms of a sensor that rests at 1 g and from `from` seconds on swings by 0.5 g. */
function* messages(
  { index, rateHz }: ChosenSensor,
  seconds: number,
  from: number,
): Generator<SamplesMessage> {
  const count = rateHz / 50;
  for (let first = 0; first < seconds * rateHz; first += count) {
    const data = Int16Array.from({ length: count }, (_, i) => {
      const t = (first + i) / rateHz;
      return 100 + (t < from ? 0 : 50 * Math.sin(2 * Math.PI * 60 * t));
    });
    const at = BigInt(first);
    yield { kind: "samples", sensor: index, channels: 1, firstSample: at, timeUs: at, count, data };
  }
}

/** Both sensors' messages in the order of their time. */
function inTurn(seconds: number, from: number): SamplesMessage[] {
  const a = [...messages(vibration, seconds, from)];
  const b = [...messages(sound, seconds, from)];
  return a.flatMap((one, index) => [one, b[index] as SamplesMessage]);
}

describe("the hands-free start", () => {
  it("lets nothing through while the signal rests, whatever its mean", () => {
    const gate = new TriggerGate({ level: 0.1, preSeconds: 0.2 }, [vibration, sound]);
    expect(inTurn(3, 10).flatMap((message) => gate.pass(message))).toEqual([]);
    expect(gate.open).toBe(false);
    expect(gate.level).toBeCloseTo(0, 6);
  });

  it("begins every sensor at the same moment, so much before the level was reached, without a gap", () => {
    const gate = new TriggerGate({ level: 0.1, preSeconds: 0.2 }, [vibration, sound]);
    const passed = inTurn(4, 2.01).flatMap((message) => gate.pass(message));
    expect(gate.open).toBe(true);
    for (const one of [vibration, sound]) {
      const own = passed.filter((message) => message.sensor === one.index);
      let next = 0n;
      for (const message of own) {
        expect(message.firstSample).toBe(next);
        expect(message.data).toHaveLength(message.count);
        next += BigInt(message.count);
      }
      const values = own.flatMap(({ data }) => [...data]);
      const quiet = values.findIndex((value) => value !== 100) / one.rateHz;
      // The piece of 50 ms in which the swing begins is found as a whole.
      expect(quiet).toBeGreaterThan(0.19);
      expect(quiet).toBeLessThan(0.26);
      expect(values.length / one.rateHz).toBeCloseTo(4 - 2.01 + quiet, 1);
    }
  });

  it("keeps what there is where the signal is strong before there is so much of it", () => {
    const gate = new TriggerGate({ level: 0.1, preSeconds: 5 }, [vibration]);
    const [first] = [...messages(vibration, 1, 0)].flatMap((message) => gate.pass(message));
    expect(first?.firstSample).toBe(0n);
  });

  it("listens to the sensor that is named", () => {
    const gate = new TriggerGate({ level: 0.1, preSeconds: 0, sensor: "sound" }, [vibration, sound]);
    const only = [...messages(vibration, 1, 0)].flatMap((message) => gate.pass(message));
    expect(only).toEqual([]);
    expect([...messages(sound, 1, 0)].flatMap((message) => gate.pass(message)).length).toBeGreaterThan(0);
  });

  it("marks samples that were lost while it waited as a gap of exactly that length", () => {
    const gate = new TriggerGate({ level: 0.1, preSeconds: 0.5 }, [vibration]);
    const all = [...messages(vibration, 2, 1)].filter((_message, index) => index !== 40);
    const passed = all.flatMap((message) => gate.pass(message));
    const numbers = passed.map(({ firstSample, count }) => [Number(firstSample), count] as const);
    const jump = numbers.findIndex(([first], index) => {
      const before = numbers[index - 1];
      return before !== undefined && first !== before[0] + before[1];
    });
    expect(numbers[jump]?.[0]).toBe((numbers[jump - 1]?.[0] ?? 0) + (numbers[jump - 1]?.[1] ?? 0) + 20);
  });
});
