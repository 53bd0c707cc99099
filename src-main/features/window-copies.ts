/**
 * Features of changed copies of training windows: the signal is changed, then the front end computes as ever. Knows datasets and the
 * twin; what is changed, the augmenter knows.
 */
import type { Design } from "../../src-shared/design.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import { ProjectFile } from "../dataset/project-file.ts";
import type { Dataset } from "../dataset/types.ts";
import type { JobInput } from "../threads/thread-jobs.ts";
import { turns } from "../threads/turns.ts";
import { awayOrHere } from "../threads/work-threads.ts";
import type { DatasetWindow } from "./dataset-windows.ts";
import { featureShape, product } from "./feature-shape.ts";
import type { FeatureSource } from "./feature-threads.ts";
import { encodeFrontend } from "./frontend-config.ts";
import { changesSignals, DeviationMeter, SignalAugmenter } from "./signal-augmentation.ts";
import { Twin } from "./twin.ts";
import { recordingSources, WindowReader } from "./window-source.ts";

/** `each` copies of every window, row-major: windows x each x features. */
export type WindowCopies = { readonly each: number; readonly features: Float32Array };

/** Bytes that copies may take; beyond it there are fewer of each window. */
const MOST_BYTES = 256 * 2 ** 20;

/**
 * Features of copies of `windows` as `training.augmentation` wants them, before normalisation; null where it wants none. The same
 * design, seed and windows give the same copies. Throws `invalid-design` where no input has axes to turn; `cancelled`.
 */
export async function copiesOfWindows(
  dataset: FeatureSource,
  twin: Twin,
  design: Pick<Design, "window" | "inputs" | "training">,
  windows: readonly DatasetWindow[],
  work: WorkOptions = {},
): Promise<WindowCopies | null> {
  const wanted = design.training.augmentation;
  if (!changesSignals(wanted)) return null;
  if (wanted.rotationDegrees > 0 && design.inputs.every(({ channels }) => channels.length % 3 !== 0)) {
    throw new LimpetError("invalid-design", "Only three axes, or two or more times three, can be turned.", {
      field: "training.augmentation.rotationDegrees",
      hint: "Set it to 0, or choose all axes of the sensor.",
    });
  }
  const size = product(featureShape(design));
  const each = Math.min(wanted.copies, Math.floor(MOST_BYTES / (4 * size * Math.max(1, windows.length))));
  if (each === 0) return null;
  const here = (): Promise<Float32Array> => copiesHere(dataset, twin, design, windows, each, work);
  const { path } = dataset;
  const features =
    path === undefined
      ? await here()
      : await awayOrHere("copies", { path, module: twin.module, design, windows, each }, here, work);
  return { each, features };
}

/** The job `copies` of a work thread. Throws as `copiesOfWindows`, and what opening a project throws. */
export async function copiesByPath(
  { path, module, design, windows, each }: JobInput<"copies">,
  work: WorkOptions,
): Promise<Float32Array> {
  // Whoever has the project open mends it.
  const project = ProjectFile.open(path, { readonly: true, asItIs: true });
  try {
    return await copiesHere(project, await Twin.of(module), design, windows, each, work);
  } finally {
    project.close();
  }
}

/** Features of `each` copies of every window, computed in this thread. Throws `cancelled`. */
async function copiesHere(
  dataset: Pick<Dataset, "gaps" | "readValues">,
  twin: Twin,
  design: Pick<Design, "window" | "inputs" | "training">,
  windows: readonly DatasetWindow[],
  each: number,
  work: WorkOptions,
): Promise<Float32Array> {
  const wanted = design.training.augmentation;
  if (!changesSignals(wanted)) return new Float32Array(0);
  const size = product(featureShape(design));
  const features = new Float32Array(windows.length * each * size);
  const readers = new Map<number, WindowReader>();
  const readerOf = ({ recording }: DatasetWindow): WindowReader => {
    const known = readers.get(recording.id);
    if (known !== undefined) return known;
    // Windows come recording by recording: one reader, with the samples it holds, is enough.
    readers.clear();
    const reader = new WindowReader(
      design,
      recordingSources(dataset, recording, design) ?? [],
      recording.name,
    );
    readers.set(recording.id, reader);
    return reader;
  };
  const turn = turns(work.signal);
  const breathe = (fraction: number): Promise<void> =>
    turn(() => work.onProgress?.("changing copies of windows", fraction));
  const meter = new DeviationMeter(design);
  if (wanted.noise > 0) {
    for (const window of windows) {
      meter.add(readerOf(window).read(window));
      await breathe(0);
    }
  }
  const augmenter = new SignalAugmenter(design, wanted, meter.deviations());
  const frontend = twin.frontend(encodeFrontend(design));
  try {
    for (const [number, window] of windows.entries()) {
      const reader = readerOf(window);
      for (let copy = 0; copy < each; copy++) {
        const at = (number * each + copy) * size;
        frontend.compute(augmenter.copy(reader, window, number, copy), features.subarray(at, at + size));
        await breathe(number / windows.length);
      }
    }
  } finally {
    frontend.close();
  }
  return features;
}
