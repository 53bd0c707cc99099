/**
 * Reads what a .tflite file holds: tensors, operations, shapes, quantisation. Any file of schema version 3 is described; operations
 * and options that Limpet does not write are named by number. Bytes that are not a sound file give `invalid-file`.
 */
import { FlatFile, type FlatTable, invalidTflite } from "./flat-tables.ts";
import {
  BUFFER,
  CONV_OPTIONS,
  DEPTHWISE_OPTIONS,
  FILE_IDENTIFIER,
  FULLY_CONNECTED_OPTIONS,
  MODEL,
  OPERATIONS,
  OPERATOR,
  OPERATOR_CODE,
  POOL_OPTIONS,
  QUANTIZATION,
  RESHAPE_OPTIONS,
  SCHEMA_VERSION,
  SOFTMAX_OPTIONS,
  SUBGRAPH,
  TENSOR,
  TENSOR_TYPES,
} from "./tflite-schema.ts";

export type TfliteTensor = {
  readonly name: string;
  /** With the batch; -1 where a file leaves a size open. */
  readonly shape: readonly number[];
  /** Such as `INT8`; `type 17` where it is none of tflite-schema.ts. */
  readonly type: string;
  /** Scales and zero points: one each, or one for every index of `dimension`. Null where there are none. */
  readonly quantisation: {
    readonly scales: readonly number[];
    readonly zeroPoints: readonly number[];
    readonly dimension: number;
  } | null;
  /** Little-endian; null where the operations compute it. */
  readonly data: Uint8Array | null;
};

export type TfliteOperation = {
  /** Such as `CONV_2D`; `operation 52` where Limpet does not write it. */
  readonly name: string;
  readonly version: number;
  /** Indices of tensors; -1 for an optional input that is not there. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** By the schema's meaning; numbers as in the file (padding 0 SAME, 1 VALID; activation 0 none, 1 ReLU). */
  readonly options: Readonly<Record<string, number | readonly number[]>>;
};

