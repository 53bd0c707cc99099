/** Whole trainings in the training thread: what they learn, that they repeat, how they end. */
import { describe, expect, test } from "vitest";
import { describeNetwork } from "../../src-main/training/describe-network.ts";
import { fitNetwork } from "../../src-main/training/fit.ts";
import { crossEntropy } from "../../src-main/training/objective.ts";
import { initialValues } from "../../src-main/training/parameters.ts";
import { predictFloat } from "../../src-main/training/predict.ts";
import type { TrainingJob } from "../../src-main/training/samples.ts";
import { trainNetwork } from "../../src-main/training/train.ts";
import { TEAM_MACS } from "../../src-main/training/training-core.ts";
import { decodeNetwork, encodeNetwork } from "../../src-main/training/weights.ts";
import type { EpochRecord } from "../../src-shared/contract/index.ts";
import { aloneStep, type JobWish, jobOf, parametersFor } from "./helpers.ts";

const train = (job: TrainingJob, work: Parameters<typeof trainNetwork>[1] = {}) =>
  trainNetwork({ ...job, backend: "wasm" }, work);

const networks: [string, JobWish][] = [
  ["dense", { network: { kind: "dense", units: [16], dropout: 0.1 }, shape: [30] }],
  [
    "dense with batch normalisation",
    { network: { kind: "dense", units: [16], batchNormalisation: true }, shape: [30] },
  ],
  [
    "conv1d",
    { network: { kind: "conv1d", filters: [8, 8], kernel: 5, batchNormalisation: true }, shape: [64, 3] },
  ],
  ["conv2d", { network: { kind: "conv2d", filters: [6], kernel: [5, 4] }, shape: [24, 12] }],
  ["ds-cnn", { network: { kind: "ds-cnn", filters: 8, blocks: 1 }, shape: [24, 12] }],
];

describe.each(networks)("%s", (kind, wish) => {
  const job = jobOf({
    ...wish,
    distance: kind === "conv1d" || kind === "ds-cnn" ? 4 : 2,
    counts: [120, 60],
    training: { epochs: 60, patience: 60, learningRate: 0.01 },
  });

  test("learns to tell three classes apart, and says of the kept weights what prediction with them shows", async () => {
    const trained = await train(job);
    expect(trained.validationAccuracy).toBeGreaterThan(0.9);
    expect(trained.history).toHaveLength(trained.epochs);
    const lowest = Math.min(...trained.history.map(({ validationLoss }) => validationLoss));
    expect(trained.validationLoss).toBeCloseTo(lowest, 5);

    const { features, targets, count } = job.validation;
    const network = decodeNetwork(encodeNetwork(trained.network));
    const scores = await predictFloat(network, features, count);
    let loss = 0;
    let right = 0;
    for (let row = 0; row < count; row++) {
      const ofRow = [...scores.subarray(3 * row, 3 * row + 3)];
      const target = targets[row] ?? 0;
      loss -= Math.log(ofRow[target] ?? 0) / count;
      if (ofRow.indexOf(Math.max(...ofRow)) === target) right++;
    }
    expect(right / count).toBeCloseTo(trained.validationAccuracy, 6);
    expect(loss).toBeCloseTo(trained.validationLoss, 4);
  });

  test("gives the same weights bit for bit for the same seed, and others for another", async () => {
    const short = { ...job, training: { ...job.training, epochs: 3 } };
    const [first, second] = [await train(short), await train(short)];
    expect(encodeNetwork(second.network)).toEqual(encodeNetwork(first.network));
    expect(second.history).toEqual(first.history);
    const other = await train({ ...short, training: { ...short.training, seed: 8 } });
    expect(encodeNetwork(other.network)).not.toEqual(encodeNetwork(first.network));
  });
});

test("a network for a value predicts it in its own unit", async () => {
  const job = jobOf({
    network: { kind: "dense", units: [24, 12] },
    shape: [4],
    classes: 1,
    counts: [400, 100],
    training: { epochs: 150, patience: 150, learningRate: 0.01 },
  });
  const trained = await train(job);
  expect(trained.validationAccuracy).toBeGreaterThan(0.95);
  const values = await predictFloat(trained.network, job.validation.features, 100);
  const squares = values.reduce(
    (sum, value, row) => sum + (value - (job.validation.targets[row] ?? 0)) ** 2,
    0,
  );
  expect(squares / 100 / trained.validationLoss).toBeCloseTo(1, 3);
});

test("training stops after `patience` epochs without a lower validation loss and keeps the best weights", async () => {
  const job = jobOf({
    network: { kind: "dense", units: [64] },
    shape: [40],
    distance: 0,
    training: { epochs: 500, patience: 4, learningRate: 0.01 },
  });
  const trained = await train(job);
  expect(trained.stoppedEarly).toBe(true);
  expect(trained.epochs).toBeLessThan(500);
  const losses = trained.history.map(({ validationLoss }) => validationLoss);
  expect(losses.indexOf(Math.min(...losses))).toBe(losses.length - 5);
  expect(trained.validationLoss).toBeCloseTo(Math.min(...losses), 5);
});

const long = jobOf({
  network: { kind: "conv1d" },
  shape: [128, 3],
  counts: [256, 64],
  training: { epochs: 10_000, patience: 10_000 },
});

test("epochs are told while training runs, and aborting `stop` keeps what was best", async () => {
  const stop = new AbortController();
  const told: EpochRecord[] = [];
  const fractions: number[] = [];
  const trained = await train(long, {
    stop: stop.signal,
    onEpoch: (record) => {
      told.push(record);
      if (record.epoch === 3) stop.abort();
    },
    onProgress: (_stage, fraction) => fractions.push(fraction),
  });
  expect(trained.stoppedEarly).toBe(true);
  expect(told).toEqual(trained.history);
  expect(told.map(({ epoch }) => epoch)).toEqual(told.map((_, index) => index + 1));
  expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
  expect(trained.validationLoss).toBeCloseTo(Math.min(...told.map((record) => record.validationLoss)), 5);
});

