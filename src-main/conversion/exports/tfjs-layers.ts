/**
 * The float network as a TensorFlow.js layers model: `model.json` (topology, manifest) and `weights.bin`, as
 * `tf.loadLayersModel` takes them. Format: tfjs-core io types `ModelJSON`, Keras config of a Sequential model.
 */

import { assertNever } from "../../../src-shared/errors.ts";
import type { Normalisation } from "../../features/normalisation.ts";
import type { NetworkLayer, TrainedNetwork } from "../../training/network.ts";
import { planLayers } from "../layer-plan.ts";
import { type ExportedFile, textFile } from "./exported-files.ts";

export type TfjsRequest = {
  readonly network: TrainedNetwork;
  readonly labels: readonly string[];
  /** feature' = (feature - mean) * factor: what the model's input needs first; null: none. */
  readonly normalisation: Normalisation | null;
  /** Kept in `userDefinedMetadata` beside labels and normalisation. */
  readonly description: string;
};

/** Two files that belong into one folder. Throws `conversion-failed` for a network of impossible shapes. */
export function tfjsFiles({ network, labels, normalisation, description }: TfjsRequest): ExportedFile[] {
  const planned = planLayers(network).map((one) => ({ ...one, name: one.name.replaceAll("-", "_") }));
  const layers = planned.map(({ layer, name }) => layerConfig(layer, name));
  const [first] = layers;
  if (first !== undefined) {
    Object.assign(first.config, { batch_input_shape: [null, ...network.inputShape], dtype: "float32" });
  }
  const weights = planned.flatMap(({ layer, name, inputShape }) => {
    if (!("kernel" in layer)) return [];
    const kernel = layer.kind === "depthwise-conv2d" ? "depthwise_kernel" : "kernel";
    return [
      { name: `${name}/${kernel}`, shape: kernelShape(layer, inputShape[2] ?? 0), values: layer.kernel },
      { name: `${name}/bias`, shape: [layer.bias.length], values: layer.bias },
    ];
  });
  const model = {
    format: "layers-model",
    generatedBy: "Limpet",
    convertedBy: null,
    modelTopology: {
      keras_version: "tfjs-layers",
      backend: "tensor_flow.js",
      class_name: "Sequential",
      config: { name: "limpet", layers },
    },
    weightsManifest: [
      {
        paths: ["weights.bin"],
        weights: weights.map(({ name, shape }) => ({ name, shape, dtype: "float32" })),
      },
    ],
    userDefinedMetadata: {
      description,
      labels,
      normalisation: normalisation && {
        mean: Array.from(normalisation.mean),
        factor: Array.from(normalisation.factor),
      },
    },
  };
  return [
    textFile("model.json", JSON.stringify(model)),
    { name: "weights.bin", bytes: littleEndian(weights.map(({ values }) => values)), fixed: true },
  ];
}

type WeightedLayer = Extract<NetworkLayer, { kernel: Float32Array }>;

function kernelShape(layer: WeightedLayer, channels: number): number[] {
  switch (layer.kind) {
    case "dense":
      return [layer.kernel.length / layer.units, layer.units];
    case "conv2d":
      return [...layer.size, channels, layer.filters];
    case "depthwise-conv2d":
      return [...layer.size, channels, 1];
    default:
      return assertNever(layer, "layer");
  }
}

function littleEndian(parts: readonly Float32Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, values) => sum + 4 * values.length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const values of parts) {
    for (const value of values) {
      view.setFloat32(at, value, true);
      at += 4;
    }
  }
  return bytes;
}

type LayerConfig = { readonly class_name: string; readonly config: Record<string, unknown> };

function layerConfig(layer: NetworkLayer, name: string): LayerConfig {
  const activation = (own: "none" | "relu"): string => (own === "relu" ? "relu" : "linear");
  switch (layer.kind) {
    case "reshape":
      return { class_name: "Reshape", config: { name, target_shape: layer.shape } };
    case "dense":
      return {
        class_name: "Dense",
        config: { name, units: layer.units, activation: activation(layer.activation), use_bias: true },
      };
    case "conv2d":
    case "depthwise-conv2d":
      return {
        class_name: layer.kind === "conv2d" ? "Conv2D" : "DepthwiseConv2D",
        config: {
          name,
          ...(layer.kind === "conv2d" ? { filters: layer.filters } : { depth_multiplier: 1 }),
          kernel_size: layer.size,
          strides: layer.strides,
          padding: layer.padding,
          data_format: "channels_last",
          activation: activation(layer.activation),
          use_bias: true,
        },
      };
    case "max-pool":
    case "average-pool":
      return {
        class_name: layer.kind === "max-pool" ? "MaxPooling2D" : "AveragePooling2D",
        config: {
          name,
          pool_size: layer.size,
          strides: layer.strides,
          padding: layer.padding,
          data_format: "channels_last",
        },
      };
    case "softmax":
      return { class_name: "Activation", config: { name, activation: "softmax" } };
    default:
      return assertNever(layer, "layer");
  }
}
