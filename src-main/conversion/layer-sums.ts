/**
 * What each layer sums up, in double precision and before any activation: the arithmetic that the float pass and the int8 pass
 * have in common. Knows no scales; values may be real numbers or the integers of a quantised layer.
 *
 * Tensors are flat, row-major, [height, width, channels]. Padded places count as 0 in convolutions and not at all in pools.
 */
import { axisWindows, extentOf, type PlannedLayer, product, type WindowLayer } from "./layer-plan.ts";

export type LayerWeights = {
  /** TensorFlow's order. */
  readonly kernel: Float32Array;
  readonly bias: Float64Array;
};

/** Sums of one layer on one window. `weights` are there for dense and convolutions. */
export function layerSums(
  planned: PlannedLayer,
  input: Float32Array,
  weights: LayerWeights | null,
): Float64Array {
  const { layer, outputShape } = planned;
  const sums = new Float64Array(product(outputShape));
  switch (layer.kind) {
    case "dense":
      if (weights !== null) dense(input, weights, sums);
      break;
    case "conv2d":
      if (weights !== null) convolve(planned, layer, input, weights, sums);
      break;
    case "depthwise-conv2d":
      if (weights !== null) convolveDepthwise(planned, layer, input, weights, sums);
      break;
    case "max-pool":
    case "average-pool":
      pool(planned, layer, input, sums);
      break;
    default:
      sums.set(input);
  }
  return sums;
}

function dense(input: Float32Array, { kernel, bias }: LayerWeights, sums: Float64Array): void {
  sums.set(bias);
  const units = sums.length;
  for (let i = 0; i < input.length; i++) {
    const value = input[i] as number;
    if (value === 0) continue;
    for (let unit = 0, at = i * units; unit < units; unit++, at++) {
      sums[unit] = (sums[unit] as number) + value * (kernel[at] as number);
    }
  }
}

/** Calls `visit` for every place of every window that is not padding: index of the window, of its tap, of the input's place. */
function forEachTap(
  planned: PlannedLayer,
  layer: WindowLayer,
  visit: (window: number, tap: number, place: number) => void,
): void {
  const [height, width] = extentOf(planned.inputShape);
  const [tall, wide] = layer.size;
  const rows = axisWindows(height, tall, layer.strides[0], layer.padding);
  const columns = axisWindows(width, wide, layer.strides[1], layer.padding);
  for (let row = 0; row < rows.count; row++) {
    const top = row * layer.strides[0] - rows.before;
    for (let column = 0; column < columns.count; column++) {
      const left = column * layer.strides[1] - columns.before;
      const window = row * columns.count + column;
      for (let y = Math.max(0, -top); y < tall && top + y < height; y++) {
        for (let x = Math.max(0, -left); x < wide && left + x < width; x++) {
          visit(window, y * wide + x, (top + y) * width + left + x);
        }
      }
    }
  }
}

function convolve(
  planned: PlannedLayer,
  layer: WindowLayer,
  input: Float32Array,
  { kernel, bias }: LayerWeights,
  sums: Float64Array,
): void {
  const channels = planned.inputShape[2] as number;
  const filters = bias.length;
  for (let at = 0; at < sums.length; at += filters) sums.set(bias, at);
  forEachTap(planned, layer, (window, tap, place) => {
    for (let channel = 0; channel < channels; channel++) {
      const value = input[place * channels + channel] as number;
      if (value === 0) continue;
      let from = (tap * channels + channel) * filters;
      for (let to = window * filters, end = to + filters; to < end; to++, from++) {
        sums[to] = (sums[to] as number) + value * (kernel[from] as number);
      }
    }
  });
}

function convolveDepthwise(
  planned: PlannedLayer,
  layer: WindowLayer,
  input: Float32Array,
  { kernel, bias }: LayerWeights,
  sums: Float64Array,
): void {
  const channels = bias.length;
  for (let at = 0; at < sums.length; at += channels) sums.set(bias, at);
  forEachTap(planned, layer, (window, tap, place) => {
    for (let channel = 0; channel < channels; channel++) {
      const to = window * channels + channel;
      const value =
        (input[place * channels + channel] as number) * (kernel[tap * channels + channel] as number);
      sums[to] = (sums[to] as number) + value;
    }
  });
}

function pool(planned: PlannedLayer, layer: WindowLayer, input: Float32Array, sums: Float64Array): void {
  const channels = planned.inputShape[2] as number;
  const largest = layer.kind === "max-pool";
  const counts = new Uint32Array(sums.length / channels);
  if (largest) sums.fill(-Infinity);
  forEachTap(planned, layer, (window, _tap, place) => {
    counts[window] = (counts[window] as number) + 1;
    for (let channel = 0; channel < channels; channel++) {
      const to = window * channels + channel;
      const value = input[place * channels + channel] as number;
      const sum = sums[to] as number;
      sums[to] = largest ? Math.max(sum, value) : sum + value;
    }
  });
  if (largest) return;
  for (let i = 0; i < sums.length; i++) {
    sums[i] = (sums[i] as number) / (counts[Math.floor(i / channels)] as number);
  }
}
