/**
 * Labels that look wrong to networks that have not seen the recording: of whole recordings, and of stretches within one. Knows scores of
 * windows; trains nothing.
 */
import type { DiagnosisFinding, RecordingInfo } from "../../../src-shared/contract/index.ts";
import { type LabelSuspect, suspectLabels } from "../../training/label-errors.ts";
import type { CrossValidation } from "../cross-validation.ts";
import type { Table } from "../learning-data.ts";
import { argmax } from "../metrics.ts";
import type { JudgedRecording } from "./what-to-record.ts";

/** Labels are judged where a class has so many recordings; of a single one nothing is known. */
export const LEAST_RECORDINGS = 3;
/** Where more of all recordings than this look wrong, the classes cannot be told apart and no label is to blame. */
const TOO_MANY = 0.2;
/** A stretch counts from so many windows in a row on, which are this part of the recording, and by this margin on average. */
const LEAST_RUN = 4;
const LEAST_PART = 0.15;
const LEAST_MARGIN = 0.5;

export type HeldOut = CrossValidation & {
  /** Windows of each recording in time order. */
  readonly table: Table;
  readonly labels: readonly string[];
  /** Recordings of each label. */
  readonly counts: ReadonlyMap<string, number>;
  readonly lengthMs: number;
};

/** The mean of two runs, where both have judged. */
export const meanOf = (first: CrossValidation, second: CrossValidation): CrossValidation => ({
  scores: first.scores.map((score, index) => (score + (second.scores[index] as number)) / 2),
  judged: first.judged.map((judged, row) => judged && second.judged[row] === true),
});

/** Recordings with the mean of their windows' scores; those that no network could judge are left out. */
export function judgedRecordings({
  table: { windows },
  labels,
  scores,
  judged,
}: Omit<HeldOut, "counts" | "lengthMs">): JudgedRecording[] {
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

/** Findings on recordings whose label looks wrong, the surest first, then on stretches of others; one finding alone where they are too many. */
export function doubtfulLabels(held: HeldOut): DiagnosisFinding[] {
  const judged = judgedRecordings(held);
  const suspects = suspectsOf(judged, held);
  if (suspects.length > TOO_MANY * judged.length) return [tooMany(suspects, judged)];
  const whole = new Set(suspects.map(({ recording }) => recording));
  return [...suspects.map(wholeInWords), ...stretchesOf(held, whole).map(stretchInWords)];
}

const isKnown = ({ counts }: Pick<HeldOut, "counts">, { label }: RecordingInfo): boolean =>
  (counts.get(label) ?? 0) >= LEAST_RECORDINGS;

/** Recordings whose label looks wrong, the surest first; classes of which too little is known are left out. */
function suspectsOf(judged: readonly JudgedRecording[], held: HeldOut): Suspect[] {
  const { labels } = held;
  const known = judged.filter(({ recording }) => isKnown(held, recording));
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

type Stretch = Suspect & { readonly startMs: number; readonly endMs: number };

/** The longest run of windows of each recording that all look like the same other class, where it is long and sure enough. */
function stretchesOf(held: HeldOut, without: ReadonlySet<RecordingInfo>): Stretch[] {
  const { table, labels, scores, judged, lengthMs } = held;
  const rows = table.windows.flatMap(({ recording }, row) =>
    judged[row] === true && isKnown(held, recording) ? [row] : [],
  );
  const size = labels.length;
  const suspects = suspectLabels(
    Float32Array.from(rows.flatMap((row) => [...scores.subarray(row * size, (row + 1) * size)])),
    rows.map((row) => labels.indexOf(table.windows[row]?.recording.label ?? "")),
    size,
  );
  const byRow = new Map(suspects.map((suspect) => [rows[suspect.example] as number, suspect]));
  const byRecording = new Map<RecordingInfo, number[]>();
  for (const row of rows) {
    const { recording } = table.windows[row] as (typeof table.windows)[number];
    const own = byRecording.get(recording);
    if (own === undefined) byRecording.set(recording, [row]);
    else own.push(row);
  }
  return [...byRecording].flatMap(([recording, own]): Stretch[] => {
    const run = longestRun(own, byRow);
    const [first, last] = [table.windows[run[0] ?? -1], table.windows[run.at(-1) ?? -1]];
    const margin = run.reduce((sum, row) => sum + (byRow.get(row)?.margin ?? 0), 0) / Math.max(1, run.length);
    const long = run.length >= LEAST_RUN && run.length >= LEAST_PART * own.length;
    if (without.has(recording) || first === undefined || last === undefined || !long || margin < LEAST_MARGIN)
      return [];
    const suggested = labels[byRow.get(run[0] ?? -1)?.suggested ?? -1] ?? "";
    return [{ recording, suggested, margin, startMs: first.startMs, endMs: last.startMs + lengthMs }];
  });
}

/** The most rows in a row that are suspected of the same class. */
function longestRun(rows: readonly number[], suspects: ReadonlyMap<number, LabelSuspect>): number[] {
  let longest: number[] = [];
  let run: number[] = [];
  for (const row of rows) {
    const suggested = suspects.get(row)?.suggested;
    const goesOn = suggested !== undefined && suggested === suspects.get(run.at(-1) ?? -1)?.suggested;
    run = suggested === undefined ? [] : goesOn ? [...run, row] : [row];
    if (run.length > longest.length) longest = run;
  }
  return longest;
}

function tooMany(suspects: readonly Suspect[], judged: readonly JudgedRecording[]): DiagnosisFinding {
  return {
    kind: "label",
    severity: "warning",
    message: `${suspects.length} of ${judged.length} recordings look more like another class than their own: either the classes cannot be told apart with these features, or many labels are wrong.`,
    hint: "Look at the feature map in Design; choose other features or a longer window, or listen to these recordings and correct labels.",
    recordings: suspects.map(({ recording }) => recording.id),
    place: "design",
  };
}

const wholeInWords = ({ recording, suggested, margin }: Suspect): DiagnosisFinding => ({
  kind: "label",
  severity: "warning",
  message: `${recording.name} is labelled ${recording.label}, but models that have not seen it take it for ${suggested} (by ${Math.round(100 * margin)} points).`,
  hint: `Look at it and listen. If it is ${suggested}, change its label; if not, record more like it, because the two are easily confused.`,
  recordings: [recording.id],
  label: recording.label,
  suggestedLabel: suggested,
  place: "collect",
});

function stretchInWords({ recording, suggested, startMs, endMs }: Stretch): DiagnosisFinding {
  const seconds = (ms: number): string => (ms / 1000).toFixed(1);
  return {
    kind: "label",
    severity: "warning",
    message: `${recording.name} is labelled ${recording.label}, but from ${seconds(startMs)} to ${seconds(endMs)} s models that have not seen it take it for ${suggested}.`,
    hint: `Look at that stretch and listen. If it is something else, cut it out, or make it a recording of its own with the label ${suggested}.`,
    recordings: [recording.id],
    label: recording.label,
    suggestedLabel: suggested,
    stretch: { startMs, endMs },
    place: "collect",
  };
}
