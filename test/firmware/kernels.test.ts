/** firmware/kernels against TensorFlow Lite's reference kernels on random shapes (kernels_test.cc): on this machine and on a Cortex-M4. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { buildProgram, missingForPrograms, runProgram, tflmIncludes, tflmTree } from "./qemu/program.ts";

const folder = mkdtempSync(join(tmpdir(), "limpet-kernels-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const source = join(import.meta.dirname, "kernels_test.cc");
const kernels = join(import.meta.dirname, "../../firmware/kernels");

function expectNothingWrong(text: string): void {
  const lines = [...text.matchAll(/^(.+): (\d+) cases, (\d+) by the quick way, (\d+) wrong$/gm)];
  expect(
    lines.map(([, name]) => name),
    text,
  ).toEqual(["conv", "depthwise", "fully connected", "pooling"]);
  for (const [line, name, cases, quick, wrong] of lines) {
    expect(Number(cases), line).toBeGreaterThan(1000);
    expect(Number(wrong), text).toBe(0);
    // Both ways of rounding were tried.
    if (name !== "pooling") {
      expect(Number(quick), line).toBeGreaterThan(500);
      expect(Number(quick), line).toBeLessThan(Number(cases) - 100);
    }
  }
}

describe("the kernels", () => {
  const tree = tflmTree();
  it.skipIf(tree === null)(
    "give the bits of TensorFlow Lite's reference kernels on this machine, and touch no memory that is not theirs (skipped without a built firmware)",
    () => {
      const sanitized = ["-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover"];
      const objects = readdirSync(kernels)
        .filter((name) => name.endsWith(".c"))
        .map((name) => {
          const object = join(folder, `${name}.o`);
          const flags = ["-std=c99", "-Wall", "-Wextra", "-Werror", ...sanitized];
          execFileSync(process.env["CC"] ?? "cc", [...flags, "-c", join(kernels, name), "-o", object], {
            stdio: "pipe",
          });
          return object;
        });
      const program = join(folder, "kernels_test");
      const defines = ["-DNDEBUG", "-DTF_LITE_STATIC_MEMORY", "-DTF_LITE_DISABLE_X86_NEON"];
      const flags = ["-std=c++11", "-w", ...sanitized, ...defines, ...tflmIncludes(tree ?? "")];
      execFileSync(process.env["CXX"] ?? "c++", [...flags, source, ...objects, "-o", program], {
        stdio: "pipe",
      });
      const { status, stdout, stderr } = spawnSync(program, { encoding: "utf8" });
      expectNothingWrong(`${stdout}${stderr}`);
      expect(status).toBe(0);
    },
  );

  const missing = missingForPrograms();
  it.skipIf(missing !== "")(
    `give the same bits on a Cortex-M4 with its DSP instructions${missing && ` (skipped: ${missing})`}`,
    () => {
      const { status, text } = runProgram(buildProgram(source, folder), folder);
      expectNothingWrong(text);
      expect(status).toBe(0);
    },
  );
});
