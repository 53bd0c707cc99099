/** Which board's power is shown. Knows no window. */
import type { BoardBudget } from "../../src-shared/contract/index.ts";

/** The smallest board with sensors of its own. */
const SMALLEST = "microbit-v2";
/** Made here, with no current of their own. */
const MADE_HERE = ["virtual", "simulated"];

/** The connected board's own figures; else the smallest board's. */
export function chosen(boards: readonly BoardBudget[], kind: string | null): BoardBudget | null {
  const own =
    kind === null || MADE_HERE.includes(kind) ? undefined : boards.find(({ board }) => board === kind);
  return own ?? boards.find(({ board }) => board === SMALLEST) ?? null;
}
