/** The search for a design, and "with and without this sensor": the part of the contract that `docs/tuning.md` describes. */
import { z } from "zod";

/** The most that a model may take; kilobytes are 1024 bytes. */
const tuneLimits = z.object({
  ramKb: z.number().positive().optional(),
  flashKb: z.number().positive().optional(),
  latencyMs: z.number().positive().optional(),
});
export type TuneLimits = z.infer<typeof tuneLimits>;

export const tuneRequest = z.object({
  minutes: z
    .number()
    .positive()
    .max(24 * 60)
    .default(10),
  /** Kind of board whose room and clock count, for example `nano-33-ble`. */
  board: z.string().min(1).default("virtual"),
  /** Tighter than the board's own. */
  limits: tuneLimits.default({}),
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .default(1),
});
export type TuneRequest = z.infer<typeof tuneRequest>;

/** One design that was found, kept as an experiment. */
export const tuneResult = z.object({
  experiment: z.int(),
  name: z.string(),
  /** On the validation windows (R² for a value), with its standard error over recordings, and the loss. */
  accuracy: z.number(),
  standardError: z.number(),
  loss: z.number(),
  /** Mean over other divisions of the recordings that are not for the test; null where no other design had the same accuracy. */
  crossAccuracy: z.number().nullable(),
  /** The validation windows by the int8 model. */
  int8Accuracy: z.number(),
  /** Bytes on the board: windows, features and arena together; the model package. */
  ram: z.int(),
  flash: z.int(),
  /** Reckoned, for the board's clock. */
  latencyMs: z.number(),
  /** What the search began with: the preset, or the project's own design. */
  start: z.enum(["preset", "project"]).nullable(),
  /** The smallest that is as good as the best within one standard error, and no worse than the preset. */
  recommended: z.boolean(),
});
export type TuneResult = z.infer<typeof tuneResult>;

export const tuneProgress = z.object({
  /** Designs tried, and those that were refused before training: over a limit, or impossible. */
  tried: z.int(),
  refused: z.int(),
  secondsLeft: z.number(),
  /** Kept so far, best first. */
  results: z.array(tuneResult),
});
export type TuneProgress = z.infer<typeof tuneProgress>;

/** Two experiments on the same test windows; where their windows differ, those that begin nearest to each other count. */
export const comparisonReport = z.object({
  a: z.int(),
  b: z.int(),
  windows: z.int(),
  accuracyA: z.number(),
  accuracyB: z.number(),
  bothRight: z.int(),
  onlyA: z.int(),
  onlyB: z.int(),
  bothWrong: z.int(),
  /** Two-sided, of McNemar's test. */
  pValue: z.number(),
});

export const withoutRequest = z.object({
  experiment: z.int(),
  /** A sensor's id, or channels of it, by name, parted by commas. */
  sensor: z.string().min(1),
});
export type WithoutRequest = z.infer<typeof withoutRequest>;

/** Two experiments on the same test windows: `a` with everything, `b` without the sensor. */
export const withoutReport = comparisonReport.extend({
  without: z.string(),
  /** Whether what is left out is of use: `needed`, `not-needed` (chance explains the difference), or `harmful`. */
  verdict: z.enum(["needed", "not-needed", "harmful"]),
  /** Whether `b` was trained now, or was there already. */
  trained: z.boolean(),
});
export type WithoutReport = z.infer<typeof withoutReport>;
