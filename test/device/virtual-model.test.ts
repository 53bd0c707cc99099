/** A model on the virtual board: put there, proved, run live and on stored windows, kept by the flash file, counted in instructions. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { BoardSession } from "../../src-main/boards/board-session.ts";
import { firmwareFolder } from "../../src-main/boards/firmware-image.ts";
import { findQemu } from "../../src-main/boards/qemu-process.ts";
import { encodeSignals } from "../../src-main/boards/signal-container.ts";
import { SimulatedTransport } from "../../src-main/boards/transports/simulated.ts";
import { VirtualTransport } from "../../src-main/boards/transports/virtual.ts";
import { Twin } from "../../src-main/features/twin.ts";
import { temporaryFolder } from "../dataset/helpers.ts";
import { inputOf, makePackage, type PackageDesign, type RandomPackage } from "../parity/random-packages.ts";
import { until } from "../waiting.ts";

const ready =
  findQemu() !== null &&
  existsSync(join(firmwareFolder(), "virtual.bin")) &&
  existsSync(join(firmwareFolder(), "twin.wasm"));
if (!ready) console.warn("SKIPPED: models on the virtual board need QEMU and built firmware (npm run setup)");

const RATE = 400;
const AXES = 3;
const WINDOW = 200;
const STRIDE = 100;
const RESOLUTION = 0.001;
const SAMPLES = 1730;

/** Counts of a signal whose windows all differ: a tone that sweeps, and noise. */
const counts = Int16Array.from({ length: SAMPLES * AXES }, (_, i) => {
  const t = Math.floor(i / AXES);
  return Math.round(600 * Math.sin(0.002 * t * t * ((i % AXES) + 1)) + (((i * 7919) % 401) - 200));
});

const design: PackageDesign = {
  name: "first",
  lengthMs: (1000 * WINDOW) / RATE,
  strideMs: (1000 * STRIDE) / RATE,
  inputs: [inputOf("accelerometer", RATE, [0, 1, 2], { block: "spectral", fftLength: 64, bands: 8 })],
};

/** The window from `first` on as the firmware makes it of counts; the signal begins again at its end. */
const windowAt = (first: number): Float32Array =>
  Float32Array.from(
    { length: WINDOW * AXES },
    (_, i) => (counts[(first * AXES + i) % counts.length] as number) * Math.fround(RESOLUTION),
  );

const sessions: BoardSession[] = [];
afterEach(async () => {
  for (const session of sessions.splice(0)) await session.close();
});

type Options = { readonly flashPath?: string; readonly instructions?: boolean; readonly demo?: boolean };

async function connect({ flashPath = join(temporaryFolder(), "flash"), instructions, demo }: Options = {}) {
  const channels = ["accX", "accY", "accZ"].map((name) => ({ name, unit: "g" }));
  const signal = encodeSignals([
    { sensor: "accelerometer", channels, rateHz: RATE, scale: RESOLUTION, samples: SAMPLES, data: counts },
  ]);
  const session = await BoardSession.connect(
    new VirtualTransport({ flashPath, instructions, signal: demo === true ? undefined : signal }),
  );
  sessions.push(session);
  return session;
}

