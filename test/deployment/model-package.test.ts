/**
 * Model packages against the vectors that a script of its own made (test/fixtures/make-package-vectors.py): the encoder gives the
 * same bytes, the TypeScript and the C reader find the same fields.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { float32Bytes } from "../../src-main/boards/link/bytes.ts";
import { quantiseValues } from "../../src-main/conversion/quantise.ts";
import { forAlone } from "../../src-main/deployment/alone.ts";
import {
  type GoldenVector,
  generateWindow,
  makeGoldenVectors,
} from "../../src-main/deployment/golden-vectors.ts";
import {
  encodeModelPackage,
  modelHashOf,
  type PackageAnomaly,
  type PackageContent,
  withAlone,
  withThresholds,
} from "../../src-main/deployment/model-package.ts";
import { summarisePackage } from "../../src-main/deployment/package-summary.ts";
import { MAX_STATES } from "../../src-main/features/anomaly.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import { seededRandom } from "../conversion/networks.ts";
import { errorOf } from "../dataset/helpers.ts";

type JsonGolden = {
  readonly kind: "generated" | "stored";
  readonly seed: number;
  readonly amplitude: number;
  readonly samples: number[];
  readonly featuresCrc: number;
  readonly quantisedCrc: number;
  readonly scores: number[];
  readonly anomaly?: number;
};
type JsonAnomaly = Omit<PackageAnomaly, "mean" | "weight"> & {
  readonly mean: number[];
  readonly weight: number[];
};
type JsonContent = Omit<PackageContent, "frontend" | "tflite" | "normalisation" | "golden" | "anomaly"> & {
  readonly frontend: string;
  readonly tflite: string;
  readonly normalisation: { readonly mean: number[]; readonly factor: number[] } | null;
  readonly golden: readonly JsonGolden[];
  readonly anomaly?: JsonAnomaly;
};
type Vectors = {
  readonly packages: readonly { name: string; content: JsonContent; bytes: string }[];
  readonly generated: readonly { seed: number; amplitude: number; samples: string }[];
  readonly quantised: readonly { features: number[]; scale: number; zeroPoint: number; values: number[] }[];
};

const vectors = JSON.parse(
  readFileSync(join(import.meta.dirname, "../fixtures/package-vectors.json"), "utf8"),
) as Vectors;

const fromHex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "hex"));
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

const goldenOf = (golden: JsonGolden): GoldenVector => {
  const { kind, seed, amplitude, samples, featuresCrc, quantisedCrc } = golden;
  const expected = {
    featuresCrc,
    quantisedCrc,
    scores: Int8Array.from(golden.scores),
    ...(golden.anomaly === undefined ? {} : { anomaly: golden.anomaly }),
  };
  return kind === "generated"
    ? { kind, seed, amplitude, ...expected }
    : { kind, samples: Float32Array.from(samples), ...expected };
};

const contentOf = (content: JsonContent): PackageContent => ({
  ...content,
  frontend: fromHex(content.frontend),
  tflite: fromHex(content.tflite),
  normalisation:
    content.normalisation === null
      ? null
      : {
          mean: Float32Array.from(content.normalisation.mean),
          factor: Float32Array.from(content.normalisation.factor),
        },
  golden: content.golden.map(goldenOf),
  anomaly:
    content.anomaly === undefined
      ? null
      : {
          ...content.anomaly,
          mean: Float32Array.from(content.anomaly.mean),
          weight: Float32Array.from(content.anomaly.weight),
        },
});

const contentAt = (index: number): PackageContent => {
  const vector = vectors.packages[index];
  if (vector === undefined) throw new Error("no such vector");
  return contentOf(vector.content);
};

describe("the model package", () => {
  it.each(vectors.packages)("is encoded byte for byte as by the script: $name", ({ content, bytes }) => {
    expect(toHex(encodeModelPackage(contentOf(content)))).toBe(bytes);
  });

  it.each(vectors.packages)("is read by the laptop: $name", ({ content, bytes }) => {
    const summary = summarisePackage(fromHex(bytes));
    expect(summary).toMatchObject({
      formatVersion: 1,
      frontendVersion: content.frontendVersion,
      bytes: bytes.length / 2,
      modelHash: modelHashOf(fromHex(bytes)),
      name: content.name,
      labels: content.labels,
      strideSamples: content.strideSamples,
    });
    expect(summary.modelHash).toBe(createHash("sha256").update(fromHex(bytes).subarray(64)).digest("hex"));
  });

  it.each(vectors.generated)(
    "generates the window of seed $seed bit for bit",
    ({ seed, amplitude, samples }) => {
      expect(toHex(float32Bytes(generateWindow(seed, amplitude, samples.length / 8)))).toBe(samples);
    },
  );

  it.each(vectors.quantised)("quantises with scale $scale and zero point $zeroPoint", (vector) => {
    const { features, scale, zeroPoint, values } = vector;
    expect([...quantiseValues(Float32Array.from(features), { scale, zeroPoint })]).toEqual(values);
  });

  it("quantises what is not a number as the lowest value, and the endless as the ends", () => {
    const odd = Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
    expect([...quantiseValues(odd, { scale: 0.1, zeroPoint: 5 })]).toEqual([-128, 127, -128]);
  });

  it("holds golden vectors of generated and stored windows with the check sums of each stage", () => {
    const stored = Float32Array.of(1, -4, 2);
    const normalisation = { mean: Float32Array.of(1, 1), factor: Float32Array.of(0.5, 2) };
    const seen: Float32Array[] = [];
    const golden = makeGoldenVectors({
      windowValues: 3,
      seeds: [7],
      stored: [stored],
      normalisation,
      input: { scale: 0.5, zeroPoint: 10 },
      compute: (window) => {
        seen.push(window);
        return window.slice(0, 2);
      },
      invoke: (input) => Int8Array.from(input, (value) => -value),
    });
    // The generated window is as large as the stored one.
    expect(seen).toEqual([generateWindow(7, 4, 3), stored]);
    // Features 1 and -4 become 0 and -10, in steps of 0.5 from 10: 10 and -10.
    expect(golden[1]).toEqual({
      kind: "stored",
      samples: stored,
      featuresCrc: crc32(float32Bytes(Float32Array.of(0, -10))),
      quantisedCrc: crc32(Uint8Array.of(10, 246)),
      scores: Int8Array.of(-10, 10),
    });
    expect(golden[0]).toMatchObject({ kind: "generated", seed: 7, amplitude: 4 });
  });

  it("is not written where its content does not fit the format, with the field that is to blame", () => {
    const base = contentAt(0);
    const statesOf = (states: number): PackageAnomaly => {
      const values = new Float32Array(states).fill(1);
      return { states, size: 1, mean: values, weight: values, threshold: 1, labels: [0] };
    };
    const cases: [Partial<PackageContent>, string][] = [
      [{ labels: Array.from({ length: 65 }, (_, i) => `${i}`) }, "labels"],
      [{ labels: ["é".repeat(128), "b"] }, "labels"],
      [{ thresholds: [0.5] }, "thresholds"],
      [{ normalisation: { mean: Float32Array.of(1), factor: Float32Array.of() } }, "normalisation"],
      [{ input: { scale: 0, zeroPoint: 0 } }, "input"],
      [{ output: { scale: Number.NaN, zeroPoint: 0 } }, "output"],
      // Nothing in the float32 that the board reads.
      [{ input: { scale: 1e-60, zeroPoint: 0 } }, "input"],
      [{ anomaly: statesOf(0) }, "anomaly"],
      [{ anomaly: statesOf(MAX_STATES + 1) }, "anomaly"],
      [{ golden: new Array(256).fill(base.golden[0]) }, "golden"],
      [{ arenaBytes: 0 }, "arenaBytes"],
      [{ strideSamples: 0.5 }, "strideSamples"],
      [
        { golden: [{ ...(base.golden[0] as GoldenVector), kind: "generated", seed: 0, amplitude: 1 }] },
        "golden",
      ],
    ];
    for (const [change, field] of cases) {
      const error = errorOf("conversion-failed", () => encodeModelPackage({ ...base, ...change }));
      expect(error.field).toBe(field);
    }
  });

  it("gets another way to run by itself and keeps all else", () => {
    const alone = { periodMs: 9000, graceMs: 1, labels: [1], unknown: false, confirm: 2 };
    const index = vectors.packages.findIndex(({ content }) => content.alone !== undefined);
    for (const at of [0, index]) {
      const content = contentAt(at);
      expect(toHex(withAlone(encodeModelPackage(content), alone))).toBe(
        toHex(encodeModelPackage({ ...content, alone })),
      );
    }
  });

  it("shows a class that is called unknown as a class, and the unknown beside it", () => {
    const content = { ...contentAt(0), alone: null };
    const labels = content.labels.map((label, index) => (index === 0 ? "unknown" : label));
    const bytes = encodeModelPackage({ ...content, labels });
    const alone = { periodMs: 0, graceMs: 10_000, labels: [0], unknown: true, confirm: 1 };
    expect(toHex(forAlone(bytes, { light: ["unknown"] }))).toBe(toHex(withAlone(bytes, alone)));
  });

  it("gives for other thresholds what they give from the start, and refuses another number of them", () => {
    for (const { content } of vectors.packages) {
      const [given, index] = [
        content.thresholds,
        vectors.packages.findIndex((one) => one.content === content),
      ];
      const others = given.map((_, label) => 0.25 + 0.1 * label);
      const bytes = encodeModelPackage(contentAt(index));
      const changed = withThresholds(bytes, others);
      expect(toHex(changed)).toBe(toHex(encodeModelPackage({ ...contentAt(index), thresholds: others })));
      expect(summarisePackage(changed).thresholds).toEqual(others.map(Math.fround));
      expect(toHex(withThresholds(changed, given))).toBe(toHex(bytes));
      errorOf("conversion-failed", () => withThresholds(bytes, [...given, 0.5]));
    }
  });

  it("cuts a name that is too long between two characters", () => {
    const name = summarisePackage(encodeModelPackage({ ...contentAt(0), name: "é".repeat(200) })).name;
    expect(name).toBe("é".repeat(127));
  });
});

/** Puts length, check sum and hash right again, so that a reader looks at what was changed behind them. */
function sealed(bytes: Uint8Array): Uint8Array {
  const whole = Buffer.from(bytes);
  whole.writeUInt32LE(whole.length, 8);
  createHash("sha256").update(whole.subarray(64)).digest().copy(whole, 16);
  whole.writeUInt32LE(crc32(whole.subarray(16)), 12);
  return new Uint8Array(whole);
}

