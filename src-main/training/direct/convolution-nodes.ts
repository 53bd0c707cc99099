/**
 * Convolution as calls of the training kernels: each window's patches are the rows of a matrix (im2col, Chellapilla et al. 2006),
 * which is multiplied by the kernel. Where patches lie in the image as rows already (along time, or 1 x 1), nothing is copied.
 */
import { type Geometry, geometryOf, type LayerSpec, type Window } from "../architecture.ts";
import type { Node, Place, Workshop } from "./tape.ts";

type Of<K extends LayerSpec["kind"]> = Extract<LayerSpec, { kind: K }>;

/** A convolution's sizes as the kernels take them. */
export type Lattice = {
  /** height, width, channels, kernel height and width, strides, padding before, output height and width. */
  readonly numbers: readonly number[];
  /** Output places, and values that each of them sees. */
  readonly places: number;
  readonly depth: number;
  /** Distance of the patches' rows in the image itself, in values; 0 where they must be gathered. */
  readonly row: number;
};

/** An image of width 1 is laid on its side: a patch then is one run of values. */
export function latticeOf(geometry: Geometry, { size, strides }: Window): Lattice {
  const { height, width, channels, outHeight, outWidth, top, left } = geometry;
  const lying = width === 1 && size[1] === 1 && left === 0;
  const numbers = lying
    ? [1, height, channels, 1, size[0], 1, strides[0], 0, top, 1, outHeight]
    : [height, width, channels, size[0], size[1], strides[0], strides[1], top, left, outHeight, outWidth];
  const inside = top === 0 && left === 0;
  const alongTime = lying && inside && (outHeight - 1) * strides[0] + size[0] <= height;
  const pointwise = size[0] === 1 && size[1] === 1 && strides[0] === 1 && strides[1] === 1;
  return {
    numbers,
    places: outHeight * outWidth,
    depth: size[0] * size[1] * channels,
    row: pointwise ? channels : alongTime ? strides[0] * channels : 0,
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
  const { kernels } = shop;
  const { numbers, places, depth, row } = latticeOf(geometryOf(spec.input, spec), spec);
  const filters = spec.output[2] ?? 1;
  const kernel = shop.parameter(layer, "kernel") ?? { value: 0, gradient: 0 };
  const bias = shop.parameter(layer, "bias");
  // Rows that follow each other through the whole part of the batch make one product of it.
  const whole = row > 0 && places * row === input.size && row === depth;
  const patches = shop.scratch(0, places * depth);
  const panel = shop.scratch(1, 8 * Math.max(depth, filters, whole ? shop.capacity * places : places));
  const turned = shop.scratch(2, depth * filters);
  const gather = (image: number): number => {
    if (row > 0) return image;
    kernels.patches_of(image, ...numbers, patches());
    return patches();
  };
  const apart = row > 0 ? row : depth;
  /** Calls back with pointers to an image, to its output and to the count of outputs that one product handles. */
  const each = (rows: number, image: number, out: number, use: (x: number, y: number, n: number) => void) => {
    if (whole) {
      use(image, out, rows * places);
      return;
    }
    for (let index = 0; index < rows; index++) {
      use(image + 4 * index * input.size, out + 4 * index * output.size, places);
    }
  };
  return {
    forward({ rows }) {
      each(rows, input.values, output.values, (image, out, count) =>
        kernels.product(
          count,
          filters,
          depth,
          gather(image),
          apart,
          1,
          kernel.value,
          filters,
          out,
          filters,
          0,
          panel(),
        ),
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
      each(rows, input.values, output.gradient, (image, slope, count) =>
        kernels.product(
          depth,
          filters,
          count,
          gather(image),
          1,
          apart,
          slope,
          filters,
          kernel.gradient,
          filters,
          1,
          panel(),
        ),
      );
      if (input.gradient === 0) return;
      kernels.transpose(depth, filters, kernel.value, turned());
      if (!whole) kernels.clear(input.gradient, rows * input.size);
      each(rows, input.gradient, output.gradient, (image, slope, count) => {
        const to = whole ? image : patches();
        kernels.product(count, depth, filters, slope, filters, 1, turned(), depth, to, depth, 0, panel());
        if (!whole) kernels.add_patches(to, ...numbers, image);
      });
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
      if (input.gradient !== 0) kernels.clear(input.gradient, rows * input.size);
      for (let row = 0; row < rows; row++) {
        const slope = output.gradient + 4 * row * output.size;
        const from = input.values + 4 * row * input.size;
        kernels.depthwise_kernel_gradient(from, ...image, slope, ...window, kernel.gradient);
        if (input.gradient !== 0) {
          const to = input.gradient + 4 * row * input.size;
          kernels.depthwise_image_gradient(slope, ...image, kernel.value, ...window, to);
        }
      }
    },
  };
}
