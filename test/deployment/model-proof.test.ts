import { afterEach, expect, it, vi } from "vitest";
import { LineLimiter } from "../../bench/line-limiter.ts";
import type { BoardSession } from "../../src-main/boards/board-session.ts";
import { openBoard } from "../../src-main/boards/open-board.ts";
import { compareBack } from "../../src-main/deployment/model-proof.ts";
import { readSignalFile } from "../../src-main/services/project-service.ts";
import { FakeBoard } from "../boards/fake-board.ts";

const PART = 960;

afterEach(() => void vi.useRealTimers());

/** A board that has `stored`, on a line that takes `partMs` for a part; notes which parts were read. */
function boardWith(stored: Uint8Array, partMs = 0) {
  const read: number[] = [];
  const session = {
    packagePartBytes: PART,
    readPackagePart: async (offset: number, bytes: number) => {
      read.push(offset / PART);
      if (partMs > 0) vi.advanceTimersByTime(partMs);
      return stored.slice(offset, offset + bytes);
    },
  } as Pick<BoardSession, "packagePartBytes" | "readPackagePart"> as BoardSession;
  return { session, read };
}

const quiet = { progress: () => {}, signal: undefined };
const bytesOf = (count: number): Uint8Array => Uint8Array.from({ length: count }, (_, i) => (i * 31) % 251);

it("the model is read back whole, each part once, whatever its length", async () => {
  for (const count of [1, 959, 960, 961, 1920, 5000, 61_552]) {
    const model = bytesOf(count);
    const { session, read } = boardWith(model);
    expect(await compareBack(session, model, quiet), `${count} bytes`).toBe(count);
    const parts = Math.ceil(count / PART);
    expect([...read].sort((a, b) => a - b)).toEqual([...Array(parts).keys()]);
  }
});

it("a single wrong byte anywhere is found", async () => {
  const model = bytesOf(7000);
  for (let at = 0; at < model.length; at += 499) {
    const stored = model.slice();
    stored[at] = (stored[at] as number) ^ 4;
    expect(await compareBack(boardWith(stored).session, model, quiet), `byte ${at}`).toBeNull();
  }
  expect(await compareBack(boardWith(model.slice(0, 6999)).session, model, quiet)).toBeNull();
});

it("on a slow line as much is read back as two seconds allow, its ends first and the rest from all over", async () => {
  vi.useFakeTimers({ toFake: ["performance", "setTimeout"] });
  const model = bytesOf(PART * 64);
  const { session, read } = boardWith(model, 90);
  const compared = await compareBack(session, model, quiet);
  // 23 parts of 90 ms: the last one begins before two seconds are over.
  expect(compared).toBe(23 * PART);
  expect(read.slice(0, 2)).toEqual([0, 63]);
  const gaps = [...read].sort((a, b) => a - b).map((part, index, all) => part - (all[index - 1] ?? 0));
  expect(Math.max(...gaps)).toBeLessThanOrEqual(4);
  // However slow: the ends.
  const slower = boardWith(model, 5000);
  expect(await compareBack(slower.session, model, quiet)).toBe(2 * PART);
});

it("a model of 60 kB crosses the line with less than a tenth on top, each way", async () => {
  const board = await FakeBoard.start({});
  const line = await LineLimiter.start(Number(board.port.split(":").at(-1)), {
    bytesPerSecond: 1e9,
    latencyMs: 0,
  });
  try {
    const session = await openBoard(line.port, {}, readSignalFile);
    const model = bytesOf(60_000);
    const before = { toBoard: line.toBoard, toApp: line.toApp };
    await session.update(model);
    const sent = line.toBoard - before.toBoard;
    const middle = line.toApp;
    const compared = await compareBack(session, model, quiet);
    const back = line.toApp - middle;
    await session.close();
    // 5.7 s at 11,520 bytes a second.
    expect(sent).toBeGreaterThan(model.length);
    expect(sent).toBeLessThan(1.1 * model.length);
    // On a busy computer two seconds may be over before all is read.
    expect(back).toBeLessThan(1.1 * (compared ?? 0));
  } finally {
    await line.close();
    await board.close();
  }
});
