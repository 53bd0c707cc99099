/** Networks as bytes: every kind of layer comes back as it was, and damage is told. */
import { describe, expect, test } from "vitest";
import type { TrainedNetwork } from "../../src-main/training/network.ts";
import { decodeNetwork, encodeNetwork } from "../../src-main/training/weights.ts";

const values = (count: number) =>
  Float32Array.from({ length: count }, (_, at) => Math.fround(Math.sin(at) / 3));

const network: TrainedNetwork = {
  task: "classification",
  inputShape: [8, 6],
  outputs: 2,
  layers: [
    { kind: "reshape", shape: [8, 6, 1] },
    {
      kind: "conv2d",
      filters: 4,
      size: [3, 3],
      strides: [2, 2],
      padding: "same",
      activation: "relu",
      kernel: values(36),
      bias: values(4),
    },
    {
      kind: "depthwise-conv2d",
      size: [3, 3],
      strides: [1, 1],
      padding: "valid",
      activation: "none",
      kernel: values(36),
      bias: values(4),
    },
    { kind: "average-pool", size: [2, 1], strides: [2, 1], padding: "valid" },
    { kind: "reshape", shape: [4] },
    { kind: "dense", units: 2, activation: "none", kernel: values(8), bias: values(2) },
    { kind: "softmax" },
  ],
};

test("a network comes back from its bytes as it was, wherever they lie", () => {
  const bytes = encodeNetwork(network);
  expect(decodeNetwork(bytes)).toEqual(network);
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  expect(decodeNetwork(shifted.subarray(3))).toEqual(network);
});

describe("bytes are refused", () => {
  const corrupt = expect.objectContaining({ code: "project-corrupt" });

  test("when any one of them is changed", () => {
    const bytes = encodeNetwork(network);
    for (let at = 0; at < bytes.length; at += 13) {
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ 0x41;
      expect(() => decodeNetwork(changed), `byte ${at}`).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^project-(corrupt|newer)$/) }),
      );
    }
  });

  test("when they end anywhere before their end", () => {
    const bytes = encodeNetwork(network);
    for (let end = 0; end < bytes.length; end += 7) {
      expect(() => decodeNetwork(bytes.subarray(0, end))).toThrow(corrupt);
    }
  });

  test("when they come from a newer version, which is said", () => {
    const bytes = encodeNetwork(network);
    bytes[4] = 2;
    expect(() => decodeNetwork(bytes)).toThrow(expect.objectContaining({ code: "project-newer" }));
  });
});