export type TfliteModel = {
  readonly description: string;
  readonly tensors: readonly TfliteTensor[];
  readonly operations: readonly TfliteOperation[];
  /** Indices of tensors. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
};

/** Describes the first subgraph of a .tflite file. Throws `invalid-file`. */
export function readTflite(bytes: Uint8Array): TfliteModel {
  if (bytes.length < 8 || Buffer.from(bytes.subarray(4, 8)).toString("latin1") !== FILE_IDENTIFIER) {
    throw invalidTflite("it does not begin as one");
  }
  const model = new FlatFile(bytes).root();
  const version = model.u32(MODEL.version);
  if (version !== SCHEMA_VERSION) throw invalidTflite(`its schema is version ${version}`);
  const buffers = model.tables(MODEL.buffers).map((buffer) => buffer.bytes(BUFFER.data));
  const [subgraph] = model.tables(MODEL.subgraphs);
  if (subgraph === undefined) throw invalidTflite("it holds no graph");
  const tensors = subgraph.tables(SUBGRAPH.tensors).map((table) => readTensor(table, buffers));
  const codes = model.tables(MODEL.operatorCodes).map(readOperatorCode);
  const operations = subgraph
    .tables(SUBGRAPH.operators)
    .map((table) => readOperation(table, codes, tensors.length));
  const inputs = indices(subgraph.i32s(SUBGRAPH.inputs), tensors.length);
  const outputs = indices(subgraph.i32s(SUBGRAPH.outputs), tensors.length);
  return { description: model.text(MODEL.description), tensors, operations, inputs, outputs };
}

function indices(values: number[], count: number, least = 0): number[] {
  if (values.some((value) => value < least || value >= count)) {
    throw invalidTflite("it refers to a tensor that is not there");
  }
  return values;
}

function readTensor(table: FlatTable, buffers: readonly (Uint8Array | null)[]): TfliteTensor {
  const name = table.text(TENSOR.name);
  const shape = table.i32s(TENSOR.shape);
  const code = table.i8(TENSOR.type);
  const [type, known] = Object.entries(TENSOR_TYPES).find(([, known]) => known.code === code) ?? [];
  const data = buffers[table.u32(TENSOR.buffer)];
  if (data === undefined) throw invalidTflite(`tensor “${name}” refers to a buffer that is not there`);
  const constant = data === null || data.length === 0 ? null : data;
  if (constant !== null && known !== undefined) {
    const bytes = shape.reduce((all, size) => all * size, known.bytes);
    if (bytes !== constant.length) {
      throw invalidTflite(`tensor “${name}” [${shape}] has ${constant.length} bytes in place of ${bytes}`);
    }
  }
  return { name, shape, type: type ?? `type ${code}`, quantisation: readQuantisation(table), data: constant };
}

function readQuantisation(tensor: FlatTable): TfliteTensor["quantisation"] {
  const table = tensor.table(TENSOR.quantization);
  const scales = table?.f32s(QUANTIZATION.scale) ?? [];
  if (table === null || scales.length === 0) return null;
  const zeroPoints = table.i64s(QUANTIZATION.zeroPoint).map(Number);
  return { scales, zeroPoints, dimension: table.i32(QUANTIZATION.quantizedDimension) };
}

type OperatorCode = { readonly name: string; readonly version: number };

function readOperatorCode(table: FlatTable): OperatorCode {
  // As TensorFlow Lite does it: files of before 2021 have the one, later ones both.
  const code = Math.max(table.i8(OPERATOR_CODE.deprecatedBuiltinCode), table.i32(OPERATOR_CODE.builtinCode));
  const [name] = Object.entries(OPERATIONS).find(([, operation]) => operation.code === code) ?? [];
  return { name: name ?? `operation ${code}`, version: table.i32(OPERATOR_CODE.version, 1) };
}

function readOperation(table: FlatTable, codes: readonly OperatorCode[], tensors: number): TfliteOperation {
  const code = codes[table.u32(OPERATOR.opcodeIndex)];
  if (code === undefined) throw invalidTflite("it refers to an operation that is not there");
  const inputs = indices(table.i32s(OPERATOR.inputs), tensors, -1);
  const outputs = indices(table.i32s(OPERATOR.outputs), tensors);
  return { ...code, inputs, outputs, options: readOptions(table) };
}

function readOptions(operation: FlatTable): TfliteOperation["options"] {
  const table = operation.table(OPERATOR.options);
  if (table === null) return {};
  const type = operation.u8(OPERATOR.optionsType);
  switch (type) {
    case OPERATIONS.CONV_2D.options:
    case OPERATIONS.DEPTHWISE_CONV_2D.options: {
      const depthwise = type === OPERATIONS.DEPTHWISE_CONV_2D.options;
      const fields = depthwise ? DEPTHWISE_OPTIONS : CONV_OPTIONS;
      return {
        padding: table.i8(fields.padding),
        strides: [table.i32(fields.strideHeight), table.i32(fields.strideWidth)],
        ...(depthwise && { depthMultiplier: table.i32(DEPTHWISE_OPTIONS.depthMultiplier) }),
        activation: table.i8(fields.activation),
        dilation: [table.i32(fields.dilationHeight, 1), table.i32(fields.dilationWidth, 1)],
      };
    }
    case OPERATIONS.MAX_POOL_2D.options:
      return {
        padding: table.i8(POOL_OPTIONS.padding),
        strides: [table.i32(POOL_OPTIONS.strideHeight), table.i32(POOL_OPTIONS.strideWidth)],
        size: [table.i32(POOL_OPTIONS.filterHeight), table.i32(POOL_OPTIONS.filterWidth)],
        activation: table.i8(POOL_OPTIONS.activation),
      };
    case OPERATIONS.FULLY_CONNECTED.options:
      return { activation: table.i8(FULLY_CONNECTED_OPTIONS.activation) };
    case OPERATIONS.SOFTMAX.options:
      return { beta: table.f32(SOFTMAX_OPTIONS.beta) };
    case OPERATIONS.RESHAPE.options:
      return { shape: table.i32s(RESHAPE_OPTIONS.newShape) };
    default:
      return {};
  }
}
