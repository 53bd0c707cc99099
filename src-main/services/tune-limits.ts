/**
 * What a model may take of a board: its room in RAM and flash, and what the user allows. Knows boards' descriptions and sums; no
 * designs.
 */
import type { TuneLimits } from "../../src-shared/contract/index.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import { describeBoard, describedBoards } from "../deployment/board-description.ts";
import { latencyMs } from "../deployment/power.ts";

/** Bytes that a model needs, and the time for one window. */
export type ModelNeeds = { readonly ram: number; readonly flash: number; readonly latencyMs: number };

export type Room = {
  readonly board: string;
  /** The most of each. */
  readonly most: ModelNeeds;
  /** Time for one window of that many instructions on this board, milliseconds. */
  latencyOf(instructions: number): number;
};

const KILOBYTE = 1024;

/** The room of a kind of board, made tighter by `limits`. Throws `usage` for a kind that is not known or has no firmware. */
export function roomOf(kind: string, limits: TuneLimits = {}): Room {
  const description = describeBoard(kind);
  if (description === null || description.limits === null) {
    const known = describedBoards().flatMap((board) => (board.limits === null ? [] : [board.board]));
    throw new LimpetError(
      "usage",
      description === null
        ? `There is no kind of board ${kind}.`
        : `There is no firmware for ${description.name} yet, so its room is not known.`,
      { field: "board", hint: `Choose one of ${known.join(", ")}.` },
    );
  }
  const { ramBytes, modelBytes, clockHz } = description.limits;
  const kilobytes = (wanted: number | undefined): number =>
    wanted === undefined ? Number.POSITIVE_INFINITY : wanted * KILOBYTE;
  return {
    board: description.board,
    most: {
      ram: Math.min(ramBytes, kilobytes(limits.ramKb)),
      flash: Math.min(modelBytes, kilobytes(limits.flashKb)),
      latencyMs: limits.latencyMs ?? Number.POSITIVE_INFINITY,
    },
    latencyOf: (instructions) =>
      latencyMs({
        count: instructions,
        unit: "instructions",
        cyclesPerInstruction: description.cyclesPerInstruction.value,
        clockHz,
      }),
  };
}

/** What of a model is more than there is room for, in words; null where it fits. */
export function overrun({ most }: Room, needs: ModelNeeds): string | null {
  const kilobytes = (bytes: number): string => `${(bytes / KILOBYTE).toFixed(1)} KB`;
  if (needs.ram > most.ram) return `${kilobytes(needs.ram)} of RAM, and ${kilobytes(most.ram)} are allowed`;
  if (needs.flash > most.flash) {
    return `${kilobytes(needs.flash)} of flash, and ${kilobytes(most.flash)} are allowed`;
  }
  if (needs.latencyMs > most.latencyMs) {
    return `${needs.latencyMs.toFixed(1)} ms for a window, and ${most.latencyMs} ms are allowed`;
  }
  return null;
}
