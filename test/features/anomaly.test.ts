/** Recorded states and the distance from them: what is learnt, and that the board computes the same bits. */
import { expect, it } from "vitest";
import { convertToTflite } from "../../src-main/conversion/convert.ts";
import { makeGoldenVectors } from "../../src-main/deployment/golden-vectors.ts";
import { encodeModelPackage } from "../../src-main/deployment/model-package.ts";
import { anomalyScores, areaUnderCurve, fitStates, quantileOf } from "../../src-main/features/anomaly.ts";
import { encodeFrontend } from "../../src-main/features/frontend-config.ts";
import { normalise } from "../../src-main/features/normalisation.ts";
import { Twin } from "../../src-main/features/twin.ts";
import { windowDesign } from "../../src-shared/design.ts";
import { dense, seededRandom } from "../conversion/networks.ts";
import { inputOf, noiseWindow } from "../parity/random-packages.ts";

const SIZE = 6;

/** Windows round centres: `count` of each, deviation `spread`. */
function clouds(seed: number, centres: readonly number[], count: number, spread = 0.2): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length: centres.length * count * SIZE }, (_, i) => {
    const centre = centres[Math.floor(i / (count * SIZE))] as number;
    // Twelve uniform numbers are nearly normal.
    const noise = Array.from({ length: 12 }, () => random.uniform(-0.5, 0.5)).reduce((a, b) => a + b, 0);
    return centre * (i % SIZE === 0 ? 1 : 0.5) + spread * noise;
  });
}

const labelsOf = (count: number): Int32Array => new Int32Array(count);

it("finds the states of one label that was recorded in three, and scores about 1 in each of them", () => {
  const model = fitStates({
    features: clouds(1, [-3, 0, 3], 60),
    size: SIZE,
    labels: labelsOf(180),
    validation: { features: clouds(2, [-3, 0, 3], 20), labels: labelsOf(60) },
    seed: 1,
  });
  expect(model.states).toBeGreaterThanOrEqual(3);
  expect(model.states).toBeLessThanOrEqual(8);
  const normal = anomalyScores(model, clouds(3, [-3, 0, 3], 40));
  expect(quantileOf(normal, 0.5)).toBeGreaterThan(0.7);
  expect(quantileOf(normal, 0.5)).toBeLessThan(1.4);
  // Between the states lies nothing that was recorded, though the mean of all lies there.
  const between = anomalyScores(model, clouds(4, [-1.5, 1.5], 40));
  expect(areaUnderCurve(normal, between)).toBe(1);
});

it("gives a state that needs no more than one just one, and learns the same again from the same seed", () => {
  const request = {
    features: clouds(5, [1], 100),
    size: SIZE,
    labels: labelsOf(100),
    validation: { features: clouds(6, [1], 40), labels: labelsOf(40) },
    seed: 3,
  };
  expect(fitStates(request).states).toBe(1);
  expect(fitStates({ ...request, clusters: 4 })).toEqual(fitStates({ ...request, clusters: 4 }));
  expect(fitStates({ ...request, clusters: 4 }).states).toBeGreaterThan(1);
});

it("leaves out features that never vary", () => {
  const features = clouds(7, [0], 50).map((value, i) => (i % SIZE === 5 ? 2 : value));
  const model = fitStates({
    features,
    size: SIZE,
    labels: labelsOf(50),
    validation: { features: new Float32Array(0), labels: labelsOf(0) },
    seed: 1,
  });
  expect(model.weight[5]).toBe(0);
  expect(Number.isFinite(anomalyScores(model, features)[0])).toBe(true);
});

it("counts the area under the ROC curve with ties as one half", () => {
  expect(areaUnderCurve([1, 2, 3], [4, 5])).toBe(1);
  expect(areaUnderCurve([1, 2], [1, 2])).toBe(0.5);
  expect(areaUnderCurve([2], [1, 2, 3])).toBe(0.5);
  expect(areaUnderCurve([], [1])).toBeNull();
  expect(quantileOf([3, 1, 2], 0.5)).toBe(2);
  expect(quantileOf([0, 10], 0.25)).toBe(2.5);
});

it("is computed by the twin's pipeline with the same bits, and its label is unknown above the threshold", async () => {
  const twin = await Twin.load();
  const window = windowDesign.parse({ lengthMs: 320, strideMs: 320 });
  const inputs = [inputOf("accelerometer", 200, [0, 1], { block: "spectral", fftLength: 32, bands: 8 })];
  const frnt = encodeFrontend({ window, inputs });
  const frontend = twin.frontend(frnt);
  const random = seededRandom(9);
  const windows = Array.from({ length: 40 }, () => noiseWindow(random, frontend.windowValues));
  const features = new Float32Array(windows.length * frontend.featureCount);
  for (const [i, own] of windows.entries()) features.set(frontend.compute(own), i * frontend.featureCount);
  const normalisation = {
    mean: new Float32Array(frontend.featureCount).fill(0.3),
    factor: new Float32Array(frontend.featureCount).fill(0.7),
  };
  const normalised = normalise(features, normalisation);
  const states = fitStates({
    features: normalised,
    size: frontend.featureCount,
    labels: labelsOf(40),
    validation: { features: new Float32Array(0), labels: labelsOf(0) },
    clusters: 3,
    seed: 1,
  });
  const scores = anomalyScores(states, normalised);
  const threshold = quantileOf(scores, 0.5);
  const { tflite, input, output } = convertToTflite(
    {
      task: "classification",
      inputShape: [frontend.featureCount],
      outputs: 2,
      layers: [dense(random, frontend.featureCount, 2, "none"), { kind: "softmax" }],
    },
    normalised,
    40,
  );
  const runner = twin.network(tflite);
  const content = {
    frontendVersion: twin.frontendVersion,
    frontend: frnt,
    normalisation,
    tflite,
    task: "classification" as const,
    labels: ["a", "b"],
    arenaBytes: runner.arenaBytes,
    input,
    output,
    strideSamples: 64,
    thresholds: [0, 0],
    name: "states",
    golden: makeGoldenVectors({
      windowValues: frontend.windowValues,
      seeds: [1, 2],
      stored: [],
      normalisation,
      states,
      input,
      compute: (samples) => frontend.compute(samples),
      invoke: (values) => runner.invoke(values),
    }),
    anomaly: { ...states, threshold, labels: [0] },
    meta: {},
  };
  const pipeline = twin.pipeline(encodeModelPackage(content));
  expect(pipeline.selfTest()).toEqual({ run: 2, identical: 2, stage: 0 });
  let unknown = 0;
  for (const [i, own] of windows.entries()) {
    const { anomaly, label, raw } = pipeline.run(own);
    expect(anomaly).toBe(scores[i]);
    const best = (raw[1] as number) > (raw[0] as number) ? 1 : 0;
    // Only what would be called a normal state becomes unknown.
    const above = (scores[i] as number) > Math.fround(threshold);
    expect(label).toBe(above && best === 0 ? null : best);
    if (label === null) unknown++;
  }
  expect(unknown).toBeGreaterThan(0);
  const spoilt = { ...content, golden: content.golden.map((vector) => ({ ...vector, anomaly: 0.5 })) };
  expect(twin.pipeline(encodeModelPackage(spoilt)).selfTest()).toMatchObject({ identical: 0, stage: 4 });
});
