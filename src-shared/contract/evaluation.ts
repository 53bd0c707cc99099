/** What a model is worth: conversion to int8, the test, thresholds, and whether more data would help. */
import { z } from "zod";
import { splitName } from "./project.ts";
import { labelThresholds } from "./training.ts";

/** An interval of 95 % confidence of a part of 1. */
const interval = z.tuple([z.number(), z.number()]);

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
  /**
   * What quantisation added to each layer's output, in the network's order: power of the float values over the power of their
   * difference to int8, in decibels (at most 100), with what earlier layers have added. About 6 dB are one bit.
   */
  layers: z.array(z.object({ layer: z.string(), signalToNoiseDb: z.number() })).default([]),
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
  /** Area under the ROC curve of this class's score against all others; null where one side has no windows. */
  auc: z.number().nullable().default(null),
  /** 95 % Wilson score interval of the recall. */
  recallInterval: interval.default([0, 1]),
});

/** A whole recording: the class with the highest mean score over its windows. */
const recordingEvaluation = z.object({
  recording: z.int(),
  name: z.string(),
  label: z.string(),
  group: z.string().nullable(),
  windows: z.int(),
  /** Part of its windows that were called right. */
  accuracy: z.number(),
  /** What the recording as a whole is called, and the mean score of that. */
  predicted: z.string(),
  score: z.number(),
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
  recordings: z.object({
    count: z.int(),
    accuracy: z.number(),
    /** 95 % Wilson score interval of that accuracy: recordings, unlike windows, are independent of each other. */
    accuracyInterval: interval.default([0, 1]),
  }),
  /** Each recording by itself, the worst first; empty for a value to predict. */
  perRecording: z.array(recordingEvaluation).default([]),
  /** Mean of the classes' areas under the ROC curve; null where there is none. */
  auc: z.number().nullable().default(null),
  /** Thresholds in force. They change no figure but those of `unknown`. */
  thresholds: labelThresholds.default({}),
  /**
   * Engine board only: the first value that the board computes otherwise than the device twin; null: every answer is the twin's, bit for bit.
   * `stage` is what it is the output of, `repeated` whether it came again when the window was run once more.
   */
  boardDifference: z
    .object({
      window: z.int(),
      recording: z.int(),
      recordingName: z.string(),
      startMs: z.number(),
      stage: z.enum(["front end", "quantisation", "network", "scores", "anomaly score", "label"]),
      index: z.int(),
      /** Null: not a number there, or no value at all. */
      board: z.number().nullable(),
      twin: z.number().nullable(),
      repeated: z.boolean(),
    })
    .nullable()
    .optional(),
  /** Windows that the board calls unknown: below a threshold, or anomalous. Absent for a value to predict. */
  unknown: z
    .object({
      windows: z.int(),
      /** Of these: windows whose highest score was the right label's (misses), and the others (mistakes that were withheld). */
      right: z.int(),
      wrong: z.int(),
      /** Accuracy on the windows that got an answer; null where none did. */
      answeredAccuracy: z.number().nullable(),
    })
    .optional(),
  /** For each group (machine, session, person) among the recordings its windows and accuracy, the worst first. */
  groups: z
    .array(
      z.object({
        group: z.string(),
        windows: z.int(),
        accuracy: z.number(),
        recordings: z.int().default(0),
        accuracyInterval: interval.default([0, 1]),
      }),
    )
    .default([]),
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

const kept = {
  /** When it was made, ISO 8601. */
  at: z.string(),
  /** Recordings, labels or split have changed since. */
  outOfDate: z.boolean(),
};

/** An evaluation that is kept in the project; of its mistakes the 500 worst. */
export const keptEvaluation = z.object({ ...kept, report: evaluationReport });
export type KeptEvaluation = z.infer<typeof keptEvaluation>;

export const keptConversion = z.object({ ...kept, report: conversionReport });
export type KeptConversion = z.infer<typeof keptConversion>;

/** One threshold of a label, and what it gives on the windows it was measured on. */
const thresholdPoint = z.object({
  threshold: z.number(),
  /** Windows of other labels that are called this one, for each hour of other labels. */
  falseAlarmsPerHour: z.number(),
  /** Part of the label's own windows that are not called it. */
  misses: z.number(),
});
export type ThresholdPoint = z.infer<typeof thresholdPoint>;

export const thresholdsRequest = z.object({
  experiment: z.int(),
  split: splitName.default("validation"),
  /** The rate that is wanted; the answer then has `proposed` thresholds. */
  falseAlarmsPerHour: z.number().min(0).optional(),
});
export type ThresholdsRequest = z.infer<typeof thresholdsRequest>;

/** What thresholds would do, by the int8 model's scores. A window stands for one stride of time. */
export const thresholdsReport = z.object({
  experiment: z.int(),
  split: splitName,
  windows: z.int(),
  strideMs: z.number(),
  /** Thresholds that are kept with the experiment now. */
  thresholds: labelThresholds,
  /** Those that keep to the wanted rate with the fewest misses; 1.0 or more is never written: a label that cannot keep to it has 1. */
  proposed: labelThresholds.optional(),
  labels: z.array(
    z.object({
      label: z.string(),
      /** Windows of the label, and hours of windows of other labels: what the figures come from. */
      windows: z.int(),
      otherHours: z.number(),
      /** Lowest rate that can be told with 95 % confidence from so many hours without a false alarm (3 / hours). */
      leastRate: z.number().nullable(),
      current: thresholdPoint,
      proposed: thresholdPoint.optional(),
      /** From threshold 0 upwards; only where something changes. */
      points: z.array(thresholdPoint),
    }),
  ),
  warnings: z.array(z.string()),
});
export type ThresholdsReport = z.infer<typeof thresholdsReport>;

export const learningCurveRequest = z.object({
  experiment: z.int(),
  seed: z.int().min(0).default(1),
});
export type LearningCurveRequest = z.infer<typeof learningCurveRequest>;

/** "Would more data help?": the same design trained on parts of the training recordings, each judged on all validation windows. */
export const learningCurveReport = z.object({
  experiment: z.int(),
  points: z.array(
    z.object({
      /** Part of the training recordings of each class. */
      fraction: z.number(),
      recordings: z.int(),
      windows: z.int(),
      /** Of a value to predict R², 0 at least. */
      validationAccuracy: z.number(),
      accuracyInterval: interval,
      validationLoss: z.number(),
    }),
  ),
  /** `more`: it still gets better with more; `enough`: it does not; `unclear`: too few recordings to tell. */
  verdict: z.enum(["more", "enough", "unclear"]),
  /** The verdict in plain words, with the next step. */
  advice: z.string(),
});
export type LearningCurveReport = z.infer<typeof learningCurveReport>;
