/** Where a thread's code lies: the source in a tree, the bundle beside the archive in a package (scripts/build-app.mjs). */
import { existsSync } from "node:fs";
import { join, sep } from "node:path";

export type WorkerName = "training-worker" | "step-helper" | "work-thread";

/** @param folder where the source lies */
export function workerFile(name: WorkerName, folder: string): string {
  const source = join(folder, `${name}.ts`);
  if (existsSync(source)) return source;
  const bundle = join(import.meta.dirname, "../../dist/electron", `${name}.cjs`);
  return bundle.replace(`${sep}app.asar${sep}`, `${sep}app.asar.unpacked${sep}`);
}
