/**
 * Takes the recordings of another project into this one: the same samples once, with what was said about them. What comes in stays out
 * of sight until all of it is there, and becomes visible in one transaction; what a killed program left half done is removed at the
 * next opening. The other file is only read, every chunk checked, and never changed, whatever format it has.
 */
import { basename } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type {
  MergeConflict,
  MergeResult,
  RecordingInfo,
  StreamInfo,
} from "../../src-shared/contract/index.ts";
import { LimpetError, throwIfCancelled } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import { type EditedFields, editEach } from "./edit-journal.ts";
import { requireOther, requireRoom } from "./merge-checks.ts";
import { chunksOf, damaged, hashOf, storedHashes } from "./merge-source.ts";
import { beginMerging, endMerging, removeUnfinishedMerge } from "./merge-state.ts";
import { checkPhoto } from "./photo-file.ts";
import { addPhoto, getPhoto } from "./photos-table.ts";
import type { ProjectDatabase } from "./project-database.ts";
import { ProjectFile } from "./project-file.ts";
import { lockForRecording } from "./recording-lock.ts";
import { finishRecording, insertRecording, type RecordingRow, writePending } from "./recordings-table.ts";
import { bytesOf } from "./samples.ts";
import { extendSplit } from "./split-table.ts";
import { StreamSink } from "./stream-sink.ts";

/** A merge, with the recordings that were there already as one line each. */
export type MergeReport = MergeResult & {
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
};

/** Samples are written when so many bytes wait. */
const WRITE_BYTES = 4 * 1024 * 1024;
/** Other work gets a turn this often, milliseconds. */
const TURN_MS = 30;

/** A recording of this project with the same samples as one of the other. */
type Known = { readonly id: number; readonly deleted: boolean };
/** What becomes visible at the end: a recording and the fields of it that change. */
type Wanted = { readonly id: number; readonly after: EditedFields; readonly photo: number | null };

/**
 * Merges the project at `path` into `target`. Throws `usage` for the project itself, `not-found`, `project-invalid`, `project-newer`
 * and `project-corrupt` for what cannot be read whole, `project-locked` while something is recorded, `read-only`, `disk-full`,
 * `cancelled`. Where it throws, `target` is as it was.
 */
export async function mergeProject(
  target: ProjectFile,
  path: string,
  work: WorkOptions = {},
): Promise<MergeReport> {
  const { database } = target;
  // A project that cannot be written to says so before anything is read.
  database.write(() => undefined);
  requireOther(target.path, path);
  const source = ProjectFile.open(path, { readonly: true, asItIs: true });
  try {
    const lock = lockForRecording(target.path);
    try {
      removeUnfinishedMerge(database);
      return await target.bulk(() => new Merge(target, source, work).run());
    } catch (error) {
      try {
        removeUnfinishedMerge(database);
      } catch {
        // The disk is full or gone: what came in is out of sight, and is removed at the next opening.
      }
      throw error;
    } finally {
      lock.release();
    }
  } finally {
    source.close();
  }
}

class Merge {
  readonly #database: ProjectDatabase;
  readonly #source: ProjectFile;
  readonly #work: WorkOptions;
  readonly #known: Map<string, Known>;
  readonly #wanted: Wanted[] = [];
  readonly #skipped: { name: string; reason: string }[] = [];
  readonly #conflicts: MergeConflict[] = [];
  readonly #imported = new Set<number>();
  readonly #moment: string;
  #completed = 0;
  #cameBack = 0;
  /** Of the last report; the first one comes at once. */
  #turn = Number.NEGATIVE_INFINITY;
  #done = 0;
  #total = 1;

  constructor(target: ProjectFile, source: ProjectFile, work: WorkOptions) {
    this.#database = target.database;
    this.#source = source;
    this.#work = work;
    this.#known = knownContent(this.#database);
    this.#moment = beginMerging(this.#database);
  }

