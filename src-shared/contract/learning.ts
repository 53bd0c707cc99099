/** Design, training, conversion, evaluation and deployment: the part of the contract that learning answers. */
import { z } from "zod";
import { design, designFile } from "../design.ts";
import { powerBudget } from "./power.ts";
import { splitName } from "./project.ts";

export const tensorShape = z.object({
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

export const epochRecord = z.object({
  epoch: z.int(),
  loss: z.number(),
  accuracy: z.number(),
  validationLoss: z.number(),
  validationAccuracy: z.number(),
});
export type EpochRecord = z.infer<typeof epochRecord>;

export const backendName = z.enum(["tfjs-node", "wasm"]);

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
});
export type ExperimentInfo = z.infer<typeof experimentInfo>;

export const conversionReport = z.object({
  experiment: z.int(),
  tfliteBytes: z.int(),
  packageBytes: z.int(),
  arenaBytes: z.int(),
  operations: z.array(z.object({ name: z.string(), supported: z.boolean() })),
  /** Held-out (validation) accuracy of float and int8 and how many windows changed their label. */
  floatAccuracy: z.number(),
  int8Accuracy: z.number(),
  windows: z.int(),
  changed: z.int(),
  perClass: z.array(z.object({ label: z.string(), floatRecall: z.number(), int8Recall: z.number() })),
});
export type ConversionReport = z.infer<typeof conversionReport>;

export const evaluationRequest = z.object({
  experiment: z.int(),
  split: splitName.default("test"),
  engine: z.enum(["float", "int8", "board"]).default("int8"),
  /** Port for the `board` engine. */
  board: z.string().optional(),
});
export type EvaluationRequest = z.infer<typeof evaluationRequest>;

export const mistake = z.object({
  recording: z.int(),
  recordingName: z.string(),
  startMs: z.number(),
  label: z.string(),
  predicted: z.string(),
  score: z.number(),
});

export const classMetrics = z.object({
  precision: z.number(),
  recall: z.number(),
  f1: z.number(),
  support: z.int(),
});

export const evaluationReport = z.object({
  engine: z.enum(["float", "int8", "board"]),
  split: splitName,
  windows: z.int(),
  accuracy: z.number(),
  /** 95 % Wilson score interval of the accuracy. */
  accuracyInterval: z.tuple([z.number(), z.number()]),
  loss: z.number(),
  perClass: z.record(z.string(), classMetrics),
  /** Rows are what the window was, columns what it was called. */
  confusion: z.object({ labels: z.array(z.string()), matrix: z.array(z.array(z.int())) }),
  recordings: z.object({ count: z.int(), accuracy: z.number() }),
  /** For each group (machine, session, person) among the recordings its windows and accuracy, the worst first. */
  groups: z.array(z.object({ group: z.string(), windows: z.int(), accuracy: z.number() })).default([]),
  mistakes: z.array(mistake),
  /** Why the figures may look better than the model is: windows that it may know, groups on both sides. */
  warnings: z.array(z.string()).default([]),
  regression: z.object({ mae: z.number(), rmse: z.number(), r2: z.number() }).optional(),
  /** Of an experiment with an anomaly score. Labels that it was not learnt from count as anomalies. */
  anomaly: z
    .object({
      /** Area under the ROC curve; null where there are no anomalous windows, or no normal ones. */
      auc: z.number().nullable(),
      threshold: z.number(),
      /** Part of the normal and of the anomalous windows above the threshold. */
      falseAlarms: z.number().nullable(),
      detected: z.number().nullable(),
      /** Whose normal windows they are compared with: those of this side of the split, or of validation where it has none. */
      normalFrom: z.enum(["split", "validation"]),
      labels: z.array(
        z.object({
          label: z.string(),
          windows: z.int(),
          normal: z.boolean(),
          /** Part of its windows above the threshold. */
          above: z.number(),
          /** Of an anomalous label against all normal windows. */
          auc: z.number().nullable().optional(),
        }),
      ),
    })
    .optional(),
});
export type EvaluationReport = z.infer<typeof evaluationReport>;

export const deploymentStage = z.enum(["check", "firmware", "model", "self-test", "proof"]);

export const deploymentRequest = z.object({
  experiment: z.int(),
  board: z.string(),
  firmware: z.enum(["always", "if-needed", "never"]).default("if-needed"),
});
export type DeploymentRequest = z.infer<typeof deploymentRequest>;

export const deploymentReport = z.object({
  board: z.string(),
  firmwareWritten: z.boolean(),
  modelBytes: z.int(),
  seconds: z.number(),
  goldenVectors: z.object({ run: z.int(), identical: z.int() }),
  slot: z.enum(["A", "B"]),
  /** Bytes on the board that the model uses: arena and buffers; package. */
  ram: z.number(),
  flash: z.number(),
  /** Instructions for one window (front end and network). */
  instructions: z.number().nullable(),
  latencyMs: z.number().nullable(),
  powerMilliwatts: z.number().nullable(),
  batteryDays: z.number().nullable(),
  /** What it takes as deployed, and which period reaches which goal; null where the board has no figures. */
  powerBudget: powerBudget.nullable().default(null),
  modelHash: z.string(),
  warnings: z.array(z.string()),
  stages: z.array(z.object({ stage: deploymentStage, seconds: z.number() })),
});
export type DeploymentReport = z.infer<typeof deploymentReport>;
