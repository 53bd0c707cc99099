/**
 * Photos as rows: each picture once, however many recordings show it. What is kept was checked (`photo-file.ts`). Transactions are
 * the caller's.
 */
import { createHash } from "node:crypto";
import type { PhotoInfo } from "../../src-shared/contract/index.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import { type CheckedPhoto, checkPhoto } from "./photo-file.ts";
import type { ProjectDatabase } from "./project-database.ts";
import { damagedRow } from "./stored-json.ts";

type PhotoRow = {
  id: number;
  hash: Uint8Array;
  type: string;
  width: number;
  height: number;
  data: Uint8Array;
};

/** Keeps a photo; one that is there already is not kept twice. */
export function addPhoto(database: ProjectDatabase, photo: CheckedPhoto): PhotoInfo {
  const { type, width, height, data } = photo;
  const hash = hashOf(data);
  const known = database.get<{ id: number }>("SELECT id FROM photos WHERE hash = ?", hash);
  const id =
    known?.id ??
    database.run(
      "INSERT INTO photos (hash, type, width, height, data) VALUES (?, ?, ?, ?, ?)",
      hash,
      type,
      width,
      height,
      data,
    ).id;
  return { id, type, width, height, bytes: data.length };
}

/** A photo with its bytes. Throws `not-found`; `project-corrupt` where it is not what was kept. */
export function getPhoto(database: ProjectDatabase, id: number): PhotoInfo & { readonly data: Uint8Array } {
  const row = database.get<PhotoRow>(
    "SELECT id, hash, type, width, height, data FROM photos WHERE id = ?",
    id,
  );
  if (row === undefined) {
    throw new LimpetError("not-found", `The project has no photo ${id}.`, { field: "photo" });
  }
  const photo = soundPhoto(row);
  if (photo === null) throw damagedRow(database.path, `Photo ${id}`);
  return {
    id,
    type: photo.type,
    width: photo.width,
    height: photo.height,
    bytes: row.data.length,
    data: row.data,
  };
}

/** Ids of photos that are not what was kept. */
export function damagedPhotos(database: ProjectDatabase): number[] {
  const damaged: number[] = [];
  for (const row of database.each<PhotoRow>(
    "SELECT id, hash, type, width, height, data FROM photos ORDER BY id",
  )) {
    if (soundPhoto(row) === null) damaged.push(row.id);
  }
  return damaged;
}

function soundPhoto(row: PhotoRow): CheckedPhoto | null {
  if (!(row.data instanceof Uint8Array) || !(row.hash instanceof Uint8Array)) return null;
  if (!hashOf(row.data).equals(row.hash)) return null;
  try {
    const photo = checkPhoto(row.data);
    const same = photo.type === row.type && photo.width === row.width && photo.height === row.height;
    return same ? photo : null;
  } catch {
    return null;
  }
}

const hashOf = (data: Uint8Array): Buffer => createHash("sha256").update(data).digest();
