/** Seeded networks of every kind that Limpet trains, with weights as training leaves them, and windows for them. */
import { axisWindows } from "../../src-main/conversion/layer-plan.ts";
import type { NetworkLayer, TrainedNetwork } from "../../src-main/training/network.ts";

export type Random = {
  readonly uniform: (low: number, high: number) => number;
  readonly normal: () => number;
  readonly integer: (low: number, high: number) => number;
};

/** Mulberry32 as a seeded source of numbers. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    uniform: (low, high) => low + (high - low) * next(),
    integer: (low, high) => low + Math.floor((high - low + 1) * next()),
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  };
}

/** Weights of deviation sqrt(2 / fan-in), output channels of different sizes, and biases. */
function weights(
  random: Random,
  count: number,
  outputs: number,
): { kernel: Float32Array; bias: Float32Array } {
  const deviation = Math.sqrt((2 * outputs) / count);
  const sizes = Array.from({ length: outputs }, () => random.uniform(0.3, 2));
  return {
    kernel: Float32Array.from(
      { length: count },
      (_, i) => random.normal() * deviation * (sizes[i % outputs] ?? 1),
    ),
    bias: Float32Array.from({ length: outputs }, () => random.normal() * 0.2),
  };
}

export function dense(
  random: Random,
  inputs: number,
  units: number,
  activation: "none" | "relu",
): NetworkLayer {
  return { kind: "dense", units, activation, ...weights(random, inputs * units, units) };
}

export type WindowShape = {
  readonly size: [number, number];
  readonly strides: [number, number];
  readonly padding: "same" | "valid";
};

export function conv2d(random: Random, channels: number, filters: number, shape: WindowShape): NetworkLayer {
  const count = shape.size[0] * shape.size[1] * channels * filters;
  return { kind: "conv2d", filters, activation: "relu", ...shape, ...weights(random, count, filters) };
}

export function depthwise(random: Random, channels: number, shape: WindowShape): NetworkLayer {
  const count = shape.size[0] * shape.size[1] * channels;
  return { kind: "depthwise-conv2d", activation: "relu", ...shape, ...weights(random, count, channels) };
}

const pool = (
  kind: "max-pool" | "average-pool",
  size: [number, number],
  padding: "same" | "valid" = "valid",
): NetworkLayer => ({ kind, size, strides: size, padding });

export type NetworkCase = { readonly name: string; readonly network: TrainedNetwork };

const classifier = (
  inputShape: number[],
  outputs: number,
  layers: readonly NetworkLayer[],
): TrainedNetwork => ({
  task: "classification",
  inputShape,
  outputs,
  layers: [...layers, { kind: "softmax" }],
});

