import { describe, expect, it } from "vitest";
import { featurePlot } from "../../src-main/services/feature-plot.ts";
import { featuresOf, planLearning } from "../../src-main/services/learning-data.ts";
import { CLASSES, machineProject, quickDesign, RATE } from "./learning-projects.ts";

describe("the plot of features", () => {
  const project = machineProject(3, 4);

  it("shows each class's spectrum strongest where the part turns, over the right frequencies", async () => {
    const { panels } = await featurePlot(project, quickDesign());
    expect(panels.map(({ channel, kind }) => `${channel} ${kind}`)).toEqual([
      "accX line",
      "accY line",
      "accZ line",
    ]);
    for (const panel of panels) {
      expect(panel.x).toEqual({ from: 0, to: RATE / 2, unit: "Hz" });
      expect(panel.columns).toBe(16);
      expect(panel.statistics.map(({ name }) => name)).toEqual([
        "log RMS",
        "skewness",
        "kurtosis",
        "spectral skewness",
        "spectral kurtosis",
      ]);
      for (const { label, mean, deviation } of panel.labels) {
        const strongest = mean.indexOf(Math.max(...mean));
        const band = (CLASSES[label] ?? 0) / (RATE / 2 / 16);
        expect(Math.abs(strongest + 0.5 - band)).toBeLessThanOrEqual(1.1);
        expect(deviation.every((value) => value >= 0 && Number.isFinite(value))).toBe(true);
      }
    }
  });

  it("gives the means of the very features that are trained on, whatever the block", async () => {
    for (const features of [
      { block: "raw", decimation: 2 },
      { block: "spectral", fftLength: 64, bands: 8, statistics: false },
      { block: "log-mel", frameMs: 160, strideMs: 80, filters: 12, lowHz: 5 },
      { block: "mfcc", frameMs: 160, strideMs: 80, filters: 12, lowHz: 5, coefficients: 6 },
    ] as const) {
      const design = quickDesign({ features });
      const learning = planLearning(project, design);
      const table = await featuresOf(project, learning, {});
      const { size, values } = table.features;
      const { panels } = await featurePlot(project, design);
      const rows = table.windows.flatMap(({ recording }, row) => (recording.label === "fast" ? [row] : []));
      const sum = (list: readonly number[]): number => list.reduce((all, value) => all + value, 0);
      const expected = sum(rows.flatMap((row) => Array.from(values.subarray(row * size, (row + 1) * size))));
      const found = sum(
        panels.flatMap(({ labels }) =>
          labels.filter(({ label }) => label === "fast").flatMap(({ mean }) => mean),
        ),
      );
      expect(found * rows.length).toBeCloseTo(expected, 2);
      const [panel] = panels;
      const count = (panel?.columns ?? 0) * (panel?.rows ?? 0) * panels.length;
      expect(count).toBe(size);
      expect(
        panel?.labels.every(({ mean }) => mean.length === (panel?.columns ?? 0) * (panel?.rows ?? 0)),
      ).toBe(true);
    }
  });
});
