/**
 * Writes model packages (docs/model-package.md): sections, header, check sum, hash. Knows neither front end nor network; what they
 * compute comes in (golden-vectors.ts).
 */

import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { LimpetError } from "../../src-shared/errors.ts";
import { ByteWriter, float32Bytes } from "../boards/link/bytes.ts";
import { MAX_STATES, type RecordedStates } from "../features/anomaly.ts";
import type { Normalisation } from "../features/normalisation.ts";
import type { GoldenVector } from "./golden-vectors.ts";

export type PackageQuantisation = { readonly scale: number; readonly zeroPoint: number };

/** Section ANOM: the states that were recorded, and from where on a window is none of them. */
export type PackageAnomaly = RecordedStates & {
  readonly threshold: number;
  /** Indices of the labels whose windows the states were learnt from. */
  readonly labels: readonly number[];
};

/** Section ALON: how the board runs by itself. */
export type PackageAlone = {
  /** Time between the starts of two windows; 0: windows follow each other by their stride. */
  readonly periodMs: number;
  /** Time from power-on, or from the laptop's last request, until it begins. */
  readonly graceMs: number;
  /** Indices of the labels that the board's light shows. */
  readonly labels: readonly number[];
  /** Whether the light shows an unknown state. */
  readonly unknown: boolean;
  /** Windows in a row that must be called alike until the state counts as changed; absent: 1. */
  readonly confirm?: number | undefined;
};

export type PackageContent = {
  /** Version of the front end that computed the training features (`Twin.frontendVersion`). */
  readonly frontendVersion: number;
  /** Section FRNT. */
  readonly frontend: Uint8Array;
  /** feature' = (feature - mean) * factor, one pair for each feature; null: not normalised. */
  readonly normalisation: Normalisation | null;
  readonly tflite: Uint8Array;
  readonly task: "classification" | "regression";
  /** Classes in the order of the scores; of a regression none, or the name of its value. */
  readonly labels: readonly string[];
  readonly arenaBytes: number;
  readonly input: PackageQuantisation;
  readonly output: PackageQuantisation;
  /** Window distance in live use, samples of the first input. */
  readonly strideSamples: number;
  /** Score from which a label counts as recognised, one for each label. */
  readonly thresholds: readonly number[];
  /** For people; cut to 255 bytes of UTF-8. */
  readonly name: string;
  readonly golden: readonly GoldenVector[];
  readonly anomaly?: PackageAnomaly | null | undefined;
  /** Absent: the board's defaults (docs/model-package.md, `ALON`). */
  readonly alone?: PackageAlone | null | undefined;
  /** JSON for people and hosts: project, experiment, dataset hash, design, date. */
  readonly meta: Readonly<Record<string, unknown>>;
};

const PACKAGE_VERSION = 1;
export const HEADER_BYTES = 64;
export const SECTION_BYTES = 12;
export const ALIGNMENT = 16;
/** What the boards have room for. */
const MAX_LABELS = 64;
const MAX_TEXT = 255;
const MAX_GOLDEN = 255;

/**
 * The package's bytes. Its hash (SHA-256 of the bytes from 64 on) is the model's identity: the same content gives the same bytes.
 * Throws `conversion-failed` (field: what is to blame) where the content does not fit the format.
 */
export function encodeModelPackage(content: PackageContent): Uint8Array {
  checkContent(content);
  const sections: [string, Uint8Array][] = [
    ["FRNT", content.frontend],
    ["NORM", encodeNormalisation(content.normalisation)],
    ["TFLT", content.tflite],
    ["PARM", encodeParameters(content)],
    ["LABL", encodeLabels(content.labels)],
    ["NAME", new ByteWriter().text(cutText(content.name)).done()],
    ...optional("ANOM", content.anomaly, encodeAnomaly),
    ...optional("ALON", content.alone, encodeAlone),
    ["GOLD", encodeGolden(content.golden, (content.anomaly ?? null) !== null)],
    ["META", new TextEncoder().encode(JSON.stringify(content.meta))],
  ];
  return seal(content.frontendVersion, sections);
}

const optional = <T>(
  letters: string,
  content: T | null | undefined,
  encode: (content: T) => Uint8Array,
): [string, Uint8Array][] => (content === null || content === undefined ? [] : [[letters, encode(content)]]);

/** The same package for another way to run by itself. Its hash is another one. */
export function withAlone(modelPackage: Uint8Array, alone: PackageAlone): Uint8Array {
  const { frontendVersion, sections } = sectionsOf(modelPackage);
  const kept = sections.filter(([letters]) => letters !== "ALON");
  const golden = kept.findIndex(([letters]) => letters === "GOLD");
  kept.splice(golden < 0 ? kept.length : golden, 0, ["ALON", encodeAlone(alone)]);
  return seal(frontendVersion, kept);
}

