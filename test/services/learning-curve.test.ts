/** "Would more data help?": projects where it would, where it would not, and where that cannot be told. */
import { afterEach, describe, expect, it } from "vitest";
import type { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { learningCurve } from "../../src-main/services/learning-curve-service.ts";
import { train } from "../../src-main/services/training-service.ts";
import { requests } from "../../src-shared/contract/index.ts";
import { rejectionOf } from "../dataset/helpers.ts";
import { addTake, machineProject, newProject, quickDesign } from "./learning-projects.ts";

const open: ProjectFile[] = [];
afterEach(() => {
  for (const project of open.splice(0)) project.close();
});

const keep = (project: ProjectFile): ProjectFile => {
  open.push(project);
  return project;
};

async function curveOf(project: ProjectFile, change: Parameters<typeof quickDesign>[0] = {}, seed = 1) {
  const { experiment } = await train(project, { design: quickDesign(change), backend: "auto" });
  return learningCurve(project, { experiment, seed });
}

describe("a learning curve", () => {
  it("still climbs where every recording shows something new, and says so", async () => {
    // Each state has ten pitches of its own, each recorded for every side: what was not learnt from cannot be known.
    const project = keep(newProject());
    const sides: Record<number, string> = {};
    for (let pitch = 0; pitch < 20; pitch++) {
      for (const [turn, side] of ["train", "validation"].entries()) {
        const label = pitch % 2 === 0 ? "even" : "odd";
        const id = addTake(project, { label, take: 2 * pitch + turn, hz: 6 + 4.4 * pitch, seconds: 6 });
        sides[id] = side;
      }
    }
    project.ensureSplit();
    for (const [id, side] of Object.entries(sides)) {
      project.database.write(() =>
        project.database.run("UPDATE recordings SET split = ? WHERE id = ?", side, Number(id)),
      );
    }
    const report = await curveOf(project, { network: { kind: "dense", units: [24] } });
    expect(requests["evaluation:learning-curve"].result.parse(report)).toEqual(report);
    expect(report.points.map(({ recordings }) => recordings)).toEqual([6, 10, 16, 20]);
    expect(report.points.map(({ fraction }) => fraction)).toEqual([0.25, 0.5, 0.75, 1]);
    const [first, , , last] = report.points;
    expect(last?.validationAccuracy).toBeGreaterThan((first?.validationAccuracy ?? 1) + 0.1);
    for (const { validationAccuracy, accuracyInterval } of report.points) {
      expect(accuracyInterval[0]).toBeLessThanOrEqual(validationAccuracy);
      expect(accuracyInterval[1]).toBeGreaterThanOrEqual(validationAccuracy);
    }
    expect(report.verdict).toBe("more");
    expect(report.advice).toContain("record more");
    expect(project.experiments()).toHaveLength(1);
  });

  it("is flat where the states are easily told apart; the same seed draws the same recordings", async () => {
    const project = keep(machineProject(8));
    const report = await curveOf(project);
    expect(report.verdict).toBe("enough");
    expect(report.points.at(-1)?.validationAccuracy).toBeGreaterThan(0.95);
    const again = await learningCurve(project, { experiment: report.experiment, seed: 1 });
    expect(again).toEqual(report);
  });

  it("says nothing of a trend where there is too little, and has R² where a value is predicted", async () => {
    const few = keep(machineProject(3));
    expect((await curveOf(few, { training: { epochs: 5 } })).verdict).toBe("unclear");
    const values = keep(newProject());
    for (let hz = 10; hz < 40; hz++) addTake(values, { label: String(hz), take: hz, hz, seconds: 4 });
    const report = await curveOf(values, {
      task: "regression",
      training: { epochs: 30, learningRate: 0.01 },
    });
    expect(report.advice).toContain("of the variance explained");
    expect(report.points).toHaveLength(4);
  });

  it("needs recordings on both sides, an experiment, and ends when it is cancelled", async () => {
    const project = keep(machineProject(4));
    const { experiment } = await train(project, { design: quickDesign(), backend: "auto", epochs: 2 });
    await rejectionOf("not-found", learningCurve(project, { experiment: 99, seed: 1 }));
    const cancel = new AbortController();
    const stages: string[] = [];
    const work = learningCurve(
      project,
      { experiment, seed: 1 },
      {
        signal: cancel.signal,
        onProgress: (stage) => {
          stages.push(stage);
          if (stage === "training (50 %)") cancel.abort();
        },
      },
    );
    await rejectionOf("cancelled", work);
    expect(stages[0]).toBe("training (25 %)");
    project.applySplit({ train: 0.8, validation: 0, test: 0.2, by: "recording", seed: 1 });
    await rejectionOf("invalid-dataset", learningCurve(project, { experiment, seed: 1 }));
  });
});
