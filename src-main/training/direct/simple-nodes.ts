/** Dense layers, rectifier, dropout and pooling as calls of the training kernels. */
import { geometryOf, type LayerSpec } from "../architecture.ts";
import { keyOf } from "../random.ts";
import type { Node, Place, Workshop } from "./node.ts";
import { matrix, multiply, transposed } from "./product.ts";

/** output = input · kernel + bias, rectified where the next layer is a rectifier. */
export function dense(
  spec: Extract<LayerSpec, { kind: "dense" }>,
  layer: number,
  input: Place,
  output: Place,
  rectified: boolean,
  shop: Workshop,
): Node {
  const { kernels } = shop;
  const inputs = input.size;
  const units = spec.output[0] ?? 1;
  const kernel = shop.parameter(layer, "kernel") ?? { value: 0, gradient: 0 };
  const bias = shop.parameter(layer, "bias");
  const panel = shop.scratch(1, 8 * Math.max(inputs, units, shop.capacity));
  const turned = shop.scratch(2, inputs * units);
  return {
    forward({ rows }) {
      const { values } = output;
      multiply(kernels, matrix(input.values, rows, inputs), kernel.value, units, values, false, panel());
      if (bias !== null) kernels.add_bias(values, rows, units, bias.value, rectified ? 1 : 0);
      else if (rectified) kernels.rectify(values, rows * units);
    },
    backward({ rows }) {
      const { values, gradient } = output;
      if (rectified) kernels.rectify_gradient(gradient, values, rows * units);
      if (bias !== null) kernels.add_column_sums(gradient, rows, units, bias.gradient);
      const seen = transposed(matrix(input.values, rows, inputs));
      multiply(kernels, seen, gradient, units, kernel.gradient, true, panel());
      if (input.gradient === 0) return;
      kernels.transpose(inputs, units, kernel.value, turned());
      multiply(kernels, matrix(gradient, rows, units), turned(), inputs, input.gradient, false, panel());
    },
  };
}

/** In place; inverted dropout (Srivastava et al. 2014): what stays is scaled up, so nothing is to be done when predicting. */
export function dropout(rate: number, layer: number, place: Place, { kernels, seed }: Workshop): Node {
  const threshold = dropThreshold(rate);
  const drop = (pointer: number, rows: number, first: number, step: number) =>
    kernels.drop(
      pointer,
      rows * place.size,
      keyOf(seed, "dropout", step, layer),
      first * place.size,
      threshold,
      1 / (1 - rate),
    );
  return {
    forward({ rows, first, training, step }) {
      if (training) drop(place.values, rows, first, step);
    },
    backward({ rows, first, step }) {
      drop(place.gradient, rows, first, step);
    },
  };
}

/** Values whose hash is below it are dropped. */
export function dropThreshold(rate: number): number {
  return Math.min(2 ** 32 - 1, Math.round(rate * 2 ** 32));
}

export function pool(
  spec: Extract<LayerSpec, { kind: "max-pool" | "average-pool" }>,
  input: Place,
  output: Place,
  shop: Workshop,
): Node {
  const { kernels } = shop;
  const { height, width, channels, outHeight, outWidth, top, left } = geometryOf(spec.input, spec);
  const [sizeHeight, sizeWidth] = spec.size;
  const [strideHeight, strideWidth] = spec.strides;
  const windows = [
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
  ];
  const places = spec.kind === "max-pool" ? shop.allocate(shop.capacity * output.size) : 0;
  return {
    forward({ rows }) {
      for (let row = 0; row < rows; row++) {
        const image = input.values + 4 * row * input.size;
        const out = output.values + 4 * row * output.size;
        if (spec.kind === "max-pool")
          kernels.max_pool(image, ...windows, out, places + 4 * row * output.size);
        else kernels.average_pool(image, ...windows, out);
      }
    },
    backward({ rows }) {
      if (input.gradient === 0) return;
      kernels.clear(input.gradient, rows * input.size);
      for (let row = 0; row < rows; row++) {
        const image = input.gradient + 4 * row * input.size;
        const out = output.gradient + 4 * row * output.size;
        if (spec.kind === "max-pool") {
          kernels.max_pool_gradient(out, places + 4 * row * output.size, output.size, image);
        } else {
          kernels.average_pool_gradient(out, ...windows, image);
        }
      }
    },
  };
}
