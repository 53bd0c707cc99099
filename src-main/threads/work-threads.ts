/**
 * The engine's end of its work threads: a few threads that compute what would hold the engine's own, one job each at a time. Those that
 * are idle are kept for a while. Knows what a job is called; not what it does.
 */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { LimpetError, throwIfCancelled } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import type { FromThread, JobInput, JobName, JobResult, ToThread } from "./thread-jobs.ts";
import { workerFile } from "./worker-file.ts";

/** How threads are started, and how long they are waited for, milliseconds. Tests have threads and times of their own. */
export const workThreads = {
  start: (): Worker => new Worker(workerFile("work-thread", import.meta.dirname), { execArgv: [] }),
  /** So many at most; further jobs wait. Two where there is one processor: a long check must not keep features waiting. */
  most: Math.max(2, Math.min(4, availableParallelism())),
  /** An idle thread is kept so long; not at all with 0. */
  keepMs: 15_000,
  /** A cancelled job has so long to come to its next turn, before its thread is given up. */
  cancelMs: 1000,
  /**
   * Whether this process serves others while it works (the engine): then even short jobs are given away. A command does them itself,
   * which is sooner than starting a thread.
   */
  serving: false,
  /** So long features are computed by whoever wants them: one turn in an engine, or what starting threads takes in a command. */
  hereMs: { serving: 20, command: 250 },
};

const idle: { readonly worker: Worker; readonly timer: NodeJS.Timeout }[] = [];
/** Jobs that wait for a thread; calling one gives it its place. */
const waiting: (() => void)[] = [];
let busy = 0;
/** Jobs under way, each with what ends it. */
const running = new Map<AbortController, Promise<unknown>>();
/** Threads that were given up and have not ended yet. */
let leaving = 0;

/**
 * Has a thread do a job in the engine; elsewhere `here` does it. For jobs that a command does as fast itself. Throws what the job
 * throws, and as `inThread`.
 */
export const awayOrHere = <N extends JobName>(
  name: N,
  input: JobInput<N>,
  here: () => JobResult<N> | Promise<JobResult<N>>,
  work: WorkOptions = {},
): Promise<JobResult<N>> =>
  workThreads.serving ? inThread(name, input, work) : Promise.resolve().then(here);

/**
 * Has a thread do a job. Rejects with what the job throws, `cancelled`, or `internal` where the thread dies; the next job gets another
 * thread then.
 */
export async function inThread<N extends JobName>(
  name: N,
  input: JobInput<N>,
  work: WorkOptions = {},
): Promise<JobResult<N>> {
  const over = new AbortController();
  const signal = work.signal === undefined ? over.signal : AbortSignal.any([over.signal, work.signal]);
  const job = placed({ kind: "job", name, input }, { ...work, signal });
  running.set(over, job);
  try {
    return (await job) as JobResult<N>;
  } finally {
    running.delete(over);
  }
}

/** Cancels all jobs and waits for their ends, so that no thread reads a project any more that is to be closed. */
export async function cancelJobs(): Promise<void> {
  for (const over of running.keys()) over.abort();
  await Promise.allSettled(running.values());
}

/** Whether a thread that was given up is still inside of SQLite, which nothing ends but the end of the process. */
export const hasStuckThread = (): boolean => leaving > 0;

async function placed(job: ToThread, work: WorkOptions): Promise<unknown> {
  await room(work.signal);
  try {
    throwIfCancelled(work.signal);
    return await perform(job, work);
  } finally {
    busy--;
    waiting.shift()?.();
  }
}

/** Waits until a thread may be used, and takes its place. Throws `cancelled`. */
async function room(signal: AbortSignal | undefined): Promise<void> {
  throwIfCancelled(signal);
  if (busy < workThreads.most) {
    busy++;
    return;
  }
  await new Promise<void>((resolve, reject) => {
    const go = (): void => {
      signal?.removeEventListener("abort", leave);
      busy++;
      resolve();
    };
    const leave = (): void => {
      waiting.splice(waiting.indexOf(go), 1);
      reject(cancelled());
    };
    waiting.push(go);
    signal?.addEventListener("abort", leave, { once: true });
  });
}

function perform(job: ToThread, { signal, onProgress }: WorkOptions): Promise<unknown> {
  const worker = take();
  return new Promise((resolve, reject) => {
    let force: NodeJS.Timeout | undefined;
    const cancel = (): void => {
      worker.postMessage({ kind: "cancel" } satisfies ToThread);
      force = setTimeout(() => end("drop", () => reject(cancelled())), workThreads.cancelMs);
    };
    const end = (fate: "keep" | "drop", settle: () => void): void => {
      clearTimeout(force);
      unlisten(worker);
      signal?.removeEventListener("abort", cancel);
      if (fate === "keep") keep(worker);
      else drop(worker);
      settle();
    };
    worker.on("message", (message: FromThread) => {
      switch (message.kind) {
        case "progress":
          return onProgress?.(message.stage, message.fraction);
        case "done":
          return end("keep", () => resolve(message.result));
        case "failed":
          return end("keep", () => reject(LimpetError.fromData(message.error)));
      }
    });
    worker.on("error", (error) => end("drop", () => reject(died(error))));
    worker.on("exit", () => end("drop", () => reject(died(null))));
    signal?.addEventListener("abort", cancel);
    worker.postMessage(job);
  });
}

function take(): Worker {
  const kept = idle.pop();
  if (kept === undefined) return workThreads.start();
  clearTimeout(kept.timer);
  unlisten(kept.worker);
  kept.worker.ref();
  return kept.worker;
}

function keep(worker: Worker): void {
  if (workThreads.keepMs === 0) {
    drop(worker);
    return;
  }
  const forget = (): void => {
    const at = idle.findIndex((one) => one.worker === worker);
    if (at >= 0) clearTimeout(idle.splice(at, 1)[0]?.timer);
  };
  const timer = setTimeout(() => {
    forget();
    drop(worker);
  }, workThreads.keepMs);
  timer.unref();
  worker.unref();
  worker.on("error", forget);
  worker.on("exit", forget);
  idle.push({ worker, timer });
}

/** Ends a thread. One that is inside of SQLite ends when it is through; nobody waits for it. */
function drop(worker: Worker): void {
  // What a thread that is given up still says is nobody's.
  worker.on("error", () => {});
  worker.unref();
  leaving++;
  void worker.terminate().finally(() => leaving--);
}

/** Takes away our listeners, by name: Node's own, without which a thread is no longer heard, stay. */
function unlisten(worker: Worker): void {
  for (const event of ["message", "error", "exit"]) worker.removeAllListeners(event);
}

const cancelled = (): LimpetError => new LimpetError("cancelled", "Cancelled.");

const died = (cause: unknown): LimpetError =>
  new LimpetError(
    "internal",
    cause instanceof Error && "code" in cause && cause.code === "ERR_WORKER_OUT_OF_MEMORY"
      ? "A work thread ran out of memory."
      : "A work thread ended unexpectedly.",
    {
      hint: "Try again; if it fails again, use smaller windows or a smaller dataset. The project is as it was.",
      cause,
    },
  );
