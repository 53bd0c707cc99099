/**
 * A project: recordings with labels and split, design, experiments and deployments, in one file. Implements what learning
 * and boards ask for (`Dataset`) and what the app edits. Each answer is read from the file, so that another program's
 * changes are seen; each change is one transaction.
 */
import { basename } from "node:path";
import type {
  Goal,
  PhotoInfo,
  QualityFinding,
  RecordingInfo,
  SplitName,
  SplitOptions,
  StreamInfo,
  Waveform,
} from "../../src-shared/contract/index.ts";
import type { DesignFile } from "../../src-shared/design.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import { type CutPart, cutParts } from "./cut.ts";
import { redoEdit, undoEdit } from "./edit-journal.ts";
import * as experiments from "./experiments-table.ts";
import { type FinishedRecording, findSame, storeFinished } from "./finished-recording.ts";
import { isMergeUnfinished, removeUnfinishedMerge } from "./merge-state.ts";
import { checkPhoto } from "./photo-file.ts";
import * as photos from "./photos-table.ts";
import { ProjectDatabase } from "./project-database.ts";
import type { RecordingChange } from "./recording-edits.ts";
import * as edits from "./recording-edits.ts";
import { lockForRecording, tryLockForRecording } from "./recording-lock.ts";
import { ProjectRecordingWriter } from "./recording-writer.ts";
import * as table from "./recordings-table.ts";
import { closeCutOffRecordings, unfinishedRecordings } from "./recovery.ts";
import { toPhysical } from "./samples.ts";
import * as settings from "./settings-table.ts";
import * as splits from "./split-table.ts";
import { readStream } from "./stream-reader.ts";
import type { Dataset, ExperimentRow, NewRecording, RecordingWriter, SampleBlock } from "./types.ts";
import { waveformOf } from "./waveform.ts";

export class ProjectFile implements Dataset {
  readonly #database: ProjectDatabase;
  #writer: ProjectRecordingWriter | null = null;
  /** The recordings as they were read last, with the state of the file then. */
  #listed: { readonly state: string; readonly recordings: readonly RecordingInfo[] } | null = null;

  private constructor(database: ProjectDatabase) {
    this.#database = database;
  }

