import { describe, expect, it } from "vitest";
import { frameLevels, levelBetween, partsAbove } from "../../src-main/dataset/active-parts.ts";

const RATE = 100;
const RULES = { level: null, shortest: 0.3, pause: 0.3, margin: 0.1 };

/** Noise of 0.01, and of 0.5 within the stretches. */
function signal(seconds: number, stretches: readonly (readonly [number, number])[]): Float32Array {
  let state = 1;
  const noise = (): number => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 30 - 1;
  };
  return Float32Array.from({ length: seconds * RATE }, (_, i) => {
    const t = i / RATE;
    const strong = stretches.some(([from, to]) => t >= from && t < to);
    return 1 + noise() * (strong ? 0.5 : 0.01);
  });
}

const levelsOf = (values: Float32Array) =>
  frameLevels({ samples: values.length, channels: 1, rateHz: RATE }, 8, (start, count) =>
    values.subarray(start, start + count),
  );

describe("finding where something goes on", () => {
  it("finds the stretches by itself, within a frame and the margin", () => {
    const stretches = [
      [2, 3.5],
      [6, 7],
    ] as const;
    const found = levelsOf(signal(10, stretches));
    const level = levelBetween(found.levels) ?? 0;
    expect(level).toBeGreaterThan(0.01);
    expect(level).toBeLessThan(0.3);
    const parts = partsAbove(found, level, RULES, 10);
    expect(parts).toHaveLength(2);
    parts.forEach(({ fromSeconds, toSeconds }, index) => {
      expect(Math.abs(fromSeconds - ((stretches[index]?.[0] ?? 0) - 0.1))).toBeLessThanOrEqual(0.09);
      expect(Math.abs(toSeconds - ((stretches[index]?.[1] ?? 0) + 0.1))).toBeLessThanOrEqual(0.09);
    });
  });

  it("says that there is no step in a signal that is as strong all the time", () => {
    expect(levelBetween(levelsOf(signal(10, [])).levels)).toBeNull();
    expect(levelBetween(levelsOf(signal(10, [[0, 10]])).levels)).toBeNull();
  });

  it("bridges short pauses, drops short knocks, and never lets margins overlap", () => {
    const found = levelsOf(
      signal(10, [
        [1, 2],
        [2.2, 3],
        [5, 5.1],
        [7, 8],
        [8.4, 9],
      ]),
    );
    const parts = partsAbove(found, 0.1, { ...RULES, margin: 0.5 }, 10);
    expect(parts).toHaveLength(3);
    expect(parts[1]?.toSeconds).toBeCloseTo(parts[2]?.fromSeconds ?? 0, 9);
  });

  it("takes the strongest channel of several, and reads a long recording in pieces", () => {
    const rows = 100_000;
    const reads: number[] = [];
    const { levels } = frameLevels({ samples: rows, channels: 2, rateHz: RATE }, 8, (start, count) => {
      reads.push(count);
      return Float32Array.from({ length: count * 2 }, (_, i) =>
        i % 2 === 1 && start + i / 2 > 50_000 ? (i % 4) - 2 : 0,
      );
    });
    expect(levels).toHaveLength(rows / 8);
    expect(levels[0]).toBe(0);
    expect(levels.at(-1)).toBeGreaterThan(0.9);
    expect(reads.length).toBeGreaterThan(0);
    expect(Math.max(...reads)).toBeLessThanOrEqual(100_000);
  });
});
