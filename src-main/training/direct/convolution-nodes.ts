/**
 * Convolution as calls of the training kernels: the patches that the kernel sees are the rows of a matrix (im2col, Chellapilla et
 * al. 2006), which is multiplied by the kernel. The product reads them in place, from an image with its padding round it.
 */
import { type Geometry, geometryOf, type LayerSpec, type Window } from "../architecture.ts";
import type { Node, Place, Workshop } from "./node.ts";
import { type Left, matrix, multiply, transposed } from "./product.ts";

type Of<K extends LayerSpec["kind"]> = Extract<LayerSpec, { kind: K }>;

/** A convolution's sizes as the kernels take them. */
export type Lattice = {
  /** height, width, channels, kernel height and width, strides, padding before, output height and width. */
  readonly numbers: readonly number[];
  /** Output places, and values that each of them sees. */
  readonly places: number;
  readonly depth: number;
  /** Extent of the image with its padding, and where the image begins in it; null where there is no padding. */
  readonly padded: {
    readonly height: number;
    readonly width: number;
    readonly top: number;
    readonly left: number;
  } | null;
  /** The patches of an image with its padding at a pointer. */
  patches(pointer: number): Left;
};

/** An image of width 1 is laid on its side: a patch then is one run of values. */
export function latticeOf(geometry: Geometry, { size, strides }: Window): Lattice {
  const { channels } = geometry;
  const lying = geometry.width === 1 && size[1] === 1 && geometry.left === 0;
  const { height, width, outHeight, outWidth, top, left } = lying
    ? {
        height: 1,
        width: geometry.height,
        outHeight: 1,
        outWidth: geometry.outHeight,
        top: 0,
        left: geometry.top,
      }
    : geometry;
  const [sizeHeight, sizeWidth] = lying ? [1, size[0]] : size;
  const [strideHeight, strideWidth] = lying ? [1, strides[0]] : strides;
  const tall = Math.max(top + height, (outHeight - 1) * strideHeight + sizeHeight);
  const wide = Math.max(left + width, (outWidth - 1) * strideWidth + sizeWidth);
  const pitch = wide * channels;
  const depth = sizeHeight * sizeWidth * channels;
  const places = outHeight * outWidth;
  return {
    numbers: [
      height,
      width,
      channels,
      sizeHeight,
      sizeWidth,
      strideHeight,
      strideWidth,
      top,
      left,
      outHeight,
      outWidth,
    ],
    places,
    depth,
    padded: tall === height && wide === width ? null : { height: tall, width: wide, top, left },
    patches: (pointer) => ({
      pointer,
      rows: { count: places, run: outWidth, outer: strideHeight * pitch, inner: strideWidth * channels },
      depth: { count: depth, run: sizeWidth * channels, outer: pitch, inner: 1 },
    }),
  };
}

