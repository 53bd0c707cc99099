/**
 * The contract between user interface and engine: each request with the schema of its parameters and of its result, and
 * each event with its payload. Both sides derive their types from these two tables and check every message against them.
 * Names are `domain:verb-object`. Any request may report progress and may be cancelled by its id (see `messages.ts`).
 */
import { z } from "zod";
import { designFile } from "../design.ts";
import * as board from "./board.ts";
import * as learning from "./learning.ts";
import * as project from "./project.ts";

const none = z.object({});
const ids = z.array(z.int()).min(1);

const request = <P extends z.ZodType, R extends z.ZodType>(params: P, result: R) => ({ params, result });

export const requests = {
  "app:get-info": request(
    none,
    z.object({
      version: z.string(),
      platform: z.string(),
      host: z.enum(["electron", "web"]),
      backends: z.array(z.object({ name: learning.backendName, available: z.boolean(), reason: z.string() })),
      /** Parts made by setup: is QEMU there for a virtual board, are the WASM twin and the firmware images built. */
      virtualBoard: z.object({ available: z.boolean(), reason: z.string() }),
      homeFolder: z.string(),
      /** The language that the user chose (BCP 47 tag); null for the system's. */
      language: z.string().nullable(),
    }),
  ),
  /** Keeps the language of the window for this user; null for the system's. */
  "app:set-language": request(z.object({ language: z.string().max(35).nullable() }), none),
  /** Lists a folder for the file chooser of the web host. Files are filtered by extension where given. */
  "files:list-folder": request(
    z.object({ path: z.string(), extensions: z.array(z.string()).default([]) }),
    z.object({
      path: z.string(),
      parent: z.string().nullable(),
      entries: z.array(
        z.object({ name: z.string(), path: z.string(), kind: z.enum(["folder", "file"]), bytes: z.number() }),
      ),
    }),
  ),

  /**
   * Writes a zip for whoever helps: versions, computer, log, figures of the open project; its recordings only where asked for.
   * Never overwrites a file.
   */
  "app:save-report": request(
    z.object({ path: z.string().min(1), withProject: z.boolean().default(false) }),
    z.object({ path: z.string(), bytes: z.int() }),
  ),
  /** Copies of a project, one a day at most, newest first; of the open project where no path is given. */
  "snapshots:list": request(z.object({ path: z.string().optional() }), z.array(project.snapshot)),
  /**
   * Puts a snapshot in the place of the project and opens it. `kept` is where the file that stood there is now; works for a
   * project that can no longer be opened, too.
   */
  "snapshots:restore": request(
    z.object({ path: z.string().optional(), id: z.string() }),
    z.object({ kept: z.string().nullable(), summary: project.projectSummary }),
  ),

  "project:create": request(
    z.object({ path: z.string(), example: project.exampleName.optional() }),
    project.projectSummary,
  ),
  "project:open": request(z.object({ path: z.string() }), project.projectSummary),
  "project:close": request(none, none),
  "project:get-summary": request(none, project.projectSummary.nullable()),
  "project:list-recent": request(none, z.array(project.recentProject)),
  "project:check": request(none, project.checkResult),
  "project:save-goal": request(project.goal, project.projectSummary),
  /** Undoes or redoes the last edit of labels, groups, notes, exclusion or deletion; says which, or null. */
  "project:undo": request(none, z.object({ undone: z.string().nullable() })),
  "project:redo": request(none, z.object({ redone: z.string().nullable() })),

  "recordings:list": request(none, z.array(project.recordingInfo)),
  "recordings:update": request(
    z.object({
      ids,
      label: z.string().min(1).optional(),
      name: z.string().min(1).optional(),
      group: z.string().nullable().optional(),
      notes: z.string().optional(),
      excluded: z.boolean().optional(),
    }),
    none,
  ),
  "recordings:delete": request(z.object({ ids }), none),
  "recordings:get-waveform": request(
    z.object({
      streamId: z.int(),
      startSample: z.int().min(0),
      /** Past-the-end sample; null for the end of the recording. */
      endSample: z.int().nullable(),
      buckets: z.int().min(1).max(4000),
    }),
    project.waveform,
  ),
  /** Frequencies of one channel over time, for drawing. */
  "recordings:get-spectrogram": request(
    z.object({
      streamId: z.int(),
      channel: z.int().min(0),
      startSample: z.int().min(0),
      endSample: z.int().nullable(),
      columns: z.int().min(1).max(2000),
    }),
    project.spectrogram,
  ),
  /** Mean, range, strength and strongest frequency of a stretch of at most 4 million samples. */
  "recordings:measure": request(
    z.object({ streamId: z.int(), startSample: z.int().min(0), endSample: z.int().nullable() }),
    project.measures,
  ),
  /** Samples of one channel in its unit as little-endian float32, at most 4 million, to be heard. */
  "recordings:get-samples": request(
    z.object({
      streamId: z.int(),
      channel: z.int().min(0),
      startSample: z.int().min(0),
      endSample: z.int().nullable(),
    }),
    z.object({ rateHz: z.number(), base64: z.string() }),
  ),
  /** Makes parts of a recording recordings of their own; with `replace` they take its place. One edit for undo. */
  "recordings:cut": request(
    z.object({ id: z.int(), parts: z.array(project.cutPart).min(1).max(1000), replace: z.boolean() }),
    z.object({ recordings: ids }),
  ),
  /** Renames a class of the goal and the label of its recordings; into one that is there, the two become one. */
  "labels:rename": request(z.object({ from: z.string().min(1), to: z.string().min(1) }), none),
  "recordings:import": request(
    z.object({
      paths: z.array(z.string()).min(1),
      label: z.string().optional(),
      rateHz: z.number().positive().optional(),
      group: z.string().optional(),
    }),
    project.importResult,
  ),
  /** Imports the content of a file that was dropped onto the window of the web host. */
  "recordings:import-content": request(
    z.object({ name: z.string(), base64: z.string().max(96 * 1024 * 1024), label: z.string().optional() }),
    project.importResult,
  ),
  "recordings:export": request(
    z.object({
      format: z.enum(["wav", "csv", "edge-impulse-json", "edge-impulse-cbor"]),
      folder: z.string(),
    }),
    z.object({ files: z.int() }),
  ),
  "split:apply": request(project.splitOptions, project.splitResult),

  "boards:list": request(none, z.array(board.boardInfo)),
  "boards:get-state": request(none, board.connectionState),
  /** Connects to a port; `signals` are the files that a virtual or simulated board measures in turn (empty: its demo machine). */
  "boards:connect": request(
    z.object({ port: z.string(), signals: z.array(z.string()).default([]) }),
    board.connectionState,
  ),
  "boards:disconnect": request(none, none),
  /** Starts (or stops) the stream of `board:signal` events for drawing. */
  "boards:preview": request(z.object({ on: z.boolean() }), none),
  "recording:start": request(board.recordingRequest, board.recordingResult),
  /** Ends the running recording and keeps what was recorded; `recording:start` then returns. */
  "recording:stop": request(none, none),

  "design:list-presets": request(
    none,
    z.array(
      z.object({
        name: z.string(),
        title: z.string(),
        description: z.string(),
        design: designFile,
        fits: z.boolean(),
      }),
    ),
  ),
  "design:describe": request(
    z.object({ design: designFile.optional(), preset: z.string().optional() }),
    learning.designReport,
  ),
  /** Saves the project's current design, which Train uses. */
  "design:save": request(z.object({ design: designFile }), learning.designReport),
  "design:get": request(none, designFile.nullable()),
  /** Two-dimensional map (principal components) of all windows' features. */
  "design:get-map": request(
    z.object({ design: designFile }),
    z.object({
      points: z.array(
        z.object({
          x: z.number(),
          y: z.number(),
          label: z.string(),
          recording: z.int(),
          startMs: z.number(),
        }),
      ),
    }),
  ),

  "training:start": request(learning.trainingRequest, learning.trainingResult),
  /** Ends the running training and keeps the best weights so far; `training:start` then returns. */
  "training:stop": request(none, none),
  "experiments:list": request(none, z.array(learning.experimentInfo)),
  "experiments:rename": request(z.object({ id: z.int(), name: z.string().min(1) }), none),
  "experiments:delete": request(z.object({ id: z.int() }), none),
  "experiments:export": request(
    z.object({
      id: z.int(),
      format: z.enum(["tflite", "c", "arduino", "tfjs", "package", "npz"]),
      path: z.string(),
    }),
    z.object({ path: z.string(), bytes: z.int() }),
  ),
  "conversion:run": request(z.object({ experiment: z.int() }), learning.conversionReport),
  "evaluation:run": request(learning.evaluationRequest, learning.evaluationReport),
  "deployment:run": request(learning.deploymentRequest, learning.deploymentReport),
  "live:start": request(none, none),
  "live:stop": request(none, none),
  /** Keeps the last seconds of the live signal as a recording with the given label ("that was wrong"). */
  "live:keep": request(
    z.object({ label: z.string().min(1), seconds: z.number().positive() }),
    board.recordingResult,
  ),
} as const;

