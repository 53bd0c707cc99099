/**
 * One training or prediction in this thread: chooses the backend, gathers a team of threads where a network is large enough, fits,
 * and freezes the best weights. Knows no messages; the worker speaks for it.
 */
import { Worker } from "node:worker_threads";
import * as tf from "@tensorflow/tfjs-core";
import { LimpetError } from "../../src-shared/errors.ts";
import { workerFile } from "../threads/worker-file.ts";
import { type Architecture, buildArchitecture } from "./architecture.ts";
import { costOf } from "./describe-network.ts";
import { directStep, exchangeSize } from "./direct/direct-step.ts";
import { kernelsBuilt } from "./direct/kernel-module.ts";
import { createTeam, Team } from "./direct/team.ts";
import { type FitHooks, fitNetwork } from "./fit.ts";
import { freeze } from "./freeze.ts";
import type { TrainedNetwork } from "./network.ts";
import { initialValues, parametersOf } from "./parameters.ts";
import { checkSamples, type TrainingJob, valueScale } from "./samples.ts";
import type { TrainingStep } from "./step.ts";
import { startTfjsNode } from "./tfjs/node-backend.ts";
import { predictWith } from "./tfjs/predict-core.ts";
import { tfjsStep } from "./tfjs/tfjs-step.ts";
import { pointerOf, startWasm } from "./tfjs/wasm-backend.ts";
import type { BackendName, BackendWish, HelperData, TrainingOutcome } from "./training-protocol.ts";

/**
 * Multiply-accumulates of a batch's forward pass from which a second thread is worth its meetings. The count of threads is part of
 * the result's last bits, so it depends on the job alone and not on the machine.
 */
export const TEAM_MACS = 1_000_000;

/** Trains. Once the backend runs (`begun`) it blocks this thread until it is done. */
export async function train(
  job: TrainingJob,
  wish: BackendWish,
  hooks: FitHooks & { begun(): void },
): Promise<TrainingOutcome> {
  checkSamples(job);
  const architecture = buildArchitecture(job.network, job.inputShape, job.outputs, job.task);
  const parameters = parametersOf(architecture);
  const backend = await chooseBackend(wish, job);
  hooks.begun();
  const { step, end } =
    backend === "wasm" && kernelsBuilt()
      ? await directly(job, architecture)
      : { step: tfjsStep(job, initialValues(parameters, job.training.seed)), end: () => {} };
  try {
    const began = performance.now();
    const { values, ...result } = fitNetwork(job, step, hooks);
    const trainSeconds = (performance.now() - began) / 1000;
    const scale = job.task === "regression" ? valueScale(job.train.targets) : null;
    const network = freeze(architecture, parameters, values, scale);
    return { ...result, network, backend, trainSeconds };
  } finally {
    step.dispose();
    end();
  }
}

/** Scores of `count` windows, on the WASM backend. */
export async function predict(
  network: TrainedNetwork,
  features: Float32Array,
  count: number,
  between: (fraction: number) => void,
): Promise<Float32Array> {
  await startWasm();
  return predictWith(network, features, count, between);
}

async function chooseBackend(wish: BackendWish, job: TrainingJob): Promise<BackendName> {
  if (wish === "tfjs-node") {
    await startTfjsNode();
    return "tfjs-node";
  }
  // With the training kernels WASM is the faster one for networks of this size (npm run bench:training).
  if (wish === "auto" && !kernelsBuilt()) {
    try {
      await startTfjsNode();
      return "tfjs-node";
    } catch {
      // Not there: WASM can do dense networks even so.
    }
  }
  await startWasm();
  if (!kernelsBuilt() && job.network.kind !== "dense") {
    throw new LimpetError(
      "setup-missing",
      "Convolutions cannot be trained: the training kernels are not built.",
      {
        field: "resources/firmware/training-kernels.wasm",
        hint: "Run `npm run setup` (it needs clang for WebAssembly and says how to install it), or choose a dense network.",
      },
    );
  }
  return "wasm";
}

/** The step in the training kernels, with weights that are TensorFlow.js variables, and its helpers. */
async function directly(
  job: TrainingJob,
  architecture: Architecture,
): Promise<{ step: TrainingStep; end: () => void }> {
  const heap = await startWasm();
  const parameters = parametersOf(architecture);
  const variables = tf.tidy(() =>
    initialValues(parameters, job.training.seed).map((values, index) =>
      tf.variable(tf.tensor(values, [...(parameters[index]?.shape ?? [])], "float32")),
    ),
  );
  const batch = Math.min(job.training.batchSize, job.train.count);
  const macs = architecture.layers.reduce((sum, layer) => sum + costOf(layer).macs, 0) * batch;
  const seats = createTeam(macs >= TEAM_MACS && batch > 1 ? 2 : 1, exchangeSize(architecture));
  const [own, ...others] = seats;
  if (own === undefined) throw new LimpetError("internal", "A team has no members.");
  const helpers = others.map((seat) => {
    const workerData: HelperData = { job, seat };
    return new Worker(workerFile("step-helper", import.meta.dirname), { workerData, execArgv: [] });
  });
  // What goes wrong in a helper shows in the team: it breaks up.
  for (const helper of helpers) helper.on("error", () => {});
  const team = new Team(own);
  const end = () => {
    team.breakUp();
    for (const helper of helpers) void helper.terminate();
    tf.dispose(variables);
  };
  try {
    return { step: directStep(job, heap, variables.map(pointerOf), team), end };
  } catch (error) {
    end();
    throw error;
  }
}
