/** What the recordings lack: classes of very different size, classes that little is known of, and conditions that a class was never seen in. */
import type { DiagnosisFinding, RecordingInfo } from "../../../src-shared/contract/index.ts";
import type { Table } from "../learning-data.ts";
import { wilsonInterval } from "../metrics.ts";
import type { Grouping } from "../recording-groups.ts";

/** A recording with the scores of networks that have not seen it, one for each label, and the label that they call it. */
export type JudgedRecording = {
  readonly recording: RecordingInfo;
  readonly scores: Float64Array;
  readonly called: string;
};

/** Training windows of the largest class for one of the smallest, from which on it is said, and from which on it is a problem. */
const UNEVEN = 3;
const VERY_UNEVEN = 10;
/** An interval of the recall that is wider than this leaves too much open. */
const WIDE = 0.4;
/** Recordings that are asked for at a time. */
const NEXT = 5;
/** A condition counts as usual where so many of the classes have it. */
const USUAL = 0.5;
const MOST_VALUES_NAMED = 4;

/** Classes of very different numbers of training windows. */
export function balanceFindings({ windows }: Pick<Table, "windows">): DiagnosisFinding[] {
  const counts = new Map<string, number>();
  for (const { recording, split } of windows) {
    if (split === "train") counts.set(recording.label, (counts.get(recording.label) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([, a], [, b]) => a - b);
  const [least, most] = [sorted[0], sorted.at(-1)];
  if (least === undefined || most === undefined || most[1] < UNEVEN * least[1]) return [];
  const times = Math.round(most[1] / least[1]);
  return [
    {
      kind: "imbalance",
      severity: most[1] < VERY_UNEVEN * least[1] ? "info" : "warning",
      message: `${most[0]} has ${times} times as many training windows as ${least[0]} (${most[1]} and ${least[1]}): accuracy as a whole says little about ${least[0]}.`,
      hint: `Record more of ${least[0]}; until then look at its own recall in Evaluate, and keep class weights on (training.classWeights).`,
      label: least[0],
      place: "collect",
    },
  ];
}

/**
 * The class that least is known of, and under which condition to record it; and classes that were never recorded under a condition
 * that others have, because a model may then take the condition for the class.
 */
export function recordNext(
  judged: readonly JudgedRecording[],
  recordings: readonly RecordingInfo[],
  groupings: readonly Grouping[],
): DiagnosisFinding[] {
  const labels = [...new Set(recordings.map(({ label }) => label))].sort((a, b) => (a < b ? -1 : 1));
  return [...gaps(recordings, labels, groupings), ...leastKnown(judged, recordings, labels, groupings)];
}

function gaps(
  recordings: readonly RecordingInfo[],
  labels: readonly string[],
  groupings: readonly Grouping[],
): DiagnosisFinding[] {
  return groupings.flatMap(({ values }) => {
    const seen = new Map<string, Set<string>>();
    for (const { id, label } of recordings) {
      const value = values.get(id);
      if (value !== undefined) seen.set(value, (seen.get(value) ?? new Set()).add(label));
    }
    const usual = [...seen].filter(([, own]) => own.size > USUAL * labels.length);
    return labels.flatMap((label): DiagnosisFinding[] => {
      // A class that has none of the values is not of that kind: a sound bearing has no size of its fault.
      if (![...seen.values()].some((own) => own.has(label))) return [];
      const missing = usual
        .filter(([, own]) => !own.has(label))
        .map(([value]) => value)
        .sort();
      if (missing.length === 0) return [];
      const named = missing.slice(0, MOST_VALUES_NAMED).join(", ");
      return [
        {
          kind: "record",
          severity: "warning",
          message: `${label} was never recorded at ${named}, as other classes were: a model may take that for the difference.`,
          hint: `Record ${label} at ${named}, too.`,
          label,
          place: "collect",
        },
      ];
    });
  });
}

/** The class whose recall is the least sure, by whole recordings. */
function leastKnown(
  judged: readonly JudgedRecording[],
  recordings: readonly RecordingInfo[],
  labels: readonly string[],
  groupings: readonly Grouping[],
): DiagnosisFinding[] {
  const rows = labels.map((label) => {
    const own = judged.filter(({ recording }) => recording.label === label);
    const right = own.filter(({ called }) => called === label).length;
    const count = recordings.filter((recording) => recording.label === label).length;
    const [low, high] = wilsonInterval(right, own.length);
    return { label, own, right, count, low, width: high - low };
  });
  const next = rows.sort((a, b) => b.width - a.width || a.low - b.low || a.count - b.count)[0];
  if (next === undefined || next.width < WIDE) return [];
  const { label, own, right, count } = next;
  const known =
    own.length === 0
      ? `Of ${label} there ${count === 1 ? "is 1 recording" : `are ${count} recordings`}, too few to say how well it is recognised`
      : `Least is known of ${label}: ${right} of ${own.length} recordings that the model had not seen were called right, so its recall may be anything from ${Math.round(100 * next.low)} to ${Math.round(100 * (next.low + next.width))} %`;
  const mixed = mostOften(own.filter(({ called }) => called !== label).map(({ called }) => called));
  const wrong = new Set(own.flatMap(({ recording, called }) => (called === label ? [] : [recording])));
  const where = whereNext(
    recordings.filter((recording) => recording.label === label),
    wrong,
    groupings,
  );
  return [
    {
      kind: "record",
      severity: "info",
      message: `${known}${mixed === null ? "" : `; it is mostly taken for ${mixed}`}.`,
      hint: `Record ${NEXT} more of ${label}${where === null ? ", at other times and after mounting the board again" : `, at ${where}`}.`,
      label,
      place: "collect",
    },
  ];
}

/** The condition under which the class fails most; else the one that it was recorded least under; null where none is known. */
function whereNext(
  own: readonly RecordingInfo[],
  wrong: ReadonlySet<RecordingInfo>,
  groupings: readonly Grouping[],
): string | null {
  const grouping = groupings.find(({ values }) => own.some(({ id }) => values.has(id)));
  if (grouping === undefined) return null;
  const tally = new Map<string, { count: number; wrong: number }>();
  for (const value of grouping.values.values()) tally.set(value, { count: 0, wrong: 0 });
  for (const recording of own) {
    const row = tally.get(grouping.values.get(recording.id) ?? "");
    if (row === undefined) continue;
    row.count++;
    if (wrong.has(recording)) row.wrong++;
  }
  const [best] = [...tally].sort(
    ([nameA, a], [nameB, b]) => b.wrong - a.wrong || a.count - b.count || (nameA < nameB ? -1 : 1),
  );
  return best?.[0] ?? null;
}

function mostOften(names: readonly string[]): string | null {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? null;
}
