/**
 * Which experiment the window works with when it is not the newest: where each step stands for it, and that the choice is remembered
 * on this computer until a newer experiment was made elsewhere. Knows experiments; no looks.
 */
import type { ExperimentInfo, ProjectSummary } from "../../src-shared/contract/index.ts";

type Steps = ProjectSummary["steps"];

/** Where each step stands for the experiment in hand. The engine speaks of the newest one, which a search or a comparison may have made. */
export function stepsFor(
  steps: Steps,
  inHand: ExperimentInfo | null,
  experiments: readonly ExperimentInfo[],
): Steps {
  if (inHand === null || inHand.id === newestOf(experiments)) return steps;
  const built = (yes: boolean): "done" | "to-do" | "out-of-date" =>
    yes ? (inHand.outOfDate ? "out-of-date" : "done") : "to-do";
  return {
    ...steps,
    train: built(true),
    convert: built(inHand.converted),
    evaluate: built(inHand.evaluated),
    deploy: inHand.deployed ? built(true) : steps.deploy === "to-do" ? "to-do" : "out-of-date",
  };
}

const newestOf = (experiments: readonly { readonly id: number }[]): number | null =>
  experiments.length === 0 ? null : Math.max(...experiments.map(({ id }) => id));

const keyOf = (project: string): string => `limpet.experiment:${project}`;

/** Remembers the choice together with the newest experiment that was known of. */
export function rememberInHand(
  project: string,
  id: number,
  experiments: readonly { readonly id: number }[],
): void {
  localStorage.setItem(keyOf(project), JSON.stringify([id, newestOf(experiments)]));
}

/** The remembered choice; null where there is none, where it is gone, or where a newer experiment has come since. */
export function rememberedInHand(
  project: string,
  experiments: readonly { readonly id: number }[],
): number | null {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(keyOf(project)) ?? "null");
    if (!Array.isArray(kept)) return null;
    const [id, newest] = kept as unknown[];
    return newest === newestOf(experiments) && experiments.some((one) => one.id === id) ? Number(id) : null;
  } catch {
    return null;
  }
}
