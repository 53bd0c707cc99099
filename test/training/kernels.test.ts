/** The training kernels against sums written out in double precision and against finite differences of them. */
import { beforeAll, describe, expect, test } from "vitest";
import { geometryOf, type Window } from "../../src-main/training/architecture.ts";
import {
  createHeap,
  type Heap,
  type Kernels,
  loadKernels,
} from "../../src-main/training/direct/kernel-module.ts";
import { matrix, multiply, transposed } from "../../src-main/training/direct/product.ts";
import { hash, RandomSequence, shuffled } from "../../src-main/training/random.ts";

let heap: Heap;
let kernels: Kernels;
beforeAll(() => {
  heap = createHeap();
  kernels = loadKernels(heap);
});

const random = new RandomSequence(11);
const noise = (count: number) => Float32Array.from({ length: count }, () => random.normal());

function put(values: ArrayLike<number>): number {
  const pointer = heap.allocate(values.length);
  new Float32Array(heap.memory.buffer, pointer, values.length).set(values);
  return pointer;
}
const get = (pointer: number, count: number) => new Float32Array(heap.memory.buffer, pointer, count).slice();

/** The largest error as a share of the largest value. */
function error(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  let largest = 1e-9;
  let apart = 0;
  for (let i = 0; i < wanted.length; i++) {
    largest = Math.max(largest, Math.abs(wanted[i] ?? 0));
    apart = Math.max(apart, Math.abs((found[i] ?? Number.NaN) - (wanted[i] ?? 0)));
  }
  return apart / largest;
}

describe("product", () => {
  test.each([
    [1, 1, 1],
    [3, 5, 7],
    [4, 8, 16],
    [13, 3, 40],
    [9, 20, 33],
    [6, 4, 100],
    [5, 15, 2],
  ])("multiplies %i x %i over %i, on top of what is there, from either side", (rows, columns, depth) => {
    const a = noise(rows * depth);
    const b = noise(depth * columns);
    const c = noise(rows * columns);
    const wanted = Array.from({ length: rows * columns }, (_, at) => {
      let sum = c[at] ?? 0;
      const [i, j] = [Math.floor(at / columns), at % columns];
      for (let p = 0; p < depth; p++) sum += (a[i * depth + p] ?? 0) * (b[p * columns + j] ?? 0);
      return sum;
    });
    const turned = Float32Array.from({ length: a.length }, (_, at) => {
      const [p, i] = [Math.floor(at / rows), at % rows];
      return a[i * depth + p] ?? 0;
    });
    const panel = heap.allocate(8 * depth);
    const [straight, sideways] = [put(c), put(c)];
    multiply(kernels, matrix(put(a), rows, depth), put(b), columns, straight, true, panel);
    multiply(kernels, transposed(matrix(put(turned), depth, rows)), put(b), columns, sideways, true, panel);
    expect(error(get(straight, c.length), wanted)).toBeLessThan(1e-6);
    expect(get(sideways, c.length)).toEqual(get(straight, c.length));
  });
});

type Case = { readonly shape: [number, number, number]; readonly window: Window };
const cases: [string, Case][] = [
  ["3 x 3, same", { shape: [7, 6, 5], window: { size: [3, 3], strides: [1, 1], padding: "same" } }],
  [
    "10 x 8 with stride 2, same",
    { shape: [13, 11, 1], window: { size: [10, 8], strides: [2, 2], padding: "same" } },
  ],
  [
    "4 x 2 with strides 3 and 1, valid",
    { shape: [11, 5, 4], window: { size: [4, 2], strides: [3, 1], padding: "valid" } },
  ],
  [
    "larger than the image, same",
    { shape: [3, 2, 6], window: { size: [9, 7], strides: [2, 2], padding: "same" } },
  ],
  ["along time, valid", { shape: [20, 1, 3], window: { size: [5, 1], strides: [1, 1], padding: "valid" } }],
];

