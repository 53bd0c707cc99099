/** Project, recordings, labels and split: the part of the contract that the dataset answers. */
import { z } from "zod";

export const splitName = z.enum(["train", "validation", "test"]);
export type SplitName = z.infer<typeof splitName>;

export const streamInfo = z.object({
  id: z.int(),
  recordingId: z.int(),
  /** Sensor id, for example `accelerometer`. */
  sensor: z.string(),
  channels: z.array(z.object({ name: z.string(), unit: z.string() })).min(1),
  /** Samples per second and channel. */
  rateHz: z.number().positive(),
  sampleType: z.enum(["int16", "float32"]),
  /** Physical value of one count of an int16 sample; 1 for float32. */
  scale: z.number(),
  /** Samples per channel. */
  samples: z.int(),
  lostSamples: z.int(),
  gaps: z.int(),
});
export type StreamInfo = z.infer<typeof streamInfo>;

/** A finding about a recording in plain words, for example a clipped or dead channel. */
export const qualityFinding = z.object({
  kind: z.enum([
    "lost",
    "clipped",
    "stuck",
    "offset",
    "quiet",
    "short",
    "rate",
    "not-finite",
    "generated",
    "incomplete",
  ]),
  level: z.enum(["info", "warning"]),
  message: z.string(),
});
export type QualityFinding = z.infer<typeof qualityFinding>;

export const recordingInfo = z.object({
  id: z.int(),
  name: z.string(),
  label: z.string(),
  group: z.string().nullable(),
  notes: z.string(),
  /** The machine that was measured and the place on it where the board sat; empty where nobody said. */
  machine: z.string(),
  mount: z.string(),
  /** Photo of that place: its id. */
  photo: z.int().nullable(),
  /** Where it came from: `board`, `import` or `generated`. */
  origin: z.enum(["board", "import", "generated"]),
  /** Board name and port, file name, or generator and its parameters. */
  source: z.string(),
  createdAt: z.string(),
  seconds: z.number(),
  excluded: z.boolean(),
  incomplete: z.boolean(),
  split: splitName.nullable(),
  streams: z.array(streamInfo),
  quality: z.array(qualityFinding),
});
export type RecordingInfo = z.infer<typeof recordingInfo>;

const splitShare = z.object({ recordings: z.int(), seconds: z.number(), windows: z.int() });
const splitSummary = z.object({ train: splitShare, validation: splitShare, test: splitShare });
export type SplitSummary = z.infer<typeof splitSummary>;
/** A split just made, with what the user should know, for example a label with too few recordings for every side. */
export const splitResult = splitSummary.extend({ notes: z.array(z.string()).default([]) });
export type SplitResult = z.infer<typeof splitResult>;

export const splitOptions = z.object({
  train: z.number().min(0).max(1).default(0.6),
  validation: z.number().min(0).max(1).default(0.2),
  test: z.number().min(0).max(1).default(0.2),
  by: z.enum(["recording", "group", "window"]).default("recording"),
  seed: z.int().min(0).default(1),
  /** Regular expression: recordings whose name matches it go into test. */
  holdout: z.string().optional(),
});
export type SplitOptions = z.infer<typeof splitOptions>;

export const goal = z.object({
  sentence: z.string().default(""),
  task: z.enum(["classification", "regression"]).default("classification"),
  classes: z.array(z.object({ name: z.string().min(1), description: z.string().default("") })).default([]),
  sensors: z.array(z.string()).default([]),
  /** Accuracy on held-out recordings that is good enough, 0..1. */
  accuracy: z.number().min(0).max(1).default(0.9),
  /** Average power that the device may draw, milliwatts. */
  powerMilliwatts: z.number().positive().default(1),
  battery: z.enum(["CR2032", "2xAA", "mains"]).default("CR2032"),
});
export type Goal = z.infer<typeof goal>;

const labelSummary = z.object({ label: z.string(), recordings: z.int(), seconds: z.number() });

export const projectSummary = z.object({
  path: z.string(),
  name: z.string(),
  savedAt: z.string(),
  bytes: z.number(),
  /** The file cannot be written to: it can be looked at, and nothing can be changed. Absent where it can. */
  readonly: z.literal(true).optional(),
  labels: z.array(labelSummary),
  recordings: z.int(),
  seconds: z.number(),
  split: splitSummary.nullable(),
  splitOptions: splitOptions.nullable(),
  goal,
  /** Where each of the seven steps stands. */
  steps: z.record(
    z.enum(["goal", "collect", "design", "train", "convert", "evaluate", "deploy"]),
    z.enum(["to-do", "done", "out-of-date"]),
  ),
});
export type ProjectSummary = z.infer<typeof projectSummary>;

