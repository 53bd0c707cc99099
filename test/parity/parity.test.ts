/**
 * The same bits everywhere: random model packages on the device twin, on the simulated board and on the virtual board
 * (Cortex-M4F in QEMU), features, quantised input and scores compared one by one.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { BoardSession } from "../../src-main/boards/board-session.ts";
import { firmwareFolder } from "../../src-main/boards/firmware-image.ts";
import { findQemu } from "../../src-main/boards/qemu-process.ts";
import { encodeSignals } from "../../src-main/boards/signal-container.ts";
import { SimulatedTransport } from "../../src-main/boards/transports/simulated.ts";
import type { Transport } from "../../src-main/boards/transports/transport.ts";
import { VirtualTransport } from "../../src-main/boards/transports/virtual.ts";
import { Twin } from "../../src-main/features/twin.ts";
import { seededRandom } from "../conversion/networks.ts";
import { temporaryFolder } from "../dataset/helpers.ts";
import { steadyClock } from "../steady-clock.ts";
import {
  inputOf,
  makePackage,
  type NetworkKind,
  noiseWindow,
  type PackageDesign,
} from "./random-packages.ts";

const built = existsSync(join(firmwareFolder(), "twin.wasm"));
const virtual = built && findQemu() !== null && existsSync(join(firmwareFolder(), "virtual.bin"));
if (!built) console.warn("SKIPPED: parity needs built firmware (npm run setup)");
else if (!virtual) console.warn("SKIPPED: parity on the virtual board needs QEMU (npm run setup)");

const WINDOWS = 4;

const CASES: readonly { readonly design: PackageDesign; readonly network: NetworkKind }[] = [
  {
    network: "conv1d",
    design: {
      name: "raw, three axes",
      lengthMs: 640,
      strideMs: 320,
      inputs: [inputOf("accelerometer", 100, [0, 1, 2], { block: "raw", scale: 0.5 })],
    },
  },
  {
    network: "dense",
    design: {
      name: "raw, averaged by seven",
      lengthMs: 1000,
      strideMs: 500,
      inputs: [inputOf("accelerometer", 1600, [1], { block: "raw", scale: 3.3, decimation: 7 })],
    },
  },
  {
    network: "dense",
    design: {
      name: "spectral, as the example has it",
      lengthMs: 1000,
      strideMs: 500,
      inputs: [inputOf("accelerometer", 400, [0, 1, 2], { block: "spectral" })],
    },
  },
  {
    network: "regression",
    design: {
      name: "spectral, low-pass of order 8, averaged by three, square roots",
      lengthMs: 900,
      strideMs: 450,
      inputs: [
        inputOf("accelerometer", 1600, [2, 0], {
          block: "spectral",
          decimation: 3,
          filter: { kind: "low-pass", cutoffHz: 90, order: 8 },
          fftLength: 64,
          bands: 11,
          overlap: 0.25,
          log: false,
        }),
      ],
    },
  },
  {
    network: "dense",
    design: {
      name: "spectral, high-pass, window shorter than the FFT, without statistics",
      lengthMs: 500,
      strideMs: 500,
      inputs: [
        inputOf("accelerometer", 400, [1], {
          block: "spectral",
          scale: 9.81,
          filter: { kind: "high-pass", cutoffHz: 5, order: 4 },
          fftLength: 1024,
          bands: 40,
          statistics: false,
        }),
      ],
    },
  },
  {
    network: "ds-cnn",
    design: {
      name: "log-mel of two microphones, pre-emphasis, by mean and deviation",
      lengthMs: 250,
      strideMs: 125,
      inputs: [
        inputOf("microphone", 8000, [0, 1], {
          block: "log-mel",
          filters: 16,
          preEmphasis: 0.97,
          windowNormalisation: "mean-variance",
        }),
      ],
    },
  },
  {
    network: "conv2d",
    design: {
      name: "log-mel with per-channel energy normalisation",
      lengthMs: 300,
      strideMs: 300,
      inputs: [inputOf("microphone", 8000, [0], { block: "log-mel", filters: 20, pcen: true })],
    },
  },
  {
    network: "ds-cnn",
    design: {
      name: "log-mel from the window's loudest value down",
      lengthMs: 300,
      strideMs: 100,
      inputs: [
        inputOf("microphone", 8000, [0], {
          block: "log-mel",
          filters: 20,
          windowNormalisation: "range",
          dynamicRangeDb: 15,
        }),
      ],
    },
  },
  {
    network: "conv2d",
    design: {
      name: "mfcc, each window less its mean",
      lengthMs: 500,
      strideMs: 250,
      inputs: [
        inputOf("microphone", 8000, [0], {
          block: "mfcc",
          filters: 26,
          coefficients: 10,
          windowNormalisation: "mean",
        }),
      ],
    },
  },
  {
    network: "dense",
    design: {
      name: "two sensors of different rates",
      lengthMs: 1000,
      strideMs: 1000,
      inputs: [
        inputOf("accelerometer", 200, [0, 1], { block: "spectral", fftLength: 32, bands: 8 }),
        inputOf("temperature", 4, [0], { block: "raw", scale: 0.02 }),
      ],
    },
  },
];

const LIVE: PackageDesign = {
  name: "two inputs of one sensor",
  lengthMs: 500,
  strideMs: 250,
  inputs: [
    inputOf("accelerometer", 200, [2, 0], { block: "spectral", fftLength: 32, bands: 4 }),
    inputOf("temperature", 20, [0], { block: "raw" }),
    inputOf("accelerometer", 200, [1], { block: "raw", decimation: 10 }),
  ],
};

const countsOf = (samples: number, channels: number, seed: number): Int16Array => {
  const random = seededRandom(seed);
  return Int16Array.from({ length: samples * channels }, () => random.integer(-900, 900));
};

const SIGNALS = [
  {
    sensor: "accelerometer",
    channels: ["accX", "accY", "accZ"].map((name) => ({ name, unit: "g" })),
    rateHz: 200,
    scale: 0.001,
    samples: 730,
    data: countsOf(730, 3, 1),
  },
  {
    sensor: "temperature",
    channels: [{ name: "celsius", unit: "C" }],
    rateHz: 20,
    scale: 0.001,
    samples: 61,
    data: countsOf(61, 1, 2),
  },
] as const;

/** The live window that begins at a sample of the first input, from the counts. */
function liveWindow(first: number): Float32Array {
  const parts = LIVE.inputs.map((input) => {
    const signal = SIGNALS.find(({ sensor }) => sensor === input.sensor) as (typeof SIGNALS)[number];
    const begin = Math.round((first * input.rateHz) / 200);
    const width = signal.channels.length;
    return Array.from({ length: (LIVE.lengthMs / 1000) * input.rateHz }, (_, i) =>
      input.channelIndices.map(
        (c) => (signal.data[((begin + i) % signal.samples) * width + c] as number) * Math.fround(0.001),
      ),
    ).flat();
  });
  return Float32Array.from(parts.flat());
}