/** The same package without a word on how it runs by itself: what two of one model have in common. */
export function withoutAlone(modelPackage: Uint8Array): Uint8Array {
  const { frontendVersion, sections } = sectionsOf(modelPackage);
  return seal(
    frontendVersion,
    sections.filter(([letters]) => letters !== "ALON"),
  );
}

/**
 * The same package with other thresholds, one for each label. Its hash is another one; golden vectors hold scores, which do not
 * depend on them.
 */
export function withThresholds(modelPackage: Uint8Array, thresholds: readonly number[]): Uint8Array {
  const { frontendVersion, sections } = sectionsOf(modelPackage);
  const changed = sections.map(([letters, bytes]): [string, Uint8Array] => {
    if (letters !== "PARM") return [letters, bytes];
    if (bytes[1] !== thresholds.length) {
      throw new LimpetError(
        "conversion-failed",
        `The model package cannot be written: ${thresholds.length} thresholds for ${bytes[1]} labels.`,
        { field: "thresholds" },
      );
    }
    const values = float32Bytes(Float32Array.from(thresholds));
    return [letters, new ByteWriter().bytes(bytes.subarray(0, THRESHOLDS_AT)).bytes(values).done()];
  });
  return seal(frontendVersion, changed);
}

/** Where in PARM the thresholds begin. */
const THRESHOLDS_AT = 28;

function sectionsOf(modelPackage: Uint8Array): {
  readonly frontendVersion: number;
  readonly sections: [string, Uint8Array][];
} {
  const view = new DataView(modelPackage.buffer, modelPackage.byteOffset, modelPackage.byteLength);
  const sections = Array.from({ length: view.getUint16(48, true) }, (_, index): [string, Uint8Array] => {
    const at = HEADER_BYTES + SECTION_BYTES * index;
    const offset = view.getUint32(at + 4, true);
    return [
      Buffer.from(modelPackage.subarray(at, at + 4)).toString("latin1"),
      modelPackage.subarray(offset, offset + view.getUint32(at + 8, true)),
    ];
  });
  return { frontendVersion: view.getUint16(6, true), sections };
}

/** SHA-256 that a package's header names, in hex: the model's hash. */
export const modelHashOf = (modelPackage: Uint8Array): string =>
  Buffer.from(modelPackage.subarray(16, 48)).toString("hex");

function seal(frontendVersion: number, sections: readonly (readonly [string, Uint8Array])[]): Uint8Array {
  const table = new ByteWriter();
  const content = new ByteWriter();
  let offset = aligned(HEADER_BYTES + SECTION_BYTES * sections.length);
  const firstOffset = offset;
  for (const [letters, bytes] of sections) {
    table.bytes(Buffer.from(letters, "latin1")).u32(offset).u32(bytes.length);
    content.bytes(bytes).bytes(new Uint8Array(aligned(bytes.length) - bytes.length));
    offset += aligned(bytes.length);
  }
  const tableBytes = table.done();
  const gap = new Uint8Array(firstOffset - HEADER_BYTES - tableBytes.length);
  const body = new ByteWriter().bytes(tableBytes).bytes(gap).bytes(content.done()).done();
  const hashed = new ByteWriter()
    .bytes(createHash("sha256").update(body).digest())
    .u16(sections.length)
    .bytes(new Uint8Array(14))
    .bytes(body)
    .done();
  return new ByteWriter()
    .bytes(Buffer.from("LMPK", "latin1"))
    .u16(PACKAGE_VERSION)
    .u16(frontendVersion)
    .u32(HEADER_BYTES + body.length)
    .u32(crc32(hashed))
    .bytes(hashed)
    .done();
}

const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

function encodeNormalisation(normalisation: PackageContent["normalisation"]): Uint8Array {
  const writer = new ByteWriter().u32(normalisation?.mean.length ?? 0);
  for (const values of [normalisation?.mean ?? [], normalisation?.factor ?? []]) {
    for (const value of values) writer.f32(value);
  }
  return writer.done();
}

function encodeParameters({ task, labels, arenaBytes, input, output, ...rest }: PackageContent): Uint8Array {
  const writer = new ByteWriter()
    .u8(task === "regression" ? 1 : 0)
    .u8(labels.length)
    .u16(0)
    .u32(arenaBytes);
  for (const { scale, zeroPoint } of [input, output]) writer.f32(scale).u32(zeroPoint >>> 0);
  writer.u32(rest.strideSamples);
  for (const threshold of rest.thresholds) writer.f32(threshold);
  return writer.done();
}

