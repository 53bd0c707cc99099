/** How a process ends while one of its threads cannot be ended. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const CHILD = join(import.meta.dirname, "stuck-thread-child.ts");

const endOf = (code: number) => {
  const { stdout, status, signal } = spawnSync(process.execPath, ["--no-warnings", CHILD, String(code)], {
    encoding: "utf8",
  });
  return { stdout, status, signal };
};

describe("a process with a thread inside of SQLite", () => {
  it("that was interrupted ends by SIGINT, which a shell calls 130", () => {
    expect(endOf(130)).toEqual({ stdout: "stuck\n", status: null, signal: "SIGINT" });
  });

  it("ends at once in any other case, too", () => {
    expect(endOf(0)).toEqual({ stdout: "stuck\n", status: null, signal: "SIGKILL" });
  });
});
