/**
 * From the numbers that were trained to the network as it is used: batch normalisation folded into the layer before it, dropout
 * gone, rectifiers joined to their layers, the scale of values undone in the last layer.
 */
import { LimpetError } from "../../src-shared/errors.ts";
import type { Architecture, LayerSpec } from "./architecture.ts";
import type { Activation, NetworkLayer, TrainedNetwork } from "./network.ts";
import { NORMALISATION_EPSILON, type Parameter, type ParameterRole } from "./parameters.ts";
import type { ValueScale } from "./samples.ts";

type Weights = { kernel: Float32Array; bias: Float32Array };

/** `values` are those of `parameters`, in order. `scale` is that of the values to predict (regression). */
export function freeze(
  architecture: Architecture,
  parameters: readonly Parameter[],
  values: readonly Float32Array[],
  scale: ValueScale | null,
): TrainedNetwork {
  const trained = (layer: number, role: ParameterRole): Float32Array | undefined =>
    values[parameters.findIndex((parameter) => parameter.layer === layer && parameter.role === role)];
  const { task, inputShape, outputs } = architecture;
  const specs = architecture.layers;
  const layers: NetworkLayer[] = [];
  specs.forEach((spec, index) => {
    switch (spec.kind) {
      case "reshape":
        layers.push({ kind: "reshape", shape: [...spec.output] });
        break;
      case "dense":
      case "conv2d":
      case "depthwise-conv2d": {
        const kernel = Float32Array.from(need(trained(index, "kernel")));
        const channels = spec.output.at(-1) ?? 1;
        const bias = Float32Array.from(trained(index, "bias") ?? new Float32Array(channels));
        const normalised = specs[index + 1]?.kind === "batch-normalisation";
        if (normalised) {
          foldNormalisation(
            { kernel, bias },
            need(trained(index + 1, "scale")),
            need(trained(index + 1, "offset")),
            need(trained(index + 1, "moving-mean")),
            need(trained(index + 1, "moving-variance")),
          );
        }
        const rectified = specs[index + (normalised ? 2 : 1)]?.kind === "relu";
        layers.push(withWeights(spec, { kernel, bias }, rectified ? "relu" : "none"));
        break;
      }
      case "max-pool":
      case "average-pool":
        layers.push({ kind: spec.kind, size: spec.size, strides: spec.strides, padding: spec.padding });
        break;
      case "softmax":
        layers.push({ kind: "softmax" });
        break;
      default:
    }
  });
  if (scale !== null) undoScale(layers, scale);
  return { task, inputShape: [...inputShape], outputs, layers };
}

/** scale * (x - mean) / sqrt(variance + epsilon) + offset, as a factor on each output channel (the kernel's last axis). */
function foldNormalisation(
  { kernel, bias }: Weights,
  scale: Float32Array,
  offset: Float32Array,
  mean: Float32Array,
  variance: Float32Array,
): void {
  const channels = bias.length;
  const factors = Float64Array.from(
    scale,
    (value, c) => value / Math.sqrt((variance[c] ?? 0) + NORMALISATION_EPSILON),
  );
  for (let i = 0; i < kernel.length; i++) kernel[i] = (kernel[i] ?? 0) * (factors[i % channels] ?? 0);
  for (let c = 0; c < channels; c++) {
    bias[c] = ((bias[c] ?? 0) - (mean[c] ?? 0)) * (factors[c] ?? 0) + (offset[c] ?? 0);
  }
}

function withWeights(
  spec: Extract<LayerSpec, { kind: "dense" | "conv2d" | "depthwise-conv2d" }>,
  { kernel, bias }: Weights,
  activation: Activation,
): NetworkLayer {
  if (spec.kind === "dense") return { kind: "dense", units: bias.length, activation, kernel, bias };
  const { size, strides, padding } = spec;
  if (spec.kind === "depthwise-conv2d")
    return { kind: "depthwise-conv2d", size, strides, padding, activation, kernel, bias };
  return { kind: "conv2d", filters: bias.length, size, strides, padding, activation, kernel, bias };
}

function undoScale(layers: readonly NetworkLayer[], { mean, deviation }: ValueScale): void {
  const last = layers.at(-1);
  if (last?.kind !== "dense")
    throw new LimpetError("internal", "The last layer of a regression is not dense.");
  for (let i = 0; i < last.kernel.length; i++) last.kernel[i] = (last.kernel[i] ?? 0) * deviation;
  for (let i = 0; i < last.bias.length; i++) last.bias[i] = (last.bias[i] ?? 0) * deviation + mean;
}

function need(values: Float32Array | undefined): Float32Array {
  if (values === undefined) throw new LimpetError("internal", "A layer lacks its weights.");
  return values;
}