test("aborting the signal ends training as cancelled, and the next training runs", async () => {
  const cancel = new AbortController();
  const training = train(long, { signal: cancel.signal, onEpoch: () => cancel.abort() });
  await expect(training).rejects.toMatchObject({ code: "cancelled" });
  await expect(train(long, { signal: cancel.signal })).rejects.toMatchObject({ code: "cancelled" });
  const short = { ...long, training: { ...long.training, epochs: 1 } };
  expect((await train(short)).epochs).toBe(1);
});

test("a batch that is split over two threads trains as a whole one does, batch normalisation with it", async () => {
  const job = jobOf({
    network: { kind: "ds-cnn", filters: 8, blocks: 1 },
    shape: [49, 20],
    counts: [70, 33],
    training: { epochs: 3, augmentation: { masking: 0.2 } },
  });
  const { macs } = describeNetwork(job.network, job.inputShape, job.outputs, job.task);
  expect(macs * job.training.batchSize).toBeGreaterThan(TEAM_MACS);
  const whole = fitNetwork(job, aloneStep(job), null);
  const split = await train(job);
  split.history.forEach((record, index) => {
    expect(record.loss).toBeCloseTo(whole.history[index]?.loss ?? 0, 4);
    expect(record.validationLoss).toBeCloseTo(whole.history[index]?.validationLoss ?? 0, 4);
  });
  expect(split.history).toHaveLength(3);
});

test("two trainings at the same time do not disturb each other", async () => {
  const short = { ...long, training: { ...long.training, epochs: 3 } };
  const alone = await train(short);
  const together = await Promise.all([train(short), train(short)]);
  for (const { network } of together) expect(encodeNetwork(network)).toEqual(encodeNetwork(alone.network));
});

describe("is refused", () => {
  const small = jobOf({ network: { kind: "dense" }, shape: [6] });

  test("with a shape that the network cannot have", async () => {
    await expect(train({ ...small, network: long.network })).rejects.toMatchObject({
      code: "invalid-design",
      field: "network.kernel",
    });
  });

  test("with features that are not numbers", async () => {
    const features = small.train.features.slice();
    features[9] = Number.NaN;
    await expect(train({ ...small, train: { ...small.train, features } })).rejects.toMatchObject({
      code: "invalid-dataset",
      message: expect.stringContaining("Window 2 "),
    });
  });

  test("without validation windows, and with one class", async () => {
    const none = { count: 0, features: new Float32Array(), targets: new Int32Array() };
    await expect(train({ ...small, validation: none })).rejects.toMatchObject({ code: "invalid-dataset" });
    await expect(train({ ...small, outputs: 0 })).rejects.toMatchObject({ code: "invalid-dataset" });
  });

  test("when its loss grows beyond all numbers, with the learning rate to blame", async () => {
    const wild = jobOf({
      network: { kind: "dense", units: [8, 8, 8] },
      shape: [6],
      classes: 1,
      training: { learningRate: 10, epochs: 5, batchSize: 4 },
    });
    const features = wild.train.features.map((value) => value * 1e30);
    await expect(train({ ...wild, train: { ...wild.train, features } })).rejects.toMatchObject({
      code: "training-failed",
      field: "training.learningRate",
    });
  });
});

describe("the numbers that training begins with and is steered by", () => {
  const conv = jobOf({ network: { kind: "conv2d", filters: [6], kernel: [5, 4] }, shape: [24, 12] });

  test("kernels lie within the limit of Glorot and Bengio, which counts what a unit is connected to", () => {
    const parameters = parametersFor(conv);
    const values = initialValues(parameters, 1);
    // 5 x 4 weights from 1 input channel to 6 filters.
    const kernel = parameters.findIndex(({ role, shape }) => role === "kernel" && shape.length === 4);
    expect(parameters[kernel]?.fans).toBe(20 * (1 + 6));
    const limit = Math.sqrt(6 / 140);
    const most = Math.max(...(values[kernel] ?? []).map(Math.abs));
    expect(most).toBeLessThanOrEqual(limit);
    expect(most).toBeGreaterThan(0.9 * limit);
  });

  test("every epoch goes through all windows in an order of its own", () => {
    const job = jobOf({
      network: { kind: "dense", units: [4] },
      shape: [5],
      training: { epochs: 3, patience: 3, batchSize: 10 },
    });
    const orders: number[][] = [[], [], []];
    const sums = { loss: 1, right: 0 };
    fitNetwork(
      job,
      {
        train: (batch, epoch, _step, control) => {
          orders[epoch]?.push(...batch);
          return { ...sums, control };
        },
        evaluate: () => sums,
        save: () => [],
        load: () => {},
        dispose: () => {},
      },
      null,
    );
    const all = Array.from({ length: job.train.count }, (_, index) => index);
    for (const order of orders) expect([...order].sort((a, b) => a - b)).toEqual(all);
    expect(new Set(orders.map((order) => order.join())).size).toBe(3);
  });

  test("the weight of a class scales what its windows ask for, and not what the loss is said to be", () => {
    const logits = Float32Array.of(0, 0, 0, 0);
    const gradient = new Float32Array(4);
    const sums = crossEntropy(logits, [0, 1], 2, gradient, Float32Array.of(1, 3), 0.5);
    expect([...gradient]).toEqual([-0.25, 0.25, 0.75, -0.75]);
    expect(sums.loss).toBeCloseTo(2 * Math.log(2), 12);
    expect(sums.right).toBe(1);
  });
});
