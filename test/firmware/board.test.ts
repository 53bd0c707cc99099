/**
 * The board's application (firmware/runtime) by itself: built for WebAssembly with doubles of front end and network, spoken to
 * by the engine's own session. What the real front end and network compute is tested elsewhere.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { BoardSession, type SessionEvent } from "../../src-main/boards/board-session.ts";
import { encodeSignals } from "../../src-main/boards/signal-container.ts";
import { startSimulatedFirmware } from "../../src-main/boards/simulated-firmware.ts";
import { SimulatedTransport } from "../../src-main/boards/transports/simulated.ts";
import { steadyClock } from "../steady-clock.ts";

const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "limpet-board-test-"));
const ready = spawnSync("clang", ["--version"]).status === 0;
if (!ready) console.warn("SKIPPED: the board's application needs clang with WebAssembly");

const RATE = 1000;
const WINDOW = 100;
const STRIDE = 40;
const SAMPLES = 5000;
/** Counts of channel 0 and 1; channel 0 changes sign every 40 samples. */
const counts = Int16Array.from({ length: 2 * SAMPLES }, (_, i) =>
  i % 2 === 0 ? (((i >> 1) / STRIDE) % 2 < 1 ? 20 : -20) : i >> 1,
);

beforeAll(() => {
  if (!ready) return;
  const firmware = join(root, "firmware");
  const sources = ["link", "store", "runtime", "maths", "boards/common", "boards/wasm"].flatMap((part) =>
    readdirSync(join(firmware, part))
      .filter((name) => name.endsWith(".c"))
      .map((name) => join(firmware, part, name)),
  );
  const files = [
    ...sources,
    join(firmware, "classifier/model_package.c"),
    join(import.meta.dirname, "doubles.c"),
  ];
  const flags = [
    "--target=wasm32-wasi",
    "--sysroot=/usr",
    "-O1",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-mexec-model=reactor",
  ];
  execFileSync("clang", [...flags, ...files, "-o", join(folder, "twin.wasm")], { stdio: "pipe" });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sessions: BoardSession[] = [];
afterEach(async () => {
  for (const session of sessions.splice(0)) await session.close();
});

async function connect(flashPath: string): Promise<BoardSession> {
  const signal = encodeSignals([
    {
      sensor: "accelerometer",
      channels: ["accX", "accY"].map((name) => ({ name, unit: "g" })),
      rateHz: RATE,
      scale: 0.5,
      samples: SAMPLES,
      data: counts,
    },
  ]);
  const start = (flash: Uint8Array | null, bytes: Uint8Array) => startSimulatedFirmware(flash, bytes, folder);
  const session = await BoardSession.connect(new SimulatedTransport({ signal, flashPath, start }));
  sessions.push(session);
  return session;
}

const newFlash = (): string => join(mkdtempSync(join(folder, "flash-")), "flash");

type PackageOptions = { readonly name: string; readonly golden?: number; readonly frontendVersion?: number };

/** A package for the doubles: one input, channel 0 of the accelerometer, factor 0.5 so that quantised = counts times 0.5. */
function makePackage({ name, golden = 0, frontendVersion = 2 }: PackageOptions): Uint8Array {
  const frnt = Buffer.alloc(4 + 16 + 4 + 8 + 8 + 4 + 4);
  frnt.writeUInt8(1, 0);
  frnt.write("accelerometer", 4);
  frnt.writeFloatLE(RATE, 20);
  frnt.writeUInt8(1, 24);
  frnt.writeUInt32LE(WINDOW, 32);
  frnt.writeUInt32LE(STRIDE, 36);
  const norm = Buffer.alloc(4 + 8 * WINDOW);
  norm.writeUInt32LE(WINDOW, 0);
  for (let i = 0; i < WINDOW; i++) norm.writeFloatLE(0.5, 4 + 4 * (WINDOW + i));
  const parm = Buffer.alloc(28 + 8);
  parm.writeUInt8(2, 1);
  parm.writeFloatLE(1, 8);
  parm.writeFloatLE(0.125, 16);
  parm.writeUInt32LE(STRIDE, 24);
  parm.writeFloatLE(1.25, 32);
  const tflt = Buffer.alloc(4);
  tflt.writeUInt32LE(WINDOW, 0);
  const stored = Float32Array.from({ length: WINDOW }, (_, i) => i - 50);
  // The features are twice the samples, the factor halves them again.
  const quantised = Int8Array.from(stored);
  const gold = Buffer.alloc(4 + 20 + 4 * WINDOW + 10 + 4);
  gold.writeUInt16LE(1, 0);
  gold.writeUInt8(1, 4);
  gold.writeUInt32LE(4 * WINDOW, 16);
  Buffer.from(stored.buffer).copy(gold, 20);
  const at = 20 + 4 * WINDOW;
  gold.writeUInt32LE(crc32(Buffer.from(stored.buffer)), at);
  gold.writeUInt32LE(crc32(Buffer.from(quantised.buffer)), at + 4);
  gold.writeUInt16LE(2, at + 8);
  gold.writeInt8(-50 + golden, at + 10);
  gold.writeInt8(10, at + 11);
  const text = (value: string) => Buffer.concat([Buffer.of(value.length), Buffer.from(value)]);
  const sections: [string, Buffer][] = [
    ["FRNT", frnt],
    ["NORM", norm],
    ["TFLT", tflt],
    ["PARM", parm],
    ["LABL", Buffer.concat([text("plus"), text("still")])],
    ["NAME", text(name)],
    ["GOLD", gold],
  ];
  let offset = Math.ceil((64 + 12 * sections.length) / 16) * 16;
  const table = Buffer.alloc(offset - 64);
  const parts: Buffer[] = [];
  for (const [i, [letters, bytes]] of sections.entries()) {
    table.write(letters, 12 * i, "latin1");
    table.writeUInt32LE(offset, 12 * i + 4);
    table.writeUInt32LE(bytes.length, 12 * i + 8);
    const padded = Buffer.alloc(Math.ceil(bytes.length / 16) * 16);
    bytes.copy(padded);
    parts.push(padded);
    offset += padded.length;
  }
  const body = Buffer.concat([table, ...parts]);
  const head = Buffer.alloc(64);
  head.write("LMPK", 0, "latin1");
  head.writeUInt16LE(1, 4);
  head.writeUInt16LE(frontendVersion, 6);
  head.writeUInt32LE(64 + body.length, 8);
  createHash("sha256").update(body).digest().copy(head, 16);
  head.writeUInt16LE(sections.length, 48);
  const whole = Buffer.concat([head, body]);
  whole.writeUInt32LE(crc32(whole.subarray(16)), 12);
  return new Uint8Array(whole);
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe.skipIf(!ready)("the board's application", () => {
  it("streams every sample of its signal at the true rate, and begins the signal again at its end", async () => {
    steadyClock();
    const session = await connect(newFlash());
    const got: number[] = [];
    session.listen((event: SessionEvent) => {
      if (event.kind !== "samples") return;
      expect(event.samples.firstSample).toBe(BigInt(got.length / 2));
      got.push(...event.samples.data);
    });
    const begin = performance.now();
    await session.start([{ index: 0, rateHz: 0 }]);
    await sleep(5500);
    const [stopped] = await session.stop();
    const seconds = (performance.now() - begin) / 1000;
    expect(stopped?.dropped).toBe(0n);
    expect(Number(stopped?.produced)).toBe(got.length / 2);
    expect(Math.abs(got.length / 2 - seconds * RATE)).toBeLessThan(0.2 * RATE);
    expect(got.every((value, i) => value === counts[i % counts.length])).toBe(true);
    await expect(session.start([{ index: 0, rateHz: 333 }])).rejects.toMatchObject({ code: "board-refused" });
    expect((await session.status()).samplesDropped).toBe(0n);
  });

  it("takes a model, proves it, keeps it over a restart and gives it back byte for byte", async () => {
    const flash = newFlash();
    const modelPackage = makePackage({ name: "first" });
    const session = await connect(flash);
    expect(session.hello.model).toBeNull();
    const { accepted, test } = await session.update(modelPackage);
    expect(accepted).toBe(true);
    expect(test).toMatchObject({ run: 1, identical: 1, differed: "none", arenaBytes: 1000 });
    await session.greet();
    expect(session.hello.model).toMatchObject({ name: "first", slot: "A", labels: ["plus", "still"] });
    expect(await session.readPackage(modelPackage.length)).toEqual(modelPackage);
    await session.reset();
    expect(session.hello.model?.name).toBe("first");
    await session.close();
    expect((await connect(flash)).hello.model?.name).toBe("first");
  });

  it("keeps the old model where the new one fails its test, is damaged, or is for another front end; and rolls back", async () => {
    const session = await connect(newFlash());
    await session.update(makePackage({ name: "first" }));
    const failed = await session.update(makePackage({ name: "bad", golden: 1 }));
    expect(failed).toMatchObject({ accepted: false, test: { run: 1, identical: 0, differed: "scores" } });
    const other = makePackage({ name: "other", frontendVersion: 9 });
    await expect(session.update(other)).rejects.toMatchObject({ code: "board-refused" });
    const damaged = makePackage({ name: "damaged" });
    damaged[100] = (damaged[100] as number) ^ 1;
    await expect(session.update(damaged)).rejects.toMatchObject({ code: "board-refused" });
    expect((await session.greet()).model).toMatchObject({ name: "first", slot: "A" });
    await session.update(makePackage({ name: "second" }));
    expect((await session.greet()).model).toMatchObject({ name: "second", slot: "B" });
    expect(await session.rollBack()).toBe("A");
    await session.reset();
    expect(session.hello.model?.name).toBe("first");
    await expect(session.rollBack()).rejects.toMatchObject({ code: "board-refused" });
  });

  it("replays a window from the link and from its signal with the same features and scores", async () => {
    const session = await connect(newFlash());
    await session.update(makePackage({ name: "first" }));
    const first = 1230;
    const samples = Float32Array.from(
      { length: WINDOW },
      (_, i) => (counts[2 * (first + i)] as number) * 0.5,
    );
    const want = { features: true, quantised: true };
    expect(await session.replay.begin("link")).toBe(4 * WINDOW);
    const sent = await session.replay.run({ samples }, want);
    await session.replay.begin("signal");
    const stored = await session.replay.run({ firstSample: BigInt(first) }, want);
    expect(sent).toEqual(stored);
    expect(stored.features).toEqual(samples.map((value) => 2 * value));
    expect(stored.quantised).toEqual(Int8Array.from(samples));
    expect([...stored.raw]).toEqual([samples[0], 10]);
    expect([...stored.scores]).toEqual([(samples[0] as number) / 8, 1.25]);
  });

  it("classifies overlapping windows of its live signal, each at its own place", async () => {
    steadyClock();
    const session = await connect(newFlash());
    await session.update(makePackage({ name: "first" }));
    const places: number[] = [];
    session.listen((event) => {
      if (event.kind !== "prediction") return;
      const { firstSample, raw, timeUs, label } = event.prediction;
      places.push(Number(firstSample));
      expect(raw[0]).toBe((counts[2 * Number(firstSample)] as number) / 2);
      expect(Number(timeUs)).toBe(((Number(firstSample) + WINDOW) / RATE) * 1e6);
      expect(label).toBe((raw[0] as number) >= 10 ? 0 : 1);
    });
    await session.startLive();
    await sleep(1500);
    expect(await session.stopLive()).toBe(places.length);
    expect(places.length).toBeGreaterThan(20);
    expect(places).toEqual(places.map((_, i) => i * STRIDE));
  });
});
