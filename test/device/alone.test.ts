/**
 * A virtual board that is left by itself: what its event log says afterwards is what the device twin says about the same signal, window by
 * window, also where it rests in between, and where its power fails at any moment. The board's time leaps over its sleep, so an hour takes seconds.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { BoardSession } from "../../src-main/boards/board-session.ts";
import { firmwareFolder } from "../../src-main/boards/firmware-image.ts";
import { parseFrames } from "../../src-main/boards/link/frames.ts";
import { decodeMessage } from "../../src-main/boards/link/messages.ts";
import type { LogEvent, LogPart } from "../../src-main/boards/link/responses.ts";
import { findQemu } from "../../src-main/boards/qemu-process.ts";
import { encodeSignals } from "../../src-main/boards/signal-container.ts";
import { VirtualTransport } from "../../src-main/boards/transports/virtual.ts";
import { type PackageAlone, withAlone } from "../../src-main/deployment/model-package.ts";
import { Twin } from "../../src-main/features/twin.ts";
import { readBoardLog, runAlone } from "../../src-main/services/log-service.ts";
import { seededRandom } from "../conversion/networks.ts";
import { temporaryFolder } from "../dataset/helpers.ts";
import { inputOf, makePackage, type PackageDesign } from "../parity/random-packages.ts";

const ready =
  findQemu() !== null &&
  existsSync(join(firmwareFolder(), "virtual.bin")) &&
  existsSync(join(firmwareFolder(), "twin.wasm"));
if (!ready) console.warn("SKIPPED: a board by itself needs QEMU and built firmware (npm run setup)");

const RATE = 100;
const AXES = 3;
const WINDOW = 100;
const RESOLUTION = 0.001;
const SAMPLES = 600 * RATE;
const SECTION = 15 * RATE;
const THRESHOLD = 0.5;
const LABELS = ["one", "two", "three"];
const GRACE_MS = 1000;

/** Ten minutes of a machine that turns differently every quarter of a minute. */
const counts = (() => {
  const random = seededRandom(7);
  let amplitude = 0;
  let turns = 0;
  return Int16Array.from({ length: SAMPLES * AXES }, (_, i) => {
    const t = Math.floor(i / AXES);
    if (t % SECTION === 0 && i % AXES === 0) {
      amplitude = random.uniform(50, 950);
      turns = random.uniform(0.01, 0.4);
    }
    return Math.round(amplitude * Math.sin(2 * Math.PI * turns * t + (i % AXES)) + random.uniform(-30, 30));
  });
})();
const channels = ["accX", "accY", "accZ"].map((name) => ({ name, unit: "g" }));
const signal = encodeSignals([
  { sensor: "accelerometer", channels, rateHz: RATE, scale: RESOLUTION, samples: SAMPLES, data: counts },
]);

const design: PackageDesign = {
  name: "machine",
  lengthMs: (1000 * WINDOW) / RATE,
  strideMs: (1000 * WINDOW) / RATE,
  inputs: [inputOf("accelerometer", RATE, [0, 1, 2], { block: "spectral", fftLength: 64, bands: 8 })],
};

/** Label (null: unknown) and logged score of a window; each window of the signal is computed once. */
type Answer = { readonly label: number | null; readonly score: number };
type Answers = (firstSample: number) => Answer;

function answersOf(twin: Twin, modelPackage: Uint8Array): Answers {
  const pipeline = twin.pipeline(modelPackage);
  const known = new Map<number, Answer>();
  return (firstSample) => {
    const first = firstSample % SAMPLES;
    const found = known.get(first);
    if (found !== undefined) return found;
    const window = Float32Array.from(
      { length: WINDOW * AXES },
      (_, i) => (counts[(first * AXES + i) % counts.length] as number) * Math.fround(RESOLUTION),
    );
    const { scores } = pipeline.run(window);
    const best = scores.indexOf(Math.max(...scores));
    const score = scores[best] as number;
    const answer = { label: score < THRESHOLD ? null : best, score };
    known.set(first, answer);
    return answer;
  };
}

/** Answers that differ from the one before, with the number of their window. */
function changes(answers: Answers, windows: number, step: number): (Answer & { window: number })[] {
  const all = Array.from({ length: windows }, (_, window) => ({ window, ...answers(window * step) }));
  return all.filter(({ label }, i) => i === 0 || label !== all[i - 1]?.label);
}

