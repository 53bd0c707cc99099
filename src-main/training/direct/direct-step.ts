/**
 * A training step that runs a whole batch in the training kernels: forward, backward, Adam. The weights may be TensorFlow.js
 * variables (they are handed in as places in a memory). Several threads do it together, each with its part of the batch.
 */
import { type Architecture, buildArchitecture, sizeOf } from "../architecture.ts";
import { type Augment, augmentation } from "../augmentation.ts";
import { crossEntropy, squaredError } from "../objective.ts";
import { type Parameter, parametersOf } from "../parameters.ts";
import { classWeights, type Samples, type TrainingJob, valueScale } from "../samples.ts";
import type { StepSums, TrainingStep } from "../step.ts";
import { type Heap, loadKernels } from "./kernel-module.ts";
import type { Pass } from "./node.ts";
import { buildTape } from "./tape.ts";
import type { Team } from "./team.ts";

/** Adam as in Keras: Kingma and Ba 2015 with epsilon 1e-7. */
export const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-7 } as const;

/** Windows that are evaluated at a time. */
const EVALUATION_ROWS = 64;

/** Numbers that travel with the gradients: loss, right answers, control. */
const EXTRAS = 3;

/** Floats that a team needs to be able to exchange for this job. */
export function exchangeSize(architecture: Architecture): number {
  const parameters = parametersOf(architecture);
  const gradients = parameters.reduce((sum, { size, trainable }) => sum + (trainable ? size : 0), 0);
  const channels = Math.max(...architecture.layers.map(({ output }) => output.at(-1) ?? 1));
  return Math.max(gradients + EXTRAS, 2 * channels);
}

/**
 * `weights` are the parameters' places in the heap, in the order of `parametersOf`, with their initial values in them; they stay the
 * caller's. Everything else is allocated here and freed by `dispose`.
 */
export function directStep(
  job: TrainingJob,
  heap: Heap,
  weights: readonly number[],
  team: Team,
): TrainingStep {
  const architecture = buildArchitecture(job.network, job.inputShape, job.outputs, job.task);
  const parameters = parametersOf(architecture);
  const kernels = loadKernels(heap);
  const view = (pointer: number, count: number) => new Float32Array(heap.memory.buffer, pointer, count);
  const { training, task, outputs } = job;

  const total = parameters.reduce((sum, { size, trainable }) => sum + (trainable ? size : 0), 0);
  // Gradients, first and second moments, each in one run.
  const [gradients, first, second] = [0, 0, 0].map(() => heap.allocate(total)) as [number, number, number];
  kernels.clear(first, total);
  kernels.clear(second, total);
  const starts = startsOf(parameters);
  const places = parameters.map((_, index) => ({
    value: weights[index] ?? 0,
    gradient: gradients + 4 * (starts[index] ?? 0),
  }));

  const part = Math.ceil(Math.min(training.batchSize, job.train.count) / team.size);
  const capacity = Math.max(part, Math.min(EVALUATION_ROWS, part * 4));
  const tape = buildTape(architecture, parameters, places, {
    kernels,
    heap,
    team,
    seed: training.seed,
    capacity,
    view,
  });
  const size = sizeOf(job.inputShape);
  const augment = augmentation(job);
  const scale = task === "regression" ? valueScale(job.train.targets) : null;
  const perClass =
    task === "classification"
      ? classWeights(job.train.targets, outputs, training.classWeights)
      : new Float32Array();

  const put = (samples: Samples, numbers: ArrayLike<number>, change: Augment | null, epoch: number) => {
    const rows = view(tape.input.values, numbers.length * size);
    for (let row = 0; row < numbers.length; row++) {
      const number = numbers[row] ?? 0;
      rows.set(samples.features.subarray(number * size, (number + 1) * size), row * size);
      change?.(rows.subarray(row * size, (row + 1) * size), number, epoch);
    }
  };
  const targetsOf = (samples: Samples, numbers: ArrayLike<number>): Float64Array =>
    Float64Array.from(numbers, (number) => {
      const target = samples.targets[number] ?? 0;
      return scale === null ? target : (target - scale.mean) / scale.deviation;
    });
  const lossOf = (targets: Float64Array, gradient: boolean, factor: number): StepSums => {
    const found = view(tape.output.values, targets.length * outputs);
    const slope = gradient ? view(tape.output.gradient, targets.length * outputs) : null;
    return task === "classification"
      ? crossEntropy(found, targets, outputs, slope, perClass, factor)
      : squaredError(found, targets, slope, factor);
  };
  const update = (step: number) => {
    const t = step + 1;
    parameters.forEach(({ role, trainable, size: count }, index) => {
      if (!trainable) return;
      const { value, gradient } = places[index] ?? { value: 0, gradient: 0 };
      if (role === "kernel" && (training.l1 > 0 || training.l2 > 0)) {
        kernels.add_penalty(value, gradient, count, training.l1, training.l2);
      }
      const at = 4 * (starts[index] ?? 0);
      kernels.adam(
        value,
        gradient,
        first + at,
        second + at,
        count,
        training.learningRate,
        ADAM.beta1,
        ADAM.beta2,
        1 / (1 - ADAM.beta1 ** t),
        1 / (1 - ADAM.beta2 ** t),
        ADAM.epsilon,
      );
    });
  };

  return {
    train(batch, epoch, step, control) {
      const [from, to] = team.part(batch.length);
      const numbers = batch.subarray(from, to);
      const pass: Pass = { rows: to - from, batch: batch.length, first: from, training: true, step };
      put(job.train, numbers, augment, epoch);
      kernels.clear(gradients, total);
      tape.forward(pass);
      const sums = lossOf(targetsOf(job.train, numbers), true, 1 / batch.length);
      tape.backward(pass);
      const extras = Float32Array.of(sums.loss, sums.right, team.rank === 0 ? control : 0);
      team.addUp(view(gradients, total), extras);
      update(step);
      const [loss = 0, right = 0, agreed = 0] = extras;
      return { loss, right, control: agreed };
    },
    evaluate(set) {
      const samples = job[set];
      const [from, to] = team.part(samples.count);
      const sums = { loss: 0, right: 0 };
      for (let at = from; at < to; at += capacity) {
        const rows = Math.min(capacity, to - at);
        const numbers = Uint32Array.from({ length: rows }, (_, row) => at + row);
        put(samples, numbers, null, 0);
        tape.forward({ rows, batch: rows, first: 0, training: false, step: 0 });
        const found = lossOf(targetsOf(samples, numbers), false, 0);
        sums.loss += found.loss;
        sums.right += found.right;
      }
      const shared = Float32Array.of(sums.loss, sums.right);
      team.addUp(shared);
      return { loss: shared[0] ?? 0, right: shared[1] ?? 0 };
    },
    save: () => parameters.map(({ size: count }, index) => view(weights[index] ?? 0, count).slice()),
    load(values) {
      values.forEach((value, index) => {
        view(weights[index] ?? 0, value.length).set(value);
      });
    },
    dispose() {
      tape.dispose();
      for (const pointer of [gradients, first, second]) heap.free(pointer);
    },
  };
}

/** Where each trainable parameter's gradient starts in the run of all. */
function startsOf(parameters: readonly Parameter[]): number[] {
  let at = 0;
  return parameters.map(({ size, trainable }) => {
    const start = at;
    if (trainable) at += size;
    return start;
  });
}
