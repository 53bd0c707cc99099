/**
 * Arrays as a NumPy .npz file: a zip of .npy files, format version 1.0 (numpy.lib.format). `numpy.load` opens it without pickle.
 */

import { LimpetError } from "../../../src-shared/errors.ts";
import type { Normalisation } from "../../features/normalisation.ts";
import { type ExportedFile, zip } from "./exported-files.ts";

export type NpyArray = {
  readonly shape: readonly number[];
  /** Row-major; texts become NumPy's unicode (`<U`). */
  readonly values: Float32Array | Float64Array | Int32Array | readonly string[];
};

/** One .npz with an array for each key. */
export const encodeNpz = (arrays: Readonly<Record<string, NpyArray>>): Uint8Array =>
  zip(
    Object.entries(arrays).map(
      ([name, array]): ExportedFile => ({ name: `${name}.npy`, bytes: encodeNpy(array) }),
    ),
  );

export type FeatureTable = {
  /** Shape of one window's features. */
  readonly shape: readonly number[];
  /** count x product(shape), as the front end gives them, before normalisation. */
  readonly features: Float32Array;
  /** Label of each window. */
  readonly labels: readonly string[];
  /** `train`, `validation` or `test` of each window. */
  readonly splits: readonly string[];
  /** Recording's name, and the window's start in it in milliseconds. */
  readonly recordings: readonly string[];
  readonly startsMs: Float64Array;
  /** Classes in the order of the network's outputs. */
  readonly classes: readonly string[];
  readonly normalisation: Normalisation | null;
};

/**
 * Features of a dataset as .npz: `features` [n, ...shape], `label`, `split`, `recording`, `start_ms` [n], `classes`, and where features
 * are normalised `mean` and `factor`: (features.reshape(n, -1) - mean) * factor is what the network is given.
 */
export function featuresNpz(table: FeatureTable): Uint8Array {
  const count = table.labels.length;
  const { normalisation } = table;
  const list = (values: readonly string[]): NpyArray => ({ shape: [values.length], values });
  return encodeNpz({
    features: { shape: [count, ...table.shape], values: table.features },
    label: list(table.labels),
    split: list(table.splits),
    recording: list(table.recordings),
    start_ms: { shape: [count], values: table.startsMs },
    classes: list(table.classes),
    ...(normalisation && {
      mean: { shape: [normalisation.mean.length], values: normalisation.mean },
      factor: { shape: [normalisation.factor.length], values: normalisation.factor },
    }),
  });
}

const MAGIC = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0);
const ALIGNMENT = 64;

function encodeNpy({ shape, values }: NpyArray): Uint8Array {
  const count = shape.reduce((all, size) => all * size, 1);
  if (count !== values.length) {
    throw new LimpetError("internal", `An array of shape [${shape}] cannot hold ${values.length} values.`);
  }
  const [type, data] = dataOf(values);
  const tuple = `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
  const text = `{'descr': '${type}', 'fortran_order': False, 'shape': ${tuple}, }`;
  // Padded with blanks and a line's end, so that the data begins at a multiple of 64.
  const length = Math.ceil((MAGIC.length + 2 + text.length + 1) / ALIGNMENT) * ALIGNMENT - MAGIC.length - 2;
  const head = new TextEncoder().encode(`${text.padEnd(length - 1)}\n`);
  const bytes = new Uint8Array(MAGIC.length + 2 + length + data.length);
  bytes.set(MAGIC);
  new DataView(bytes.buffer).setUint16(MAGIC.length, length, true);
  bytes.set(head, MAGIC.length + 2);
  bytes.set(data, MAGIC.length + 2 + length);
  return bytes;
}

function dataOf(values: NpyArray["values"]): [string, Uint8Array] {
  if (values instanceof Float32Array) return ["<f4", numbers(values, 4, "setFloat32")];
  if (values instanceof Float64Array) return ["<f8", numbers(values, 8, "setFloat64")];
  if (values instanceof Int32Array) return ["<i4", numbers(values, 4, "setInt32")];
  // NumPy's unicode: every text as many UTF-32 characters as the longest has, at least one.
  const texts = values.map((text) => Array.from(text, (character) => character.codePointAt(0) ?? 0));
  const width = texts.reduce((most, text) => Math.max(most, text.length), 1);
  const bytes = new Uint8Array(4 * width * texts.length);
  const view = new DataView(bytes.buffer);
  for (const [row, text] of texts.entries()) {
    for (const [i, code] of text.entries()) view.setUint32(4 * (row * width + i), code, true);
  }
  return [`<U${width}`, bytes];
}

function numbers(
  values: Float32Array | Float64Array | Int32Array,
  size: number,
  set: "setFloat32" | "setFloat64" | "setInt32",
): Uint8Array {
  const bytes = new Uint8Array(size * values.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) view[set](size * i, values[i] as number, true);
  return bytes;
}
