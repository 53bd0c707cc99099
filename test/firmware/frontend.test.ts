/**
 * The feature blocks against NumPy and SciPy, and the same sources compiled for this machine against the twin: same bits, no access
 * beyond a buffer, whatever a configuration says.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { firmwareFolder } from "../../src-main/boards/firmware-image.ts";
import { encodeFrontend, frameSamples } from "../../src-main/features/frontend-config.ts";
import { Twin } from "../../src-main/features/twin.ts";
import { type FeatureBlock, windowDesign } from "../../src-shared/design.ts";
import { seededRandom } from "../conversion/networks.ts";
import { inputOf } from "../parity/random-packages.ts";

const python = process.env.LIMPET_PYTHON ?? join(import.meta.dirname, "../../.tools/python/bin/python");
const built = existsSync(join(firmwareFolder(), "twin.wasm"));
const hasScipy = spawnSync(python, ["-c", "import numpy, scipy"]).status === 0;
if (!built) console.warn("SKIPPED: the front end has not been built (npm run setup)");
if (!hasScipy)
  console.warn("SKIPPED: NumPy and SciPy are missing (node scripts/setup.mjs --tests, or LIMPET_PYTHON)");

const folder = mkdtempSync(join(tmpdir(), "limpet-frontend-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Case = {
  readonly name: string;
  readonly rateHz: number;
  readonly channels: number;
  readonly lengthMs: number;
  readonly block: { readonly block: FeatureBlock["block"] } & Record<string, unknown>;
  /** Largest difference from the reference, absolute. */
  readonly tolerance: number;
  /** Added to every sample: gravity, an offset. */
  readonly offset?: number;
};

const lowPass = { kind: "low-pass", cutoffHz: 60, order: 4 };
const highPass = { kind: "high-pass", cutoffHz: 20, order: 8 };

const CASES: readonly Case[] = [
  { name: "raw", rateHz: 100, channels: 3, lengthMs: 1000, block: { block: "raw" }, tolerance: 1e-7 },
  {
    name: "raw, averaged by 3, the rest left over, and scaled",
    rateHz: 100,
    channels: 2,
    lengthMs: 1000,
    block: { block: "raw", decimation: 3, scale: 7 },
    tolerance: 2e-6,
  },
  {
    name: "spectral with its defaults, gravity on top",
    rateHz: 1600,
    channels: 3,
    lengthMs: 1000,
    block: { block: "spectral" },
    tolerance: 2e-5,
    offset: 1,
  },
  {
    name: "spectral behind a low-pass",
    rateHz: 400,
    channels: 1,
    lengthMs: 2000,
    block: { block: "spectral", filter: lowPass, fftLength: 256, bands: 20 },
    tolerance: 5e-4,
  },
  {
    name: "spectral behind a high-pass of order 8, averaged by 2, no overlap",
    rateHz: 800,
    channels: 2,
    lengthMs: 1000,
    block: {
      block: "spectral",
      filter: highPass,
      decimation: 2,
      overlap: 0,
      fftLength: 64,
      bands: 7,
      scale: 9.81,
    },
    tolerance: 2e-5,
    offset: -1,
  },
  {
    name: "spectral with square roots, without statistics, one bin a band",
    rateHz: 200,
    channels: 3,
    lengthMs: 1000,
    block: { block: "spectral", log: false, statistics: false, fftLength: 32, bands: 16, overlap: 0.9 },
    tolerance: 2e-7,
  },
  {
    name: "spectral of a window that is shorter than the FFT",
    rateHz: 200,
    channels: 1,
    lengthMs: 500,
    block: { block: "spectral", fftLength: 512, bands: 64 },
    tolerance: 2e-5,
  },
  {
    name: "spectral with the longest FFT",
    rateHz: 16_000,
    channels: 1,
    lengthMs: 1000,
    block: { block: "spectral", fftLength: 4096, bands: 512 },
    tolerance: 5e-5,
  },
  {
    name: "log-mel",
    rateHz: 16_000,
    channels: 1,
    lengthMs: 1000,
    block: { block: "log-mel" },
    tolerance: 5e-4,
  },
  {
    name: "log-mel with pre-emphasis, each window less its mean, frames that do not fill the FFT",
    rateHz: 8000,
    channels: 2,
    lengthMs: 400,
    block: {
      block: "log-mel",
      preEmphasis: 0.97,
      windowNormalisation: "mean",
      frameMs: 25,
      filters: 26,
      fftLength: 512,
    },
    tolerance: 1e-4,
  },
  {
    name: "log-mel of filters narrower than a bin, with a noise floor that is met",
    rateHz: 16_000,
    channels: 1,
    lengthMs: 300,
    block: { block: "log-mel", filters: 128, frameMs: 8, strideMs: 8, noiseFloorDb: -35, lowHz: 0 },
    tolerance: 1e-3,
  },
  {
    name: "log-mel with per-channel energy normalisation",
    rateHz: 16_000,
    channels: 1,
    lengthMs: 1000,
    block: { block: "log-mel", pcen: true, highHz: 7000 },
    tolerance: 2e-5,
  },
  {
    name: "log-mel from the loudest value down to the dynamic range, of two channels",
    rateHz: 8000,
    channels: 2,
    lengthMs: 600,
    block: { block: "log-mel", windowNormalisation: "range", dynamicRangeDb: 20 },
    tolerance: 1e-4,
  },
  { name: "mfcc", rateHz: 16_000, channels: 1, lengthMs: 1000, block: { block: "mfcc" }, tolerance: 2e-4 },
  {
    name: "mfcc by mean and deviation of each window, all coefficients",
    rateHz: 8000,
    channels: 1,
    lengthMs: 1000,
    block: {
      block: "mfcc",
      filters: 20,
      coefficients: 20,
      windowNormalisation: "mean-variance",
      preEmphasis: 0.95,
    },
    tolerance: 2e-4,
  },
  {
    name: "mfcc of a window that is shorter than a frame",
    rateHz: 8000,
    channels: 1,
    lengthMs: 20,
    block: { block: "mfcc", filters: 12, coefficients: 5 },
    tolerance: 2e-5,
  },
];

