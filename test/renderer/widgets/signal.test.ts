import { describe, expect, it } from "vitest";
import { axisNumber, rangeOf, shortNumber, tickStep } from "../../../src-renderer/widgets/draw-lanes.ts";
import { LiveLanes } from "../../../src-renderer/widgets/live-lanes.ts";
import { panned, zoomed } from "../../../src-renderer/widgets/signal-view.ts";
import { playable, speedFor } from "../../../src-renderer/widgets/sound.ts";
import type { SignalPreview } from "../../../src-shared/contract/index.ts";

describe("moving through a recording", () => {
  it("zooms about the point under the pointer, which stays where it is", () => {
    const span = zoomed({ from: 0, to: 10 }, 10, 0.5, 0.25);
    expect(span).toEqual({ from: 1.25, to: 6.25 });
    expect(span.from + 0.25 * (span.to - span.from)).toBe(2.5);
  });

  it("never leaves the recording, and never gets wider than it", () => {
    expect(panned({ from: 6, to: 8 }, 10, 5)).toEqual({ from: 8, to: 10 });
    expect(panned({ from: 6, to: 8 }, 10, -50)).toEqual({ from: 0, to: 2 });
    expect(zoomed({ from: 2, to: 8 }, 10, 100, 0.5)).toEqual({ from: 0, to: 10 });
  });
});

describe("figures at an axis", () => {
  it("have as many digits as tell its ends apart", () => {
    expect([axisNumber(-0.0132, 0.013), axisNumber(0.213, 0.012), axisNumber(9.81, 4)]).toEqual([
      "-0.013",
      "0.213",
      "9.8",
    ]);
    expect(axisNumber(-0.0001, 1)).toBe("0");
    expect([shortNumber(0.00144), shortNumber(27.68), shortNumber(16_000)]).toEqual([
      "0.00144",
      "27.7",
      "16k",
    ]);
  });

  it("stand at steps of 1, 2 or 5", () => {
    expect([tickStep(30, 9), tickStep(5, 8), tickStep(0.04, 5)]).toEqual([5, 1, 0.01]);
  });
});

const piece = (first: number, values: readonly number[]): SignalPreview => ({
  sensor: "accelerometer",
  rateHz: 100,
  unit: "g",
  firstSample: first,
  samplesPerBucket: 1,
  channels: [{ name: "x", min: [...values], max: [...values], level: 0 }],
});

describe("the live signal", () => {
  it("shows the last seconds, with what has not come yet left out", () => {
    const lanes = new LiveLanes();
    lanes.add(piece(0, [1, 2, 3]), false);
    const [lane] = lanes.picture(0.05, false).lanes;
    expect(lane?.min).toEqual([Number.NaN, Number.NaN, 1, 2, 3]);
    lanes.add(piece(3, [4, 5, 6]), false);
    expect(lanes.picture(0.05, false).lanes[0]?.max).toEqual([2, 3, 4, 5, 6]);
  });

  it("marks what is being recorded, and moves the mark along", () => {
    const lanes = new LiveLanes();
    lanes.add(piece(0, [0, 0]), false);
    lanes.add(piece(2, [0, 0]), true);
    lanes.add(piece(4, [0, 0]), true);
    lanes.add(piece(6, [0]), false);
    const { marks } = lanes.picture(1, false);
    expect(marks).toHaveLength(1);
    expect(marks?.[0]?.from).toBeCloseTo(-0.05);
    expect(marks?.[0]?.to).toBeCloseTo(-0.01);
  });

  it("widens its scale at once, narrows it slowly, and holds it when asked to", () => {
    const lanes = new LiveLanes();
    lanes.add(piece(0, [-1, 1]), false);
    const [, top] = lanes.picture(0.02, false).ranges?.[0] ?? [0, 0];
    lanes.add(piece(2, [-10, 10]), false);
    const [, wide] = lanes.picture(0.02, false).ranges?.[0] ?? [0, 0];
    lanes.add(piece(4, [-1, 1]), false);
    const [, held] = lanes.picture(0.02, true).ranges?.[0] ?? [0, 0];
    const [, slow] = lanes.picture(0.02, false).ranges?.[0] ?? [0, 0];
    expect(wide).toBeGreaterThan(9);
    expect(held).toBe(wide);
    expect(slow).toBeLessThan(wide);
    expect(slow).toBeGreaterThan(top + 5);
  });

  it("of a lane without a finite value has an axis all the same", () => {
    expect(rangeOf({ name: "x", min: [Number.NaN], max: [Number.NaN] })).toEqual([-1, 1]);
  });
});

describe("playing", () => {
  it("is as fast as it takes to hear what is in a signal", () => {
    expect([speedFor(16_000), speedFor(4000), speedFor(1600), speedFor(200), speedFor(10)]).toEqual([
      1, 1, 4, 16, 16,
    ]);
  });

  it("takes the mean away, is loud, and fills up to a rate that browsers take", () => {
    const { samples, rateHz } = playable(Float32Array.of(1, 1.5, 1, 0.5), 3200);
    expect(rateHz).toBe(9600);
    expect([...samples].map((value) => Math.round(value * 100) / 100)).toEqual([
      0, 0.3, 0.6, 0.9, 0.6, 0.3, 0, -0.3, -0.6, -0.9, -0.9, -0.9,
    ]);
  });
});
