/**
 * A quantised network as the graph of a .tflite file: tensors, constants and operations in TensorFlow Lite's orders. A reshape that
 * moves nothing costs no operation where the next layer takes the values as they lie (the network's input has the shape that its
 * first layer needs; FULLY_CONNECTED flattens by itself). Knows no flatbuffers.
 */
import { assertNever } from "../../src-shared/errors.ts";
import type { Activation, Extent, Padding } from "../training/network.ts";
import type { Quantisation, QuantisedLayer, QuantisedNetwork, QuantisedWeights } from "./quantise.ts";
import type { OperationName, TensorType } from "./tflite-schema.ts";

export type GraphTensor = {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: TensorType;
  readonly quantisation: {
    readonly scales: readonly number[];
    readonly zeroPoint: number;
    /** The dimension that has a scale for each of its indices. */
    readonly dimension: number;
  } | null;
  /** Little-endian; null where the operations compute it. */
  readonly data: Uint8Array | null;
};

export type WindowOptions = { readonly padding: Padding; readonly strides: Extent };

export type GraphOperation = {
  readonly inputs: readonly number[];
  readonly output: number;
} & (
  | ({ readonly name: "CONV_2D" | "DEPTHWISE_CONV_2D"; readonly activation: Activation } & WindowOptions)
  | ({ readonly name: "MAX_POOL_2D" | "AVERAGE_POOL_2D"; readonly size: Extent } & WindowOptions)
  | { readonly name: "FULLY_CONNECTED"; readonly activation: Activation }
  | { readonly name: "RESHAPE"; readonly shape: readonly number[] }
  | { readonly name: "SOFTMAX" }
);

export type Graph = {
  readonly tensors: readonly GraphTensor[];
  readonly operations: readonly GraphOperation[];
  readonly input: number;
  readonly output: number;
};

export function buildGraph({ layers, input }: QuantisedNetwork): Graph {
  const tensors: GraphTensor[] = [];
  const operations: GraphOperation[] = [];
  const add = (tensor: GraphTensor): number => tensors.push(tensor) - 1;
  const addValues = (name: string, shape: readonly number[], quantisation: Quantisation): number =>
    add({ name, shape: [1, ...shape], type: "INT8", quantisation: perTensor(quantisation), data: null });

  const needed = layers.filter((layer, index) => !isFreeReshape(layer, layers[index + 1], index));
  let current = addValues("input", needed[0]?.inputShape ?? [], input);
  for (const layer of needed) {
    const constants = constantsOf(layer).map(add);
    const output = addValues(layer.name, layer.outputShape, layer.output);
    operations.push({ ...operationOf(layer), inputs: [current, ...constants], output });
    current = output;
  }
  return { tensors, operations, input: 0, output: current };
}

function isFreeReshape(layer: QuantisedLayer, next: QuantisedLayer | undefined, index: number): boolean {
  if (layer.layer.kind !== "reshape" || next === undefined) return false;
  return index === 0 || next.layer.kind === "dense";
}

const perTensor = ({ scale, zeroPoint }: Quantisation): GraphTensor["quantisation"] => ({
  scales: [scale],
  zeroPoint,
  dimension: 0,
});

type OperationOptions = GraphOperation extends infer One
  ? One extends GraphOperation
    ? Omit<One, "inputs" | "output">
    : never
  : never;

function operationOf({ layer, outputShape }: QuantisedLayer): OperationOptions {
  switch (layer.kind) {
    case "reshape":
      return { name: "RESHAPE", shape: [1, ...outputShape] };
    case "dense":
      return { name: "FULLY_CONNECTED", activation: layer.activation };
    case "conv2d":
    case "depthwise-conv2d": {
      const { activation, padding, strides } = layer;
      return {
        name: layer.kind === "conv2d" ? "CONV_2D" : "DEPTHWISE_CONV_2D",
        activation,
        padding,
        strides,
      };
    }
    case "max-pool":
    case "average-pool": {
      const { size, padding, strides } = layer;
      return {
        name: layer.kind === "max-pool" ? "MAX_POOL_2D" : "AVERAGE_POOL_2D",
        size,
        padding,
        strides,
      };
    }
    case "softmax":
      return { name: "SOFTMAX" };
    default:
      return assertNever(layer, "layer");
  }
}

function constantsOf({
  layer,
  name,
  weights,
  input,
  inputShape,
  outputShape,
}: QuantisedLayer): GraphTensor[] {
  if (layer.kind === "reshape") {
    const shape = Int32Array.from([1, ...outputShape]);
    return [
      {
        name: `${name}/shape`,
        shape: [shape.length],
        type: "INT32",
        quantisation: null,
        data: bytesOf(shape),
      },
    ];
  }
  if (weights === null || !("kernel" in layer)) return [];
  const channels = inputShape[2] ?? 1;
  switch (layer.kind) {
    case "dense": {
      const shape = [layer.units, layer.kernel.length / layer.units];
      return weightTensors(name, weights, shape, outputsFirst(weights.kernel, layer.units), 0, input);
    }
    case "conv2d": {
      const shape = [layer.filters, ...layer.size, channels];
      return weightTensors(name, weights, shape, outputsFirst(weights.kernel, layer.filters), 0, input);
    }
    case "depthwise-conv2d":
      return weightTensors(name, weights, [1, ...layer.size, channels], weights.kernel, 3, input);
    default:
      return assertNever(layer, "layer");
  }
}

function weightTensors(
  name: string,
  { scales, bias }: QuantisedWeights,
  shape: readonly number[],
  kernel: Int8Array,
  dimension: number,
  input: Quantisation,
): GraphTensor[] {
  const perChannel = Array.from(scales);
  return [
    {
      name: `${name}/kernel`,
      shape,
      type: "INT8",
      quantisation: { scales: perChannel, zeroPoint: 0, dimension: perChannel.length > 1 ? dimension : 0 },
      data: bytesOf(kernel),
    },
    {
      name: `${name}/bias`,
      shape: [bias.length],
      type: "INT32",
      quantisation: {
        scales: perChannel.map((scale) => Math.fround(scale * input.scale)),
        zeroPoint: 0,
        dimension: 0,
      },
      data: bytesOf(bias),
    },
  ];
}

/** [..., outputs] to [outputs, ...]. */
function outputsFirst(kernel: Int8Array, outputs: number): Int8Array {
  const rest = kernel.length / outputs;
  const turned = new Int8Array(kernel.length);
  for (let i = 0; i < rest; i++) {
    for (let output = 0; output < outputs; output++) {
      turned[output * rest + i] = kernel[i * outputs + output] as number;
    }
  }
  return turned;
}

const bytesOf = (values: Int8Array | Int32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

/** Names of the operations in use, each once, in the order of their first use. */
export const operationNames = ({ operations }: Graph): OperationName[] => [
  ...new Set(operations.map(({ name }) => name)),
];