/** Packages with one to four changed bytes, some cut off, all with right check sums. */
function damagedPackages(seed: number, count: number): Uint8Array[] {
  const random = seededRandom(seed);
  const sources = vectors.packages.map(({ bytes }) => fromHex(bytes));
  return Array.from({ length: count }, () => {
    const source = sources[random.integer(0, sources.length - 1)] as Uint8Array;
    const end = random.uniform(0, 1) < 0.2 ? random.integer(64, source.length) : source.length;
    const bytes = source.slice(0, end);
    for (let i = random.integer(1, 4); i > 0; i--) {
      const at = random.integer(48, bytes.length - 1);
      bytes[at] = [0, 255, random.integer(0, 255)][random.integer(0, 2)] ?? 0;
    }
    return sealed(bytes);
  });
}

describe("a damaged package", () => {
  it("is refused where its length, its check sum or its hash is wrong", () => {
    const good = Buffer.from(encodeModelPackage(contentAt(0)));
    const withCrc = (bytes: Buffer): Uint8Array => {
      bytes.writeUInt32LE(crc32(bytes.subarray(16)), 12);
      return new Uint8Array(bytes);
    };
    const longer = Buffer.from(good);
    longer.writeUInt32LE(good.length + 1, 8);
    const other = Buffer.from(good);
    const last = other.length - 1;
    other.writeUInt8(other.readUInt8(last) ^ 1, last);
    expect(summarisePackage(withCrc(Buffer.from(good))).bytes).toBe(good.length);
    for (const [bytes, why] of [
      [new Uint8Array(longer), "damaged"],
      [new Uint8Array(other), "damaged"],
      [withCrc(other), "hash"],
    ] as const) {
      expect(errorOf("invalid-file", () => summarisePackage(bytes)).message).toContain(why);
    }
  });

  it("is refused as an invalid file or read, but nothing else happens", () => {
    let refused = 0;
    for (const bytes of damagedPackages(11, 3000)) {
      try {
        summarisePackage(bytes);
      } catch (error) {
        refused++;
        if (!(error instanceof LimpetError)) throw error;
        expect(error.code).toBe("invalid-file");
      }
    }
    expect(refused).toBeGreaterThan(100);
  });
});

