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
  const turns = tried.length + 1;
  const turn = (index: number): WorkOptions => ({
    signal: work.signal,
    onProgress: (stage, fraction) => work.onProgress?.(stage, (index + fraction) / turns),
  });
  const dealt = dealRecordings(table, FOLDS, SEED);
  const byRecording = await crossValidate(design, labels, table, dealt, turn(0));
  const judged = judgedRecordings(table, labels, byRecording);
  const findings = labelFindings(judged, labels, counts);
  const doubtful = new Set(findings.flatMap(({ recordings: some }) => some ?? []));
  for (const [index, grouping] of tried.entries()) {
    const folds = foldsOf(recordings, grouping);
    const byGroup = await crossValidate(design, labels, table, folds, turn(index + 1));
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

function labelFindings(
  judged: readonly JudgedRecording[],
  labels: readonly string[],
  counts: ReadonlyMap<string, number>,
): DiagnosisFinding[] {
  const known = judged.filter(({ recording }) => (counts.get(recording.label) ?? 0) >= LEAST_RECORDINGS);
  const suspects = suspectLabels(
    Float32Array.from(known.flatMap(({ scores }) => [...scores])),
    known.map(({ recording }) => labels.indexOf(recording.label)),
    labels.length,
  );
  if (suspects.length > TOO_MANY * known.length) {
    return [
      {
        kind: "label",
        severity: "warning",
        message: `${suspects.length} of ${known.length} recordings look more like another class than their own: either the classes cannot be told apart with these features, or many labels are wrong.`,
        hint: "Look at the feature map in Design; choose other features or a longer window, or listen to the recordings below and correct labels.",
        recordings: suspects.flatMap(({ example }) => known[example]?.recording.id ?? []),
        place: "design",
      },
    ];
  }
  return suspects.flatMap(({ example, suggested, margin }) => {
    const recording = known[example]?.recording;
    if (recording === undefined) return [];
    const suggestedLabel = labels[suggested] ?? "";
    return [
      {
        kind: "label",
        severity: "warning",
        message: `${recording.name} is labelled ${recording.label}, but a model that has not seen it takes it for ${suggestedLabel} (by ${Math.round(100 * margin)} points).`,
        hint: `Look at it and listen; if it is ${suggestedLabel}, change its label.`,
        recordings: [recording.id],
        label: recording.label,
        suggestedLabel,
        place: "collect",
      },
    ];
  });
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
