/** Temporary folders, small recordings and the real data for the dataset's tests. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach } from "vitest";
import type { FinishedRecording } from "../../src-main/dataset/finished-recording.ts";
import type { NewRecording, NewStream } from "../../src-main/dataset/types.ts";
import { type ErrorCode, LimpetError } from "../../src-shared/errors.ts";

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder that is removed after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "limpet-test-"));
  folders.push(folder);
  return folder;
}

/** Real recordings, which are not part of the repository; null (and a line that says so) where they are missing. */
export function realData(folder: string): string | null {
  const path = resolve(process.env.LIMPET_DATA ?? "../shared/data", folder);
  if (existsSync(path)) return path;
  console.warn(`SKIPPED: real data is not at ${path} (set LIMPET_DATA)`);
  return null;
}

export const accelerometer: NewStream = {
  sensor: "accelerometer",
  channels: [
    { name: "accX", unit: "g" },
    { name: "accY", unit: "g" },
    { name: "accZ", unit: "g" },
  ],
  rateHz: 200,
  sampleType: "int16",
  scale: 0.001,
};

export const recordingOf = (
  name: string,
  label: string,
  streams: readonly NewStream[] = [accelerometer],
): NewRecording => ({
  name,
  label,
  group: null,
  origin: "import",
  source: `${name}.csv`,
  streams,
});

/** A recording of `samples` int16 samples that differ from those of every other `seed`. */
export function finished(name: string, label: string, samples: number, seed: number): FinishedRecording {
  const data = Int16Array.from(
    { length: samples * 3 },
    (_, i) => ((i * 7919 + seed * 104729) % 20011) - 10000,
  );
  return { recording: recordingOf(name, label), data: [{ samples: data, gaps: [] }] };
}

/** The LimpetError that `work` throws; fails the test if it throws none or another code. */
export function errorOf(code: ErrorCode, work: () => unknown): LimpetError {
  try {
    work();
  } catch (error) {
    return requireCode(error, code);
  }
  throw new Error(`expected an error with code ${code}, but there was none`);
}

/** The same for a promise. */
export async function rejectionOf(code: ErrorCode, work: Promise<unknown>): Promise<LimpetError> {
  try {
    await work;
  } catch (error) {
    return requireCode(error, code);
  }
  throw new Error(`expected a rejection with code ${code}, but there was none`);
}

function requireCode(error: unknown, code: ErrorCode): LimpetError {
  if (!(error instanceof LimpetError) || error.code !== code) {
    throw new Error(`expected code ${code}, got ${String(error)}`, { cause: error });
  }
  return error;
}
