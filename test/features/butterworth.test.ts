import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { butterworth, type Section } from "../../src-main/features/butterworth.ts";

const PYTHON = join(import.meta.dirname, "../../.tools/python/bin/python");

const CASES = [
  ["low-pass", 2, 40, 200],
  ["low-pass", 8, 999, 12_000],
  ["high-pass", 4, 5, 200],
  ["high-pass", 6, 1500, 12_000],
  ["high-pass", 2, 0.5, 6660],
] as const;

/** Gain at a frequency. */
function gain(sections: readonly Section[], hz: number, rateHz: number): number {
  const w = (2 * Math.PI * hz) / rateHz;
  return sections.reduce((product, [b0, b1, b2, a1, a2]) => {
    const size = (c0: number, c1: number, c2: number): number =>
      Math.hypot(c0 + c1 * Math.cos(w) + c2 * Math.cos(2 * w), c1 * Math.sin(w) + c2 * Math.sin(2 * w));
    return (product * size(b0, b1, b2)) / size(1, a1, a2);
  }, 1);
}

describe("Butterworth sections", () => {
  it("have gain 1 in the pass band, 1/sqrt(2) at the cut-off, and fall by their order beyond", () => {
    for (const [kind, order, cutoff, rate] of CASES) {
      const sections = butterworth(kind, order, cutoff, rate);
      const [pass, stop] = kind === "low-pass" ? [0, rate / 2] : [rate / 2, 0];
      expect(gain(sections, pass, rate)).toBeCloseTo(1, 9);
      expect(gain(sections, cutoff, rate)).toBeCloseTo(Math.SQRT1_2, 9);
      expect(gain(sections, stop, rate)).toBeLessThan(1e-9);
      // The analogue prototype of that order, seen through the bilinear transform.
      const warp = (hz: number): number => Math.tan((Math.PI * hz) / rate);
      const hz = kind === "low-pass" ? Math.min(cutoff * 2, rate * 0.45) : cutoff / 2;
      const ratio = kind === "low-pass" ? warp(hz) / warp(cutoff) : warp(cutoff) / warp(hz);
      expect(gain(sections, hz, rate)).toBeCloseTo(1 / Math.sqrt(1 + ratio ** (2 * order)), 9);
    }
  });

  it("are those of SciPy", ({ skip }) => {
    if (!existsSync(PYTHON)) {
      console.warn(`SKIPPED: the reference libraries are not at ${PYTHON} (npm run setup -- --tests)`);
      skip();
    }
    const script = `
import json, sys
from scipy.signal import butter
out = []
for kind, order, cutoff, rate in json.loads(sys.argv[1]):
    sos = butter(order, cutoff, kind.replace("-", ""), fs=rate, output="sos")
    gain = [float(r[:3].sum() / r[3:].sum()) if kind == "low-pass" else float((r[0]-r[1]+r[2]) / (r[3]-r[4]+r[5])) for r in sos]
    # Each section scaled to gain 1, as ours are; SciPy puts all of it into the first.
    out.append(sorted([[float(c) for c in (*(r[:3] / g), r[4], r[5])] for r, g in zip(sos, gain)], key=lambda s: s[4]))
print(json.dumps(out))`;
    const reference = JSON.parse(
      execFileSync(PYTHON, ["-c", script, JSON.stringify(CASES)], { encoding: "utf8" }),
    ) as number[][][];
    for (const [index, [kind, order, cutoff, rate]] of CASES.entries()) {
      const ours = butterworth(kind, order, cutoff, rate).toSorted((a, b) => a[4] - b[4]);
      for (const [place, section] of ours.entries()) {
        for (const [at, value] of section.entries()) {
          expect(value).toBeCloseTo(reference[index]?.[place]?.[at] as number, 9);
        }
      }
    }
  });
});
