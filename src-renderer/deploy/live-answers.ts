/** What is made of the board's answers before they are shown: unsure ones are unknown, single odd ones do not count. */
import type { Prediction } from "../../src-shared/contract/index.ts";

/** An answer is held once it has come this often in a row: a single odd window does not change the large figure. */
const STABLE = 2;

/** What a score below the threshold is called. */
export const UNKNOWN = "unknown";

/** The answer with what is too unsure called unknown. */
export function calledAs(answer: Prediction, threshold: number): string {
  const score = answer.scores[answer.label];
  return score !== undefined && score < threshold ? UNKNOWN : answer.label;
}

/** The newest answer that came `STABLE` times in a row; the newest of all where none did. */
export function heldAnswer(called: readonly string[]): string | null {
  for (let end = called.length; end >= STABLE; end--) {
    const tail = called.slice(end - STABLE, end);
    if (tail.every((one) => one === tail[0])) return tail[0] ?? null;
  }
  return called.at(-1) ?? null;
}
