/**
 * What networks say of recordings that they have not seen: labels that look wrong, recordings that belong together, and what to record
 * next. Trains a few short times. Knows tables of windows; no projects.
 */
import type { DiagnosisFinding, RecordingInfo } from "../../../src-shared/contract/index.ts";
import type { Design } from "../../../src-shared/design.ts";
import type { WorkOptions } from "../../../src-shared/work.ts";
import { suspectLabels } from "../../training/label-errors.ts";
import { type CrossValidation, crossValidate, dealRecordings } from "../cross-validation.ts";
import { select, type Table } from "../learning-data.ts";
import { argmax, mcnemar } from "../metrics.ts";
import { type Grouping, groupingsOf, valuesOnBothSides } from "../recording-groups.ts";
import { type JudgedRecording, recordNext } from "./what-to-record.ts";

const FOLDS = 5;
const SEED = 1;
/** Windows of each recording, and of all, that the checks are made with. */
const WINDOWS_EACH = 40;
const WINDOWS = 2400;
/** Labels are judged where a class has so many recordings; of a single one nothing is known. */
const LEAST_RECORDINGS = 3;
/** Where more of all recordings than this look wrong, the classes cannot be told apart and no label is to blame. */
const TOO_MANY = 0.2;
/** A drop of accuracy from left-out recordings to left-out groups that misleads. */
const DROP = 0.1;
const SIGNIFICANT = 0.01;
/** Ways to sort recordings that are tried: each takes as many trainings as it has values, 5 at most. */
const GROUPINGS = 3;
/** Values that are named. */
const LISTED = 4;

export async function crossChecks(
  design: Design,
  whole: Table,
  work: WorkOptions = {},
): Promise<DiagnosisFinding[]> {
  const table = thinned(whole);
  const recordings = [...new Set(table.windows.map(({ recording }) => recording))];
  const counts = new Map<string, number>();
  for (const { label } of recordings) counts.set(label, (counts.get(label) ?? 0) + 1);
  const labels = [...counts.keys()].sort((a, b) => (a < b ? -1 : 1));
  const groupings = groupingsOf(recordings);
  if (labels.length < 2 || recordings.length < 2 * LEAST_RECORDINGS) {
    return recordNext([], recordings, groupings);
  }
  const tried = groupings.slice(0, GROUPINGS);
  const turns = tried.length + 2;
  const turn = (index: number): WorkOptions => ({
    signal: work.signal,
    onProgress: (stage, fraction) => work.onProgress?.(stage, (index + fraction) / turns),
  });
  const dealt = dealRecordings(table, FOLDS, SEED);
  const byRecording = await crossValidate(design, labels, table, dealt, turn(0));
  const judged = judgedRecordings(table, labels, byRecording);
  let suspects = suspectsOf(judged, labels, counts);
  if (suspects.length > 0 && !areTooMany(suspects, judged)) {
    // Once more with other folds, and the mean of both: what was one network's mistake goes.
    const again = dealRecordings(table, FOLDS, SEED + 1);
    const second = judgedRecordings(
      table,
      labels,
      await crossValidate(design, labels, table, again, turn(1)),
    );
    suspects = suspectsOf(meanOf(judged, second, labels), labels, counts);
  }
  const findings = labelFindings(suspects, judged);
  const doubtful = new Set(findings.flatMap(({ recordings: some }) => some ?? []));
  for (const [index, grouping] of tried.entries()) {
    const folds = foldsOf(recordings, grouping);
    const byGroup = await crossValidate(design, labels, table, folds, turn(index + 2));
    findings.push(...groupFindings(table, labels, { byRecording, byGroup }, grouping));
  }
  const trusted = judged.filter(({ recording }) => !doubtful.has(recording.id));
  return [...findings, ...recordNext(trusted, recordings, groupings)];
}

