/**
 * Edits of recordings that can be undone and redone, also after the project was closed: each edit keeps the fields that it
 * changed, before and after. Knows rows of recordings; the caller says what an edit is called.
 */
import { z } from "zod";
import type { ProjectDatabase, SqlValue } from "./project-database.ts";
import { storedJson } from "./stored-json.ts";

/** Columns of `recordings` that an edit may change, and nothing else: they become part of a statement. */
const editedFields = z.strictObject({
  name: z.string().optional(),
  label: z.string().optional(),
  group_name: z.string().nullable().optional(),
  notes: z.string().optional(),
  machine: z.string().optional(),
  mount: z.string().optional(),
  photo_id: z.int().nullable().optional(),
  excluded: z.union([z.literal(0), z.literal(1)]).optional(),
  deleted_at: z.string().nullable().optional(),
  split: z.enum(["train", "validation", "test"]).nullable().optional(),
});
/** Content of the column `changes`. */
export const editChanges = z.array(z.object({ id: z.int(), before: editedFields, after: editedFields }));

export type EditableColumn = keyof z.infer<typeof editedFields>;
export type EditedFields = Partial<Record<EditableColumn, string | number | null>>;
type Change = { readonly id: number; readonly before: EditedFields; readonly after: EditedFields };

/** Edits kept for undo; older ones are forgotten. */
const KEPT_EDITS = 1000;

/** Changes fields of recordings and remembers how they were. Fields that stay as they are, and recordings without change, do not count. */
export function edit(
  database: ProjectDatabase,
  description: string,
  ids: readonly number[],
  after: EditedFields,
): void {
  editEach(
    database,
    description,
    ids.map((id) => ({ id, after })),
  );
}

/** The same where recordings are changed in different ways: one edit, undone as one. */
export function editEach(
  database: ProjectDatabase,
  description: string,
  wanted: readonly { readonly id: number; readonly after: EditedFields }[],
): void {
  database.write(() => {
    const changes: Change[] = [];
    for (const { id, after } of wanted) {
      const columns = Object.keys(after) as EditableColumn[];
      const row = database.get<EditedFields>(`SELECT ${columns.join(", ")} FROM recordings WHERE id = ?`, id);
      if (row === undefined) {
        continue;
      }
      const changed = columns.filter((column) => row[column] !== after[column]);
      if (changed.length > 0) {
        const pick = (fields: EditedFields): EditedFields =>
          Object.fromEntries(changed.map((column) => [column, fields[column] ?? null]));
        changes.push({ id, before: pick(row), after: pick(after) });
      }
    }
    if (changes.length === 0) {
      return;
    }
    apply(database, changes, "after");
    database.run("DELETE FROM edits WHERE undone = 1");
    const { id } = database.run(
      "INSERT INTO edits (made_at, description, changes) VALUES (?, ?, ?)",
      new Date().toISOString(),
      description,
      JSON.stringify(changes),
    );
    database.run("DELETE FROM edits WHERE id <= ?", id - KEPT_EDITS);
  });
}

/** Takes back the newest edit that stands. Returns its description, or null where there is none. */
export function undoEdit(database: ProjectDatabase): string | null {
  return step(
    database,
    "SELECT id, description, changes FROM edits WHERE undone = 0 ORDER BY id DESC LIMIT 1",
    "before",
    1,
  );
}

/** Makes the edit again that was undone last. Returns its description, or null where there is none. */
export function redoEdit(database: ProjectDatabase): string | null {
  return step(
    database,
    "SELECT id, description, changes FROM edits WHERE undone = 1 ORDER BY id LIMIT 1",
    "after",
    0,
  );
}

function step(
  database: ProjectDatabase,
  query: string,
  side: "before" | "after",
  undone: 0 | 1,
): string | null {
  if (database.get(query) === undefined) {
    return null;
  }
  return database.write(() => {
    const row = database.get<{ id: number; description: string; changes: string }>(query);
    if (row === undefined) {
      return null;
    }
    const changes = storedJson(
      editChanges,
      row.changes,
      database.path,
      `What undoes edit ${row.id}`,
    ) as readonly Change[];
    apply(database, side === "before" ? [...changes].reverse() : changes, side);
    database.run("UPDATE edits SET undone = ? WHERE id = ?", undone, row.id);
    return row.description;
  });
}

/** A photo that a repair removed does not come back. */
const assignment = (column: EditableColumn): string =>
  column === "photo_id" ? "photo_id = (SELECT id FROM photos WHERE id = ?)" : `${column} = ?`;

function apply(database: ProjectDatabase, changes: readonly Change[], side: "before" | "after"): void {
  for (const change of changes) {
    const fields = change[side];
    const columns = Object.keys(fields) as EditableColumn[];
    const values: SqlValue[] = columns.map((column) => fields[column] ?? null);
    database.run(
      `UPDATE recordings SET ${columns.map(assignment).join(", ")} WHERE id = ?`,
      ...values,
      change.id,
    );
  }
}
