/**
 * The engine's end of the training thread: one request, its progress, its end. A thread that has become idle is kept for a while,
 * since starting one takes as long as a small training. Knows no TensorFlow.
 */
import { Worker } from "node:worker_threads";
import type { EpochRecord } from "../../src-shared/contract/learning.ts";
import { LimpetError, throwIfCancelled } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import { CONTROL } from "./fit.ts";
import type { WorkerReply, WorkerRequest } from "./training-protocol.ts";
import { workerFile } from "./worker-file.ts";

/** Milliseconds that an idle thread is kept. */
const KEEP_MS = 15_000;
/** Milliseconds that a cancelled thread has to come to its next batch, before it is ended by force. */
const CANCEL_MS = 3000;
/** Milliseconds that a thread has to give a first sign of life; then it is taken for stuck. */
const BEGIN_MS = 60_000;

let idle: { worker: Worker; timer: NodeJS.Timeout } | null = null;

type Finished = Extract<WorkerReply, { kind: "trained" | "predicted" }>;
// Applied to each kind of request by itself.
type Unsteered<R> = R extends WorkerRequest ? Omit<R, "control"> : never;

/** Has a thread do one request. Rejects with what the thread throws, `cancelled`, or `training-failed` where it dies. */
export function perform(
  request: Unsteered<WorkerRequest>,
  work: WorkOptions & {
    readonly stop?: AbortSignal | undefined;
    readonly onEpoch?: ((record: EpochRecord) => void) | undefined;
  },
): Promise<Finished> {
  throwIfCancelled(work.signal);
  const control = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const flag = new Int32Array(control);
  const worker = take();
  return new Promise<Finished>((resolve, reject) => {
    let force: NodeJS.Timeout | undefined;
    const begin = setTimeout(() => end("drop", () => reject(died(null))), BEGIN_MS);
    const cancel = () => {
      Atomics.store(flag, 0, CONTROL.cancel);
      force = setTimeout(() => end("drop", () => reject(cancelled())), CANCEL_MS);
    };
    const stop = () => void Atomics.compareExchange(flag, 0, CONTROL.go, CONTROL.stop);
    const end = (fate: "keep" | "drop", settle: () => void) => {
      clearTimeout(force);
      unlisten(worker);
      work.signal?.removeEventListener("abort", cancel);
      work.stop?.removeEventListener("abort", stop);
      if (fate === "keep") keep(worker);
      else void worker.terminate();
      settle();
    };
    worker.on("message", (reply: WorkerReply) => {
      clearTimeout(begin);
      switch (reply.kind) {
        case "begun":
          break;
        case "epoch":
          work.onEpoch?.(reply.record);
          break;
        case "progress":
          work.onProgress?.(reply.stage, reply.fraction);
          break;
        case "failed":
          // What a failed backend leaves in memory is not worth keeping.
          end(reply.error.code === "cancelled" ? "keep" : "drop", () =>
            reject(LimpetError.fromData(reply.error)),
          );
          break;
        default:
          end("keep", () => resolve(reply));
      }
    });
    worker.on("error", (error) => end("drop", () => reject(died(error))));
    worker.on("exit", () => end("drop", () => reject(died(null))));
    work.signal?.addEventListener("abort", cancel);
    work.stop?.addEventListener("abort", stop);
    if (work.stop?.aborted) stop();
    worker.postMessage({ ...request, control });
  });
}

function take(): Worker {
  if (idle === null) return new Worker(workerFile("training-worker"), { execArgv: [] });
  const { worker, timer } = idle;
  clearTimeout(timer);
  idle = null;
  unlisten(worker);
  worker.ref();
  return worker;
}

function keep(worker: Worker): void {
  if (idle !== null) {
    void worker.terminate();
    return;
  }
  const timer = setTimeout(() => {
    idle = null;
    void worker.terminate();
  }, KEEP_MS);
  timer.unref();
  worker.unref();
  worker.on("error", forget);
  worker.on("exit", forget);
  idle = { worker, timer };
}

/** Takes away our listeners, by name: Node's own, without which a thread is no longer heard, stay. */
function unlisten(worker: Worker): void {
  for (const event of ["message", "error", "exit"]) worker.removeAllListeners(event);
}

function forget(): void {
  if (idle !== null) clearTimeout(idle.timer);
  idle = null;
}

const cancelled = () => new LimpetError("cancelled", "Training was cancelled.");

const died = (cause: unknown) =>
  new LimpetError("training-failed", "The training thread ended unexpectedly.", {
    hint: "It may have run out of memory: make the batch, the network or the number of windows smaller.",
    cause,
  });
