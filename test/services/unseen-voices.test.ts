/** Presets on real recordings: voices and takes that were not trained on. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { importFiles } from "../../src-main/dataset/import/import.ts";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { presetDesign } from "../../src-main/features/presets.ts";
import { convertExperiment } from "../../src-main/services/conversion-service.ts";
import { evaluate } from "../../src-main/services/evaluation-service.ts";
import { train } from "../../src-main/services/training-service.ts";
import { realData, temporaryFolder } from "../dataset/helpers.ts";

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

describe("the preset keyword", () => {
  it("understands speakers that it never heard, each left out in turn, by a model of less than 14 KB", async ({
    skip,
  }) => {
    const digits = realData("spoken-digits");
    if (digits === null) return skip();
    const project = ProjectFile.create(join(temporaryFolder(), "digits.limpet"));
    await importFiles(project, [digits], { group: "\\.([a-z]+)-" });
    const accuracies: number[] = [];
    for (const speaker of ["george", "jackson", "lucas", "nicolas"]) {
      project.applySplit({ train: 0.6, validation: 0.2, test: 0.2, by: "group", seed: 1, holdout: speaker });
      const { experiment } = await train(project, { preset: "keyword", backend: "auto" });
      const { accuracy, windows } = await evaluate(project, { experiment, split: "test", engine: "int8" });
      expect(windows).toBeGreaterThanOrEqual(120);
      expect((await convertExperiment(project, experiment)).tfliteBytes).toBeLessThan(14_000);
      accuracies.push(accuracy ?? 0);
    }
    expect(mean(accuracies), accuracies.join(", ")).toBeGreaterThanOrEqual(0.9);
    project.close();
    // Two threads that compute for minutes, and wait for each other a thousand times: on a busy computer each time for long.
  }, 3_600_000);
});

describe("the preset gesture", () => {
  it("tells motions of a watch apart at ten samples a second", async ({ skip }) => {
    const motions = realData("basic-motions");
    if (motions === null) return skip();
    const project = ProjectFile.create(join(temporaryFolder(), "motions.limpet"));
    await importFiles(project, [motions], { rateHz: 10 });
    const accuracies: number[] = [];
    for (const seed of [1, 2, 3, 4]) {
      project.applySplit({ train: 0.6, validation: 0.2, test: 0.2, by: "recording", seed });
      const { experiment } = await train(project, { preset: "gesture", backend: "auto", seed });
      accuracies.push((await evaluate(project, { experiment, split: "test", engine: "int8" })).accuracy ?? 0);
    }
    expect(mean(accuracies), accuracies.join(", ")).toBeGreaterThanOrEqual(0.95);
    project.close();
  });
});

describe("the preset keyword's window", () => {
  it("moves on by whole frames, so that a board uses the frames that windows share again", () => {
    const { window, inputs } = presetDesign("keyword", [], { task: "classification" });
    const features = inputs?.[0]?.features;
    if (features?.block !== "log-mel") throw new Error("no log-mel features");
    expect(window.strideMs % features.strideMs).toBe(0);
    expect(window.strideMs).toBeLessThan(window.lengthMs);
  });
});
