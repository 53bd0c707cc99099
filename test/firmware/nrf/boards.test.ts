/**
 * Each board's whole firmware on models of its chip and sensors (board_host.c), spoken to by the engine's own session: through the modelled
 * USB host and CDC function, or the serial line. No board was at hand.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { BoardSession, type SessionEvent } from "../../../src-main/boards/board-session.ts";
import type { Transport, TransportHandlers } from "../../../src-main/boards/transports/transport.ts";
import { until } from "../../waiting.ts";
import { packageForDoubles } from "./doubles-package.ts";

const firmware = join(import.meta.dirname, "../../../firmware");
const folder = mkdtempSync(join(tmpdir(), "limpet-boards-test-"));
/** Slots and image lie at fixed addresses of 32 bits, as on the chip: a program that is not moved about. */
const ready = process.platform === "linux" && process.arch === "x64";
if (!ready) console.warn("SKIPPED: whole boards on models run on Linux for x64 only");
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const USB = ["nrf/usb_board", "nrf/usbd", "nrf/usb_device", "nrf/pdm"];
const SHARED = ["application", "chip", "nvmc", "sensor_tick", "sound", "twim"].map((name) => `nrf/${name}`);
const BOARDS = {
  "microbit-v2": {
    sources: ["microbit_v2/main", "nrf/uart", "nrf/saadc", "sensors/lsm303agr"],
    log: [0x3f000, 0x47000],
    slots: [0x47000, 0x7f000],
    rates: { accelerometer: 400, microphone: 4000 },
  },
  "nano-33-ble": {
    sources: ["nano33ble_sense/main", ...USB, "sensors/lsm9ds1", "sensors/bmi270"],
    log: [0x70000, 0x80000],
    slots: [0x80000, 0x100000],
    rates: { accelerometer: 476, microphone: 16_000 },
  },
  "xiao-nrf52840-sense": {
    sources: ["xiao_nrf52840_sense/main", ...USB, "sensors/lsm6ds3tr_c"],
    log: [0x7d000, 0x8d000],
    slots: [0x8d000, 0xed000],
    rates: { accelerometer: 416, microphone: 16_000 },
  },
} as const;
type Board = keyof typeof BOARDS;

const programs = new Map<Board, string>();

function build(board: Board): string {
  const there = programs.get(board);
  if (there !== undefined) return there;
  const { sources, log, slots } = BOARDS[board];
  const all = (path: string, of: RegExp) =>
    readdirSync(path)
      .filter((name) => of.test(name))
      .map((name) => join(path, name));
  const files = [
    ...all(import.meta.dirname, /^fake.*\.c$/),
    join(import.meta.dirname, "bmi270_configuration.c"),
    join(import.meta.dirname, "board_host.c"),
    join(import.meta.dirname, "../doubles.c"),
    ...[...sources, ...SHARED, "common/sampled_sensor", "common/sha256", "sensors/accelerometer"].map(
      (name) => join(firmware, `boards/${name}.c`),
    ),
    ...["runtime", "link", "store", "maths"].flatMap((part) => all(join(firmware, part), /\.c$/)),
    join(firmware, "classifier/model_package.c"),
  ];
  const symbols = {
    __log_start: log[0],
    __log_end: log[1],
    __slots_start: slots[0],
    __slots_end: slots[1],
    __image_end: "__image_start+64",
    __pool_end: "__pool_start+65536",
  };
  const flags = [
    ..."-std=gnu99 -O1 -no-pie -fno-pie -Wall -Wextra -Werror -DNRF_FAKE -Dmain=board_main".split(" "),
    ...Object.entries(symbols).map(([name, value]) => `-Wl,--defsym=${name}=${value}`),
  ];
  const program = join(folder, board);
  programs.set(board, program);
  execFileSync(process.env.CC ?? "cc", [...flags, ...files, "-lm", "-o", program], { stdio: "pipe" });
  return program;
}

/** The port of a board that runs as a program of this machine. */
class ProgramTransport implements Transport {
  readonly port = "test";
  readonly #child: ChildProcess;
  #closed = false;

  constructor(child: ChildProcess) {
    this.#child = child;
  }

