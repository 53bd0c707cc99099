/** Looks a path up that a user gave. Knows names only. */
import { type Stats, statSync } from "node:fs";
import { translateSqliteError } from "./sqlite.ts";

/** What is there, undefined where nothing is. Throws a LimpetError for a name that no system takes, or a folder that is closed to us. */
export function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw translateSqliteError(error, path);
  }
}
