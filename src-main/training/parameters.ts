/**
 * The numbers that training changes: for each layer its kernel, bias and batch normalisation, with shapes and initial values. Their
 * order is the order of every list of tensors in training. Knows no backend.
 */
import { type Architecture, sizeOf } from "./architecture.ts";
import { keyOf, RandomSequence } from "./random.ts";

export type ParameterRole = "kernel" | "bias" | "scale" | "offset" | "moving-mean" | "moving-variance";

export type Parameter = {
  /** Index of the layer in the architecture. */
  readonly layer: number;
  readonly role: ParameterRole;
  readonly shape: readonly number[];
  readonly size: number;
  /** Changed by gradients; the moving statistics are not. */
  readonly trainable: boolean;
  /** Inputs and outputs that one unit of a kernel is connected to, together; 0 for what is no kernel. */
  readonly fans: number;
};

/** Weight of the old value in the moving statistics of batch normalisation. */
export const MOVING_MOMENTUM = 0.9;
/** Added to the variance in batch normalisation, as in Keras. */
export const NORMALISATION_EPSILON = 1e-3;

export function parametersOf({ layers }: Architecture): Parameter[] {
  const parameters: Parameter[] = [];
  const add = (layer: number, role: ParameterRole, shape: readonly number[], fans = 0) =>
    parameters.push({ layer, role, shape, size: sizeOf(shape), trainable: !role.startsWith("moving"), fans });
  layers.forEach((spec, layer) => {
    const channels = spec.output.at(-1) ?? 1;
    const inputs = spec.input.at(-1) ?? 1;
    switch (spec.kind) {
      case "dense":
        add(layer, "kernel", [inputs, channels], inputs + channels);
        break;
      case "conv2d":
        add(layer, "kernel", [...spec.size, inputs, channels], sizeOf(spec.size) * (inputs + channels));
        break;
      case "depthwise-conv2d":
        add(layer, "kernel", [...spec.size, channels, 1], sizeOf(spec.size) * 2);
        break;
      case "batch-normalisation":
        add(layer, "scale", [channels]);
        add(layer, "offset", [channels]);
        add(layer, "moving-mean", [channels]);
        add(layer, "moving-variance", [channels]);
        break;
      default:
    }
    if ("bias" in spec && spec.bias) add(layer, "bias", [channels]);
  });
  return parameters;
}

/** Initial values: kernels uniform by Glorot and Bengio 2010, scales and variances 1, the rest 0. */
export function initialValues(parameters: readonly Parameter[], seed: number): Float32Array[] {
  return parameters.map(({ role, size, layer, fans }) => {
    if (role === "scale" || role === "moving-variance") return new Float32Array(size).fill(1);
    if (role !== "kernel") return new Float32Array(size);
    const random = new RandomSequence(keyOf(seed, "weights", layer));
    const limit = Math.sqrt(6 / fans);
    return Float32Array.from({ length: size }, () => random.between(-limit, limit));
  });
}
