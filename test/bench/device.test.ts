/** What the benchmark of the device counts, on a Cortex-M4 in QEMU: front ends against a plain one, and drivers against the figures of boards. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { benchFrontends } from "../../bench/device/frontends.ts";
import { benchSampling, type SamplingRun } from "../../bench/device/sampling.ts";
import { describedBoards } from "../../src-main/deployment/board-description.ts";
import { missingForPrograms } from "../firmware/qemu/program.ts";

const missing = missingForPrograms();
if (missing !== "") console.warn(`SKIPPED: counting instructions on the device: ${missing} (npm run setup)`);

const folder = mkdtempSync(join(tmpdir(), "limpet-bench-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Instructions a second of a run, whose samples came at `rateHz`. */
const perSecond = ({ samples, instructions }: SamplingRun, rateHz: number): number =>
  (instructions / samples) * rateHz;

describe.skipIf(missing !== "")("on a Cortex-M4", () => {
  it("the front ends agree with a plain one in C and take half of its instructions at most", () => {
    const runs = benchFrontends(folder);
    expect(runs).toHaveLength(6);
    for (const { name, agrees, ours, plainFloat, fromDouble } of runs) {
      expect(agrees, `${name}: ${fromDouble}`).toBe(true);
      expect(plainFloat / ours, name).toBeGreaterThan(2);
    }
    // Frames that two windows share are not computed again.
    for (const { name, ours, following } of runs.filter(({ name }) => /^(log-mel|mfcc)/.test(name))) {
      expect(following, name).toBeGreaterThan(0);
      expect(following / ours, name).toBeLessThan(0.35);
    }
  });

  it("fetching samples takes what the boards' power figures say", () => {
    const runs = benchSampling(folder).map((run) => ({
      run,
      rateHz: Number(/at (\d+) Hz$/.exec(run.name)?.[1]),
    }));
    const sensors = describedBoards().flatMap(({ power }) => power?.sensors ?? []);
    let compared = 0;
    for (const {
      part,
      sensor,
      instructionsPerSample,
      instructionsPerSecond,
      converterMicroamps,
    } of sensors) {
      const found = runs.filter(({ run: { name } }) =>
        sensor === "accelerometer"
          ? name.startsWith(part)
          : name.includes(converterMicroamps.source.includes("SAADC") ? "converter" : "PDM"),
      );
      expect(found.length, part).toBeGreaterThan(0);
      for (const { run, rateHz } of found) {
        const said = instructionsPerSample.value * rateHz + instructionsPerSecond.value;
        // The converter's figure is that of its dearest rate.
        const least = run.name.includes("converter") ? 0.8 : 0.93;
        expect(perSecond(run, rateHz) / said, run.name).toBeGreaterThan(least);
        expect(perSecond(run, rateHz) / said, run.name).toBeLessThan(1.07);
        compared++;
      }
    }
    expect(compared).toBeGreaterThanOrEqual(8);
  });
});
