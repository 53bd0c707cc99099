import { describe, expect, it } from "vitest";
import { countWindows } from "../../src-main/dataset/window-count.ts";
import { assignWindows, planWindows, type WindowStream } from "../../src-main/features/windows.ts";
import type { SplitName, SplitOptions } from "../../src-shared/contract/index.ts";

const window = { lengthMs: 1000, strideMs: 500, short: "drop" } as const;
const stream = (samples: number, rateHz: number, gaps: WindowStream["gaps"] = []): WindowStream => ({
  samples,
  rateHz,
  gaps,
});
const byWindow: SplitOptions = { train: 0.6, validation: 0.2, test: 0.2, by: "window", seed: 1 };

describe("windows of a recording", () => {
  it("begin every stride and end with the recording", () => {
    expect(planWindows([stream(250, 100)], window)).toEqual([
      { startMs: 0, starts: [0] },
      { startMs: 500, starts: [50] },
      { startMs: 1000, starts: [100] },
      { startMs: 1500, starts: [150] },
    ]);
    expect(planWindows([stream(249, 100)], window)).toHaveLength(3);
  });

  it("never span a gap, begin anew behind it, and keep their time", () => {
    const planned = planWindows([stream(400, 100, [{ atSample: 170, lostSamples: 30 }])], window);
    expect(planned.map(({ starts }) => starts[0])).toEqual([0, 50, 170, 220, 270]);
    expect(planned.map(({ startMs }) => startMs)).toEqual([0, 500, 2000, 2500, 3000]);
  });

  it("are as many as the split counts, for any length, gaps and timing", () => {
    let state = 1;
    const random = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    for (let trial = 0; trial < 300; trial++) {
      const samples = random(2000);
      const cuts = [...new Set(Array.from({ length: random(4) }, () => random(Math.max(1, samples))))].sort(
        (a, b) => a - b,
      );
      const timing = {
        lengthMs: 10 + random(3000),
        strideMs: 10 + random(2000),
        short: random(2) === 0 ? ("pad" as const) : ("drop" as const),
      };
      const gaps = cuts.map((atSample) => ({ atSample, lostSamples: 1 + random(50) }));
      expect(planWindows([stream(samples, 62.5, gaps)], timing)).toHaveLength(
        countWindows(samples, 62.5, cuts, timing),
      );
    }
  });

  it("of several rates cover the same time", () => {
    const planned = planWindows([stream(1000, 100), stream(78, 8)], window);
    expect(planned).toHaveLength(18);
    for (const { startMs, starts } of planned) {
      expect(starts[0]).toBe(startMs / 10);
      expect(Math.abs((starts[1] as number) - (startMs * 8) / 1000)).toBeLessThanOrEqual(0.5);
      expect((starts[1] as number) + 8).toBeLessThanOrEqual(78);
    }
  });

  it("are left out where another input has a gap at that time, though its stored samples are closed up", () => {
    const slow = stream(80, 8, [{ atSample: 24, lostSamples: 8 }]);
    const planned = planWindows([stream(1100, 100), slow], window);
    const times = planned.map(({ startMs }) => startMs);
    expect(times).toEqual([
      0,
      500,
      1000,
      1500,
      2000,
      ...Array.from({ length: 13 }, (_, i) => 4000 + 500 * i),
    ]);
    expect(planned.find(({ startMs }) => startMs === 4000)?.starts).toEqual([400, 24]);
  });

  it("pad and centre a short recording only where the design says so", () => {
    expect(planWindows([stream(61, 100)], window)).toEqual([]);
    expect(planWindows([stream(61, 100)], { ...window, short: "pad" })).toEqual([
      { startMs: 0, starts: [-20] },
    ]);
    expect(planWindows([stream(0, 100)], { ...window, short: "pad" })).toEqual([]);
    expect(
      planWindows([stream(61, 100, [{ atSample: 30, lostSamples: 1 }])], { ...window, short: "pad" }),
    ).toEqual([]);
  });
});

describe("a split by window", () => {
  it("gives each side its share in one stretch, so that overlap crosses only two borders", () => {
    const seen = new Set<string>();
    for (let id = 1; id <= 40; id++) {
      const sides = assignWindows(20, byWindow, id);
      expect(sides.filter((side) => side === "train")).toHaveLength(12);
      expect(sides.filter((side) => side === "validation")).toHaveLength(4);
      const changes = sides.filter((side, index) => index > 0 && side !== sides[index - 1]).length;
      expect(changes).toBe(2);
      seen.add([...new Set<SplitName>(sides)].join(" "));
    }
    expect(seen.size).toBe(6);
  });

  it("gives nothing to test where recordings are held out for it", () => {
    const sides = assignWindows(10, { ...byWindow, holdout: "x" }, 3);
    expect(sides).toHaveLength(10);
    expect(sides).not.toContain("test");
  });

  it("is the same for the same seed and differs for another", () => {
    const all = (seed: number): string =>
      Array.from({ length: 10 }, (_, id) => assignWindows(10, { ...byWindow, seed }, id).join()).join();
    expect(all(1)).toBe(all(1));
    expect(all(1)).not.toBe(all(2));
  });
});
