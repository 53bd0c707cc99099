/** Class weights, the scale of values, and random numbers that count. */
import { expect, test } from "vitest";
import { hash, keyOf, RandomSequence, shuffled } from "../../src-main/training/random.ts";
import { classWeights, valueScale } from "../../src-main/training/samples.ts";

test("class weights are the inverse of the class's share, with mean 1 over the windows", () => {
  const targets = [0, 0, 0, 0, 0, 0, 1, 1, 3];
  const weights = classWeights(targets, 4, true);
  expect([...weights]).toEqual([0.5, 1.5, 0, 3]);
  const mean = targets.reduce((sum, target) => sum + (weights[target] ?? 0), 0) / targets.length;
  expect(mean).toBeCloseTo(1, 6);
  expect([...classWeights(targets, 4, false)]).toEqual([1, 1, 1, 1]);
});

test("the scale of a constant value does not divide by zero", () => {
  expect(valueScale([5, 5, 5])).toEqual({ mean: 5, deviation: 1 });
  expect(valueScale([1, 3])).toEqual({ mean: 2, deviation: 1 });
});

test("random numbers are the same for the same key and spread evenly", () => {
  const key = keyOf(1, "weights", 0);
  expect(keyOf(1, "weights", 0)).toBe(key);
  expect(new Set([key, keyOf(2, "weights", 0), keyOf(1, "order", 0), keyOf(1, "weights", 1)]).size).toBe(4);
  const bins = new Uint32Array(16);
  for (let index = 0; index < 16_000; index++)
    bins[hash(key, index) >>> 28] = (bins[hash(key, index) >>> 28] ?? 0) + 1;
  // Chi square with 15 degrees of freedom: above 37.7 one time in a thousand.
  expect(bins.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)).toBeLessThan(37.7);
  const random = new RandomSequence(key);
  const values = Array.from({ length: 20_000 }, () => random.normal());
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  expect(Math.abs(mean)).toBeLessThan(0.03);
  expect(variance).toBeCloseTo(1, 1);
});

test("a shuffle keeps every number and depends on its key", () => {
  const order = shuffled(100, 5);
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, index) => index));
  expect(shuffled(100, 5)).toEqual(order);
  expect(shuffled(100, 6)).not.toEqual(order);
});
