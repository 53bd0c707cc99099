/** Boards, live signals and recording: the part of the contract that sessions with boards answer. */
import { z } from "zod";
import { qualityFinding } from "./project.ts";

const boardSensor = z.object({
  id: z.string(),
  kind: z.enum(["accelerometer", "gyroscope", "microphone", "temperature", "other"]),
  channels: z.array(z.string()),
  unit: z.string(),
  /** Rates in hertz that the sensor can be read at, the default first. */
  rates: z.array(z.number()),
  /** Physical value of one count. */
  resolution: z.number(),
});

const installedModel = z.object({
  name: z.string(),
  /** SHA-256 of the model package, 64 hex digits. */
  hash: z.string(),
  slot: z.enum(["A", "B"]),
  labels: z.array(z.string()),
});

export const boardInfo = z.object({
  port: z.string(),
  /** Kind of board, for example `virtual`, `simulated`, `microbit-v2`; null where the port has not been asked. */
  board: z.string().nullable(),
  name: z.string(),
  firmware: z.string().nullable(),
  model: installedModel.nullable(),
  sensors: z.array(boardSensor),
  /** Why the board cannot be used now, in plain words. */
  problem: z.string().optional(),
});
export type BoardInfo = z.infer<typeof boardInfo>;

export const boardCounters = z.object({
  uptimeMs: z.number(),
  samplesProduced: z.number(),
  samplesDropped: z.number(),
  /** Frames that came with a wrong check sum, or did not come at all. */
  framesLost: z.number(),
});

export type BoardCounters = z.infer<typeof boardCounters>;

export const connectionState = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("disconnected") }),
  z.object({ kind: z.literal("connecting"), port: z.string() }),
  z.object({ kind: z.literal("connected"), info: boardInfo, counters: boardCounters.nullable() }),
  z.object({ kind: z.literal("reconnecting"), port: z.string(), attempt: z.int() }),
  z.object({ kind: z.literal("failed"), port: z.string(), message: z.string(), hint: z.string().optional() }),
]);
export type ConnectionState = z.infer<typeof connectionState>;

const CONNECTION_CAUSES = [
  "busy",
  "permission",
  "charge-only",
  "driver",
  "bootloader",
  "old-firmware",
  "no-firmware",
  "wrong-speed",
  "silent",
] as const;

/** Why a board cannot be used, most likely first, each with one next step. */
export const connectionFinding = z.object({
  cause: z.enum(CONNECTION_CAUSES),
  /** What was found, in plain words. */
  message: z.string(),
  /** The one thing to do now. */
  next: z.string(),
  /** A command to be typed in a terminal, where that is the next step. */
  command: z.string().optional(),
  /** What the window can do itself: write Limpet's firmware onto the port, or connect at another speed. */
  action: z
    .discriminatedUnion("kind", [
      z.object({ kind: z.literal("write-firmware"), port: z.string(), board: z.string() }),
      z.object({ kind: z.literal("connect"), port: z.string() }),
    ])
    .optional(),
});
export type ConnectionFinding = z.infer<typeof connectionFinding>;

/** A piece of live signal for drawing: minimum and maximum per bucket, about 20 pieces a second. */
export const signalPreview = z.object({
  sensor: z.string(),
  rateHz: z.number(),
  unit: z.string(),
  firstSample: z.number(),
  samplesPerBucket: z.number(),
  channels: z.array(
    z.object({
      name: z.string(),
      min: z.array(z.number()),
      max: z.array(z.number()),
      /** Root mean square of the piece without its mean. */
      level: z.number(),
    }),
  ),
  /** Frequencies of one channel, where that was asked for: of every sample, in overlapping windows. */
  spectrum: z
    .object({
      channel: z.int(),
      columns: z.int(),
      /** Rows from the lowest frequency up to half of the rate. */
      bins: z.int(),
      /** Time from one column to the next. */
      columnSeconds: z.number(),
      /** Bytes [column][bin]: level in decibels of the unit, 0 for -140 dB and below, 255 for +40 dB and above. */
      base64: z.string(),
    })
    .optional(),
});
export type SignalPreview = z.infer<typeof signalPreview>;

