/**
 * Where a board first computes otherwise than the device twin: the window, the stage and the value. Both run the same sources, so any
 * difference is a fault: of a compiler, of memory, of a firmware that is not the one that was built. Pure; knows neither boards nor datasets.
 */
import type { ReplayResult } from "../boards/board-replay.ts";
import type { TwinResult } from "../features/twin.ts";

/** In the order in which a window goes through them. */
export const STAGES = ["front end", "quantisation", "network", "scores", "anomaly score", "label"] as const;
export type Stage = (typeof STAGES)[number];

export type StageDifference = {
  readonly stage: Stage;
  /** Number of the value within the stage's output. */
  readonly index: number;
  /** What the board has there, and what the twin has; of a label its index, -1 for unknown. */
  readonly board: number;
  readonly twin: number;
};

type Outcome = Pick<TwinResult, "raw" | "scores" | "anomaly" | "label">;

/** Whether a board's answer for a window is the twin's, bit for bit. */
export const sameAnswer = (board: Outcome, twin: Outcome): boolean => answerDifference(board, twin) === null;

/**
 * The first stage whose output differs, and the first value in it; null where all are the same. Of a result without features or quantised
 * input those stages are passed over.
 */
export function stageDifference(
  board: Pick<ReplayResult, "features" | "quantised"> & Outcome,
  twin: TwinResult,
): StageDifference | null {
  return (
    (board.features.length === 0 ? null : valueDifference("front end", board.features, twin.features)) ??
    (board.quantised.length === 0
      ? null
      : valueDifference("quantisation", board.quantised, twin.quantised)) ??
    answerDifference(board, twin)
  );
}

function answerDifference(board: Outcome, twin: Outcome): StageDifference | null {
  return (
    valueDifference("network", board.raw, twin.raw) ??
    valueDifference("scores", board.scores, twin.scores) ??
    valueDifference("anomaly score", valuesOf(board.anomaly), valuesOf(twin.anomaly)) ??
    valueDifference("label", [board.label ?? -1], [twin.label ?? -1])
  );
}

const valuesOf = (value: number | null): number[] => (value === null ? [] : [value]);

/** A value that one side lacks counts as not a number there. */
function valueDifference(
  stage: Stage,
  board: ArrayLike<number>,
  twin: ArrayLike<number>,
): StageDifference | null {
  const count = Math.max(board.length, twin.length);
  for (let index = 0; index < count; index++) {
    const [ours, theirs] = [board[index] ?? Number.NaN, twin[index] ?? Number.NaN];
    if (!Object.is(ours, theirs)) return { stage, index, board: ours, twin: theirs };
  }
  return null;
}
