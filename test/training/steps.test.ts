/** The direct step against TensorFlow.js's own gradients and Adam, on its plain JavaScript backend, for every kind of network. */
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { beforeAll, describe, expect, test } from "vitest";
import { initialValues } from "../../src-main/training/parameters.ts";
import type { TrainingJob } from "../../src-main/training/samples.ts";
import type { TrainingStep } from "../../src-main/training/step.ts";
import { tfjsStep } from "../../src-main/training/tfjs/tfjs-step.ts";
import { startWasm } from "../../src-main/training/tfjs/wasm-backend.ts";
import { aloneStep, distance, type JobWish, jobOf, parametersFor, variablesStep } from "./helpers.ts";

beforeAll(startWasm);

const training = {
  batchSize: 10,
  l1: 0.001,
  l2: 0.01,
};

const jobs: [string, JobWish][] = [
  ["dense with dropout", { network: { kind: "dense", units: [20, 10], dropout: 0.2 }, shape: [33] }],
  [
    "dense with batch normalisation",
    { network: { kind: "dense", units: [9], batchNormalisation: true }, shape: [4, 5] },
  ],
  ["dense without hidden layers", { network: { kind: "dense", units: [] }, shape: [7], classes: 2 }],
  ["dense for a value", { network: { kind: "dense", units: [8] }, shape: [5], classes: 1 }],
  [
    "conv1d with dropout and a pool that leaves a rest",
    { network: { kind: "conv1d", filters: [5, 8], kernel: 5, pool: 3, dropout: 0.1 }, shape: [41, 3] },
  ],
  [
    "conv1d with batch normalisation",
    { network: { kind: "conv1d", filters: [4, 3], kernel: 3, batchNormalisation: true }, shape: [40, 2] },
  ],
  [
    "conv2d with two layers",
    { network: { kind: "conv2d", filters: [6, 4], kernel: [5, 3] }, shape: [21, 11] },
  ],
  [
    "conv2d whose kernel is larger than what it sees",
    { network: { kind: "conv2d", filters: [3], kernel: [10, 8], stride: 3 }, shape: [6, 5] },
  ],
  [
    "conv2d with batch normalisation",
    { network: { kind: "conv2d", filters: [9], kernel: [3, 3], batchNormalisation: true }, shape: [9, 8] },
  ],
  ["ds-cnn", { network: { kind: "ds-cnn", filters: 6, blocks: 2 }, shape: [21, 11] }],
];

/** Four batches of different sizes, then a look at the validation windows. */
function run(step: TrainingStep): { losses: number[]; values: Float32Array[] } {
  const losses: number[] = [];
  const batches = [10, 10, 7, 1];
  batches.forEach((count, index) => {
    const batch = Uint32Array.from({ length: count }, (_, item) => (index * 10 + item * 3) % 48);
    losses.push(step.train(batch, index, index, 0).loss);
  });
  losses.push(step.evaluate("validation").loss);
  const values = step.save();
  step.dispose();
  return { losses, values };
}

async function measure(job: TrainingJob, backend: "cpu" | "wasm") {
  await tf.setBackend(backend);
  return run(tfjsStep(job, initialValues(parametersFor(job), job.training.seed)));
}

describe.each(jobs)("%s", (_, wish) => {
  const job = jobOf({ ...wish, training });

  test("the direct step changes the weights as TensorFlow.js does", async () => {
    const wanted = await measure(job, "cpu");
    await tf.setBackend("wasm");
    const found = run(aloneStep(job));
    found.losses.forEach((loss, index) => {
      expect(loss).toBeCloseTo(wanted.losses[index] ?? 0, 3);
    });
    expect(distance(wanted.values, found.values)).toBeLessThan(2e-5);
  });

  test("the direct step gives the same bits on TensorFlow.js's variables as in a memory of its own", async () => {
    await tf.setBackend("wasm");
    const alone = run(aloneStep(job));
    const held = run(await variablesStep(job));
    expect(held).toEqual(alone);
  });

  test("TensorFlow.js's WASM backend with the registered gradients agrees with its plain one", async () => {
    const wanted = await measure(job, "cpu");
    const found = await measure(job, "wasm");
    expect(distance(wanted.values, found.values)).toBeLessThan(2e-5);
  });
});

test("a step frees the tensors and variables that it made", async () => {
  await tf.setBackend("wasm");
  const job = jobOf({ network: { kind: "ds-cnn", filters: 4, blocks: 1 }, shape: [12, 8], training });
  run(tfjsStep(job, initialValues(parametersFor(job), 1)));
  const before = tf.memory().numTensors;
  run(tfjsStep(job, initialValues(parametersFor(job), 1)));
  expect(tf.memory().numTensors).toBe(before);
});
