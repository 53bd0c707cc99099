/** What training sees of a sample from epoch to epoch: copies, stretched frequencies, masks; that it repeats; when it is refused. */
import { expect, test } from "vitest";
import { augmentation } from "../../src-main/training/augmentation.ts";
import type { TrainingJob } from "../../src-main/training/samples.ts";
import { trainNetwork } from "../../src-main/training/train.ts";
import { encodeNetwork } from "../../src-main/training/weights.ts";
import { jobOf } from "./helpers.ts";

const shape = [20, 8] as const;
const size = 160;

type Wish = NonNullable<Parameters<typeof jobOf>[0]["training"]>["augmentation"];

const jobWith = (wish: Wish, more: Partial<TrainingJob> = {}): TrainingJob => ({
  ...jobOf({ network: { kind: "dense" }, shape, training: { augmentation: wish } }),
  ...more,
});

function changed(job: TrainingJob, values: Float32Array, sample = 0, epoch = 0): Float32Array {
  const result = values.slice();
  augmentation(job)?.(result, sample, epoch);
  return result;
}

const ramp = Float32Array.from({ length: size }, (_, at) => at + 1);

/** A job whose sample s has copies full of 1000 s + 1, 1000 s + 2, 1000 s + 3. */
function withCopies(): TrainingJob {
  const job = jobWith(undefined);
  const each = 3;
  const features = Float32Array.from({ length: job.train.count * each * size }, (_, at) => {
    const copy = Math.floor(at / size);
    return 1000 * Math.floor(copy / each) + (copy % each) + 1;
  });
  return { ...job, train: { ...job.train, copies: { each, features } } };
}

test("each epoch sees the sample itself or one of its own copies, all of them in the long run", () => {
  const job = withCopies();
  const seen = new Map<number, number>();
  for (let epoch = 0; epoch < 400; epoch++) {
    const found = changed(job, ramp, 5, epoch);
    const taken = found[1] ?? 0;
    seen.set(taken, (seen.get(taken) ?? 0) + 1);
    expect(found).toEqual(taken === 2 ? ramp : new Float32Array(size).fill(taken));
  }
  expect([...seen.keys()].sort((a, b) => a - b)).toEqual([2, 5001, 5002, 5003]);
  for (const count of seen.values()) expect(count).toBeGreaterThan(60);
});

test("copies are trained on, by every thread alike", async () => {
  const job = withCopies();
  const plain = await trainNetwork({ ...jobWith(undefined), backend: "wasm" });
  const first = await trainNetwork({ ...job, backend: "wasm" });
  const second = await trainNetwork({ ...job, backend: "wasm" });
  expect(encodeNetwork(second.network)).toEqual(encodeNetwork(first.network));
  expect(encodeNetwork(first.network)).not.toEqual(encodeNetwork(plain.network));
});

test("frequencies are stretched along the last axis within their range, and rows stay apart", () => {
  const job = jobWith({ frequencyWarp: 0.2 }, { melAxes: { lowHz: 100, highHz: 4000, channels: 1 } });
  const straight = Float32Array.from({ length: size }, (_, at) => 100 * Math.floor(at / 8) + (at % 8));
  const moves: number[] = [];
  for (let epoch = 0; epoch < 100; epoch++) {
    const found = changed(job, straight, 0, epoch);
    for (let row = 0; row < 20; row++) {
      const filters = Array.from(found.subarray(8 * row, 8 * row + 8), (value) => value - 100 * row);
      expect(Math.min(...filters)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...filters)).toBeLessThanOrEqual(7);
      expect([...filters].sort((a, b) => a - b)).toEqual(filters);
    }
    moves.push((found[4] ?? 0) - 4);
  }
  expect(Math.min(...moves)).toBeLessThan(-0.2);
  expect(Math.max(...moves)).toBeGreaterThan(0.2);
  expect(Math.max(...moves.map(Math.abs))).toBeLessThan(1);
});

