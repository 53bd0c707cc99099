import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { firmwareFolder } from "../../src-main/boards/firmware-image.ts";
import { butterworth } from "../../src-main/features/butterworth.ts";
import { featureShape, product, windowValuesOf } from "../../src-main/features/feature-shape.ts";
import { encodeFrontend } from "../../src-main/features/frontend-config.ts";
import { Twin } from "../../src-main/features/twin.ts";
import { type Design, featureBlock, type ResolvedInput, windowDesign } from "../../src-shared/design.ts";
import { errorOf } from "../dataset/helpers.ts";

type Parts = Pick<Design, "window" | "inputs">;

const input = (block: object, change: Partial<ResolvedInput> = {}): ResolvedInput => ({
  sensor: "accelerometer",
  rateHz: 200,
  channels: ["accX", "accY", "accZ"],
  channelIndices: [0, 1, 2],
  features: featureBlock.parse(block),
  ...change,
});
const parts = (lengthMs: number, ...inputs: ResolvedInput[]): Parts => ({
  window: windowDesign.parse({ lengthMs, strideMs: lengthMs / 2 }),
  inputs,
});

const sound = { sensor: "microphone", rateHz: 16_000, channels: ["audio"], channelIndices: [0] };
const designs = [
  parts(1000, input({ block: "raw" })),
  parts(1000, input({ block: "raw", decimation: 7 })),
  parts(640, input({ block: "spectral", fftLength: 64, bands: 32 })),
  parts(640, input({ block: "spectral", fftLength: 128, bands: 1, statistics: false })),
  parts(
    2000,
    input({ block: "spectral", fftLength: 128, filter: { kind: "low-pass", cutoffHz: 40, order: 8 } }),
  ),
  parts(
    1000,
    input({ block: "spectral", fftLength: 64 }),
    input({ block: "raw" }, { sensor: "temperature", rateHz: 3, channels: ["celsius"], channelIndices: [0] }),
  ),
  parts(1000, input({ block: "spectral", fftLength: 64 }), input({ block: "spectral", fftLength: 32 })),
  parts(1000, input({ block: "log-mel" }, sound)),
  parts(1000, input({ block: "mfcc", coefficients: 10, windowNormalisation: "mean" }, sound)),
];

const withoutTwin = (skip: () => void): void => {
  if (existsSync(join(firmwareFolder(), "twin.wasm"))) return;
  console.warn("SKIPPED: the device twin is not built (npm run setup)");
  skip();
};

describe("the front end's configuration", () => {
  it("has every byte where docs/model-package.md says", () => {
    const bytes = encodeFrontend(
      parts(
        1000,
        input(
          {
            block: "spectral",
            scale: 0.5,
            decimation: 2,
            fftLength: 64,
            overlap: 0.75,
            bands: 8,
            log: false,
            filter: { kind: "high-pass", cutoffHz: 5, order: 4 },
          },
          { channels: ["accZ", "accX"], channelIndices: [2, 0] },
        ),
      ),
    );
    const view = new DataView(bytes.buffer);
    expect([...bytes.subarray(0, 4)]).toEqual([1, 0, 0, 0]);
    expect(Buffer.from(bytes.subarray(4, 20)).toString()).toBe("accelerometer\0\0\0");
    expect(view.getFloat32(20, true)).toBe(200);
    expect([...bytes.subarray(24, 32)]).toEqual([2, 2, 0, 0, 0, 0, 0, 0]);
    expect([view.getUint32(32, true), view.getUint32(36, true)]).toEqual([200, 100]);
    expect([view.getUint8(40), view.getUint8(41), view.getUint16(42, true)]).toEqual([1, 1, 28 + 40]);
    expect(view.getFloat32(44, true)).toBe(0.5);
    expect([48, 52, 56, 60, 64, 68].map((at) => view.getUint32(at, true))).toEqual([2, 64, 16, 8, 2, 2]);
    // The filter runs after decimation, at half the rate.
    const sections = butterworth("high-pass", 4, 5, 100).flat();
    expect(sections.map((_, index) => view.getFloat32(72 + 4 * index, true))).toEqual(
      sections.map(Math.fround),
    );
    expect(bytes.length).toBe(72 + 40);
  });

  it("asks the twin for the shape that the design reckons with", async ({ skip }) => {
    withoutTwin(skip);
    const twin = await Twin.load();
    for (const design of designs) {
      const frontend = twin.frontend(encodeFrontend(design));
      expect(frontend.windowValues).toBe(windowValuesOf(design));
      expect(frontend.featureCount).toBe(product(featureShape(design)));
      frontend.close();
    }
  });

  it("gives the features of a window whatever was computed before it", async ({ skip }) => {
    withoutTwin(skip);
    const twin = await Twin.load();
    for (const design of designs) {
      const [first, second] = [0.1, 7].map((step) =>
        Float32Array.from({ length: windowValuesOf(design) }, (_, i) => Math.sin(step * i) + (i % 5) / 9),
      ) as [Float32Array, Float32Array];
      const fresh = (window: Float32Array): Float32Array => {
        const frontend = twin.frontend(encodeFrontend(design));
        try {
          return frontend.compute(window);
        } finally {
          frontend.close();
        }
      };
      const used = twin.frontend(encodeFrontend(design));
      const computed = [first, second, first].map((window) => used.compute(window));
      used.close();
      expect(computed).toEqual([first, second, first].map(fresh));
    }
  });

  it("is refused where the format has no room", () => {
    const many = Array.from({ length: 5 }, () => input({ block: "raw" }));
    expect(errorOf("invalid-design", () => encodeFrontend(parts(1000, ...many))).field).toBe("inputs");
    const wide = input(
      { block: "raw" },
      { channels: [..."abcdefgh"], channelIndices: [0, 1, 2, 3, 4, 5, 6, 7] },
    );
    expect(errorOf("invalid-design", () => encodeFrontend(parts(1000, wide))).field).toBe(
      "inputs.0.channels",
    );
    const long = input({ block: "raw" }, { sensor: "a-name-that-is-too-long" });
    expect(errorOf("invalid-design", () => encodeFrontend(parts(1000, long))).field).toBe("inputs.0.sensor");
  });
});
