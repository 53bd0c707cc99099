/**
 * Other divisions of the recordings that are not for the test into training and validation, for a second opinion on designs that do equally
 * well on the project's own. Pure.
 */
import type { SplitOptions } from "../../src-shared/contract/index.ts";
import type { RecordingWindows } from "../features/dataset-windows.ts";
import { keyOf, shuffled } from "../training/random.ts";

/** Fold of each recording by its id. */
export type Folds = { readonly count: number; readonly of: ReadonlyMap<number, number> };

const MOST_FOLDS = 4;

/**
 * Up to four folds of recordings, each label spread over all of them; or of whole groups where the project is divided by group. Null where
 * there are too few of them, and where windows of one recording are on different sides.
 */
export function foldsOf(
  plan: readonly RecordingWindows[],
  { by, seed }: Pick<SplitOptions, "by" | "seed">,
  task: "classification" | "regression",
): Folds | null {
  const recordings = plan
    .filter(({ windows }) => windows.length > 0)
    .map(({ recording }) => recording)
    .filter(({ split }) => split === "train" || split === "validation");
  if (by === "window") return null;
  const stratum = (label: string): string => (task === "regression" ? "" : label);
  const units = new Map<string, { readonly ids: number[]; readonly stratum: string }>();
  for (const { id, label, group } of recordings) {
    const key = by === "group" && group !== null ? `group ${group}` : `recording ${id}`;
    const unit = units.get(key);
    if (unit === undefined) {
      units.set(key, { ids: [id], stratum: by === "group" ? "" : stratum(label) });
    } else unit.ids.push(id);
  }
  const strata = new Map<string, (readonly number[])[]>();
  for (const { ids, stratum: name } of units.values()) {
    strata.set(name, [...(strata.get(name) ?? []), ids]);
  }
  const count = Math.min(MOST_FOLDS, ...[...strata.values()].map(({ length }) => length));
  if (!Number.isFinite(count) || count < 2) return null;
  const folds = new Map<number, number>();
  let next = 0;
  for (const [index, name] of [...strata.keys()].sort().entries()) {
    const members = strata.get(name) ?? [];
    for (const place of shuffled(members.length, keyOf(seed, "order", index))) {
      for (const id of members[place] ?? []) folds.set(id, next % count);
      next++;
    }
  }
  return { count, of: folds };
}

/** The plan with one fold for validation and the others for training; the test is left out. */
export const planOfFold = (
  plan: readonly RecordingWindows[],
  folds: Folds,
  fold: number,
): RecordingWindows[] =>
  plan.flatMap(({ recording, windows }) => {
    const own = folds.of.get(recording.id);
    if (own === undefined) return [];
    const split = own === fold ? ("validation" as const) : ("train" as const);
    return [{ recording, windows: windows.map((window) => ({ ...window, split })) }];
  });
