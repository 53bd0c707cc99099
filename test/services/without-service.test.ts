/** With and without a sensor: what is left out, what is trained, and what the comparison says. */
import { describe, expect, it } from "vitest";
import type { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { train } from "../../src-main/services/training-service.ts";
import { compareWithout, leaveOut } from "../../src-main/services/without-service.ts";
import { designFile } from "../../src-shared/design.ts";
import { errorOf, rejectionOf } from "../dataset/helpers.ts";
import {
  axes,
  CLASSES,
  machineProject,
  newProject,
  noiseFrom,
  quickDesign,
  turning,
} from "./learning-projects.ts";

const SECONDS = 8;

/** Three speeds on an accelerometer, a temperature that is the same for all of them, and a counter that knows half of it. */
function sensorsProject(): ProjectFile {
  const project = newProject();
  for (const [index, [label, hz]] of Object.entries(CLASSES).entries()) {
    for (let take = 1; take <= 6; take++) {
      const noise = noiseFrom(take * 31 + index);
      project.addRecording({
        recording: {
          name: `${label}.${take}`,
          label,
          group: null,
          origin: "generated",
          source: "test",
          streams: [
            axes,
            {
              ...axes,
              sensor: "temperature",
              channels: [{ name: "celsius", unit: "°C" }],
              rateHz: 4,
              scale: 0.01,
            },
          ],
        },
        data: [
          { samples: turning(hz, SECONDS, 0.2 * take, take * 7919 + hz), gaps: [] },
          { samples: Int16Array.from({ length: SECONDS * 4 }, () => 2500 + 300 * noise()), gaps: [] },
        ],
      });
    }
  }
  project.applySplit({ train: 0.5, validation: 0.2, test: 0.3, by: "recording", seed: 1 });
  return project;
}

const design = designFile.parse({
  window: { lengthMs: 640, strideMs: 320 },
  inputs: [
    { sensor: "accelerometer", features: { block: "spectral", fftLength: 64, bands: 16 } },
    { sensor: "temperature", features: { block: "raw" } },
  ],
  network: { kind: "dense", units: [12] },
  training: { epochs: 40, patience: 40, learningRate: 0.01 },
});

describe("with and without a sensor", () => {
  it("tells the one that the model lives by from the one that may be spared, and trains each only once", async () => {
    const project = sensorsProject();
    const { experiment } = await train(project, { design, backend: "auto" });
    const needed = await compareWithout(project, { experiment, sensor: "accelerometer" });
    expect(needed.verdict).toBe("needed");
    expect(needed.accuracyA).toBeGreaterThan(needed.accuracyB + 0.3);
    expect(needed.pValue).toBeLessThan(0.001);
    expect(needed.onlyA + needed.onlyB + needed.bothRight + needed.bothWrong).toBe(needed.windows);
    const spared = await compareWithout(project, { experiment, sensor: "temperature" });
    expect(spared.verdict).toBe("not-needed");
    const without = project.experiment(spared.b);
    expect(without.name).toMatch(/, without temperature$/);
    expect(without.design.inputs.map(({ sensor }) => sensor)).toEqual(["accelerometer"]);
    expect(without.design.training.seed).toBe(design.training.seed);
    expect(project.experiments()).toHaveLength(3);
    const again = await compareWithout(project, { experiment, sensor: "temperature" });
    expect(again).toEqual({ ...spared, trained: false });
    expect(project.experiments()).toHaveLength(3);
    project.close();
  });

  it("leaves out channels, too, and turns no copies where no three axes are left", async () => {
    const project = machineProject();
    const turned = quickDesign({
      training: { epochs: 10, augmentation: { copies: 2, rotationDegrees: 20, noise: 0.1 } },
    });
    const { experiment } = await train(project, { design: turned, backend: "auto" });
    const { b } = await compareWithout(project, { experiment, sensor: "accX, accZ" });
    const { inputs, training } = project.experiment(b).design;
    expect(inputs[0]).toMatchObject({ channels: ["accY"], channelIndices: [1] });
    expect(training.augmentation).toMatchObject({ rotationDegrees: 0, noise: 0.1 });
    project.close();
  });

  it("refuses what is not there, what would leave nothing, and values", async () => {
    const inputs = [
      { sensor: "accelerometer", rateHz: 200, channels: ["accX", "accY"], channelIndices: [0, 1] },
    ].map((input) => ({
      ...input,
      features: design.inputs?.[0]?.features ?? { block: "raw" as const, scale: 1, decimation: 1 },
    }));
    expect(errorOf("usage", () => leaveOut(inputs, "gyroscope")).hint).toContain(
      "accelerometer (accX, accY)",
    );
    expect(errorOf("usage", () => leaveOut(inputs, "accX,accY")).message).toContain("nothing is left");
    errorOf("usage", () => leaveOut(inputs, " "));
    const project = machineProject();
    await rejectionOf("not-found", compareWithout(project, { experiment: 7, sensor: "accX" }));
    project.close();
  });
});
