/** How long sensors can be recorded before the disk that holds the project is full. Knows disks and rates; no boards, no dataset. */
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import type { RecordingRoom } from "../../src-shared/contract/index.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import { streamOf } from "./recording-service.ts";
import type { ChosenSensor } from "./sample-recorder.ts";

/** What a project keeps beside the samples: minima and maxima, rows, half-filled pages. */
const OVERHEAD = 1.1;
/** Not counted as room: for SQLite's log, and for whatever else is on the disk. */
const SPARE_BYTES = 64 * 1024 * 1024;

/** Bytes that a second of these sensors takes in a project. */
export function bytesPerSecond(chosen: readonly ChosenSensor[]): number {
  const samples = chosen.map(streamOf).reduce((sum, { channels, rateHz, sampleType }) => {
    return sum + channels.length * rateHz * (sampleType === "int16" ? 2 : 4);
  }, 0);
  return samples * OVERHEAD;
}

/** Room beside the project file at `path`, in bytes and in seconds of these sensors. Throws `not-found` where its folder is gone. */
export async function recordingRoom(path: string, chosen: readonly ChosenSensor[]): Promise<RecordingRoom> {
  const folder = dirname(path);
  const disk = await statfs(folder).catch(() => {
    throw new LimpetError("not-found", `The folder ${folder} is not there any more.`, {
      field: folder,
      hint: "Plug in the disk again.",
    });
  });
  const freeBytes = Math.max(0, disk.bavail * disk.bsize - SPARE_BYTES);
  const rate = bytesPerSecond(chosen);
  return { freeBytes, bytesPerSecond: rate, seconds: freeBytes / rate };
}
