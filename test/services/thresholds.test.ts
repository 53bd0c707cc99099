/** Thresholds: what they give, the ones for a wanted rate, and that laptop and boards agree on what is unknown. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { firmwareFolder } from "../../src-main/boards/firmware-image.ts";
import { openBoard } from "../../src-main/boards/open-board.ts";
import { findQemu } from "../../src-main/boards/qemu-process.ts";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { summarisePackage } from "../../src-main/deployment/package-summary.ts";
import { convertExperiment, packageExperiment } from "../../src-main/services/conversion-service.ts";
import { deploy } from "../../src-main/services/deployment-service.ts";
import { evaluate } from "../../src-main/services/evaluation-service.ts";
import { keepEvaluation, lastConversion, lastEvaluation } from "../../src-main/services/kept-reports.ts";
import { monitor } from "../../src-main/services/live-service.ts";
import { exportRecordings, readSignalFile } from "../../src-main/services/project-service.ts";
import { NEVER, pointAt, thresholdCurve, thresholdFor } from "../../src-main/services/threshold-curve.ts";
import { measureThresholds, setThresholds } from "../../src-main/services/thresholds-service.ts";
import { listExperiments, train } from "../../src-main/services/training-service.ts";
import { requests } from "../../src-shared/contract/index.ts";
import { errorOf, rejectionOf, temporaryFolder } from "../dataset/helpers.ts";
import { addTake, machineProject, newProject, quickDesign } from "./learning-projects.ts";

const virtual = findQemu() !== null && existsSync(join(firmwareFolder(), "virtual.bin"));
if (!virtual) {
  console.warn("SKIPPED: thresholds on the virtual board need QEMU and its firmware (npm run setup)");
}
const BOARDS = virtual ? (["simulated", "virtual"] as const) : (["simulated"] as const);

describe("the curve of a threshold", () => {
  const answers = {
    own: 10,
    hits: [0.9, 0.8, 0.8, 0.7, 0.6, 0.5],
    alarms: [0.85, 0.6, 0.55],
    otherHours: 0.5,
  };

  it("counts alarms and misses at each threshold, and has a point wherever they change", () => {
    expect(pointAt(answers, 0)).toEqual({ threshold: 0, falseAlarmsPerHour: 6, misses: 0.4 });
    expect(pointAt(answers, 0.6)).toMatchObject({ falseAlarmsPerHour: 4, misses: 0.5 });
    const curve = thresholdCurve(answers);
    expect(curve[0]?.threshold).toBe(0);
    for (const [index, point] of curve.entries()) {
      expect(point).toEqual(pointAt(answers, point.threshold));
      expect(Number.isInteger(point.threshold * 256)).toBe(true);
      const before = curve[index - 1] ?? point;
      expect(point.falseAlarmsPerHour).toBeLessThanOrEqual(before.falseAlarmsPerHour);
      expect(point.misses).toBeGreaterThanOrEqual(before.misses);
    }
    // Every figure that any threshold gives is on it.
    for (let step = 0; step <= 256; step++) {
      const { falseAlarmsPerHour, misses } = pointAt(answers, step / 256);
      expect(curve).toContainEqual(expect.objectContaining({ falseAlarmsPerHour, misses }));
    }
  });

  it("gives the lowest threshold that keeps to a rate, and silence where only that does", () => {
    const curve = thresholdCurve(answers);
    expect(thresholdFor(curve, 6).threshold).toBe(0);
    expect(thresholdFor(curve, 2)).toMatchObject({ falseAlarmsPerHour: 2, misses: 0.6 });
    expect(thresholdFor(curve, 0).threshold).toBeCloseTo(0.85, 2);
    const sure = { own: 2, hits: [0.5], alarms: [255 / 256, 1], otherHours: 1 };
    expect(thresholdFor(thresholdCurve(sure), 0)).toMatchObject({ threshold: NEVER, misses: 1 });
    expect(thresholdCurve({ own: 0, hits: [], alarms: [], otherHours: 0 })).toEqual([
      { threshold: 0, falseAlarmsPerHour: 0, misses: 0 },
    ]);
  });
});

describe("thresholds of an experiment", () => {
  let project: ProjectFile;
  let experiment: number;

  beforeAll(async () => {
    project = machineProject(6, 12);
    // Recordings that sound like another class, and a training that ends early: not all scores are sure.
    for (const take of [71, 72, 73]) addTake(project, { label: "slow", take, hz: 29, seconds: 12 });
    project.applySplit({
      train: 0.7,
      validation: 0.3,
      test: 0,
      by: "recording",
      seed: 3,
      holdout: "\\.([56]|7[12])$",
    });
    const design = quickDesign({ training: { epochs: 4, learningRate: 0.01, patience: 40 } });
    experiment = (await train(project, { design, backend: "auto" })).experiment;
  });
  beforeEach(() => void setThresholds(project, experiment, {}));
  afterAll(() => project.close());

  it("are measured with the figures of the int8 model's own answers", async () => {
    const report = await measureThresholds(project, {
      experiment,
      split: "validation",
      falseAlarmsPerHour: 0,
    });
    expect(requests["thresholds:measure"].result.parse(report)).toEqual(report);
    const evaluation = await evaluate(project, { experiment, split: "validation", engine: "int8" });
    const { labels, matrix } = evaluation.confusion;
    expect(report.windows).toBe(evaluation.windows);
    for (const [
      index,
      { label, windows, current, otherHours, proposed, leastRate },
    ] of report.labels.entries()) {
      expect(labels[index]).toBe(label);
      expect(windows).toBe(evaluation.perClass[label]?.support);
      expect(current.misses).toBeCloseTo(1 - (evaluation.perClass[label]?.recall ?? 0), 12);
      const alarms = matrix.reduce((sum, row, from) => sum + (from === index ? 0 : (row[index] ?? 0)), 0);
      expect(otherHours).toBeCloseTo(((report.windows - windows) * 320) / 3_600_000, 12);
      expect(current.falseAlarmsPerHour).toBeCloseTo(alarms / otherHours, 9);
      expect(proposed?.falseAlarmsPerHour).toBe(0);
      expect(leastRate).toBeCloseTo(3 / otherHours, 9);
    }
    expect(report.warnings.join()).toContain("none seen in that time still means up to");
  });

  for (const board of BOARDS) {
    it(`make the same windows unknown in the device twin, in float's rule and on the ${board} board`, async () => {
      setThresholds(project, experiment, {});
      const before = await evaluate(project, { experiment, split: "test", engine: "int8" });
      expect(before.unknown).toMatchObject({ windows: 0, right: 0, wrong: 0 });
      expect(before.unknown?.answeredAccuracy).toBeCloseTo(before.accuracy, 12);
      const thresholds = { slow: 0.99, fast: 0.98, rough: 0.99 };
      expect(setThresholds(project, experiment, thresholds)).toEqual(thresholds);
      const twin = await evaluate(project, { experiment, split: "test", engine: "int8" });
      // Scores, classes and accuracy mean what they meant.
      expect({ ...twin, thresholds: {}, unknown: before.unknown }).toEqual(before);
      expect(twin.thresholds).toEqual(thresholds);
      const { windows, right, wrong, answeredAccuracy } = twin.unknown ?? {
        windows: 0,
        right: 0,
        wrong: 0,
        answeredAccuracy: null,
      };
      expect(windows).toBeGreaterThan(5);
      expect(windows).toBeLessThan(twin.windows);
      expect(right + wrong).toBe(windows);
      const hits = Math.round(twin.accuracy * twin.windows);
      expect(answeredAccuracy).toBeCloseTo((hits - right) / (twin.windows - windows), 12);
      const onBoard = await evaluate(project, { experiment, split: "test", engine: "board", board });
      expect({ ...onBoard, engine: "int8", boardDifference: undefined }).toEqual(twin);
      const float = await evaluate(project, { experiment, split: "test", engine: "float" });
      expect(Math.abs((float.unknown?.windows ?? 0) - windows)).toBeLessThanOrEqual(0.05 * twin.windows);
    });
  }

  it("are in the package, outlive another conversion, and are told with the experiment", async () => {
    const thresholds = { slow: 0.75 };
    setThresholds(project, experiment, thresholds);
    const order = project.experiment(experiment).labels;
    const expected = order.map((label) => (label === "slow" ? 0.75 : 0));
    expect(summarisePackage(await packageExperiment(project, experiment)).thresholds).toEqual(expected);
    await convertExperiment(project, experiment);
    expect(summarisePackage(await packageExperiment(project, experiment)).thresholds).toEqual(expected);
    expect(listExperiments(project)[0]?.thresholds).toEqual(thresholds);
    setThresholds(project, experiment, {});
    expect(summarisePackage(await packageExperiment(project, experiment)).thresholds).toEqual([0, 0, 0]);
    expect(listExperiments(project)[0]?.thresholds).toEqual({});
  });

  it("that nothing reaches make a board say unknown, live", async () => {
    const folder = temporaryFolder();
    await exportRecordings(project, "csv", folder);
    setThresholds(project, experiment, { slow: 1, fast: 1, rough: 1 });
    const session = await openBoard(
      "simulated",
      { signals: [join(folder, "rough.6.csv")], flashPath: join(folder, "flash") },
      readSignalFile,
    );
    try {
      await deploy(project, session, {
        experiment,
        firmware: "if-needed",
        modelPackage: await packageExperiment(project, experiment),
      });
      const { predictions } = await monitor(session, 2, () => {});
      expect(predictions.length).toBeGreaterThan(2);
      expect(new Set(predictions.map(({ label }) => label))).toEqual(new Set(["unknown"]));
      expect(Object.keys(predictions[0]?.scores ?? {})).toEqual(["fast", "rough", "slow"]);
    } finally {
      await session.close();
      setThresholds(project, experiment, {});
    }
  });

  it("are refused for labels and values that there are not", () => {
    expect(errorOf("usage", () => setThresholds(project, experiment, { loud: 0.5 })).hint).toContain("rough");
    errorOf("usage", () => setThresholds(project, experiment, { slow: 1.5 }));
    errorOf("not-found", () => setThresholds(project, 99, {}));
  });

  it("are none of a value to predict", async () => {
    const values = newProject();
    for (let hz = 10; hz < 40; hz += 3) addTake(values, { label: String(hz), take: hz, hz, seconds: 4 });
    const design = quickDesign({ task: "regression", training: { epochs: 2 } });
    const { experiment: id } = await train(values, { design, backend: "auto" });
    const error = await rejectionOf(
      "usage",
      measureThresholds(values, { experiment: id, split: "validation" }),
    );
    expect(error.field).toBe("experiment");
    values.close();
  });
});

describe("reports of an experiment", () => {
  it("are there when the project is opened again, and say when they are old", async () => {
    let project = machineProject(4, 8);
    const path = project.path;
    const { experiment } = await train(project, { design: quickDesign(), backend: "auto", epochs: 5 });
    expect(lastEvaluation(project, experiment, "test")).toBeNull();
    expect(lastConversion(project, experiment)).toBeNull();
    const float = await evaluate(project, { experiment, split: "test", engine: "float" });
    const int8 = await evaluate(project, { experiment, split: "test", engine: "int8" });
    const converted = await convertExperiment(project, experiment);
    project.close();
    project = ProjectFile.open(path);
    try {
      expect(lastEvaluation(project, experiment, "test", "float")).toMatchObject({
        outOfDate: false,
        report: float,
      });
      expect(lastEvaluation(project, experiment, "test")?.report).toEqual(int8);
      expect(lastEvaluation(project, experiment, "validation")).toBeNull();
      const kept = lastConversion(project, experiment);
      expect(requests["conversion:get-last"].result.parse(kept)).toMatchObject({ report: converted });
      expect(converted.layers.map(({ layer }) => layer)).toEqual(["dense-1", "dense-2", "softmax-3"]);

      project.updateRecordings([1], { label: "fast" });
      expect(lastEvaluation(project, experiment, "test")?.outOfDate).toBe(true);
      project.undo();
      expect(lastEvaluation(project, experiment, "test")?.outOfDate).toBe(false);

      // Thousands of mistakes stay out of the file; a report that cannot be read is as none.
      const [mistake] = [
        { recording: 1, recordingName: "a", startMs: 0, label: "x", predicted: "y", score: 1 },
      ];
      keepEvaluation(project, experiment, {
        ...float,
        mistakes: Array.from({ length: 2000 }, () => mistake),
      });
      expect(lastEvaluation(project, experiment, "test", "float")?.report.mistakes).toHaveLength(500);
      project.keepReport(`${experiment} evaluation test float`, '{"at":');
      expect(lastEvaluation(project, experiment, "test", "float")).toBeNull();
      project.deleteExperiment(experiment);
      expect(lastEvaluation(project, experiment, "test")).toBeNull();
    } finally {
      project.close();
    }
  });
});