describe.skipIf(!ready)("a model on the virtual board", () => {
  let twin: Twin;
  let first: RandomPackage;
  let second: RandomPackage;
  beforeAll(async () => {
    twin = await Twin.load();
    first = makePackage(twin, design, 5, "dense");
    second = makePackage(twin, { ...design, name: "second" }, 6, "dense");
  });

  it("is proved by its golden vectors, stays over a loss of power, and gives way to the next and back", async () => {
    const flashPath = join(temporaryFolder(), "flash");
    const session = await connect({ flashPath });
    const { accepted, test } = await session.update(first.bytes);
    expect(accepted).toBe(true);
    expect(test).toMatchObject({ slot: "A", run: 3, identical: 3, differed: "none" });
    expect(test.arenaBytes).toBe(twin.pipeline(first.bytes).arenaBytes);
    expect(test.poolBytes).toBe(twin.pipeline(first.bytes).poolBytes);
    // Power goes without a word.
    process.kill((session.transport as VirtualTransport).pid, "SIGKILL");
    await session.close();
    const again = await connect({ flashPath });
    expect(again.hello.model).toMatchObject({ name: "first", slot: "A", labels: ["one", "two", "three"] });
    expect(await again.readPackage(first.bytes.length)).toEqual(first.bytes);
    await again.update(second.bytes);
    expect((await again.greet()).model).toMatchObject({ name: "second", slot: "B" });
    expect(await again.rollBack()).toBe("A");
    await again.reset();
    expect(again.hello.model?.name).toBe("first");
  });

  it("that fails its golden vectors leaves the old one in use", async () => {
    const session = await connect();
    await session.update(first.bytes);
    // The same package with a network whose scores are those of another seed: header and check sums are right.
    const wrong = makePackage(twin, { ...design, name: "wrong" }, 6, "dense", { spoilGolden: true });
    const { accepted, test } = await session.update(wrong.bytes);
    expect(accepted).toBe(false);
    expect(test).toMatchObject({ differed: "scores" });
    expect((await session.greet()).model?.name).toBe("first");
    const damaged = second.bytes.slice();
    damaged[500] = (damaged[500] as number) ^ 4;
    await expect(session.update(damaged)).rejects.toMatchObject({ code: "board-refused" });
    expect((await session.greet()).model?.name).toBe("first");
  });

  it("classifies overlapping windows of the live signal as the twin does, none left out", async () => {
    // By instructions, so that the board's time waits for its processor however busy this computer is: windows that it misses are its own.
    const session = await connect({ instructions: true });
    await session.update(first.bytes);
    const pipeline = twin.pipeline(first.bytes);
    const got: { first: number; raw: number[] }[] = [];
    session.listen((event) => {
      if (event.kind !== "prediction") return;
      const { firstSample, raw } = event.prediction;
      got.push({ first: Number(firstSample), raw: [...raw] });
    });
    await session.startLive();
    // Longer than the signal, so that windows lie across its end.
    await until(() => got.length > 18);
    expect(await session.stopLive()).toBe(got.length);
    expect(got.map(({ first }) => first)).toEqual(got.map((_, i) => i * STRIDE));
    for (const { first: at, raw } of got) expect(raw).toEqual([...pipeline.run(windowAt(at)).raw]);
    expect(new Set(got.map(({ raw }) => raw.join())).size).toBeGreaterThan(5);
    expect((await session.status()).windowsMissed).toBe(0);
  });

  it("runs windows of its stored signal and windows sent over the line alike, with instructions counted exactly", async () => {
    const session = await connect({ instructions: true });
    expect(session.hello.counting).toBe("instructions");
    await session.update(first.bytes);
    const pipeline = twin.pipeline(first.bytes);
    const want = { features: true, quantised: true };
    const at = 333;
    await session.replay.begin("link");
    const sent = await session.replay.run({ samples: windowAt(at) }, want);
    await session.replay.begin("signal");
    const stored = await session.replay.run({ firstSample: BigInt(at) }, want);
    const again = await session.replay.run({ firstSample: BigInt(at) }, want);
    const { features, quantised, raw } = pipeline.run(windowAt(at));
    for (const result of [sent, stored]) {
      expect(result.features).toEqual(features);
      expect(result.quantised).toEqual(quantised);
      expect([...result.raw]).toEqual([...raw]);
    }
    // Three channels of five FFTs of 64 points; a network of 39 x 12 + 12 x 3 multiplications.
    expect(stored.frontendInstructions).toBeGreaterThan(20_000);
    expect(stored.frontendInstructions).toBeLessThan(400_000);
    expect(stored.networkInstructions).toBeGreaterThan(1000);
    expect(stored.networkInstructions).toBeLessThan(60_000);
    // The timer ticks once in 1.6 instructions, and interrupts come between.
    expect(Math.abs(again.frontendInstructions - stored.frontendInstructions)).toBeLessThan(
      0.02 * stored.frontendInstructions,
    );
  });

  it("of sound computes only the frames that a live window does not share with the one before", async () => {
    const rateHz = 8000;
    const sound: PackageDesign = {
      name: "sound",
      lengthMs: 1000,
      strideMs: 200,
      inputs: [inputOf("microphone", rateHz, [0], { block: "log-mel", windowNormalisation: "mean" })],
    };
    const data = Int16Array.from({ length: 3 * rateHz }, (_, i) => ((i * 7919) % 2001) - 1000);
    const channels = [{ name: "left", unit: "FS" }];
    const signal = encodeSignals([
      { sensor: "microphone", channels, rateHz, scale: 2 ** -15, samples: data.length, data },
    ]);
    const session = await BoardSession.connect(
      new VirtualTransport({ flashPath: join(temporaryFolder(), "flash"), instructions: true, signal }),
    );
    sessions.push(session);
    await session.update(makePackage(twin, sound, 9, "dense").bytes);
    const spent: number[] = [];
    session.listen((event) => {
      if (event.kind === "prediction") spent.push(event.prediction.frontendInstructions);
    });
    await session.startLive();
    await until(() => spent.length >= 6);
    await session.stopLive();
    const [whole, ...later] = spent as [number, ...number[]];
    expect(later.length).toBeGreaterThan(3);
    // 10 of 49 frames are new, and the tables are made anew.
    for (const count of later) expect(count).toBeLessThan(0.4 * whole);
  });

  it("is not needed for the demo machine, which is the same to the last count on virtual board, simulated board and twin", async () => {
    const rates = [1600, 4, 1];
    /** The first second of each of its sensors. */
    const read = async (session: BoardSession): Promise<number[][]> => {
      const got: number[][] = [[], [], []];
      session.listen((event) => {
        if (event.kind === "samples") got[event.samples.sensor]?.push(...event.samples.data);
      });
      const second = rates.map((rateHz, index) => rateHz * (index === 0 ? AXES : 1));
      await session.start(rates.map((rateHz, index) => ({ index, rateHz })));
      await until(() => got.every(({ length }, index) => length >= (second[index] ?? 0)));
      await session.stop();
      return got.map((values, index) => values.slice(0, second[index]));
    };
    const onVirtual = await read(await connect({ demo: true }));
    const simulated = await BoardSession.connect(
      new SimulatedTransport({ flashPath: join(temporaryFolder(), "flash") }),
    );
    sessions.push(simulated);
    const machine = {
      rateHz: 1600,
      samples: 1600,
      seed: 1,
      shaftHz: 24.2,
      load: 0.5,
      imbalance: 0.1,
      misalignment: 0.1,
      bearing: 0,
      noise: 0.005,
      tilt: 0,
    };
    const toCounts = (values: Float32Array, resolution: number): number[] =>
      [...values].map((value) => {
        const scaled = Math.fround(value / Math.fround(resolution));
        return Math.trunc(scaled < 0 ? scaled - 0.5 : scaled + 0.5) + 0;
      });
    const expected = [
      toCounts(twin.generate(machine), RESOLUTION),
      toCounts(
        twin.generateCelsius({ ...machine, rateHz: 4, samples: 4, ambient: 21, runningSeconds: 1800 }),
        0.01,
      ),
      toCounts(twin.generatePieces({ ...machine, rateHz: 1, samples: 1 }), 0.1),
    ];
    expect(onVirtual.map(({ length }) => length)).toEqual([1600 * AXES, 4, 1]);
    expect(await read(simulated)).toEqual(onVirtual);
    expect(expected).toEqual(onVirtual);
  });
});
