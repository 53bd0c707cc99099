/** Copies of a project file beside it, made before something changes it for good. Knows names and SQLite; not what comes after. */
import { existsSync, renameSync, rmSync } from "node:fs";
import { openDatabase, translateSqliteError } from "./sqlite.ts";

/** `project.limpet.before-…`, with a number where that is taken. */
export function asideName(path: string, before: string): string {
  let name = `${path}.before-${before}`;
  for (let n = 2; existsSync(name); n++) name = `${path}.before-${before}-${n}`;
  return name;
}

/**
 * Copies the project through SQLite (VACUUM INTO), so that what stands in a write-ahead log is in the copy too, and the copy is one
 * plain file. It has its name once it is whole: what a killed program left of one is overwritten. Returns its path. Throws
 * `disk-full`, `read-only`, `project-corrupt`.
 */
export function copyAside(path: string, before: string): string {
  const copy = asideName(path, before);
  const partial = `${path}.before-${before}.part`;
  const database = openDatabase(path, { readonly: true });
  try {
    rmSync(partial, { force: true });
    database.prepare("VACUUM INTO ?").run(partial);
    renameSync(partial, copy);
    return copy;
  } catch (error) {
    try {
      rmSync(partial, { force: true });
    } catch {
      // It could not be begun; there is nothing to remove.
    }
    throw translateSqliteError(error, copy);
  } finally {
    database.close();
  }
}
