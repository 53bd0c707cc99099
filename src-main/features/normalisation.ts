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
  if (kind === "none") {
    return null;
  }
  const count = features.length / size;
  const mean = new Float64Array(size);
  const squares = new Float64Array(size);
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < size; i++) {
      const value = features[row * size + i] as number;
      const before = mean[i] as number;
      const difference = value - before;
      const now = before + difference / (row + 1);
      mean[i] = now;
      squares[i] = (squares[i] as number) + difference * (value - now);
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
  if (normalisation === null) {
    return result;
  }
  const { mean, factor } = normalisation;
  const size = mean.length;
  for (let at = 0; at < result.length; at += size) {
    for (let i = 0; i < size; i++) {
      const centred = Math.fround((result[at + i] as number) - (mean[i] as number));
      result[at + i] = centred * (factor[i] as number);
    }
  }
  return result;
}
