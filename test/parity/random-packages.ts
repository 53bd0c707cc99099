/** Seeded model packages of every block and kind of network: real front ends, real conversion, golden vectors of the twin. */
import { convertToTflite } from "../../src-main/conversion/convert.ts";
import { type GoldenVector, makeGoldenVectors } from "../../src-main/deployment/golden-vectors.ts";
import { encodeModelPackage } from "../../src-main/deployment/model-package.ts";
import { inputFeatureShape } from "../../src-main/features/feature-shape.ts";
import { encodeFrontend } from "../../src-main/features/frontend-config.ts";
import { normalise } from "../../src-main/features/normalisation.ts";
import type { Twin } from "../../src-main/features/twin.ts";
import type { NetworkLayer, TrainedNetwork } from "../../src-main/training/network.ts";
import {
  type FeatureBlock,
  featureBlock,
  type ResolvedInput,
  windowDesign,
} from "../../src-shared/design.ts";
import { conv2d, dense, depthwise, type Random, seededRandom } from "../conversion/networks.ts";

export type PackageDesign = {
  readonly name: string;
  readonly inputs: readonly ResolvedInput[];
  readonly lengthMs: number;
  readonly strideMs: number;
};

export type RandomPackage = {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly windowValues: number;
  readonly strideSamples: number;
};

const LABELS = ["one", "two", "three"];
const CALIBRATION = 24;
export const AMPLITUDE = 0.8;

/** One input of a design. `block` as in a design file, with its defaults. */
export const inputOf = (
  sensor: string,
  rateHz: number,
  channelIndices: number[],
  block: { readonly block: FeatureBlock["block"] } & Record<string, unknown>,
): ResolvedInput => ({
  sensor,
  rateHz,
  channelIndices,
  channels: channelIndices.map((index) => `channel${index + 1}`),
  features: featureBlock.parse(block),
});

/** A window of noise with a little of a tone in it, so that no two spectra are alike. */
export function noiseWindow(random: Random, values: number, amplitude = AMPLITUDE): Float32Array {
  const turns = random.uniform(0.01, 0.4);
  const share = random.uniform(0, 1);
  return Float32Array.from(
    { length: values },
    (_, i) => amplitude * ((1 - share) * random.uniform(-1, 1) + share * Math.sin(2 * Math.PI * turns * i)),
  );
}

/** A package with a network of random weights behind the design's front end. */
export function makePackage(
  twin: Twin,
  design: PackageDesign,
  seed: number,
  network: NetworkKind,
  options: { readonly spoilGolden?: boolean } = {},
): RandomPackage {
  const random = seededRandom(seed);
  const window = windowDesign.parse({ lengthMs: design.lengthMs, strideMs: design.strideMs });
  const inputs = [...design.inputs];
  const frnt = encodeFrontend({ window, inputs });
  const frontend = twin.frontend(frnt);
  const { windowValues, featureCount } = frontend;
  const raw = Array.from({ length: CALIBRATION }, () => frontend.compute(noiseWindow(random, windowValues)));
  const normalisation = normalisationOf(raw, featureCount);
  const shape =
    inputs.length === 1 ? inputFeatureShape({ window }, inputs[0] as ResolvedInput) : [featureCount];
  const trained = randomNetwork(random, network, shape);
  const calibration = new Float32Array(CALIBRATION * featureCount);
  for (const [i, features] of raw.entries())
    calibration.set(normalise(features, normalisation), i * featureCount);
  const { tflite, input, output } = convertToTflite(trained, calibration, CALIBRATION);
  const loaded = twin.network(tflite);
  const golden = makeGoldenVectors({
    windowValues,
    seeds: [seed + 1, 0xdeadbeef],
    amplitude: AMPLITUDE,
    stored: windowValues < 1000 ? [noiseWindow(random, windowValues)] : [],
    normalisation,
    input,
    compute: (samples) => frontend.compute(samples),
    invoke: (values) => loaded.invoke(values),
  });
  frontend.close();
  const strideSamples = Math.round((design.strideMs / 1000) * (inputs[0] as ResolvedInput).rateHz);
  const bytes = encodeModelPackage({
    frontendVersion: twin.frontendVersion,
    frontend: frnt,
    normalisation,
    tflite,
    task: trained.task,
    labels: trained.task === "regression" ? [] : LABELS,
    arenaBytes: loaded.arenaBytes,
    input,
    output,
    strideSamples,
    thresholds: trained.task === "regression" ? [] : LABELS.map(() => 0.5),
    name: design.name,
    golden: options.spoilGolden === true ? golden.map(spoiled) : golden,
    meta: { seed },
  });
  return { name: design.name, bytes, windowValues, strideSamples };
}

