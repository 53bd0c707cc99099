/**
 * Builds the power-cut runs (power_cut_test.c) with the host's compiler, runs them, and shows how many cut points were tried.
 * `npm run test:power-cut` runs them alone.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const firmware = join(import.meta.dirname, "../../firmware");
const folder = mkdtempSync(join(tmpdir(), "limpet-power-cut-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function build(): string {
  const program = join(folder, "power_cut_test");
  const sources = ["link/crc32.c", "store/store.c", "runtime/board_models.c"].map((name) =>
    join(firmware, name),
  );
  const test = join(import.meta.dirname, "power_cut_test.c");
  const flags = ["-std=c99", "-O2", "-Wall", "-Wextra", "-Werror"];
  execFileSync(process.env["CC"] ?? "cc", [...flags, test, ...sources, "-o", program], { stdio: "pipe" });
  return program;
}

describe("the model slots under power cuts", () => {
  it("run the old model or the new one after a cut at any operation and within it, in updates, failed updates, roll-backs, restarts and long lives", () => {
    const { status, stdout } = spawnSync(build(), { encoding: "utf8" });
    process.stdout.write(stdout);
    const [, points, failures] = /^(\d+) cut points, (\d+) failures$/m.exec(stdout) ?? [];
    expect(Number(points)).toBeGreaterThan(40_000);
    expect(failures).toBe("0");
    expect(status).toBe(0);
  });
});
