/**
 * Features of changed copies of training windows: the signal is changed, then the front end computes as ever. Knows datasets and the
 * twin; what is changed, the augmenter knows.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Design } from "../../src-shared/design.ts";
import { LimpetError, throwIfCancelled } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import type { Dataset } from "../dataset/types.ts";
import type { DatasetWindow } from "./dataset-windows.ts";
import { featureShape, product } from "./feature-shape.ts";
import { encodeFrontend } from "./frontend-config.ts";
import { changesSignals, DeviationMeter, SignalAugmenter } from "./signal-augmentation.ts";
import type { Twin } from "./twin.ts";
import { recordingSources, WindowReader } from "./window-source.ts";

/** `each` copies of every window, row-major: windows x each x features. */
export type WindowCopies = { readonly each: number; readonly features: Float32Array };

/** Bytes that copies may take; beyond it there are fewer of each window. */
const MOST_BYTES = 256 * 2 ** 20;
/** Time that is computed for before others get their turn, milliseconds. */
const TURN_MS = 20;

/**
 * Features of copies of `windows` as `training.augmentation` wants them, before normalisation; null where it wants none. The same
 * design, seed and windows give the same copies. Throws `invalid-design` where no input has axes to turn; `cancelled`.
 */
export async function copiesOfWindows(
  dataset: Pick<Dataset, "gaps" | "readValues">,
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
  let turnEnds = performance.now() + TURN_MS;
  const breathe = async (fraction: number): Promise<void> => {
    if (performance.now() <= turnEnds) return;
    work.onProgress?.("changing copies of windows", fraction);
    await nextTurn();
    throwIfCancelled(work.signal);
    turnEnds = performance.now() + TURN_MS;
  };
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
  return { each, features };
}
