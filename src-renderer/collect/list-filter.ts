/** What the list of recordings shows and in which order. Knows recordings, no looks. */
import type { RecordingInfo } from "../../src-shared/contract/index.ts";

export const SORTS = ["newest", "oldest", "name", "longest", "shortest", "class"] as const;
export type Sort = (typeof SORTS)[number];

export const STATES = ["all", "warnings", "excluded", "incomplete", "train", "validation", "test"] as const;
export type StateFilter = (typeof STATES)[number];

export type ListFilter = {
  /** Words that must all be found in name, class, group, machine, mount, notes or source. */
  readonly search: string;
  /** A class, or empty for all. */
  readonly label: string;
  /** A group, or empty for all. */
  readonly group: string;
  readonly state: StateFilter;
  readonly sort: Sort;
};

export const NO_FILTER: ListFilter = { search: "", label: "", group: "", state: "all", sort: "newest" };

const hasWarning = (one: RecordingInfo): boolean => one.quality.some(({ level }) => level === "warning");

const ORDERS: Record<Sort, (a: RecordingInfo, b: RecordingInfo) => number> = {
  newest: (a, b) => b.id - a.id,
  oldest: (a, b) => a.id - b.id,
  name: (a, b) => compareNames(a.name, b.name) || a.id - b.id,
  longest: (a, b) => b.seconds - a.seconds || b.id - a.id,
  shortest: (a, b) => a.seconds - b.seconds || b.id - a.id,
  class: (a, b) => compareNames(a.label, b.label) || b.id - a.id,
};

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
const compareNames = (a: string, b: string): number => collator.compare(a, b);

function isInState(one: RecordingInfo, state: StateFilter): boolean {
  switch (state) {
    case "all":
      return true;
    case "warnings":
      return hasWarning(one);
    case "excluded":
      return one.excluded;
    case "incomplete":
      return one.incomplete;
    default:
      return one.split === state;
  }
}

/** The recordings to be shown, in order. */
export function filterRecordings(all: readonly RecordingInfo[], filter: ListFilter): RecordingInfo[] {
  const words = filter.search.toLowerCase().split(/\s+/).filter(Boolean);
  return all
    .filter((one) => {
      if (filter.label !== "" && one.label !== filter.label) return false;
      if (filter.group !== "" && one.group !== filter.group) return false;
      if (!isInState(one, filter.state)) return false;
      if (words.length === 0) return true;
      const text =
        `${one.name} ${one.label} ${one.group ?? ""} ${one.machine} ${one.mount} ${one.notes} ${one.source}`.toLowerCase();
      return words.every((word) => text.includes(word));
    })
    .sort(ORDERS[filter.sort]);
}

/** The groups that recordings are in, as people count. */
export const groupsOf = (all: readonly RecordingInfo[]): string[] =>
  [...new Set(all.flatMap(({ group }) => group ?? []))].sort(compareNames);
