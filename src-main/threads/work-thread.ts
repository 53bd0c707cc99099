/**
 * A work thread: takes one job after the other and answers with progress and a result. The jobs themselves are functions of the layers
 * that they belong to; they give others a turn, in which this thread hears that it is to end one. Knows which job is which function.
 */
import { parentPort } from "node:worker_threads";
import { LimpetError } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import type { FromThread, JobInput, JobName, JobResult, ToThread } from "./thread-jobs.ts";

/** Progress is sent at most this often, milliseconds. */
const PROGRESS_MS = 50;

type Jobs = { readonly [N in JobName]: (input: JobInput<N>, work: WorkOptions) => Promise<JobResult<N>> };

// Each loads what it needs when it is first wanted: a check needs no networks.
const jobs: Jobs = {
  check: async ({ path }, work) => (await import("../dataset/check.ts")).checkProjectHere(path, work),
  features: async (input, work) =>
    (await import("../features/window-features.ts")).featuresByPath(input, work),
  copies: async (input, work) => (await import("../features/window-copies.ts")).copiesByPath(input, work),
  int8: async (input, work) => (await import("../services/int8-answers.ts")).int8ByPath(input, work),
  convert: async ({ network, calibration, count }) =>
    (await import("../conversion/convert.ts")).convertToTflite(network, calibration, count),
  "layer-noise": async ({ quantised, features, count }, work) =>
    (await import("../conversion/layer-noise.ts")).layerNoise(quantised, features, count, work),
  example: async (input, work) => (await import("../services/example-service.ts")).exampleByPath(input, work),
  export: async (input, work) => (await import("../services/recordings-export.ts")).exportByPath(input, work),
  arduino: async (input) => (await import("../deployment/arduino-library.ts")).arduinoLibrary(input),
  npz: async (input) => (await import("../conversion/exports/npz.ts")).featuresNpz(input),
  "report-archive": async (input) => (await import("../services/report-zip.ts")).writeReportArchive(input),
  plane: async ({ features, size }) =>
    (await import("../services/feature-map.ts")).principalPlane(features, size),
  states: async (request) => (await import("../features/anomaly.ts")).fitStates(request),
};

let cancel = new AbortController();

parentPort?.on("message", (message: ToThread) => {
  switch (message.kind) {
    case "cancel":
      return cancel.abort();
    case "job":
      cancel = new AbortController();
      void answer(message.name, message.input, cancel.signal);
  }
});

async function answer(name: JobName, input: unknown, signal: AbortSignal): Promise<void> {
  let sent = Number.NEGATIVE_INFINITY;
  const onProgress = (stage: string, fraction: number): void => {
    const now = performance.now();
    if (now - sent < PROGRESS_MS) return;
    sent = now;
    post({ kind: "progress", stage, fraction });
  };
  try {
    // The sender's types say that name and input go together; the compiler cannot follow that through a message.
    const job = jobs[name] as (input: unknown, work: WorkOptions) => Promise<unknown>;
    const result = await job(input, { signal, onProgress });
    post({ kind: "done", result }, result instanceof Float32Array ? [result.buffer as ArrayBuffer] : []);
  } catch (error) {
    post({ kind: "failed", error: translated(error).toData() });
  }
}

const post = (message: FromThread, transfer: ArrayBuffer[] = []): void =>
  parentPort?.postMessage(message, transfer);

function translated(error: unknown): LimpetError {
  if (error instanceof LimpetError) return error;
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new LimpetError("internal", `Limpet made a mistake: ${message}`, { cause: error });
}
