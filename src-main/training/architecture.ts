/**
 * From the network of a design to its layers with their shapes, the one description that training, the table of layers and the
 * border to conversion are all made from. Knows no TensorFlow and no weights.
 *
 * Shapes leave the batch out. Images are [height, width, channels]; a signal of one dimension is [time, 1, channels].
 */
import type { NetworkDesign } from "../../src-shared/design.ts";
import { assertNever, LimpetError } from "../../src-shared/errors.ts";
import type { Extent, Padding } from "./network.ts";

export type Task = "classification" | "regression";
export type Shape = readonly number[];

export type Window = { readonly size: Extent; readonly strides: Extent; readonly padding: Padding };

type Kind =
  | { readonly kind: "reshape" }
  | { readonly kind: "dense"; readonly bias: boolean }
  | ({ readonly kind: "conv2d"; readonly bias: boolean } & Window)
  | ({ readonly kind: "depthwise-conv2d"; readonly bias: boolean } & Window)
  | ({ readonly kind: "max-pool" } & Window)
  | ({ readonly kind: "average-pool" } & Window)
  | { readonly kind: "batch-normalisation" }
  | { readonly kind: "relu" }
  | { readonly kind: "dropout"; readonly rate: number }
  | { readonly kind: "softmax" };

export type LayerSpec = Kind & { readonly input: Shape; readonly output: Shape };

export type Architecture = {
  readonly task: Task;
  readonly inputShape: Shape;
  readonly outputs: number;
  readonly layers: readonly LayerSpec[];
};

/** How a window moves over an image: what padding means in numbers, by TensorFlow's rules. */
export type Geometry = {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  /** Rows and columns of padding before the image. */
  readonly top: number;
  readonly left: number;
};

export function geometryOf(input: Shape, { size, strides, padding }: Window): Geometry {
  const [height = 1, width = 1, channels = 1] = input;
  const vertical = along(height, size[0], strides[0], padding);
  const horizontal = along(width, size[1], strides[1], padding);
  return {
    height,
    width,
    channels,
    outHeight: vertical.out,
    outWidth: horizontal.out,
    top: vertical.before,
    left: horizontal.before,
  };
}

function along(
  input: number,
  size: number,
  stride: number,
  padding: Padding,
): { out: number; before: number } {
  if (padding === "valid") return { out: Math.floor((input - size) / stride) + 1, before: 0 };
  const out = Math.ceil(input / stride);
  return { out, before: Math.floor(Math.max(0, (out - 1) * stride + size - input) / 2) };
}

export function sizeOf(shape: Shape): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/**
 * The layers of `network` for features of `inputShape` and `outputs` classes (or 1 value). Throws `invalid-design` with the field
 * (`network.…`) where a shape is impossible.
 */
export function buildArchitecture(
  network: NetworkDesign,
  inputShape: Shape,
  outputs: number,
  task: Task,
): Architecture {
  if (inputShape.length === 0 || inputShape.some((extent) => !Number.isInteger(extent) || extent < 1)) {
    throw new LimpetError("internal", `Features of shape [${inputShape.join(", ")}] cannot be trained on.`);
  }
  if (task === "classification" ? outputs < 1 : outputs !== 1) {
    throw new LimpetError(
      "invalid-dataset",
      task === "classification"
        ? "A classifier needs at least one class."
        : "A network that predicts a value has one output.",
      { hint: "Record or import data with a label." },
    );
  }
  const stack = new Stack(inputShape);
  switch (network.kind) {
    case "dense":
      dense(stack, network);
      break;
    case "conv1d":
      conv1d(stack, network);
      break;
    case "conv2d":
      conv2d(stack, network);
      break;
    case "ds-cnn":
      dsCnn(stack, network);
      break;
    default:
      assertNever(network, "kind of network");
  }
  stack.dense(outputs, true);
  if (task === "classification") stack.push({ kind: "softmax" }, stack.shape);
  return { task, inputShape, outputs, layers: stack.layers };
}

/** Layers so far and the shape that comes out of them. */
class Stack {
  readonly layers: LayerSpec[] = [];
  shape: Shape;

  constructor(input: Shape) {
    this.shape = input;
  }

  push(kind: Kind, output: Shape): void {
    this.layers.push({ ...kind, input: this.shape, output });
    this.shape = output;
  }

  reshape(shape: Shape): void {
    if (shape.length !== this.shape.length || shape.some((extent, axis) => extent !== this.shape[axis])) {
      this.push({ kind: "reshape" }, shape);
    }
  }

  flatten(): void {
    this.reshape([sizeOf(this.shape)]);
  }

  dense(units: number, bias: boolean): void {
    this.push({ kind: "dense", bias }, [units]);
  }

  conv2d(filters: number, window: Window, bias: boolean): void {
    const { outHeight, outWidth } = geometryOf(this.shape, window);
    this.push({ kind: "conv2d", bias, ...window }, [outHeight, outWidth, filters]);
  }

