/**
 * The firmware's WebAssembly build left by itself, its clock moved by the test: light and event log follow the state that the package says,
 * and a laptop's request puts an end to it.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { BoardSession } from "../../src-main/boards/board-session.ts";
import { firmwareFolder } from "../../src-main/boards/firmware-image.ts";
import { encodeFrame } from "../../src-main/boards/link/frames.ts";
import { encodeRequest, REQUEST_TYPES } from "../../src-main/boards/link/requests.ts";
import { encodeSignals } from "../../src-main/boards/signal-container.ts";
import { startSimulatedFirmware } from "../../src-main/boards/simulated-firmware.ts";
import { SimulatedTransport } from "../../src-main/boards/transports/simulated.ts";
import { type PackageAlone, withAlone } from "../../src-main/deployment/model-package.ts";
import { Twin } from "../../src-main/features/twin.ts";
import { seededRandom } from "../conversion/networks.ts";
import { temporaryFolder } from "../dataset/helpers.ts";
import { inputOf, makePackage } from "../parity/random-packages.ts";

const ready = existsSync(join(firmwareFolder(), "twin.wasm"));
if (!ready) console.warn("SKIPPED: the simulated board has not been built (npm run setup)");

const RATE = 100;
const SECONDS = 240;
const THRESHOLD = 0.5;
const GRACE_MS = 1000;
const STEP_US = 10_000n;
/** Of a network that calls some windows by each label, and some by none. */
const SEED = 8;

const samples = (() => {
  const random = seededRandom(21);
  let amplitude = 0;
  return Int16Array.from({ length: SECONDS * RATE }, (_, i) => {
    if (i % (4 * RATE) === 0) amplitude = random.uniform(20, 1000);
    return Math.round(random.uniform(-amplitude, amplitude));
  });
})();
const signal = encodeSignals([
  {
    sensor: "accelerometer",
    channels: [{ name: "accX", unit: "g" }],
    rateHz: RATE,
    scale: 0.001,
    samples: samples.length,
    data: samples,
  },
]);

describe.skipIf(!ready)("a simulated board by itself", () => {
  let modelPackage: Uint8Array;
  /** What the twin calls each second of the signal; null: unknown. */
  let called: (number | null)[];

  beforeAll(async () => {
    const twin = await Twin.load();
    const inputs = [inputOf("accelerometer", RATE, [0], { block: "spectral", fftLength: 32, bands: 4 })];
    modelPackage = makePackage(
      twin,
      { name: "m", lengthMs: 1000, strideMs: 1000, inputs },
      SEED,
      "dense",
    ).bytes;
    const pipeline = twin.pipeline(modelPackage);
    called = Array.from({ length: SECONDS }, (_, second) => {
      const window = Float32Array.from(
        { length: RATE },
        (_, i) => (samples[second * RATE + i] as number) * Math.fround(0.001),
      );
      const { scores } = pipeline.run(window);
      const best = scores.indexOf(Math.max(...scores));
      return (scores[best] as number) < THRESHOLD ? null : best;
    });
    expect(new Set(called).size).toBe(4);
  });

  async function flashWith(alone: Partial<PackageAlone>): Promise<string> {
    const flashPath = join(temporaryFolder(), "flash");
    const session = await BoardSession.connect(new SimulatedTransport({ flashPath }));
    const told = { periodMs: 0, graceMs: GRACE_MS, labels: [], unknown: false, ...alone };
    expect((await session.update(withAlone(modelPackage, told))).accepted).toBe(true);
    await session.close();
    return flashPath;
  }

  /** Runs a board with that flash for so many seconds; whether its light was on at the end of each. */
  async function run(flashPath: string, seconds: number) {
    const board = await startSimulatedFirmware(new Uint8Array(readFileSync(flashPath)), signal);
    let time = 0n;
    const until = (second: number): void => {
      while (time < BigInt(Math.round(second * 1e6))) {
        time += STEP_US;
        board.step(time);
        board.transmit();
      }
    };
    const lights = Array.from({ length: seconds }, (_, second) => {
      // Window n is full n + 1 seconds after the grace, and some steps later classified.
      until(GRACE_MS / 1000 + second + 1.05);
      return board.light();
    });
    return { board, until, lights };
  }

  /** The state after each window, where so many windows in a row must be called alike. */
  function states(confirm: number): (number | null)[] {
    let [state, other, run] = [called[0] as number | null, called[0] as number | null, 0];
    return called.map((label) => {
      run = label === state ? 0 : label === other ? run + 1 : 1;
      other = label;
      if (run >= confirm) [state, run] = [label, 0];
      return state;
    });
  }
  const changesOf = (list: readonly unknown[]) =>
    list.filter((state, i) => i > 0 && state !== list[i - 1]).length;

  it.each<[Pick<PackageAlone, "labels" | "unknown" | "confirm">]>([
    [{ labels: [0], unknown: false }],
    [{ labels: [1, 2], unknown: false }],
    [{ labels: [], unknown: true }],
    [{ labels: [0], unknown: true, confirm: 2 }],
    [{ labels: [0], unknown: true, confirm: 4 }],
  ])("shows by its light what it was told to show: %o", async (alone) => {
    const expected = states(alone.confirm ?? 1).map((state) =>
      state === null ? alone.unknown : alone.labels.includes(state),
    );
    expect(changesOf(expected)).toBeGreaterThan(2);
    const { lights } = await run(await flashWith(alone), SECONDS);
    expect(lights).toEqual(expected);
  });

  it.each([1, 2, 4])("logs a change of state when %i windows in a row agree on it", async (confirm) => {
    const flashPath = await flashWith({ confirm });
    const { board, until } = await run(flashPath, SECONDS);
    // A request ends it and has all that was counted written.
    const hello = { type: REQUEST_TYPES.hello, sequence: 0, payload: encodeRequest(1, { kind: "hello" }) };
    board.receive(Uint8Array.of(0));
    board.receive(encodeFrame(hello));
    until(SECONDS + 3);
    expect(board.light()).toBe(false);
    const log = await readBack(board.flash());
    const all = states(confirm);
    const expected = all
      .map((label, window) => ({ label, window }))
      .filter(({ label, window }) => window === 0 || label !== all[window - 1]);
    expect(expected.length).toBeGreaterThan(confirm === 4 ? 2 : 20);
    expect(log.part.map(({ label }) => label)).toEqual(expected.map(({ label }) => label));
    for (const [i, { time }] of log.part.entries()) {
      expect(Math.abs(time - GRACE_MS / 1000 - 1 - (expected[i]?.window ?? 0))).toBeLessThan(0.15);
    }
    expect(log.totals).toEqual([0, 1, 2].map((label) => all.filter((state) => state === label).length));
    expect(log.unknown).toBe(all.filter((state) => state === null).length);
  });

  async function readBack(flash: Uint8Array) {
    const flashPath = join(temporaryFolder(), "copy");
    writeFileSync(flashPath, flash);
    const session = await BoardSession.connect(new SimulatedTransport({ flashPath }));
    try {
      return await session.readLog();
    } finally {
      await session.close();
    }
  }
});
