/** The fuzzers for a moment: known findings, seeds and a few hundred changed inputs each. The long form: `npm run test:fuzz`. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { C_FUZZERS, fuzzersAvailable, runCFuzzer } from "./c-fuzzers.ts";
import { fuzz } from "./fuzzer.ts";
import { TARGETS } from "./targets.ts";

const folder = mkdtempSync(join(tmpdir(), "limpet-fuzz-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("any bytes", () => {
  it.each(TARGETS)("given to %s are read or refused", async (target) => {
    const { runs, blocks, finding } = await fuzz({ target, folder, seed: 1, runs: 400, seconds: 5 });
    expect(finding).toBeNull();
    expect(runs).toBeGreaterThan(10);
    expect(blocks.reached).toBeGreaterThan(0);
  });
});

describe("any bytes, in the firmware", () => {
  const missing = fuzzersAvailable(folder);
  if (missing !== null) console.warn(`SKIPPED: the C fuzzers (${missing})`);

  it.skipIf(missing !== null).each(C_FUZZERS)(
    "given to %s are read or refused, without a step outside",
    (fuzzer) => {
      const { runs, finding } = runCFuzzer(fuzzer, folder, 2, 1);
      expect(finding).toBeNull();
      // The seeds at least, also where the computer is too busy for more.
      expect(runs).toBeGreaterThan(1);
    },
  );
});
