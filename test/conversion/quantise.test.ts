import { describe, expect, it } from "vitest";
import { leastErrorRange } from "../../src-main/conversion/calibration.ts";
import { convertToTflite } from "../../src-main/conversion/convert.ts";
import { floatPass } from "../../src-main/conversion/float-pass.ts";
import { int8Pass } from "../../src-main/conversion/int8-pass.ts";
import { planLayers, product } from "../../src-main/conversion/layer-plan.ts";
import {
  activationQuantisation,
  dequantiseValues,
  type QuantisedNetwork,
  quantiseNetwork,
  quantiseValues,
} from "../../src-main/conversion/quantise.ts";
import type { NetworkLayer, TrainedNetwork } from "../../src-main/training/network.ts";
import { errorOf } from "../dataset/helpers.ts";
import {
  conv2d,
  dense,
  depthwise,
  networkCases,
  normalWindows,
  seededRandom,
  type WindowShape,
} from "./networks.ts";

const WINDOWS = 100;

const quantised = (network: TrainedNetwork, seed = 5): QuantisedNetwork =>
  quantiseNetwork(network, normalWindows(seededRandom(seed), WINDOWS, product(network.inputShape)), WINDOWS);

const regression = (inputShape: number[], layers: NetworkLayer[], outputs = 1): TrainedNetwork => ({
  task: "regression",
  inputShape,
  outputs,
  layers,
});

const denseOf = (kernel: number[], bias: number[], activation: "none" | "relu" = "none"): NetworkLayer => ({
  kind: "dense",
  units: bias.length,
  activation,
  kernel: Float32Array.from(kernel),
  bias: Float32Array.from(bias),
});

describe("quantisation", () => {
  it.each(networkCases(3))("follows the specification: $name", ({ network }) => {
    const { layers, input, output } = quantised(network);
    let before = input;
    for (const layer of layers) {
      expect(layer.input).toEqual(before);
      expect(layer.output.scale).toBe(Math.fround(layer.output.scale));
      expect(layer.output.zeroPoint).toBeGreaterThanOrEqual(-128);
      expect(layer.output.zeroPoint).toBeLessThanOrEqual(127);
      if (/pool|reshape/.test(layer.layer.kind)) expect(layer.output).toEqual(layer.input);
      if (layer.layer.kind === "softmax") expect(layer.output).toEqual({ scale: 1 / 256, zeroPoint: -128 });
      if ("activation" in layer.layer && layer.layer.activation === "relu") {
        expect(layer.output.zeroPoint).toBe(-128);
      }
      if ("kernel" in layer.layer && layer.weights !== null) {
        const { kernel, scales, bias } = layer.weights;
        const outputs = bias.length;
        expect(scales.length).toBe(layer.layer.kind === "dense" ? 1 : outputs);
        expect(kernel.some((weight) => weight === -128)).toBe(false);
        const scaleAt = (i: number) => scales[i % scales.length] as number;
        for (const [i, weight] of kernel.entries()) {
          const error = Math.abs(weight * scaleAt(i) - (layer.layer.kernel[i] as number));
          expect(error).toBeLessThanOrEqual(scaleAt(i) * 0.5001);
        }
        for (const [i, value] of bias.entries()) {
          const step = scaleAt(i) * layer.input.scale;
          expect(Math.abs(value * step - (layer.layer.bias[i] as number))).toBeLessThanOrEqual(step * 0.5001);
        }
        // Every channel, or the whole tensor, uses its range to the end.
        for (const channel of scales.keys()) {
          const own = kernel.filter((_, i) => i % scales.length === channel);
          expect(Math.max(...own.map(Math.abs))).toBe(127);
        }
      }
      before = layer.output;
    }
    expect(output).toEqual(before);
  });

  it("makes 0 exact and keeps it within the range", () => {
    expect(activationQuantisation({ min: -1, max: 3 })).toEqual({
      scale: Math.fround(4 / 255),
      zeroPoint: -64,
    });
    expect(activationQuantisation({ min: 0, max: 0 })).toEqual({ scale: 1, zeroPoint: 0 });
    expect(activationQuantisation({ min: 0, max: 2.55 }).zeroPoint).toBe(-128);
    expect(activationQuantisation({ min: -2.55, max: 0 }).zeroPoint).toBe(127);
  });

  it("keeps the sums within 32 bits where a bias is enormous against its weights, and still gives the bias", () => {
    const network = regression([2], [denseOf([1e-7, 1e-7], [1000])]);
    const { layers, input, output } = quantised(network);
    const [layer] = layers;
    expect(Math.abs(layer?.weights?.bias[0] as number)).toBeLessThan(2 ** 31);
    const raw = int8Pass({ layers, input, output }).run(Int8Array.of(0, 0)).at(-1) as Int8Array;
    expect(dequantiseValues(raw, output)[0]).toBeCloseTo(1000, -1);
  });

  it("converts a layer of zeros, and one that never fires", () => {
    const network = regression([3], [denseOf([0, 0, 0, 0, 0, 0], [0, 0], "relu"), denseOf([1, -1], [0.5])]);
    const { output, layers, input } = quantised(network);
    const raw = int8Pass({ layers, input, output })
      .run(Int8Array.of(1, 2, 3))
      .at(-1) as Int8Array;
    expect(dequantiseValues(raw, output)[0]).toBeCloseTo(0.5, 1);
  });

  it("agrees between float pass and int8 pass on every layer of every kind", () => {
    for (const { network } of networkCases(4)) {
      const inputs = product(network.inputShape);
      const features = normalWindows(seededRandom(6), 20, inputs);
      const { quantised } = convertToTflite(network, features, 20);
      const [float, int8] = [floatPass(quantised.layers), int8Pass(quantised)];
      const window = features.slice(0, inputs);
      const raw = int8.run(quantiseValues(window, quantised.input));
      for (const [index, values] of float.run(window).entries()) {
        const { output, outputShape, name } = quantised.layers[index] as (typeof quantised.layers)[number];
        expect(values.length).toBe(product(outputShape));
        const back = dequantiseValues(raw[index] as Int8Array, output);
        const worst = values.reduce(
          (most, value, i) => Math.max(most, Math.abs(value - (back[i] as number))),
          0,
        );
        const steps = worst / output.scale;
        expect(steps, name).toBeLessThan(32);
      }
    }
  });
});

