/**
 * The anomaly score of experiments: learnt from the training windows of normal labels, kept with the experiment, judged on held-out
 * windows. Knows tables of windows; neither hosts nor boards.
 */
import { z } from "zod";
import type { EvaluationReport } from "../../src-shared/contract/index.ts";
import type { Design } from "../../src-shared/design.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import type { PackageAnomaly } from "../deployment/model-package.ts";
import {
  anomalyScores,
  areaUnderCurve,
  fitStates,
  quantileOf,
  type RecordedStates,
} from "../features/anomaly.ts";
import type { DatasetWindow } from "../features/dataset-windows.ts";
import { type Normalisation, normalise } from "../features/normalisation.ts";
import { awayOrHere } from "../threads/work-threads.ts";
import { select, type Table } from "./learning-data.ts";

/** JSON of an experiment's anomaly score: float32 rows as base64, so that every bit stays. */
export const storedAnomaly = z.object({
  states: z.int().min(1),
  size: z.int().min(1),
  mean: z.string(),
  weight: z.string(),
  threshold: z.number(),
  /** Labels whose windows it was learnt from. */
  normal: z.array(z.string()),
});
export type StoredAnomaly = z.infer<typeof storedAnomaly>;

/** What an experiment knows of normal states. */
export type Anomaly = {
  readonly states: RecordedStates;
  readonly threshold: number;
  readonly normal: readonly string[];
};

/**
 * Learns normal states from the training windows of the design's normal labels (all that are trained on, where it names none), and the
 * threshold from their validation windows. Null where the design wants no score. Throws `cancelled`, and as `inThread`.
 */
export async function learnAnomaly(
  design: Pick<Design, "anomaly" | "training" | "task">,
  labels: readonly string[],
  { train, validation }: { readonly train: Table; readonly validation: Table },
  normalisation: Normalisation | null,
  work: Pick<WorkOptions, "signal"> = {},
): Promise<StoredAnomaly | null> {
  const { anomaly } = design;
  if (anomaly === undefined) {
    return null;
  }
  const known = design.task === "regression" ? null : (anomaly.normal ?? labels);
  const side = (table: Table): { features: Float32Array; labels: Int32Array } => {
    const own = known === null ? table : select(table, ({ recording }) => known.includes(recording.label));
    return {
      features: normalise(own.features.values, normalisation),
      labels: Int32Array.from(own.windows, ({ recording }) =>
        known === null ? 0 : known.indexOf(recording.label),
      ),
    };
  };
  const learnt = side(train);
  const held = side(validation);
  const request = {
    ...learnt,
    size: train.features.size,
    validation: held,
    clusters: anomaly.clusters,
    seed: design.training.seed,
  };
  const states = await awayOrHere("states", request, () => fitStates(request), work);
  // Without held-out windows of normal labels the threshold can only come from those that it was learnt from.
  const judged = held.labels.length > 0 ? held.features : learnt.features;
  const threshold = quantileOf(anomalyScores(states, judged), anomaly.quantile) * anomaly.margin;
  return {
    states: states.states,
    size: states.size,
    mean: textOf(states.mean),
    weight: textOf(states.weight),
    threshold: Math.fround(threshold),
    normal: known === null ? [] : [...known],
  };
}

const textOf = (values: Float32Array): string =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString("base64");

const valuesOf = (text: string): Float32Array => {
  const bytes = Buffer.from(text, "base64");
  return new Float32Array(Uint8Array.from(bytes).buffer, 0, Math.floor(bytes.length / 4));
};

/** Out of an experiment's JSON. */
export const readAnomaly = (stored: StoredAnomaly | null): Anomaly | null =>
  stored === null
    ? null
    : {
        states: {
          states: stored.states,
          size: stored.size,
          mean: valuesOf(stored.mean),
          weight: valuesOf(stored.weight),
        },
        threshold: stored.threshold,
        normal: stored.normal,
      };

/** For the model package; `labels` are the experiment's. */
export const packageAnomaly = (anomaly: Anomaly | null, labels: readonly string[]): PackageAnomaly | null =>
  anomaly === null
    ? null
    : {
        ...anomaly.states,
        threshold: anomaly.threshold,
        labels: labels.flatMap((label, index) => (anomaly.normal.includes(label) ? [index] : [])),
      };

/** The score of each row of features before normalisation; null where the experiment has none. */
export const scoresOfFeatures = (
  anomaly: Anomaly | null,
  features: Float32Array,
  normalisation: Normalisation | null,
): Float32Array | null =>
  anomaly === null ? null : anomalyScores(anomaly.states, normalise(features, normalisation));

/**
 * How well the score tells what was not recorded: windows of labels that it was not learnt from count as anomalies.
 * @param scores one for each window
 * @param spare scores of normal windows from elsewhere, for where there are none among these
 */
export function judgeAnomaly(
  { threshold, normal }: Pick<Anomaly, "threshold" | "normal">,
  windows: readonly DatasetWindow[],
  scores: ArrayLike<number>,
  spare: readonly number[] = [],
): NonNullable<EvaluationReport["anomaly"]> {
  const byLabel = new Map<string, number[]>();
  for (const [index, { recording }] of windows.entries()) {
    const own = byLabel.get(recording.label) ?? [];
    own.push(scores[index] as number);
    byLabel.set(recording.label, own);
  }
  const isNormal = (label: string): boolean => normal.includes(label);
  const on = (wanted: boolean): number[] =>
    [...byLabel].flatMap(([label, own]) => (isNormal(label) === wanted ? own : []));
  const above = (some: readonly number[]): number | null =>
    some.length === 0 ? null : some.filter((score) => !(score <= threshold)).length / some.length;
  const own = on(true);
  const usual = own.length > 0 ? own : spare;
  const unusual = on(false);
  return {
    auc: areaUnderCurve(usual, unusual),
    threshold,
    falseAlarms: above(usual),
    detected: above(unusual),
    normalFrom: own.length > 0 ? "split" : "validation",
    labels: [...byLabel]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([label, some]) => ({
        label,
        windows: some.length,
        normal: isNormal(label),
        above: above(some) ?? 0,
        ...(isNormal(label) ? {} : { auc: areaUnderCurve(usual, some) }),
      })),
  };
}
