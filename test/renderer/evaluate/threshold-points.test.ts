import { describe, expect, it } from "vitest";
import { often, pointAt, RATES } from "../../../src-renderer/evaluate/threshold-points.ts";

const points = [
  { threshold: 0, falseAlarmsPerHour: 90, misses: 0 },
  { threshold: 0.4, falseAlarmsPerHour: 12, misses: 0.1 },
  { threshold: 0.8, falseAlarmsPerHour: 0, misses: 0.5 },
];

describe("thresholds as they are shown", () => {
  it("read off the point in force, from its own threshold upwards", () => {
    expect(pointAt(points, 0)?.falseAlarmsPerHour).toBe(90);
    expect(pointAt(points, 0.39)?.falseAlarmsPerHour).toBe(90);
    expect(pointAt(points, 0.4)?.falseAlarmsPerHour).toBe(12);
    expect(pointAt(points, 0.99)?.misses).toBe(0.5);
    expect(pointAt([], 0.5)).toBeNull();
  });

  it("say how often in the unit that people would use", () => {
    expect(often(0)).toEqual({ kind: "none" });
    expect(often(93.1)).toEqual({ kind: "hourly", count: 93 });
    expect(often(2.34)).toEqual({ kind: "hourly", count: 2.3 });
    expect(often(0.25)).toEqual({ kind: "every-hours", count: 4 });
    expect(often(0.01)).toEqual({ kind: "every-days", count: 4 });
  });

  it("offer rates that rise from none", () => {
    expect(RATES[0]).toBe(0);
    expect([...RATES].sort((a, b) => a - b)).toEqual([...RATES]);
  });
});
