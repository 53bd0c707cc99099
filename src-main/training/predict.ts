/** A trained network's answers in float32, computed by TensorFlow.js in the training thread. */
import { LimpetError } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import { sizeOf } from "./architecture.ts";
import type { TrainedNetwork } from "./network.ts";
import { perform } from "./training-client.ts";

/**
 * Scores of `count` windows, row-major count x outputs: probabilities of the classes, or the value in its own unit. `features` are
 * normalised, count x product(inputShape). Throws `cancelled`.
 */
export async function predictFloat(
  network: TrainedNetwork,
  features: Float32Array,
  count: number,
  work: WorkOptions = {},
): Promise<Float32Array> {
  if (features.length !== count * sizeOf(network.inputShape)) {
    throw new LimpetError("internal", `${features.length} features are not those of ${count} windows.`);
  }
  if (count === 0) return new Float32Array();
  const reply = await perform({ kind: "predict", network, features, count }, work);
  if (reply.kind !== "predicted")
    throw new LimpetError("internal", "The training thread answered something else.");
  return reply.scores;
}