export const events = {
  "project:changed": project.projectSummary.nullable(),
  "recordings:changed": z.object({}),
  "experiments:changed": z.object({}),
  "board:state": board.connectionState,
  "board:signal": board.signalPreview,
  "recording:state": board.recordingState,
  "training:epoch": learning.epochRecord,
  "deployment:stage": z.object({
    stage: learning.deploymentStage,
    state: z.enum(["running", "done", "skipped", "failed"]),
    fraction: z.number(),
    detail: z.string(),
  }),
  "live:prediction": board.prediction,
  /** Something the user should know once, for example a lost board during a recording. */
  "app:notice": z.object({
    level: z.enum(["info", "warning", "error"]),
    message: z.string(),
    hint: z.string().optional(),
  }),
} as const;

export type RequestName = keyof typeof requests;
export type RequestParams<N extends RequestName> = z.input<(typeof requests)[N]["params"]>;
/** Parameters after the schema has filled in defaults, as handlers see them. */
export type CheckedParams<N extends RequestName> = z.output<(typeof requests)[N]["params"]>;
export type RequestResult<N extends RequestName> = z.output<(typeof requests)[N]["result"]>;
export type EventName = keyof typeof events;
export type EventPayload<N extends EventName> = z.output<(typeof events)[N]>;

export * from "./board.ts";
export * from "./learning.ts";
export * from "./project.ts";
