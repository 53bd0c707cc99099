/** The sources of an Arduino library that setup has gathered (scripts/setup/arduino-sources.mjs). Knows only where they lie. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { LimpetError } from "../../src-shared/errors.ts";
import { firmwareFolder } from "../boards/firmware-image.ts";
import type { ExportedFile } from "../conversion/exports/exported-files.ts";

/** All of them, in the order of their names. Throws `setup-missing` where setup has not gathered them. */
export function readArduinoSources(folder: string = join(firmwareFolder(), "arduino")): ExportedFile[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => ({
        name: relative(folder, path).replaceAll("\\", "/"),
        bytes: new Uint8Array(readFileSync(path)),
      }));
  } catch (error) {
    throw new LimpetError("setup-missing", "The sources for Arduino libraries are not there.", {
      field: "arduino",
      hint: "Run `npm run setup`.",
      cause: error,
    });
  }
}
