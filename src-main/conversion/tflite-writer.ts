/** Writes a graph as a .tflite file (flatbuffers, schema version 3). The same graph gives the same bytes. */
import { Builder, type Offset } from "flatbuffers";
import { assertNever } from "../../src-shared/errors.ts";
import { type Graph, type GraphOperation, type GraphTensor, operationNames } from "./tflite-graph.ts";
import * as schema from "./tflite-schema.ts";

/** Constants lie at multiples of this, as the schema asks: the boards read them in place. */
const DATA_ALIGNMENT = 16;

/** @returns the file; constants are aligned to 16 bytes from its start */
export function writeTflite(graph: Graph): Uint8Array {
  const builder = new Builder(1024);
  // Buffer 0 is empty by the schema's rule: tensors without constants refer to it.
  const constants = graph.tensors.filter(({ data }) => data !== null);
  const buffers = [null, ...constants.map(({ data }) => data)].map((data) => writeBuffer(builder, data));
  const tensors = graph.tensors.map((tensor) => writeTensor(builder, tensor, constants.indexOf(tensor) + 1));
  const names = operationNames(graph);
  const operators = graph.operations.map((operation) =>
    writeOperator(builder, operation, names.indexOf(operation.name)),
  );
  const subgraph = writeSubgraph(builder, graph, tensors, operators);
  const codes = names.map((name) => writeOperatorCode(builder, name));

  const { MODEL } = schema;
  const description = builder.createString("Limpet");
  const allCodes = offsets(builder, codes);
  const allSubgraphs = offsets(builder, [subgraph]);
  const allBuffers = offsets(builder, buffers);
  builder.startObject(MODEL.fields);
  builder.addFieldInt32(MODEL.version, schema.SCHEMA_VERSION, 0);
  builder.addFieldOffset(MODEL.operatorCodes, allCodes, 0);
  builder.addFieldOffset(MODEL.subgraphs, allSubgraphs, 0);
  builder.addFieldOffset(MODEL.description, description, 0);
  builder.addFieldOffset(MODEL.buffers, allBuffers, 0);
  builder.finish(builder.endObject(), schema.FILE_IDENTIFIER);
  return builder.asUint8Array().slice();
}

function offsets(builder: Builder, all: readonly Offset[]): Offset {
  builder.startVector(4, all.length, 4);
  for (const offset of all.toReversed()) builder.addOffset(offset);
  return builder.endVector();
}

function numbers(builder: Builder, values: readonly number[], add: "addInt32" | "addFloat32"): Offset {
  builder.startVector(4, values.length, 4);
  for (const value of values.toReversed()) builder[add](value);
  return builder.endVector();
}

function writeBuffer(builder: Builder, data: Uint8Array | null): Offset {
  const { BUFFER } = schema;
  let bytes = 0;
  if (data !== null) {
    builder.startVector(1, data.length, DATA_ALIGNMENT);
    for (let i = data.length - 1; i >= 0; i--) builder.addInt8(data[i] as number);
    bytes = builder.endVector();
  }
  builder.startObject(BUFFER.fields);
  if (data !== null) builder.addFieldOffset(BUFFER.data, bytes, 0);
  return builder.endObject();
}

function writeTensor(builder: Builder, tensor: GraphTensor, buffer: number): Offset {
  const { TENSOR, TENSOR_TYPES } = schema;
  const shape = numbers(builder, tensor.shape, "addInt32");
  const name = builder.createString(tensor.name);
  const quantization = tensor.quantisation === null ? 0 : writeQuantization(builder, tensor.quantisation);
  builder.startObject(TENSOR.fields);
  builder.addFieldOffset(TENSOR.shape, shape, 0);
  builder.addFieldInt8(TENSOR.type, TENSOR_TYPES[tensor.type].code, 0);
  builder.addFieldInt32(TENSOR.buffer, buffer, 0);
  builder.addFieldOffset(TENSOR.name, name, 0);
  if (quantization !== 0) builder.addFieldOffset(TENSOR.quantization, quantization, 0);
  return builder.endObject();
}

function writeQuantization(
  builder: Builder,
  { scales, zeroPoint, dimension }: NonNullable<GraphTensor["quantisation"]>,
): Offset {
  const { QUANTIZATION } = schema;
  const scale = numbers(builder, scales, "addFloat32");
  builder.startVector(8, scales.length, 8);
  for (const _ of scales) builder.addInt64(BigInt(zeroPoint));
  const zeroPoints = builder.endVector();
  builder.startObject(QUANTIZATION.fields);
  builder.addFieldOffset(QUANTIZATION.scale, scale, 0);
  builder.addFieldOffset(QUANTIZATION.zeroPoint, zeroPoints, 0);
  builder.addFieldInt32(QUANTIZATION.quantizedDimension, dimension, 0);
  return builder.endObject();
}