/** Windows spread evenly over each recording, as many as keep the checks short. */
function thinned(table: Table): Table {
  const totals = new Map<number, number>();
  for (const { recording } of table.windows) totals.set(recording.id, (totals.get(recording.id) ?? 0) + 1);
  const each = Math.max(4, Math.min(WINDOWS_EACH, Math.floor(WINDOWS / totals.size)));
  const seen = new Map<number, number>();
  return select(table, ({ recording }) => {
    const place = seen.get(recording.id) ?? 0;
    seen.set(recording.id, place + 1);
    const total = totals.get(recording.id) ?? 1;
    return total <= each || Math.floor((place * each) / total) !== Math.floor(((place - 1) * each) / total);
  });
}

/** Recordings with the mean of their windows' scores; those that no network could judge are left out. */
function judgedRecordings(
  { windows }: Table,
  labels: readonly string[],
  { scores, judged }: CrossValidation,
): JudgedRecording[] {
  const sums = new Map<RecordingInfo, { sum: Float64Array; windows: number }>();
  for (const [row, { recording }] of windows.entries()) {
    if (judged[row] !== true) continue;
    const own = sums.get(recording) ?? { sum: new Float64Array(labels.length), windows: 0 };
    own.windows++;
    for (let i = 0; i < labels.length; i++) {
      own.sum[i] = (own.sum[i] as number) + (scores[row * labels.length + i] as number);
    }
    sums.set(recording, own);
  }
  return [...sums].map(([recording, { sum, windows: count }]) => {
    const mean = sum.map((value) => value / count);
    return { recording, scores: mean, called: labels[argmax(mean)] ?? "" };
  });
}

type Suspect = {
  readonly recording: RecordingInfo;
  readonly suggested: string;
  /** Mean score of the suggested label less that of its own, 0 to 1. */
  readonly margin: number;
};

/** Recordings whose label looks wrong, the surest first; classes of which too little is known are left out. */
function suspectsOf(
  judged: readonly JudgedRecording[],
  labels: readonly string[],
  counts: ReadonlyMap<string, number>,
): Suspect[] {
  const known = judged.filter(({ recording }) => (counts.get(recording.label) ?? 0) >= LEAST_RECORDINGS);
  return suspectLabels(
    Float32Array.from(known.flatMap(({ scores }) => [...scores])),
    known.map(({ recording }) => labels.indexOf(recording.label)),
    labels.length,
  ).map(({ example, suggested, margin }) => ({
    recording: (known[example] as JudgedRecording).recording,
    suggested: labels[suggested] ?? "",
    margin,
  }));
}

/** Recordings that both runs judged, with the means of their scores. */
function meanOf(
  first: readonly JudgedRecording[],
  second: readonly JudgedRecording[],
  labels: readonly string[],
): JudgedRecording[] {
  const others = new Map(second.map(({ recording, scores }) => [recording, scores]));
  return first.flatMap(({ recording, scores }) => {
    const other = others.get(recording);
    if (other === undefined) return [];
    const mean = scores.map((score, index) => (score + (other[index] as number)) / 2);
    return [{ recording, scores: mean, called: labels[argmax(mean)] ?? "" }];
  });
}

const areTooMany = (suspects: readonly Suspect[], judged: readonly JudgedRecording[]): boolean =>
  suspects.length > TOO_MANY * judged.length;

function labelFindings(suspects: readonly Suspect[], judged: readonly JudgedRecording[]): DiagnosisFinding[] {
  if (areTooMany(suspects, judged)) {
    return [
      {
        kind: "label",
        severity: "warning",
        message: `${suspects.length} of ${judged.length} recordings look more like another class than their own: either the classes cannot be told apart with these features, or many labels are wrong.`,
        hint: "Look at the feature map in Design; choose other features or a longer window, or listen to these recordings and correct labels.",
        recordings: suspects.map(({ recording }) => recording.id),
        place: "design",
      },
    ];
  }
  return suspects.map(({ recording, suggested, margin }) => ({
    kind: "label",
    severity: "warning",
    message: `${recording.name} is labelled ${recording.label}, but models that have not seen it take it for ${suggested} (by ${Math.round(100 * margin)} points).`,
    hint: `Look at it and listen. If it is ${suggested}, change its label; if not, record more like it, because the two are easily confused.`,
    recordings: [recording.id],
    label: recording.label,
    suggestedLabel: suggested,
    place: "collect",
  }));
}

