/**
 * Normalisation of features, learnt from the training windows alone, applied as the board does it (docs/model-package.md, `NORM`):
 * feature' = (feature - mean) * factor, each step rounded to float32.
 */
import type { Design } from "../../src-shared/design.ts";

export type Normalisation = { readonly mean: Float32Array; readonly factor: Float32Array };

/**
 * A deviation below this part of the feature's size is rounding, not signal; such a feature counts as constant and is left
 * out (factor 0). Otherwise it would blow up whatever it does in other recordings.
 */
const CONSTANT = 1e-5;

/** Values that are gone through between two turns: a few milliseconds. */
const STEP_VALUES = 2 ** 20;

/**
 * Mean and factor of each feature over the given windows; null for `none`. Population deviation, in double precision by
 * Welford's recurrence ("Note on a method for calculating corrected sums of squares and products", Technometrics 4, 1962).
 * @param features count x size, row-major
 */
export function fitNormalisation(
  kind: Design["normalisation"],
  features: Float32Array,
  size: number,
): Normalisation | null {
  const steps = fitSteps(kind, [features], size);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** The same over several tables one after the other, with turns for others between. Throws what `breathe` throws. */
export async function fitNormalisationInTurns(
  kind: Design["normalisation"],
  tables: readonly Float32Array[],
  size: number,
  breathe: () => Promise<void>,
): Promise<Normalisation | null> {
  const steps = fitSteps(kind, tables, size);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    await breathe();
  }
}

function* fitSteps(
  kind: Design["normalisation"],
  tables: readonly Float32Array[],
  size: number,
): Generator<void, Normalisation | null> {
  if (kind === "none") {
    return null;
  }
  const mean = new Float64Array(size);
  const squares = new Float64Array(size);
  let count = 0;
  for (const features of tables) {
    for (let at = 0; at + size <= features.length && size > 0; at += size) {
      count++;
      for (let i = 0; i < size; i++) {
        const value = features[at + i] as number;
        const before = mean[i] as number;
        const difference = value - before;
        const now = before + difference / count;
        mean[i] = now;
        squares[i] = (squares[i] as number) + difference * (value - now);
      }
      if ((at + size) % STEP_VALUES < size) yield;
    }
  }
  const factor = new Float32Array(size).fill(1);
  if (kind === "standard") {
    for (let i = 0; i < size; i++) {
      const deviation = Math.sqrt((squares[i] as number) / Math.max(1, count));
      const least = CONSTANT * Math.max(Math.abs(mean[i] as number), 1e-6);
      factor[i] = deviation > least ? 1 / deviation : 0;
    }
  }
  return { mean: Float32Array.from(mean), factor };
}

/** Normalised features (a new array), bit for bit as on the board. */
export function normalise(features: Float32Array, normalisation: Normalisation | null): Float32Array {
  const result = features.slice();
  if (normalisation !== null) normaliseRows(result, normalisation);
  return result;
}

/** The same with turns for others, into memory that threads share. Throws what `breathe` throws. */
export async function normaliseInTurns(
  features: Float32Array,
  normalisation: Normalisation | null,
  breathe: () => Promise<void>,
): Promise<Float32Array> {
  const result = new Float32Array(new SharedArrayBuffer(features.byteLength));
  const size = normalisation?.mean.length ?? 1;
  const step = size * Math.max(1, Math.floor(STEP_VALUES / size));
  for (let at = 0; at < features.length; at += step) {
    const part = result.subarray(at, at + step);
    part.set(features.subarray(at, at + step));
    if (normalisation !== null) normaliseRows(part, normalisation);
    await breathe();
  }
  return result;
}

function normaliseRows(rows: Float32Array, { mean, factor }: Normalisation): void {
  const size = mean.length;
  for (let at = 0; at < rows.length; at += size) {
    for (let i = 0; i < size; i++) {
      const centred = Math.fround((rows[at + i] as number) - (mean[i] as number));
      rows[at + i] = centred * (factor[i] as number);
    }
  }
}
