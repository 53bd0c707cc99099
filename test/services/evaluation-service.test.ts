import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { firmwareFolder } from "../../src-main/boards/firmware-image.ts";
import { openBoard } from "../../src-main/boards/open-board.ts";
import { findQemu } from "../../src-main/boards/qemu-process.ts";
import { readTflite } from "../../src-main/conversion/tflite-reader.ts";
import type { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { summarisePackage } from "../../src-main/deployment/package-summary.ts";
import { Twin } from "../../src-main/features/twin.ts";
import {
  convertExperiment,
  exportModel,
  packageExperiment,
} from "../../src-main/services/conversion-service.ts";
import { deploy } from "../../src-main/services/deployment-service.ts";
import { compare, evaluate } from "../../src-main/services/evaluation-service.ts";
import { monitor } from "../../src-main/services/live-service.ts";
import { fileFeatures, predictFiles } from "../../src-main/services/prediction-service.ts";
import { exportRecordings, readSignalFile } from "../../src-main/services/project-service.ts";
import { describeDesign, listExperiments, train } from "../../src-main/services/training-service.ts";
import { requests } from "../../src-shared/contract/index.ts";
import { rejectionOf } from "../dataset/helpers.ts";
import { addTake, machineProject, quickDesign } from "./learning-projects.ts";

const virtual = findQemu() !== null && existsSync(join(firmwareFolder(), "virtual.bin"));
if (!virtual)
  console.warn("SKIPPED: evaluation on the virtual board needs QEMU and its firmware (npm run setup)");
const BOARDS = virtual ? (["simulated", "virtual"] as const) : (["simulated"] as const);

describe("an experiment", () => {
  let project: ProjectFile;
  let experiment: number;
  const folder = mkdtempSync(join(tmpdir(), "limpet-test-"));

  beforeAll(async () => {
    project = machineProject(6, 30);
    // A recording with a wrong label, so that there are mistakes to look at.
    addTake(project, { label: "slow", take: 77, hz: 31 });
    project.applySplit({
      train: 0.6,
      validation: 0.2,
      test: 0.2,
      by: "recording",
      seed: 1,
      holdout: "\\.([56]|77)$",
    });
    experiment = (await train(project, { design: quickDesign(), backend: "auto" })).experiment;
  });
  afterAll(() => {
    project.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("is judged alike by float and int8, with all figures of the contract in agreement", async () => {
    const reports = [];
    for (const engine of ["float", "int8"] as const) {
      const report = await evaluate(project, { experiment, split: "test", engine });
      expect(requests["evaluation:run"].result.parse(report)).toEqual(report);
      const { matrix, labels } = report.confusion;
      expect(labels).toEqual(["fast", "rough", "slow"]);
      expect(matrix.flat().reduce((sum, cell) => sum + cell, 0)).toBe(report.windows);
      const hits = matrix.reduce((sum, row, index) => sum + (row[index] ?? 0), 0);
      expect(report.accuracy).toBeCloseTo(hits / report.windows, 12);
      expect(report.mistakes).toHaveLength(report.windows - hits);
      expect(report.accuracyInterval[0]).toBeLessThan(report.accuracy);
      expect(report.accuracyInterval[1]).toBeGreaterThan(report.accuracy);
      for (const [index, label] of labels.entries()) {
        const support = matrix[index]?.reduce((sum, cell) => sum + cell, 0);
        expect(report.perClass[label]).toMatchObject({
          support,
          recall: (matrix[index]?.[index] ?? 0) / (support ?? 1),
        });
      }
      for (const { auc, recall, recallInterval } of Object.values(report.perClass)) {
        expect(auc).toBeGreaterThan(0.8);
        expect(recallInterval[0]).toBeLessThanOrEqual(recall);
        expect(recallInterval[1]).toBeGreaterThanOrEqual(recall - 1e-12);
      }
      expect(report.recordings.count).toBe(7);
      // Fewer recordings than windows: less is known for sure.
      const { accuracyInterval } = report.recordings;
      expect(accuracyInterval[1] - accuracyInterval[0]).toBeGreaterThan(
        report.accuracyInterval[1] - report.accuracyInterval[0],
      );
      expect(report.perRecording).toHaveLength(7);
      expect(report.perRecording.reduce((sum, { windows }) => sum + windows, 0)).toBe(report.windows);
      expect(report.perRecording.reduce((sum, one) => sum + one.windows * one.accuracy, 0)).toBeCloseTo(
        hits,
        9,
      );
      expect(report.perRecording[0]).toMatchObject({ name: "slow.77", label: "slow", predicted: "fast" });
      expect(report.unknown).toMatchObject({ windows: 0, answeredAccuracy: report.accuracy });
      reports.push(report);
    }
    const [float, int8] = reports;
    expect(float?.accuracy).toBeGreaterThan(0.9);
    expect(Math.abs((float?.accuracy ?? 0) - (int8?.accuracy ?? 1))).toBeLessThanOrEqual(0.01);
    expect(project.isEvaluated(experiment)).toBe(true);
  });

  it("shows its mistakes, the surest first", async () => {
    const { mistakes } = await evaluate(project, { experiment, split: "test", engine: "float" });
    expect(mistakes.length).toBeGreaterThan(5);
    expect(mistakes[0]).toMatchObject({ recordingName: "slow.77", label: "slow" });
    const scores = mistakes.map(({ score }) => score);
    expect(scores[0]).toBeGreaterThanOrEqual(scores.at(-1) ?? 1);
  });

  for (const board of BOARDS) {
    it(`gives the same answers on the ${board} board as in the device twin, bit for bit`, async () => {
      const twin = await evaluate(project, { experiment, split: "test", engine: "int8" });
      const onBoard = await evaluate(project, { experiment, split: "test", engine: "board", board });
      expect(twin.windows).toBeGreaterThanOrEqual(200);
      expect(onBoard.boardDifference).toBeNull();
      expect({ ...onBoard, engine: "int8", boardDifference: undefined }).toEqual(twin);
    });
  }

  it("is converted with a report of what that cost, and its package proves itself", async () => {
    const report = await convertExperiment(project, experiment);
    expect(requests["conversion:run"].result.parse(report)).toEqual(report);
    expect(report.operations.every(({ supported }) => supported)).toBe(true);
    expect(Math.abs(report.floatAccuracy - report.int8Accuracy)).toBeLessThanOrEqual(0.01);
    expect(report.perClass.map(({ label }) => label)).toEqual(["fast", "rough", "slow"]);
    const bytes = await packageExperiment(project, experiment);
    expect(bytes.length).toBe(report.packageBytes);
    expect(summarisePackage(bytes)).toMatchObject({
      labels: ["fast", "rough", "slow"],
      inputs: [{ sensor: "accelerometer", rateHz: 200, channels: [0, 1, 2], windowSamples: 128 }],
      strideSamples: 64,
    });
    expect(listExperiments(project)[0]?.converted).toBe(true);
  });

  it("costs about what was reckoned before it was trained", async () => {
    const report = describeDesign(project, { design: quickDesign() });
    const bytes = await packageExperiment(project, experiment);
    const { poolBytes } = (await Twin.load()).pipeline(bytes);
    expect(report.ramBytes / poolBytes).toBeGreaterThan(0.7);
    expect(report.ramBytes / poolBytes).toBeLessThan(1.3);
    expect(report.flashBytes / bytes.length).toBeGreaterThan(0.7);
    expect(report.flashBytes / bytes.length).toBeLessThan(1.3);
    const network = readTflite(project.experiment(experiment).tflite ?? new Uint8Array());
    expect(report.shapes.at(-1)?.shape).toEqual([network.tensors[network.outputs[0] ?? 0]?.shape.at(-1)]);
  });

  it("is written in every format", async () => {
    const sizes: Record<string, number> = {};
    for (const [format, name] of [
      ["tflite", "m.tflite"],
      ["package", "m.lmpk"],
      ["c", "m.c"],
      ["tfjs", "tfjs"],
      ["npz", "f.npz"],
    ] as const) {
      const path = join(folder, "exports", name);
      const result = await exportModel(project, experiment, format, path);
      expect(result.path).toBe(path);
      sizes[format] = result.bytes;
    }
    const tflite = readFileSync(join(folder, "exports/m.tflite"));
    expect(tflite.length).toBe(sizes.tflite);
    expect(readTflite(tflite).operations.map(({ name }) => name)).toContain("FULLY_CONNECTED");
    expect(readFileSync(join(folder, "exports/m.lmpk"))).toEqual(
      Buffer.from(await packageExperiment(project, experiment)),
    );
    for (const file of ["m.c", "m.h", "tfjs/model.json", "tfjs/weights.bin"]) {
      expect(statSync(join(folder, "exports", file)).size).toBeGreaterThan(100);
    }
    expect(sizes.npz).toBeGreaterThan(1000);
    mkdirSync(join(folder, "taken"));
    await rejectionOf("usage", exportModel(project, experiment, "tflite", join(folder, "taken")));
  });

  it("predicts files, and their features are those of the board", async () => {
    await exportRecordings(project, "csv", join(folder, "csv"));
    const files = ["slow.5", "fast.6"].map((name) => join(folder, "csv", `${name}.csv`));
    for (const engine of ["float", "int8"] as const) {
      const predictions = await predictFiles(project, experiment, files, engine);
      expect(predictions.map(({ label }) => label)).toEqual(["slow", "fast"]);
      expect(predictions[0]?.windows[1]?.startMs).toBe(320);
      expect(predictions[0]?.windows.filter(({ called }) => called === "slow").length).toBeGreaterThan(50);
      const scores = Object.values(predictions[0]?.windows[0]?.scores ?? {});
      expect(scores.reduce((sum, score) => sum + score, 0)).toBeCloseTo(1, 1);
    }
    const twin = await fileFeatures(project, experiment, files[0] as string, { kind: "twin" });
    expect(twin.shape).toEqual([63]);
    for (const port of BOARDS) {
      expect(await fileFeatures(project, experiment, files[0] as string, { kind: "board", port })).toEqual(
        twin,
      );
    }
    await rejectionOf("not-found", predictFiles(project, experiment, [join(folder, "none.csv")], "float"));
    // A file that states no rate has the model's, and one that holds several recordings gives an answer for each.
    const several = join(folder, "several.ts");
    const rows = [12, 67].map((hz) =>
      ["accX", "accY", "accZ"]
        .map((_, axis) =>
          Array.from({ length: 400 }, (_, i) =>
            (0.2 * Math.sin((2 * Math.PI * hz * i) / 200 + axis)).toFixed(4),
          ).join(","),
        )
        .join(":"),
    );
    writeFileSync(
      several,
      `@problemName x\n@timeStamps false\n@univariate false\n@dimensions 3\n@equalLength true\n@seriesLength 400\n@classLabel true a b\n@data\n${rows[0]}:a\n${rows[1]}:b\n`,
    );
    const both = await predictFiles(project, experiment, [several], "int8");
    expect(both).toHaveLength(2);
    expect(both.every(({ windows }) => windows.length === 5)).toBe(true);
    expect(new Set(both.map(({ recording }) => recording)).size).toBe(2);
  });

  for (const board of BOARDS) {
    it(`runs on the ${board} board and names a recording that it has not seen`, async () => {
      const signals = join(folder, `signals-${board}`);
      await exportRecordings(project, "csv", signals);
      const signal = join(signals, "rough.6.csv");
      const session = await openBoard(
        board,
        { signals: [signal], flashPath: join(folder, `${board}.flash`) },
        readSignalFile,
      );
      try {
        const report = await deploy(project, session, {
          experiment,
          firmware: "if-needed",
          modelPackage: await packageExperiment(project, experiment),
        });
        expect(requests["deployment:run"].result.parse(report)).toEqual(report);
        expect(report.goldenVectors.identical).toBe(report.goldenVectors.run);
        expect(report.goldenVectors.run).toBeGreaterThanOrEqual(4);
        const { predictions } = await monitor(session, 4, () => {});
        expect(predictions.length).toBeGreaterThanOrEqual(8);
        const right = predictions.filter(({ label }) => label === "rough").length;
        expect(right / predictions.length).toBeGreaterThanOrEqual(0.8);
      } finally {
        await session.close();
      }
    });
  }

  it("is compared with another one on the same windows", async () => {
    const other = await train(project, { design: quickDesign(), backend: "auto", epochs: 1 });
    const report = await compare(project, experiment, other.experiment);
    const { bothRight, onlyA, onlyB, bothWrong, windows } = report;
    expect(bothRight + onlyA + onlyB + bothWrong).toBe(windows);
    const { accuracy } = await evaluate(project, { experiment, split: "test", engine: "float" });
    expect(report.accuracyA).toBeCloseTo(accuracy, 12);
    expect((await compare(project, experiment, experiment)).pValue).toBe(1);
  });

  it("says when windows may be known to it, and how each group fares", async () => {
    const before = await evaluate(project, { experiment, split: "test", engine: "float" });
    expect([before.warnings, before.groups]).toEqual([[], []]);
    const tested = project.recordings().filter(({ split }) => split === "test");
    project.updateRecordings(
      tested.filter(({ name }) => name !== "slow.77").map(({ id }) => id),
      { group: "day" },
    );
    project.updateRecordings(
      tested.filter(({ name }) => name === "slow.77").map(({ id }) => id),
      { group: "night" },
    );
    project.updateRecordings([1], { group: "night" });
    const after = await evaluate(project, { experiment, split: "test", engine: "float" });
    expect(after.groups.map(({ group }) => group)).toEqual(["night", "day"]);
    expect(after.groups[0]?.accuracy).toBeLessThan(0.2);
    expect(after.groups.map(({ recordings }) => recordings)).toEqual([1, 6]);
    expect(after.groups[0]?.accuracyInterval[1]).toBeGreaterThan(after.groups[0]?.accuracy ?? 1);
    expect(after.warnings.join()).toContain("The group night is both in training and in the test");
    expect(after.warnings.join()).toContain("have changed since the training");
    for (let edit = 0; edit < 3; edit++) project.undo();
    expect((await evaluate(project, { experiment, split: "test", engine: "float" })).warnings).toEqual([]);
  });

  it("counts windows of a class that it never saw as mistakes", async () => {
    const id = addTake(project, { label: "stranger", take: 5, hz: 12 });
    const report = await evaluate(project, { experiment, split: "test", engine: "float" });
    expect(report.confusion.labels).toEqual(["fast", "rough", "slow", "stranger"]);
    expect(report.perClass.stranger).toMatchObject({ recall: 0 });
    expect(report.perClass.stranger?.support).toBeGreaterThan(10);
    project.deleteRecordings([id]);
  });

  it("is refused where there is none, no board is named, or nothing is held out", async () => {
    await rejectionOf("not-found", evaluate(project, { experiment: 99, split: "test", engine: "float" }));
    const error = await rejectionOf(
      "usage",
      evaluate(project, { experiment, split: "test", engine: "board" }),
    );
    expect(error.field).toBe("board");
    const options = project.splitOptions();
    project.applySplit({ train: 0.8, validation: 0.2, test: 0, by: "recording", seed: 1 });
    await rejectionOf("invalid-dataset", evaluate(project, { experiment, split: "test", engine: "float" }));
    if (options !== null) project.applySplit(options);
  });
});