/** Hands-free start: the recording begins where a sensor's level first reaches `level`, and a little before it. */
const recordingTrigger = z.object({
  /** Sensor that is listened to; the first one recorded where absent. */
  sensor: z.string().optional(),
  /** Root mean square without the mean over 50 ms, of the strongest channel, in the sensor's unit. */
  level: z.number().positive(),
  /** Seconds before that moment which are kept, too. */
  preSeconds: z.number().min(0).max(10).default(0.5),
});
export type RecordingTrigger = z.infer<typeof recordingTrigger>;

export const recordingRequest = z.object({
  label: z.string().min(1),
  /** Length in seconds; null records until stopped. */
  seconds: z.number().positive().nullable(),
  group: z.string().nullable().default(null),
  machine: z.string().max(200).optional(),
  mount: z.string().max(200).optional(),
  /** Id of a photo of the project. */
  photo: z.int().nullish(),
  /** Sensors by id with an optional rate in hertz; all of the board's where empty. */
  sensors: z.array(z.object({ id: z.string(), rateHz: z.number().positive().optional() })).default([]),
  /** Starts by itself when the signal is strong enough; at once where null. */
  trigger: recordingTrigger.nullish(),
});
export type RecordingRequest = z.infer<typeof recordingRequest>;

/** How long can be recorded before the disk that holds the project is full. */
export const recordingRoom = z.object({
  /** Bytes that a recording may still take. */
  freeBytes: z.number(),
  /** What the chosen sensors write in a second, with all that the project keeps besides samples. */
  bytesPerSecond: z.number().positive(),
  seconds: z.number(),
});
export type RecordingRoom = z.infer<typeof recordingRoom>;

export const recordingResult = z.object({
  recording: z.int(),
  label: z.string(),
  seconds: z.number(),
  rate: z.number(),
  samples: z.int(),
  gaps: z.int(),
  lostSamples: z.int(),
});
export type RecordingResult = z.infer<typeof recordingResult>;

export const recordingState = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("idle") }),
  /** Waits for the signal to reach the level that starts the recording; `level` is what it is now, null before the first. */
  z.object({
    kind: z.literal("armed"),
    label: z.string(),
    level: z.number().nullable(),
    wanted: z.number(),
    reconnecting: z.boolean().optional(),
  }),
  z.object({
    kind: z.literal("recording"),
    label: z.string(),
    seconds: z.number(),
    ofSeconds: z.number().nullable(),
    lostSamples: z.int(),
    /** The line to the board broke off; the recording waits for it to come back. */
    reconnecting: z.boolean().optional(),
    /** What is wrong with the signal so far, in plain words. */
    findings: z.array(qualityFinding).optional(),
  }),
]);
export type RecordingState = z.infer<typeof recordingState>;

/** One answer of the board's own classifier. */
export const prediction = z.object({
  /** Board time of the window's end, milliseconds since the live run began. */
  timeMs: z.number(),
  label: z.string(),
  scores: z.record(z.string(), z.number()),
  value: z.number().optional(),
  /** Distance from the recorded states, about 1 for what is like them; where the model has that. */
  anomaly: z.number().optional(),
  /** Instructions or cycles of front end and network, where the board can count them. */
  frontendInstructions: z.number().optional(),
  networkInstructions: z.number().optional(),
});
export type Prediction = z.infer<typeof prediction>;

/** What a board that ran by itself has seen. */
export const boardLog = z.object({
  /** Seconds of running that the log covers; time without power does not count. */
  since: z.number(),
  /** Starts of the board that are in it. */
  boots: z.int(),
  /** Windows by label, `unknown` among them where there were any. */
  totals: z.record(z.string(), z.int()),
  /** Oldest first: what the board's state was when it changed. */
  events: z.array(
    z.object({
      /** Seconds that the board had run since the log began. */
      time: z.number(),
      label: z.string(),
      score: z.number(),
      /** Number of the board's start, from 1. */
      boot: z.int(),
      /** When that was, where the board has not been without power since. */
      at: z.string().optional(),
    }),
  ),
  /** Older events that newer ones took the place of. */
  eventsLost: z.int(),
});
export type BoardLog = z.infer<typeof boardLog>;
