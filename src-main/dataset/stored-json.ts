/** JSON that stands in a column: read as its schema has it, or refused as damage of the file. Knows no table. */
import type { z } from "zod";
import { LimpetError } from "../../src-shared/errors.ts";

/** The one error for a row that holds what no Limpet writes. `what` begins a sentence, such as "Recording 3". */
export function damagedRow(path: string, what: string, cause?: unknown): LimpetError {
  return new LimpetError("project-corrupt", `${what} in ${path} is damaged.`, {
    field: path,
    hint: "`limpet check` says what else is; `limpet check --repair` saves what can be read, after making a copy.",
    cause,
  });
}

/** Reads a column. Throws `project-corrupt`. */
export function storedJson<S extends z.ZodType>(
  schema: S,
  text: string,
  path: string,
  what: string,
): z.output<S> {
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw damagedRow(path, what, error);
  }
}

/** Whether a column can be read so. */
export function isStoredJson(schema: z.ZodType, text: string): boolean {
  try {
    return schema.safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}