/** The same vector with a score that the network does not give. */
const spoiled = (vector: GoldenVector): GoldenVector => ({
  ...vector,
  scores: vector.scores.map((score, i) => (i === 0 ? score ^ 1 : score)),
});

function normalisationOf(
  rows: readonly Float32Array[],
  count: number,
): { mean: Float32Array; factor: Float32Array } {
  const mean = new Float32Array(count);
  const factor = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const values = rows.map((row) => row[i] as number);
    const average = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - average) ** 2, 0) / values.length;
    mean[i] = average;
    factor[i] = 1 / Math.max(1e-3, Math.sqrt(variance));
  }
  return { mean, factor };
}

export type NetworkKind = "dense" | "conv1d" | "conv2d" | "ds-cnn" | "regression";

const productOf = (shape: readonly number[]): number => shape.reduce((all, extent) => all * extent, 1);

function randomNetwork(random: Random, kind: NetworkKind, inputShape: readonly number[]): TrainedNetwork {
  const count = productOf(inputShape);
  const [rows = 1, columns = 1] = inputShape;
  const end = (inputs: number): NetworkLayer[] =>
    kind === "regression"
      ? [dense(random, inputs, 1, "none")]
      : [dense(random, inputs, LABELS.length, "none"), { kind: "softmax" }];
  const same = { strides: [1, 1] as [number, number], padding: "same" as const };
  const average: NetworkLayer = {
    kind: "average-pool",
    size: [rows, columns],
    strides: [rows, columns],
    padding: "valid",
  };
  const layersOf = (): NetworkLayer[] => {
    switch (kind) {
      case "dense":
      case "regression":
        return [{ kind: "reshape", shape: [count] }, dense(random, count, 12, "relu"), ...end(12)];
      case "conv1d": {
        const pooled = Math.floor(rows / 2);
        return [
          { kind: "reshape", shape: [rows, 1, columns] },
          conv2d(random, columns, 6, { size: [5, 1], ...same }),
          { kind: "max-pool", size: [2, 1], strides: [2, 1], padding: "valid" },
          { kind: "average-pool", size: [pooled, 1], strides: [pooled, 1], padding: "valid" },
          { kind: "reshape", shape: [6] },
          ...end(6),
        ];
      }
      case "conv2d":
        return [
          { kind: "reshape", shape: [rows, columns, 1] },
          conv2d(random, 1, 4, { size: [4, 3], ...same }),
          average,
          { kind: "reshape", shape: [4] },
          ...end(4),
        ];
      case "ds-cnn":
        return [
          { kind: "reshape", shape: [rows, columns, 1] },
          conv2d(random, 1, 6, { size: [3, 3], ...same }),
          depthwise(random, 6, { size: [3, 3], ...same }),
          conv2d(random, 6, 6, { size: [1, 1], ...same }),
          average,
          { kind: "reshape", shape: [6] },
          ...end(6),
        ];
    }
  };
  return {
    task: kind === "regression" ? "regression" : "classification",
    inputShape,
    outputs: kind === "regression" ? 1 : LABELS.length,
    layers: layersOf(),
  };
}
