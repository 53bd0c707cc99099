/** Networks of the benchmark: those whose instructions with CMSIS-NN are known, and those of Limpet's presets. Weights are random. */

import { convertToTflite } from "../../src-main/conversion/convert.ts";
import { featureShape } from "../../src-main/features/feature-shape.ts";
import { presetDesign } from "../../src-main/features/presets.ts";
import { resolveDesign } from "../../src-main/features/resolve-design.ts";
import { buildArchitecture, type LayerSpec, type Task } from "../../src-main/training/architecture.ts";
import { describeNetwork } from "../../src-main/training/describe-network.ts";
import type { NetworkLayer } from "../../src-main/training/network.ts";
import type { RecordingInfo } from "../../src-shared/contract/index.ts";
import { type NetworkDesign, networkDesign } from "../../src-shared/design.ts";
import {
  conv2d,
  dense,
  depthwise,
  normalWindows,
  type Random,
  seededRandom,
} from "../../test/conversion/networks.ts";

export type BenchNetwork = {
  readonly name: string;
  readonly macs: number;
  /**
   * Instructions with CMSIS-NN's kernels (TensorFlow Lite Micro of 2026, gcc 12.2 -O2, NDEBUG), counted in the same way on the same
   * machine; null where they have not been counted.
   */
  readonly cmsisNn: number | null;
  readonly tflite: Uint8Array;
};

const WINDOWS = 20;

export function benchNetworks(): BenchNetwork[] {
  return [
    make(
      "MLPerf Tiny's keyword DS-CNN: 49x10, 64 filters, 4 blocks",
      [49, 10],
      12,
      { kind: "ds-cnn", filters: 64, blocks: 4 },
      7_700_000,
    ),
    make("keyword: 49x40, 8 filters of 10x8 at stride 2", [49, 40], 4, { kind: "conv2d" }, 2_400_000),
    make("conv1d: 128x3, 16 of 5, pool 2, 32 of 5", [128, 3], 4, { kind: "conv1d" }, 613_000),
    make("dense: 33-20-10-4", [33], 4, { kind: "dense" }, 7330),
    preset("vibration", "accelerometer", 1600, ["accX", "accY", "accZ"], 60, 4),
    preset("keyword", "microphone", 16_000, ["microphone"], 1, 4),
    preset("gesture", "accelerometer", 50, ["accX", "accY", "accZ"], 4, 4),
    preset("sine", "sensor", 100, ["x"], 60, 1),
  ];
}

function make(
  name: string,
  inputShape: number[],
  outputs: number,
  design: { kind: NetworkDesign["kind"]; [field: string]: unknown },
  cmsisNn: number | null,
  task: Task = "classification",
): BenchNetwork {
  const network = networkDesign.parse(design);
  const random = seededRandom(7);
  const specs = buildArchitecture(network, inputShape, outputs, task).layers;
  const layers = layersOf(specs, random);
  const inputs = inputShape.reduce((product, extent) => product * extent, 1);
  const { tflite } = convertToTflite(
    { task, inputShape, outputs, layers },
    normalWindows(random, WINDOWS, inputs),
    WINDOWS,
  );
  return { name, macs: describeNetwork(network, inputShape, outputs, task).macs, cmsisNn, tflite };
}

/** A preset's network for recordings of one sensor. */
function preset(
  name: string,
  sensor: string,
  rateHz: number,
  channels: string[],
  seconds: number,
  outputs: number,
): BenchNetwork {
  const task = name === "sine" ? "regression" : "classification";
  const recordings = [recordingOf(sensor, rateHz, channels, seconds)];
  const { design } = resolveDesign(presetDesign(name, recordings, { task }), recordings);
  const shape = featureShape(design);
  const made = make(`preset ${name}: ${shape.join("x")}`, shape, outputs, design.network, null, task);
  return made;
}

function recordingOf(sensor: string, rateHz: number, channels: string[], seconds: number): RecordingInfo {
  const stream = {
    id: 1,
    sensor,
    rateHz,
    channels: channels.map((name) => ({ name, unit: "" })),
    samples: rateHz * seconds,
  };
  // Only what designs are resolved by.
  return {
    id: 1,
    name: "bench",
    label: "a",
    excluded: false,
    seconds,
    streams: [stream],
  } as unknown as RecordingInfo;
}

/** Layers with weights; batch normalisation and dropout leave nothing behind on the board. */
function layersOf(specs: readonly LayerSpec[], random: Random): NetworkLayer[] {
  const layers: NetworkLayer[] = [];
  for (const spec of specs) {
    switch (spec.kind) {
      case "reshape":
        layers.push({ kind: "reshape", shape: spec.output });
        break;
      case "dense":
        layers.push(dense(random, spec.input[0] ?? 1, spec.output[0] ?? 1, "none"));
        break;
      case "conv2d":
        layers.push({
          ...conv2d(random, spec.input[2] ?? 1, spec.output[2] ?? 1, windowOf(spec)),
          activation: "none",
        } as NetworkLayer);
        break;
      case "depthwise-conv2d":
        layers.push({
          ...depthwise(random, spec.input[2] ?? 1, windowOf(spec)),
          activation: "none",
        } as NetworkLayer);
        break;
      case "max-pool":
      case "average-pool":
        layers.push({ kind: spec.kind, size: spec.size, strides: spec.strides, padding: spec.padding });
        break;
      case "relu": {
        const last = layers.pop();
        if (last !== undefined) layers.push({ ...last, activation: "relu" } as NetworkLayer);
        break;
      }
      case "softmax":
        layers.push({ kind: "softmax" });
        break;
      case "batch-normalisation":
      case "dropout":
        break;
    }
  }
  return layers;
}

const windowOf = ({
  size,
  strides,
  padding,
}: Extract<LayerSpec, { kind: "conv2d" | "depthwise-conv2d" }>) => ({
  size: [...size] as [number, number],
  strides: [...strides] as [number, number],
  padding,
});
