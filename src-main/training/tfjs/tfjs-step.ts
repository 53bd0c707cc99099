/**
 * A training step in TensorFlow.js's own operations and its Adam: the way of the tfjs-node backend, of the WASM backend where the
 * training kernels are not built, and the measure that the direct step is tested against.
 */
import * as tf from "@tensorflow/tfjs-core";
// Registers the gradients of all operations.
import "@tensorflow/tfjs-layers";
import { type Architecture, buildArchitecture, type LayerSpec } from "../architecture.ts";
import { augmentation } from "../augmentation.ts";
import { ADAM } from "../direct/direct-step.ts";
import { dropThreshold } from "../direct/simple-nodes.ts";
import { crossEntropy, squaredError } from "../objective.ts";
import { MOVING_MOMENTUM, NORMALISATION_EPSILON, parametersOf } from "../parameters.ts";
import { hash, keyOf } from "../random.ts";
import { classWeights, type Samples, type TrainingJob, valueScale } from "../samples.ts";
import type { StepSums, TrainingStep } from "../step.ts";

/** Windows that are evaluated at a time. */
const EVALUATION_ROWS = 256;

/** `values` are the initial parameters. The current backend must have all gradients (see wasm-backend.ts). */
export function tfjsStep(job: TrainingJob, values: readonly Float32Array[]): TrainingStep {
  const architecture = buildArchitecture(job.network, job.inputShape, job.outputs, job.task);
  const parameters = parametersOf(architecture);
  const { training, task, outputs } = job;
  const variables = tf.tidy(() =>
    parameters.map(({ shape, trainable }, index) =>
      tf.variable(tf.tensor(values[index] ?? new Float32Array(), [...shape], "float32"), trainable),
    ),
  );
  const trainable = variables.filter((variable) => variable.trainable);
  const kernels = variables.filter((_, index) => parameters[index]?.role === "kernel");
  const optimizer = tf.train.adam(training.learningRate, ADAM.beta1, ADAM.beta2, ADAM.epsilon);
  const augment = augmentation(job);
  const scale = task === "regression" ? valueScale(job.train.targets) : null;
  const perClass =
    task === "classification"
      ? classWeights(job.train.targets, outputs, training.classWeights)
      : new Float32Array();
  const size = job.inputShape.reduce((product, extent) => product * extent, 1);

  const inputOf = (samples: Samples, numbers: ArrayLike<number>, epoch: number | null): tf.Tensor => {
    const rows = new Float32Array(numbers.length * size);
    for (let row = 0; row < numbers.length; row++) {
      const number = numbers[row] ?? 0;
      rows.set(samples.features.subarray(number * size, (number + 1) * size), row * size);
      if (epoch !== null) augment?.(rows.subarray(row * size, (row + 1) * size), number, epoch);
    }
    return tf.tensor(rows, [numbers.length, ...job.inputShape]);
  };
  const targetsOf = (samples: Samples, numbers: ArrayLike<number>): Float32Array =>
    Float32Array.from(numbers, (number) => {
      const target = samples.targets[number] ?? 0;
      return scale === null ? target : (target - scale.mean) / scale.deviation;
    });
  const sumsOf = (found: Float32Array, targets: Float32Array): StepSums =>
    task === "classification"
      ? crossEntropy(found, targets, outputs, null, perClass, 0)
      : squaredError(found, targets, null, 0);
  const lossOf = (found: tf.Tensor, targets: Float32Array): tf.Scalar => {
    const count = targets.length;
    let loss: tf.Tensor;
    if (task === "classification") {
      const wanted = tf.oneHot(tf.tensor1d(targets, "int32"), outputs);
      const weights = tf.tensor1d(Float32Array.from(targets, (label) => perClass[label] ?? 1));
      loss = tf.losses.softmaxCrossEntropy(wanted, found, weights, 0, tf.Reduction.SUM);
    } else {
      loss = tf.sum(tf.square(tf.sub(found, tf.tensor2d(targets, [count, 1]))));
    }
    loss = tf.div(loss, count);
    for (const kernel of kernels) {
      if (training.l1 > 0) loss = tf.add(loss, tf.mul(training.l1, tf.sum(tf.abs(kernel))));
      if (training.l2 > 0) loss = tf.add(loss, tf.mul(training.l2, tf.sum(tf.square(kernel))));
    }
    return loss as tf.Scalar;
  };

  return {
    train(batch, epoch, step, control) {
      const sums = tf.tidy(() => {
        const input = inputOf(job.train, batch, epoch);
        const targets = targetsOf(job.train, batch);
        let found: tf.Tensor | null = null;
        const moving: { variable: tf.Variable; seen: tf.Tensor }[] = [];
        const { grads } = tf.variableGrads(() => {
          const output = forward(architecture, parameters, variables, input, {
            seed: training.seed,
            step,
            moving,
          });
          found = tf.keep(output);
          return lossOf(output, targets);
        }, trainable);
        optimizer.applyGradients(Object.entries(grads).map(([name, tensor]) => ({ name, tensor })));
        for (const { variable, seen } of moving) {
          variable.assign(tf.add(tf.mul(variable, MOVING_MOMENTUM), tf.mul(seen, 1 - MOVING_MOMENTUM)));
          seen.dispose();
        }
        const logits = found as tf.Tensor | null;
        const result = sumsOf((logits?.dataSync() ?? new Float32Array()) as Float32Array, targets);
        logits?.dispose();
        return result;
      });
      return { ...sums, control };
    },
    evaluate(set) {
      const samples = job[set];
      const sums = { loss: 0, right: 0 };
      for (let at = 0; at < samples.count; at += EVALUATION_ROWS) {
        const rows = Math.min(EVALUATION_ROWS, samples.count - at);
        const numbers = Uint32Array.from({ length: rows }, (_, row) => at + row);
        const found = tf.tidy(() =>
          forward(architecture, parameters, variables, inputOf(samples, numbers, null), null).dataSync(),
        );
        const part = sumsOf(found as Float32Array, targetsOf(samples, numbers));
        sums.loss += part.loss;
        sums.right += part.right;
      }
      return sums;
    },
    save: () => variables.map((variable) => Float32Array.from(variable.dataSync())),
    load(saved) {
      tf.tidy(() => {
        variables.forEach((variable, index) => {
          variable.assign(tf.tensor(saved[index] ?? new Float32Array(), variable.shape));
        });
      });
    },
    dispose() {
      optimizer.dispose();
      for (const variable of variables) variable.dispose();
    },
  };
}