export const recentProject = z.object({
  path: z.string(),
  name: z.string(),
  openedAt: z.string(),
  exists: z.boolean(),
});

/** A copy of the project as it was on a day. */
export const snapshot = z.object({
  /** The day, `2026-05-01`. */
  id: z.string(),
  takenAt: z.string(),
  bytes: z.number(),
});

export const EXAMPLE_NAMES = ["sine", "motor", "gestures", "wake-word"] as const;
export const exampleName = z.enum(EXAMPLE_NAMES);

export const importResult = z.object({
  imported: z.int(),
  skipped: z.array(z.object({ path: z.string(), reason: z.string() })),
  recordings: z.array(z.int()),
  /** What the user should know, for example a sampling rate that was assumed. */
  notes: z.array(z.string()).default([]),
});
export type ImportResult = z.infer<typeof importResult>;

/** A photo in the project: JPEG or PNG, without what cameras add to pictures. */
export const photoInfo = z.object({
  id: z.int(),
  type: z.enum(["image/jpeg", "image/png"]),
  width: z.int(),
  height: z.int(),
  bytes: z.int(),
});
export type PhotoInfo = z.infer<typeof photoInfo>;

/** Where two projects say different things about the same recording. What stands here stays. */
const mergeConflict = z.object({
  /** The recording of this project. */
  recording: z.int(),
  name: z.string(),
  field: z.enum(["label", "group", "notes", "machine", "mount", "photo", "excluded", "deleted"]),
  here: z.string(),
  there: z.string(),
});

/** What came of taking another project's recordings into this one. */
export const mergeResult = z.object({
  imported: z.int(),
  /** Recordings that were here already: the same samples. */
  same: z.int(),
  /** Of those, the ones of which something was not known here and is now (group, notes, machine, mount, photo). */
  completed: z.int(),
  conflicts: z.array(mergeConflict),
  recordings: z.array(z.int()),
  /** What the user should know, for example that experiments stay where they are. */
  notes: z.array(z.string()),
});
export type MergeConflict = z.infer<typeof mergeConflict>;
export type MergeResult = z.infer<typeof mergeResult>;

export const checkResult = z.object({
  ok: z.boolean(),
  recordings: z.int(),
  chunks: z.int(),
  problems: z.array(z.string()),
});
export type CheckResult = z.infer<typeof checkResult>;

/** Minimum and maximum of each channel in equally wide buckets. */
export const waveform = z.object({
  streamId: z.int(),
  startSample: z.int(),
  endSample: z.int(),
  rateHz: z.number(),
  unit: z.string(),
  channels: z.array(z.object({ name: z.string(), min: z.array(z.number()), max: z.array(z.number()) })),
  gaps: z.array(z.object({ atSample: z.int(), lostSamples: z.int() })),
});
export type Waveform = z.infer<typeof waveform>;

/** Part of a recording, seconds from its beginning; keeps the label of the whole where none is given. */
export const cutPart = z.object({
  fromSeconds: z.number().min(0),
  toSeconds: z.number().positive(),
  label: z.string().min(1).optional(),
});
export type CutPart = z.infer<typeof cutPart>;

/** Picture of the frequencies of one channel over time. */
export const spectrogram = z.object({
  streamId: z.int(),
  startSample: z.int(),
  endSample: z.int(),
  columns: z.int(),
  /** Rows from the lowest frequency up to `maxHz`. */
  bins: z.int(),
  maxHz: z.number(),
  /** Bytes [column][bin]: 0 is as still as the stillest tenth (80 dB below the strongest at most), 255 the strongest. */
  base64: z.string(),
});
export type Spectrogram = z.infer<typeof spectrogram>;

/** Stretches of a recording in which something goes on, seconds from its beginning, and how they were told from the rest. */
export const activeParts = z.object({
  parts: z.array(z.object({ fromSeconds: z.number(), toSeconds: z.number() })),
  /** Level (root mean square without the mean over `frameSeconds`, strongest channel) that parts them, in the sensor's unit. */
  level: z.number(),
  unit: z.string(),
  frameSeconds: z.number(),
});
export type ActiveParts = z.infer<typeof activeParts>;

/** What each channel does over a stretch, in its own unit. */
export const measures = z.object({
  seconds: z.number(),
  unit: z.string(),
  channels: z.array(
    z.object({
      name: z.string(),
      mean: z.number(),
      min: z.number(),
      max: z.number(),
      /** Root mean square without the mean. */
      rms: z.number(),
      /** Strongest frequency, null where the stretch is too short or nothing moves. */
      peakHz: z.number().nullable(),
    }),
  ),
});
export type Measures = z.infer<typeof measures>;
