/**
 * All windows of a dataset for a design: whose they are, on which side of the split, and their features, computed by the device twin and
 * kept in the project for the next time. Knows datasets and twins; no labels' numbers, no network.
 */
import { createHash } from "node:crypto";
import type { RecordingInfo, SplitName, SplitOptions } from "../../src-shared/contract/index.ts";
import type { Design } from "../../src-shared/design.ts";
import { LimpetError, throwIfCancelled } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import type { Dataset } from "../dataset/types.ts";
import { featureShape, product } from "./feature-shape.ts";
import { computeMissing, type FeatureSource, type MissingFeatures } from "./feature-threads.ts";
import { encodeFrontend } from "./frontend-config.ts";
import { streamFor } from "./resolve-design.ts";
import { usable } from "./sensor-choice.ts";
import type { Twin } from "./twin.ts";
import { turns } from "./window-features.ts";
import { recordingSources, WindowReader } from "./window-source.ts";
import { assignWindows, type PlannedWindow, planWindows } from "./windows.ts";

export type DatasetWindow = PlannedWindow & {
  readonly recording: RecordingInfo;
  readonly split: SplitName | null;
};

/** Windows of one recording, in time order. */
export type RecordingWindows = {
  readonly recording: RecordingInfo;
  readonly windows: readonly DatasetWindow[];
};

/** Cuts all usable recordings that have every input into windows and puts each on its side. */
export function planDataset(
  dataset: Dataset,
  design: Pick<Design, "window" | "inputs">,
  recordings: readonly RecordingInfo[] = dataset.recordings(),
  options: SplitOptions | null = dataset.splitOptions(),
): RecordingWindows[] {
  return usable(recordings).flatMap((recording) => {
    const sources = recordingSources(dataset, recording, design);
    if (sources === null) {
      return [];
    }
    const planned = planWindows(
      sources.map(({ stream }) => stream),
      design.window,
    );
    const sides =
      options?.by === "window" && recording.split === null
        ? assignWindows(planned.length, options, recording.id)
        : null;
    return [
      {
        recording,
        windows: planned.map((window, index) => ({
          ...window,
          recording,
          split: sides?.[index] ?? recording.split,
        })),
      },
    ];
  });
}

/** Features of many windows: count x size, row-major, before normalisation, in the order of the windows. */
export type FeatureTable = { readonly size: number; readonly values: Float32Array };

/**
 * Features of all given windows. Those of a recording are kept in the project by what they were computed from: front end, its
 * configuration, the window and the recording's samples. More than a moment's work is given to threads where the dataset has a path.
 * Throws `cancelled`; `invalid-design` where the front end refuses the configuration or a sample is not a number.
 */
export async function datasetFeatures(
  dataset: FeatureSource & Pick<Dataset, "cached" | "cache">,
  twin: Twin,
  design: Pick<Design, "window" | "inputs">,
  plan: readonly RecordingWindows[],
  work: WorkOptions = {},
): Promise<FeatureTable> {
  const frnt = encodeFrontend(design);
  const size = product(featureShape(design));
  const total = plan.reduce((sum, { windows }) => sum + windows.length, 0);
  const values = new Float32Array(total * size);
  const base = createHash("sha256")
    .update(JSON.stringify([twin.frontendVersion, design.window]))
    .update(frnt)
    .digest("hex");
  const frontend = twin.frontend(frnt);
  frontend.close();
  if (frontend.featureCount !== size) {
    throw new LimpetError(
      "internal",
      `The front end gives ${frontend.featureCount} features where ${size} were expected.`,
    );
  }
  const missing: MissingFeatures[] = [];
  let planned = 0;
  let known = 0;
  const breathe = turns(work.signal);
  for (const { recording, windows } of plan) {
    if (windows.length === 0) continue;
    const own = values.subarray(planned * size, (planned + windows.length) * size);
    planned += windows.length;
    const key = `features ${base} ${contentKey(recording, design)} ${placesKey(windows)}`;
    const kept = dataset.cached(key);
    if (kept !== null && kept.byteLength === own.byteLength) {
      new Uint8Array(own.buffer, own.byteOffset, own.byteLength).set(kept);
      known += windows.length;
    } else {
      const keep = (): void => dataset.cache(key, new Uint8Array(own.buffer, own.byteOffset, own.byteLength));
      missing.push({ recording, windows, features: own, keep });
    }
    await breathe(() => work.onProgress?.("computing features", known / total));
  }
  await computeMissing(dataset, twin, design, missing, {
    signal: work.signal,
    onProgress: (stage, fraction) =>
      work.onProgress?.(stage, (known + (total - known) * fraction) / Math.max(1, total)),
  });
  throwIfCancelled(work.signal);
  work.onProgress?.("computing features", 1);
  return { size, values };
}

/** What tells one recording's samples from another's, and from its own before a repair. */
const contentKey = (recording: RecordingInfo, design: Pick<Design, "inputs">): string =>
  JSON.stringify(
    design.inputs.map((input) => {
      const stream = streamFor(recording, input);
      return [stream?.id, stream?.samples, stream?.gaps, stream?.lostSamples];
    }),
  );

/** Which windows of a recording they are: with a split by window each side has its own. */
const placesKey = (windows: readonly DatasetWindow[]): string =>
  createHash("sha256")
    .update(JSON.stringify(windows.map(({ starts }) => starts)))
    .digest("hex");

/** The raw samples of windows, in order, one at a time, for whoever needs more than features. */
export function* readWindows(
  dataset: Dataset,
  design: Pick<Design, "window" | "inputs">,
  plan: readonly RecordingWindows[],
): Generator<Float32Array, void> {
  for (const { recording, windows } of plan) {
    const sources = windows.length === 0 ? null : recordingSources(dataset, recording, design);
    if (sources === null) continue;
    const reader = new WindowReader(design, sources, recording.name);
    for (const window of windows) yield reader.read(window);
  }
}

/** The windows of a plan for which `wanted` holds. */
export const filterPlan = (
  plan: readonly RecordingWindows[],
  wanted: (window: DatasetWindow) => boolean,
): RecordingWindows[] =>
  plan.flatMap(({ recording, windows }) => {
    const own = windows.filter(wanted);
    return own.length === 0 ? [] : [{ recording, windows: own }];
  });