  async open(handlers: TransportHandlers): Promise<void> {
    this.#child.stdout?.on("data", (bytes: Buffer) => handlers.onData(new Uint8Array(bytes)));
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => this.#child.stdin?.write(bytes, () => resolve()));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#child.stdin?.end();
  }
}

type Running = {
  readonly session: BoardSession;
  readonly words: () => string;
  /** Nobody is at the board for the seconds that it was started with. */
  readonly leave: () => void;
};

async function start(program: string, kind: string, aloneSeconds = 0): Promise<Running> {
  const child = spawn(program, [kind, String(aloneSeconds)], { stdio: "pipe" });
  children.push(child);
  let words = "";
  child.stderr?.on("data", (bytes: Buffer) => {
    words += bytes.toString();
  });
  return {
    session: await BoardSession.connect(new ProgramTransport(child)),
    words: () => words,
    leave: () => child.kill("SIGUSR1"),
  };
}

/** Streams all sensors until each has so many seconds; the values of each, whole and in order. */
async function listen(session: BoardSession, seconds: number): Promise<Map<number, number[]>> {
  const got = new Map<number, number[]>();
  const places = new Map<number, number>();
  session.listen((event: SessionEvent) => {
    if (event.kind !== "samples") return;
    const { sensor, channels, firstSample, data } = event.samples;
    expect(Number(firstSample)).toBe(places.get(sensor) ?? 0);
    places.set(sensor, Number(firstSample) + data.length / channels);
    got.set(sensor, [...(got.get(sensor) ?? []), ...data]);
  });
  await session.start(session.hello.sensors.map((_, index) => ({ index, rateHz: 0 })));
  const enough = session.hello.sensors.map(({ rates }) => seconds * (rates[0] ?? 0));
  await until(() => enough.every((samples, sensor) => (places.get(sensor) ?? 0) > samples));
  for (const { dropped } of await session.stop()) expect(dropped).toBe(0n);
  return got;
}

/** The models of the accelerometers measure their own count: x its lower bits, y the negative of x, z the upper bits. */
function expectEverySample(values: readonly number[]): void {
  values.forEach((value, i) => {
    const n = Math.floor(i / 3);
    const expected = [n % 2048, -(n % 2048), Math.floor(n / 2048) - 1024][i % 3] ?? 0;
    if (value !== expected + 0) expect(value, `value ${i}`).toBe(expected);
  });
}

async function exercise({ session }: Running, board: Board): Promise<void> {
  const { rates, slots } = BOARDS[board];
  const { hello } = session;
  expect(hello).toMatchObject({ kind: board, counting: "cycles", clockHz: 64_000_000, model: null });
  expect(hello.serialNumber).toBe("0123456789ABCDEF");
  expect(hello.slotBytes).toBe((slots[1] - slots[0]) / 2 - 4096);
  expect(hello.sensors.map(({ id, rates: all }) => [id, all[0]])).toEqual(Object.entries(rates));
  const heard = await listen(session, 1);
  const motion = heard.get(0) ?? [];
  const sound = heard.get(1) ?? [];
  expect(motion.length / 3).toBeGreaterThan(rates.accelerometer);
  expectEverySample(motion);
  expect(sound.length).toBeGreaterThan(rates.microphone);
  // Without an analogue path the ramp comes through as it is.
  if (rates.microphone === 16_000) {
    expect(sound.every((value, i) => i === 0 || value === (((sound[i - 1] ?? 0) + 1) & 0x3fff))).toBe(true);
  }
  const model = packageForDoubles("model", 6000);
  expect(await session.update(model)).toMatchObject({ accepted: true, test: { run: 1, identical: 1 } });
  expect(await session.readPackage(model.length)).toEqual(model);
  expect((await session.greet()).model).toMatchObject({ name: "model", slot: "A" });
}

const ALONE_SECONDS = 300;
const EVERY_SECONDS = 5;