  /** Makes a new, empty project at `path`. Throws `usage` where a file is there already, `read-only`, `not-found`. */
  static create(path: string): ProjectFile {
    const project = new ProjectFile(ProjectDatabase.create(path));
    settings.writeSetting(project.#database, "created", JSON.stringify({ at: new Date().toISOString() }));
    return project;
  }

  /**
   * Opens a project. A file that cannot be written to is opened for reading. Recordings that were cut off are closed, and what
   * was half merged is removed, unless another program is at it right now; with `asItIs` nothing is mended.
   * Throws `not-found`, `project-invalid`, `project-newer`, `project-corrupt` or `project-locked`.
   */
  static open(
    path: string,
    options: { readonly readonly?: boolean; readonly asItIs?: boolean } = {},
  ): ProjectFile {
    let database = ProjectDatabase.open(path, options);
    try {
      const cutOff = unfinishedRecordings(database).length > 0 || isMergeUnfinished(database);
      if (cutOff && options.asItIs !== true) {
        if (database.readonly && options.readonly === true) {
          // A reader mends too where it can: a cut-off recording would be missing from every list.
          database.close();
          database = ProjectDatabase.open(path);
        }
        const lock = database.readonly ? null : tryLockForRecording(database.path);
        if (lock !== null) {
          try {
            removeUnfinishedMerge(database);
            closeCutOffRecordings(database);
          } catch (error) {
            // Without room to mend, what is there can be used all the same; the next opening mends.
            if (!(error instanceof LimpetError) || error.code !== "disk-full") throw error;
          } finally {
            lock.release();
          }
        }
      }
      return new ProjectFile(database);
    } catch (error) {
      database.close();
      throw error;
    }
  }

  get path(): string {
    return this.#database.path;
  }
  /** The file's name without folder and extension. */
  get name(): string {
    return basename(this.path).replace(/\.limpet$/i, "");
  }
  get readonly(): boolean {
    return this.#database.readonly;
  }
  /** A number that changes when another program has written to the project. */
  dataVersion(): number {
    return this.#database.dataVersion();
  }
  /** The database itself, for checks and tests. */
  get database(): ProjectDatabase {
    return this.#database;
  }

  // Recordings

  recordings(): RecordingInfo[] {
    // Nearly every request wants them, and to read 20,000 takes a tenth of a second.
    const state = this.#database.state();
    if (this.#listed?.state !== state) {
      this.#listed = { state, recordings: table.listRecordings(this.#database) };
    }
    return [...this.#listed.recordings];
  }
  recording(id: number): RecordingInfo {
    return table.getRecording(this.#database, id);
  }
  streams(recordingId: number): StreamInfo[] {
    return table.listStreams(this.#database, recordingId);
  }
  stream(streamId: number): StreamInfo {
    return table.getStream(this.#database, streamId);
  }
  readSamples(streamId: number, start: number, count: number): SampleBlock {
    return readStream(this.#database, this.stream(streamId), start, count);
  }
  readValues(streamId: number, start: number, count: number): Float32Array {
    const stream = this.stream(streamId);
    return toPhysical(readStream(this.#database, stream, start, count).data, stream.scale);
  }
  gaps(streamId: number): { readonly atSample: number; readonly lostSamples: number }[] {
    return table.listGaps(this.#database, streamId);
  }

  /** The rate that most recordings of each sensor have. */
  sensorRates(): { readonly id: string; readonly rateHz: number }[] {
    const rates = new Map<string, number>();
    for (const { sensor, rate_hz } of this.#database.all<{ sensor: string; rate_hz: number }>(
      `SELECT sensor, rate_hz FROM streams JOIN recordings ON recordings.id = streams.recording_id
       WHERE deleted_at IS NULL AND state <> 'recording' GROUP BY sensor, rate_hz ORDER BY count(*) DESC, rate_hz DESC`,
    )) {
      if (!rates.has(sensor)) rates.set(sensor, rate_hz);
    }
    return [...rates].map(([id, rateHz]) => ({ id, rateHz }));
  }

  /** Minima and maxima for drawing; at most `buckets` of them. `endSample` null stands for the end. */
  waveform(streamId: number, startSample: number, endSample: number | null, buckets: number): Waveform {
    const stream = this.stream(streamId);
    return waveformOf(
      this.#database,
      stream,
      { startSample, endSample, buckets },
      (start, count) => readStream(this.#database, stream, start, count).data,
      this.gaps(streamId),
    );
  }

  /** Begins a recording. Throws `project-locked` while another one is being made, here or in another program. */
  beginRecording(recording: NewRecording): RecordingWriter {
    if (this.readonly) {
      this.#database.write(() => undefined);
    }
    const lock = lockForRecording(this.path);
    try {
      // With the lock in hand, whatever is still open was cut off: by a disk that was full to the end, for example.
      removeUnfinishedMerge(this.#database);
      closeCutOffRecordings(this.#database);
      const writer = new ProjectRecordingWriter(this.#database, lock, recording, (stored) => {
        if (stored) splits.extendSplit(this.#database);
      });
      this.#writer = writer;
      return writer;
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** Stores a recording that is complete, in one transaction. */
  addRecording(finished: FinishedRecording): RecordingInfo {
    return this.recording(storeFinished(this.#database, finished));
  }

  /** The recording (not deleted) with the same samples, if there is one. */
  findSame(finished: FinishedRecording): { id: number; name: string; label: string } | undefined {
    return findSame(this.#database, finished);
  }

  /** Recordings in use that hold the same samples as another one: for each content the ids, oldest first. */
  sameContents(): number[][] {
    return table.sameContents(this.#database);
  }

  /** Several changes as one transaction. */
  transaction<T>(work: () => T): T {
    return this.#database.write(work);
  }
  /** Many transactions with one flush of the disk at their end. */
  bulk<T>(work: () => Promise<T>): Promise<T> {
    return this.#database.bulk(work);
  }

  setQuality(recordingId: number, findings: readonly QualityFinding[]): void {
    this.#database.write(() =>
      this.#database.run(
        "UPDATE recordings SET quality = ? WHERE id = ?",
        JSON.stringify(findings),
        recordingId,
      ),
    );
  }

  // Edits

  /**
   * Changes labels, names, groups, notes, machine, mount, photo, exclusion or side; can be undone. Throws `usage` for an empty name
   * or a side where there are none, `not-found` for a photo.
   */
  updateRecordings(ids: readonly number[], change: RecordingChange): void {
    edits.updateRecordings(this.#database, ids, change);
  }
  /** Takes recordings out of the project; can be undone. Their samples stay in the file. */
  deleteRecordings(ids: readonly number[]): void {
    edits.deleteRecordings(this.#database, ids);
  }
  /**
   * Makes parts of a recording recordings of their own, and takes the whole one out of the project where `replace` is set;
   * can be undone as one edit. Throws `not-found`, `usage`.
   */
  cutRecording(
    id: number,
    parts: readonly CutPart[],
    options: { readonly replace: boolean },
  ): RecordingInfo[] {
    const source = this.recording(id);
    const made = edits.storeCut(this.#database, source, cutParts(this, source, parts), options);
    return made.map((one) => this.recording(one));
  }
  /** Gives every recording of a label another one, and the class of the goal its new name; the labels can be undone. */
  renameLabel(from: string, to: string): void {
    edits.renameLabel(this.#database, from, to);
  }

  // Photos

  /** Keeps a photo, checked and stripped; the same one once. Throws `invalid-file` with the reason. */
  addPhoto(bytes: Uint8Array): PhotoInfo {
    const photo = checkPhoto(bytes);
    return this.#database.write(() => photos.addPhoto(this.#database, photo));
  }
  /** A photo with its bytes. Throws `not-found`, `project-corrupt`. */
  photo(id: number): PhotoInfo & { readonly data: Uint8Array } {
    return photos.getPhoto(this.#database, id);
  }

  // Undo

  /** Undoes the last edit; says which, or null. */
  undo(): string | null {
    return undoEdit(this.#database);
  }
  /** Redoes what was undone last; says what, or null. */
  redo(): string | null {
    return redoEdit(this.#database);
  }

  // Split

  splitOptions(): SplitOptions | null {
    return splits.readSplitOptions(this.#database);
  }
  splitOf(recordingId: number): SplitName | null {
    return this.recording(recordingId).split;
  }
  /** Divides all recordings anew. Throws `usage` for impossible options. */
  applySplit(options: SplitOptions): void {
    splits.applySplit(this.#database, options);
  }
  /** Makes the split that is used where the user chose none: 60/20/20 by recording. Returns the options in force. */
  ensureSplit(): SplitOptions {
    return splits.ensureSplit(this.#database);
  }
  datasetHash(): string {
    return splits.datasetHash(this.#database);
  }

  // Goal and design

  goal(): Goal {
    return settings.readGoal(this.#database);
  }
  saveGoal(goal: Goal): void {
    settings.writeGoal(this.#database, goal);
  }
  /** Whether a goal was ever saved. */
  hasGoal(): boolean {
    return settings.readSetting(this.#database, "goal") !== null;
  }
  design(): DesignFile | null {
    return settings.readDesign(this.#database);
  }
  saveDesign(design: DesignFile): void {
    settings.writeDesign(this.#database, design);
  }

  // Experiments, deployments, cache

  experiments(): ExperimentRow[] {
    return experiments.listExperiments(this.#database);
  }
  /** The newest experiment without its weights, or null. */
  latestExperiment(): {
    readonly id: number;
    readonly datasetHash: string;
    readonly converted: boolean;
  } | null {
    return experiments.latestExperiment(this.#database);
  }
  /** Remembers that an experiment has been evaluated on the test recordings. */
  markEvaluated(experimentId: number): void {
    settings.writeSetting(this.#database, `evaluated ${experimentId}`, this.datasetHash());
  }
  /** Whether an experiment has been evaluated on the recordings as they are now. */
  isEvaluated(experimentId: number): boolean {
    return settings.readSetting(this.#database, `evaluated ${experimentId}`) === this.datasetHash();
  }
  experiment(id: number): ExperimentRow {
    return experiments.getExperiment(this.#database, id);
  }
  addExperiment(row: Omit<ExperimentRow, "id" | "createdAt">): number {
    return experiments.addExperiment(this.#database, row);
  }
  updateExperiment(id: number, change: Parameters<Dataset["updateExperiment"]>[1]): void {
    experiments.updateExperiment(this.#database, id, change);
  }
  deleteExperiment(id: number): void {
    this.#database.write(() => {
      experiments.deleteExperiment(this.#database, id);
      settings.removeSettings(this.#database, `report ${id} `);
    });
  }
  /** Keeps the text of a report; `name` begins with the experiment's id and a space. Replaces the last one of that name. */
  keepReport(name: string, text: string): void {
    settings.writeSetting(this.#database, `report ${name}`, text);
  }
  /** What was kept last under that name, or null. */
  keptReport(name: string): string | null {
    return settings.readSetting(this.#database, `report ${name}`);
  }
  addDeployment(row: { experimentId: number; board: string; report: unknown }): void {
    experiments.addDeployment(this.#database, row);
  }
  deployments(): { experimentId: number; board: string; createdAt: string; report: unknown }[] {
    return experiments.listDeployments(this.#database);
  }
  cached(key: string): Uint8Array | null {
    return experiments.cached(this.#database, key);
  }
  cache(key: string, value: Uint8Array): void {
    experiments.cache(this.#database, [[key, value]]);
  }
  cacheAll(entries: readonly (readonly [key: string, value: Uint8Array])[]): void {
    experiments.cache(this.#database, entries);
  }

  /** Closes the file; a recording that is still being made is ended as incomplete. May be called twice. */
  close(): void {
    if (!this.#database.isOpen) {
      return;
    }
    try {
      if (this.#writer !== null && !this.#writer.ended) {
        this.#writer.finish({ incomplete: true });
      }
    } finally {
      this.#database.close();
    }
  }
}
