/**
 * Converted networks of every kind in the official runtimes (LiteRT and TensorFlow Lite Micro from PyPI), in the device twin and in
 * the float pass.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { firmwareFolder } from "../../src-main/boards/firmware-image.ts";
import { convertToTflite } from "../../src-main/conversion/convert.ts";
import { floatPass } from "../../src-main/conversion/float-pass.ts";
import { product } from "../../src-main/conversion/layer-plan.ts";
import { quantiseValues } from "../../src-main/conversion/quantise.ts";
import { Twin } from "../../src-main/features/twin.ts";
import type { TrainedNetwork } from "../../src-main/training/network.ts";
import { trainNetwork } from "../../src-main/training/train.ts";
import { type JobWish, jobOf } from "../training/helpers.ts";
import { networkCases, normalWindows, randomNetwork, seededRandom } from "./networks.ts";

const python = process.env.LIMPET_PYTHON ?? join(import.meta.dirname, "../../.tools/python/bin/python");
const hasRuntimes = spawnSync(python, ["-c", "import ai_edge_litert, tflite_micro"]).status === 0;
if (!hasRuntimes) {
  console.warn(
    "SKIPPED: LiteRT and tflite-micro are missing (node scripts/setup.mjs --tests, or LIMPET_PYTHON)",
  );
}
const hasTwin = existsSync(join(firmwareFolder(), "twin.wasm"));
if (!hasTwin) console.warn("SKIPPED: the device twin is not built (npm run setup)");

const WINDOWS = 100;

type Answer = {
  readonly litert: Int8Array;
  readonly micro: Int8Array;
  readonly input: [number, number];
  readonly output: [number, number];
};

/** The network as a sum of its outputs before softmax: a step of a logit is a step there, and several steps of a score. */
const withoutSoftmax = (network: TrainedNetwork): TrainedNetwork => ({
  ...network,
  task: "regression",
  layers: network.layers.filter(({ kind }) => kind !== "softmax"),
});

const cases = [1, 2].flatMap((seed) =>
  networkCases(seed).flatMap(({ name, network }) => [
    { name: `${name}, seed ${seed}`, network, logits: network.task === "regression" },
    ...(network.task === "regression"
      ? []
      : [{ name: `${name}, seed ${seed}, without softmax`, network: withoutSoftmax(network), logits: true }]),
  ]),
);

type Case = { readonly name: string; readonly network: TrainedNetwork; readonly logits: boolean };

function prepare({ name, network, logits }: Case, seed: number, given?: Float32Array) {
  const inputs = product(network.inputShape);
  const features = given ?? normalWindows(seededRandom(seed), WINDOWS, inputs);
  const converted = convertToTflite(network, features, WINDOWS);
  const quantised = quantiseValues(features, converted.input);
  const windowOf = <T extends Float32Array | Int8Array>(values: T, window: number): T =>
    values.slice(window * inputs, (window + 1) * inputs) as T;
  return { name, network, logits, features, converted, quantised, windowOf };
}
type Prepared = ReturnType<typeof prepare>;

const prepared = cases.map((one, index) => prepare(one, 100 + index));

