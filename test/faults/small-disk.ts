/** A small disk for tests: a tmpfs of its own, where the system lets us mount one. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { platform, tmpdir } from "node:os";
import { join } from "node:path";

export type SmallDisk = { readonly folder: string; makeReadOnly(): void; remove(): void };

const mount = (...parameters: string[]): boolean => spawnSync("mount", parameters).status === 0;

/** Mounts it; says why where that cannot be done. */
export function smallDisk(bytes: number): SmallDisk | string {
  if (platform() !== "linux" || process.getuid?.() !== 0) return "mounting a small disk needs Linux and root";
  const folder = mkdtempSync(join(tmpdir(), "limpet-disk-"));
  if (!mount("-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", folder)) {
    rmdirSync(folder);
    return "this system does not let us mount a tmpfs";
  }
  return {
    folder,
    makeReadOnly: () => {
      if (!mount("-o", "remount,ro", folder)) throw new Error("the disk could not be made read-only");
    },
    remove: () => {
      spawnSync("umount", ["-l", folder]);
      rmdirSync(folder);
    },
  };
}