function writeOperatorCode(builder: Builder, name: schema.OperationName): Offset {
  const { OPERATOR_CODE, OPERATIONS } = schema;
  const { code, version } = OPERATIONS[name];
  builder.startObject(OPERATOR_CODE.fields);
  // Readers of 2020 know the one field, later ones take the larger of both.
  builder.addFieldInt8(OPERATOR_CODE.deprecatedBuiltinCode, code, 0);
  builder.addFieldInt32(OPERATOR_CODE.version, version, 1);
  builder.addFieldInt32(OPERATOR_CODE.builtinCode, code, 0);
  return builder.endObject();
}

function writeOperator(builder: Builder, operation: GraphOperation, opcodeIndex: number): Offset {
  const { OPERATOR, OPERATIONS } = schema;
  const options = writeOptions(builder, operation);
  const inputs = numbers(builder, operation.inputs, "addInt32");
  const outputs = numbers(builder, [operation.output], "addInt32");
  builder.startObject(OPERATOR.fields);
  builder.addFieldInt32(OPERATOR.opcodeIndex, opcodeIndex, 0);
  builder.addFieldOffset(OPERATOR.inputs, inputs, 0);
  builder.addFieldOffset(OPERATOR.outputs, outputs, 0);
  builder.addFieldInt8(OPERATOR.optionsType, OPERATIONS[operation.name].options, 0);
  builder.addFieldOffset(OPERATOR.options, options, 0);
  return builder.endObject();
}

function writeOptions(builder: Builder, operation: GraphOperation): Offset {
  const { ACTIVATION, PADDING } = schema;
  const begin = (fields: number): void => builder.startObject(fields);
  const int8 = (field: number, value: number): void => builder.addFieldInt8(field, value, 0);
  const int32 = (field: number, value: number, usual = 0): void => builder.addFieldInt32(field, value, usual);
  switch (operation.name) {
    case "CONV_2D":
    case "DEPTHWISE_CONV_2D": {
      const depthwise = operation.name === "DEPTHWISE_CONV_2D";
      const fields = depthwise ? schema.DEPTHWISE_OPTIONS : schema.CONV_OPTIONS;
      begin(fields.fields);
      int8(fields.padding, PADDING[operation.padding]);
      int32(fields.strideHeight, operation.strides[0]);
      int32(fields.strideWidth, operation.strides[1]);
      if (depthwise) int32(schema.DEPTHWISE_OPTIONS.depthMultiplier, 1);
      int8(fields.activation, ACTIVATION[operation.activation]);
      int32(fields.dilationWidth, 1, 1);
      int32(fields.dilationHeight, 1, 1);
      break;
    }
    case "MAX_POOL_2D":
    case "AVERAGE_POOL_2D": {
      const fields = schema.POOL_OPTIONS;
      begin(fields.fields);
      int8(fields.padding, PADDING[operation.padding]);
      int32(fields.strideHeight, operation.strides[0]);
      int32(fields.strideWidth, operation.strides[1]);
      int32(fields.filterHeight, operation.size[0]);
      int32(fields.filterWidth, operation.size[1]);
      int8(fields.activation, ACTIVATION.none);
      break;
    }
    case "FULLY_CONNECTED":
      begin(schema.FULLY_CONNECTED_OPTIONS.fields);
      int8(schema.FULLY_CONNECTED_OPTIONS.activation, ACTIVATION[operation.activation]);
      break;
    case "SOFTMAX":
      begin(schema.SOFTMAX_OPTIONS.fields);
      builder.addFieldFloat32(schema.SOFTMAX_OPTIONS.beta, 1, 0);
      break;
    case "RESHAPE": {
      const shape = numbers(builder, operation.shape, "addInt32");
      begin(schema.RESHAPE_OPTIONS.fields);
      builder.addFieldOffset(schema.RESHAPE_OPTIONS.newShape, shape, 0);
      break;
    }
    default:
      return assertNever(operation, "operation");
  }
  return builder.endObject();
}

function writeSubgraph(
  builder: Builder,
  graph: Graph,
  tensors: readonly Offset[],
  operators: readonly Offset[],
): Offset {
  const { SUBGRAPH } = schema;
  const allTensors = offsets(builder, tensors);
  const inputs = numbers(builder, [graph.input], "addInt32");
  const outputs = numbers(builder, [graph.output], "addInt32");
  const allOperators = offsets(builder, operators);
  const name = builder.createString("main");
  builder.startObject(SUBGRAPH.fields);
  builder.addFieldOffset(SUBGRAPH.tensors, allTensors, 0);
  builder.addFieldOffset(SUBGRAPH.inputs, inputs, 0);
  builder.addFieldOffset(SUBGRAPH.outputs, outputs, 0);
  builder.addFieldOffset(SUBGRAPH.operators, allOperators, 0);
  builder.addFieldOffset(SUBGRAPH.name, name, 0);
  return builder.endObject();
}