/** One fold for each value of a grouping, five at most; recordings without a value are dealt among them. */
function foldsOf(recordings: readonly RecordingInfo[], { values }: Grouping): Map<number, number> {
  const order = [...new Set(values.values())].sort((a, b) => (a < b ? -1 : 1));
  return new Map(
    recordings.map(({ id }, index) => {
      const value = values.get(id);
      return [id, (value === undefined ? index : order.indexOf(value)) % FOLDS];
    }),
  );
}

/** Whether leaving out whole groups shows that leaving out recordings flatters the model. */
function groupFindings(
  { windows }: Table,
  labels: readonly string[],
  runs: { readonly byRecording: CrossValidation; readonly byGroup: CrossValidation },
  grouping: Grouping,
): DiagnosisFinding[] {
  const size = labels.length;
  const rows = windows.flatMap(({ recording }, row) =>
    runs.byRecording.judged[row] === true &&
    runs.byGroup.judged[row] === true &&
    grouping.values.has(recording.id)
      ? [row]
      : [],
  );
  const isRight = ({ scores }: CrossValidation, row: number): boolean =>
    labels[argmax(scores, row * size, size)] === windows[row]?.recording.label;
  const right = rows.map((row) => [isRight(runs.byRecording, row), isRight(runs.byGroup, row)] as const);
  const only = (first: boolean): number => right.filter(([a, b]) => a === first && b !== first).length;
  const share = (index: 0 | 1): number =>
    right.filter((pair) => pair[index]).length / Math.max(1, rows.length);
  const [apart, together] = [share(0), share(1)];
  if (apart - together < DROP || mcnemar(only(true), only(false)) > SIGNIFICANT) return [];
  const percent = (value: number): string => `${Math.round(100 * value)} %`;
  const values = [...new Set(grouping.values.values())].sort((a, b) => (a < b ? -1 : 1));
  const listed = `${values.slice(0, LISTED).join(", ")}${values.length > LISTED ? ", …" : ""}`;
  const same = `recordings ${grouping.shared} (${listed})`;
  const shared = valuesOnBothSides(
    windows.map(({ recording, split }) => ({ id: recording.id, split })),
    grouping,
  );
  const separate = shared.length === 0;
  return [
    {
      kind: "leakage",
      severity: separate ? "info" : "error",
      message: separate
        ? `The split keeps ${same} together, and that matters: left out together ${percent(together)} of their windows are right, left out at random ${percent(apart)}.`
        : `The split misleads: ${same} are in training and in the test. Left out at random ${percent(apart)} of their windows are right; left out together, as new ones will be, ${percent(together)}.`,
      hint: separate
        ? "Keep it so, and record more of them: the model has to learn what they have in common."
        : hintFor(grouping, values),
      recordings: [
        ...new Set(
          windows.flatMap(({ recording, split }) =>
            split === "test" && shared.includes(grouping.values.get(recording.id) ?? "")
              ? [recording.id]
              : [],
          ),
        ),
      ],
      place: "collect",
    },
  ];
}

function hintFor({ field, pattern }: Grouping, values: readonly string[]): string {
  if (field === "group") return "Divide by group (`limpet split --by group`).";
  if (field !== null) return `Give recordings of one ${field} the same group, and divide by group.`;
  const group = pattern === null ? "" : `, with the next import by \`--group '${pattern}'\``;
  return `Hold one out (\`limpet split --holdout ${values[0]}\`), or give them groups (in Collect${group}) and divide by group.`;
}