/** One network of each kind, and corners: odd extents, padding at both ends, a single filter, a reshape that needs an operation. */
export function networkCases(seed: number): NetworkCase[] {
  const random = seededRandom(seed);
  return [
    {
      name: "dense",
      network: classifier([33], 3, [
        dense(random, 33, 20, "relu"),
        dense(random, 20, 10, "relu"),
        dense(random, 10, 3, "none"),
      ]),
    },
    {
      name: "dense on a tensor of frames, flattened",
      network: classifier([9, 5], 4, [
        { kind: "reshape", shape: [45] },
        dense(random, 45, 8, "relu"),
        dense(random, 8, 4, "none"),
      ]),
    },
    {
      name: "conv1d",
      network: classifier([128, 3], 4, [
        { kind: "reshape", shape: [128, 1, 3] },
        conv2d(random, 3, 16, { size: [5, 1], strides: [1, 1], padding: "same" }),
        pool("max-pool", [2, 1]),
        conv2d(random, 16, 32, { size: [5, 1], strides: [1, 1], padding: "same" }),
        pool("max-pool", [2, 1], "same"),
        pool("average-pool", [32, 1]),
        { kind: "reshape", shape: [32] },
        dense(random, 32, 4, "none"),
      ]),
    },
    {
      name: "conv2d",
      network: classifier([49, 40], 4, [
        { kind: "reshape", shape: [49, 40, 1] },
        conv2d(random, 1, 8, { size: [10, 8], strides: [2, 2], padding: "same" }),
        { kind: "reshape", shape: [25 * 20 * 8] },
        dense(random, 25 * 20 * 8, 4, "none"),
      ]),
    },
    {
      name: "ds-cnn",
      network: classifier([49, 13], 5, [
        { kind: "reshape", shape: [49, 13, 1] },
        conv2d(random, 1, 16, { size: [10, 4], strides: [2, 2], padding: "same" }),
        depthwise(random, 16, { size: [3, 3], strides: [1, 1], padding: "same" }),
        conv2d(random, 16, 16, { size: [1, 1], strides: [1, 1], padding: "same" }),
        depthwise(random, 16, { size: [3, 3], strides: [2, 2], padding: "valid" }),
        conv2d(random, 16, 16, { size: [1, 1], strides: [1, 1], padding: "same" }),
        pool("average-pool", [12, 3]),
        { kind: "reshape", shape: [16] },
        dense(random, 16, 5, "none"),
      ]),
    },
    {
      name: "regression",
      network: {
        task: "regression",
        inputShape: [16],
        outputs: 1,
        layers: [dense(random, 16, 16, "relu"), dense(random, 16, 8, "relu"), dense(random, 8, 1, "none")],
      },
    },
    {
      name: "odd extents, one filter, reshape in the middle",
      network: classifier([15, 7], 2, [
        { kind: "reshape", shape: [15, 7, 1] },
        conv2d(random, 1, 1, { size: [4, 3], strides: [3, 1], padding: "same" }),
        pool("average-pool", [2, 2], "same"),
        { kind: "reshape", shape: [4, 3, 1] },
        conv2d(random, 1, 2, { size: [3, 2], strides: [1, 1], padding: "valid" }),
        pool("average-pool", [2, 2]),
        { kind: "reshape", shape: [2] },
      ]),
    },
  ];
}

/** A network of random layers in random shapes: every padding, stride and extent that conversion takes, sensible or not. */
export function randomNetwork(seed: number): TrainedNetwork {
  const random = seededRandom(seed);
  let [height, width, channels] = [random.integer(1, 40), random.integer(1, 20), random.integer(1, 6)];
  const inputShape = [height, width, channels];
  const layers: NetworkLayer[] = [];
  for (let left = random.integer(0, 4); left > 0; left--) {
    const padding = random.integer(0, 1) === 0 ? "same" : "valid";
    const fitting = (extent: number) => random.integer(1, padding === "same" ? 10 : Math.min(extent, 10));
    const shape: WindowShape = {
      size: [fitting(height), fitting(width)],
      strides: [random.integer(1, 3), random.integer(1, 3)],
      padding,
    };
    const filters = random.integer(1, 12);
    const layer = [
      conv2d(random, channels, filters, shape),
      depthwise(random, channels, shape),
      { kind: "max-pool", ...shape } as const,
      { kind: "average-pool", ...shape } as const,
    ][random.integer(0, 3)] as NetworkLayer;
    const silent = random.integer(0, 3) === 0 && "activation" in layer;
    layers.push(silent ? { ...layer, activation: "none" } : layer);
    if (layer.kind === "conv2d") channels = filters;
    height = axisWindows(height, shape.size[0], shape.strides[0], padding).count;
    width = axisWindows(width, shape.size[1], shape.strides[1], padding).count;
    if (random.integer(0, 5) > 0) continue;
    layers.push({ kind: "reshape", shape: [width, height, channels] });
    [height, width] = [width, height];
  }
  const outputs = random.integer(1, 6);
  layers.push(dense(random, height * width * channels, outputs, "none"));
  return { task: "regression", inputShape, outputs, layers };
}

/** Normalised features: standard normal, each feature with a mean of its own in each window. */
export function normalWindows(random: Random, count: number, inputs: number): Float32Array {
  return Float32Array.from({ length: count * inputs }, () => random.normal());
}