const sessions: BoardSession[] = [];
afterEach(async () => {
  for (const session of sessions.splice(0)) await session.close();
});

async function connect(transport: Transport): Promise<BoardSession> {
  const session = await BoardSession.connect(transport);
  sessions.push(session);
  return session;
}

/** Every package on one board: the self-test, and windows with every intermediate result against the twin's. */
async function expectSameBits(session: BoardSession, twin: Twin): Promise<void> {
  for (const [index, { design, network }] of CASES.entries()) {
    const made = makePackage(twin, design, 100 + index, network);
    const pipeline = twin.pipeline(made.bytes);
    const own = pipeline.selfTest();
    expect(own, design.name).toMatchObject({ identical: own.run, stage: 0 });
    const { accepted, test } = await session.update(made.bytes);
    expect({ accepted, identical: test.identical }, design.name).toEqual({
      accepted: true,
      identical: own.run,
    });
    expect(test, design.name).toMatchObject({ run: own.run, differed: "none" });
    await session.replay.begin("link");
    const random = seededRandom(7 + index);
    for (let i = 0; i < WINDOWS; i++) {
      // The first one is silent: logarithms at their floor, divisions by no deviation.
      const samples = noiseWindow(random, made.windowValues, i === 0 ? 0 : 2 * i);
      const here = pipeline.run(samples);
      const there = await session.replay.run({ samples }, { features: true, quantised: true });
      const bits = (values: Float32Array): number[] => [...new Uint32Array(values.slice().buffer)];
      expect(bits(there.features), design.name).toEqual(bits(here.features));
      expect(there.quantised, design.name).toEqual(here.quantised);
      expect([...there.raw], design.name).toEqual([...here.raw]);
      expect(bits(Float32Array.from(there.scores)), design.name).toEqual(bits(here.scores));
      expect(here.features.every(Number.isFinite), design.name).toBe(true);
    }
  }
}

