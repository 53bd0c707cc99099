/** From wishes to how a board runs by itself. */
import { beforeAll, describe, expect, it } from "vitest";
import { type AloneWishes, forAlone } from "../../src-main/deployment/alone.ts";
import { withAlone, withoutAlone } from "../../src-main/deployment/model-package.ts";
import { summarisePackage } from "../../src-main/deployment/package-summary.ts";
import { Twin } from "../../src-main/features/twin.ts";
import { errorOf } from "../dataset/helpers.ts";
import { inputOf, makePackage } from "../parity/random-packages.ts";

describe("how a board runs by itself", () => {
  let modelPackage: Uint8Array;
  beforeAll(async () => {
    const inputs = [inputOf("accelerometer", 100, [0], { block: "raw" })];
    const design = { name: "m", lengthMs: 1000, strideMs: 500, inputs };
    modelPackage = makePackage(await Twin.load(), design, 1, "dense").bytes;
  });
  const made = (wishes: AloneWishes) => Buffer.from(forAlone(modelPackage, wishes));

  it("is left to the board where nobody wishes anything", () => {
    expect(forAlone(modelPackage, {})).toBe(modelPackage);
    expect(forAlone(modelPackage, { everyMs: 0, confirm: 1 })).toBe(modelPackage);
  });

  it("has the period, the light's labels and the windows that must agree in the package, and all else stays", () => {
    const alone = { periodMs: 60_000, graceMs: 10_000, labels: [2, 0], unknown: true, confirm: 3 };
    const wishes = { everyMs: 60_000, light: ["three", "one", "unknown"], confirm: 3 };
    expect(made(wishes).equals(withAlone(modelPackage, alone))).toBe(true);
    expect(summarisePackage(made(wishes)).alonePeriodMs).toBe(60_000);
    expect(Buffer.from(withoutAlone(made(wishes))).equals(withoutAlone(modelPackage))).toBe(true);
    const shown = { periodMs: 0, graceMs: 10_000, labels: [1], unknown: false, confirm: 1 };
    expect(made({ light: ["two"] }).equals(withAlone(modelPackage, shown))).toBe(true);
    const dark = { periodMs: 0, graceMs: 10_000, labels: [], unknown: false, confirm: 1 };
    expect(made({ light: [] }).equals(withAlone(modelPackage, dark))).toBe(true);
  });

  it.each([
    [{ everyMs: 999 }, "every"],
    [{ everyMs: Number.NaN }, "every"],
    [{ everyMs: 2 ** 32 }, "every"],
    [{ light: ["four"] }, "light"],
    [{ confirm: 0 }, "confirm"],
    [{ confirm: 1.5 }, "confirm"],
    [{ confirm: 256 }, "confirm"],
  ])("refuses %o, and says which wish is to blame", (wishes, field) => {
    expect(errorOf("usage", () => forAlone(modelPackage, wishes)).field).toBe(field);
  });
});
