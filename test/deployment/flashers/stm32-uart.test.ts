/** Firmware onto an STM32F407 by its bootloader over UART: the flasher against a simulator, with trouble on the line. */
import { beforeEach, describe, expect, it } from "vitest";
import { memoryImage } from "../../../src-main/deployment/flashers/memory-image.ts";
import { sectorsOf } from "../../../src-main/deployment/flashers/stm32-uart.ts";
import { stm32UartFlasher } from "../../../src-main/deployment/flashers/stm32-uart-flasher.ts";
import { LimpetError } from "../../../src-shared/errors.ts";
import { leapingClock } from "../../steady-clock.ts";
import { type Fault, FaultyLine, inParallel, testBytes } from "./simulators/faulty-line.ts";
import { FLASH_ADDRESS, SECTORS, Stm32Board } from "./simulators/stm32-board.ts";

const OLD = testBytes(700, 11);
const NEW = testBytes(1000, 13);
const PORT = "/dev/ttyUSB0";
const IMAGE = memoryImage([{ address: FLASH_ADDRESS, bytes: NEW }]);
/** Limits short enough for faults; a try that must succeed has time, however busy the computer is. */
const SHORT = { answerMs: 60, eraseMs: 60, quietMs: 6 };
const PATIENT = { answerMs: 5000, eraseMs: 5000, quietMs: 15 };
/** Something in another sector, as a model is. */
const KEPT = testBytes(64, 17);
const KEPT_AT = SECTORS[0] ?? 0;

function newBoard(): Stm32Board {
  const board = new Stm32Board(OLD);
  board.flash.set(KEPT, KEPT_AT);
  return board;
}

const flasherOf = (board: Stm32Board, line: FaultyLine, timing = PATIENT, productId = 0x413) =>
  stm32UartFlasher(
    { name: "STM32F4DISCOVERY", port: PORT, productId, flashAddress: FLASH_ADDRESS, sectors: SECTORS },
    { open: line.opener(() => (board.state === "absent" ? null : board)), timing },
  );

const holds = (board: Stm32Board, bytes: Uint8Array) =>
  Buffer.compare(board.flash.subarray(0, bytes.length), bytes) === 0;

const keptIsThere = (board: Stm32Board) =>
  Buffer.compare(board.flash.subarray(KEPT_AT, KEPT_AT + KEPT.length), KEPT) === 0;

async function outcome(work: Promise<unknown>): Promise<LimpetError | null> {
  try {
    await work;
    return null;
  } catch (error) {
    if (error instanceof LimpetError) return error;
    throw error;
  }
}

/** The fault's first try, then a second one without faults. */
async function twice(fault: Fault | null, nackAt = -1): Promise<LimpetError | null> {
  const board = newBoard();
  board.nackAt = nackAt;
  const what = JSON.stringify(fault ?? { nackAt });
  const error = await outcome(flasherOf(board, new FaultyLine(fault), SHORT).flash(IMAGE));
  if (error === null) expect(holds(board, NEW), `wrong firmware passed after ${what}`).toBe(true);
  else {
    expect(error.code, `${what}: ${error.message}`).toMatch(/^board-(timeout|protocol|refused|unplugged)$/);
    expect(error.hint, what).toBeDefined();
    const whole = holds(board, OLD) || holds(board, NEW);
    expect(whole || !board.starts, `torn firmware would start after ${what}`).toBe(true);
  }
  if (board.state === "absent" || board.state === "running") board.reset();
  board.nackAt = -1;
  await flasherOf(board, new FaultyLine()).flash(IMAGE);
  expect(holds(board, NEW), what).toBe(true);
  expect(keptIsThere(board), what).toBe(true);
  return error;
}

beforeEach(leapingClock);

