/**
 * "Would more data help?": the design of an experiment trained on a quarter, half, three quarters and all of its training recordings, each
 * judged on the same validation windows. Knows datasets and the trainer; stores nothing.
 */
import type { LearningCurveReport, LearningCurveRequest } from "../../src-shared/contract/index.ts";
import type { Design } from "../../src-shared/design.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import type { ProjectFile } from "../dataset/project-file.ts";
import { type DatasetWindow, filterPlan, planDataset } from "../features/dataset-windows.ts";
import { predictFloat } from "../training/predict.ts";
import { keyOf, shuffled } from "../training/random.ts";
import { trainNetwork } from "../training/train.ts";
import { loadExperiment } from "./experiment.ts";
import { argmax, mcnemar, regressionMetrics, wilsonInterval } from "./metrics.ts";
import { trainingData } from "./training-data.ts";

const FRACTIONS = [0.25, 0.5, 0.75, 1];
/** What the second half of the data has to bring: a point of accuracy (or of R²), and more than chance would. */
const LEAST_GAIN = 0.01;
const SIGNIFICANT = 0.05;
/** Fewer recordings or validation windows say nothing about a trend. */
const FEW_RECORDINGS = 8;
const FEW_WINDOWS = 30;
/** From this accuracy on a model is good enough for advice to be about other things. */
const WELL = 0.95;

type Curve = LearningCurveReport["points"];
/** What one training says of the validation windows. */
type Judged = { readonly point: Curve[number]; readonly hits: readonly boolean[] };

/**
 * Trains four times. Parts are nested, drawn by recording and by class with `seed`; each class keeps one recording at least. Throws
 * `not-found`, `invalid-dataset` where there are no training or validation windows, `cancelled`, and what training may throw.
 */
export async function learningCurve(
  project: ProjectFile,
  { experiment: id, seed }: LearningCurveRequest,
  work: WorkOptions = {},
): Promise<LearningCurveReport> {
  const { design, labels } = loadExperiment(project, id);
  const plan = planDataset(project, design);
  const order = drawnOrder(
    plan.flatMap(({ windows }) => windows.filter(({ split }) => split === "train")),
    design.task,
    seed,
  );
  if (order.every(({ length }) => length === 0) || !plan.some(hasValidation)) {
    throw new LimpetError(
      "invalid-dataset",
      "A learning curve needs recordings for training and recordings for validation.",
      {
        field: "split",
        hint: "Split the recordings so that there are some on both sides (`limpet split`).",
      },
    );
  }
  const judged: Judged[] = [];
  for (const [turn, fraction] of FRACTIONS.entries()) {
    const used = new Set(order.flatMap((ids) => ids.slice(0, Math.ceil(fraction * ids.length))));
    const part = filterPlan(
      plan,
      ({ split, recording }) => split === "validation" || (split === "train" && used.has(recording.id)),
    );
    const report = (stage: string, done: number): void =>
      work.onProgress?.(`${stage} (${Math.round(fraction * 100)} %)`, (turn + done) / FRACTIONS.length);
    judged.push(
      await judge(
        project,
        { design, labels, plan: part },
        { fraction, recordings: used.size },
        {
          signal: work.signal,
          onProgress: report,
        },
      ),
    );
  }
  const points = judged.map(({ point }) => point);
  return { experiment: id, points, ...verdictOf(judged, design.task) };
}

const hasValidation = ({ windows }: { readonly windows: readonly DatasetWindow[] }): boolean =>
  windows.some(({ split }) => split === "validation");

/** For each class (one for values) its training recordings in a drawn order, of which a part is the beginning. */
function drawnOrder(windows: readonly DatasetWindow[], task: Design["task"], seed: number): number[][] {
  const classes = new Map<string, Set<number>>();
  for (const { recording } of windows) {
    const name = task === "regression" ? "" : recording.label;
    classes.set(name, (classes.get(name) ?? new Set()).add(recording.id));
  }
  return [...classes]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, members], index) => {
      const ids = [...members];
      return Array.from(shuffled(ids.length, keyOf(seed, "order", index)), (at) => ids[at] as number);
    });
}

async function judge(
  project: ProjectFile,
  learning: Parameters<typeof trainingData>[1],
  { fraction, recordings }: { readonly fraction: number; readonly recordings: number },
  work: WorkOptions,
): Promise<Judged> {
  const { design } = learning;
  const { job, sides } = await trainingData(project, learning, { signal: work.signal });
  const trained = await trainNetwork(
    { ...job, network: design.network, backend: "auto" },
    {
      signal: work.signal,
      onEpoch: ({ epoch }) => work.onProgress?.("training", epoch / design.training.epochs),
    },
  );
  const { count, features, targets } = job.validation;
  const scores = await predictFloat(trained.network, features, count, { signal: work.signal });
  const { outputs } = trained.network;
  const base = {
    fraction,
    recordings,
    windows: sides.train.windows.length,
    validationLoss: trained.validationLoss,
  };
  if (design.task === "regression") {
    const { r2 } = regressionMetrics([...targets], [...scores]);
    return { point: { ...base, validationAccuracy: Math.max(0, r2), accuracyInterval: [0, 1] }, hits: [] };
  }
  const hits = Array.from(targets, (target, row) => argmax(scores, row * outputs, outputs) === target);
  const right = hits.filter(Boolean).length;
  return {
    point: {
      ...base,
      validationAccuracy: right / Math.max(1, count),
      accuracyInterval: wilsonInterval(right, count),
    },
    hits,
  };
}

/** Compares all of the data with half of it, on the same windows. */
function verdictOf(
  judged: readonly Judged[],
  task: Design["task"],
): Pick<LearningCurveReport, "verdict" | "advice"> {
  const half = judged[1] as Judged;
  const all = judged[3] as Judged;
  const [before, after] = [half.point.validationAccuracy, all.point.validationAccuracy];
  const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
  const what = task === "regression" ? "of the variance explained" : "right";
  const figures = `${percent(before)} ${what} with half of the training recordings, ${percent(after)} with all ${all.point.recordings} of them`;
  const few =
    all.point.recordings < FEW_RECORDINGS || (task !== "regression" && all.hits.length < FEW_WINDOWS);
  if (few) {
    return {
      verdict: "unclear",
      advice: `There is too little to tell a trend from chance (${figures}). Next: record more of every class, at other times and mounts, and look again.`,
    };
  }
  const count = (wanted: boolean): number =>
    all.hits.filter((hit, index) => hit === wanted && half.hits[index] !== wanted).length;
  const real = task === "regression" || mcnemar(count(true), count(false)) < SIGNIFICANT;
  if (after - before >= LEAST_GAIN && real) {
    return {
      verdict: "more",
      advice: `It still gets better with more data: ${figures}. Next: record more; doubling the recordings is likely to help again.`,
    };
  }
  return {
    verdict: "enough",
    advice:
      after >= WELL
        ? `More of the same would change little: ${figures}. Next: test it on recordings of another day or machine.`
        : `More of the same would change little: ${figures}. Next: change what it learns from (features, window, sensors, network), or record under conditions that are missing so far.`,
  };
}
