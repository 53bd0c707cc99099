/** Changes to training samples: what each does, that they repeat, and when they cannot be had. */
import { describe, expect, test } from "vitest";
import { augmentation } from "../../src-main/training/augmentation.ts";
import { jobOf } from "./helpers.ts";

const shape = [20, 4] as const;

function augmentOf(wish: { noise?: number; gain?: number; timeShiftMs?: number; masking?: number }) {
  const job = jobOf({ network: { kind: "dense" }, shape, training: { augmentation: wish } });
  const augment = augmentation({ ...job, timeStepMs: 10 });
  if (augment === null) throw new Error("no augmentation");
  return (values: Float32Array, sample = 0, epoch = 0) => {
    const changed = values.slice();
    augment(changed, sample, epoch);
    return changed;
  };
}

const ramp = Float32Array.from({ length: 80 }, (_, at) => at + 1);

test("a shift turns rows round by at most what is allowed, each way", () => {
  const augment = augmentOf({ timeShiftMs: 30 });
  const seen = new Set<number>();
  for (let epoch = 0; epoch < 200; epoch++) {
    const changed = augment(ramp, 0, epoch);
    const first = ((changed[0] ?? 0) - 1) / 4;
    const shift = (20 - first) % 20;
    seen.add(shift > 10 ? shift - 20 : shift);
    expect([...changed].sort((a, b) => a - b)).toEqual([...ramp]);
    for (let row = 1; row < 20; row++) {
      expect(((changed[4 * row] ?? 0) - 1) / 4).toBe((first + row) % 20);
    }
  }
  expect([...seen].sort((a, b) => a - b)).toEqual([-3, -2, -1, 0, 1, 2, 3]);
});

test("gain multiplies a whole window by one number within its range", () => {
  const augment = augmentOf({ gain: 0.2 });
  for (let epoch = 0; epoch < 50; epoch++) {
    const changed = augment(ramp, 0, epoch);
    const factor = changed[0] ?? 0;
    expect(Math.abs(factor - 1)).toBeLessThanOrEqual(0.2);
    changed.forEach((value, at) => {
      expect(value).toBeCloseTo(factor * (at + 1), 4);
    });
  }
});

test("noise has the wanted share of the channel's deviation", () => {
  const augment = augmentOf({ noise: 0.5 });
  const zeros = new Float32Array(80);
  let squares = 0;
  for (let epoch = 0; epoch < 100; epoch++)
    for (const value of augment(zeros, 3, epoch)) squares += value ** 2;
  // The samples are normal noise with a bump: a deviation a little above 1.
  expect(Math.sqrt(squares / 8000)).toBeGreaterThan(0.45);
  expect(Math.sqrt(squares / 8000)).toBeLessThan(0.65);
});

test("masks set a band of rows and a band of columns to the mean and leave the rest", () => {
  const augment = augmentOf({ masking: 0.5 });
  let masked = 0;
  for (let epoch = 0; epoch < 100; epoch++) {
    const changed = augment(ramp, 0, epoch);
    const rows = new Set<number>();
    changed.forEach((value, at) => {
      if (value !== ramp[at]) rows.add(Math.floor(at / 4));
    });
    masked += rows.size;
  }
  expect(masked).toBeGreaterThan(200);
});

test("the same seed, epoch and sample give the same change, others another", () => {
  const augment = augmentOf({ noise: 0.1, gain: 0.1, masking: 0.2, timeShiftMs: 20 });
  expect(augment(ramp, 5, 2)).toEqual(augment(ramp, 5, 2));
  expect(augment(ramp, 5, 2)).not.toEqual(augment(ramp, 6, 2));
  expect(augment(ramp, 5, 2)).not.toEqual(augment(ramp, 5, 3));
});

describe("is refused with its field", () => {
  test("where features have no time axis", () => {
    const job = jobOf({
      network: { kind: "dense" },
      shape: [9],
      training: { augmentation: { timeShiftMs: 5 } },
    });
    expect(() => augmentation({ ...job, timeStepMs: 1 })).toThrow(
      expect.objectContaining({ code: "invalid-design", field: "training.augmentation.timeShiftMs" }),
    );
  });

  test("where the time between two steps is not known", () => {
    const job = jobOf({ network: { kind: "dense" }, shape, training: { augmentation: { timeShiftMs: 5 } } });
    expect(() => augmentation(job)).toThrow(
      expect.objectContaining({ code: "invalid-design", field: "training.augmentation.timeShiftMs" }),
    );
  });
});

test("a design without augmentation, or with zeros only, changes nothing", () => {
  expect(augmentation(jobOf({ network: { kind: "dense" }, shape }))).toBeNull();
  expect(
    augmentation(jobOf({ network: { kind: "dense" }, shape, training: { augmentation: {} } })),
  ).toBeNull();
});
