/**
 * Instructions of one window's features on a Cortex-M4 (QEMU, mps2-an386, -icount): the firmware's front end and a plain one in C, in float
 * and in double, in one image with the same compiler flags; their features must agree. Part of `npm run bench:device`.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeFrontend, frameSamples, hopSamples } from "../../src-main/features/frontend-config.ts";
import { type FeatureBlock, windowDesign } from "../../src-shared/design.ts";
import { seededRandom } from "../../test/conversion/networks.ts";
import { buildProgram, runProgram } from "../../test/firmware/qemu/program.ts";
import { inputOf } from "../../test/parity/random-packages.ts";

type Case = {
  readonly name: string;
  readonly rateHz: number;
  readonly channels: number;
  readonly lengthMs: number;
  readonly strideMs: number;
  readonly block: { readonly block: FeatureBlock["block"] } & Record<string, unknown>;
  /** Largest difference of a feature from the plain front end's in double. */
  readonly tolerance: number;
};

/** As the presets have them, and what else is common. */
const CASES: readonly Case[] = [
  {
    name: "raw: 2 s of 3 axes at 50 Hz (preset gesture)",
    rateHz: 50,
    channels: 3,
    lengthMs: 2000,
    strideMs: 500,
    block: { block: "raw" },
    tolerance: 0,
  },
  {
    name: "spectral: 2 s of 3 axes at 1600 Hz, FFT of 512, 64 bands (preset vibration)",
    rateHz: 1600,
    channels: 3,
    lengthMs: 2000,
    strideMs: 1000,
    block: { block: "spectral", fftLength: 512, bands: 64 },
    tolerance: 2e-4,
  },
  {
    name: "spectral: 2 s of 3 axes at 200 Hz, FFT of 128, 32 bands (preset vibration, slow sensor)",
    rateHz: 200,
    channels: 3,
    lengthMs: 2000,
    strideMs: 1000,
    block: { block: "spectral", fftLength: 128, bands: 32 },
    tolerance: 2e-4,
  },
  {
    name: "log-mel: 1 s at 16 kHz, 49 frames of 30 ms, 20 filters (preset keyword)",
    rateHz: 16_000,
    channels: 1,
    lengthMs: 1000,
    strideMs: 240,
    block: {
      block: "log-mel",
      filters: 20,
      windowNormalisation: "range",
      dynamicRangeDb: 40,
    },
    tolerance: 1e-3,
  },
  {
    name: "log-mel: 1 s at 16 kHz, 49 frames of 30 ms, 40 filters",
    rateHz: 16_000,
    channels: 1,
    lengthMs: 1000,
    strideMs: 240,
    block: { block: "log-mel", filters: 40 },
    tolerance: 1e-3,
  },
  {
    name: "mfcc: 1 s at 16 kHz, 49 frames of 30 ms, 40 filters, 13 coefficients",
    rateHz: 16_000,
    channels: 1,
    lengthMs: 1000,
    strideMs: 240,
    block: { block: "mfcc", filters: 40, coefficients: 13 },
    tolerance: 2e-3,
  },
];

export type FrontendRun = {
  readonly name: string;
  readonly features: number;
  readonly scratch: number;
  readonly ours: number;
  readonly plainFloat: number;
  readonly plainDouble: number;
  /** Of a window that follows by the stride; 0 where nothing is used again. */
  readonly following: number;
  readonly fromFloat: number;
  readonly fromDouble: number;
  readonly agrees: boolean;
};

/** Builds the image in `folder` and runs every case in it. */
export function benchFrontends(folder: string): FrontendRun[] {
  const program = buildProgram(join(import.meta.dirname, "frontend-bench.cc"), folder, {
    sources: ["plain_frontend_float.c", "plain_frontend_double.c"].map((name) =>
      join(import.meta.dirname, name),
    ),
    libraries: ["frontend/liblimpet_frontend.a", "classifier/liblimpet_package.a", "maths/liblimpet_maths.a"],
  });
  return CASES.map((one) => measure(program, folder, one));
}

function measure(program: string, folder: string, one: Case): FrontendRun {
  const { block, rateHz, channels, lengthMs, strideMs } = one;
  const window = windowDesign.parse({ lengthMs, strideMs });
  const input = inputOf("sensor", rateHz, [...Array(channels).keys()], block);
  writeFileSync(join(folder, "frnt.bin"), encodeFrontend({ window, inputs: [input] }));
  writeFileSync(join(folder, "plain.bin"), plainConfig(input.features, one));
  const samples = Math.round(((lengthMs + strideMs) / 1000) * rateHz);
  writeFileSync(join(folder, "window.bin"), signal(samples, channels, rateHz));
  const { status, text } = runProgram(program, folder, { counted: true });
  const line = text.split("\n").find((each) => each.startsWith("{"));
  if (line === undefined) throw new Error(`The front ends' image ended with ${status}: ${text}`);
  const run = JSON.parse(line) as Omit<FrontendRun, "name" | "agrees">;
  return { name: one.name, ...run, agrees: run.fromDouble <= one.tolerance };
}

function plainConfig(features: FeatureBlock, { rateHz, channels, lengthMs }: Case): Uint8Array {
  const view = new DataView(new ArrayBuffer(18 * 4));
  const words: readonly (readonly ["i" | "f", number])[] = [
    ["i", { raw: 0, spectral: 1, "log-mel": 2, mfcc: 3 }[features.block]],
    ["i", channels],
    ["i", Math.round((lengthMs / 1000) * rateHz)],
    ["f", rateHz],
    ...blockWords(features, rateHz),
  ];
  for (const [index, [type, value]] of words.entries()) {
    if (type === "f") view.setFloat32(4 * index, value, true);
    else view.setInt32(4 * index, value, true);
  }
  return new Uint8Array(view.buffer);
}

function blockWords(features: FeatureBlock, rateHz: number): (readonly ["i" | "f", number])[] {
  switch (features.block) {
    case "raw":
      return [
        ...Array.from({ length: 12 }, () => ["i", 0] as const),
        ["f", features.scale],
        ["i", features.decimation],
      ];
    case "spectral":
      return [
        ["i", features.fftLength],
        ["i", hopSamples(features.fftLength, features.overlap)],
        ["i", features.bands],
      ];
    default: {
      const { frame, stride, fftLength } = frameSamples(features, rateHz);
      return [
        ["i", fftLength],
        ["i", 0],
        ["i", 0],
        ["i", frame],
        ["i", stride],
        ["i", features.filters],
        ["f", features.lowHz],
        ["f", features.highHz === 0 ? rateHz / 2 : features.highHz],
        ["f", features.noiseFloorDb],
        ["i", features.block === "log-mel" && features.windowNormalisation === "range" ? 3 : 0],
        ["f", features.block === "log-mel" ? features.dynamicRangeDb : 0],
        ["i", features.block === "mfcc" ? features.coefficients : 0],
      ];
    }
  }
}

/** Some tones and noise, as machines and rooms have them. */
function signal(samples: number, channels: number, rateHz: number): Uint8Array {
  const random = seededRandom(11);
  const values = new Float32Array(samples * channels);
  for (let i = 0; i < samples; i++) {
    for (let c = 0; c < channels; c++) {
      const turns = i / rateHz;
      values[i * channels + c] =
        0.3 * Math.sin(2 * Math.PI * turns * rateHz * 0.07) +
        0.1 * Math.sin(2 * Math.PI * turns * rateHz * (0.19 + 0.03 * c)) +
        0.05 * random.uniform(-0.5, 0.5) +
        (channels === 3 && c === 2 ? 1 : 0);
    }
  }
  return new Uint8Array(values.buffer);
}
