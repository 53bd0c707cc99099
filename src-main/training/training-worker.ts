/** The training thread: takes one request after the other, answers with progress and a result. The work is in training-core.ts. */
import { parentPort } from "node:worker_threads";
import { LimpetError } from "../../src-shared/errors.ts";
import { CONTROL, type Control } from "./fit.ts";
import { predict, train } from "./training-core.ts";
import type { WorkerReply, WorkerRequest } from "./training-protocol.ts";

/** Progress is sent at most this often, in milliseconds. */
const PROGRESS_MS = 50;

parentPort?.on("message", (request: WorkerRequest) => {
  void answer(request);
});

async function answer(request: WorkerRequest): Promise<void> {
  try {
    post(await perform(request));
  } catch (error) {
    post({ kind: "failed", error: translated(error).toData() });
  }
}

async function perform(request: WorkerRequest): Promise<WorkerReply> {
  const flag = new Int32Array(request.control);
  const control = () => Atomics.load(flag, 0) as Control;
  let sent = Number.NEGATIVE_INFINITY;
  const progress = (stage: string, fraction: number) => {
    const now = performance.now();
    if (now - sent < PROGRESS_MS) return;
    sent = now;
    post({ kind: "progress", stage, fraction });
  };
  if (request.kind === "predict") {
    const scores = await predict(request.network, request.features, request.count, (fraction) => {
      if (control() === CONTROL.cancel) throw new LimpetError("cancelled", "Cancelled.");
      progress("running the network", fraction);
    });
    return { kind: "predicted", scores };
  }
  const outcome = await train(request.job, request.backend, {
    control,
    begun: () => post({ kind: "begun" }),
    onEpoch: (record) => post({ kind: "epoch", record }),
    onProgress: (fraction) => progress("training", fraction),
  });
  return { kind: "trained", outcome };
}

function post(reply: WorkerReply): void {
  parentPort?.postMessage(reply);
}

function translated(error: unknown): LimpetError {
  if (error instanceof LimpetError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new LimpetError("training-failed", `Training failed: ${message}`, {
    hint: "Train again with another network or a smaller batch; if it fails again, report it with this sentence.",
    cause: error,
  });
}
