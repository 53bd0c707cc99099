/**
 * The nRF chips' drivers of UART, TIMER and NVMC with the firmware's runtime, link and store, on QEMU's machine `microbit`: the engine's own
 * session speaks to it over the serial line, and its power fails in the midst of updates.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { LogEvent, LogPart } from "../../../src-main/boards/link/responses.ts";
import { until } from "../../waiting.ts";
import { packageForDoubles } from "./doubles-package.ts";
import { buildMicrobitFlash, Microbit, missingForMicrobit } from "./qemu-microbit.ts";

const missing = missingForMicrobit();
if (missing !== null) console.warn(`SKIPPED: the machine microbit: ${missing}`);

const folder = mkdtempSync(join(tmpdir(), "limpet-microbit-"));
let factory: Buffer;
let machine: Microbit | null = null;

beforeAll(() => {
  if (missing === null) factory = buildMicrobitFlash(folder);
});
afterEach(async () => {
  await machine?.cut();
  machine = null;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CUTS = Number(process.env.LIMPET_CUTS ?? 8);
const SEED = Number(process.env.LIMPET_SEED ?? 1);

/** Mulberry32, from 0 to 1. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const start = async (flash: Uint8Array): Promise<Microbit> => {
  machine = await Microbit.start(folder, flash);
  return machine;
};

describe.skipIf(missing !== null)("the runtime on the drivers of the nRF chips, in QEMU", () => {
  it("greets, streams what its tick samples at the true rate, and loses nothing", async () => {
    const { session } = await start(factory);
    expect(session.hello).toMatchObject({ kind: "microbit-v1", model: null, clockHz: 64_000_000 });
    expect(session.hello.serialNumber).toMatch(/^[0-9A-F]{16}$/);
    const got: number[] = [];
    const points: { readonly first: number; readonly seconds: number }[] = [];
    session.listen((event) => {
      if (event.kind !== "samples") return;
      expect(event.samples.firstSample).toBe(BigInt(got.length));
      points.push({ first: got.length, seconds: Number(event.samples.timeUs) / 1e6 });
      got.push(...event.samples.data);
    });
    await session.start([{ index: 0, rateHz: 0 }]);
    await until(() => got.length > 200);
    const [stopped] = await session.stop();
    expect(stopped?.dropped).toBe(0n);
    expect(Number(stopped?.produced)).toBe(got.length);
    expect(got).toEqual(got.map((_, i) => i));
    // By the chip's own clock: this computer's says how busy it was, too.
    const [begin, end] = [points[0], points.at(-1)];
    if (begin === undefined || end === undefined) throw new Error("no samples came");
    expect(end.first).toBeGreaterThan(100);
    expect((end.first - begin.first) / (end.seconds - begin.seconds)).toBeCloseTo(200, 0);
    expect(session.counters.framesLost + session.counters.framesBad).toBe(0);
  });

  it("writes a model into the chip's flash, proves it there, keeps it over a power cut, and rolls back", async () => {
    const first = packageForDoubles("first", 3000);
    const { session } = await start(factory);
    expect(await session.update(first)).toMatchObject({ accepted: true, test: { run: 1, identical: 1 } });
    expect(await session.readPackage(first.length)).toEqual(first);
    const saved = await (machine as Microbit).cut();
    // Only the slots have changed.
    expect(saved.subarray(0, 0x20000).equals(factory.subarray(0, 0x20000))).toBe(true);
    const again = (await start(saved)).session;
    expect(again.hello.model).toMatchObject({ name: "first", slot: "A" });
    await again.update(packageForDoubles("second", 100));
    expect((await again.greet()).model).toMatchObject({ name: "second", slot: "B" });
    expect(await again.rollBack()).toBe("A");
    const rolled = await (machine as Microbit).cut();
    expect((await start(rolled)).session.hello.model?.name).toBe("first");
  });

  it("runs the old model or the new one, whole, after its power failed at any moment of an update", async () => {
    const next = random(SEED);
    let installed = packageForDoubles("model-0", 12_000);
    await start(factory);
    const begin = performance.now();
    await (machine as Microbit).session.update(installed);
    const updateMs = performance.now() - begin;
    let flash = await (machine as Microbit).cut();
    const seen = { old: 0, new: 0 };
    for (let i = 1; i <= CUTS; i++) {
      const board = await start(flash);
      const fresh = packageForDoubles(`model-${i}`, 8000 + Math.floor(next() * 8000));
      const update = board.session.update(fresh).catch(() => null);
      await new Promise((resolve) => setTimeout(resolve, next() * updateMs * 1.2));
      flash = await board.cut();
      await update;
      const { session } = await start(flash);
      const { name } = session.hello.model ?? { name: "none" };
      const isNew = name === `model-${i}`;
      const expected = isNew ? fresh : installed;
      expect(await session.readPackage(expected.length), `cut ${i} of seed ${SEED}: ${name}`).toEqual(
        expected,
      );
      seen[isNew ? "new" : "old"]++;
      installed = expected;
      flash = await (machine as Microbit).cut();
    }
    console.info(`power cuts: ${CUTS}, old model ${seen.old}, new model ${seen.new}, none 0`);
    expect(seen.old + seen.new).toBe(CUTS);
  });

  it("keeps the events that it logged by itself when its power failed at any moment, and makes none up", async () => {
    const next = random(SEED + 1);
    const alone = { periodMs: 0, graceMs: 100, labels: [], unknown: false };
    await start(factory);
    await (machine as Microbit).session.update(packageForDoubles("alone", 100, { alone }));
    let flash = await (machine as Microbit).cut();
    let before: LogPart | null = null;
    const cuts = Math.ceil(CUTS / 2);
    // Where the computer is so busy that no board came to log anything, longer.
    for (let i = 1; i <= cuts || (before?.part.length ?? 0) === 0; i++) {
      const board = await start(flash);
      await new Promise((resolve) => setTimeout(resolve, (100 + next() * 500) * Math.max(1, i / cuts)));
      flash = await board.cut();
      const log: LogPart = await (await start(flash)).session.readLog();
      flash = await (machine as Microbit).cut();
      const old: readonly LogEvent[] = before?.part ?? [];
      expect(log.part.slice(0, old.length), `cut ${i} of seed ${SEED}`).toEqual(old);
      // The ramp of the sensor is low in the first window of each time that the board looks, and then high.
      for (const start of new Set(log.part.map(({ boot }) => boot))) {
        const labels = log.part.filter(({ boot }) => boot === start).map(({ label }) => label);
        expect(labels.join("")).toMatch(/^(10?)+$/);
      }
      expect(log.boots).toBeGreaterThanOrEqual(before?.boots ?? 0);
      before = log;
    }
    console.info(`power cuts by itself: ${cuts}, starts ${before?.boots}, events ${before?.part.length}`);
    expect(before?.part.length).toBeGreaterThan(0);
  });
});
