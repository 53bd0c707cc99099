/** The firmware's own elementary functions keep to the errors that maths.h states. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "limpet-maths-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the firmware's logarithm, exponential, sine, cosine and sum", () => {
  it("are as exact as float32 allows, and have an end where their argument has none", () => {
    const program = join(folder, "maths_test");
    const sources = [
      join(import.meta.dirname, "maths_test.c"),
      join(import.meta.dirname, "../../firmware/maths/maths.c"),
    ];
    const flags = ["-std=c99", "-O2", "-ffp-contract=off", "-fno-math-errno", "-Wall", "-Wextra", "-Werror"];
    execFileSync(process.env.CC ?? "cc", [...flags, ...sources, "-lm", "-o", program], { stdio: "pipe" });
    const { stdout, status } = spawnSync(program, { encoding: "utf8" });
    expect(status).toBe(0);
    const [log, exp, turn, sum, ...values] = stdout.trim().split(" ").map(Number);
    expect(log).toBeLessThan(3e-7);
    expect(exp).toBeLessThan(3e-7);
    expect(turn).toBeLessThan(5e-7);
    // A plain loop is off by 1 % here.
    expect(sum).toBeLessThan(1e-3);
    // The smallest normal number's logarithm, e^-87, a quarter turn.
    expect(values).toEqual([-87.3, 1.65e-38, 1]);
  });
});
