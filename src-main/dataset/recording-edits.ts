/**
 * What the user changes of recordings: which fields, under which name in the list of edits, so that each can be undone. Checks what is
 * wanted; how an edit is kept is `edit-journal.ts`.
 */
import type { Goal, RecordingInfo, SplitName } from "../../src-shared/contract/index.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import { type EditedFields, edit, editEach } from "./edit-journal.ts";
import { type FinishedRecording, storeFinished } from "./finished-recording.ts";
import { getPhoto } from "./photos-table.ts";
import type { ProjectDatabase } from "./project-database.ts";
import { listRecordings } from "./recordings-table.ts";
import { readGoal, writeGoal } from "./settings-table.ts";
import { requireSidesOfRecordings } from "./split-table.ts";

/** What may be changed of a recording. Fields that are absent stay. */
export type RecordingChange = {
  readonly label?: string | undefined;
  readonly name?: string | undefined;
  readonly group?: string | null | undefined;
  readonly notes?: string | undefined;
  readonly machine?: string | undefined;
  readonly mount?: string | undefined;
  /** Id of a photo; null takes it away. */
  readonly photo?: number | null | undefined;
  readonly excluded?: boolean | undefined;
  /** Side of the split. */
  readonly split?: SplitName | undefined;
};

/** Changes recordings as one edit. Throws `usage` for an empty name or a side where there are none, `not-found` for a photo. */
export function updateRecordings(
  database: ProjectDatabase,
  ids: readonly number[],
  change: RecordingChange,
): void {
  const fields: EditedFields = {};
  if (change.label !== undefined) fields.label = requireName(change.label, "label");
  if (change.name !== undefined) fields.name = requireName(change.name, "name");
  if (change.group !== undefined) fields.group_name = change.group;
  if (change.notes !== undefined) fields.notes = change.notes;
  if (change.machine !== undefined) fields.machine = change.machine.trim();
  if (change.mount !== undefined) fields.mount = change.mount.trim();
  if (change.photo !== undefined) {
    if (change.photo !== null) getPhoto(database, change.photo);
    fields.photo_id = change.photo;
  }
  if (change.excluded !== undefined) fields.excluded = change.excluded ? 1 : 0;
  if (change.split !== undefined) {
    requireSidesOfRecordings(database);
    fields.split = change.split;
  }
  if (Object.keys(fields).length > 0) {
    edit(database, describeChange(change, ids.length), ids, fields);
  }
}

/** Takes recordings out of the project. Their samples stay in the file. */
export function deleteRecordings(database: ProjectDatabase, ids: readonly number[]): void {
  edit(database, `delete ${recordingsCount(ids.length)}`, ids, { deleted_at: new Date().toISOString() });
}

/** Stores parts of a recording beside it, and takes the whole one out where `replace` is set: one edit. Returns the parts' ids. */
export function storeCut(
  database: ProjectDatabase,
  source: RecordingInfo,
  parts: readonly FinishedRecording[],
  { replace }: { readonly replace: boolean },
): number[] {
  const now = new Date().toISOString();
  return database.write(() => {
    const ids = parts.map((part) => storeFinished(database, part));
    for (const made of ids) {
      // On the side of the split that the whole is on: else the test would know a part of what was learnt from.
      database.run(
        "UPDATE recordings SET split = ?, notes = ?, excluded = ?, deleted_at = ? WHERE id = ?",
        source.split,
        source.notes,
        source.excluded ? 1 : 0,
        now,
        made,
      );
    }
    editEach(database, `cut ${source.name}`, [
      ...ids.map((made) => ({ id: made, after: { deleted_at: null } })),
      ...(replace ? [{ id: source.id, after: { deleted_at: now } }] : []),
    ]);
    return ids;
  });
}

/** Gives every recording of a label another one, and the class of the goal its new name; the labels can be undone. */
export function renameLabel(database: ProjectDatabase, from: string, to: string): void {
  const name = requireName(to, "label");
  database.write(() => {
    writeGoal(database, renamedClass(readGoal(database), from, name));
    const ids = listRecordings(database)
      .filter(({ label }) => label === from)
      .map(({ id }) => id);
    edit(database, `rename ${from} to ${name}`, ids, { label: name });
  });
}

/** Where the new name is a class already, the two become one. */
function renamedClass(goal: Goal, from: string, name: string): Goal {
  const others = goal.classes.filter((one) => one.name !== from);
  const classes = others.some((one) => one.name === name)
    ? others
    : goal.classes.map((one) => (one.name === from ? { ...one, name } : one));
  return { ...goal, classes };
}

const recordingsCount = (n: number): string => (n === 1 ? "1 recording" : `${n} recordings`);

function requireName(value: string, field: string): string {
  const trimmed = value.trim();
  if (trimmed === "") {
    throw new LimpetError("usage", `The ${field} is empty.`, { field, hint: "Give it at least one letter." });
  }
  return trimmed;
}

const SIDE_NAMES = { train: "training", validation: "validation", test: "the test" } as const;

function describeChange(change: RecordingChange, ids: number): string {
  const what = recordingsCount(ids);
  if (change.label !== undefined) return `label ${what} as ${change.label}`;
  if (change.name !== undefined) return `rename ${what} to ${change.name}`;
  if (change.excluded !== undefined) return `${change.excluded ? "leave out" : "take back"} ${what}`;
  if (change.split !== undefined) return `put ${what} into ${SIDE_NAMES[change.split]}`;
  if (change.group !== undefined) return `put ${what} into group ${change.group ?? "none"}`;
  if (change.photo !== undefined)
    return `${change.photo === null ? "take the photo from" : "give a photo to"} ${what}`;
  if (change.machine !== undefined || change.mount !== undefined) return `say where ${what} come from`;
  return `change the notes of ${what}`;
}