export function convolution(
  spec: Of<"conv2d">,
  layer: number,
  input: Place,
  output: Place,
  rectified: boolean,
  shop: Workshop,
): Node {
  const { kernels, capacity } = shop;
  const lattice = latticeOf(geometryOf(spec.input, spec), spec);
  const { numbers, places, depth, padded } = lattice;
  const [height = 1, width = 1, channels = 1] = numbers;
  const filters = spec.output[2] ?? 1;
  const kernel = shop.parameter(layer, "kernel") ?? { value: 0, gradient: 0 };
  const bias = shop.parameter(layer, "bias");
  // A kernel of 1 x 1 makes one product of the whole part of the batch.
  const pointwise = padded === null && places * depth === input.size && depth === channels;
  const patches = pointwise ? () => 0 : shop.scratch(0, places * depth);
  const panel = shop.scratch(1, 8 * Math.max(depth, filters, pointwise ? capacity * places : places));
  const turned = shop.scratch(2, depth * filters);
  // The padding stays 0; only the image in it changes.
  const board = padded === null ? 0 : shop.allocate(padded.height * padded.width * channels);
  if (padded !== null) kernels.clear(board, padded.height * padded.width * channels);
  const seenBy = (image: number): Left => {
    if (padded === null) return lattice.patches(image);
    kernels.place_image(image, height, width, channels, padded.top, padded.left, padded.width, board);
    return lattice.patches(board);
  };
  /** Calls back with the left side of an image and a pointer to its output, or once for all images. */
  const each = (rows: number, out: number, use: (left: Left, out: number) => void) => {
    if (pointwise) {
      use(matrix(input.values, rows * places, depth), out);
      return;
    }
    for (let index = 0; index < rows; index++) {
      use(seenBy(input.values + 4 * index * input.size), out + 4 * index * output.size);
    }
  };
  const backToInput = (rows: number) => {
    kernels.transpose(depth, filters, kernel.value, turned());
    if (pointwise) {
      const slopes = matrix(output.gradient, rows * places, filters);
      multiply(kernels, slopes, turned(), depth, input.gradient, false, panel());
      return;
    }
    kernels.clear(input.gradient, rows * input.size);
    for (let index = 0; index < rows; index++) {
      const slopes = matrix(output.gradient + 4 * index * output.size, places, filters);
      multiply(kernels, slopes, turned(), depth, patches(), false, panel());
      kernels.add_patches(patches(), ...numbers, input.gradient + 4 * index * input.size);
    }
  };
  return {
    forward({ rows }) {
      each(rows, output.values, (left, out) =>
        multiply(kernels, left, kernel.value, filters, out, false, panel()),
      );
      if (bias !== null) {
        kernels.add_bias(output.values, rows * places, filters, bias.value, rectified ? 1 : 0);
      } else if (rectified) {
        kernels.rectify(output.values, rows * output.size);
      }
    },
    backward({ rows }) {
      if (rectified) kernels.rectify_gradient(output.gradient, output.values, rows * output.size);
      if (bias !== null) kernels.add_column_sums(output.gradient, rows * places, filters, bias.gradient);
      each(rows, output.gradient, (left, slopes) =>
        multiply(kernels, transposed(left), slopes, filters, kernel.gradient, true, panel()),
      );
      if (input.gradient !== 0) backToInput(rows);
    },
  };
}

export function depthwise(
  spec: Of<"depthwise-conv2d">,
  layer: number,
  input: Place,
  output: Place,
  rectified: boolean,
  shop: Workshop,
): Node {
  const { kernels } = shop;
  const { height, width, channels, outHeight, outWidth, top, left } = geometryOf(spec.input, spec);
  const kernel = shop.parameter(layer, "kernel") ?? { value: 0, gradient: 0 };
  const bias = shop.parameter(layer, "bias");
  const window = [...spec.size, ...spec.strides, top, left, outHeight, outWidth];
  const image = [height, width, channels];
  const places = outHeight * outWidth;
  // With strides 1 the gradient at the input is a depthwise convolution too, with the kernel turned round.
  const [sizeHeight, sizeWidth] = spec.size;
  const plain = spec.strides[0] === 1 && spec.strides[1] === 1;
  const back = [sizeHeight, sizeWidth, 1, 1, sizeHeight - 1 - top, sizeWidth - 1 - left, height, width];
  const turned = shop.scratch(2, sizeHeight * sizeWidth * channels);
  const backToInput = (rows: number) => {
    if (plain) kernels.turn_kernel(kernel.value, sizeHeight * sizeWidth, channels, turned());
    else kernels.clear(input.gradient, rows * input.size);
    for (let row = 0; row < rows; row++) {
      const slope = output.gradient + 4 * row * output.size;
      const to = input.gradient + 4 * row * input.size;
      if (plain) kernels.depthwise(slope, outHeight, outWidth, channels, turned(), ...back, to);
      else kernels.depthwise_image_gradient(slope, ...image, kernel.value, ...window, to);
    }
  };
  return {
    forward({ rows }) {
      for (let row = 0; row < rows; row++) {
        const from = input.values + 4 * row * input.size;
        kernels.depthwise(from, ...image, kernel.value, ...window, output.values + 4 * row * output.size);
      }
      if (bias !== null) {
        kernels.add_bias(output.values, rows * places, channels, bias.value, rectified ? 1 : 0);
      } else if (rectified) {
        kernels.rectify(output.values, rows * output.size);
      }
    },
    backward({ rows }) {
      if (rectified) kernels.rectify_gradient(output.gradient, output.values, rows * output.size);
      if (bias !== null) kernels.add_column_sums(output.gradient, rows * places, channels, bias.gradient);
      for (let row = 0; row < rows; row++) {
        const slope = output.gradient + 4 * row * output.size;
        const from = input.values + 4 * row * input.size;
        kernels.depthwise_kernel_gradient(from, ...image, slope, ...window, kernel.gradient);
      }
      if (input.gradient !== 0) backToInput(rows);
    },
  };
}