function runOfficial(all: readonly Prepared[]): Answer[] {
  const models = all.map(({ converted, quantised }) => ({
    tflite: Buffer.from(converted.tflite).toString("base64"),
    inputs: Buffer.from(quantised.buffer).toString("base64"),
    count: WINDOWS,
  }));
  const { status, stdout, stderr } = spawnSync(python, [join(import.meta.dirname, "run_tflite.py")], {
    input: JSON.stringify({ models }),
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(stderr);
  const answers = JSON.parse(stdout) as (Omit<Answer, "litert" | "micro"> & {
    litert: string;
    micro: string;
  })[];
  const int8 = (text: string) => new Int8Array(Buffer.from(text, "base64"));
  return answers.map((answer) => ({ ...answer, litert: int8(answer.litert), micro: int8(answer.micro) }));
}

const twinOutputs = (twin: Twin, { converted, quantised, windowOf }: Prepared): Int8Array => {
  const network = twin.network(converted.tflite);
  return Int8Array.from(
    Array.from({ length: WINDOWS }, (_, i) => [...network.invoke(windowOf(quantised, i))]).flat(),
  );
};

/** Share of values that are equal within one step. */
function withinOne(a: Int8Array, b: Int8Array): number {
  expect(a.length).toBe(b.length);
  return a.filter((value, i) => Math.abs(value - (b[i] as number)) <= 1).length / a.length;
}

describe.skipIf(!hasRuntimes || !hasTwin)("a converted network", () => {
  let official: Answer[] = [];
  let twin: Int8Array[] = [];
  beforeAll(async () => {
    official = runOfficial(prepared);
    const loaded = await Twin.load();
    twin = prepared.map((one) => twinOutputs(loaded, one));
  });

  it.each(prepared.map(({ name }, index) => ({ name, index })))(
    "gives in today's TensorFlow Lite Micro what it gives in the twin: $name",
    ({ index }) => {
      const { micro } = official[index] as Answer;
      expect(withinOne(micro, twin[index] as Int8Array)).toBeGreaterThanOrEqual(0.999);
    },
  );

  it("gives the same in the twin and in both runtimes for random layers in random shapes", async () => {
    const all = Array.from({ length: 60 }, (_, i) =>
      prepare({ name: `${i}`, network: randomNetwork(500 + i), logits: true }, i),
    );
    const loaded = await Twin.load();
    let [near, total] = [0, 0];
    for (const [i, { micro, litert }] of runOfficial(all).entries()) {
      const one = all[i] as Prepared;
      const own = twinOutputs(loaded, one);
      expect(withinOne(micro, own), JSON.stringify(one.network.layers.map(({ kind }) => kind))).toBe(1);
      near += withinOne(litert, own) * own.length;
      total += own.length;
    }
    expect(near / total).toBeGreaterThanOrEqual(0.999);
  });

  it("gives in LiteRT what it gives in the twin, within one step on 99.9 % of values before softmax", () => {
    const all = prepared.flatMap(({ logits }, i) => {
      return logits ? [[(official[i] as Answer).litert, twin[i] as Int8Array] as const] : [];
    });
    const near = all.map(([litert, own]) => withinOne(litert, own) * own.length);
    const total = all.reduce((sum, [litert]) => sum + litert.length, 0);
    expect(near.reduce((sum, count) => sum + count, 0) / total).toBeGreaterThanOrEqual(0.999);
  });

  it.each(prepared.map(({ name }, index) => ({ name, index })))(
    "chooses in LiteRT the class that it has in the twin unless two are as good: $name",
    ({ index }) => {
      const { converted, network } = prepared[index] as Prepared;
      const own = twin[index] as Int8Array;
      const { litert, input, output } = official[index] as Answer;
      expect(input).toEqual([converted.input.scale, converted.input.zeroPoint]);
      expect(output).toEqual([converted.output.scale, converted.output.zeroPoint]);
      for (let i = 0; i < own.length; i += network.outputs) {
        const theirs = [...litert.subarray(i, i + network.outputs)];
        const ours = [...own.subarray(i, i + network.outputs)];
        const [best, second] = ours.toSorted((a, b) => b - a);
        // Softmax makes up to eight steps of a score out of one step of a logit.
        if ((best as number) - (second ?? -128) <= 24) continue;
        expect(theirs.indexOf(Math.max(...theirs))).toBe(ours.indexOf(best as number));
      }
    },
  );

  it.each(prepared.map(({ name }, index) => ({ name, index })))(
    "stays close to the float network: $name",
    ({ index }) => {
      const { converted, features, windowOf } = prepared[index] as Prepared;
      const { scale, zeroPoint } = converted.output;
      const pass = floatPass(converted.quantised.layers);
      const own = twin[index] as Int8Array;
      let signal = 0;
      let noise = 0;
      for (let window = 0; window < WINDOWS; window++) {
        const float = pass.run(windowOf(features, window)).at(-1) as Float32Array;
        for (const [i, value] of float.entries()) {
          const error = ((own[window * float.length + i] as number) - zeroPoint) * scale - value;
          signal += value * value;
          noise += error * error;
        }
      }
      // 20 dB: a tenth of the amplitude. Deep networks of random weights have outputs that hardly differ between windows.
      expect(10 * Math.log10(signal / noise)).toBeGreaterThan(20);
    },
  );
});

/** Small ones of every kind, with noise enough that scores between 0 and 1 come about. */
const TRAINED: readonly JobWish[] = [
  { network: { kind: "dense", units: [16, 8] }, shape: [33] },
  { network: { kind: "conv1d" }, shape: [64, 3], distance: 0.6 },
  { network: { kind: "conv2d" }, shape: [25, 20, 1], distance: 0.4 },
  { network: { kind: "ds-cnn" }, shape: [25, 20, 1], distance: 0.4 },
];

const SEEDS = [1, 2, 3];

describe.skipIf(!hasRuntimes || !hasTwin)("a network that was trained", () => {
  it("has the scores in LiteRT that it has in the twin, within one step on 99.9 % of them, softmax included", async () => {
    const all: Prepared[] = [];
    for (const [wish, seed] of TRAINED.flatMap((one) => SEEDS.map((seed) => [one, seed] as const))) {
      const job = jobOf({ ...wish, counts: [96, WINDOWS], training: { epochs: 30, seed } });
      const { network } = await trainNetwork({ ...job, backend: "wasm" });
      all.push(prepare({ name: wish.network.kind, network, logits: false }, 0, job.validation.features));
    }
    const loaded = await Twin.load();
    let [near, total, between] = [0, 0, 0];
    for (const [i, { litert, micro }] of runOfficial(all).entries()) {
      const own = twinOutputs(loaded, all[i] as Prepared);
      expect(micro).toEqual(own);
      near += withinOne(litert, own) * own.length;
      total += own.length;
      between += own.filter((score) => score > -120 && score < 120).length;
    }
    // Else it would be shown for scores of 0 and 1 only.
    expect(between / total).toBeGreaterThan(0.2);
    expect(near / total).toBeGreaterThanOrEqual(0.999);
  });
});