/** Calls back for each value that a kernel sees: index in the image, tap, output place. */
function walk({ shape, window }: Case, visit: (image: number, tap: number, place: number) => void): void {
  const { outHeight, outWidth, top, left } = geometryOf(shape, window);
  for (let oy = 0; oy < outHeight; oy++)
    for (let ox = 0; ox < outWidth; ox++)
      for (let ky = 0; ky < window.size[0]; ky++)
        for (let kx = 0; kx < window.size[1]; kx++) {
          const y = oy * window.strides[0] - top + ky;
          const x = ox * window.strides[1] - left + kx;
          if (y < 0 || x < 0 || y >= shape[0] || x >= shape[1]) continue;
          visit((y * shape[1] + x) * shape[2], ky * window.size[1] + kx, oy * outWidth + ox);
        }
}

/** Sum of `slope` times depthwise convolution, whose derivatives are the gradients. */
function depthwiseLoss(
  a: Case,
  image: ArrayLike<number>,
  kernel: ArrayLike<number>,
  slope: ArrayLike<number>,
) {
  const channels = a.shape[2];
  let sum = 0;
  walk(a, (at, tap, place) => {
    for (let c = 0; c < channels; c++)
      sum += (image[at + c] ?? 0) * (kernel[tap * channels + c] ?? 0) * (slope[place * channels + c] ?? 0);
  });
  return sum;
}

function differences(values: Float32Array, loss: (values: Float64Array) => number): Float64Array {
  const moved = Float64Array.from(values);
  return Float64Array.from(values, (value, index) => {
    const step = 1e-3;
    moved[index] = value + step;
    const above = loss(moved);
    moved[index] = value - step;
    const below = loss(moved);
    moved[index] = value;
    return (above - below) / (2 * step);
  });
}

describe.each(cases)("a window of %s", (_, a) => {
  const [height, width, channels] = a.shape;
  const { outHeight, outWidth, top, left } = geometryOf(a.shape, a.window);
  const window = [...a.window.size, ...a.window.strides, top, left, outHeight, outWidth];
  const places = outHeight * outWidth;
  const taps = a.window.size[0] * a.window.size[1];
  const image = noise(height * width * channels);

  test("is gathered as patches, and patches are added back where they came from", () => {
    const wanted = new Float64Array(places * taps * channels);
    const seen = new Float64Array(image.length);
    walk(a, (at, tap, place) => {
      for (let c = 0; c < channels; c++) {
        wanted[(place * taps + tap) * channels + c] = image[at + c] ?? 0;
        seen[at + c] = (seen[at + c] ?? 0) + (image[at + c] ?? 0);
      }
    });
    const patches = heap.allocate(wanted.length);
    kernels.patches_of(put(image), height, width, channels, ...window, patches);
    expect(error(get(patches, wanted.length), wanted)).toBe(0);
    const back = put(new Float32Array(image.length));
    kernels.add_patches(patches, height, width, channels, ...window, back);
    expect(error(get(back, image.length), seen)).toBeLessThan(1e-6);
  });

  test("convolves each channel, with gradients that finite differences confirm", () => {
    const kernel = noise(taps * channels);
    const slope = noise(places * channels);
    const wanted = new Float64Array(places * channels);
    walk(a, (at, tap, place) => {
      for (let c = 0; c < channels; c++)
        wanted[place * channels + c] =
          (wanted[place * channels + c] ?? 0) + (image[at + c] ?? 0) * (kernel[tap * channels + c] ?? 0);
    });
    const out = heap.allocate(wanted.length);
    kernels.depthwise(put(image), height, width, channels, put(kernel), ...window, out);
    expect(error(get(out, wanted.length), wanted)).toBeLessThan(1e-6);

    const ofImage = put(new Float32Array(image.length));
    kernels.depthwise_image_gradient(put(slope), height, width, channels, put(kernel), ...window, ofImage);
    const byImage = differences(image, (values) => depthwiseLoss(a, values, kernel, slope));
    expect(error(get(ofImage, image.length), byImage)).toBeLessThan(1e-5);

    const ofKernel = put(new Float32Array(kernel.length));
    kernels.depthwise_kernel_gradient(put(image), height, width, channels, put(slope), ...window, ofKernel);
    const byKernel = differences(kernel, (values) => depthwiseLoss(a, image, values, slope));
    expect(error(get(ofKernel, kernel.length), byKernel)).toBeLessThan(1e-5);
  });

  test("pools maximum and mean, with gradients that finite differences confirm", () => {
    const slope = noise(places * channels);
    const maximum = (values: ArrayLike<number>) => {
      const found = new Float64Array(places * channels).fill(Number.NEGATIVE_INFINITY);
      walk(a, (at, _tap, place) => {
        for (let c = 0; c < channels; c++)
          found[place * channels + c] = Math.max(found[place * channels + c] ?? 0, values[at + c] ?? 0);
      });
      return found;
    };
    const mean = (values: ArrayLike<number>) => {
      const found = new Float64Array(places * channels);
      const counts = new Float64Array(places);
      walk(a, (at, _tap, place) => {
        counts[place] = (counts[place] ?? 0) + 1;
        for (let c = 0; c < channels; c++)
          found[place * channels + c] = (found[place * channels + c] ?? 0) + (values[at + c] ?? 0);
      });
      return found.map((sum, at) => sum / (counts[Math.floor(at / channels)] ?? 1));
    };
    const lossOf = (pool: (values: ArrayLike<number>) => Float64Array) => (values: ArrayLike<number>) =>
      pool(values).reduce((sum, value, at) => sum + value * (slope[at] ?? 0), 0);

    // Far enough apart that a difference does not change which value is the largest.
    const spaced = Float32Array.from(shuffled(image.length, 3), (rank) => rank / 32);
    const out = heap.allocate(places * channels);
    const taken = heap.allocate(places * channels);
    kernels.max_pool(put(spaced), height, width, channels, ...window, out, taken);
    expect(error(get(out, places * channels), maximum(spaced))).toBe(0);
    const ofMaximum = put(new Float32Array(image.length));
    kernels.max_pool_gradient(put(slope), taken, places * channels, ofMaximum);
    expect(error(get(ofMaximum, image.length), differences(spaced, lossOf(maximum)))).toBeLessThan(1e-5);

    kernels.average_pool(put(image), height, width, channels, ...window, out);
    expect(error(get(out, places * channels), mean(image))).toBeLessThan(1e-6);
    const ofMean = put(new Float32Array(image.length));
    kernels.average_pool_gradient(put(slope), height, width, channels, ...window, ofMean);
    expect(error(get(ofMean, image.length), differences(image, lossOf(mean)))).toBeLessThan(1e-5);
  });
});

