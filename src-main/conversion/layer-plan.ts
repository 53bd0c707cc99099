/**
 * The layers of a trained network with the shapes of what goes in and comes out, checked: whatever the boards' operations cannot
 * express is refused here, by the layer's name. Knows no numbers and no .tflite.
 */
import { assertNever, LimpetError } from "../../src-shared/errors.ts";
import type { Extent, NetworkLayer, Padding, TrainedNetwork } from "../training/network.ts";

export type PlannedLayer = {
  readonly layer: NetworkLayer;
  /** Kind and place in the network from 1 on, such as `conv2d-2`. */
  readonly name: string;
  /** Shapes without the batch. */
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
};

export type WindowLayer = Extract<
  NetworkLayer,
  { kind: "conv2d" | "depthwise-conv2d" | "max-pool" | "average-pool" }
>;

export const product = (shape: readonly number[]): number => shape.reduce((all, size) => all * size, 1);

/** The refusal of a network, by the layer that is to blame. */
const refuseLayer = (name: string, what: string): LimpetError =>
  new LimpetError("conversion-failed", `Layer ${name} cannot be converted: ${what}.`, {
    hint: "Choose another network in Design, or train it again.",
    field: name,
  });

/** Where the windows of a convolution or a pool lie along one axis. */
export type AxisWindows = {
  /** Number of windows. */
  readonly count: number;
  /** Padding before the first value (TensorFlow's SAME puts the odd one behind). */
  readonly before: number;
};

/** TensorFlow's rule for the windows of `size` at distance `stride` over `length` values. */
export function axisWindows(length: number, size: number, stride: number, padding: Padding): AxisWindows {
  if (padding === "valid") return { count: Math.floor((length - size) / stride) + 1, before: 0 };
  const count = Math.ceil(length / stride);
  return { count, before: Math.floor(Math.max(0, (count - 1) * stride + size - length) / 2) };
}

/**
 * The layers with names and shapes. Throws `conversion-failed` (field: the layer's name) where shapes, weights or the order of
 * layers are impossible or beyond what RESHAPE, CONV_2D, DEPTHWISE_CONV_2D, the pools, FULLY_CONNECTED and SOFTMAX express.
 */
export function planLayers(network: TrainedNetwork): PlannedLayer[] {
  let shape = network.inputShape;
  if (shape.length === 0 || !shape.every(isSize)) throw refuseLayer("input", `its shape is [${shape}]`);
  if (network.layers.length === 0) throw refuseLayer("input", "nothing follows it");
  const planned = network.layers.map((layer, index): PlannedLayer => {
    const name = `${layer.kind}-${index + 1}`;
    const inputShape = shape;
    shape = outputShapeOf(layer, name, inputShape);
    if (layer.kind === "softmax" && index !== network.layers.length - 1) {
      throw refuseLayer(name, "softmax is not the last layer");
    }
    return { layer, name, inputShape, outputShape: shape };
  });
  checkEnd(network, planned.at(-1) as PlannedLayer);
  return planned;
}

const isSize = (size: number): boolean => Number.isInteger(size) && size > 0 && size < 1 << 24;

function checkEnd({ task, outputs }: TrainedNetwork, last: PlannedLayer): void {
  if (product(last.outputShape) !== outputs) {
    throw refuseLayer(last.name, `it gives ${product(last.outputShape)} values in place of ${outputs}`);
  }
  if ((task === "classification") !== (last.layer.kind === "softmax")) {
    throw refuseLayer(last.name, `a network for ${task} does not end so`);
  }
}

function outputShapeOf(layer: NetworkLayer, name: string, shape: readonly number[]): readonly number[] {
  const values = product(shape);
  switch (layer.kind) {
    case "reshape":
      if (layer.shape.length > 3 || !layer.shape.every(isSize) || product(layer.shape) !== values) {
        throw refuseLayer(name, `[${shape}] does not become [${layer.shape}]`);
      }
      return layer.shape;
    case "dense":
      checkWeights(layer, name, values * layer.units, layer.units);
      return [layer.units];
    case "conv2d": {
      const [height, width, channels] = windowed(layer, name, shape);
      checkWeights(layer, name, product(layer.size) * channelsOf(shape) * layer.filters, layer.filters);
      return [height, width, channels];
    }
    case "depthwise-conv2d":
      checkWeights(layer, name, product(layer.size) * channelsOf(shape), channelsOf(shape));
      return windowed(layer, name, shape);
    case "max-pool":
    case "average-pool":
      return windowed(layer, name, shape);
    case "softmax":
      return shape;
    default:
      return assertNever(layer, "layer");
  }
}

const channelsOf = (shape: readonly number[]): number => shape[2] ?? 0;

function windowed(layer: WindowLayer, name: string, shape: readonly number[]): [number, number, number] {
  const [height, width, channels] = shape;
  if (shape.length !== 3 || height === undefined || width === undefined || channels === undefined) {
    throw refuseLayer(name, `it needs [height, width, channels], not [${shape}]`);
  }
  const { size, strides, padding } = layer;
  if (![...size, ...strides].every(isSize)) throw refuseLayer(name, "its size or strides are not positive");
  const rows = axisWindows(height, size[0], strides[0], padding).count;
  const columns = axisWindows(width, size[1], strides[1], padding).count;
  if (rows < 1 || columns < 1) {
    throw refuseLayer(name, `[${size}] does not fit into [${height},${width}]`);
  }
  return [rows, columns, layer.kind === "conv2d" ? layer.filters : channels];
}

type Weighted = { readonly kernel: Float32Array; readonly bias: Float32Array };

function checkWeights(
  { kernel, bias }: Weighted,
  name: string,
  kernelCount: number,
  biasCount: number,
): void {
  if (biasCount < 1 || kernel.length !== kernelCount || bias.length !== biasCount) {
    throw refuseLayer(
      name,
      `${kernel.length} weights and ${bias.length} biases where its shape asks for ${kernelCount} and ${biasCount}`,
    );
  }
  if (!kernel.every(Number.isFinite) || !bias.every(Number.isFinite)) {
    throw refuseLayer(name, "a weight is not a finite number");
  }
}

export const extentOf = (shape: readonly number[]): Extent => [shape[0] ?? 0, shape[1] ?? 0];

/** Multiplications of one window. */
export function macsOf({ layer, inputShape, outputShape }: PlannedLayer): number {
  switch (layer.kind) {
    case "dense":
      return layer.kernel.length;
    case "conv2d":
      return (layer.kernel.length * product(outputShape)) / layer.filters;
    case "depthwise-conv2d":
    case "max-pool":
    case "average-pool":
      return product(layer.size) * product(outputShape);
    default:
      return product(inputShape);
  }
}
