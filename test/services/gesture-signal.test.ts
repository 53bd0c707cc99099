/** The kinematic model of gestures: what its two sensors say agrees with each other and with physics. */
import { describe, expect, it } from "vitest";
import { type GestureName, gestureSignal, type Person } from "../../src-main/services/gesture-signal.ts";

const RATE = 200;
const person: Person = {
  size: 0.35,
  seconds: 1.1,
  forearm: 0.38,
  roll: 0.3,
  pitch: -0.2,
  lean: 0.1,
  tremor: 0.0003,
};
const FIGURES: readonly GestureName[] = ["wing", "ring", "slope"];

type Vector = [number, number, number];
const at = (values: Float32Array, i: number): Vector => [
  values[3 * i] ?? 0,
  values[3 * i + 1] ?? 0,
  values[3 * i + 2] ?? 0,
];
const meanOf = (values: Float32Array, from: number, to: number): Vector =>
  [0, 1, 2].map((axis) => {
    let sum = 0;
    for (let i = from; i < to; i++) sum += values[3 * i + axis] ?? 0;
    return sum / (to - from);
  }) as Vector;
const angleBetween = (a: Vector, b: Vector): number => {
  const dot = a.reduce((sum, value, axis) => sum + value * (b[axis] ?? 0), 0);
  return (Math.acos(Math.min(1, dot / (Math.hypot(...a) * Math.hypot(...b)))) * 180) / Math.PI;
};

describe("a gesture's signal", () => {
  it.each(FIGURES)(
    "%s: at rest before and after, gravity is all that is felt; between, there is motion",
    (name) => {
      for (let seed = 1; seed <= 10; seed++) {
        const { acceleration, rotation } = gestureSignal(name, person, RATE, 2, seed);
        for (const [from, to] of [
          [0, 20],
          [2 * RATE - 20, 2 * RATE],
        ] as const) {
          expect(Math.hypot(...meanOf(acceleration, from, to))).toBeCloseTo(1, 1);
          expect(Math.hypot(...meanOf(rotation, from, to))).toBeLessThan(15);
        }
        const fastest = Math.max(
          ...Array.from({ length: 2 * RATE }, (_, i) => Math.hypot(...at(rotation, i))),
        );
        expect(fastest).toBeGreaterThan(80);
        expect(fastest).toBeLessThan(2000);
      }
    },
  );

  it.each(FIGURES)(
    "%s: the gyroscope's turns, added up, carry gravity from where it was felt to where it is",
    (name) => {
      for (let seed = 1; seed <= 5; seed++) {
        const { acceleration, rotation } = gestureSignal(name, { ...person, tremor: 0 }, RATE, 2, seed);
        const start = meanOf(acceleration, 0, 10);
        let down = start;
        let farthest = 0;
        for (let i = 5; i < 2 * RATE - 5; i++) {
          const [x, y, z] = at(rotation, i).map((rate) => (rate * Math.PI) / 180 / RATE) as Vector;
          // What stands still turns the other way in the board's axes.
          down = [
            down[0] + z * down[1] - y * down[2],
            down[1] + x * down[2] - z * down[0],
            down[2] + y * down[0] - x * down[1],
          ];
          farthest = Math.max(farthest, angleBetween(down, start));
        }
        expect(angleBetween(down, meanOf(acceleration, 2 * RATE - 10, 2 * RATE))).toBeLessThan(2);
        expect(farthest).toBeGreaterThan(8);
      }
    },
  );

  it("is another one for each seed, and the same for the same", () => {
    const take = (seed: number) => gestureSignal("ring", person, RATE, 2, seed);
    expect(take(3)).toEqual(take(3));
    expect(take(3)).not.toEqual(take(4));
  });
});
