/** What the user has chosen for Limpet itself, as a small JSON file of their own. A file that cannot be read counts as empty. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const storedSchema = z.object({ language: z.string().max(35).nullable().default(null) });

export type Preferences = z.infer<typeof storedSchema>;

const FILE = "preferences.json";

export function readPreferences(folder: string): Preferences {
  try {
    return storedSchema.parse(JSON.parse(readFileSync(join(folder, FILE), "utf8")));
  } catch {
    return storedSchema.parse({});
  }
}

/** Written beside and moved into place, so that a crash leaves the old file. A disk that refuses loses the choice, nothing else. */
export function writePreferences(folder: string, preferences: Preferences): void {
  const path = join(folder, FILE);
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${path}.new`, JSON.stringify(preferences));
    renameSync(`${path}.new`, path);
  } catch {
    // The language is then the system's again next time.
  }
}
