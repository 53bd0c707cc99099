/**
 * Divides recordings among train, validation and test. Pure: knows names, labels and groups of recordings, not where they are
 * kept. The same recordings, options and seed give the same split on every machine.
 */

import type { SplitName, SplitOptions } from "../../src-shared/contract/index.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import { matchPattern, parsePattern } from "./user-pattern.ts";

const SPLIT_NAMES: readonly SplitName[] = ["train", "validation", "test"];

export type SplitItem = {
  readonly id: number;
  readonly name: string;
  /** File that it came from, which `holdout` may name too. */
  readonly source: string;
  readonly label: string;
  readonly group: string | null;
};

/** Recordings that go to one side as a whole: one recording, or all of a group. */
type Unit = {
  readonly key: string;
  readonly items: readonly SplitItem[];
  readonly labels: ReadonlyMap<string, number>;
};
type Fractions = Readonly<Record<SplitName, number>>;

/**
 * Assigns each recording to a side. Labels keep their proportions on each side as well as whole recordings (`by` recording)
 * or whole groups (`by` group) allow; recordings without a group stand alone. With `by` window every recording is on all
 * sides, so only held-out ones are assigned.
 *
 * @param assigned sides that stand already: these stay, and only the others are divided
 * Throws `usage` where the options make no sense.
 */
export function assignSplit(
  given: readonly SplitItem[],
  options: SplitOptions,
  assigned: ReadonlyMap<number, SplitName> = new Map(),
): Map<number, SplitName> {
  const items = areValues(given) ? given.map((item) => ({ ...item, label: "" })) : given;
  const fractions = requireFractions(options);
  const heldOut = heldOutOf(items, options.holdout);
  const result = new Map<number, SplitName>();
  const fixed = new Map<string, SplitName>();
  const rest: SplitItem[] = [];
  for (const item of items) {
    const side = heldOut.has(item.id) ? "test" : assigned.get(item.id);
    if (side === undefined) {
      rest.push(item);
    } else {
      result.set(item.id, side);
      // Groups stay whole: what is known of one recording holds for all of its group.
      if (options.by === "group" && item.group !== null && (side === "test" || !fixed.has(item.group))) {
        fixed.set(item.group, side);
      }
    }
  }
  if (options.by === "window") {
    return result;
  }
  const open: SplitItem[] = [];
  for (const item of rest) {
    const side = item.group === null ? undefined : fixed.get(item.group);
    if (side === undefined) open.push(item);
    else result.set(item.id, side);
  }
  const share = options.holdout === undefined ? fractions : withoutTest(fractions);
  const units = shuffled(toUnits(open, options.by === "group"), options.seed);
  const before = countLabels(items, result);
  if (options.by === "group") {
    spreadGroups(units, share, before, result);
  } else {
    spreadRecordings(units, share, before, result);
  }
  return result;
}

/**
 * Whether the labels are values to predict rather than classes: numbers, most of which few recordings share. There are no
 * proportions of labels to keep then.
 */
export function areValues(items: readonly Pick<SplitItem, "label">[]): boolean {
  const labels = new Set(items.map(({ label }) => label));
  return (
    labels.size * 3 > items.length &&
    items.every(({ label }) => label.trim() !== "" && Number.isFinite(Number(label)))
  );
}

function requireFractions(options: SplitOptions): Fractions {
  const { train, validation, test } = options;
  const sum = train + validation + test;
  if (train <= 0 || Math.abs(sum - 1) > 0.01) {
    throw new LimpetError(
      "usage",
      `The parts of the split must add up to 1, with some of it for training (train ${train}, validation ${validation}, test ${test}).`,
      {
        field: "train",
        hint: "For example --train .6 --validation .2 --test .2",
      },
    );
  }
  return { train: train / sum, validation: validation / sum, test: test / sum };
}

/** With held-out recordings as test, the others are divided in the proportion of train to validation. */
function withoutTest({ train, validation }: Fractions): Fractions {
  return { train: train / (train + validation), validation: validation / (train + validation), test: 0 };
}

/**
 * Recordings whose name or file name matches `pattern`. Throws `usage` where it is no regular expression, or one that takes too long.
 */
function heldOutOf(items: readonly SplitItem[], pattern: string | undefined): Set<number> {
  if (pattern === undefined) {
    return new Set();
  }
  const expression = parsePattern(pattern, "holdout");
  const found = matchPattern(
    expression,
    items.flatMap(({ name, source }) => [name, source]),
    "holdout",
  );
  return new Set(
    items.flatMap(({ id }, index) =>
      (found[2 * index] ?? found[2 * index + 1] ?? null) === null ? [] : [id],
    ),
  );
}

