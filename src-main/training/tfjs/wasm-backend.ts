/**
 * TensorFlow.js's WASM backend in this thread, its memory as a heap for the training kernels, and the gradient kernels that it lacks
 * (filter of a convolution, both of a depthwise one) registered from them.
 */

import { join } from "node:path";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { LimpetError } from "../../../src-shared/errors.ts";
import { latticeOf } from "../direct/convolution-nodes.ts";
import { type Heap, type Kernels, kernelsBuilt, loadKernels } from "../direct/kernel-module.ts";
import { matrix, multiply, transposed } from "../direct/product.ts";

/** Where the backend's own WebAssembly lies; said to it because in a package its code lies elsewhere. */
const WASM_FOLDER = `${join(import.meta.dirname, "../../../node_modules/@tensorflow/tfjs-backend-wasm/dist")}/`;

let heap: Heap | null = null;

/** Makes the WASM backend the current one. Resolves with its memory. */
export async function startWasm(): Promise<Heap> {
  const { setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
  if (heap === null) setWasmPaths(WASM_FOLDER);
  if (!(await tf.setBackend("wasm"))) {
    throw new LimpetError("training-failed", "TensorFlow.js's WASM backend does not start.", {
      hint: "The installation is damaged; run `npm run setup`, or install Limpet again.",
    });
  }
  await tf.ready();
  if (heap === null) {
    heap = heapOf(tf.backend() as BackendWasm);
    if (kernelsBuilt()) registerGradients(loadKernels(heap), heap);
  }
  return heap;
}

/** The byte offset of a tensor's values in the backend's memory. */
export function pointerOf(tensor: tf.TensorInfo): number {
  const { memoryOffset } = (tf.backend() as BackendWasm).dataIdMap.get(tensor.dataId);
  return memoryOffset;
}

function heapOf({ wasm }: BackendWasm): Heap {
  const parts: object = wasm;
  const { asm, _malloc, _free } = parts as Readonly<Record<string, unknown>>;
  const memory = Reflect.get(Object(asm), "memory");
  if (
    !(memory instanceof WebAssembly.Memory) ||
    typeof _malloc !== "function" ||
    typeof _free !== "function"
  ) {
    throw new LimpetError("internal", "The memory of TensorFlow.js's WASM backend is not where it was.");
  }
  return {
    memory,
    allocate(count) {
      const pointer = Number(_malloc(Math.max(4, count) * Float32Array.BYTES_PER_ELEMENT)) >>> 0;
      if (pointer === 0) {
        throw new LimpetError("training-failed", "There is not enough memory for this network.", {
          field: "training.batchSize",
          hint: "Make the batch or the network smaller.",
        });
      }
      return pointer;
    },
    free: (pointer) => void _free(pointer),
  };
}

type Pad = "valid" | "same" | number | tf.backend_util.ExplicitPadding;
type Attributes = {
  readonly strides: [number, number] | number;
  readonly pad: Pad;
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
};
type Inputs = Record<string, tf.TensorInfo>;

function registerGradients(kernels: Kernels, { memory, allocate, free }: Heap): void {
  const register = (
    kernelName: string,
    compute: (inputs: Inputs, attributes: Attributes & Record<string, unknown>) => tf.TensorInfo,
  ) =>
    tf.registerKernel({
      kernelName,
      backendName: "wasm",
      kernelFunc: ({ inputs, attrs }) =>
        compute(inputs as Inputs, attrs as unknown as Attributes & Record<string, unknown>),
    });
  const zeros = (shape: readonly number[]): tf.TensorInfo => {
    const info = (tf.backend() as BackendWasm).makeOutput([...shape], "float32");
    new Float32Array(memory.buffer, pointerOf(info), tf.util.sizeFromShape([...shape])).fill(0);
    return info;
  };
  const at = (info: tf.TensorInfo, index: number) =>
    pointerOf(info) + (4 * index * tf.util.sizeFromShape(info.shape)) / (info.shape[0] ?? 1);

  register(tf.Conv2DBackpropFilter, ({ x, dy }, { strides, pad, dimRoundingMode, ...rest }) => {
    const filterShape = rest.filterShape as [number, number, number, number];
    const [input, slope] = [given(x), given(dy)];
    const info = tf.backend_util.computeConv2DInfo(
      input.shape as [number, number, number, number],
      filterShape,
      strides,
      1,
      pad,
      dimRoundingMode,
    );
    const { numbers, places, depth } = latticeOf(...latticeInputs(info));
    const gradient = zeros(filterShape);
    const patches = allocate(places * depth);
    const panel = allocate(8 * places);
    for (let index = 0; index < info.batchSize; index++) {
      kernels.patches_of(at(input, index), ...numbers, patches);
      multiply(
        kernels,
        transposed(matrix(patches, places, depth)),
        at(slope, index),
        info.outChannels,
        pointerOf(gradient),
        true,
        panel,
      );
    }
    free(panel);
    free(patches);
    return gradient;
  });

  register(
    tf.DepthwiseConv2dNativeBackpropFilter,
    ({ x, dy }, { strides, pad, dimRoundingMode, ...rest }) => {
      const filterShape = rest.filterShape as [number, number, number, number];
      const [input, slope] = [given(x), given(dy)];
      const info = depthwiseInfo(input.shape, filterShape, strides, pad, dimRoundingMode);
      const gradient = zeros(filterShape);
      for (let index = 0; index < info.batchSize; index++) {
        kernels.depthwise_kernel_gradient(
          at(input, index),
          ...imageOf(info),
          at(slope, index),
          ...windowOf(info),
          pointerOf(gradient),
        );
      }
      return gradient;
    },
  );

  register(
    tf.DepthwiseConv2dNativeBackpropInput,
    ({ dy, filter }, { strides, pad, dimRoundingMode, ...rest }) => {
      const inputShape = rest.inputShape as [number, number, number, number];
      const [slope, kernel] = [given(dy), given(filter)];
      const info = depthwiseInfo(inputShape, kernel.shape, strides, pad, dimRoundingMode);
      const gradient = zeros(inputShape);
      for (let index = 0; index < info.batchSize; index++) {
        kernels.depthwise_image_gradient(
          at(slope, index),
          ...imageOf(info),
          pointerOf(kernel),
          ...windowOf(info),
          at(gradient, index),
        );
      }
      return gradient;
    },
  );
}

type Info = tf.backend_util.Conv2DInfo;

function depthwiseInfo(
  input: readonly number[],
  filter: readonly number[],
  strides: [number, number] | number,
  pad: Pad,
  rounding: "floor" | "round" | "ceil" | undefined,
): Info {
  if (filter[3] !== 1) {
    throw new LimpetError("internal", "Only depthwise kernels with one filter for each channel are trained.");
  }
  return tf.backend_util.computeConv2DInfo(
    [...input] as [number, number, number, number],
    [...filter] as [number, number, number, number],
    strides,
    1,
    pad,
    rounding,
    true,
  );
}

const imageOf = ({ inHeight, inWidth, inChannels }: Info) => [inHeight, inWidth, inChannels];

const windowOf = (info: Info) => [
  info.filterHeight,
  info.filterWidth,
  info.strideHeight,
  info.strideWidth,
  info.padInfo.top,
  info.padInfo.left,
  info.outHeight,
  info.outWidth,
];

function latticeInputs(info: Info): Parameters<typeof latticeOf> {
  return [
    {
      height: info.inHeight,
      width: info.inWidth,
      channels: info.inChannels,
      outHeight: info.outHeight,
      outWidth: info.outWidth,
      top: info.padInfo.top,
      left: info.padInfo.left,
    },
    {
      size: [info.filterHeight, info.filterWidth],
      strides: [info.strideHeight, info.strideWidth],
      padding: "same",
    },
  ];
}

function given(info: tf.TensorInfo | undefined): tf.TensorInfo {
  if (info === undefined) throw new LimpetError("internal", "A gradient kernel lacks an input.");
  return info;
}
