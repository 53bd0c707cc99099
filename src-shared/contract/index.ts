/**
 * The contract between user interface and engine: each request with the schema of its parameters and of its result, and
 * each event with its payload. Both sides derive their types from these two tables and check every message against them.
 * Names are `domain:verb-object`. Any request may report progress and may be cancelled by its id (see `messages.ts`).
 */
import { z } from "zod";
import { designFile } from "../design.ts";
import * as board from "./board.ts";
import * as deployment from "./deployment.ts";
import * as diagnosis from "./diagnosis.ts";
import * as evaluation from "./evaluation.ts";
import * as power from "./power.ts";
import * as project from "./project.ts";
import * as training from "./training.ts";
import * as tuning from "./tuning.ts";

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
      backends: z.array(z.object({ name: training.backendName, available: z.boolean(), reason: z.string() })),
      /** Parts made by setup: is QEMU there for a virtual board, are the WASM twin and the firmware images built. */
      virtualBoard: z.object({ available: z.boolean(), reason: z.string() }),
      homeFolder: z.string(),
      /** The language that the user chose (BCP 47 tag); null for the system's. */
      language: z.string().nullable(),
    }),
  ),
  /** Keeps the language of the window for this user; null for the system's. */
  "app:set-language": request(z.object({ language: z.string().max(35).nullable() }), none),
  /** The newest lines of the engine's log, oldest first; details as JSON, without the name of the user's home folder. */
  "app:get-log": request(
    z.object({ lines: z.int().min(1).max(2000).default(400) }),
    z.array(
      z.object({
        at: z.string(),
        level: z.enum(["debug", "info", "warning", "error"]),
        message: z.string(),
        detail: z.string(),
      }),
    ),
  ),
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
      machine: z.string().max(200).optional(),
      mount: z.string().max(200).optional(),
      /** Id of a photo of the project (`photos:add`); null takes it away. */
      photo: z.int().nullable().optional(),
      excluded: z.boolean().optional(),
      /** Side of the split; only where recordings are split as wholes. */
      split: project.splitName.optional(),
    }),
    none,
  ),
  "recordings:delete": request(z.object({ ids }), none),
  /**
   * Keeps a photo in the project, from a file or its bytes (one of the two): JPEG or PNG, 12 MB and 64 megapixels at most. What is no
   * part of the picture (place, camera, comments) is left out. Recordings show it after `recordings:update`.
   */
  "photos:add": request(
    z.object({ path: z.string().optional(), base64: z.string().max(17_000_000).optional() }),
    project.photoInfo,
  ),
  "photos:get": request(z.object({ id: z.int() }), project.photoInfo.extend({ base64: z.string() })),
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
  /** Finds the stretches in which something goes on, by energy, to be cut out. The level is found by itself where null. */
  "recordings:find-active": request(
    z.object({
      id: z.int(),
      streamId: z.int().optional(),
      level: z.number().positive().nullable().default(null),
      /** Shorter stretches do not count, shorter pauses do not part, and so much is kept on either side; seconds. */
      shortest: z.number().min(0).default(0.3),
      pause: z.number().min(0).default(0.3),
      margin: z.number().min(0).default(0.1),
    }),
    project.activeParts,
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
      /** Files that cannot be read are listed, and the others come in; else nothing comes in where one is bad. */
      asFound: z.boolean().default(false),
    }),
    project.importResult,
  ),
  /** Imports the content of a file that was dropped onto the window of the web host. */
  "recordings:import-content": request(
    z.object({ name: z.string(), base64: z.string().max(96 * 1024 * 1024), label: z.string().optional() }),
    project.importResult,
  ),
  /**
   * Takes the recordings of another project into the open one, with labels, groups, notes, machine, mount and photo; the same samples
   * only once. The other file is not changed. One edit for undo; cancelled or killed midway, nothing has come in.
   */
  "project:merge": request(z.object({ path: z.string().min(1) }), project.mergeResult),
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
  /** Starts (or stops) the stream of `board:signal` events for drawing; with `spectrum` also the frequencies of that channel. */
  "boards:preview": request(
    z.object({
      on: z.boolean(),
      spectrum: z
        .object({ sensor: z.string(), channel: z.int().min(0) })
        .nullable()
        .default(null),
    }),
    none,
  ),
  /** Looks for the reason why a port cannot be used, or, where null, why a board that is plugged in is not in the list. */
  "boards:diagnose": request(z.object({ port: z.string().nullable() }), z.array(board.connectionFinding)),
  /** Writes Limpet's firmware onto the board at a port by the board's own bootloader, and connects to it where it is then. */
  "boards:write-firmware": request(z.object({ port: z.string().min(1) }), board.connectionState),
  /** Reads what the connected board saw by itself; empties its log afterwards where that is wanted. */
  "boards:read-log": request(z.object({ clear: z.boolean().default(false) }), board.boardLog),
  "recording:start": request(board.recordingRequest, board.recordingResult),
  /** Ends the running recording and keeps what was recorded; `recording:start` then returns. */
  "recording:stop": request(none, none),
  /** Room on the project's disk for the connected board's sensors; all of them, at their first rates, where none is named. */
  "recording:get-room": request(board.recordingRequest.pick({ sensors: true }), board.recordingRoom),

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
    training.designReport,
  ),
  /** Saves the project's current design, which Train uses. */
  "design:save": request(z.object({ design: designFile }), training.designReport),
  "design:get": request(none, designFile.nullable()),
  /** What each label's features look like: mean and deviation over its windows, channel by channel. */
  "design:get-features": request(z.object({ design: designFile }), training.featurePlot),
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

  "training:start": request(training.trainingRequest, training.trainingResult),
  /**
   * Searches windows, features and networks within a board's limits; the best are kept as experiments. Ends by itself, by
   * `training:stop` (keeps what it has), or when the time is over; tells by `training:tuned` after each design.
   */
  "training:tune": request(tuning.tuneRequest, z.array(tuning.tuneResult)),
  /** Ends the running training and keeps the best weights so far; `training:start` then returns. */
  "training:stop": request(none, none),
  "experiments:list": request(none, z.array(training.experimentInfo)),
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
  /**
   * A job report as one HTML page that needs nothing else: machine, dataset, model, test, boards, hashes. The test is made for it. With
   * a path it is written there (an older file is replaced). `texts` translates src-shared/job-report-texts.ts.
   */
  "experiments:report": request(
    z.object({
      id: z.int(),
      path: z.string().min(1).nullable().default(null),
      by: z.string().max(200).default(""),
      machine: z.string().max(1000).default(""),
      note: z.string().max(4000).default(""),
      locale: z.string().max(35).default("en"),
      texts: z.record(z.string().max(2000), z.string().max(4000)).default({}),
    }),
    z.object({ html: z.string(), path: z.string().nullable(), bytes: z.int() }),
  ),
  "conversion:run": request(z.object({ experiment: z.int() }), evaluation.conversionReport),
  /** The last report of a conversion, kept in the project; null where there is none. */
  "conversion:get-last": request(z.object({ experiment: z.int() }), evaluation.keptConversion.nullable()),
  "evaluation:run": request(evaluation.evaluationRequest, evaluation.evaluationReport),
  /** Two experiments on the held-out windows, both in float, with a test of significance. */
  "evaluation:compare": request(z.object({ a: z.int(), b: z.int() }), tuning.comparisonReport),
  /** With and without a sensor: trains the experiment's design without it, same seed and split, and compares the two. */
  "evaluation:compare-without": request(tuning.withoutRequest, tuning.withoutReport),
  /** The last evaluation by that engine on that side, kept in the project; of any engine where none is named; null: there is none. */
  "evaluation:get-last": request(
    z.object({
      experiment: z.int(),
      split: evaluation.evaluationRequest.shape.split,
      engine: z.enum(["float", "int8", "board"]).optional(),
    }),
    evaluation.keptEvaluation.nullable(),
  ),
  /** False alarms and misses over the thresholds of each label, and thresholds for a wanted rate. Stores nothing. */
  "thresholds:measure": request(evaluation.thresholdsRequest, evaluation.thresholdsReport),
  /** Keeps thresholds with the experiment and in its model package (labels that are absent: none). A board gets them with the next deployment. */
  "thresholds:set": request(
    z.object({ experiment: z.int(), thresholds: training.labelThresholds }),
    z.object({ thresholds: training.labelThresholds }),
  ),
  /** Trains four times; may be cancelled. Stores no experiment. */
  "evaluation:learning-curve": request(evaluation.learningCurveRequest, evaluation.learningCurveReport),
  /** What is wrong with the data or doubtful, each with one next step, the worst first. Takes seconds; may be cancelled. */
  "diagnosis:run": request(diagnosis.diagnosisRequest, z.array(diagnosis.diagnosisFinding)),
  /** What an experiment takes on each kind of board with a window every `everyMs` (0: one after the other), before it is on any. */
  "deployment:reckon-power": request(
    z.object({ experiment: z.int(), everyMs: z.number().min(0).default(0) }),
    power.powerOnBoards,
  ),
  "deployment:run": request(deployment.deploymentRequest, deployment.deploymentReport),
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
  "training:epoch": training.epochRecord,
  "training:tuned": tuning.tuneProgress,
  "deployment:stage": z.object({
    stage: deployment.deploymentStage,
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
export * from "./deployment.ts";
export * from "./diagnosis.ts";
export * from "./evaluation.ts";
export * from "./power.ts";
export * from "./project.ts";
export * from "./training.ts";
export * from "./tuning.ts";
