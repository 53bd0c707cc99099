/**
 * What deployment has to know of a model package (docs/model-package.md): its identity and what its windows are. Reads only
 * header, FRNT, PARM, LABL, NAME, ALON and META; the board reads the rest.
 */
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { z } from "zod";
import { LimpetError } from "../../src-shared/errors.ts";
import { ByteReader } from "../boards/link/bytes.ts";

export type PackageInput = {
  readonly sensor: string;
  readonly rateHz: number;
  /** Indices of the channels on the sensor. */
  readonly channels: readonly number[];
  /** Samples per channel. */
  readonly windowSamples: number;
  readonly strideSamples: number;
};

export type PackageSummary = {
  readonly formatVersion: number;
  readonly frontendVersion: number;
  readonly bytes: number;
  /** SHA-256 that the header names, in hex. */
  readonly modelHash: string;
  readonly name: string;
  readonly labels: readonly string[];
  readonly inputs: readonly PackageInput[];
  /** Distance of windows in live use, samples of the first input. */
  readonly strideSamples: number;
  /** Score from which each label counts as recognised. */
  readonly thresholds: readonly number[];
  /** How it runs by itself: time between windows; 0 where they follow each other by their stride. */
  readonly alonePeriodMs: number;
  /** Of the dataset that it was trained on, as META has it; null: it does not say. */
  readonly datasetHash: string | null;
};

const HEADER_BYTES = 64;
const SECTION_BYTES = 12;
const MAX_CHANNELS = 7;

const invalid = (what: string, cause?: unknown): LimpetError =>
  new LimpetError("invalid-file", `The model package is not valid: ${what}.`, {
    hint: "Convert the experiment again.",
    cause,
  });

/** Reads a package. Throws `invalid-file` where a check sum, a length or a section is wrong. */
export function summarisePackage(bytes: Uint8Array): PackageSummary {
  if (bytes.length < HEADER_BYTES || Buffer.from(bytes.subarray(0, 4)).toString("latin1") !== "LMPK") {
    throw invalid("it does not begin as one");
  }
  const header = new ByteReader(bytes.subarray(4, HEADER_BYTES), "the package's header");
  const formatVersion = header.u16();
  const frontendVersion = header.u16();
  const length = header.u32();
  const crc = header.u32();
  const modelHash = Buffer.from(header.bytes(32)).toString("hex");
  const count = header.u16();
  if (length !== bytes.length || crc !== crc32(bytes.subarray(16))) {
    throw invalid("it is damaged");
  }
  if (createHash("sha256").update(bytes.subarray(HEADER_BYTES)).digest("hex") !== modelHash) {
    throw invalid("its hash does not fit its content");
  }
  try {
    const section = sectionsOf(bytes, count);
    const parameters = section("PARM");
    parameters.skip(1);
    const labelCount = parameters.u8();
    parameters.skip(2 + 4 + 8 + 8);
    return {
      formatVersion,
      frontendVersion,
      bytes: bytes.length,
      modelHash,
      name: section("NAME").text(),
      labels: textsOf(section("LABL"), labelCount),
      inputs: inputsOf(section("FRNT")),
      strideSamples: parameters.u32(),
      thresholds: Array.from({ length: labelCount }, () => parameters.f32()),
      alonePeriodMs: section.has("ALON") ? section("ALON").u32() : 0,
      datasetHash: section.has("META") ? datasetOf(section("META")) : null,
    };
  } catch (error) {
    throw error instanceof LimpetError && error.code === "invalid-file"
      ? error
      : invalid("a section is too short", error);
  }
}

const meta = z.object({ datasetHash: z.string() });

function datasetOf(section: ByteReader): string | null {
  try {
    const read = meta.safeParse(JSON.parse(section.utf8(section.remaining)));
    return read.success ? read.data.datasetHash : null;
  } catch {
    // Written by another program: it is for people, and no reason to refuse the package.
    return null;
  }
}

type Sections = ((name: string) => ByteReader) & { readonly has: (name: string) => boolean };

function sectionsOf(bytes: Uint8Array, count: number): Sections {
  const table = new ByteReader(
    bytes.subarray(HEADER_BYTES, HEADER_BYTES + count * SECTION_BYTES),
    "sections",
  );
  const sections = new Map<string, Uint8Array>();
  for (let i = 0; i < count; i++) {
    const name = Buffer.from(table.bytes(4)).toString("latin1");
    const offset = table.u32();
    sections.set(name, bytes.subarray(offset, offset + table.u32()));
  }
  const read = (name: string): ByteReader => {
    const section = sections.get(name);
    if (section === undefined) throw invalid(`section ${name} is missing`);
    return new ByteReader(section, name);
  };
  return Object.assign(read, { has: (name: string) => sections.has(name) });
}

const textsOf = (reader: ByteReader, count: number): string[] =>
  Array.from({ length: count }, () => reader.text());

function inputsOf(reader: ByteReader): PackageInput[] {
  const count = reader.u8();
  reader.skip(3);
  return Array.from({ length: count }, () => {
    const sensor = reader.utf8(16).replace(/\0.*$/s, "");
    const rateHz = reader.f32();
    const channelCount = reader.u8();
    const indices = Array.from({ length: MAX_CHANNELS }, () => reader.u8());
    const windowSamples = reader.u32();
    const strideSamples = reader.u32();
    reader.skip(2);
    const parameterBytes = reader.u16();
    reader.skip(Math.ceil(parameterBytes / 4) * 4);
    return { sensor, rateHz, channels: indices.slice(0, channelCount), windowSamples, strideSamples };
  });
}

/** Float32 values of one window: all inputs, all channels. */
export const windowValues = (inputs: readonly PackageInput[]): number =>
  inputs.reduce((sum, { channels, windowSamples }) => sum + channels.length * windowSamples, 0);
