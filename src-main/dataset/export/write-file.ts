/** Writes files for the user: whole or not at all. Knows paths and bytes; not what is in them. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { LimpetError } from "../../../src-shared/errors.ts";
import { translateSqliteError } from "../sqlite.ts";
import { statOf } from "../stat.ts";

/**
 * Makes a folder with all that it lies in. One after the other: Node's own way (`recursive`) never returns where the system says that
 * a folder which is there is not, as /proc does.
 */
export function makeFolder(folder: string): void {
  if (statOf(folder)?.isDirectory() === true) return;
  const parent = dirname(folder);
  if (parent !== folder) makeFolder(parent);
  mkdirSync(folder);
}

/**
 * Writes a file, with the folders that it lies in, under another name first, so that it is never half there and what stood there
 * before is lost only to the whole of the new one. Throws `usage` (field `out`) for a path that is a folder, `read-only`, `disk-full`.
 */
export function writeWhole(path: string, content: string | Uint8Array): void {
  if (statOf(resolve(path))?.isDirectory() === true) {
    throw new LimpetError("usage", `${path} is a folder.`, {
      field: "out",
      hint: "Name the file to be written.",
    });
  }
  const partial = `${path}.part`;
  try {
    makeFolder(dirname(resolve(path)));
    writeFileSync(partial, content);
    renameSync(partial, path);
  } catch (error) {
    rmSync(partial, { force: true });
    throw translateWriteError(error, path);
  }
}

/** An error of the file system while something was written for the user, as `disk-full` or `read-only`. */
export function translateWriteError(error: unknown, path: string): unknown {
  const known = translateSqliteError(error, path);
  if (known instanceof LimpetError && known.code !== "read-only") return known;
  if (!(error instanceof Error && "code" in error)) return error;
  return new LimpetError("read-only", `${path} cannot be written.`, {
    field: "out",
    hint: "Choose a place that you may write to.",
    cause: error,
  });
}