describe("calibration", () => {
  /** Whole numbers of the range -1 to 1, each window another one. */
  const even = (windows: number, inputs: number, value: (x: number, input: number) => number): Float32Array =>
    Float32Array.from({ length: windows * inputs }, (_, i) =>
      value((2 * Math.floor(i / inputs)) / (windows - 1) - 1, i % inputs),
    );

  it("takes the answer's range as it is, however rarely its ends are reached", () => {
    const rare = denseOf([1e5, 1], [-0.99e5, 0], "relu");
    const network = regression([1], [rare, denseOf([1, 1], [0])]);
    const { output } = quantiseNetwork(
      network,
      even(1001, 1, (x) => x),
      1001,
    );
    // At 1 the answer is 100,000 x 0.01 + 1; nearly everywhere it lies between 0 and 1.
    expect((127 - output.zeroPoint) * output.scale).toBeGreaterThan(950);
  });

  it("meets layers with inputs clipped to the input's range, as the board clips them", () => {
    const windows = even(1001, 1, (x) => x);
    windows[500] = 1e6;
    const { input, output } = quantiseNetwork(regression([1], [denseOf([1], [0])]), windows, 1001);
    expect(input.scale).toBeLessThan(0.1);
    expect(output.scale).toBeLessThan(0.1);
  });

  it("gives no answer finer steps than its sums have", () => {
    const network = regression([2], [denseOf([1, -1], [0])]);
    const windows = even(200, 2, (x, input) => x + (input === 0 ? 1e-5 * x : 0));
    const { layers, output } = quantiseNetwork(network, windows, 200);
    const [layer] = layers;
    const sums = (layer?.input.scale ?? 0) * (layer?.weights?.scales[0] ?? 0);
    expect(output.scale).toBe(Math.fround(sums));
  });

  it("looks at every channel of a layer that is too wide for all of its values to be kept", () => {
    const [width, windows] = [64, 2000];
    // 100,000 values are kept: 50 of 64 of a window. Whichever they begin with, these would always be left out.
    const kept = new Set(Array.from({ length: 50 }, (_, i) => Math.floor(i * (width / 50))));
    const kernel = Array.from({ length: width }, (_, channel) => (kept.has(channel) ? 1 : 100));
    const wide = denseOf(kernel, new Array(width).fill(0));
    const last = denseOf(new Array(width).fill(1), [0]);
    const { layers } = quantiseNetwork(
      regression([1], [wide, last]),
      even(windows, 1, (x) => x),
      windows,
    );
    const { scale, zeroPoint } = layers[0]?.output ?? { scale: 0, zeroPoint: 0 };
    expect((127 - zeroPoint) * scale).toBeGreaterThan(50);
  });
});

describe("the float pass", () => {
  it("gives a convolution worked by hand, with TensorFlow's padding", () => {
    // 1, 2, 3 with a kernel of two taps at stride 2: SAME pads one 0 behind.
    const layer: NetworkLayer = {
      kind: "conv2d",
      filters: 1,
      size: [2, 1],
      strides: [2, 1],
      padding: "same",
      activation: "relu",
      kernel: Float32Array.of(1, 10),
      bias: Float32Array.of(-4),
    };
    const layers = planLayers(regression([3, 1, 1], [layer], 2));
    expect([
      ...(floatPass(layers)
        .run(Float32Array.of(1, 2, 3))
        .at(-1) ?? []),
    ]).toEqual([17, 0]);
  });

  it("leaves padding out of pools", () => {
    const pool = (kind: "max-pool" | "average-pool"): NetworkLayer => ({
      kind,
      size: [2, 1],
      strides: [2, 1],
      padding: "same",
    });
    const run = (layer: NetworkLayer) =>
      floatPass(planLayers(regression([3, 1, 1], [layer], 2)))
        .run(Float32Array.of(-1, -3, -5))
        .at(-1);
    expect([...(run(pool("max-pool")) ?? [])]).toEqual([-1, -5]);
    expect([...(run(pool("average-pool")) ?? [])]).toEqual([-2, -5]);
  });

  it("sums each channel by itself in a depthwise convolution", () => {
    const layer: NetworkLayer = {
      kind: "depthwise-conv2d",
      size: [2, 1],
      strides: [1, 1],
      padding: "valid",
      activation: "none",
      kernel: Float32Array.of(1, 2, 3, 4),
      bias: Float32Array.of(0, 100),
    };
    const layers = planLayers(regression([2, 1, 2], [layer], 2));
    expect([
      ...(floatPass(layers)
        .run(Float32Array.of(1, 1, 2, 2))
        .at(-1) ?? []),
    ]).toEqual([7, 110]);
  });
});

