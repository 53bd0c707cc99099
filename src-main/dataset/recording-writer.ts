/**
 * Writes one recording as its samples come in, and sees to it that what came is on disk half a second later, whether more
 * comes or not. While the disk is full or another program writes, what came waits in memory and is written when that is over.
 * Knows sinks and rows; not where samples come from.
 */
import type { QualityFinding, RecordingInfo } from "../../src-shared/contract/index.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { ProjectDatabase } from "./project-database.ts";
import type { RecordingLock } from "./recording-lock.ts";
import { finishRecording, getRecording, insertRecording, writePending } from "./recordings-table.ts";
import { StreamSink } from "./stream-sink.ts";
import type { NewRecording, RecordingWriter, SampleBlock } from "./types.ts";

/** What came in is committed this long after the last commit, milliseconds: half of the second that is promised. */
const COMMIT_INTERVAL_MS = 500;

/** A commit waits this long for another program's write, milliseconds: samples keep coming, and the next commit is near. */
const COMMIT_BUSY_MS = 100;

/** Samples that may wait in memory while they cannot be written, bytes: a minute at a USB full speed board's fastest. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

/** Troubles that pass: the recording goes on through them. */
const passes = (error: unknown): error is LimpetError =>
  error instanceof LimpetError && (error.code === "disk-full" || error.code === "project-locked");

export class ProjectRecordingWriter implements RecordingWriter {
  readonly recordingId: number;
  readonly streamIds: readonly number[];
  readonly #database: ProjectDatabase;
  readonly #lock: RecordingLock;
  readonly #onEnd: (stored: boolean) => void;
  readonly #sinks: readonly StreamSink[];
  readonly #timer: NodeJS.Timeout;
  #lastCommit = performance.now();
  #failure: unknown = null;
  #waiting: LimpetError | null = null;
  #ended = false;

  /**
   * @param onEnd called inside the last transaction when the recording is stored, and with false when it was discarded
   */
  constructor(
    database: ProjectDatabase,
    lock: RecordingLock,
    recording: NewRecording,
    onEnd: (stored: boolean) => void,
  ) {
    this.#database = database;
    this.#lock = lock;
    this.#onEnd = onEnd;
    this.#sinks = recording.streams.map((stream) => new StreamSink(stream));
    const ids = database.write(() => insertRecording(database, recording));
    this.recordingId = ids.id;
    this.streamIds = ids.streamIds;
    this.#timer = setInterval(() => this.#commitInBackground(), COMMIT_INTERVAL_MS);
    this.#timer.unref();
  }

  findings(): QualityFinding[] {
    return this.#sinks.flatMap(({ statistics }) => statistics.findings());
  }

  append(index: number, block: SampleBlock, deviceTimeUs: bigint): void {
    this.#sink(index).append(block, deviceTimeUs);
    this.#commitIfDue();
  }

  addGap(index: number, lostSamples: number): void {
    this.#sink(index).addGap(lostSamples);
    this.#commitIfDue();
  }

  flush(): void {
    this.#requireOpen();
    this.#commit();
  }

  finish(options: { incomplete: boolean }): RecordingInfo {
    this.#requireOpen();
    try {
      this.#database.write(() => {
        this.#writePending();
        finishRecording(this.#database, this.recordingId, this.#sinks, options.incomplete);
        this.#onEnd(true);
      });
    } finally {
      // Also where that failed: what was committed stays, and is ended as a recording that was cut off, later.
      this.#end();
    }
    return getRecording(this.#database, this.recordingId);
  }

  discard(): void {
    this.#requireOpen();
    try {
      this.#database.write(() => this.#database.run("DELETE FROM recordings WHERE id = ?", this.recordingId));
    } finally {
      this.#end();
    }
    this.#onEnd(false);
  }

  get waiting(): LimpetError | null {
    return this.#waiting;
  }

  /** Whether it has been finished or discarded. */
  get ended(): boolean {
    return this.#ended;
  }

  #sink(index: number): StreamSink {
    this.#requireOpen();
    const sink = this.#sinks[index];
    if (sink === undefined) {
      throw new LimpetError("internal", `The recording has no stream ${index}.`);
    }
    return sink;
  }

  #requireOpen(): void {
    if (this.#ended) {
      throw new LimpetError("internal", "The recording has ended already.");
    }
    if (this.#failure !== null) {
      const failure = this.#failure;
      this.#failure = null;
      throw failure;
    }
  }

  #commitIfDue(): void {
    if (performance.now() - this.#lastCommit < COMMIT_INTERVAL_MS) {
      return;
    }
    try {
      this.#commit(COMMIT_BUSY_MS);
    } catch (error) {
      if (!passes(error) || this.#pendingBytes() > MAX_WAITING_BYTES) throw error;
      this.#waiting = error;
    }
  }

  #commitInBackground(): void {
    try {
      this.#commitIfDue();
    } catch (error) {
      // Nobody waits for the timer; the next call of the recorder gets it. What is pending stays pending.
      this.#failure = error;
    }
  }

  #commit(busyMs?: number): void {
    this.#lastCommit = performance.now();
    if (this.#sinks.every((sink) => sink.pending() === null)) {
      return;
    }
    this.#database.write(() => this.#writePending(), busyMs);
    this.#waiting = null;
    for (const sink of this.#sinks) {
      sink.written();
    }
  }

  #pendingBytes(): number {
    return this.#sinks.reduce(
      (sum, sink) =>
        sum + (sink.pending()?.chunks ?? []).reduce((bytes, { data }) => bytes + data.byteLength, 0),
      0,
    );
  }

  #writePending(): void {
    for (const [index, sink] of this.#sinks.entries()) {
      writePending(this.#database, this.streamIds[index] as number, sink);
    }
  }

  #end(): void {
    this.#ended = true;
    clearInterval(this.#timer);
    this.#lock.release();
  }
}
