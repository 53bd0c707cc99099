/**
 * Writes model packages (docs/model-package.md): sections, header, check sum, hash. Knows neither front end nor network; what they
 * compute comes in (golden-vectors.ts).
 */

import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { LimpetError } from "../../src-shared/errors.ts";
import { ByteWriter } from "../boards/link/bytes.ts";
import type { Normalisation } from "../features/normalisation.ts";
import type { GoldenVector } from "./golden-vectors.ts";

export type PackageQuantisation = { readonly scale: number; readonly zeroPoint: number };

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
  /** JSON for people and hosts: project, experiment, dataset hash, design, date. */
  readonly meta: Readonly<Record<string, unknown>>;
};

export const PACKAGE_VERSION = 1;
export const HEADER_BYTES = 64;
export const SECTION_BYTES = 12;
export const ALIGNMENT = 16;
/** What the boards have room for. */
export const MAX_LABELS = 64;
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
    ["GOLD", encodeGolden(content.golden)],
    ["META", new TextEncoder().encode(JSON.stringify(content.meta))],
  ];
  return seal(content.frontendVersion, sections);
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

function encodeGolden(vectors: readonly GoldenVector[]): Uint8Array {
  const writer = new ByteWriter().u16(vectors.length).u16(0);
  for (const vector of vectors) {
    const stored = vector.kind === "stored";
    writer.u8(stored ? 1 : 0).bytes(new Uint8Array(3));
    writer.u32(stored ? 0 : vector.seed).f32(stored ? 0 : vector.amplitude);
    const samples = stored ? float32Bytes(vector.samples) : new Uint8Array(0);
    writer.u32(samples.length).bytes(samples);
    writer.u32(vector.featuresCrc).u32(vector.quantisedCrc).u16(vector.scores.length);
    writer.bytes(new Uint8Array(vector.scores)).bytes(new Uint8Array((4 - (vector.scores.length % 4)) % 4));
  }
  return writer.done();
}

/** Little-endian bytes of float32 values, on any machine. */
export function float32Bytes(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) view.setFloat32(4 * i, values[i] as number, true);
  return bytes;
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
  const sizes = { arenaBytes: content.arenaBytes, strideSamples: content.strideSamples };
  for (const [field, value] of Object.entries(sizes)) {
    if (!Number.isInteger(value) || value < 1 || value >= 2 ** 32) refuse(field, `${field} is ${value}`);
  }
  if (golden.length > MAX_GOLDEN) refuse("golden", `${golden.length} golden vectors`);
  if (golden.some((vector) => vector.kind === "generated" && !(vector.seed > 0 && vector.seed < 2 ** 32))) {
    refuse("golden", "a seed is not a number from 1 to 2^32 - 1");
  }
}
