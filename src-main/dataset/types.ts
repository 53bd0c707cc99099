/** What learning, boards and hosts may ask of a project file. `project-file.ts` implements it over SQLite. */
import type {
  Goal,
  QualityFinding,
  RecordingInfo,
  SplitName,
  SplitOptions,
  StreamInfo,
} from "../../src-shared/contract/index.ts";
import type { Design, DesignFile } from "../../src-shared/design.ts";
import type { LimpetError } from "../../src-shared/errors.ts";

/** Samples of one stream as sampled: interleaved by channel; `samples` counts samples per channel. */
export type SampleBlock = {
  readonly samples: number;
  readonly data: Int16Array | Float32Array;
};

export type NewStream = {
  readonly sensor: string;
  readonly channels: readonly { readonly name: string; readonly unit: string }[];
  readonly rateHz: number;
  readonly sampleType: "int16" | "float32";
  /** Physical value of one count of int16 samples; 1 for float32. */
  readonly scale: number;
};

export type NewRecording = {
  readonly name: string;
  readonly label: string;
  readonly group: string | null;
  /** The machine that is measured, the place on it, and a photo of that (id). */
  readonly machine?: string | undefined;
  readonly mount?: string | undefined;
  readonly photo?: number | null | undefined;
  readonly origin: "board" | "import" | "generated";
  readonly source: string;
  readonly streams: readonly NewStream[];
};

/** A recording being written. What was appended is on disk at the latest one second later. */
export type RecordingWriter = {
  readonly recordingId: number;
  readonly streamIds: readonly number[];
  /** Why what came lately is not on disk yet (`disk-full`, `project-locked`); null where all is well. It is kept and tried again. */
  readonly waiting: LimpetError | null;
  /** What is to be said about the samples so far, in plain words. */
  findings(): QualityFinding[];
  /** Appends samples (interleaved) to stream `index`; `deviceTimeUs` is the board's time of the first of them. */
  append(index: number, block: SampleBlock, deviceTimeUs: bigint): void;
  /** Marks that `lostSamples` samples are missing from stream `index` at the present end. Nothing is interpolated. */
  addGap(index: number, lostSamples: number): void;
  /** Commits what is pending. */
  flush(): void;
  /** Ends the recording; `incomplete` where it was cut off (cable, crash, cancel). Returns it as stored. */
  finish(options: { incomplete: boolean }): RecordingInfo;
  /** Ends and removes the recording. */
  discard(): void;
};

export type ExperimentRow = {
  readonly id: number;
  readonly name: string;
  readonly createdAt: string;
  readonly design: Design;
  readonly labels: readonly string[];
  /** JSON of the training result and whatever the training needs again (normalisation, class weights). */
  readonly result: unknown;
  /** SHA-256 over the recordings, labels and split that it was trained on. */
  readonly datasetHash: string;
  /** Float weights as the training serialises them. */
  readonly weights: Uint8Array;
  readonly tflite: Uint8Array | null;
  readonly modelPackage: Uint8Array | null;
};

export type Dataset = {
  readonly path: string;
  /** All recordings that are not deleted, oldest first. */
  recordings(): RecordingInfo[];
  recording(id: number): RecordingInfo;
  /** Reads samples as stored, from `start` (inclusive), `count` samples per channel, gaps closed up. */
  readSamples(streamId: number, start: number, count: number): SampleBlock;
  /** The same in physical units as float32 (count * scale in float32), interleaved. */
  readValues(streamId: number, start: number, count: number): Float32Array;
  /** Gaps of a stream: `atSample` counts stored samples; no window may span one. */
  gaps(streamId: number): { readonly atSample: number; readonly lostSamples: number }[];
  beginRecording(recording: NewRecording): RecordingWriter;
  splitOptions(): SplitOptions | null;
  /** The split of each recording; with `by: "window"` null for all (see `assignWindows` in features/windows). */
  splitOf(recordingId: number): SplitName | null;
  datasetHash(): string;
  goal(): Goal;
  design(): DesignFile | null;
  saveDesign(design: DesignFile): void;
  experiments(): ExperimentRow[];
  experiment(id: number): ExperimentRow;
  addExperiment(row: Omit<ExperimentRow, "id" | "createdAt">): number;
  updateExperiment(
    id: number,
    change: { name?: string; tflite?: Uint8Array; modelPackage?: Uint8Array; result?: unknown },
  ): void;
  deleteExperiment(id: number): void;
  /** Small results by key, such as features by design hash; may be dropped at any time. */
  cached(key: string): Uint8Array | null;
  cache(key: string, value: Uint8Array): void;
  /** The same for several, in one transaction. */
  cacheAll(entries: readonly (readonly [key: string, value: Uint8Array])[]): void;
  /** What was deployed where: kept for the chain of custody. */
  addDeployment(row: { experimentId: number; board: string; report: unknown }): void;
  deployments(): { experimentId: number; board: string; createdAt: string; report: unknown }[];
  setQuality(recordingId: number, findings: readonly QualityFinding[]): void;
  streams(recordingId: number): StreamInfo[];
  close(): void;
};
