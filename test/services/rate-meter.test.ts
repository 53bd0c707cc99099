import { describe, expect, it } from "vitest";
import { RateMeter } from "../../src-main/services/rate-meter.ts";

/** Messages of 10 samples whose times are `at(index)` seconds. */
function meter(messages: number, at: (index: number) => number): RateMeter {
  const made = new RateMeter("accelerometer", 100);
  for (let i = 0; i < messages; i++) made.add(BigInt(i * 10), BigInt(Math.round(at(i) * 1e6)));
  return made;
}

describe("the rate of a sensor by the board's clock", () => {
  it("is the one that was set, and there is nothing to be said", () => {
    const made = meter(60, (i) => i * 0.1);
    expect(made.measuredHz).toBeCloseTo(100, 6);
    expect(made.jitterSeconds).toBeLessThan(1e-6);
    expect(made.findings()).toEqual([]);
  });

  it("is told where the sensor's own oscillator is off", () => {
    const made = meter(60, (i) => i * 0.096);
    expect(made.measuredHz).toBeCloseTo(104.17, 1);
    expect(made.findings()[0]).toMatchObject({ kind: "rate", level: "warning" });
    expect(made.findings()[0]?.message).toContain("4.2 % off the 100 Hz");
  });

  it("is not called off where samples only come unevenly, and that is told by itself", () => {
    const made = meter(200, (i) => i * 0.1 + (i % 2 === 0 ? 0.03 : -0.03));
    expect(made.measuredHz).toBeCloseTo(100, 0);
    expect(made.jitterSeconds).toBeCloseTo(0.03, 3);
    expect(made.findings().map(({ message }) => message)[0]).toMatch(/30 ms to and fro/);
  });

  it("is not known of two seconds or less", () => {
    expect(meter(12, (i) => i * 0.1).measuredHz).toBeNull();
  });

  it("counts what was lost as time that passed", () => {
    const made = new RateMeter("accelerometer", 100);
    for (let i = 0; i < 60; i++) if (i < 20 || i > 40) made.add(BigInt(i * 10), BigInt(i * 100_000));
    expect(made.measuredHz).toBeCloseTo(100, 6);
  });
});