  async run(): Promise<MergeReport> {
    const recordings = this.#source.recordings();
    this.#total = Math.max(
      1,
      recordings.reduce((sum, recording) => sum + samplesOf(recording), 0),
    );
    const hashes = storedHashes(this.#source);
    const isNew = ({ id }: RecordingInfo): boolean => !this.#known.has(hashes.get(id) ?? "");
    requireRoom(this.#database.path, recordings.filter(isNew));
    for (const recording of recordings) {
      await this.#pause(`importing ${recording.name}`);
      const hash =
        hashes.get(recording.id) ??
        (await hashOf(this.#source, recording, () => this.#pause(`reading ${recording.name}`)));
      const known = this.#known.get(hash);
      if (known === undefined) {
        const id = await this.#copy(recording);
        this.#known.set(hash, { id, deleted: false });
        this.#imported.add(id);
        this.#wanted.push({ id, after: { deleted_at: null }, photo: recording.photo });
      } else {
        this.#compare(recording, known);
      }
      this.#done += samplesOf(recording);
    }
    // Before anything is shown: what cannot be read of the other project must not fail a merge that is done.
    const notes = this.#notes();
    throwIfCancelled(this.#work.signal);
    this.#show();
    this.#work.onProgress?.("imported", 1);
    return {
      imported: this.#imported.size,
      same: this.#skipped.length,
      completed: this.#completed,
      conflicts: this.#conflicts,
      recordings: [...this.#imported],
      notes,
      skipped: this.#skipped,
    };
  }

  /** Gives other work a turn now and then, and ends where that was asked for. */
  async #pause(stage: string, within = 0): Promise<void> {
    throwIfCancelled(this.#work.signal);
    if (performance.now() - this.#turn < TURN_MS) return;
    this.#work.onProgress?.(stage, (this.#done + within) / this.#total);
    await nextTurn();
    this.#turn = performance.now();
    throwIfCancelled(this.#work.signal);
  }

  /** Copies a recording, out of sight. Returns its id here. */
  async #copy(recording: RecordingInfo): Promise<number> {
    const database = this.#database;
    const { id, streamIds } = database.write(() => {
      const made = insertRecording(database, {
        name: recording.name,
        label: recording.label,
        group: recording.group,
        machine: recording.machine,
        mount: recording.mount,
        origin: recording.origin,
        source: recording.source,
        streams: recording.streams,
      });
      database.run("UPDATE recordings SET deleted_at = ? WHERE id = ?", this.#moment, made.id);
      return made;
    });
    const sinks: StreamSink[] = [];
    for (const [index, stream] of recording.streams.entries()) {
      sinks.push(await this.#copyStream(recording, stream, streamIds[index] as number));
    }
    database.write(() => {
      finishRecording(database, id, sinks, recording.incomplete);
      database.run(
        "UPDATE recordings SET notes = ?, created_at = ?, excluded = ?, quality = ? WHERE id = ?",
        recording.notes,
        recording.createdAt,
        recording.excluded ? 1 : 0,
        JSON.stringify(recording.quality),
        id,
      );
    });
    return id;
  }

  async #copyStream(recording: RecordingInfo, stream: StreamInfo, streamId: number): Promise<StreamSink> {
    const sink = new StreamSink(stream);
    const gaps = [...this.#source.gaps(stream.id)];
    let waiting = 0;
    const write = (): void => {
      this.#database.write(() => writePending(this.#database, streamId, sink));
      sink.written();
      waiting = 0;
    };
    const markGaps = (): void => {
      while (gaps[0] !== undefined && gaps[0].atSample <= sink.samples) {
        sink.addGap(gaps[0].lostSamples);
        gaps.shift();
      }
    };
    for (const { samples, data, deviceTimeUs } of chunksOf(this.#source, stream)) {
      markGaps();
      // A chunk begins at every gap; one that spans one is damaged.
      if ((gaps[0]?.atSample ?? Number.POSITIVE_INFINITY) < sink.samples + samples) {
        throw damaged(this.#source, recording.id);
      }
      sink.append({ samples, data }, deviceTimeUs);
      waiting += bytesOf(data).length;
      if (waiting >= WRITE_BYTES) write();
      await this.#pause(`importing ${recording.name}`, sink.samples);
    }
    markGaps();
    if (gaps.length > 0 || sink.samples !== stream.samples || sink.lostSamples !== stream.lostSamples) {
      throw damaged(this.#source, recording.id);
    }
    write();
    return sink;
  }

  /** The samples are here: what is known there and not here is taken, what differs is listed. */
  #compare(there: RecordingInfo, known: Known): void {
    // Twice in the other project: once is enough.
    if (this.#imported.has(known.id)) {
      this.#skipped.push({ name: there.name, reason: `It is in ${basename(this.#source.path)} twice.` });
      return;
    }
    const here = describedHere(this.#database, known.id);
    const after: EditedFields = {};
    let photo: number | null = null;
    const conflict = (field: MergeConflict["field"], ours: string, theirs: string): void => {
      this.#conflicts.push({ recording: known.id, name: here.name, field, here: ours, there: theirs });
    };
    if (here.label !== there.label) conflict("label", here.label, there.label);
    for (const [field, column] of [
      ["group", "group_name"],
      ["notes", "notes"],
      ["machine", "machine"],
      ["mount", "mount"],
    ] as const) {
      const ours = here[column] ?? "";
      const theirs = there[field] ?? "";
      if (ours === theirs || theirs === "") continue;
      if (ours === "") after[column] = theirs;
      else conflict(field, ours, theirs);
    }
    if ((here.excluded === 1) !== there.excluded) {
      const word = (out: boolean): string => (out ? "left out" : "used");
      conflict("excluded", word(here.excluded === 1), word(there.excluded));
    }
    if (there.photo !== null) {
      if (here.photo_id === null) photo = there.photo;
      else if (!this.#samePhoto(here.photo_id, there.photo)) conflict("photo", "a photo", "another photo");
    }
    if (known.deleted) {
      conflict("deleted", "deleted; it came back", "there");
      after.deleted_at = null;
      this.#cameBack++;
      this.#known.set(here.hash, { id: known.id, deleted: false });
    }
    if (photo !== null || Object.keys(after).some((column) => column !== "deleted_at")) this.#completed++;
    if (photo !== null || Object.keys(after).length > 0) this.#wanted.push({ id: known.id, after, photo });
    this.#skipped.push({
      name: there.name,
      reason: `The same content is in the project already, as ${here.name} (${here.label}).`,
    });
  }

  #samePhoto(here: number, there: number): boolean {
    return Buffer.from(getPhoto(this.#database, here).data).equals(this.#source.photo(there).data);
  }

  /** All in one transaction, and one edit for undo. */
  #show(): void {
    const database = this.#database;
    database.write(() => {
      const edits = this.#wanted.map(({ id, after, photo }) => ({
        id,
        after:
          photo === null
            ? after
            : { ...after, photo_id: addPhoto(database, checkPhoto(this.#source.photo(photo).data)).id },
      }));
      editEach(database, `import ${basename(this.#source.path)}`, edits);
      endMerging(database);
      extendSplit(database);
    });
  }

  #notes(): string[] {
    const notes: string[] = [];
    if (this.#cameBack > 0) {
      notes.push(
        `${this.#cameBack} recordings that had been deleted here came back. Undo takes them away again.`,
      );
    }
    const open = this.#source.database.get<{ count: number }>(
      "SELECT count(*) AS count FROM recordings WHERE state = 'recording' AND deleted_at IS NULL",
    );
    if (open !== undefined && open.count > 0) {
      notes.push(
        `${open.count} recordings there have no end: being made, or cut off. Open that project once to keep them.`,
      );
    }
    const experiments = this.#source.experiments().length;
    if (experiments > 0) {
      notes.push(`${experiments} experiments stay in the other project: they were trained on its split.`);
    }
    return notes;
  }
}

const samplesOf = (recording: RecordingInfo): number =>
  recording.streams.reduce((sum, { samples }) => sum + samples, 0);

/** This project's recordings by content, those in use before deleted ones. */
function knownContent(database: ProjectDatabase): Map<string, Known> {
  const rows = database.all<{ id: number; hash: string; deleted: number }>(
    `SELECT id, lower(hex(content_hash)) AS hash, deleted_at IS NOT NULL AS deleted FROM recordings
     WHERE content_hash IS NOT NULL ORDER BY deleted DESC, id DESC`,
  );
  return new Map(rows.map(({ id, hash, deleted }) => [hash, { id, deleted: deleted === 1 }]));
}

/** What is said about a recording here, also one that was deleted. */
type Described = Pick<
  RecordingRow,
  "name" | "label" | "group_name" | "notes" | "machine" | "mount" | "photo_id" | "excluded"
> & { readonly hash: string };

function describedHere(database: ProjectDatabase, id: number): Described {
  const row = database.get<Described>(
    `SELECT name, label, group_name, notes, machine, mount, photo_id, excluded, lower(hex(content_hash)) AS hash
     FROM recordings WHERE id = ?`,
    id,
  );
  if (row === undefined) throw new LimpetError("not-found", `The project has no recording ${id}.`);
  return row;
}