describe("STM32 bootloader over UART", () => {
  it("erases only the sectors that the firmware needs, writes the vector table last, reads everything back and starts it", async () => {
    const board = newBoard();
    const result = await flasherOf(board, new FaultyLine()).flash(IMAGE);
    expect(result).toEqual({ port: PORT, bytes: 1024, checked: "read-back" });
    expect(holds(board, NEW)).toBe(true);
    expect(keptIsThere(board)).toBe(true);
    expect(board).toMatchObject({ state: "running", writes: 4, erases: 1 });
  });

  it("goes on with a bootloader that has measured the speed already", async () => {
    const board = newBoard();
    board.receive(Uint8Array.of(0x7f));
    expect(board.state).toBe("loader");
    await flasherOf(board, new FaultyLine()).flash(IMAGE);
    expect(holds(board, NEW)).toBe(true);
  });

  it("writes nothing to another chip, and says which it is", async () => {
    const board = newBoard();
    const error = await outcome(flasherOf(board, new FaultyLine(), SHORT, 0x419).flash(IMAGE));
    expect(error).toMatchObject({ code: "board-refused", message: expect.stringContaining("0x413") });
    expect(holds(board, OLD)).toBe(true);
  });

  it("says how the bootloader is started where none answers", async () => {
    const board = newBoard();
    board.state = "running";
    const error = await outcome(flasherOf(board, new FaultyLine(), SHORT).flash(IMAGE));
    expect(error).toMatchObject({ code: "board-timeout", hint: expect.stringContaining("BOOT0") });
  });

  it("overcomes one NACK at every step", async () => {
    const errors = await inParallel(Array.from({ length: 45 }, (_none, at) => () => twice(null, at)));
    expect(errors.filter((error) => error !== null)).toEqual([]);
  });

  it("survives a pulled plug at every step: no torn firmware starts, and a second try succeeds", async () => {
    const clean = new FaultyLine();
    await flasherOf(newBoard(), clean).flash(IMAGE);
    const faults = clean.writes.flatMap((end, index) => {
      const start = clean.writes[index - 1] ?? 0;
      return [...new Set([start, Math.floor((start + end) / 2)])].map(
        (at): Fault => ({ kind: "unplug", at }),
      );
    });
    const errors = await inParallel(faults.map((fault) => () => twice(fault)));
    for (const error of errors) expect(error?.code).toBe("board-unplugged");
    expect(errors.length).toBeGreaterThan(60);
  });

  it("survives lost, changed and late bytes at every step: it goes on by itself or says so, and a second try succeeds", async () => {
    const clean = new FaultyLine();
    await flasherOf(newBoard(), clean).flash(IMAGE);
    const faults: Fault[] = [];
    for (const [index, end] of clean.writes.entries()) {
      const start = clean.writes[index - 1] ?? 0;
      for (const at of new Set([start, Math.floor((start + end) / 2), end - 1]))
        faults.push({ kind: "lose-to-board", at });
    }
    for (let at = 0; at < clean.fromBoard; at += at < 60 ? 1 : 37) {
      faults.push({ kind: "lose-from-board", at }, { kind: "flip-from-board", at });
      faults.push({ kind: "delay-from-board", at, ms: SHORT.answerMs * 1.5 });
    }
    const errors = await inParallel(faults.map((fault) => () => twice(fault)));
    const wentOn = errors.filter((error) => error === null).length;
    expect(wentOn).toBeGreaterThan(0.7 * faults.length);
  });

  it("knows which sectors a stretch of flash lies in", () => {
    expect(sectorsOf(FLASH_ADDRESS, SECTORS, FLASH_ADDRESS, FLASH_ADDRESS + 1)).toEqual([0]);
    expect(sectorsOf(FLASH_ADDRESS, SECTORS, FLASH_ADDRESS + 16384, FLASH_ADDRESS + 16384 * 4 + 1)).toEqual([
      1, 2, 3, 4,
    ]);
    expect(() => sectorsOf(FLASH_ADDRESS, SECTORS, FLASH_ADDRESS, FLASH_ADDRESS + 2 ** 21)).toThrow(
      LimpetError,
    );
  });
});
