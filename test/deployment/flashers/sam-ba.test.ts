/** Firmware onto a Nano 33 BLE: the flasher against a simulator of its bootloader, with every kind of trouble on the line. */
import { beforeEach, describe, expect, it } from "vitest";
import type { Flasher } from "../../../src-main/deployment/flashers/flasher.ts";
import { memoryImage } from "../../../src-main/deployment/flashers/memory-image.ts";
import { samBaFlasher } from "../../../src-main/deployment/flashers/sam-ba-flasher.ts";
import { LimpetError } from "../../../src-shared/errors.ts";
import { leapingClock } from "../../steady-clock.ts";
import { type Fault, FaultyLine, inParallel, testBytes } from "./simulators/faulty-line.ts";
import { NANO_33_BLE, SamBaBoard, type SamBaChip, SimulatedUsb } from "./simulators/sam-ba-board.ts";

const BASE = 0x10000;
const OLD = testBytes(4 * 4096, 5);
const NEW = testBytes(2 * 4096 + 1000, 7);
const IMAGE = memoryImage([{ address: BASE, bytes: NEW }]);
/** Limits short enough for faults; a try that must succeed has time, however busy the computer is. */
const SHORT = { answerMs: 60, eraseMs: 100, quietMs: 6, returnMs: 150, lookMs: 5 };
const PATIENT = { answerMs: 5000, eraseMs: 5000, quietMs: 15, returnMs: 5000, lookMs: 5 };

function flasherOf(usb: SimulatedUsb, line: FaultyLine, port: string, timing = PATIENT): Flasher {
  return samBaFlasher(
    {
      name: "Arduino Nano 33 BLE",
      port,
      applicationUsb: ["2341:805a"],
      bootloaderUsb: ["2341:005a"],
      chip: "nRF52840-QIAA",
      room: { start: BASE, end: BASE + usb.board.chip.flashBytes },
      bufferAddress: 0x34,
    },
    {
      open: line.opener((path) =>
        path === "/dev/ttyACM1" && usb.board.state === "bootloader" ? usb.board : null,
      ),
      ports: usb,
      timing,
    },
  );
}

const newBoard = (chip: SamBaChip = NANO_33_BLE) => {
  const board = new SamBaBoard(chip, OLD);
  board.state = "application";
  return board;
};

const holds = (board: SamBaBoard, bytes: Uint8Array) =>
  Buffer.compare(board.flash.subarray(0, bytes.length), bytes) === 0;

async function outcome(work: Promise<unknown>): Promise<LimpetError | null> {
  try {
    await work;
    return null;
  } catch (error) {
    if (error instanceof LimpetError) return error;
    throw error;
  }
}

beforeEach(leapingClock);

