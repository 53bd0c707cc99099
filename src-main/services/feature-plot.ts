/**
 * What the features of each class look like: means and deviations over its windows, channel by channel, laid out as the front end
 * gives them (docs/model-package.md, FRNT). Knows the layout of blocks; draws nothing.
 */
import type { RequestResult } from "../../src-shared/contract/index.ts";
import type { Design, DesignFile, ResolvedInput } from "../../src-shared/design.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import type { ProjectFile } from "../dataset/project-file.ts";
import { inputFeatureShape, product, SPECTRAL_STATISTICS } from "../features/feature-shape.ts";
import { describePlan } from "./design-report.ts";
import { featuresOf, planLearning, requireSound, type Table } from "./learning-data.ts";

type Plot = RequestResult<"design:get-features">;
type Panel = Plot["panels"][number];

/** More points of a line than this cannot be told apart. */
const MOST_POINTS = 400;
/** Statistics of the spectral block, in the order of the front end. */
const STATISTICS = ["log RMS", "skewness", "kurtosis", "spectral skewness", "spectral kurtosis"] as const;

/** Means of all labels' features. Throws `invalid-design`, `cancelled`. */
export async function featurePlot(
  project: ProjectFile,
  file: DesignFile,
  work: WorkOptions = {},
): Promise<Plot> {
  const learning = planLearning(project, file);
  requireSound(describePlan(project, learning).report.findings.filter(({ field }) => field !== "split"));
  const table = await featuresOf(project, learning, work);
  return { panels: panelsOf(learning.design, summarise(table)) };
}

/** Mean and deviation of each feature over a label's windows. */
export type LabelSummary = {
  readonly label: string;
  readonly windows: number;
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
};

/** Labels in the order of their names. */
function summarise({ windows, features: { size, values } }: Table): LabelSummary[] {
  const sums = new Map<string, { windows: number; sum: Float64Array; squares: Float64Array }>();
  for (const [row, { recording }] of windows.entries()) {
    let entry = sums.get(recording.label);
    if (entry === undefined) {
      entry = { windows: 0, sum: new Float64Array(size), squares: new Float64Array(size) };
      sums.set(recording.label, entry);
    }
    entry.windows++;
    for (let i = 0; i < size; i++) {
      const value = values[row * size + i] as number;
      entry.sum[i] = (entry.sum[i] as number) + value;
      entry.squares[i] = (entry.squares[i] as number) + value * value;
    }
  }
  return [...sums]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, { windows: count, sum, squares }]) => {
      const mean = sum.map((value) => value / count);
      const deviation = squares.map((value, i) =>
        Math.sqrt(Math.max(0, value / count - (mean[i] as number) ** 2)),
      );
      return { label, windows: count, mean, deviation };
    });
}

/** The panels of all inputs; their features lie end to end. */
function panelsOf(design: Design, labels: readonly LabelSummary[]): Panel[] {
  let begin = 0;
  return design.inputs.flatMap((input) => {
    const shape = inputFeatureShape(design, input);
    const panels = panelsOfInput(input, shape, begin, labels);
    begin += product(shape);
    return panels;
  });
}

function panelsOfInput(
  input: ResolvedInput,
  shape: readonly number[],
  begin: number,
  labels: readonly LabelSummary[],
): Panel[] {
  const { features, channels, rateHz } = input;
  const [rows = 0, columns = 1] = shape;
  switch (features.block) {
    case "raw": {
      const seconds = (rows * features.decimation) / rateHz;
      return channels.map((channel, c) =>
        line(
          input,
          channel,
          { from: 0, to: seconds, unit: "s" },
          labels,
          (i) => begin + i * columns + c,
          rows,
        ),
      );
    }
    case "spectral": {
      const own = rows / channels.length;
      const statistics = features.statistics ? SPECTRAL_STATISTICS : 0;
      const half = rateHz / features.decimation / 2;
      return channels.map((channel, c) => ({
        ...line(
          input,
          channel,
          { from: 0, to: half, unit: "Hz" },
          labels,
          (i) => begin + c * own + statistics + i,
          own - statistics,
        ),
        statistics: STATISTICS.slice(0, statistics).map((name, i) => ({
          name,
          labels: labels.map(({ label, mean, deviation }) => ({
            label,
            mean: mean[begin + c * own + i] ?? 0,
            deviation: deviation[begin + c * own + i] ?? 0,
          })),
        })),
      }));
    }
    case "log-mel":
    case "mfcc": {
      const frames = rows / channels.length;
      const size = frames * columns;
      return channels.map((channel, c) => ({
        sensor: input.sensor,
        channel,
        block: features.block,
        kind: "image",
        columns: frames,
        rows: columns,
        x: { from: 0, to: (frames * features.strideMs) / 1000, unit: "s" },
        rowUnit: features.block === "mfcc" ? "coefficient" : "filter",
        labels: labels.map(({ label, windows, mean }) => ({
          label,
          windows,
          mean: Array.from(mean.subarray(begin + c * size, begin + (c + 1) * size)),
          deviation: [],
        })),
        statistics: [],
      }));
    }
  }
}

function line(
  input: ResolvedInput,
  channel: string,
  x: Panel["x"],
  labels: readonly LabelSummary[],
  at: (index: number) => number,
  count: number,
): Panel {
  const step = Math.max(1, Math.ceil(count / MOST_POINTS));
  const points = Array.from({ length: Math.ceil(count / step) }, (_, i) => at(i * step));
  return {
    sensor: input.sensor,
    channel,
    block: input.features.block,
    kind: "line",
    columns: points.length,
    rows: 1,
    x,
    rowUnit: "",
    labels: labels.map(({ label, windows, mean, deviation }) => ({
      label,
      windows,
      mean: points.map((index) => mean[index] ?? 0),
      deviation: points.map((index) => deviation[index] ?? 0),
    })),
    statistics: [],
  };
}