describe.skipIf(!built)("random packages", () => {
  let twin: Twin;
  beforeAll(async () => {
    twin = await Twin.load();
  });

  it("give the same bits on twin and simulated board", async () => {
    await expectSameBits(
      await connect(new SimulatedTransport({ flashPath: join(temporaryFolder(), "flash") })),
      twin,
    );
  });

  it("run live with two inputs of one sensor and one of another, each window as on the twin", async () => {
    steadyClock();
    const made = makePackage(twin, LIVE, 77, "dense");
    const session = await connect(
      new SimulatedTransport({ signal: encodeSignals(SIGNALS), flashPath: join(temporaryFolder(), "flash") }),
    );
    await session.update(made.bytes);
    const pipeline = twin.pipeline(made.bytes);
    const got: { first: number; raw: number[] }[] = [];
    session.listen((event) => {
      if (event.kind === "prediction") {
        got.push({ first: Number(event.prediction.firstSample), raw: [...event.prediction.raw] });
      }
    });
    await session.startLive();
    await new Promise((resolve) => setTimeout(resolve, 2000));
    await session.stopLive();
    expect(got.length).toBeGreaterThan(5);
    for (const { first, raw } of got) expect(raw).toEqual([...pipeline.run(liveWindow(first)).raw]);
  });

  it.each([
    { block: "log-mel", windowNormalisation: "mean" },
    { block: "log-mel", windowNormalisation: "range", dynamicRangeDb: 10 },
    { block: "log-mel", pcen: true },
    { block: "mfcc", filters: 20, coefficients: 8 },
    { block: "mfcc", filters: 20, coefficients: 8, pcen: true, windowNormalisation: "mean-variance" },
  ] as const)(
    "of overlapping frames, live, use frames again and still give the twin's bits: $block",
    async (block) => {
      steadyClock();
      const rateHz = 4000;
      const design: PackageDesign = {
        name: "overlap",
        lengthMs: 300,
        strideMs: 60,
        inputs: [inputOf("microphone", rateHz, [0, 1], { frameMs: 30, strideMs: 20, filters: 16, ...block })],
      };
      const made = makePackage(twin, design, 81, "conv2d");
      const samples = 4321;
      const data = countsOf(samples, 2, 5);
      const channels = ["left", "right"].map((name) => ({ name, unit: "FS" }));
      const signal = encodeSignals([{ sensor: "microphone", channels, rateHz, scale: 0.001, samples, data }]);
      const session = await connect(
        new SimulatedTransport({ signal, flashPath: join(temporaryFolder(), "flash") }),
      );
      const { test } = await session.update(made.bytes);
      const pipeline = twin.pipeline(made.bytes);
      expect(test.poolBytes).toBe(pipeline.poolBytes);
      const got: { first: number; raw: number[] }[] = [];
      session.listen((event) => {
        if (event.kind === "prediction") {
          got.push({ first: Number(event.prediction.firstSample), raw: [...event.prediction.raw] });
        }
      });
      await session.startLive();
      await new Promise((resolve) => setTimeout(resolve, 1500));
      await session.stopLive();
      expect(got.length).toBeGreaterThan(12);
      for (const { first, raw } of got) {
        const window = Float32Array.from(
          { length: made.windowValues },
          (_, k) => (data[(first * 2 + k) % data.length] as number) * Math.fround(0.001),
        );
        expect(raw).toEqual([...pipeline.run(window).raw]);
      }
    },
  );

  it("are refused by the twin where a bit of the package is wrong", () => {
    const made = makePackage(twin, LIVE, 78, "dense");
    const random = seededRandom(3);
    for (let i = 0; i < 60; i++) {
      const bytes = made.bytes.slice();
      // The hash's own bytes and all that follows are under the check sum; magic, version and length speak for themselves.
      const at = random.integer(8, bytes.length - 1);
      bytes[at] = (bytes[at] as number) ^ (1 << random.integer(0, 7));
      expect(() => twin.pipeline(bytes)).toThrow(expect.objectContaining({ code: "conversion-failed" }));
    }
  });

  it("lend their networks: one with damaged bytes is refused or fails with a word, never by an error of the machine", async () => {
    const made = makePackage(twin, LIVE, 79, "dense");
    const table = Buffer.from(made.bytes.buffer, made.bytes.byteOffset).indexOf("TFLT");
    const view = new DataView(made.bytes.buffer, made.bytes.byteOffset);
    const tflite = made.bytes
      .slice(view.getUint32(table + 4, true))
      .subarray(0, view.getUint32(table + 8, true));
    const random = seededRandom(4);
    let other = await Twin.load();
    let refused = 0;
    for (let i = 0; i < 300; i++) {
      const bytes = tflite.slice();
      for (let k = 0; k < 8; k++) bytes[random.integer(0, bytes.length - 1)] = random.integer(0, 255);
      try {
        const network = other.network(bytes);
        network.invoke(new Int8Array(network.inputCount).fill(1));
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/conversion-failed|internal/) });
        refused++;
        other = await Twin.load();
      }
    }
    expect(refused).toBeGreaterThan(30);
  });

  it.skipIf(!virtual)("give the same bits on twin and virtual board", async () => {
    await expectSameBits(
      await connect(new VirtualTransport({ flashPath: join(temporaryFolder(), "flash") })),
      twin,
    );
  });
});
