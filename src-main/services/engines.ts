/**
 * Two of the three engines that answer for windows: float in TensorFlow.js, and the board; the third, int8 in the device twin, is in
 * int8-answers.ts. Each gives the scores of every window in order. Knows no labels and no metrics.
 */
import type { WorkOptions } from "../../src-shared/work.ts";
import { proveOnBoard } from "../deployment/board-evaluation.ts";
import { normalise } from "../features/normalisation.ts";
import { Twin } from "../features/twin.ts";
import { predictFloat } from "../training/predict.ts";
import type { Experiment } from "./experiment.ts";
import type { Answers } from "./int8-answers.ts";

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
