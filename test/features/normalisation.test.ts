import { describe, expect, it } from "vitest";
import {
  fitNormalisation,
  fitNormalisationInTurns,
  normalise,
  normaliseInTurns,
} from "../../src-main/features/normalisation.ts";

const features = new Float32Array([1, 100, 5, 3, 300, 5, 5, 200, 5]);

describe("normalisation", () => {
  it("is learnt from the training windows: mean 0, deviation 1, and what is constant left out", () => {
    const normalisation = fitNormalisation("standard", features, 3);
    const result = normalise(features, normalisation);
    for (const column of [0, 1]) {
      const values = [0, 1, 2].map((row) => result[row * 3 + column] as number);
      expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 5);
      expect(values.reduce((sum, value) => sum + value * value, 0) / 3).toBeCloseTo(1, 5);
    }
    expect([2, 5, 8].map((at) => result[at])).toEqual([0, 0, 0]);
    // Whatever a constant feature does later, it cannot drown the others.
    expect(normalise(new Float32Array([3, 200, 1e6]), normalisation)[2]).toBe(0);
  });

  it("takes away the mean alone, or nothing, where that is wanted", () => {
    expect([...normalise(features, fitNormalisation("mean", features, 3))].slice(0, 3)).toEqual([
      -2, -100, 0,
    ]);
    expect(fitNormalisation("none", features, 3)).toBeNull();
    expect(normalise(features, null)).toEqual(features);
    expect(normalise(features, null)).not.toBe(features);
  });

  it("rounds to float32 after each step, as the board does", () => {
    const normalisation = { mean: new Float32Array([0.1]), factor: new Float32Array([3.3333333]) };
    const [value] = normalise(new Float32Array([16777216.5]), normalisation);
    expect(value).toBe(
      Math.fround(Math.fround(Math.fround(16777216.5) - Math.fround(0.1)) * Math.fround(3.3333333)),
    );
  });

  it("keeps its precision where features are large and hardly vary", () => {
    const large = Float32Array.from({ length: 1000 }, (_, i) => 1e6 + (i % 2 === 0 ? 16 : -16));
    const normalisation = fitNormalisation("standard", large, 1);
    expect(normalisation?.mean[0]).toBe(1e6);
    expect(normalisation?.factor[0]).toBeCloseTo(1 / 16, 6);
  });
});

describe("normalisation in turns", () => {
  it("gives the same bits as at once, over several tables as over all of them together", async () => {
    const size = 300;
    const all = Float32Array.from({ length: 5000 * size }, (_, i) => Math.sin(i * 12.9898) * 43 + (i % size));
    const parts = [all.subarray(0, 2000 * size), all.subarray(2000 * size)];
    let turns = 0;
    const breathe = async (): Promise<void> => {
      turns++;
    };
    for (const kind of ["standard", "none"] as const) {
      const atOnce = fitNormalisation(kind, all, size);
      expect(await fitNormalisationInTurns(kind, parts, size, breathe)).toEqual(atOnce);
      const normalised = await normaliseInTurns(all, atOnce, breathe);
      expect(Buffer.from(normalised.buffer).equals(Buffer.from(normalise(all, atOnce).buffer))).toBe(true);
    }
    expect(turns).toBeGreaterThan(3);
  });
});
