/** The Python that setup makes for tests (`.tools/python`), with the field's own readers; null where it is not there. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

const path =
  process.env["LIMPET_PYTHON"] ?? join(import.meta.dirname, "../../../../.tools/python/bin/python");
export const python: string | null = existsSync(path) ? path : null;

/** Runs a program that prints JSON. */
export function runPython(program: string, input: string): unknown {
  const { status, stdout, stderr } = spawnSync(python ?? "python3", ["-c", program], {
    input,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`Python ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}
