/** Where a thread's code lies: the source in a tree, the bundle in a package (scripts/build-app.mjs). */
import { existsSync } from "node:fs";
import { join } from "node:path";

export type WorkerName = "training-worker" | "step-helper";

export function workerFile(name: WorkerName): string {
  const source = join(import.meta.dirname, `${name}.ts`);
  return existsSync(source) ? source : join(import.meta.dirname, "../../dist/electron", `${name}.mjs`);
}
