/**
 * All windows of a dataset for a design: whose they are, on which side of the split, and their features, computed by the device twin and
 * kept in the project for the next time. Knows datasets and twins; no labels' numbers, no network.
 */
import { createHash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { RecordingInfo, SplitName, SplitOptions } from "../../src-shared/contract/index.ts";
import type { Design } from "../../src-shared/design.ts";
import { LimpetError, throwIfCancelled } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import type { Dataset } from "../dataset/types.ts";
import { turns } from "../threads/turns.ts";
import { featureShape, product } from "./feature-shape.ts";
import { computeMissing, type FeatureSource, type MissingFeatures } from "./feature-threads.ts";
import { encodeFrontend } from "./frontend-config.ts";
import { streamFor } from "./resolve-design.ts";
import { usable } from "./sensor-choice.ts";
import type { Twin } from "./twin.ts";
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
  dataset: FeatureSource & Pick<Dataset, "cached" | "cacheAll">,
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
  const kept = new Keeping(dataset, work.signal);
  let planned = 0;
  let known = 0;
  const breathe = turns(work.signal);
  for (const { recording, windows } of plan) {
    if (windows.length === 0) continue;
    const own = values.subarray(planned * size, (planned + windows.length) * size);
    planned += windows.length;
    const key = `features ${base} ${contentKey(recording, design)} ${placesKey(windows)}`;
    const bytes = new Uint8Array(own.buffer, own.byteOffset, own.byteLength);
    const there = dataset.cached(key);
    if (there !== null && there.byteLength === own.byteLength) {
      bytes.set(there);
      known += windows.length;
    } else {
      missing.push({ recording, windows, features: own, whole: () => kept.add(key, bytes) });
    }
    await breathe(() => work.onProgress?.("computing features", known / total));
  }
  try {
    await computeMissing(dataset, twin, design, missing, {
      signal: work.signal,
      onProgress: (stage, fraction) =>
        work.onProgress?.(stage, (known + (total - known) * fraction) / Math.max(1, total)),
      keep: () => kept.inTurns(),
    });
  } catch (error) {
    // Also where it was cancelled: the next time begins there.
    kept.asFarAsPossible();
    throw error;
  }
  throwIfCancelled(work.signal);
  work.onProgress?.("computing features", 1);
  return { size, values };
}

/** Bytes and recordings that are kept in one transaction: each waits for the disk. */
const KEPT_BYTES = 2 ** 20;
const KEPT_RECORDINGS = 100;

/** Features that are to be kept in the project, several recordings in one transaction. */
class Keeping {
  readonly #dataset: Pick<Dataset, "cacheAll">;
  readonly #signal: AbortSignal | undefined;
  readonly #waiting: (readonly [key: string, value: Uint8Array])[] = [];

  constructor(dataset: Pick<Dataset, "cacheAll">, signal: AbortSignal | undefined) {
    this.#dataset = dataset;
    this.#signal = signal;
  }

  add(key: string, value: Uint8Array): void {
    this.#waiting.push([key, value]);
  }

  /** Keeps what waits, with turns for others between the transactions. Throws `cancelled`. */
  async inTurns(): Promise<void> {
    while (this.#waiting.length > 0) {
      this.#some();
      await nextTurn();
      throwIfCancelled(this.#signal);
    }
  }

  asFarAsPossible(): void {
    try {
      while (this.#waiting.length > 0) this.#some();
    } catch {
      // What went wrong before is what counts.
    }
  }

  #some(): void {
    let bytes = 0;
    let count = 0;
    while (count < Math.min(this.#waiting.length, KEPT_RECORDINGS) && bytes < KEPT_BYTES) {
      bytes += this.#waiting[count++]?.[1].byteLength ?? 0;
    }
    this.#dataset.cacheAll(this.#waiting.splice(0, count));
  }
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
