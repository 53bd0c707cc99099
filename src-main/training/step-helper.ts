/** A thread that does its part of every batch beside the training thread: kernels on a memory of its own, no TensorFlow.js. */
import { workerData } from "node:worker_threads";
import { buildArchitecture } from "./architecture.ts";
import { directStep } from "./direct/direct-step.ts";
import { createHeap } from "./direct/kernel-module.ts";
import { Team } from "./direct/team.ts";
import { fitNetwork } from "./fit.ts";
import { initialValues, parametersOf } from "./parameters.ts";
import type { HelperData } from "./training-protocol.ts";

const { job, seat } = workerData as HelperData;
const team = new Team(seat);
try {
  const heap = createHeap();
  const architecture = buildArchitecture(job.network, job.inputShape, job.outputs, job.task);
  const weights = initialValues(parametersOf(architecture), job.training.seed).map((values) => {
    const pointer = heap.allocate(values.length);
    new Float32Array(heap.memory.buffer, pointer, values.length).set(values);
    return pointer;
  });
  fitNetwork(job, directStep(job, heap, weights, team), null);
} catch {
  // The training thread comes to the same end by itself (cancelled, diverged), or learns of it here.
  team.breakUp();
}