test("dropout in the kernel drops the values whose hash the same function in TypeScript gives", () => {
  const count = 1001;
  const [key, first, threshold] = [0xdeadbeef, 12_345, 0x40000000];
  const values = put(new Float32Array(count).fill(3));
  kernels.drop(values, count, key, first, threshold, 2);
  const wanted = Float32Array.from({ length: count }, (_, at) =>
    hash(key, first + at) >= threshold ? 6 : 0,
  );
  expect(get(values, count)).toEqual(wanted);
  const dropped = wanted.filter((value) => value === 0).length / count;
  expect(dropped).toBeGreaterThan(0.2);
  expect(dropped).toBeLessThan(0.3);
});

test("column passes work on widths that are no multiple of four", () => {
  const [rows, channels] = [5, 7];
  const values = noise(rows * channels);
  const column = (c: number) => Array.from({ length: rows }, (_, r) => values[r * channels + c] ?? 0);
  const zero = () => put(new Float32Array(channels));
  const sums = zero();
  kernels.add_column_sums(put(values), rows, channels, sums);
  const wanted = Array.from({ length: channels }, (_, c) => column(c).reduce((sum, value) => sum + value, 0));
  expect(error(get(sums, channels), wanted)).toBeLessThan(1e-6);
  const means = wanted.map((sum) => sum / rows);
  const squares = zero();
  kernels.add_column_squares(put(values), rows, channels, put(means), squares);
  const spread = means.map((mean, c) => column(c).reduce((sum, value) => sum + (value - mean) ** 2, 0));
  expect(error(get(squares, channels), spread)).toBeLessThan(1e-6);
  const bias = noise(channels);
  const biased = put(values);
  kernels.add_bias(biased, rows, channels, put(bias), 1);
  const rectified = values.map((value, at) => Math.max(0, value + (bias[at % channels] ?? 0)));
  expect(error(get(biased, values.length), rectified)).toBe(0);
});
