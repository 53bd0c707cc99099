/** Designs, training and experiments: what a design means, how it is trained, what came of it. */
import { z } from "zod";
import { design, designFile } from "../design.ts";
import { powerBudget } from "./power.ts";

const tensorShape = z.object({
  stage: z.string(),
  shape: z.array(z.int()),
  note: z.string().optional(),
});

/** What a design means before anything is trained. */
export const designReport = z.object({
  design,
  /** Tensor shapes from the window through features and layers to the scores. */
  shapes: z.array(tensorShape),
  features: z.int(),
  parameters: z.int(),
  windows: z.object({ train: z.int(), validation: z.int(), test: z.int() }),
  /** Estimated bytes on the board. */
  flashBytes: z.number(),
  ramBytes: z.number(),
  latencyMs: z.number(),
  powerMilliwatts: z.number(),
  /** On the smallest board, with its sensors; null where nothing can be reckoned. */
  powerBudget: powerBudget.nullable().default(null),
  /** Problems that stop training (`error`) or should be known (`warning`). */
  findings: z.array(
    z.object({ level: z.enum(["error", "warning"]), field: z.string(), message: z.string() }),
  ),
});
export type DesignReport = z.infer<typeof designReport>;

/** Means of features for drawing: a line for each label over frequency or time, or a picture for each. */
export const featurePlot = z.object({
  panels: z.array(
    z.object({
      sensor: z.string(),
      channel: z.string(),
      block: z.enum(["raw", "spectral", "log-mel", "mfcc"]),
      kind: z.enum(["line", "image"]),
      /** Points of a line; frames of a picture. */
      columns: z.int(),
      /** 1 for a line; filters or coefficients of a picture, the lowest first. */
      rows: z.int(),
      x: z.object({ from: z.number(), to: z.number(), unit: z.enum(["s", "Hz"]) }),
      rowUnit: z.enum(["", "filter", "coefficient"]),
      labels: z.array(
        z.object({
          label: z.string(),
          windows: z.int(),
          /** [column][row] */
          mean: z.array(z.number()),
          /** Of a line; empty for a picture. */
          deviation: z.array(z.number()),
        }),
      ),
      /** Features that are figures by themselves. */
      statistics: z.array(
        z.object({
          name: z.string(),
          labels: z.array(z.object({ label: z.string(), mean: z.number(), deviation: z.number() })),
        }),
      ),
    }),
  ),
});
export type FeaturePlot = z.infer<typeof featurePlot>;

export const epochRecord = z.object({
  epoch: z.int(),
  loss: z.number(),
  accuracy: z.number(),
  validationLoss: z.number(),
  validationAccuracy: z.number(),
});
export type EpochRecord = z.infer<typeof epochRecord>;

export const backendName = z.enum(["tfjs-node", "wasm"]);

/** Least score of a label, 0 (any) to 1; below it the board answers `unknown`. */
export const labelThresholds = z.record(z.string(), z.number().min(0).max(1));
export type LabelThresholds = z.infer<typeof labelThresholds>;

export const trainingRequest = z.object({
  design: designFile.optional(),
  preset: z.enum(["vibration", "keyword", "gesture", "sine"]).optional(),
  name: z.string().optional(),
  backend: z.enum(["auto", "tfjs-node", "wasm"]).default("auto"),
  epochs: z.int().min(1).optional(),
  seed: z.int().min(0).optional(),
});
export type TrainingRequest = z.infer<typeof trainingRequest>;

export const trainingResult = z.object({
  experiment: z.int(),
  name: z.string(),
  backend: backendName,
  epochs: z.int(),
  stoppedEarly: z.boolean(),
  trainSeconds: z.number(),
  loss: z.number(),
  accuracy: z.number(),
  validationLoss: z.number(),
  validationAccuracy: z.number(),
  fit: z.enum(["good", "underfit", "overfit"]),
  /** The verdict on the fit in plain words, with the next step. */
  advice: z.string(),
  /** What is doubtful about the dataset and the design, for example a split that leaks. */
  warnings: z.array(z.string()).default([]),
  history: z.array(epochRecord),
});
export type TrainingResult = z.infer<typeof trainingResult>;

export const experimentInfo = z.object({
  id: z.int(),
  name: z.string(),
  /** Kind of network. */
  kind: z.string(),
  task: z.enum(["classification", "regression"]),
  createdAt: z.string(),
  labels: z.array(z.string()),
  design,
  validationAccuracy: z.number(),
  training: trainingResult,
  converted: z.boolean(),
  /** The dataset was changed after this experiment was trained. */
  outOfDate: z.boolean(),
  /** Score from which a label counts as recognised, by label; one that is absent has none (0). */
  thresholds: labelThresholds.default({}),
  /** It was tested on the held-out recordings as they are now. */
  evaluated: z.boolean().default(false),
  /** It was written to a board from this project. */
  deployed: z.boolean().default(false),
});
export type ExperimentInfo = z.infer<typeof experimentInfo>;
