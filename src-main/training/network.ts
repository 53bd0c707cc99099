/**
 * A trained network as plain data, the border between training and conversion: what training hands on (batch normalisation
 * folded, dropout gone), what conversion quantises, and what an experiment keeps. Knows no TensorFlow and no .tflite.
 *
 * Tensors are [height, width, channels] without the batch; a one-dimensional signal is [time, 1, channels]. Weights are float32,
 * row-major, in TensorFlow's order.
 */

export type Padding = "same" | "valid";
export type Activation = "none" | "relu";
/** [height, width] */
export type Extent = readonly [number, number];

export type NetworkLayer =
  | { readonly kind: "reshape"; readonly shape: readonly number[] }
  | {
      readonly kind: "dense";
      readonly units: number;
      readonly activation: Activation;
      /** [inputs, units] */
      readonly kernel: Float32Array;
      readonly bias: Float32Array;
    }
  | {
      readonly kind: "conv2d";
      readonly filters: number;
      readonly size: Extent;
      readonly strides: Extent;
      readonly padding: Padding;
      readonly activation: Activation;
      /** [height, width, input channels, filters] */
      readonly kernel: Float32Array;
      readonly bias: Float32Array;
    }
  | {
      readonly kind: "depthwise-conv2d";
      readonly size: Extent;
      readonly strides: Extent;
      readonly padding: Padding;
      readonly activation: Activation;
      /** [height, width, channels, 1] */
      readonly kernel: Float32Array;
      readonly bias: Float32Array;
    }
  | {
      readonly kind: "max-pool" | "average-pool";
      readonly size: Extent;
      readonly strides: Extent;
      readonly padding: Padding;
    }
  | { readonly kind: "softmax" };

export type TrainedNetwork = {
  readonly task: "classification" | "regression";
  /** Shape of the feature tensor, as the front end gives it (row-major), without the batch. */
  readonly inputShape: readonly number[];
  /** Classes, or 1 for a value. Classification ends in `softmax`. */
  readonly outputs: number;
  readonly layers: readonly NetworkLayer[];
};
