/** Small trainings for tests: jobs, samples that can be learned, and a step on each backend. */
import * as tf from "@tensorflow/tfjs-core";
import type { z } from "zod";
import { buildArchitecture, sizeOf } from "../../src-main/training/architecture.ts";
import { directStep } from "../../src-main/training/direct/direct-step.ts";
import { createHeap } from "../../src-main/training/direct/kernel-module.ts";
import { createTeam, Team } from "../../src-main/training/direct/team.ts";
import { initialValues, parametersOf } from "../../src-main/training/parameters.ts";
import { RandomSequence } from "../../src-main/training/random.ts";
import type { Samples, TrainingJob } from "../../src-main/training/samples.ts";
import type { TrainingStep } from "../../src-main/training/step.ts";
import { pointerOf, startWasm } from "../../src-main/training/tfjs/wasm-backend.ts";
import { type Design, networkDesign, trainingDesign } from "../../src-shared/design.ts";

export const SEED = 7;

/** Windows of normal noise whose class shows as a bump at its own place: `distance` deviations high. */
export function classSamples(
  count: number,
  shape: readonly number[],
  classes: number,
  distance: number,
  seed = SEED,
): Samples {
  const random = new RandomSequence(seed);
  const size = sizeOf(shape);
  const targets = Int32Array.from({ length: count }, (_, index) => index % classes);
  const features = Float32Array.from({ length: count * size }, (_, at) => {
    const mine = Math.floor(((at % size) * classes) / size) === targets[Math.floor(at / size)];
    return random.normal() + (mine ? distance : 0);
  });
  return { count, features, targets };
}

/** Windows of noise whose value is a smooth function of their first two features. */
export function valueSamples(count: number, size: number, seed = SEED): Samples {
  const random = new RandomSequence(seed);
  const features = Float32Array.from({ length: count * size }, () => random.normal());
  const targets = Float32Array.from(
    { length: count },
    (_, index) =>
      40 + 10 * (features[index * size] ?? 0) + 5 * Math.sin(2 * (features[index * size + 1] ?? 0)),
  );
  return { count, features, targets };
}

export type JobWish = {
  readonly network: z.input<typeof networkDesign>;
  readonly training?: z.input<typeof trainingDesign>;
  readonly shape: readonly number[];
  readonly classes?: number;
  readonly distance?: number;
  readonly counts?: readonly [number, number];
};

/** A classification job; with `classes` 1 a regression. */
export function jobOf({
  network,
  training,
  shape,
  classes = 3,
  distance = 1,
  counts = [48, 24],
}: JobWish): TrainingJob {
  const samples = (count: number, seed: number) =>
    classes === 1
      ? valueSamples(count, sizeOf(shape), seed)
      : classSamples(count, shape, classes, distance, seed);
  return {
    network: networkDesign.parse(network),
    training: trainingDesign.parse({ seed: SEED, ...training }) satisfies Design["training"],
    task: classes === 1 ? "regression" : "classification",
    inputShape: shape,
    outputs: classes,
    train: samples(counts[0], SEED),
    validation: samples(counts[1], SEED + 1),
  };
}

export function parametersFor(job: TrainingJob): ReturnType<typeof parametersOf> {
  return parametersOf(buildArchitecture(job.network, job.inputShape, job.outputs, job.task));
}

/** The direct step alone in a memory of its own. */
export function aloneStep(job: TrainingJob): TrainingStep {
  const heap = createHeap();
  const weights = initialValues(parametersFor(job), job.training.seed).map((values) => {
    const pointer = heap.allocate(values.length);
    new Float32Array(heap.memory.buffer, pointer, values.length).set(values);
    return pointer;
  });
  return directStep(job, heap, weights, team());
}

/** The direct step in TensorFlow.js's memory, on its variables. */
export async function variablesStep(job: TrainingJob): Promise<TrainingStep> {
  const heap = await startWasm();
  const parameters = parametersFor(job);
  const variables = initialValues(parameters, job.training.seed).map((values, index) =>
    tf.tidy(() => tf.variable(tf.tensor(values, [...(parameters[index]?.shape ?? [])]))),
  );
  return directStep(job, heap, variables.map(pointerOf), team());
}

const team = () => new Team(createTeam(1, 1)[0] ?? { memory: new SharedArrayBuffer(64), rank: 0, size: 1 });

/** The largest distance between two lists of tensors, as a share of the largest value. */
export function distance(a: readonly Float32Array[], b: readonly Float32Array[]): number {
  let largest = 0;
  let apart = 0;
  a.forEach((values, index) => {
    values.forEach((value, at) => {
      largest = Math.max(largest, Math.abs(value));
      apart = Math.max(apart, Math.abs(value - (b[index]?.[at] ?? Number.NaN)));
      if (Number.isNaN(b[index]?.[at] ?? Number.NaN)) apart = Number.POSITIVE_INFINITY;
    });
  });
  return apart / largest;
}