function encodeLabels(labels: readonly string[]): Uint8Array {
  const writer = new ByteWriter();
  for (const label of labels) writer.text(label);
  return writer.done();
}

/** Bits of a set of label indices. */
const maskOf = (labels: readonly number[]): bigint =>
  labels.reduce((mask, label) => mask | (1n << BigInt(label)), 0n);

function encodeAnomaly({ states, size, threshold, labels, mean, weight }: PackageAnomaly): Uint8Array {
  return new ByteWriter()
    .u16(states)
    .u16(0)
    .u32(size)
    .f32(threshold)
    .u32(0)
    .u64(maskOf(labels))
    .bytes(float32Bytes(mean))
    .bytes(float32Bytes(weight))
    .done();
}

function encodeAlone({ periodMs, graceMs, labels, unknown, confirm = 1 }: PackageAlone): Uint8Array {
  return new ByteWriter()
    .u32(periodMs)
    .u32(graceMs)
    .u64(maskOf(labels))
    .u8(unknown ? 1 : 0)
    .u8(confirm)
    .bytes(new Uint8Array(6))
    .done();
}

function encodeGolden(vectors: readonly GoldenVector[], withAnomaly: boolean): Uint8Array {
  const writer = new ByteWriter().u16(vectors.length).u16(0);
  for (const vector of vectors) {
    const stored = vector.kind === "stored";
    writer.u8(stored ? 1 : 0).bytes(new Uint8Array(3));
    writer.u32(stored ? 0 : vector.seed).f32(stored ? 0 : vector.amplitude);
    const samples = stored ? float32Bytes(vector.samples) : new Uint8Array(0);
    writer.u32(samples.length).bytes(samples);
    writer.u32(vector.featuresCrc).u32(vector.quantisedCrc).u16(vector.scores.length);
    writer.bytes(new Uint8Array(vector.scores)).bytes(new Uint8Array((4 - (vector.scores.length % 4)) % 4));
    if (withAnomaly) writer.f32(vector.anomaly ?? 0);
  }
  return writer.done();
}

/** The longest beginning of a text that fits into its length byte, cut between characters. */
function cutText(text: string): string {
  let cut = text;
  while (Buffer.byteLength(cut) > MAX_TEXT) cut = Array.from(cut).slice(0, -1).join("");
  return cut;
}

function checkContent(content: PackageContent): void {
  const { labels, thresholds, normalisation, input, output, golden } = content;
  const refuse = (field: string, what: string): never => {
    throw new LimpetError("conversion-failed", `The model package cannot be written: ${what}.`, { field });
  };
  if (labels.length > MAX_LABELS) refuse("labels", `${labels.length} labels; boards take ${MAX_LABELS}`);
  const long = labels.find((label) => Buffer.byteLength(label) > MAX_TEXT);
  if (long !== undefined) refuse("labels", `label “${long}” is longer than ${MAX_TEXT} bytes`);
  if (content.task === "classification" && labels.length === 0) refuse("labels", "it has no labels");
  if (thresholds.length !== labels.length) {
    refuse("thresholds", `${thresholds.length} thresholds for ${labels.length} labels`);
  }
  if (normalisation !== null && normalisation.mean.length !== normalisation.factor.length) {
    refuse("normalisation", "means and factors differ in number");
  }
  for (const [field, { scale, zeroPoint }] of Object.entries({ input, output })) {
    if (!(Math.fround(scale) > 0) || !Number.isInteger(zeroPoint)) {
      refuse(field, `quantisation with scale ${scale} and zero point ${zeroPoint}`);
    }
  }
  const { anomaly } = content;
  if (anomaly !== null && anomaly !== undefined) {
    if (anomaly.states < 1 || anomaly.states > MAX_STATES) refuse("anomaly", `${anomaly.states} states`);
    const rows = anomaly.states * anomaly.size;
    if (anomaly.mean.length !== rows || anomaly.weight.length !== rows) {
      refuse("anomaly", "means and weights differ in number from states and features");
    }
  }
  const sizes = { arenaBytes: content.arenaBytes, strideSamples: content.strideSamples };
  for (const [field, value] of Object.entries(sizes)) {
    if (!Number.isInteger(value) || value < 1 || value >= 2 ** 32) refuse(field, `${field} is ${value}`);
  }
  if (golden.length > MAX_GOLDEN) refuse("golden", `${golden.length} golden vectors`);
  if (golden.some((vector) => vector.kind === "generated" && !(vector.seed > 0 && vector.seed < 2 ** 32))) {
    refuse("golden", "a seed is not a number from 1 to 2^32 - 1");
  }
}
