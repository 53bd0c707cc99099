/** Diagnosis: what is wrong with data, split or fit, each with one next step. */
import { z } from "zod";

const findingKind = z.enum([
  /** A label that looks wrong. */
  "label",
  /** A channel that carries nothing, or the same as another one. */
  "channel",
  /** The same, or nearly the same, measurement twice. */
  "duplicate",
  /** Classes of very different size. */
  "imbalance",
  /** The test knows what was trained on: windows, groups, or what belongs together by name. */
  "leakage",
  /** Under- or overfitting. */
  "fit",
  /** What to record next. */
  "record",
]);

export const diagnosisFinding = z.object({
  kind: findingKind,
  /** `error`: results cannot be trusted until it is put right. */
  severity: z.enum(["error", "warning", "info"]),
  message: z.string(),
  /** One next step. */
  hint: z.string(),
  /** Recordings that it is about, the surest first. */
  recordings: z.array(z.int()).optional(),
  /** Sensor and channel that it is about. */
  channel: z.object({ sensor: z.string(), channel: z.string() }).optional(),
  label: z.string().optional(),
  /** What the label could be instead. */
  suggestedLabel: z.string().optional(),
  /** Which part of the recording it is about; the whole where absent. */
  stretch: z.object({ startMs: z.number(), endMs: z.number() }).optional(),
  /** The place in the app where the next step is done. */
  place: z.enum(["goal", "collect", "design", "train", "convert", "evaluate", "deploy"]),
});
export type DiagnosisFinding = z.infer<typeof diagnosisFinding>;

/** Without an experiment the project's own design is used. */
export const diagnosisRequest = z.object({ experiment: z.int().nullable().default(null) });
