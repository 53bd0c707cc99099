/** What must hold before a merge begins: another project, and room for what comes in. Knows files, no rows. */
import { statfsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { RecordingInfo } from "../../src-shared/contract/index.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import { sampleBytes } from "./samples.ts";

/** What a recording needs in a project beside its samples: minima and maxima, rows, half-filled pages. */
const OVERHEAD = 1.15;
/** Kept free: for the log, and for whatever else is on the disk. */
const SPARE_BYTES = 8 * 1024 * 1024;

/** Throws `disk-full` where these recordings would not fit. */
export function requireRoom(path: string, recordings: readonly RecordingInfo[]): void {
  const bytes = recordings
    .flatMap(({ streams }) => streams)
    .reduce(
      (sum, stream) => sum + stream.samples * stream.channels.length * sampleBytes(stream.sampleType),
      0,
    );
  const needed = bytes * OVERHEAD + SPARE_BYTES;
  const { bavail, bsize } = statfsSync(dirname(path));
  if (bavail * bsize < needed) {
    const megabytes = (count: number): string => `${Math.ceil(count / 1e6)} MB`;
    throw new LimpetError(
      "disk-full",
      `Importing may need ${megabytes(needed)}; the disk that holds ${path} has ${megabytes(bavail * bsize)}.`,
      { field: path, hint: "Free some space and try again. Nothing was imported." },
    );
  }
}

/** Throws `usage` where both are one file, whatever they are called. */
export function requireOther(target: string, path: string): void {
  const there = statSync(path, { throwIfNoEntry: false, bigint: true });
  const here = statSync(target, { bigint: true });
  if (resolve(path) === target || (there !== undefined && there.dev === here.dev && there.ino === here.ino)) {
    throw new LimpetError("usage", "This is the project that is open.", {
      field: path,
      hint: "Choose the other one.",
    });
  }
}
