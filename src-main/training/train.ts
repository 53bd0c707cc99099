/** Training as the services see it: request in, trained network with its figures out. It runs in a thread of its own. */

import type { EpochRecord } from "../../src-shared/contract/training.ts";
import type { Design } from "../../src-shared/design.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import { buildArchitecture, type Task } from "./architecture.ts";
import type { MelAxes, Samples } from "./samples.ts";
import { perform } from "./training-client.ts";
import type { BackendWish, TrainingOutcome } from "./training-protocol.ts";

export type { Samples } from "./samples.ts";
export type { BackendName, TrainingOutcome } from "./training-protocol.ts";

export type TrainRequest = {
  readonly network: Design["network"];
  readonly training: Design["training"];
  readonly task: Task;
  /** Shape of one window's features, without the batch. */
  readonly inputShape: readonly number[];
  /** Classes, or 1 for a value. */
  readonly outputs: number;
  readonly train: Samples;
  readonly validation: Samples;
  readonly backend: BackendWish;
  /** Of log-mel features; needed for `augmentation.frequencyWarp` and `tempo` only. */
  readonly melAxes?: MelAxes | undefined;
};

/**
 * Trains a network. The figures of the result are those of the best weights (lowest validation loss), computed without dropout and
 * augmentation: loss is cross-entropy in nats, or the mean squared error in the values' own unit; accuracy is the share of right
 * windows, or R² clamped to 0..1. For a given seed, job and backend the weights are the same bit for bit.
 *
 * Aborting `signal` throws `cancelled`; aborting `stop` ends training at the next batch and keeps the best weights. Throws
 * `invalid-design` and `invalid-dataset` before the first step, `training-failed` where the loss diverges,
 * `setup-missing` where the backend that is wished for is not there.
 */
export async function trainNetwork(
  request: TrainRequest,
  work: WorkOptions & {
    readonly stop?: AbortSignal | undefined;
    readonly onEpoch?: ((record: EpochRecord) => void) | undefined;
  } = {},
): Promise<TrainingOutcome> {
  const { backend, ...job } = request;
  buildArchitecture(job.network, job.inputShape, job.outputs, job.task);
  const shared = { ...job, train: share(job.train), validation: share(job.validation) };
  const reply = await perform({ kind: "train", job: shared, backend }, work);
  if (reply.kind !== "trained")
    throw new LimpetError("internal", "The training thread answered something else.");
  return reply.outcome;
}

/** The features where all threads see them without a copy of their own. */
function share({ count, features, targets, copies }: Samples): Samples {
  return {
    count,
    features: shared(features),
    targets,
    copies: copies && { each: copies.each, features: shared(copies.features) },
  };
}

function shared(values: Float32Array): Float32Array {
  if (values.buffer instanceof SharedArrayBuffer) return values;
  const result = new Float32Array(new SharedArrayBuffer(values.byteLength));
  result.set(values);
  return result;
}
