/** The project's own values: goal, design and what was evaluated, as JSON by key. Knows the schemas of what it holds. */
import type { z } from "zod";
import { type Goal, goal as goalSchema } from "../../src-shared/contract/index.ts";
import { type DesignFile, designFile } from "../../src-shared/design.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { ProjectDatabase } from "./project-database.ts";

/** Text of a setting, or null. */
export function readSetting(database: ProjectDatabase, key: string): string | null {
  return database.get<{ value: string }>("SELECT value FROM settings WHERE key = ?", key)?.value ?? null;
}

export function writeSetting(database: ProjectDatabase, key: string, value: string): void {
  database.write(() =>
    database.run("INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)", key, value),
  );
}

/** Removes all settings whose key begins with `prefix`. */
export function removeSettings(database: ProjectDatabase, prefix: string): void {
  database.write(() =>
    database.run("DELETE FROM settings WHERE substr(key, 1, ?) = ?", prefix.length, prefix),
  );
}

/** A setting as its schema has it, or null where it was never written. Throws `project-corrupt` for anything else. */
export function parsedSetting<S extends z.ZodType>(
  database: ProjectDatabase,
  key: string,
  schema: S,
): z.output<S> | null {
  const text = readSetting(database, key);
  if (text === null) {
    return null;
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new LimpetError("project-corrupt", `The ${key} kept in ${database.path} cannot be read.`, {
      field: key,
      hint: `Save the ${key} again; recordings and experiments are not affected.`,
      cause: error,
    });
  }
}

/** The goal, with its defaults where nothing was saved. */
export const readGoal = (database: ProjectDatabase): Goal =>
  parsedSetting(database, "goal", goalSchema) ?? goalSchema.parse({});

export function writeGoal(database: ProjectDatabase, goal: Goal): void {
  writeSetting(database, "goal", JSON.stringify(goalSchema.parse(goal)));
}

export const readDesign = (database: ProjectDatabase): DesignFile | null =>
  parsedSetting(database, "design", designFile);

export function writeDesign(database: ProjectDatabase, design: DesignFile): void {
  writeSetting(database, "design", JSON.stringify(design));
}