describe("the range of features and hidden layers", () => {
  it("clips a lone outlier that would coarsen all other values", () => {
    const random = seededRandom(9);
    const values = Float32Array.from({ length: 3000 }, () => random.normal());
    values[77] = 500;
    values[78] = 1e9;
    const { min, max } = leastErrorRange(values);
    expect(max).toBeLessThan(30);
    expect(max).toBeGreaterThan(3);
    expect(min).toBeLessThan(-3);
    expect(min).toBeGreaterThan(-5);
  });

  it("keeps large values that come often", () => {
    const random = seededRandom(10);
    const values = Float32Array.from({ length: 10_000 }, (_, i) =>
      i % 50 === 0 ? 100 + random.normal() : random.normal(),
    );
    expect(leastErrorRange(values).max).toBeGreaterThan(99);
  });

  it("keeps the values that are not 0 where few are, and clips the outlier among them", () => {
    const values = Float32Array.from({ length: 20_000 }, (_, i) => (i % 100 === 0 ? 1 + (i % 700) / 700 : 0));
    values[55] = 1e4;
    const { min, max } = leastErrorRange(values);
    expect(min).toBe(0);
    expect(max).toBeGreaterThan(1.5);
    expect(max).toBeLessThan(50);
  });

  it("is that of the values where they are even, and contains 0", () => {
    const values = Float32Array.from({ length: 1000 }, (_, i) => 1 + i / 1000);
    const { min, max } = leastErrorRange(values);
    expect(min).toBe(0);
    expect(max).toBeGreaterThan(1.95);
    expect(leastErrorRange(new Float32Array(10))).toEqual({ min: 0, max: 0 });
  });
});

describe("what cannot be converted", () => {
  const random = seededRandom(2);
  const same: WindowShape = { size: [3, 1], strides: [1, 1], padding: "same" };
  const valid: WindowShape = { size: [9, 1], strides: [1, 1], padding: "valid" };
  const broken = { ...dense(random, 4, 2, "none"), bias: Float32Array.of(0, Number.NaN) } as NetworkLayer;
  const softmax: NetworkLayer = { kind: "softmax" };
  const cases: [string, TrainedNetwork, string][] = [
    ["a reshape to another size", regression([6], [{ kind: "reshape", shape: [5] }], 5), "reshape-1"],
    ["weights of another shape", regression([6], [dense(random, 5, 1, "none")]), "dense-1"],
    ["a convolution on a vector", regression([6], [conv2d(random, 1, 2, same)], 2), "conv2d-1"],
    [
      "a window larger than its input",
      regression([4, 1, 2], [depthwise(random, 2, valid)], 2),
      "depthwise-conv2d-1",
    ],
    [
      "a pool larger than its input",
      regression([4, 1, 2], [{ kind: "max-pool", ...valid }], 2),
      "max-pool-1",
    ],
    ["weights that are not numbers", regression([4], [broken], 2), "dense-1"],
    ["softmax before the end", regression([4], [softmax, dense(random, 4, 1, "none")]), "softmax-1"],
    [
      "classes without softmax",
      { ...regression([4], [dense(random, 4, 2, "none")], 2), task: "classification" },
      "dense-1",
    ],
    ["a value through softmax", regression([4], [dense(random, 4, 1, "none"), softmax]), "softmax-2"],
    ["another number of outputs", regression([4], [dense(random, 4, 3, "none")], 2), "dense-1"],
    ["no layers", regression([4], [], 4), "input"],
  ].map(([name, network, layer]) => [name, network, layer] as [string, TrainedNetwork, string]);

  it.each(cases)("is refused by the layer's name: %s", (_, network, layer) => {
    const error = errorOf("conversion-failed", () => quantised(network));
    expect(error.field).toBe(layer);
  });

  it("is refused without calibration windows, or with one that is not finite", () => {
    const network = regression([2], [dense(random, 2, 1, "none")]);
    errorOf("conversion-failed", () => convertToTflite(network, new Float32Array(0), 0));
    errorOf("conversion-failed", () => convertToTflite(network, new Float32Array(3), 2));
    errorOf("conversion-failed", () => convertToTflite(network, Float32Array.of(1, Number.NaN), 1));
  });
});
