/**
 * From a project and a design to what a network is trained on: windows on their sides, classes, normalised features, targets. Knows
 * datasets and the twin; no network.
 */
import type { SplitName, SplitOptions } from "../../src-shared/contract/index.ts";
import { type Design, type DesignFile, denseNetwork } from "../../src-shared/design.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import type { ProjectFile } from "../dataset/project-file.ts";
import { DEFAULT_SPLIT } from "../dataset/split-table.ts";
import { checkDataset, checkFeatures, type Finding, labelValue } from "../features/check-design.ts";
import {
  type DatasetWindow,
  datasetFeatures,
  type FeatureTable,
  planDataset,
  type RecordingWindows,
} from "../features/dataset-windows.ts";
import { presetDesign, presetsFor } from "../features/presets.ts";
import { type Resolution, resolveDesign } from "../features/resolve-design.ts";
import { changesSignals } from "../features/signal-augmentation.ts";
import { Twin } from "../features/twin.ts";
import { copiesOfWindows, type WindowCopies } from "../features/window-copies.ts";

export type DesignWish = {
  readonly design?: DesignFile | undefined;
  readonly preset?: string | undefined;
};

/**
 * The design that is meant: the one given, a preset, the project's own, or else the first preset that fits the recordings.
 * Throws `usage` for an unknown preset.
 */
export function chosenDesign(project: ProjectFile, { design, preset }: DesignWish): DesignFile {
  if (design !== undefined) {
    return design;
  }
  const recordings = project.recordings();
  if (preset !== undefined) {
    return presetDesign(preset, recordings, project.goal());
  }
  const own = project.design();
  if (own !== null) {
    return own;
  }
  const presets = presetsFor(recordings, project.goal());
  return (presets.find(({ fits }) => fits) ?? (presets[0] as (typeof presets)[number])).design;
}

export type LearningPlan = {
  readonly resolution: Resolution;
  readonly design: Design;
  readonly plan: readonly RecordingWindows[];
  /** Classes in the order of the network's outputs: those with windows to train on, by name; empty for a value. */
  readonly labels: readonly string[];
  readonly findings: readonly Finding[];
};

/** The network of a single label: there is nothing to tell apart, so it is the smallest there is; the anomaly score does the work. */
const ALONE = denseNetwork.parse({ kind: "dense", units: [] });

/** Resolves a design and cuts all windows. Reads no samples. Throws `invalid-design` where it cannot be resolved. */
export function planLearning(project: ProjectFile, file: DesignFile): LearningPlan {
  // A project that cannot be written to, or has no split yet, is looked at as if it had the default one.
  const options: SplitOptions = project.readonly
    ? (project.splitOptions() ?? DEFAULT_SPLIT)
    : project.ensureSplit();
  const resolution = resolveDesign(file, project.recordings());
  const plan = planDataset(project, resolution.design, resolution.recordings, options);
  const labels = resolution.design.task === "regression" ? [] : trainedLabels(plan);
  return {
    resolution,
    design: labels.length === 1 ? { ...resolution.design, network: ALONE } : resolution.design,
    plan,
    labels,
    findings: [...checkFeatures(resolution), ...checkDataset(resolution, plan, options)],
  };
}

const trainedLabels = (plan: readonly RecordingWindows[]): string[] =>
  [
    ...new Set(
      plan
        .filter(({ windows }) => windows.some(({ split }) => split === "train"))
        .map(({ recording }) => recording.label),
    ),
  ].sort((a, b) => (a < b ? -1 : 1));

/** Throws the first finding that stops training, as `invalid-design`. */
export function requireSound(findings: readonly Finding[]): void {
  const stop = findings.find(({ level }) => level === "error");
  if (stop !== undefined) {
    throw new LimpetError("invalid-design", `${stop.field}: ${stop.message}`, {
      field: stop.field,
      hint: "Change that and try again; nothing was trained.",
    });
  }
}

export type Table = {
  readonly windows: readonly DatasetWindow[];
  readonly features: FeatureTable;
};

/** What features are computed from, and where they may be kept. */
export type FeatureDataset = Pick<ProjectFile, "path" | "cached" | "cacheAll" | "gaps" | "readValues">;

/** Features of all windows of a plan, before normalisation. */
export async function featuresOf(
  project: FeatureDataset,
  { design, plan }: Pick<LearningPlan, "design" | "plan">,
  work: WorkOptions,
): Promise<Table> {
  const twin = await Twin.load();
  return {
    windows: plan.flatMap(({ windows }) => windows),
    features: await datasetFeatures(project, twin, design, plan, work),
  };
}

/** Changed copies of the training windows, where the design wants them. Throws `invalid-design`, `cancelled`. */
export async function copiesFor(
  project: FeatureDataset,
  { design }: Pick<LearningPlan, "design">,
  { windows }: Table,
  work: WorkOptions,
): Promise<WindowCopies | null> {
  return changesSignals(design.training.augmentation)
    ? copiesOfWindows(project, await Twin.load(), design, windows, work)
    : null;
}

/** The rows of a table for which `wanted` holds. */
export function select(
  { windows, features }: Table,
  wanted: (window: DatasetWindow, index: number) => boolean,
): Table {
  const rows = windows.flatMap((window, index) => (wanted(window, index) ? [index] : []));
  const values = new Float32Array(rows.length * features.size);
  for (const [to, from] of rows.entries()) {
    values.set(
      features.values.subarray(from * features.size, (from + 1) * features.size),
      to * features.size,
    );
  }
  return {
    windows: rows.map((row) => windows[row] as DatasetWindow),
    features: { size: features.size, values },
  };
}

/** Part of each training recording that stands in for validation where the split has none. */
const SPARE_VALIDATION = 0.2;

/** Training and validation rows. Where the split leaves nothing to validate on, the last fifth of each training recording. */
export function trainingSides(table: Table): { readonly train: Table; readonly validation: Table } {
  const on = (side: SplitName): Table => select(table, ({ split }) => split === side);
  const validation = on("validation");
  if (validation.windows.length > 0) {
    return { train: on("train"), validation };
  }
  const train = on("train");
  const totals = new Map<number, number>();
  for (const { recording } of train.windows) totals.set(recording.id, (totals.get(recording.id) ?? 0) + 1);
  const seen = new Map<number, number>();
  const spared = train.windows.map(({ recording }) => {
    const total = totals.get(recording.id) ?? 0;
    const place = (seen.get(recording.id) ?? 0) + 1;
    seen.set(recording.id, place);
    return place > total - Math.floor(total * SPARE_VALIDATION);
  });
  if (!spared.includes(true)) {
    // Too few windows to spare one of each recording: they are used twice, and the warning has said so.
    return { train, validation: train };
  }
  return {
    train: select(train, (_window, index) => spared[index] === false),
    validation: select(train, (_window, index) => spared[index] === true),
  };
}

/** Targets of windows: the class's number, or the value that the label is. */
export const targetsOf = (
  windows: readonly DatasetWindow[],
  labels: readonly string[],
  task: Design["task"],
): Int32Array | Float32Array =>
  task === "regression"
    ? Float32Array.from(windows, ({ recording }) => labelValue(recording.label))
    : Int32Array.from(windows, ({ recording }) => labels.indexOf(recording.label));
