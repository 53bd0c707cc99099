/**
 * Float to int8 after training. Source of the rules: TensorFlow Lite 8-bit quantization specification
 * (ai.google.dev/edge/litert/models/quantization_spec): real = (q - zero point) * scale; weights symmetric in [-127, 127], one
 * scale per output channel for convolutions (dense layers get one per tensor, because TensorFlow Lite Micro of 2020 has no other);
 * biases int32 with scale = input scale * weight scale and zero point 0; activations asymmetric in [-128, 127] with 0 exact; pools
 * and reshape keep their input's quantisation; softmax gives scale 1/256, zero point -128. ReLU is fused. Knows no .tflite.
 */
import type { NetworkLayer, TrainedNetwork } from "../training/network.ts";
import { type Calibration, calibrate, type Range } from "./calibration.ts";
import { type PlannedLayer, planLayers } from "./layer-plan.ts";

/** real = (q - zeroPoint) * scale; `scale` is a float32. */
export type Quantisation = { readonly scale: number; readonly zeroPoint: number };

export type QuantisedWeights = {
  /** The layer's kernel in TensorFlow's order. */
  readonly kernel: Int8Array;
  /** Per output channel, or a single one. */
  readonly scales: Float32Array;
  readonly bias: Int32Array;
};

export type QuantisedLayer = PlannedLayer & {
  readonly input: Quantisation;
  readonly output: Quantisation;
  readonly weights: QuantisedWeights | null;
};

export type QuantisedNetwork = {
  readonly layers: readonly QuantisedLayer[];
  readonly input: Quantisation;
  readonly output: Quantisation;
};

const SOFTMAX_OUTPUT: Quantisation = { scale: 1 / 256, zeroPoint: -128 };

const INT32_MAX = 2 ** 31 - 1;
/** Keeps products of scales normal float32 numbers; nothing that is measured is as small. */
const SMALLEST_SCALE = 1e-9;

/**
 * Quantises a network by the ranges that the calibration windows show.
 *
 * @param calibration count x inputs, normalised features of training windows. Throws `conversion-failed` (layer-plan.ts, calibration.ts).
 */
export function quantiseNetwork(
  network: TrainedNetwork,
  calibration: Float32Array,
  count: number,
): QuantisedNetwork {
  const layers = planLayers(network);
  return quantiseLayers(layers, calibrate(layers, calibration, count));
}

function quantiseLayers(layers: readonly PlannedLayer[], ranges: Calibration): QuantisedNetwork {
  const input = activationQuantisation(ranges.input);
  let current = input;
  const quantised = layers.map((planned, index): QuantisedLayer => {
    const before = current;
    const weights = "kernel" in planned.layer ? quantiseWeights(planned.layer, before.scale) : null;
    current = outputQuantisation(planned.layer, before, weights, ranges.layers[index] as Range);
    return { ...planned, input: before, output: current, weights };
  });
  return { layers: quantised, input, output: current };
}

function outputQuantisation(
  layer: NetworkLayer,
  input: Quantisation,
  weights: QuantisedWeights | null,
  range: Range,
): Quantisation {
  if (layer.kind === "softmax") return SOFTMAX_OUTPUT;
  if (weights === null) return input;
  // Steps finer than those of the sums would show nothing and would need a multiplier above 1.
  return activationQuantisation(range, input.scale * Math.max(...weights.scales));
}

/** Scale and zero point of a range that contains 0; the zero point is rounded so that 0 is exact. */
export function activationQuantisation({ min, max }: Range, leastScale = 0): Quantisation {
  if (min === max && leastScale === 0) return { scale: 1, zeroPoint: 0 };
  const scale = Math.fround(Math.max((max - min) / 255, leastScale, SMALLEST_SCALE));
  const zeroPoint = Math.round(-128 - min / scale) + 0;
  return { scale, zeroPoint: Math.max(-128, Math.min(127, zeroPoint)) };
}

type WeightedLayer = Extract<NetworkLayer, { kernel: Float32Array }>;

function quantiseWeights(layer: WeightedLayer, inputScale: number): QuantisedWeights {
  const outputs = layer.bias.length;
  // In TensorFlow's order the output channel is the last index of every kernel, the depthwise one's too (multiplier 1).
  const scales =
    layer.kind === "dense"
      ? new Float32Array([scaleOf(layer, outputs, null, inputScale)])
      : Float32Array.from({ length: outputs }, (_, output) => scaleOf(layer, outputs, output, inputScale));
  const scaleFor = (index: number): number => scales[scales.length === 1 ? 0 : index % outputs] as number;
  return {
    kernel: Int8Array.from(layer.kernel, (weight, index) => quantisedWeight(weight, scaleFor(index))),
    scales,
    bias: Int32Array.from(layer.bias, (bias, output) => quantisedBias(bias, scaleFor(output), inputScale)),
  };
}

const quantisedWeight = (weight: number, scale: number): number =>
  Math.max(-127, Math.min(127, Math.round(weight / scale)));

/** The bias's own scale is a float32 in the file; the runtimes reckon with the product of the other two. */
const quantisedBias = (bias: number, scale: number, inputScale: number): number =>
  Math.round(bias / (inputScale * scale));

/**
 * Scale of one output channel's weights, or (`channel` null) of all: the largest weight becomes 127. It is doubled until no sum can
 * leave 32 bits, which only a bias that is enormous against its weights makes necessary.
 */
function scaleOf(layer: WeightedLayer, outputs: number, channel: number | null, inputScale: number): number {
  const { kernel, bias } = layer;
  const first = channel ?? 0;
  const step = channel === null ? 1 : outputs;
  let largest = 0;
  for (let i = first; i < kernel.length; i += step)
    largest = Math.max(largest, Math.abs(kernel[i] as number));
  let scale = Math.fround(Math.max(largest / 127, SMALLEST_SCALE));
  const channels = channel === null ? Array.from(bias.keys()) : [channel];
  while (channels.some((output) => !sumsFit(layer, output, scale, inputScale))) scale *= 2;
  return scale;
}

function sumsFit(
  { kernel, bias }: WeightedLayer,
  output: number,
  scale: number,
  inputScale: number,
): boolean {
  let most = Math.abs(quantisedBias(bias[output] as number, scale, inputScale));
  for (let i = output; i < kernel.length; i += bias.length) {
    most += 255 * Math.abs(quantisedWeight(kernel[i] as number, scale));
  }
  return most <= INT32_MAX;
}

/** Values to int8 as the board does it (docs/model-package.md): float32 steps, the inverse scale rounded once; NaN becomes -128. */
export function quantiseValues(values: Float32Array, { scale, zeroPoint }: Quantisation): Int8Array {
  const inverse = Math.fround(1 / scale);
  return Int8Array.from(values, (value) => {
    const scaled = Math.fround(
      Math.floor(Math.fround(Math.fround(value * inverse) + 0.5)) + Math.fround(zeroPoint),
    );
    return scaled > -128 ? Math.min(127, scaled) : -128;
  });
}

/** int8 values to what they stand for. */
export const dequantiseValues = (values: Int8Array, { scale, zeroPoint }: Quantisation): Float32Array =>
  Float32Array.from(values, (value) => (value - zeroPoint) * scale);
