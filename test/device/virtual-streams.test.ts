/** The fastest streams that the virtual board promises, through QEMU, and its flash file when the board is killed. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, type TestContext } from "vitest";
import { BoardSession } from "../../src-main/boards/board-session.ts";
import { firmwareFolder, readFirmwareImage } from "../../src-main/boards/firmware-image.ts";
import { findQemu } from "../../src-main/boards/qemu-process.ts";
import { encodeSignals } from "../../src-main/boards/signal-container.ts";
import { VirtualTransport } from "../../src-main/boards/transports/virtual.ts";
import { temporaryFolder } from "../dataset/helpers.ts";

const ready = findQemu() !== null && existsSync(join(firmwareFolder(), "virtual.bin"));
if (!ready) {
  console.warn("SKIPPED: the virtual board needs QEMU and built firmware (npm run setup)");
}

const SECONDS = 10;
/** Odd, so that frames and the signal's end never fall together. */
const SIGNAL_SECONDS = 3.7;

const sessions: BoardSession[] = [];
afterEach(async () => {
  for (const session of sessions.splice(0)) await session.close();
});

async function connect(rateHz: number, width: number, flashPath = join(temporaryFolder(), "flash")) {
  const samples = Math.round(rateHz * SIGNAL_SECONDS);
  const data = Int16Array.from({ length: samples * width }, (_, i) => ((i * 7919) % 65_536) - 32_768);
  const channels = Array.from({ length: width }, (_, i) => ({ name: `channel${i + 1}`, unit: "g" }));
  const signal = encodeSignals([{ sensor: "microphone", channels, rateHz, scale: 2 ** -15, samples, data }]);
  const transport = new VirtualTransport({ signal, flashPath });
  const session = await BoardSession.connect(transport);
  sessions.push(session);
  return { session, transport, data };
}

async function expectWhole(rateHz: number, width: number): Promise<void> {
  const { session, data } = await connect(rateHz, width);
  let next = 0n;
  let wrong = 0;
  session.listen((event) => {
    if (event.kind !== "samples") return;
    const { firstSample, count, data: got } = event.samples;
    if (firstSample !== next) wrong++;
    next = firstSample + BigInt(count);
    const from = Number(firstSample) * width;
    for (const [i, value] of got.entries()) if (value !== data[(from + i) % data.length]) wrong++;
  });
  const begin = performance.now();
  await session.start([{ index: 0, rateHz: 0 }]);
  const started = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 1000 * SECONDS));
  const stopping = performance.now();
  const [stopped] = await session.stop();
  const end = performance.now();
  expect(wrong).toBe(0);
  expect(stopped).toMatchObject({ produced: next, dropped: 0n });
  expect(session.counters).toMatchObject({ framesLost: 0, framesBad: 0 });
  // The board's clock is QEMU's, which follows the host's; it sampled from some moment within START to some moment within STOP.
  const sampledMs = (1000 * Number(next)) / rateHz;
  expect(sampledMs).toBeGreaterThan(stopping - started - 500);
  expect(sampledMs).toBeLessThan(end - begin + 500);
}

/** Programs that wait for a core; beyond this many for each, QEMU's processor (a third of a core at 48 kHz) may not keep up with the clock on the wall. */
const BUSY = 3;
/** ... nor where QEMU itself was ready to run and had to wait for a core for so long in all, seconds. */
const WAITED = 0.3;

/** Seconds that the threads of a program have waited for a core since it was started, as Linux counts them; 0 where nobody does. */
function waitedForCore(pid: number): number {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const waits = threads.map((thread) => readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8"));
    return waits.reduce((sum, line) => sum + Number(line.split(" ")[1]) / 1e9, 0);
  } catch {
    return 0;
  }
}

/** What fails on a computer that is too busy to emulate in real time proves nothing. */
async function unlessBusy(context: TestContext, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const [load = 0] = loadavg();
    const pids = sessions.map(({ transport }) => (transport as VirtualTransport).pid);
    const waited = Math.max(0, ...pids.map(waitedForCore));
    if (load < BUSY * cpus().length && waited < WAITED) throw error;
    const why = `${load.toFixed(0)} programs want ${cpus().length} cores, and QEMU waited ${waited.toFixed(1)} s for one, so it cannot keep the true rate`;
    console.warn(`SKIPPED: ${why}: ${error instanceof Error ? error.message : error}`);
    context.skip(why);
  }
}

describe.skipIf(!ready)("the virtual board's streams", () => {
  it("bring 10 s at 48 kHz, one channel, without a loss", (context) =>
    unlessBusy(context, () => expectWhole(48_000, 1)));
  it("bring 10 s at 6.6 kHz, three channels, without a loss", (context) =>
    unlessBusy(context, () => expectWhole(6600, 3)));

  it("come from the firmware that lies in the flash file, and HELLO says which", async () => {
    const { session } = await connect(200, 3);
    expect(session.hello.firmwareHash).toBe(readFirmwareImage("virtual").hash);
  });

  it("need a flash file that the board completes with erased bytes, in the file at once", async () => {
    const flashPath = join(temporaryFolder(), "flash");
    const { session, transport } = await connect(200, 3, flashPath);
    process.kill(transport.pid, "SIGKILL");
    await session.close();
    const own = readFileSync(flashPath).subarray(0x200000);
    expect(own.length).toBe(0x108000);
    expect(own.every((byte) => byte === 0xff)).toBe(true);
  });
});
