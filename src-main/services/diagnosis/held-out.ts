/**
 * What networks say of recordings that they have not seen: labels that look wrong, recordings that belong together, and what to record
 * next. Trains a few short times. Knows tables of windows; no projects.
 */
import type { DiagnosisFinding, RecordingInfo } from "../../../src-shared/contract/index.ts";
import type { Design } from "../../../src-shared/design.ts";
import type { WorkOptions } from "../../../src-shared/work.ts";
import { type CrossValidation, crossValidate, dealRecordings } from "../cross-validation.ts";
import { select, type Table } from "../learning-data.ts";
import { argmax, mcnemar } from "../metrics.ts";
import { type Grouping, groupingsOf, valuesOnBothSides } from "../recording-groups.ts";
import {
  doubtfulLabels,
  type HeldOut,
  judgedRecordings,
  LEAST_RECORDINGS,
  meanOf,
} from "./doubtful-labels.ts";
import { recordNext } from "./what-to-record.ts";

const FOLDS = 5;
const SEED = 1;
/** Windows of each recording, and of all, that the checks are made with. */
const WINDOWS_EACH = 40;
const WINDOWS = 2400;
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
  const lengthMs = design.window.lengthMs;
  let held: HeldOut = { table, labels, counts, lengthMs, ...byRecording };
  if (doubtfulLabels(held).length > 0) {
    // Once more with other folds, and the mean of both: what was one network's mistake goes.
    const again = dealRecordings(table, FOLDS, SEED + 1);
    held = { ...held, ...meanOf(byRecording, await crossValidate(design, labels, table, again, turn(1))) };
  }
  const judged = judgedRecordings(held);
  const findings = doubtfulLabels(held);
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
  if (field === "group") return "Split by group (`limpet split --by group`).";
  if (field !== null) return `Give recordings of one ${field} the same group, and split by group.`;
  const group = pattern === null ? "" : `, with the next import by \`--group '${pattern}'\``;
  return `Hold one out (\`limpet split --holdout ${values[0]}\`), or give them groups (in Collect${group}) and split by group.`;
}
