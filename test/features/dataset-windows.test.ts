import { describe, expect, it } from "vitest";
import { datasetFeatures, filterPlan, planDataset } from "../../src-main/features/dataset-windows.ts";
import { Twin } from "../../src-main/features/twin.ts";
import { planLearning } from "../../src-main/services/learning-data.ts";
import { machineProject, quickDesign } from "../services/learning-projects.ts";

describe("features that are kept in the project", () => {
  it("are those of the windows that are asked for, also where the sides of a split by window have as many of a recording", async () => {
    const project = machineProject(2, 8);
    try {
      project.applySplit({ train: 0.6, validation: 0.2, test: 0.2, by: "window", seed: 1 });
      const { design } = planLearning(project, quickDesign());
      const plan = planDataset(project, design);
      const twin = await Twin.load();
      const all = await datasetFeatures(project, twin, design, plan);
      const order = plan.flatMap(({ windows }) => windows);
      for (const side of ["test", "validation", "train", "test"] as const) {
        const part = filterPlan(plan, ({ split }) => split === side);
        const { size, values } = await datasetFeatures(project, twin, design, part);
        const rows = order.flatMap((window, row) => (window.split === side ? [row] : []));
        const expected = rows.flatMap((row) => [...all.values.subarray(row * size, (row + 1) * size)]);
        expect([...values], side).toEqual(expected);
      }
      const counts = plan.map(({ windows }) => [
        windows.filter(({ split }) => split === "test").length,
        windows.filter(({ split }) => split === "validation").length,
      ]);
      expect(counts.some(([test, validation]) => test === validation && test !== 0)).toBe(true);
    } finally {
      project.close();
    }
  });
});
