/** Shapes, parameters and multiplications of each network, against sums done by hand. */
import { expect, test } from "vitest";
import type { z } from "zod";
import { describeNetwork } from "../../src-main/training/describe-network.ts";
import { networkDesign } from "../../src-shared/design.ts";

const described = (
  network: z.input<typeof networkDesign>,
  shape: readonly number[],
  outputs = 4,
  task: "classification" | "regression" = "classification",
) => describeNetwork(networkDesign.parse(network), shape, outputs, task);

test("a dense network counts weights and biases", () => {
  const { layers, parameters, macs } = described({ kind: "dense", units: [20, 10] }, [33], 3);
  expect(layers.map(({ name }) => name)).toEqual(["Dense 20, ReLU", "Dense 10, ReLU", "Dense 3", "Softmax"]);
  expect(parameters).toBe(33 * 20 + 20 + 20 * 10 + 10 + 10 * 3 + 3);
  expect(macs).toBe(33 * 20 + 20 * 10 + 10 * 3);
});

test("conv1d runs along time without padding and ends in the mean over time", () => {
  const { layers, macs } = described(
    { kind: "conv1d", filters: [16, 32], kernel: 5, dropout: 0.1 },
    [128, 3],
  );
  expect(layers.map(({ shape }) => shape)).toEqual([
    [128, 1, 3],
    [124, 1, 16],
    [62, 1, 16],
    [58, 1, 32],
    [1, 1, 32],
    [32],
    [32],
    [4],
    [4],
  ]);
  expect(macs).toBe(124 * 16 * 15 + 58 * 32 * 80 + 32 * 4);
});

test("conv2d pads and strides; a vector of features becomes one of time for conv1d", () => {
  const { layers, macs } = described({ kind: "conv2d", dropout: 0 }, [49, 40]);
  expect(layers[1]?.shape).toEqual([25, 20, 8]);
  expect(macs).toBe(25 * 20 * 8 * 80 + 4000 * 4);
  expect(described({ kind: "conv1d", filters: [4], kernel: 3 }, [12]).layers[1]?.shape).toEqual([10, 1, 4]);
});

test("ds-cnn counts batch normalisation as the bias that it becomes", () => {
  const { layers, parameters } = described({ kind: "ds-cnn", filters: 16, blocks: 1, dropout: 0 }, [49, 40]);
  expect(
    layers.filter(({ kind }) => kind === "batch-normalisation").every((layer) => layer.parameters === 0),
  ).toBe(true);
  expect(parameters).toBe(40 * 16 + 16 + (9 * 16 + 16) + (16 * 16 + 16) + (16 * 4 + 4));
});

test("a network for a value has one output and no softmax", () => {
  const { layers } = described({ kind: "dense" }, [5], 1, "regression");
  expect(layers.at(-1)).toMatchObject({ kind: "dense", shape: [1] });
});

test.each([
  ["a kernel longer than the window", { kind: "conv1d", kernel: 20 }, [12, 3], "network.kernel"],
  ["a pool longer than what is left", { kind: "conv1d", kernel: 5, pool: 16 }, [12, 3], "network.pool"],
  ["a vector for conv2d", { kind: "conv2d" }, [12], "network.kind"],
  ["an image for conv1d", { kind: "conv1d" }, [12, 4, 2], "network.kind"],
] as const)("%s is refused with its field and a way out", (_, network, shape, field) => {
  expect(() => described(network, shape)).toThrow(
    expect.objectContaining({ code: "invalid-design", field, hint: expect.any(String) }),
  );
});

test("no class is no classification, and one is enough for an anomaly score", () => {
  expect(() => described({ kind: "dense" }, [3], 0)).toThrow(
    expect.objectContaining({ code: "invalid-dataset" }),
  );
  expect(described({ kind: "dense", units: [] }, [3], 1).parameters).toBe(3 + 1);
});