  depthwise(window: Window, bias: boolean): void {
    const { outHeight, outWidth, channels } = geometryOf(this.shape, window);
    this.push({ kind: "depthwise-conv2d", bias, ...window }, [outHeight, outWidth, channels]);
  }

  pool(kind: "max-pool" | "average-pool", window: Window): void {
    const { outHeight, outWidth, channels } = geometryOf(this.shape, window);
    this.push({ kind, ...window }, [outHeight, outWidth, channels]);
  }

  /** The mean over height and width: an average pool over the whole extent. */
  globalAverage(): void {
    const [height = 1, width = 1, channels = 1] = this.shape;
    this.pool("average-pool", { size: [height, width], strides: [height, width], padding: "valid" });
    this.reshape([channels]);
  }

  /** Batch normalisation (Ioffe and Szegedy 2015) where wanted, then the rectifier. */
  activate(normalise: boolean): void {
    if (normalise) this.push({ kind: "batch-normalisation" }, this.shape);
    this.push({ kind: "relu" }, this.shape);
  }

  dropout(rate: number): void {
    if (rate > 0) this.push({ kind: "dropout", rate }, this.shape);
  }
}

type Of<K extends NetworkDesign["kind"]> = Extract<NetworkDesign, { kind: K }>;

function dense(stack: Stack, { units, dropout, batchNormalisation }: Of<"dense">): void {
  stack.flatten();
  for (const count of units) {
    stack.dense(count, !batchNormalisation);
    stack.activate(batchNormalisation);
    stack.dropout(dropout);
  }
}

/** Convolutions along time without padding, a max pool between them, the mean over time at the end. */
function conv1d(stack: Stack, network: Of<"conv1d">): void {
  const [time = 1, channels = 1, more] = stack.shape;
  if (more !== undefined) {
    throw invalid(
      "network.kind",
      `conv1d takes a [time, channel] tensor; these features are [${stack.shape.join(", ")}].`,
      "Choose conv2d or ds-cnn.",
    );
  }
  stack.reshape([time, 1, channels]);
  network.filters.forEach((filters, index) => {
    const [length = 1] = stack.shape;
    if (length < network.kernel) {
      throw invalid(
        "network.kernel",
        `Convolution ${index + 1} has a kernel of ${network.kernel} steps, but only ${length} of the window's ${time} are left there.`,
        "Make the kernel, the pool or the number of layers smaller, or the window longer.",
      );
    }
    stack.conv2d(
      filters,
      { size: [network.kernel, 1], strides: [1, 1], padding: "valid" },
      !network.batchNormalisation,
    );
    stack.activate(network.batchNormalisation);
    if (index < network.filters.length - 1 && network.pool > 1) {
      const [steps = 1] = stack.shape;
      if (steps < network.pool) {
        throw invalid(
          "network.pool",
          `The pool after convolution ${index + 1} takes ${network.pool} steps, but only ${steps} are left there.`,
          "Make the pool or the kernel smaller, or the window longer.",
        );
      }
      stack.pool("max-pool", { size: [network.pool, 1], strides: [network.pool, 1], padding: "valid" });
    }
  });
  stack.globalAverage();
  stack.dropout(network.dropout);
}

/** Strided convolutions with padding, then one dense layer (Sainath and Parada 2015). */
function conv2d(stack: Stack, network: Of<"conv2d">): void {
  asImage(stack, "conv2d");
  for (const filters of network.filters) {
    const strides = [network.stride, network.stride] as const;
    stack.conv2d(filters, { size: network.kernel, strides, padding: "same" }, !network.batchNormalisation);
    stack.activate(network.batchNormalisation);
  }
  stack.flatten();
  stack.dropout(network.dropout);
}

/** Depthwise separable convolutions for keywords (Zhang et al. 2017, arXiv:1711.07128). */
function dsCnn(stack: Stack, { filters, blocks, dropout }: Of<"ds-cnn">): void {
  asImage(stack, "ds-cnn");
  stack.conv2d(filters, { size: [10, 4], strides: [2, 2], padding: "same" }, false);
  stack.activate(true);
  for (let block = 0; block < blocks; block++) {
    stack.depthwise({ size: [3, 3], strides: [1, 1], padding: "same" }, false);
    stack.activate(true);
    stack.conv2d(filters, { size: [1, 1], strides: [1, 1], padding: "same" }, false);
    stack.activate(true);
  }
  stack.globalAverage();
  stack.dropout(dropout);
}

function asImage(stack: Stack, kind: string): void {
  const [height = 1, width, channels = 1, more] = stack.shape;
  if (width === undefined || more !== undefined) {
    throw invalid(
      "network.kind",
      `${kind} takes a two-dimensional tensor such as [frame, filter]; these features are [${stack.shape.join(", ")}].`,
      "Choose dense or conv1d, or features such as log-mel, mfcc or raw.",
    );
  }
  stack.reshape([height, width, channels]);
}

function invalid(field: string, message: string, hint: string): LimpetError {
  return new LimpetError("invalid-design", message, { field, hint });
}
