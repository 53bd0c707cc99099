/**
 * A coverage-guided mutation fuzzer: an input that reaches a block for the first time joins the corpus. It runs in a worker thread
 * (`fuzz-worker.ts`), so that an input that never ends, or takes all memory, ends the worker and is known.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";

export type FuzzResult = {
  readonly target: string;
  readonly runs: number;
  readonly corpus: number;
  readonly blocks: { readonly reached: number; readonly all: number };
  readonly finding: { readonly what: string; readonly input: Uint8Array } | null;
};

export type FuzzRequest = {
  readonly target: string;
  readonly folder: string;
  readonly seed: number;
  /** Ends after this many inputs or seconds, whatever comes first. */
  readonly runs: number;
  readonly seconds: number;
};

/** From the worker: how far it is. */
export type WorkerMessage =
  | { readonly kind: "result"; readonly result: FuzzResult }
  | { readonly kind: "failed"; readonly message: string };

/** Layout of the memory shared with the worker: inputs done (u32), bytes of the present input (u32), the input. */
export const SHARED_HEAD = 8;
export const SHARED_BYTES = SHARED_HEAD + 512 * 1024;

/** An input that takes longer than this has no end, milliseconds; a busy computer may take a minute where an idle one takes a second. */
const HANG_MS = 300_000;
const MEMORY_MB = 768;

/** Inputs that once were findings. */
export function knownFindings(target: string): { readonly name: string; readonly input: Uint8Array }[] {
  const folder = join(import.meta.dirname, "findings", target);
  return existsSync(folder)
    ? readdirSync(folder).map((name) => ({ name, input: new Uint8Array(readFileSync(join(folder, name))) }))
    : [];
}

export function fuzz(request: FuzzRequest): Promise<FuzzResult> {
  const shared = new SharedArrayBuffer(SHARED_BYTES);
  const head = new Int32Array(shared, 0, 2);
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./fuzz-worker.ts", import.meta.url), {
      workerData: { request, shared },
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
      execArgv: ["--no-warnings"],
    });
    let last = -1;
    let lastAt = performance.now();
    const fail = (what: string): void => {
      clearInterval(timer);
      const input = new Uint8Array(shared, SHARED_HEAD, Atomics.load(head, 1)).slice();
      void worker.terminate();
      resolve({
        target: request.target,
        runs: Atomics.load(head, 0),
        corpus: 0,
        blocks: { reached: 0, all: 0 },
        finding: { what, input },
      });
    };
    const timer = setInterval(() => {
      const done = Atomics.load(head, 0);
      if (done !== last) {
        last = done;
        lastAt = performance.now();
      } else if (performance.now() - lastAt > HANG_MS) {
        fail(`no end within ${HANG_MS / 1000} s`);
      }
    }, 500);
    worker.on("message", (message: WorkerMessage) => {
      clearInterval(timer);
      void worker.terminate();
      if (message.kind === "result") resolve(message.result);
      else reject(new Error(message.message));
    });
    worker.on("error", (error: Error) => fail(`the process ended: ${error.message}`));
  });
}
