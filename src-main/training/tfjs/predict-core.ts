/** A trained network in TensorFlow.js: what it says to windows. Knows no training. */
import * as tf from "@tensorflow/tfjs-core";
import { assertNever } from "../../../src-shared/errors.ts";
import { sizeOf } from "../architecture.ts";
import type { Activation, NetworkLayer, TrainedNetwork } from "../network.ts";

/** Windows that are computed at a time. */
const PREDICTION_ROWS = 256;

/**
 * Scores (or values) of `count` windows, count x outputs, on the current backend. `between` is called before each part with the
 * fraction that is done; it may throw to end the work.
 */
export function predictWith(
  network: TrainedNetwork,
  features: Float32Array,
  count: number,
  between: (fraction: number) => void,
): Float32Array {
  const size = sizeOf(network.inputShape);
  const scores = new Float32Array(count * network.outputs);
  const layers = network.layers.map(load);
  try {
    for (let at = 0; at < count; at += PREDICTION_ROWS) {
      between(at / count);
      const rows = Math.min(PREDICTION_ROWS, count - at);
      const found = tf.tidy(() => {
        let x: tf.Tensor = tf.tensor(features.slice(at * size, (at + rows) * size), [
          rows,
          ...network.inputShape,
        ]);
        for (const layer of layers) x = layer.apply(x);
        return x.dataSync();
      });
      scores.set(found as Float32Array, at * network.outputs);
    }
  } finally {
    for (const { tensors } of layers) tf.dispose(tensors);
  }
  return scores;
}

type Loaded = { readonly tensors: tf.Tensor[]; readonly apply: (x: tf.Tensor) => tf.Tensor };

function load(layer: NetworkLayer): Loaded {
  switch (layer.kind) {
    case "reshape":
      return { tensors: [], apply: (x) => tf.reshape(x, [x.shape[0] ?? 1, ...layer.shape]) };
    case "softmax":
      return { tensors: [], apply: (x) => tf.softmax(x) };
    case "max-pool":
      return {
        tensors: [],
        apply: (x) => tf.maxPool(x as tf.Tensor4D, [...layer.size], [...layer.strides], layer.padding),
      };
    case "average-pool":
      return {
        tensors: [],
        apply: (x) => tf.avgPool(x as tf.Tensor4D, [...layer.size], [...layer.strides], layer.padding),
      };
    case "dense":
      return weighted(layer, [layer.kernel.length / layer.units, layer.units], (x, kernel) =>
        tf.matMul(x as tf.Tensor2D, kernel as tf.Tensor2D),
      );
    case "conv2d":
      return weighted(
        layer,
        [...layer.size, layer.kernel.length / layer.size[0] / layer.size[1] / layer.filters, layer.filters],
        (x, kernel) => tf.conv2d(x as tf.Tensor4D, kernel as tf.Tensor4D, [...layer.strides], layer.padding),
      );
    case "depthwise-conv2d":
      return weighted(layer, [...layer.size, layer.bias.length, 1], (x, kernel) =>
        tf.depthwiseConv2d(x as tf.Tensor4D, kernel as tf.Tensor4D, [...layer.strides], layer.padding),
      );
    default:
      return assertNever(layer, "layer");
  }
}

function weighted(
  layer: { readonly kernel: Float32Array; readonly bias: Float32Array; readonly activation: Activation },
  shape: number[],
  product: (x: tf.Tensor, kernel: tf.Tensor) => tf.Tensor,
): Loaded {
  const kernel = tf.tensor(layer.kernel, shape);
  const bias = tf.tensor1d(layer.bias);
  return {
    tensors: [kernel, bias],
    apply(x) {
      const sum = tf.add(product(x, kernel), bias);
      return layer.activation === "relu" ? tf.relu(sum) : sum;
    },
  };
}
