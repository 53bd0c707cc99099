/**
 * Scores of windows by networks that have not seen them: recordings are dealt into folds, and each fold is scored by a network that was
 * trained on the others. Knows tables of windows and the trainer; no projects.
 */
import type { Design } from "../../src-shared/design.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import { featureShape } from "../features/feature-shape.ts";
import { fitNormalisationInTurns, normaliseInTurns } from "../features/normalisation.ts";
import { turns } from "../threads/turns.ts";
import { predictFloat } from "../training/predict.ts";
import { keyOf, shuffled } from "../training/random.ts";
import type { Samples } from "../training/samples.ts";
import { trainNetwork } from "../training/train.ts";
import { select, type Table, targetsOf } from "./learning-data.ts";

/** Short trainings do: what counts is which class a window is nearest to. */
const EPOCHS = 40;
const PATIENCE = 5;
/** Every so many training windows ends training early; they are of the same recordings. */
const SPARED = 8;

export type CrossValidation = {
  /** Scores, windows x labels; a window whose fold could not be scored has NaN. */
  readonly scores: Float32Array;
  /** Windows whose label was among those that its network was trained on. */
  readonly judged: readonly boolean[];
};

/** Recordings dealt into `folds` folds at random, each label by itself, so that every fold has some of each. */
export function dealRecordings(
  { windows }: Pick<Table, "windows">,
  folds: number,
  seed: number,
): Map<number, number> {
  const byLabel = new Map<string, Set<number>>();
  for (const { recording } of windows) {
    byLabel.set(recording.label, (byLabel.get(recording.label) ?? new Set()).add(recording.id));
  }
  const dealt = new Map<number, number>();
  let next = 0;
  for (const [index, [, members]] of [...byLabel].sort(([a], [b]) => (a < b ? -1 : 1)).entries()) {
    const ids = [...members];
    for (const at of shuffled(ids.length, keyOf(seed, "order", index))) {
      dealt.set(ids[at] as number, next++ % folds);
    }
  }
  return dealt;
}

/**
 * Trains the design's network once for each fold. The order of labels is that of the scores.
 *
 * @param foldOf the fold of each recording, from 0
 */
export async function crossValidate(
  design: Design,
  labels: readonly string[],
  table: Table,
  foldOf: ReadonlyMap<number, number>,
  work: WorkOptions = {},
): Promise<CrossValidation> {
  const fold = (id: number): number => foldOf.get(id) ?? 0;
  const folds = [...new Set(table.windows.map(({ recording }) => fold(recording.id)))].sort((a, b) => a - b);
  const scores = new Float32Array(table.windows.length * labels.length).fill(Number.NaN);
  const judged = table.windows.map(() => false);
  for (const [turn, held] of folds.entries()) {
    const others = select(table, ({ recording }) => fold(recording.id) !== held);
    const known = labels.filter((label) => others.windows.some(({ recording }) => recording.label === label));
    if (known.length < 2) continue;
    const rows = table.windows.flatMap(({ recording }, row) => (fold(recording.id) === held ? [row] : []));
    const own = select(table, ({ recording }) => fold(recording.id) === held);
    const predicted = await trainAndScore(design, known, others, own, {
      signal: work.signal,
      onProgress: (_stage, fraction) =>
        work.onProgress?.("cross-validating", (turn + fraction) / folds.length),
    });
    for (const [index, row] of rows.entries()) {
      const { recording } = table.windows[row] as (typeof table.windows)[number];
      judged[row] = known.includes(recording.label);
      for (const [place, label] of labels.entries()) {
        const at = known.indexOf(label);
        scores[row * labels.length + place] = at < 0 ? 0 : (predicted[index * known.length + at] as number);
      }
    }
  }
  return { scores, judged };
}

async function trainAndScore(
  design: Design,
  labels: readonly string[],
  train: Table,
  held: Table,
  work: WorkOptions,
): Promise<Float32Array> {
  const { size, values } = train.features;
  const breathe = turns(work.signal);
  const normalisation = await fitNormalisationInTurns(design.normalisation, [values], size, breathe);
  const samples = async ({ windows, features }: Table): Promise<Samples> => ({
    count: windows.length,
    features: await normaliseInTurns(features.values, normalisation, breathe),
    targets: targetsOf(windows, labels, design.task),
  });
  // So few windows that none can be spared are used twice.
  const spare = train.windows.length >= 2 * SPARED;
  const training = {
    ...design.training,
    epochs: Math.min(EPOCHS, design.training.epochs),
    patience: PATIENCE,
    augmentation: undefined,
  };
  const trained = await trainNetwork(
    {
      network: design.network,
      training,
      task: design.task,
      inputShape: featureShape(design),
      outputs: labels.length,
      train: await samples(spare ? select(train, (_window, row) => row % SPARED !== 0) : train),
      validation: await samples(spare ? select(train, (_window, row) => row % SPARED === 0) : train),
      backend: "auto",
    },
    {
      signal: work.signal,
      onEpoch: ({ epoch }) => work.onProgress?.("cross-validating", epoch / training.epochs),
    },
  );
  const { features, count } = await samples(held);
  return predictFloat(trained.network, features, count, { signal: work.signal });
}