/** Noise with tones in it, and a burst, so that no moment of it is zero. */
function signalOf({ rateHz, channels, lengthMs, offset = 0 }: Case, seed: number): Float32Array {
  const random = seededRandom(seed);
  const samples = Math.round((lengthMs * rateHz) / 1000);
  const tones = Array.from({ length: 3 }, () => random.uniform(0.005, 0.45));
  return Float32Array.from({ length: samples * channels }, (_, i) => {
    const t = Math.floor(i / channels);
    const tone = tones.reduce(
      (sum, turns, k) => sum + Math.sin(2 * Math.PI * turns * t + (i % channels) + k),
      0,
    );
    const burst = t % 50 < 3 ? 0.6 : 0;
    return offset + 0.12 * tone + 0.1 * random.normal() + burst;
  });
}

const frntOf = ({ rateHz, channels, lengthMs, block }: Case): Uint8Array =>
  encodeFrontend({
    window: windowDesign.parse({ lengthMs }),
    inputs: [inputOf("sensor", rateHz, [...Array(channels).keys()], block)],
  });

describe.skipIf(!built)("the front end", () => {
  let twin: Twin;
  beforeAll(async () => {
    twin = await Twin.load();
  });

  const compute = (frnt: Uint8Array, window: Float32Array): Float32Array => {
    const frontend = twin.frontend(frnt);
    const features = frontend.compute(window);
    frontend.close();
    return features;
  };

  it.skipIf(!hasScipy)("computes what NumPy and SciPy compute from the same definitions", () => {
    const cases = CASES.map((item, i) => {
      const { features } = inputOf("sensor", item.rateHz, [0], item.block);
      const mel = features.block === "log-mel" || features.block === "mfcc";
      return {
        rateHz: item.rateHz,
        channels: item.channels,
        samples: Math.round((item.lengthMs * item.rateHz) / 1000),
        block: features,
        ...(mel ? frameSamples(features, item.rateHz) : {}),
        window: [...signalOf(item, i + 1)],
      };
    });
    const { status, stdout, stderr } = spawnSync(
      python,
      [join(import.meta.dirname, "frontend_reference.py")],
      {
        input: JSON.stringify({ cases }),
        encoding: "utf8",
        maxBuffer: 1 << 26,
      },
    );
    expect(stderr).toBe("");
    expect(status).toBe(0);
    const wanted = JSON.parse(stdout) as number[][];
    for (const [i, item] of CASES.entries()) {
      const got = compute(frntOf(item), signalOf(item, i + 1));
      const reference = wanted[i] as number[];
      expect(got.length, item.name).toBe(reference.length);
      const worst = got.reduce(
        (most, value, k) => Math.max(most, Math.abs(value - (reference[k] as number))),
        0,
      );
      expect(worst, `${item.name}: worst difference`).toBeLessThan(item.tolerance);
      // A reference that is the same everywhere would prove nothing.
      expect(new Set(reference).size, item.name).toBeGreaterThan(Math.min(4, reference.length / 2));
    }
  });

  it("gives the same bits on this machine as in the twin, by both optimisations, and touches no byte beyond its buffers", () => {
    const parts = CASES.map((item, i) => ({ frnt: frntOf(item), window: signalOf(item, i + 1) }));
    const input = Buffer.concat(
      parts.flatMap(({ frnt, window }) => [
        Buffer.from(Uint32Array.of(frnt.length, 1).buffer),
        frnt,
        Buffer.from(window.buffer),
      ]),
    );
    const wanted = Buffer.concat(
      parts.flatMap(({ frnt, window }) => {
        const features = compute(frnt, window);
        return [
          Buffer.from(Uint32Array.of(0, window.length, features.length).buffer),
          Buffer.from(features.buffer),
        ];
      }),
    );
    for (const flags of [["-O3"], ["-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover"]]) {
      const { status, stdout, stderr } = spawnSync(buildRunner(flags), { input, maxBuffer: 1 << 26 });
      expect(stderr.toString()).toBe("");
      expect(status).toBe(0);
      expect(Buffer.compare(stdout, wanted), flags.join(" ")).toBe(0);
    }
  });

  it("refuses what it cannot compute, and damaged configurations never lead it beyond its buffers", () => {
    const random = seededRandom(11);
    const seeds = CASES.map(frntOf);
    const damaged = Array.from({ length: 3000 }, (_, i) => {
      const bytes = (seeds[i % seeds.length] as Uint8Array).slice();
      for (let k = random.integer(1, 4); k > 0; k--) {
        // Bytes of numbers, where harm is done; lengths of windows stay small enough for a test.
        const at = random.integer(20, bytes.length - 1);
        if (at >= 32 && at < 36) continue;
        bytes[at] = random.integer(0, 3) === 0 ? random.integer(0, 255) : random.integer(0, 8);
      }
      return random.integer(0, 9) === 0 ? bytes.subarray(0, random.integer(0, bytes.length - 1)) : bytes;
    });
    const sizes = damaged.map((frnt) => {
      try {
        const frontend = twin.frontend(frnt);
        frontend.close();
        return frontend;
      } catch (error) {
        expect(error).toMatchObject({ code: "invalid-design" });
        return null;
      }
    });
    const refused = sizes.filter((size) => size === null).length;
    expect(refused).toBeGreaterThan(500);
    expect(refused).toBeLessThan(2900);
    const input = Buffer.concat(
      damaged.flatMap((frnt, i) => {
        const size = sizes[i];
        const window = new Float32Array(size?.windowValues ?? 0).map(() => random.uniform(-1, 1));
        const run = size === null || size === undefined || window.length > 20_000 ? 0 : 1;
        return [
          Buffer.from(Uint32Array.of(frnt.length, run).buffer),
          Buffer.from(frnt),
          Buffer.from(run === 1 ? window.buffer : new ArrayBuffer(0)),
        ];
      }),
    );
    const runner = buildRunner(["-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover"]);
    const { status, stderr } = spawnSync(runner, { input, maxBuffer: 1 << 29 });
    expect(stderr.toString()).toBe("");
    expect(status).toBe(0);
  });
});

const runners = new Map<string, string>();

/** Builds the front end with frontend_runner.c by this machine's compiler. */
function buildRunner(flags: readonly string[]): string {
  const key = flags.join(" ");
  const known = runners.get(key);
  if (known !== undefined) return known;
  const firmware = join(import.meta.dirname, "../../firmware");
  const sources = ["frontend", "maths", "link"].flatMap((part) =>
    readdirSync(join(firmware, part))
      .filter((name) => name.endsWith(".c"))
      .map((name) => join(firmware, part, name)),
  );
  const program = join(folder, `runner-${runners.size}`);
  execFileSync(
    process.env.CC ?? "cc",
    [
      "-std=c99",
      "-ffp-contract=off",
      "-fno-math-errno",
      ...["-Wall", "-Wextra", "-Werror"],
      ...flags,
      join(import.meta.dirname, "frontend_runner.c"),
      ...sources,
      join(firmware, "classifier/model_package.c"),
      "-lm",
      "-o",
      program,
    ],
    { stdio: "pipe" },
  );
  runners.set(key, program);
  return program;
}
