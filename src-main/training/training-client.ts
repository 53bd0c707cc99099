/**
 * The engine's end of the training thread: one request, its progress, its end. A thread that has become idle is kept for a while,
 * since starting one takes as long as a small training. Knows no TensorFlow.
 */
import { Worker } from "node:worker_threads";
import type { EpochRecord } from "../../src-shared/contract/training.ts";
import { LimpetError, throwIfCancelled } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import { workerFile } from "../threads/worker-file.ts";
import { CONTROL } from "./fit.ts";
import type { WorkerReply, WorkerRequest } from "./training-protocol.ts";

/** How threads are started, and how long they are waited for, milliseconds. Tests have threads and times of their own. */
export const threads = {
  start: (): Worker => new Worker(workerFile("training-worker", import.meta.dirname), { execArgv: [] }),
  /** An idle thread is kept so long; not at all with 0. */
  keepMs: 15_000,
  /** A cancelled thread has so long to come to its next batch, before it is ended by force. */
  cancelMs: 3000,
  /** A thread has so long to give a first sign of life; then it is taken for stuck. */
  beginMs: 60_000,
  /** ... and so long from one to the next: a pass over all windows of a large dataset gives none. */
  silentMs: 600_000,
  /** When it is over, what the thread has said while the computer slept is heard first. */
  graceMs: 3000,
};

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
    let watchdog: NodeJS.Timeout | undefined;
    const expectSign = (ms: number): void => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => {
        watchdog = setTimeout(() => end("drop", () => reject(stuck(ms))), threads.graceMs);
      }, ms);
    };
    const cancel = () => {
      Atomics.store(flag, 0, CONTROL.cancel);
      force = setTimeout(() => end("drop", () => reject(cancelled())), threads.cancelMs);
    };
    const stop = () => void Atomics.compareExchange(flag, 0, CONTROL.go, CONTROL.stop);
    const end = (fate: "keep" | "drop", settle: () => void) => {
      clearTimeout(force);
      clearTimeout(watchdog);
      unlisten(worker);
      work.signal?.removeEventListener("abort", cancel);
      work.stop?.removeEventListener("abort", stop);
      if (fate === "keep") keep(worker);
      else void worker.terminate();
      settle();
    };
    worker.on("message", (reply: WorkerReply) => {
      expectSign(threads.silentMs);
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
    expectSign(threads.beginMs);
    worker.postMessage({ ...request, control });
  });
}

function take(): Worker {
  if (idle === null) return threads.start();
  const { worker, timer } = idle;
  clearTimeout(timer);
  idle = null;
  unlisten(worker);
  worker.ref();
  return worker;
}

function keep(worker: Worker): void {
  if (idle !== null || threads.keepMs === 0) {
    void worker.terminate();
    return;
  }
  const timer = setTimeout(() => {
    idle = null;
    void worker.terminate();
  }, threads.keepMs);
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
  new LimpetError(
    "training-failed",
    isOutOfMemory(cause)
      ? "The training thread ran out of memory."
      : "The training thread ended unexpectedly.",
    {
      hint: isOutOfMemory(cause)
        ? "Make the network, the batch or the number of windows smaller. The project is as it was."
        : "It may have run out of memory: make the batch, the network or the number of windows smaller. The project is as it was.",
      cause,
    },
  );

const isOutOfMemory = (cause: unknown): boolean =>
  cause instanceof Error && "code" in cause && cause.code === "ERR_WORKER_OUT_OF_MEMORY";

const stuck = (ms: number) =>
  new LimpetError(
    "training-failed",
    `The training thread gave no sign of life for ${Math.round(ms / 1000)} s and was ended.`,
    {
      hint: "Train again; if it happens again, choose a smaller network or fewer windows. The project is as it was.",
    },
  );
