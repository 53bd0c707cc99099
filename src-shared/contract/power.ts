/** The power budget of a model on a board: part of what design and deployment report. */
import { z } from "zod";

/** A goal and the period between windows that reaches it. */
const powerReach = z.object({
  /** The project's own power goal, 1 mW, or a year on a battery. */
  goal: z.enum(["goal-power", "one-milliwatt", "year-on-cr2032", "year-on-two-aa"]),
  /** Shortest period, milliseconds: 0 where windows may follow each other, null where no period reaches the goal. */
  everyMs: z.number().nullable(),
  /** What the board then takes on average, and how long the goal's battery (else a CR2032) lasts at that. */
  milliwatts: z.number().nullable(),
  days: z.number().nullable(),
  /** Why no period reaches it. */
  reason: z.string().nullable(),
});

export const powerBudget = z.object({
  /** The parts whose figures these are (docs/power.md). */
  part: z.string(),
  /** With windows one after the other, sensors always on. */
  continuousMilliwatts: z.number(),
  /** With nothing on but what wakes it. */
  sleepMicrowatts: z.number(),
  /** Energy of a window that is measured by itself, beyond sleeping. */
  windowMillijoules: z.number(),
  peakMilliamps: z.number(),
  /** Period between windows; 0: they follow each other by the stride. */
  everyMs: z.number(),
  /** Average at that period. */
  milliwatts: z.number(),
  batteryDays: z.object({ cr2032: z.number().nullable(), twoAa: z.number().nullable() }),
  reaches: z.array(powerReach),
  /** What to know about the figures. */
  notes: z.array(z.string()),
});
export type PowerBudget = z.infer<typeof powerBudget>;

/** The budget of a design on a kind of board. */
const boardBudget = z.object({
  board: z.string(),
  name: z.string(),
  latencyMs: z.number(),
  powerBudget,
});
export type BoardBudget = z.infer<typeof boardBudget>;

/** An experiment on the kinds of board that have figures. */
export const powerOnBoards = z.object({
  experiment: z.int(),
  instructions: z.number(),
  /** Whether the virtual board has counted them; else they are reckoned. */
  counted: z.boolean(),
  boards: z.array(boardBudget),
});
export type PowerOnBoards = z.infer<typeof powerOnBoards>;