describe("SAM-BA over USB", () => {
  it("touches the running board, finds its bootloader at another port, writes, checks, and finds the new firmware's port", async () => {
    const usb = new SimulatedUsb(newBoard());
    const stages: [string, number][] = [];
    const result = await flasherOf(usb, new FaultyLine(), "/dev/ttyACM0").flash(IMAGE, {
      onProgress: (stage, fraction) => stages.push([stage, fraction]),
    });
    expect(result).toEqual({ port: "/dev/ttyACM0", bytes: 3 * 4096, checked: "checksum" });
    expect(usb.touches).toBe(1);
    expect(holds(usb.board, NEW)).toBe(true);
    expect([...new Set(stages.map(([stage]) => stage))]).toEqual([
      "starting the bootloader",
      "erasing the flash",
      "writing the firmware",
      "checking the firmware",
      "restarting the board",
    ]);
    const fractions = stages.map(([, fraction]) => fraction);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(fractions.at(-1)).toBe(1);
  });

  it("needs no touch where the reset button was pressed twice, even if the port was named before", async () => {
    const usb = new SimulatedUsb(newBoard());
    usb.board.plugIn();
    await flasherOf(usb, new FaultyLine(), "/dev/ttyACM0").flash(IMAGE);
    expect(usb.touches).toBe(0);
    expect(holds(usb.board, NEW)).toBe(true);
  });

  it("says what to do where the bootloader does not start, and where there is no board", async () => {
    const usb = new SimulatedUsb(newBoard());
    usb.deaf = true;
    const deaf = await outcome(flasherOf(usb, new FaultyLine(), "/dev/ttyACM0", SHORT).flash(IMAGE));
    expect(deaf).toMatchObject({
      code: "board-not-found",
      hint: expect.stringContaining("reset button twice"),
    });
    usb.board.state = "absent";
    const absent = await outcome(flasherOf(usb, new FaultyLine(), "/dev/ttyACM0", SHORT).flash(IMAGE));
    expect(absent).toMatchObject({ code: "board-not-found", field: "/dev/ttyACM0" });
    expect(holds(usb.board, OLD)).toBe(true);
  });

  it("writes nothing to another chip, to a bootloader without the extensions, or outside the board's room", async () => {
    for (const [chip, code] of [
      [{ ...NANO_33_BLE, id: "nRF52833-QIAA" }, "board-refused"],
      [{ ...NANO_33_BLE, version: "v2.0" }, "board-protocol"],
    ] as const) {
      const usb = new SimulatedUsb(newBoard(chip));
      expect(await outcome(flasherOf(usb, new FaultyLine(), "/dev/ttyACM0").flash(IMAGE))).toMatchObject({
        code,
      });
      expect(holds(usb.board, OLD)).toBe(true);
    }
    const usb = new SimulatedUsb(newBoard());
    const wrong = memoryImage([{ address: 0, bytes: NEW }]);
    expect(await outcome(flasherOf(usb, new FaultyLine(), "/dev/ttyACM0").flash(wrong))).toMatchObject({
      code: "invalid-file",
    });
  });

  it("can be cancelled at every step, and a second try succeeds", async () => {
    const total = await countSteps();
    const tasks = Array.from({ length: total }, (_none, step) => async () => {
      const usb = new SimulatedUsb(newBoard());
      const stop = new AbortController();
      let steps = 0;
      const error = await outcome(
        flasherOf(usb, new FaultyLine(), "/dev/ttyACM0").flash(IMAGE, {
          signal: stop.signal,
          onProgress: () => steps++ === step && stop.abort(),
        }),
      );
      expect(error === null || error.code === "cancelled", error?.message).toBe(true);
      // Cancelled in the midst of the touch, the board is between its two identities.
      while (usb.board.state === "absent") await new Promise((resolve) => setTimeout(resolve, 5));
      await flasherOf(usb, new FaultyLine(), "/dev/ttyACM0").flash(IMAGE);
      expect(holds(usb.board, NEW)).toBe(true);
    });
    await inParallel(tasks);
  });

  for (const erasesLate of [true, false]) {
    it(`survives a pulled plug at every step, erasing ${erasesLate ? "page by page" : "at once"}: no torn firmware starts, and a second try succeeds`, async () => {
      const chip = { ...NANO_33_BLE, erasesLate };
      const clean = new FaultyLine();
      await flasherOf(new SimulatedUsb(newBoard(chip)), clean, "/dev/ttyACM0").flash(IMAGE);
      const faults = clean.writes.flatMap((end, index) => {
        const start = clean.writes[index - 1] ?? 0;
        return [start, Math.floor((start + end) / 2)].map((at): Fault => ({ kind: "unplug", at }));
      });
      expect(faults.length).toBeGreaterThan(40);
      await inParallel(
        faults.map((fault) => async () => {
          const usb = new SimulatedUsb(newBoard(chip));
          const error = await outcome(
            flasherOf(usb, new FaultyLine(fault), "/dev/ttyACM0", SHORT).flash(IMAGE),
          );
          expect(error, JSON.stringify(fault)).toMatchObject({
            code: "board-unplugged",
            message: expect.stringContaining("unplugged"),
            hint: expect.stringContaining("The bootloader is whole"),
          });
          const whole = holds(usb.board, OLD) || holds(usb.board, NEW);
          expect(whole || !usb.board.starts, `torn firmware would start after ${JSON.stringify(fault)}`).toBe(
            true,
          );
          usb.board.plugIn();
          await flasherOf(usb, new FaultyLine(), "/dev/ttyACM1").flash(IMAGE);
          expect(holds(usb.board, NEW)).toBe(true);
        }),
      );
    });
  }

  it("survives lost, changed and late bytes at every step: it goes on by itself or says so, and a second try succeeds", async () => {
    const clean = new FaultyLine();
    await flasherOf(new SimulatedUsb(newBoard()), clean, "/dev/ttyACM0").flash(IMAGE);
    const faults: Fault[] = [];
    for (const [index, end] of clean.writes.entries()) {
      const start = clean.writes[index - 1] ?? 0;
      faults.push({ kind: "lose-to-board", at: start }, { kind: "lose-to-board", at: end - 1 });
      faults.push({ kind: "lose-to-board", at: Math.floor((start + end) / 2) });
    }
    for (let at = 0; at < clean.fromBoard; at += 5) {
      faults.push({ kind: "lose-from-board", at }, { kind: "flip-from-board", at });
      faults.push({ kind: "delay-from-board", at, ms: SHORT.answerMs * 1.5 });
    }
    const outcomes = await inParallel(
      faults.map((fault) => async () => {
        const usb = new SimulatedUsb(newBoard());
        const error = await outcome(
          flasherOf(usb, new FaultyLine(fault), "/dev/ttyACM0", SHORT).flash(IMAGE),
        );
        if (error === null) {
          expect(holds(usb.board, NEW), `wrong firmware passed after ${JSON.stringify(fault)}`).toBe(true);
          return "went on";
        }
        expect(error.code, `${JSON.stringify(fault)}: ${error.message}`).toMatch(
          /^board-(timeout|protocol|refused)$/,
        );
        expect(error.hint).toBeDefined();
        usb.board.plugIn();
        await flasherOf(usb, new FaultyLine(), "/dev/ttyACM1").flash(IMAGE);
        expect(holds(usb.board, NEW)).toBe(true);
        return "said so";
      }),
    );
    // Most faults are overcome without the user.
    expect(outcomes.filter((what) => what === "went on").length).toBeGreaterThan(0.7 * faults.length);
  });
});

async function countSteps(): Promise<number> {
  let steps = 0;
  await flasherOf(new SimulatedUsb(newBoard()), new FaultyLine(), "/dev/ttyACM0").flash(IMAGE, {
    onProgress: () => steps++,
  });
  return steps;
}
