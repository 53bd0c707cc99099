/** The split as it is kept: its options as a setting, each recording's side in its row. How sides are chosen is `split.ts`. */
import { createHash } from "node:crypto";
import { type SplitName, type SplitOptions, splitOptions } from "../../src-shared/contract/index.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { ProjectDatabase } from "./project-database.ts";
import { parsedSetting, writeSetting } from "./settings-table.ts";
import { assignSplit, type SplitItem } from "./split.ts";

/** What is used where the user chose nothing. */
export const DEFAULT_SPLIT: SplitOptions = {
  train: 0.6,
  validation: 0.2,
  test: 0.2,
  by: "recording",
  seed: 1,
};

/** Recordings that can be learnt from. */
const USED = "deleted_at IS NULL AND excluded = 0 AND state <> 'recording'";

export const readSplitOptions = (database: ProjectDatabase): SplitOptions | null =>
  parsedSetting(database, "split", splitOptions);

/** Divides all recordings anew. Throws `usage` for impossible options. */
export function applySplit(database: ProjectDatabase, wish: SplitOptions): void {
  const options = requireOptions(wish);
  const sides = assignSplit(splitItems(database), options);
  database.write(() => {
    writeSetting(database, "split", JSON.stringify(options));
    database.run("UPDATE recordings SET split = NULL WHERE split IS NOT NULL");
    assign(database, sides);
  });
}

/**
 * Gives recordings that came after the split a side, and leaves all others where they are. Only inside `write`. Where the split's
 * own options cannot be followed, they have none yet: no recording is refused because of them.
 */
export function extendSplit(database: ProjectDatabase): void {
  try {
    extend(database);
  } catch (error) {
    if (!(error instanceof LimpetError) || (error.code !== "usage" && error.field !== "split")) throw error;
  }
}

function extend(database: ProjectDatabase): void {
  const options = readSplitOptions(database);
  if (options === null) {
    return;
  }
  const items = splitItems(database);
  const standing = new Map(items.flatMap(({ id, split }) => (split === null ? [] : [[id, split] as const])));
  const sides = assignSplit(items, options, standing);
  for (const id of standing.keys()) sides.delete(id);
  assign(database, sides);
}

/** Makes the default split where there is none, and gives every recording a side. Returns the options in force. */
export function ensureSplit(database: ProjectDatabase): SplitOptions {
  const options = readSplitOptions(database);
  if (options === null) {
    applySplit(database, DEFAULT_SPLIT);
    return DEFAULT_SPLIT;
  }
  if (options.by !== "window" && splitItems(database).some(({ split }) => split === null)) {
    database.write(() => extend(database));
  }
  return options;
}

/** SHA-256 over what is learnt from: contents, labels, groups and sides. See docs/project-file.md. */
export function datasetHash(database: ProjectDatabase): string {
  const hash = createHash("sha256").update(JSON.stringify(readSplitOptions(database)));
  const rows = database.all<{ content: string; label: string; grouped: string | null; split: string | null }>(
    `SELECT hex(content_hash) AS content, label, group_name AS grouped, split FROM recordings
     WHERE ${USED} ORDER BY content, label, grouped, split, id`,
  );
  for (const row of rows) {
    hash.update(JSON.stringify([row.content, row.label, row.grouped, row.split]));
  }
  return hash.digest("hex");
}

/** Throws `usage` where recordings have no side of their own: there is no split yet, or windows are divided. */
export function requireSidesOfRecordings(database: ProjectDatabase): void {
  const options = readSplitOptions(database);
  if (options !== null && options.by !== "window") return;
  throw new LimpetError(
    "usage",
    options === null
      ? "Nothing is held back yet, so there are no sides to choose from."
      : "The split is by window, not by recording.",
    { field: "split", hint: "Hold whole recordings back first." },
  );
}

function requireOptions(wish: SplitOptions): SplitOptions {
  const checked = splitOptions.safeParse(wish);
  if (!checked.success) {
    const issue = checked.error.issues[0];
    const problem = issue?.message ?? "the options are wrong";
    throw new LimpetError("usage", `The split cannot be made: ${problem}.`, {
      field: issue?.path.join("."),
      hint: "Parts lie between 0 and 1, the seed is a whole number.",
    });
  }
  return checked.data;
}

function splitItems(database: ProjectDatabase): (SplitItem & { readonly split: SplitName | null })[] {
  return database.all(
    `SELECT id, name, source, label, group_name AS "group", split FROM recordings WHERE ${USED} ORDER BY id`,
  );
}

function assign(database: ProjectDatabase, sides: ReadonlyMap<number, SplitName>): void {
  for (const [id, side] of sides) {
    database.run("UPDATE recordings SET split = ? WHERE id = ?", side, id);
  }
}