const ready = spawnSync(process.env.CC ?? "cc", ["--version"]).status === 0;
if (!ready) console.warn("SKIPPED: the C reader of model packages needs a C compiler");

describe.skipIf(!ready)("the board's reader of model packages, built for this machine", () => {
  const folder = mkdtempSync(join(tmpdir(), "limpet-package-test-"));
  const program = join(folder, "package_dump");
  beforeAll(() => {
    const firmware = join(import.meta.dirname, "../../firmware");
    const flags = ["-std=c99", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-fsanitize=address,undefined"];
    const sources = [join(import.meta.dirname, "package_dump.c")];
    sources.push(join(firmware, "classifier/model_package.c"), join(firmware, "link/crc32.c"));
    execFileSync(process.env.CC ?? "cc", [...flags, "-fno-sanitize-recover", ...sources, "-o", program], {
      stdio: "pipe",
    });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const bits = (value: number): string => {
    const view = new DataView(new ArrayBuffer(4));
    view.setFloat32(0, value);
    return view.getUint32(0).toString(16).padStart(8, "0");
  };

  function expectedLines(content: JsonContent, bytes: Uint8Array): string[] {
    const { normalisation, input, output } = content;
    const text = (value: string) => Buffer.concat([Buffer.of(Buffer.byteLength(value)), Buffer.from(value)]);
    const floats = (values: readonly number[]) => toHex(float32Bytes(Float32Array.from(values)));
    return [
      "status 0",
      `head ${bytes.length} ${content.frontendVersion}`,
      `hash ${modelHashOf(bytes)}`,
      `mean ${floats(normalisation?.mean ?? [])}`,
      `factor ${floats(normalisation?.factor ?? [])}`,
      `network ${content.tflite}`,
      `parameters ${content.task === "regression" ? 1 : 0} ${content.labels.length} ${content.arenaBytes} ` +
        `${bits(input.scale)} ${input.zeroPoint} ${bits(output.scale)} ${output.zeroPoint} ${content.strideSamples}`,
      ...content.thresholds.map((threshold) => `threshold ${bits(threshold)}`),
      `labels ${toHex(Buffer.concat(content.labels.map(text)))}`,
      `name ${toHex(text(content.name))}`,
      ...statesLines(content),
      `golden ${content.golden.length}`,
      ...content.golden.flatMap((golden) => [
        golden.kind === "generated"
          ? `vector 0 ${golden.seed} ${bits(golden.amplitude)} ${golden.featuresCrc} ${golden.quantisedCrc}`
          : `vector 1 0 00000000 ${golden.featuresCrc} ${golden.quantisedCrc}`,
        `samples ${golden.kind === "generated" ? "" : floats(golden.samples)}`,
        `scores ${toHex(new Uint8Array(Int8Array.from(golden.scores).buffer))}`,
        ...(golden.anomaly === undefined ? [] : [`score of states ${bits(golden.anomaly)}`]),
      ]),
    ];
  }

  function statesLines({ anomaly, alone }: JsonContent): string[] {
    const mask = (labels: readonly number[]) =>
      labels
        .reduce((sum, label) => sum + 2 ** label, 0)
        .toString(16)
        .padStart(8, "0");
    const floats = (values: readonly number[]) => toHex(float32Bytes(Float32Array.from(values)));
    const { periodMs, graceMs, labels, unknown, confirm } = alone ?? {
      periodMs: 0,
      graceMs: 10_000,
      labels: [],
      unknown: true,
      confirm: 1,
    };
    return [
      ...(anomaly === undefined
        ? []
        : [
            `states ${anomaly.states} ${anomaly.size} ${bits(anomaly.threshold)} ${mask(anomaly.labels)}`,
            `centres ${floats(anomaly.mean)}`,
            `weights ${floats(anomaly.weight)}`,
          ]),
      `alone ${periodMs} ${graceMs} ${mask(labels)} ${unknown ? 1 : 0} ${confirm}`,
    ];
  }

  it.each(vectors.packages)("finds every field: $name", ({ content, bytes }) => {
    const { status, stdout } = spawnSync(program, { input: fromHex(bytes), encoding: "utf8" });
    expect(status).toBe(0);
    const lines = stdout.trimEnd().split("\n");
    const isInput = (line: string) => /^(input|window) /.test(line);
    expect(lines.filter((line) => !isInput(line))).toEqual(expectedLines(content, fromHex(bytes)));
    const inputs = summarisePackage(fromHex(bytes)).inputs.map(
      (input) =>
        `input ${input.sensor} ${bits(input.rateHz)} ${input.channels.length} ${input.windowSamples} ${input.strideSamples}`,
    );
    const found = lines.filter((line) => line.startsWith("input "));
    expect(found.map((line) => line.split(" ").slice(0, 6).join(" "))).toEqual(inputs);
  });

  it("reads no byte outside of a damaged package", () => {
    for (const bytes of damagedPackages(12, 150)) {
      const { status, stderr } = spawnSync(program, { input: bytes, encoding: "utf8" });
      expect(stderr).toBe("");
      expect(status).toBe(0);
    }
  });
});
