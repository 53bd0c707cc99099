/**
 * Writes one recording as its samples come in, and sees to it that what came is on disk half a second later, whether more
 * comes or not. Knows sinks and rows; not where samples come from.
 */
import type { RecordingInfo } from "../../src-shared/contract/index.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { ProjectDatabase } from "./project-database.ts";
import type { RecordingLock } from "./recording-lock.ts";
import { finishRecording, getRecording, insertRecording, writePending } from "./recordings-table.ts";
import { StreamSink } from "./stream-sink.ts";
import type { NewRecording, RecordingWriter, SampleBlock } from "./types.ts";

/** What came in is committed this long after the last commit, milliseconds: half of the second that is promised. */
const COMMIT_INTERVAL_MS = 500;

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
    this.#database.write(() => {
      this.#writePending();
      finishRecording(this.#database, this.recordingId, this.#sinks, options.incomplete);
      this.#onEnd(true);
    });
    this.#end();
    return getRecording(this.#database, this.recordingId);
  }

  discard(): void {
    this.#requireOpen();
    this.#database.write(() => this.#database.run("DELETE FROM recordings WHERE id = ?", this.recordingId));
    this.#end();
    this.#onEnd(false);
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
    if (performance.now() - this.#lastCommit >= COMMIT_INTERVAL_MS) {
      this.#commit();
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

  #commit(): void {
    this.#lastCommit = performance.now();
    if (this.#sinks.every((sink) => sink.pending() === null)) {
      return;
    }
    this.#database.write(() => this.#writePending());
    for (const sink of this.#sinks) {
      sink.written();
    }
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