test("tempo plays each channel's rows slower and faster about their middle, columns stay apart", () => {
  const job = jobWith({ tempo: 0.5 }, { melAxes: { lowHz: 100, highHz: 4000, channels: 2 } });
  // Two channels of ten rows, each row its number, each column a hundred more.
  const rows = Float32Array.from({ length: size }, (_, at) => (Math.floor(at / 8) % 10) + 100 * (at % 8));
  const factors: number[] = [];
  for (let epoch = 0; epoch < 100; epoch++) {
    const found = changed(job, rows, 0, epoch);
    const first = Array.from({ length: 10 }, (_, row) => found[8 * row] ?? Number.NaN);
    for (let at = 0; at < size; at++) {
      expect(found[at]).toBeCloseTo((first[Math.floor(at / 8) % 10] ?? 0) + 100 * (at % 8), 3);
    }
    const factor = (first[5] ?? 0) - (first[4] ?? 0);
    first.forEach((place, row) => {
      expect(place).toBeCloseTo(Math.min(9, Math.max(0, 4.5 + (row - 4.5) * factor)), 3);
    });
    factors.push(factor);
  }
  expect(Math.min(...factors)).toBeGreaterThanOrEqual(1 / 1.5 - 1e-5);
  expect(Math.min(...factors)).toBeLessThan(0.75);
  expect(Math.max(...factors)).toBeLessThanOrEqual(1.5 + 1e-5);
  expect(Math.max(...factors)).toBeGreaterThan(1.35);
});

test("masks set a band of rows and a band of columns to the channel's mean and leave the rest", () => {
  const job = jobWith({ masking: 0.5 });
  const { features } = job.train;
  const means = Array.from({ length: 8 }, (_, channel) => {
    const values = features.filter((_value, at) => at % 8 === channel);
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  });
  let masked = 0;
  for (let epoch = 0; epoch < 100; epoch++) {
    const found = changed(job, ramp, 0, epoch);
    const hidden = (at: number) => found[at] !== ramp[at];
    const rows = Array.from({ length: 20 }, (_, row) => row).filter((row) =>
      Array.from({ length: 8 }, (_, column) => 8 * row + column).every(hidden),
    );
    const columns = Array.from({ length: 8 }, (_, column) => column).filter((column) =>
      Array.from({ length: 20 }, (_, row) => 8 * row + column).every(hidden),
    );
    for (const band of [rows, columns]) {
      band.forEach((place, index) => {
        expect(place).toBe((band[0] ?? 0) + index);
      });
    }
    expect(rows.length).toBeLessThanOrEqual(10);
    expect(columns.length).toBeLessThanOrEqual(4);
    for (let at = 0; at < size; at++) {
      const inBand = rows.includes(Math.floor(at / 8)) || columns.includes(at % 8);
      expect(hidden(at)).toBe(inBand);
      if (inBand) expect(found[at]).toBeCloseTo(means[at % 8] ?? 0, 4);
    }
    masked += rows.length;
  }
  expect(masked).toBeGreaterThan(200);
});

test("the same seed, epoch and sample give the same change, others another", () => {
  const job = jobWith(
    { masking: 0.4, frequencyWarp: 0.2 },
    { melAxes: { lowHz: 100, highHz: 4000, channels: 1 } },
  );
  expect(changed(job, ramp, 5, 2)).toEqual(changed(job, ramp, 5, 2));
  expect(changed(job, ramp, 5, 2)).not.toEqual(changed(job, ramp, 6, 2));
  expect(changed(job, ramp, 5, 2)).not.toEqual(changed(job, ramp, 5, 3));
});

test.each([
  ["masks of features with one axis", "masking", { masking: 0.2 }, [9]],
  ["playing what has no rows in time", "tempo", { tempo: 0.1 }, [9, 4]],
  ["stretching what has no frequencies", "frequencyWarp", { frequencyWarp: 0.1 }, [9, 4]],
] as const)("%s is refused with the field", (_, field, wish, features) => {
  const job = jobOf({ network: { kind: "dense" }, shape: features, training: { augmentation: wish } });
  expect(() => augmentation(job)).toThrow(
    expect.objectContaining({ code: "invalid-design", field: `training.augmentation.${field}` }),
  );
});

test("a design without augmentation changes nothing", () => {
  expect(augmentation(jobWith(undefined))).toBeNull();
  expect(augmentation(jobWith({}))).toBeNull();
});
