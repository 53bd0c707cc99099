/**
 * The three engines that answer for windows: float in TensorFlow.js, int8 in the device twin, and the board. Each gives the scores of
 * every window in order. Knows no labels and no metrics.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { throwIfCancelled } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import { type FirstDifference, proveOnBoard } from "../deployment/board-evaluation.ts";
import { normalise } from "../features/normalisation.ts";
import { Twin } from "../features/twin.ts";
import { predictFloat } from "../training/predict.ts";
import type { Experiment } from "./experiment.ts";

const TURN_MS = 20;

/** What an engine says of windows, in order. */
export type Answers = {
  /** Scores of the classes, or the value. */
  readonly scores: readonly Float32Array[];
  /** Distance from the recorded states; empty where the model has none. */
  readonly anomaly: readonly number[];
  /** Index of the label that the board calls a window; null: unknown, or a value. */
  readonly called: readonly (number | null)[];
  /** Of a board: where it first computed otherwise than the device twin; null: never. */
  readonly difference?: FirstDifference | null;
};

/** @param features count x size, before normalisation */
export async function floatScores(
  { network, normalisation }: Pick<Experiment, "network" | "normalisation">,
  features: Float32Array,
  work: WorkOptions = {},
): Promise<Float32Array[]> {
  const size = network.inputShape.reduce((all, extent) => all * extent, 1);
  const count = features.length / size;
  const scores =
    count === 0
      ? new Float32Array(0)
      : await predictFloat(network, normalise(features, normalisation), count, work);
  return Array.from({ length: count }, (_, index) =>
    scores.subarray(index * network.outputs, (index + 1) * network.outputs),
  );
}

/**
 * Front end and int8 network as the board runs them.
 * @param windows raw samples
 * @param count how many windows there are, for progress
 */
export async function int8Answers(
  modelPackage: Uint8Array,
  windows: Iterable<Float32Array>,
  count: number,
  work: WorkOptions = {},
): Promise<Answers> {
  const pipeline = (await Twin.load()).pipeline(modelPackage);
  const scores: Float32Array[] = [];
  const anomaly: number[] = [];
  const called: (number | null)[] = [];
  let turnEnds = performance.now() + TURN_MS;
  for (const window of windows) {
    const result = pipeline.run(window);
    scores.push(result.scores);
    called.push(result.label);
    if (result.anomaly !== null) anomaly.push(result.anomaly);
    if (performance.now() > turnEnds) {
      work.onProgress?.("evaluating in the device twin", scores.length / count);
      await nextTurn();
      throwIfCancelled(work.signal);
      turnEnds = performance.now() + TURN_MS;
    }
  }
  return { scores, anomaly, called };
}

/** The board itself. Throws `board-refused` where a real board has another model, and all that a connection may throw. */
export async function boardAnswers(
  port: string,
  modelPackage: Uint8Array,
  windows: readonly Float32Array[],
  work: WorkOptions = {},
): Promise<Answers> {
  const twin = (await Twin.load()).pipeline(modelPackage);
  const { results, difference } = await proveOnBoard({ port, modelPackage, windows }, twin, work);
  return {
    difference,
    scores: results.map(({ scores }) => scores),
    anomaly: results.flatMap(({ anomaly }) => (anomaly === null ? [] : [anomaly])),
    called: results.map(({ label }) => label),
  };
}