function toUnits(items: readonly SplitItem[], byGroup: boolean): Unit[] {
  const units = new Map<string, SplitItem[]>();
  for (const item of items) {
    const key = byGroup && item.group !== null ? `group ${item.group}` : `recording ${item.name} ${item.id}`;
    const members = units.get(key);
    if (members === undefined) units.set(key, [item]);
    else members.push(item);
  }
  return [...units]
    .map(([key, members]) => {
      const labels = new Map<string, number>();
      for (const { label } of members) labels.set(label, (labels.get(label) ?? 0) + 1);
      return { key, items: members, labels };
    })
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** Fisher-Yates with mulberry32, so that a seed means the same everywhere. */
function shuffled<T>(list: readonly T[], seed: number): T[] {
  const result = [...list];
  let state = seed >>> 0;
  for (let i = result.length - 1; i > 0; i--) {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    const j = Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * (i + 1));
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
}

type LabelCounts = Map<string, Record<SplitName, number>>;

function countLabels(items: readonly SplitItem[], sides: ReadonlyMap<number, SplitName>): LabelCounts {
  const counts: LabelCounts = new Map();
  for (const { id, label } of items) {
    const side = sides.get(id);
    const row = counts.get(label) ?? { train: 0, validation: 0, test: 0 };
    if (side !== undefined) row[side]++;
    counts.set(label, row);
  }
  return counts;
}

/**
 * Each label's recordings are divided so that every side has its share, rounded to whole recordings; what rounding takes
 * from a side in one label it gets back in the next, so that the whole comes out right too. A label with enough
 * recordings has at least one on every side that is to have any.
 */
function spreadRecordings(
  units: readonly Unit[],
  share: Fractions,
  before: LabelCounts,
  result: Map<number, SplitName>,
): void {
  const byLabel = new Map<string, SplitItem[]>();
  for (const item of units.flatMap((unit) => unit.items)) {
    const members = byLabel.get(item.label);
    if (members === undefined) byLabel.set(item.label, [item]);
    else members.push(item);
  }
  const owed = { train: 0, validation: 0, test: 0 };
  for (const [label, items] of [...byLabel].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const have = before.get(label) ?? { train: 0, validation: 0, test: 0 };
    // Held-out recordings do not count towards the parts that the others are divided into.
    const standing = SPLIT_NAMES.reduce((sum, side) => sum + (share[side] > 0 ? have[side] : 0), 0);
    const places = quota(items.length + standing, share, owed);
    for (const side of SPLIT_NAMES) {
      places[side] = Math.max(0, places[side] - (share[side] > 0 ? have[side] : 0));
    }
    for (const item of items) {
      const side = mostOf(places);
      places[side]--;
      result.set(item.id, side);
    }
  }
}

const mostOf = (places: Readonly<Record<SplitName, number>>): SplitName =>
  SPLIT_NAMES.reduce((best, side) => (places[side] > places[best] ? side : best), "train" as SplitName);

/** Whole places for each side out of `total`; `owed` carries what rounding has taken so far, and is brought up to date. */
function quota(total: number, share: Fractions, owed: Record<SplitName, number>): Record<SplitName, number> {
  const places = { train: 0, validation: 0, test: 0 };
  const due = { train: 0, validation: 0, test: 0 };
  for (const side of SPLIT_NAMES) {
    places[side] = Math.floor(share[side] * total + 1e-9);
    due[side] = share[side] > 0 ? owed[side] + share[side] * total - places[side] : Number.NEGATIVE_INFINITY;
  }
  if (places.train === 0 && total > 0 && share.train > 0) {
    // A label that is not trained on cannot be found again.
    places.train = 1;
    due.train--;
  }
  for (let left = total - places.train - places.validation - places.test; left > 0; left--) {
    const side = mostOf(due);
    places[side]++;
    due[side]--;
  }
  for (const side of ["test", "validation"] as const) {
    const giver = mostOf(places);
    if (share[side] > 0 && places[side] === 0 && places[giver] > 1) {
      places[giver]--;
      places[side]++;
    }
  }
  for (const side of SPLIT_NAMES) {
    owed[side] += share[side] * total - places[side];
  }
  return places;
}

/**
 * Whole groups, largest first, each to the side where it brings the counts of labels nearest to what they should be (greedy
 * iterative stratification after Sechidis et al. 2011, with the squared distance as measure).
 */
function spreadGroups(
  units: readonly Unit[],
  share: Fractions,
  before: LabelCounts,
  result: Map<number, SplitName>,
): void {
  const have: LabelCounts = new Map();
  const want: LabelCounts = new Map();
  for (const [label, counts] of before) {
    have.set(label, { ...counts });
  }
  for (const unit of units) {
    for (const [label, count] of unit.labels) {
      const row = want.get(label) ?? { train: 0, validation: 0, test: 0 };
      const standing = have.get(label);
      for (const side of SPLIT_NAMES) row[side] += share[side] * count;
      want.set(label, row);
      if (standing === undefined) have.set(label, { train: 0, validation: 0, test: 0 });
    }
  }
  const sides = SPLIT_NAMES.filter((side) => share[side] > 0);
  const open = new Set(sides.filter((side) => ![...result.values()].includes(side)));
  const bySize = [...units].sort((a, b) => b.items.length - a.items.length);
  for (const [index, unit] of bySize.entries()) {
    const left = bySize.length - index;
    // Every side gets a group while there are enough of them.
    const candidates = open.size >= left && open.size > 0 ? [...open] : sides;
    let best = candidates[0] as SplitName;
    let bestGain = Number.NEGATIVE_INFINITY;
    for (const side of candidates) {
      let gain = 0;
      for (const [label, count] of unit.labels) {
        const missing =
          ((want.get(label)?.[side] ?? 0) - (have.get(label)?.[side] ?? 0)) / Math.max(share[side], 1e-9);
        gain += count * missing;
      }
      if (gain > bestGain + 1e-12) {
        bestGain = gain;
        best = side;
      }
    }
    open.delete(best);
    for (const item of unit.items) result.set(item.id, best);
    for (const [label, count] of unit.labels) (have.get(label) as Record<SplitName, number>)[best] += count;
  }
}
