/** Boards, live signals and recording: the part of the contract that sessions with boards answer. */
import { z } from "zod";

export const boardSensor = z.object({
  id: z.string(),
  kind: z.enum(["accelerometer", "gyroscope", "microphone", "temperature", "other"]),
  channels: z.array(z.string()),
  unit: z.string(),
  /** Rates in hertz that the sensor can be read at, the default first. */
  rates: z.array(z.number()),
  /** Physical value of one count. */
  resolution: z.number(),
});
export type BoardSensor = z.infer<typeof boardSensor>;

export const installedModel = z.object({
  name: z.string(),
  /** SHA-256 of the model package, 64 hex digits. */
  hash: z.string(),
  slot: z.enum(["A", "B"]),
  labels: z.array(z.string()),
});
export type InstalledModel = z.infer<typeof installedModel>;

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
});
export type SignalPreview = z.infer<typeof signalPreview>;

export const recordingRequest = z.object({
  label: z.string().min(1),
  /** Length in seconds; null records until stopped. */
  seconds: z.number().positive().nullable(),
  group: z.string().nullable().default(null),
  /** Sensors by id with an optional rate in hertz; all of the board's where empty. */
  sensors: z.array(z.object({ id: z.string(), rateHz: z.number().positive().optional() })).default([]),
});
export type RecordingRequest = z.infer<typeof recordingRequest>;

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
  z.object({
    kind: z.literal("recording"),
    label: z.string(),
    seconds: z.number(),
    ofSeconds: z.number().nullable(),
    lostSamples: z.int(),
    /** The line to the board broke off; the recording waits for it to come back. */
    reconnecting: z.boolean().optional(),
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
