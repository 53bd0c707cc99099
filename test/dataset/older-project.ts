/** Projects as an older Limpet left them, made by code: the tables of that version, filled with what today's code writes. */
import { rmSync } from "node:fs";
import Database from "better-sqlite3";
import type { FinishedRecording } from "../../src-main/dataset/finished-recording.ts";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { migrate } from "../../src-main/dataset/schema.ts";

/** Columns that version 1 had of `recordings`. */
const RECORDING_COLUMNS =
  "id, name, label, group_name, notes, origin, source, created_at, state, excluded, deleted_at, split, content_hash, quality";
const OTHERS = ["settings", "streams", "chunks", "gaps", "overviews", "edits", "experiments", "deployments"];

/** Makes a project of format 1 at `path`. `fill` works on it as on any project before it becomes old. */
export function writeFormatOne(
  path: string,
  recordings: readonly FinishedRecording[],
  fill: (project: ProjectFile) => void = () => {},
): void {
  const newer = `${path}.newest`;
  const project = ProjectFile.create(newer);
  for (const recording of recordings) project.addRecording(recording);
  fill(project);
  project.close();
  makeOlder(newer, path);
}

/** Turns the project at `newer` into one of format 1 at `path`; what that format does not know is lost. */
export function makeOlder(newer: string, path: string): void {
  const database = new Database(path);
  database.pragma("page_size = 8192");
  migrate(database, 1);
  database.prepare("ATTACH ? AS newest").run(newer);
  database.exec(
    `INSERT INTO recordings (${RECORDING_COLUMNS}) SELECT ${RECORDING_COLUMNS} FROM newest.recordings`,
  );
  for (const table of OTHERS) database.exec(`INSERT INTO ${table} SELECT * FROM newest.${table}`);
  database.close();
  rmSync(newer);
}
