/** What the model will take by itself at a period, on the connected kind of board or, where that is none with figures, on the smallest one. */
import type { PowerBudget } from "../../src-shared/contract/index.ts";
import { useAnswer } from "../app/engine-context.ts";
import { connectedBoard, useApp } from "../app/store.ts";
import { chosen } from "./reckoned-board.ts";

export type Reckoned = {
  readonly budget: PowerBudget;
  /** The board that it is reckoned for. */
  readonly board: string;
  /** Periods that reach a goal, shortest first, each with its goal. */
  readonly goals: ReadonlyMap<number, PowerBudget["reaches"][number]["goal"]>;
};

/** Null until it is known. */
export function useReckonedPower(experiment: number, everyMs: number): Reckoned | null {
  const kind = useApp((state) => connectedBoard(state)?.board ?? null);
  const { answer } = useAnswer("deployment:reckon-power", { experiment, everyMs });
  const found = chosen(answer?.boards ?? [], kind);
  if (found === null) return null;
  const reached = found.powerBudget.reaches.flatMap(({ goal, everyMs: period }) =>
    period === null || period === 0 ? [] : [[period, goal] as const],
  );
  return {
    budget: found.powerBudget,
    board: found.name,
    goals: new Map(reached.sort(([a], [b]) => a - b)),
  };
}