type TrainingPass = {
  readonly seed: number;
  readonly step: number;
  /** Gets the statistics of the batch that the moving ones are to take in; kept tensors. */
  readonly moving: { variable: tf.Variable; seen: tf.Tensor }[];
};

/** Logits or values, [rows, outputs]. `pass` is null when nothing is trained. */
function forward(
  { layers }: Architecture,
  parameters: ReturnType<typeof parametersOf>,
  variables: readonly tf.Variable[],
  input: tf.Tensor,
  pass: TrainingPass | null,
): tf.Tensor {
  const of = (layer: number, role: string): tf.Variable | undefined =>
    variables[parameters.findIndex((item) => item.layer === layer && item.role === role)];
  let x = input;
  layers.forEach((spec, index) => {
    const kernel = of(index, "kernel");
    const bias = of(index, "bias");
    if (kernel !== undefined) x = product(spec, x, kernel);
    if (bias !== undefined) x = tf.add(x, bias);
    const rows = x.shape[0] ?? 1;
    switch (spec.kind) {
      case "reshape":
        x = tf.reshape(x, [rows, ...spec.output]);
        break;
      case "relu":
        x = tf.relu(x);
        break;
      case "max-pool":
        x = tf.maxPool(x as tf.Tensor4D, [...spec.size], [...spec.strides], spec.padding);
        break;
      case "average-pool":
        x = tf.avgPool(x as tf.Tensor4D, [...spec.size], [...spec.strides], spec.padding);
        break;
      case "dropout":
        if (pass !== null) x = tf.mul(x, dropMask(x.shape, spec.rate, pass, index));
        break;
      case "batch-normalisation":
        x = normalise(x, index, of, pass);
        break;
      default:
    }
  });
  return x;
}

function product(spec: LayerSpec, x: tf.Tensor, kernel: tf.Variable): tf.Tensor {
  switch (spec.kind) {
    case "dense":
      return tf.matMul(x as tf.Tensor2D, kernel as tf.Tensor as tf.Tensor2D);
    case "conv2d":
      return tf.conv2d(x as tf.Tensor4D, kernel as tf.Tensor as tf.Tensor4D, [...spec.strides], spec.padding);
    case "depthwise-conv2d":
      return tf.depthwiseConv2d(
        x as tf.Tensor4D,
        kernel as tf.Tensor as tf.Tensor4D,
        [...spec.strides],
        spec.padding,
      );
    default:
      return x;
  }
}

/** 0 or 1 / (1 - rate) for each value, by the same hash as the training kernels. */
function dropMask(
  shape: readonly number[],
  rate: number,
  { seed, step }: TrainingPass,
  layer: number,
): tf.Tensor {
  const key = keyOf(seed, "dropout", step, layer);
  const threshold = dropThreshold(rate);
  const size = shape.reduce((product, extent) => product * extent, 1);
  const mask = Float32Array.from({ length: size }, (_, index) =>
    hash(key, index) >= threshold ? 1 / (1 - rate) : 0,
  );
  return tf.tensor(mask, [...shape]);
}

function normalise(
  x: tf.Tensor,
  layer: number,
  of: (layer: number, role: string) => tf.Variable | undefined,
  pass: TrainingPass | null,
): tf.Tensor {
  const [scale, offset, movingMean, movingVariance] = [
    of(layer, "scale"),
    of(layer, "offset"),
    of(layer, "moving-mean"),
    of(layer, "moving-variance"),
  ];
  if (!scale || !offset || !movingMean || !movingVariance) return x;
  let mean: tf.Tensor = movingMean;
  let variance: tf.Tensor = movingVariance;
  if (pass !== null) {
    const axes = Array.from({ length: x.rank - 1 }, (_, axis) => axis);
    mean = tf.mean(x, axes);
    variance = tf.mean(tf.square(tf.sub(x, mean)), axes);
    pass.moving.push({ variable: movingMean, seen: tf.keep(tf.clone(mean)) });
    pass.moving.push({ variable: movingVariance, seen: tf.keep(tf.clone(variance)) });
  }
  const factor = tf.mul(scale, tf.rsqrt(tf.add(variance, NORMALISATION_EPSILON)));
  return tf.add(tf.mul(tf.sub(x, mean), factor), offset);
}
