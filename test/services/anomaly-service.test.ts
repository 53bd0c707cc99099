/** The anomaly score of experiments, from the design to the answer: on generated parts, and on a real fan. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { importFiles } from "../../src-main/dataset/import/import.ts";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { evaluate } from "../../src-main/services/evaluation-service.ts";
import { train } from "../../src-main/services/training-service.ts";
import { type DesignFileInput, designFile } from "../../src-shared/design.ts";
import { realData, temporaryFolder } from "../dataset/helpers.ts";
import { addTake } from "./learning-projects.ts";

const fan = realData("ceiling-fan");
const newProject = (): ProjectFile => ProjectFile.create(join(temporaryFolder(), "a.limpet"));

const DESIGN: DesignFileInput = {
  window: { lengthMs: 1000, strideMs: 500 },
  features: { block: "spectral", fftLength: 64, bands: 16 },
  training: { epochs: 20 },
};
const request = (change: Partial<DesignFileInput>) => ({
  design: designFile.parse({ ...DESIGN, ...change }),
  backend: "wasm" as const,
});

/** Two states to learn, one that is met for the first time in the test. */
function twoAndAnother(): ProjectFile {
  const project = newProject();
  for (let take = 1; take <= 6; take++) {
    addTake(project, { label: "slow", take, hz: 12 });
    addTake(project, { label: "fast", take, hz: 31 });
    addTake(project, { label: "rough", take, hz: 67 });
  }
  project.applySplit({ train: 0.6, validation: 0.2, test: 0.2, by: "recording", seed: 1, holdout: "^rough" });
  return project;
}

describe("an experiment with an anomaly score", () => {
  it("tells a state that it was not trained on from those that it was, by every engine on the laptop alike", async () => {
    const project = twoAndAnother();
    const { experiment } = await train(project, request({ anomaly: {} }));
    const [float, int8] = [
      await evaluate(project, { experiment, split: "test", engine: "float" }),
      await evaluate(project, { experiment, split: "test", engine: "int8" }),
    ];
    expect(float.anomaly?.auc).toBe(1);
    expect(float.anomaly).toMatchObject({ detected: 1, normalFrom: "validation" });
    expect(float.anomaly?.falseAlarms).toBeLessThan(0.3);
    expect(float.anomaly?.labels.find(({ label }) => label === "rough")).toMatchObject({
      normal: false,
      auc: 1,
    });
    expect(int8.anomaly).toEqual(float.anomaly);
    // All of it is unknown to the board: the score is above the threshold, and what it would be called is a normal label.
    const { windows } = float;
    expect(float.unknown).toEqual({ windows, right: 0, wrong: windows, answeredAccuracy: null });
    expect(int8.unknown).toEqual(float.unknown);
    const board = await evaluate(project, { experiment, split: "test", engine: "board", board: "simulated" });
    expect(board.unknown).toEqual(float.unknown);
    project.close();
  });

  it("calls as many held-out normal windows unknown as its quantile leaves above, times its margin", async () => {
    const project = twoAndAnother();
    const judged = async (quantile: number, margin: number) => {
      const { experiment } = await train(project, request({ anomaly: { quantile, margin } }));
      return (await evaluate(project, { experiment, split: "test", engine: "float" })).anomaly;
    };
    const [half, doubled, all] = [await judged(0.5, 1), await judged(0.5, 2), await judged(1, 1)];
    expect(half).toMatchObject({ normalFrom: "validation" });
    expect(half?.falseAlarms).toBeGreaterThan(0.4);
    expect(half?.falseAlarms).toBeLessThanOrEqual(0.5);
    expect(doubled?.threshold).toBeCloseTo(2 * (half?.threshold ?? 0), 5);
    expect(all?.falseAlarms).toBe(0);
    project.close();
  });

  it("counts a label that was trained on, but is not among the normal ones, as an anomaly", async () => {
    const project = newProject();
    for (let take = 1; take <= 6; take++) {
      addTake(project, { label: "slow", take, hz: 12 });
      addTake(project, { label: "rough", take, hz: 67 });
    }
    const { experiment } = await train(project, request({ anomaly: { normal: ["slow"] } }));
    const { anomaly, accuracy } = await evaluate(project, { experiment, split: "test", engine: "int8" });
    expect(accuracy).toBe(1);
    expect(anomaly).toMatchObject({ auc: 1, detected: 1 });
    await expect(train(project, request({ anomaly: { normal: ["other"] } }))).rejects.toMatchObject({
      code: "invalid-design",
      field: "anomaly.normal",
    });
    project.close();
  });

  it("can be trained on a single label, which a design without the score cannot", async () => {
    const project = newProject();
    for (let take = 1; take <= 5; take++) addTake(project, { label: "slow", take, hz: 12 });
    await expect(train(project, request({}))).rejects.toMatchObject({
      code: "invalid-design",
      field: "labels",
    });
    const { experiment, fit } = await train(project, request({ anomaly: {} }));
    expect(fit).toBe("good");
    addTake(project, { label: "rough", take: 1, hz: 67 });
    project.applySplit({
      train: 0.6,
      validation: 0.2,
      test: 0.2,
      by: "recording",
      seed: 1,
      holdout: "^rough",
    });
    const { anomaly } = await evaluate(project, { experiment, split: "test", engine: "int8" });
    expect(anomaly).toMatchObject({ auc: 1, detected: 1 });
    project.close();
  });
});

describe.skipIf(fan === null)("a real fan, trained on its normal speeds only", () => {
  it("with a coin on one blade is told apart at every speed", async () => {
    const project = newProject();
    await importFiles(project, [fan as string], {});
    project.applySplit({
      train: 0.6,
      validation: 0.2,
      test: 0.2,
      by: "recording",
      seed: 1,
      holdout: "unbalanced|\\.0[56]\\.",
    });
    const { experiment } = await train(project, { preset: "vibration", backend: "wasm", epochs: 10 });
    const { anomaly } = await evaluate(project, { experiment, split: "test", engine: "int8" });
    const areas =
      anomaly?.labels.flatMap(({ label, auc }) => (auc == null ? [] : [[label, auc] as const])) ?? [];
    console.log(
      `anomaly, area under the curve: ${areas.map(([label, auc]) => `${label} ${auc.toFixed(3)}`).join(", ")}`,
    );
    expect(areas.map(([label]) => label)).toEqual(["high-unbalanced", "low-unbalanced", "medium-unbalanced"]);
    for (const [, auc] of areas) expect(auc).toBeGreaterThanOrEqual(0.9);
    expect(anomaly?.falseAlarms).toBeLessThan(0.1);
    project.close();
  });
});
