/** The verdict on trainings that really fit, underfit and overfit. */
import { expect, test } from "vitest";
import { describeNetwork } from "../../src-main/training/describe-network.ts";
import { diagnoseFit } from "../../src-main/training/diagnosis.ts";
import type { TrainingJob } from "../../src-main/training/samples.ts";
import { trainNetwork } from "../../src-main/training/train.ts";
import { jobOf, valueSamples } from "./helpers.ts";

async function diagnose(job: TrainingJob) {
  const { history, stoppedEarly } = await trainNetwork({ ...job, backend: "wasm" });
  const { parameters } = describeNetwork(job.network, job.inputShape, job.outputs, job.task);
  return diagnoseFit(history, {
    task: job.task,
    outputs: job.outputs,
    epochs: job.training.epochs,
    windows: job.train.count,
    parameters,
    stoppedEarly,
  });
}

test("more epochs are advised only where training was cut short by their number, not where it stopped by itself", () => {
  const history = Array.from({ length: 10 }, (_, index) => ({
    epoch: index + 1,
    loss: 1 - index / 100,
    accuracy: 0.5,
    validationLoss: 1 - index / 100,
    validationAccuracy: 0.5,
  }));
  const context = { task: "classification", outputs: 3, epochs: 10, windows: 100, parameters: 50 } as const;
  const ended = diagnoseFit(history, { ...context, stoppedEarly: false });
  const stopped = diagnoseFit(history, { ...context, stoppedEarly: true });
  expect([ended.fit, stopped.fit]).toEqual(["underfit", "underfit"]);
  expect(ended.advice).toContain("more epochs");
  expect(stopped.advice).not.toContain("more epochs");
});

test("classes that are easy to tell apart give a good fit", async () => {
  const job = jobOf({
    network: { kind: "dense", units: [12] },
    shape: [24],
    distance: 2,
    counts: [300, 150],
  });
  const { fit, advice } = await diagnose(job);
  expect(fit).toBe("good");
  expect(advice).toMatch(/test set/);
});

test("two epochs at a small learning rate underfit, and more epochs are advised", async () => {
  const job = jobOf({
    network: { kind: "dense", units: [12] },
    shape: [24],
    distance: 2,
    counts: [300, 150],
    training: { epochs: 2, learningRate: 0.0005 },
  });
  const { fit, advice } = await diagnose(job);
  expect(fit).toBe("underfit");
  expect(advice).toMatch(/more epochs/);
});

test("a network without hidden layers underfits what no straight line divides", async () => {
  const job = jobOf({
    network: { kind: "dense", units: [] },
    shape: [2],
    classes: 2,
    counts: [400, 200],
    training: { epochs: 60, patience: 5, learningRate: 0.01 },
  });
  // Exclusive or: the class is whether the signs differ.
  for (const { features, targets } of [job.train, job.validation]) {
    for (let row = 0; row < targets.length; row++) {
      targets[row] = (features[2 * row] ?? 0) > 0 !== (features[2 * row + 1] ?? 0) > 0 ? 1 : 0;
    }
  }
  const { fit, advice } = await diagnose(job);
  expect(fit).toBe("underfit");
  expect(advice).toMatch(/larger network/);
  const larger = await diagnose({ ...job, network: { ...job.network, units: [16] } as typeof job.network });
  expect(larger.fit).toBe("good");
});

test("a large network on few windows of mere noise overfits, and more recordings are advised first", async () => {
  const job = jobOf({
    network: { kind: "dense", units: [128, 64] },
    shape: [60],
    distance: 0,
    counts: [60, 60],
    training: { epochs: 80, patience: 10, learningRate: 0.003 },
  });
  const { fit, advice } = await diagnose(job);
  expect(fit).toBe("overfit");
  expect(advice).toMatch(/record more/);
  expect(advice).toMatch(/smaller network/);
});

test("values that are predicted well give a good fit, and by heart an overfit", async () => {
  const training = { epochs: 150, patience: 20, learningRate: 0.01 };
  const job = jobOf({
    network: { kind: "dense", units: [24] },
    shape: [3],
    classes: 1,
    counts: [400, 200],
    training,
  });
  expect((await diagnose(job)).fit).toBe("good");
  const few = jobOf({ network: { kind: "dense", units: [128] }, shape: [40], classes: 1, training });
  const learned = await diagnose({
    ...few,
    train: valueSamples(24, 40),
    validation: valueSamples(80, 40, 99),
  });
  expect(learned.fit).toBe("overfit");
});