/** The last sample of window n is there n steps after that of the first; the board takes some time to start, and milliseconds to classify. */
function expectTimes(
  events: readonly { time: number }[],
  expected: readonly { window: number }[],
  step: number,
  { before = 0, within = 0.25 } = {},
): void {
  const first = events[0]?.time ?? 0;
  expect(first - before).toBeGreaterThanOrEqual(GRACE_MS / 1000 + 1);
  expect(first - before).toBeLessThan(GRACE_MS / 1000 + 2);
  for (const [i, { time }] of events.entries()) {
    expect(Math.abs(time - first - step * (expected[i]?.window ?? 0))).toBeLessThan(within);
  }
}

const tell = ({ label, score }: Answer): string => `${label ?? "unknown"} ${score}`;

async function install(modelPackage: Uint8Array): Promise<string> {
  const flashPath = join(temporaryFolder(), "flash");
  const session = await BoardSession.connect(new VirtualTransport({ flashPath }));
  try {
    expect((await session.update(modelPackage)).accepted).toBe(true);
  } finally {
    await session.close();
  }
  return flashPath;
}

async function withBoard<T>(flashPath: string, use: (session: BoardSession) => Promise<T>): Promise<T> {
  const session = await BoardSession.connect(new VirtualTransport({ flashPath }));
  try {
    return await use(session);
  } finally {
    await session.close();
  }
}

/** Leaves the board by itself and cuts its power after so many heartbeats; returns the windows that it has told to have classified. */
async function cutAfter(flashPath: string, heartbeats: number): Promise<number> {
  const transport = new VirtualTransport({ flashPath, signal, instructions: true, leap: true });
  let rest: Uint8Array = new Uint8Array(0);
  let seen = 0;
  let classified = 0;
  await new Promise<void>((resolve, reject) => {
    transport
      .open({
        onData: (bytes) => {
          const parsed = parseFrames(rest, bytes);
          rest = parsed.rest;
          for (const frame of parsed.frames) {
            const message = decodeMessage(frame);
            if (message.kind !== "heartbeat") continue;
            classified = message.heartbeat.windowsClassified;
            if (++seen === heartbeats) process.kill(transport.pid, "SIGKILL");
          }
        },
        onLost: () => resolve(),
      })
      .catch(reject);
  });
  await transport.close();
  return classified;
}

