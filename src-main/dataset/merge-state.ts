/**
 * Which recordings a merge has brought in that are not to be seen yet: they are deleted at a moment that is the merge's own, which a
 * setting names while it lasts. So what a killed program left is known and removed. Knows rows; whether somebody is still at it is
 * the caller's to find out.
 */
import { randomInt } from "node:crypto";
import { z } from "zod";
import type { ProjectDatabase } from "./project-database.ts";
import { parsedSetting, readSetting, writeSetting } from "./settings-table.ts";

const KEY = "merging";
const DIGITS = 9;

export const isMergeUnfinished = (database: ProjectDatabase): boolean => readSetting(database, KEY) !== null;

/** Begins a merge. Returns the moment that marks what it brings in; no other deletion has the same, by its last digits. */
export function beginMerging(database: ProjectDatabase): string {
  const digits = String(randomInt(10 ** DIGITS)).padStart(DIGITS, "0");
  const moment = new Date().toISOString().replace("Z", `${digits}Z`);
  writeSetting(database, KEY, JSON.stringify(moment));
  return moment;
}

/** All of it is there. Only inside the transaction that shows it. */
export function endMerging(database: ProjectDatabase): void {
  database.run("DELETE FROM settings WHERE key = ?", KEY);
}

/** Removes what a merge that did not come to its end has brought in. Call only while nobody merges. */
export function removeUnfinishedMerge(database: ProjectDatabase): void {
  if (!isMergeUnfinished(database)) return;
  const moment = parsedSetting(database, KEY, z.string());
  makeRoom(database);
  for (const { id } of database.all<{ id: number }>(
    "SELECT id FROM recordings WHERE deleted_at = ?",
    moment,
  )) {
    // One at a time: the log of a transaction that removes gigabytes would need as much room again.
    database.write(() => database.run("DELETE FROM recordings WHERE id = ?", id));
  }
  database.write(() => endMerging(database));
}

/** Has the log begin anew, which removing then needs no room for: the disk may be full of it. */
function makeRoom(database: ProjectDatabase): void {
  try {
    database.pragma("wal_checkpoint(TRUNCATE)");
  } catch {
    // No room for that either, or another program reads.
  }
}
