/**
 * The part of TensorFlow Lite's schema (version 3, tensorflow/lite/schema/schema.fbs) that Limpet writes and reads: places of the
 * fields in their tables and the numbers of enumerations. Knows no network.
 */

export const FILE_IDENTIFIER = "TFL3";
export const SCHEMA_VERSION = 3;

/** Field numbers by table, and the number of fields up to the last that is written. */
export const MODEL = {
  version: 0,
  operatorCodes: 1,
  subgraphs: 2,
  description: 3,
  buffers: 4,
  fields: 5,
} as const;
export const OPERATOR_CODE = {
  deprecatedBuiltinCode: 0,
  customCode: 1,
  version: 2,
  builtinCode: 3,
  fields: 4,
} as const;
export const SUBGRAPH = { tensors: 0, inputs: 1, outputs: 2, operators: 3, name: 4, fields: 5 } as const;
export const TENSOR = { shape: 0, type: 1, buffer: 2, name: 3, quantization: 4, fields: 5 } as const;
export const QUANTIZATION = { scale: 2, zeroPoint: 3, quantizedDimension: 6, fields: 7 } as const;
export const OPERATOR = {
  opcodeIndex: 0,
  inputs: 1,
  outputs: 2,
  optionsType: 3,
  options: 4,
  fields: 5,
} as const;
export const BUFFER = { data: 0, fields: 1 } as const;

export const CONV_OPTIONS = {
  padding: 0,
  strideWidth: 1,
  strideHeight: 2,
  activation: 3,
  dilationWidth: 4,
  dilationHeight: 5,
  fields: 6,
} as const;
export const DEPTHWISE_OPTIONS = {
  padding: 0,
  strideWidth: 1,
  strideHeight: 2,
  depthMultiplier: 3,
  activation: 4,
  dilationWidth: 5,
  dilationHeight: 6,
  fields: 7,
} as const;
export const POOL_OPTIONS = {
  padding: 0,
  strideWidth: 1,
  strideHeight: 2,
  filterWidth: 3,
  filterHeight: 4,
  activation: 5,
  fields: 6,
} as const;
export const FULLY_CONNECTED_OPTIONS = { activation: 0, fields: 1 } as const;
export const SOFTMAX_OPTIONS = { beta: 0, fields: 1 } as const;
export const RESHAPE_OPTIONS = { newShape: 0, fields: 1 } as const;

export const PADDING = { same: 0, valid: 1 } as const;
export const ACTIVATION = { none: 0, relu: 1 } as const;

/** Types of tensors with their bytes per value. */
export const TENSOR_TYPES = {
  FLOAT32: { code: 0, bytes: 4 },
  FLOAT16: { code: 1, bytes: 2 },
  INT32: { code: 2, bytes: 4 },
  UINT8: { code: 3, bytes: 1 },
  INT64: { code: 4, bytes: 8 },
  BOOL: { code: 6, bytes: 1 },
  INT16: { code: 7, bytes: 2 },
  INT8: { code: 9, bytes: 1 },
} as const;
export type TensorType = keyof typeof TENSOR_TYPES;

/**
 * The operations that are exported: their number, the version that takes int8 (each is among those of TensorFlow Lite Micro of
 * July 2020), and the number of their options in the union `BuiltinOptions`.
 */
export const OPERATIONS = {
  AVERAGE_POOL_2D: { code: 1, version: 2, options: 5 },
  CONV_2D: { code: 3, version: 3, options: 1 },
  DEPTHWISE_CONV_2D: { code: 4, version: 3, options: 2 },
  FULLY_CONNECTED: { code: 9, version: 4, options: 8 },
  MAX_POOL_2D: { code: 17, version: 2, options: 5 },
  RESHAPE: { code: 22, version: 1, options: 17 },
  SOFTMAX: { code: 25, version: 2, options: 9 },
} as const;
export type OperationName = keyof typeof OPERATIONS;