describe.skipIf(!ready)("a board that runs by itself", () => {
  let twin: Twin;
  let machine: Uint8Array;
  const aloneWith = (alone: Partial<PackageAlone>): Uint8Array =>
    withAlone(machine, { periodMs: 0, graceMs: GRACE_MS, labels: [], unknown: true, ...alone });

  beforeAll(async () => {
    twin = await Twin.load();
    machine = makePackage(twin, design, 5, "dense").bytes;
  });

  it("has after an hour logged every change and counted every window, as the twin calls them", async () => {
    const modelPackage = aloneWith({});
    const answers = answersOf(twin, modelPackage);
    const flashPath = await install(modelPackage);
    await runAlone({ seconds: 3600, signal, flashPath });
    const log = await withBoard(flashPath, (session) => readBoardLog(session));
    expect(log).toMatchObject({ boots: 1, eventsLost: 0 });
    // What was counted since the last minute went with the power.
    expect(log.since).toBeGreaterThan(3600 - 61);
    const begin = GRACE_MS / 1000 + 1;
    const windows = Math.round(log.since - begin) + 1;
    const expected = changes(answers, windows, WINDOW);
    expect(expected.length).toBeGreaterThan(200);
    expect(new Set(expected.map(({ label }) => label)).size).toBe(4);
    expect(log.events.map(({ label, score }) => `${label} ${score}`)).toEqual(
      expected.map(({ label, score }) => `${label === null ? "unknown" : LABELS[label]} ${score}`),
    );
    expectTimes(log.events, expected, 1);
    const totals = { one: 0, two: 0, three: 0, unknown: 0 };
    for (let n = 0; n < windows; n++) {
      const { label } = answers(n * WINDOW);
      totals[(label === null ? "unknown" : LABELS[label]) as keyof typeof totals]++;
    }
    // The window of an event is counted with the next record.
    const sum = Object.values(log.totals).reduce((all, count) => all + count, 0);
    expect(windows - sum).toBeLessThanOrEqual(1);
    for (const [label, count] of Object.entries(log.totals)) {
      expect(totals[label as keyof typeof totals] - count).toBeLessThanOrEqual(1);
      expect(totals[label as keyof typeof totals]).toBeGreaterThanOrEqual(count);
    }
  });

  it("that rests between two windows looks at the signal as it is then", async () => {
    const every = 20;
    const modelPackage = aloneWith({ periodMs: every * 1000 });
    const answers = answersOf(twin, modelPackage);
    const flashPath = await install(modelPackage);
    await runAlone({ seconds: 3600, signal, flashPath });
    const log = await withBoard(flashPath, (session) => session.readLog());
    const begin = GRACE_MS / 1000 + 1;
    const windows = Math.round((log.runningSeconds - begin) / every) + 1;
    expect(windows).toBeGreaterThan((3600 - 61) / every - 2);
    const expected = changes(answers, windows, every * RATE);
    expect(expected.length).toBeGreaterThan(30);
    expect(log.part.map(tell)).toEqual(expected.map(tell));
    // QEMU, when it leaps, may do so by one tick of the processor too many: 0.67 s at the longest.
    expectTimes(log.part, expected, every, { within: 0.9 });
    const sum = [...log.totals, log.unknown].reduce((all, count) => all + count, 0);
    expect(windows - sum).toBeLessThanOrEqual(1);
  });

  it("keeps what it has logged when its power fails at any moment, and makes nothing up", async () => {
    const modelPackage = aloneWith({});
    const answers = answersOf(twin, modelPackage);
    const flashPath = await install(modelPackage);
    const random = seededRandom(Number(process.env.LIMPET_SEED ?? 3));
    const cuts = Number(process.env.LIMPET_CUTS ?? 8);
    const expected = changes(answers, 1000, WINDOW).map((change) => ({ ...change, told: tell(change) }));
    let before: LogPart | null = null;
    for (let cut = 1; cut <= cuts; cut++) {
      const classified = await cutAfter(flashPath, Math.floor(random.uniform(3, 120)));
      const log: LogPart = await withBoard(flashPath, (session) => session.readLog());
      const old: readonly LogEvent[] = before?.part ?? [];
      expect(log.part.slice(0, old.length)).toEqual(old);
      const fresh = log.part.slice(old.length);
      // A start counts from where the board begins to look.
      expect(log.boots).toBe((before?.boots ?? 0) + 1);
      expect(fresh.map(tell)).toEqual(expected.slice(0, fresh.length).map(({ told }) => told));
      expect(fresh.every(({ boot }) => boot === log.boots)).toBe(true);
      // Whatever was classified before the board last spoke had been logged by then.
      expect(fresh.length).toBeGreaterThanOrEqual(
        expected.filter(({ window }) => window < classified).length,
      );
      if (fresh.length > 0) expectTimes(fresh, expected, 1, { before: before?.runningSeconds ?? 0 });
      before = log;
    }
    console.info(
      `power cuts of a board by itself: ${cuts}, ${before?.part.length} events kept, none lost, none false`,
    );
    expect(before?.part.length).toBeGreaterThan(cuts);
  });

  it("begins a new log when it is cleared, and when it looks with another model", async () => {
    const flashPath = await install(aloneWith({}));
    await runAlone({ seconds: 60, signal, flashPath });
    await withBoard(flashPath, async (session) => {
      expect((await readBoardLog(session, { clear: true })).events.length).toBeGreaterThan(0);
      expect(await readBoardLog(session)).toMatchObject({ since: 0, boots: 0, events: [], eventsLost: 0 });
    });
    await runAlone({ seconds: 20, signal, flashPath });
    await withBoard(flashPath, async (session) => {
      expect((await readBoardLog(session)).boots).toBe(1);
      // The log of a model says nothing about another's labels.
      await session.update(makePackage(twin, { ...design, name: "other" }, 6, "dense").bytes);
      await session.greet();
      expect(await readBoardLog(session)).toMatchObject({ since: 0, boots: 0, events: [] });
      await session.rollBack();
      await session.greet();
      expect((await readBoardLog(session)).boots).toBe(1);
    });
  });

  it("that spoke with a laptop looks again when that has been silent, and shows it in its log at once", async () => {
    const flashPath = await install(aloneWith({ graceMs: 300 }));
    const session = await BoardSession.connect(new VirtualTransport({ flashPath, signal }));
    try {
      let log = await readBoardLog(session);
      for (let tries = 0; tries < 20 && log.events.length === 0; tries++) {
        await new Promise((resolve) => setTimeout(resolve, 2000));
        log = await readBoardLog(session);
      }
      expect(log.events.length).toBeGreaterThan(0);
      expect(log.boots).toBe(1);
      const [first] = log.events;
      expect(Math.abs(Date.parse(first?.at ?? "") - Date.now())).toBeLessThan(60_000);
    } finally {
      await session.close();
    }
  });
});