/** Leaves the board for some minutes of its own time with a model that looks now and then; `listens` seconds of them it waits for its line. */
async function leaveAlone(
  { session, leave, words }: Running,
  { rateHz, listens }: { rateHz: number; listens: number },
): Promise<void> {
  const alone = { periodMs: 1000 * EVERY_SECONDS, graceMs: 1000, labels: [1], unknown: false };
  expect((await session.update(packageForDoubles("alone", 100, { rateHz, alone }))).accepted).toBe(true);
  leave();
  await until(() => words().includes("rested"));
  const [rested = 0, lit = 0] = (/rested ([\d.]+) lit ([\d.]+)/.exec(words()) ?? []).slice(1).map(Number);
  // A window is a tenth of a second, and some for the sensor to start.
  expect(rested).toBeGreaterThan(0.95 * (ALONE_SECONDS - listens - 2));
  expect(rested).toBeLessThanOrEqual(ALONE_SECONDS - listens);
  // On while the board is awake, from the first window on; at rest it flashes.
  expect(lit).toBeGreaterThan(0.8 * (ALONE_SECONDS - rested - 2) + 0.003 * rested);
  expect(lit).toBeLessThan(ALONE_SECONDS - rested + 0.015 * rested);
  const log = await session.readLog();
  const windows = (ALONE_SECONDS - 1) / EVERY_SECONDS;
  expect(log.boots).toBe(1);
  expect(log.part.map(({ label }) => label)).toEqual([1]);
  expect(log.totals[0]).toBe(0);
  expect(Math.abs((log.totals[1] ?? 0) - windows)).toBeLessThanOrEqual(2);
  expect(Math.abs(log.runningSeconds - ALONE_SECONDS)).toBeLessThan(15);
}

/** What the firmware leaves for the bootloader after a 1200-baud touch. */
function touch(program: string, kind: string): string {
  const { stderr, status } = spawnSync(program, [kind, "touch"], { encoding: "utf8" });
  expect(status).toBe(0);
  return stderr;
}

describe.skipIf(!ready)("whole boards on models of chip, sensors and host", () => {
  it("micro:bit v2: greets over its serial line, streams motion and sound, takes a model", async () => {
    await exercise(await start(build("microbit-v2"), "microbit-v2"), "microbit-v2");
  });

  it("micro:bit v2: by itself it rests between two windows, logs them, and wakes when its line is spoken to", async () => {
    const running = await start(build("microbit-v2"), "microbit-v2", ALONE_SECONDS);
    await leaveAlone(running, { rateHz: 200, listens: 60 });
  });

  it("XIAO nRF52840 Sense: by itself on a battery it rests between two windows, and is there again when USB is plugged in", async () => {
    const running = await start(build("xiao-nrf52840-sense"), "xiao-nrf52840-sense", ALONE_SECONDS);
    await leaveAlone(running, { rateHz: 208, listens: 0 });
  });

  it("Nano 33 BLE Sense rev2: the same, with a BMI270 that is suspended in between", async () => {
    const running = await start(build("nano-33-ble"), "nano-33-ble-rev2", ALONE_SECONDS);
    await leaveAlone(running, { rateHz: 200, listens: 0 });
  });

  it("Nano 33 BLE Sense, both revisions: the same over USB, and the touch that its bootloader waits for", async () => {
    const program = build("nano-33-ble");
    const first = await start(program, "nano-33-ble");
    await exercise(first, "nano-33-ble");
    expect(first.words()).toBe("usb 2341:805a\n");
    const { session } = await start(program, "nano-33-ble-rev2");
    expect(session.hello.sensors[0]).toMatchObject({ id: "accelerometer", resolution: 1 / 8192 });
    expect(session.hello.sensors[0]?.rates[0]).toBe(400);
    expectEverySample((await listen(session, 1)).get(0) ?? []);
    expect(touch(program, "nano-33-ble")).toBe("usb 2341:805a\nreset 0xb0\n");
  });

  it("XIAO nRF52840 Sense: the same over USB, and the touch that shows its drive", async () => {
    const program = build("xiao-nrf52840-sense");
    await exercise(await start(program, "xiao-nrf52840-sense"), "xiao-nrf52840-sense");
    expect(touch(program, "xiao-nrf52840-sense")).toBe("usb 2886:8045\nreset 0x57\n");
  });
});
