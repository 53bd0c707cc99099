/** The table of layers of a network before it is trained: shapes, parameters and multiplications as the board will have them. */
import type { NetworkDesign } from "../../src-shared/design.ts";
import { buildArchitecture, type LayerSpec, type Shape, sizeOf, type Task } from "./architecture.ts";

export type LayerDescription = {
  readonly name: string;
  readonly kind: LayerSpec["kind"];
  /** What comes out, without the batch. */
  readonly shape: number[];
  /** Weights and biases on the board: batch normalisation is folded into the layer before it, dropout is gone. */
  readonly parameters: number;
  /** Multiply-accumulates for one window. */
  readonly macs: number;
};

export type NetworkDescription = {
  readonly layers: LayerDescription[];
  readonly parameters: number;
  readonly macs: number;
};

/**
 * Describes a network for features of `inputShape` (without the batch) and `outputs` classes or 1 value. Throws `invalid-design`
 * with the field (`network.…`) where a shape is impossible, `invalid-dataset` for no class at all.
 */
export function describeNetwork(
  network: NetworkDesign,
  inputShape: Shape,
  outputs: number,
  task: Task,
): NetworkDescription {
  const specs = buildArchitecture(network, inputShape, outputs, task).layers;
  const layers: LayerDescription[] = [];
  specs.forEach((spec, index) => {
    // The rectifier is part of the layer before it, on the board and in the table.
    if (spec.kind === "relu") return;
    const after = specs[index + 1]?.kind === "batch-normalisation" ? specs[index + 2] : specs[index + 1];
    const rectified = after?.kind === "relu" && spec.kind !== "batch-normalisation";
    layers.push({
      name: rectified ? `${nameOf(spec)}, ReLU` : nameOf(spec),
      kind: spec.kind,
      shape: [...spec.output],
      ...costOf(spec),
    });
  });
  return {
    layers,
    parameters: layers.reduce((sum, { parameters }) => sum + parameters, 0),
    macs: layers.reduce((sum, { macs }) => sum + macs, 0),
  };
}

function nameOf(spec: LayerSpec): string {
  switch (spec.kind) {
    case "reshape":
      return "Reshape";
    case "dense":
      return `Dense ${spec.output.join("")}`;
    case "conv2d":
      return spec.input[1] === 1 && spec.size[1] === 1
        ? `Convolution of ${spec.size[0]}, ${spec.output[2]} filters`
        : `Convolution ${spec.size.join(" x ")}, ${spec.output[2]} filters`;
    case "depthwise-conv2d":
      return `Depthwise convolution ${spec.size.join(" x ")}`;
    case "max-pool":
      return `Max pool ${spec.size[1] === 1 ? spec.size[0] : spec.size.join(" x ")}`;
    case "average-pool":
      return spec.output[0] === 1 && spec.output[1] === 1
        ? "Global average"
        : `Average pool ${spec.size.join(" x ")}`;
    case "batch-normalisation":
      return "Batch normalisation";
    case "dropout":
      return `Dropout ${spec.rate}`;
    case "relu":
      return "ReLU";
    case "softmax":
      return "Softmax";
  }
}

/** Cost as deployed: every layer with weights has a bias there. */
export function costOf(spec: LayerSpec): { parameters: number; macs: number } {
  const channels = spec.output.at(-1) ?? 1;
  switch (spec.kind) {
    case "dense": {
      const weights = sizeOf(spec.input) * channels;
      return { parameters: weights + channels, macs: weights };
    }
    case "conv2d": {
      const weights = spec.size[0] * spec.size[1] * (spec.input.at(-1) ?? 1) * channels;
      return {
        parameters: weights + channels,
        macs: (weights * sizeOf(spec.output)) / channels,
      };
    }
    case "depthwise-conv2d": {
      const taps = spec.size[0] * spec.size[1];
      return { parameters: taps * channels + channels, macs: taps * sizeOf(spec.output) };
    }
    default:
      return { parameters: 0, macs: 0 };
  }
}
