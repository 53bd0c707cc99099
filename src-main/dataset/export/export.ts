/** Writes a project's recordings into a folder, a file for each stream, named so that importing gives the labels again. */
import { existsSync, readdirSync, rmdirSync, rmSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { RecordingInfo, StreamInfo } from "../../../src-shared/contract/index.ts";
import { assertNever, LimpetError, throwIfCancelled } from "../../../src-shared/errors.ts";
import type { WorkOptions } from "../../../src-shared/work.ts";
import type { Dataset } from "../types.ts";
import {
  type ExportStream,
  toCsv,
  toEdgeImpulse,
  toEdgeImpulseCbor,
  toEdgeImpulseJson,
  toWav,
} from "./formats.ts";
import { makeFolder, translateWriteError, writeWhole } from "./write-file.ts";

export const EXPORT_FORMATS = ["wav", "csv", "edge-impulse-json", "edge-impulse-cbor"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

const EXTENSIONS: Readonly<Record<ExportFormat, string>> = {
  wav: ".wav",
  csv: ".csv",
  "edge-impulse-json": ".json",
  "edge-impulse-cbor": ".cbor",
};

/**
 * Writes all recordings that are not left out to `folder`, which is made if it is missing and must be empty. A file is
 * written under another name first, so that none is ever half there; where it ends early, nothing of it stays.
 * Returns the number of files. Throws `usage` for a folder that is not empty, `read-only`, `disk-full`, `cancelled`.
 */
export async function exportRecordings(
  project: Dataset,
  format: ExportFormat,
  folder: string,
  work: WorkOptions = {},
): Promise<{ files: number }> {
  const target = resolve(folder);
  const made = prepareFolder(target);
  const written: string[] = [];
  try {
    await writeAll(project, format, target, written, work);
  } catch (error) {
    // A part of a dataset is easily taken for all of it, and the next export would refuse the folder.
    for (const path of written) rmSync(path, { force: true });
    if (made && readdirSync(target).length === 0) rmdirSync(target);
    throw error;
  }
  work.onProgress?.("written", 1);
  return { files: written.length };
}

/** Adds the path of each file to `written` as soon as it is there. */
async function writeAll(
  project: Dataset,
  format: ExportFormat,
  target: string,
  written: string[],
  work: WorkOptions,
): Promise<void> {
  const recordings = project.recordings().filter((recording) => !recording.excluded);
  const taken = new Set<string>();
  for (const [index, recording] of recordings.entries()) {
    throwIfCancelled(work.signal);
    work.onProgress?.(`writing ${recording.name}`, index / recordings.length);
    for (const stream of recording.streams) {
      const path = join(target, fileName(recording, stream, EXTENSIONS[format], taken));
      const { data } = project.readSamples(stream.id, 0, stream.samples);
      writeWhole(
        path,
        contentOf(format, { stream, samples: data, gaps: project.gaps(stream.id) }, recording),
      );
      written.push(path);
    }
    await nextTurn();
  }
}

/** Returns whether the folder was made now. */
function prepareFolder(folder: string): boolean {
  try {
    if (existsSync(folder)) {
      if (!statSync(folder).isDirectory() || readdirSync(folder).length > 0) {
        throw new LimpetError("usage", `${folder} is not an empty folder.`, {
          field: "out",
          hint: "Choose a folder that is empty or does not exist yet; nothing is ever overwritten.",
        });
      }
      return false;
    }
    makeFolder(folder);
    return true;
  } catch (error) {
    throw translateWriteError(error, folder);
  }
}

function contentOf(
  format: ExportFormat,
  stream: ExportStream,
  recording: RecordingInfo,
): string | Uint8Array {
  switch (format) {
    case "wav":
      return toWav(stream);
    case "csv":
      return toCsv(stream);
    case "edge-impulse-json":
      return toEdgeImpulseJson(toEdgeImpulse(stream, recording.source, recording.createdAt));
    case "edge-impulse-cbor":
      return toEdgeImpulseCbor(toEdgeImpulse(stream, recording.source, recording.createdAt));
    default:
      return assertNever(format, "format");
  }
}

/** Names that Windows keeps for devices. */
const DEVICE_NAMES = /^(con|prn|aux|nul|com\d|lpt\d)$/i;

/** Text as a part of a file's name on any system: no separators, no control characters, nothing that hides or climbs. */
export function safeName(text: string): string {
  const plain = text
    .normalize("NFC")
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is to be removed
    .replace(/[\u0000-\u001f\u007f<>:"/\\|?*\u202a-\u202e\u2066-\u2069]/g, "_")
    .replace(/^[.\s=+@-]+|[.\s]+$/g, "")
    .slice(0, 100);
  return plain === "" || DEVICE_NAMES.test(plain) ? `_${plain}` : plain;
}

/** `label.name.ext`, with the sensor between if there are several, and a number if the name is taken. */
function fileName(
  recording: RecordingInfo,
  stream: StreamInfo,
  extension: string,
  taken: Set<string>,
): string {
  // A dot in the label would end it early when the file is imported again.
  const label = safeName(recording.label).replaceAll(".", "_");
  const name = safeName(recording.name);
  const stem = name === label || name.startsWith(`${label}.`) ? name : `${label}.${name}`;
  const full = recording.streams.length > 1 ? `${stem}.${safeName(stream.sensor)}` : stem;
  let candidate = `${full}${extension}`;
  for (let n = 2; taken.has(candidate.toLowerCase()); n++) candidate = `${full}-${n}${extension}`;
  taken.add(candidate.toLowerCase());
  return candidate;
}
