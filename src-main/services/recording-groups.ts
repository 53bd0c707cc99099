/**
 * What recordings have in common besides their label: the group, machine or mount that somebody named, and the parts of their names that
 * come back (`14mil`, `2hp`, `george`). Pure; knows descriptions of recordings, no samples.
 */
import type { RecordingInfo } from "../../src-shared/contract/index.ts";

/** One way to sort recordings, for example by the part of the name that ends in `mil`. */
export type Grouping = {
  /** For people, behind "recordings": what those of one value share, such as "of one machine". */
  readonly shared: string;
  /** Which field of a recording it is; null where it is a part of the name. */
  readonly field: "group" | "machine" | "mount" | null;
  /** Regular expression whose first match in a name is the value; null where it is not from the name. */
  readonly pattern: string | null;
  /** Value of each recording that has one. */
  readonly values: ReadonlyMap<number, string>;
};

type Described = Pick<RecordingInfo, "id" | "name" | "label" | "group" | "machine" | "mount">;

/** A grouping has to hold for so many of the recordings, with no more values than this. */
const COVERS = 0.7;
const MOST_VALUES = 12;

/**
 * Ways to sort the recordings that cut across the labels: two to twelve values, two of them with several labels. Those
 * that somebody named come first, then those of names with the fewest values.
 */
export function groupingsOf(recordings: readonly Described[]): Grouping[] {
  const named = (["group", "machine", "mount"] as const).map(
    (field): Grouping => ({
      shared: `of one ${field}`,
      field,
      pattern: null,
      values: valuesBy(recordings, (recording) => recording[field]),
    }),
  );
  const kinds = new Set(recordings.flatMap((recording) => partsOf(recording).map(({ kind }) => kind)));
  const parts = [...kinds].map(
    (kind): Grouping => ({
      shared: `with the same number before “${kind.slice(1)}” in their names`,
      field: null,
      pattern: `(\\d+${kind.slice(1)})`,
      values: valuesBy(
        recordings,
        (recording) => partsOf(recording).find((part) => part.kind === kind)?.text,
      ),
    }),
  );
  const words = wordGrouping(recordings);
  const usable = (grouping: Grouping): boolean => cutsAcross(grouping, recordings);
  return [
    ...named.filter(usable),
    ...[...parts, ...words].filter(usable).sort((a, b) => valueCount(a) - valueCount(b)),
  ];
}

const valueCount = ({ values }: Grouping): number => new Set(values.values()).size;

function valuesBy(
  recordings: readonly Described[],
  value: (recording: Described) => string | null | undefined,
): Map<number, string> {
  return new Map(
    recordings.flatMap((recording) => {
      const own = value(recording);
      return own === null || own === undefined || own === "" ? [] : [[recording.id, own]];
    }),
  );
}

/** The parts of a name behind its label that begin with a number and go on with letters, by those letters: `14mil` is a `#mil`. */
function partsOf({ name, label }: Described): { kind: string; text: string }[] {
  return restOf(name, label)
    .split(/[^A-Za-z0-9]+/)
    .flatMap((text) => {
      const letters = /^\d+([A-Za-z]+)$/.exec(text)?.[1];
      return letters === undefined ? [] : [{ kind: `#${letters}`, text }];
    });
}

/** What stands behind the label, or behind the first dot where the recording was given another label since. */
const restOf = (name: string, label: string): string =>
  name.startsWith(label) ? name.slice(label.length) : name.slice(name.indexOf(".") + 1);

/** Words (a person, a place) at the same place behind the label. */
function wordGrouping(recordings: readonly Described[]): Grouping[] {
  const wordAt =
    (place: number) =>
    (recording: Described): string | undefined => {
      const part = restOf(recording.name, recording.label)
        .split(/[^A-Za-z0-9]+/)
        .filter((text) => text !== "")[place];
      return part !== undefined && /^[A-Za-z]{2,}$/.test(part) ? part : undefined;
    };
  return [0, 1].map(
    (place): Grouping => ({
      shared: `with the same ${place === 0 ? "" : "second "}word behind the label in their names`,
      field: null,
      pattern: place === 0 ? "\\.([A-Za-z]+)" : null,
      values: valuesBy(recordings, wordAt(place)),
    }),
  );
}

function cutsAcross({ values }: Grouping, recordings: readonly Described[]): boolean {
  const labels = new Map<string, Set<string>>();
  const counts = new Map<string, number>();
  for (const { id, label } of recordings) {
    const value = values.get(id);
    if (value === undefined) continue;
    labels.set(value, (labels.get(value) ?? new Set()).add(label));
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const several = [...labels.values()].filter((own) => own.size > 1).length;
  return (
    values.size >= COVERS * recordings.length &&
    labels.size >= 2 &&
    labels.size <= MOST_VALUES &&
    several >= 2 &&
    [...counts.values()].filter((count) => count > 1).length >= 2
  );
}

/** Values that are both in the test and in training or validation, sorted. */
export function valuesOnBothSides(
  recordings: readonly Pick<RecordingInfo, "id" | "split">[],
  { values }: Pick<Grouping, "values">,
): string[] {
  const [known, tested] = [new Set<string>(), new Set<string>()];
  for (const { id, split } of recordings) {
    const value = values.get(id);
    if (value !== undefined && split !== null) (split === "test" ? tested : known).add(value);
  }
  return [...tested].filter((value) => known.has(value)).sort();
}
