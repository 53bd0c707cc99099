/** Firmware onto a micro:bit by its interface chip: by the drive and by CMSIS-DAP, against a simulator, with faults at every step. */
import { beforeEach, describe, expect, it } from "vitest";
import { dapLinkDriveFlasher } from "../../../src-main/deployment/flashers/daplink-drive-flasher.ts";
import { dapLinkHidFlasher } from "../../../src-main/deployment/flashers/daplink-hid-flasher.ts";
import { fatMounts } from "../../../src-main/deployment/flashers/drives.ts";
import type { Flasher } from "../../../src-main/deployment/flashers/flasher.ts";
import { encodeIntelHex } from "../../../src-main/deployment/flashers/intel-hex.ts";
import { memoryImage } from "../../../src-main/deployment/flashers/memory-image.ts";
import { LimpetError } from "../../../src-shared/errors.ts";
import { leapingClock } from "../../steady-clock.ts";
import { DapLinkBoard, type DapLinkFault, LATE_MS } from "./simulators/daplink-board.ts";
import { inParallel, testBytes } from "./simulators/faulty-line.ts";

const OLD = testBytes(9000, 41);
const NEW = testBytes(6001, 43);
const IMAGE = memoryImage([{ address: 0, bytes: NEW }]);
const HEX_BYTES = encodeIntelHex(IMAGE).length;
const BOARD = {
  name: "BBC micro:bit v2",
  port: "/dev/ttyACM0",
  boardIds: ["9903", "9904", "9905", "9906"],
  room: { start: 0, end: 0x80000 },
};

type Way = (board: DapLinkBoard, patient?: boolean) => Flasher;

const byDrive: Way = (board, patient = false) =>
  dapLinkDriveFlasher(BOARD, { drives: board.drives, timing: { returnMs: patient ? 5000 : 200, lookMs: 5 } });

/** Limits short enough for faults; a try that must succeed has time, however busy the computer is. */
const byHid: Way = (board, patient = false) => {
  const limit = patient ? 5000 : LATE_MS / 2;
  return dapLinkHidFlasher(BOARD, "hid-1", {
    open: board.openHid,
    timing: { answerMs: limit, flashMs: limit },
  });
};

const holds = (board: DapLinkBoard, bytes: Uint8Array) =>
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

/** Faults that only a limit of time can tell; at all others the board, or the system, says something itself. */
const SILENT: readonly DapLinkFault["kind"][] = ["lose-report", "lose-answer", "late-answer"];

/**
 * A fault must be told in the board's own words; a second try succeeds. But for silence the first try is patient too: on a busy
 * computer what the board says must not be overtaken by a limit.
 */
async function failsThenSucceeds(way: Way, fault: DapLinkFault, codes: RegExp): Promise<void> {
  const board = new DapLinkBoard(OLD, fault);
  const error = await outcome(way(board, !SILENT.includes(fault.kind)).flash(IMAGE));
  const what = JSON.stringify(fault);
  if (error === null) expect(holds(board, NEW), `wrong firmware passed after ${what}`).toBe(true);
  else {
    expect(error.code, `${what}: ${error.message}`).toMatch(codes);
    expect(error.hint, what).toBeDefined();
  }
  if (board.present) await new Promise((resolve) => setTimeout(resolve, 40));
  if (!board.present) board.replug();
  board.replug();
  await way(board, true).flash(IMAGE);
  expect(holds(board, NEW), what).toBe(true);
}

/** Places within the stream: its ends, and every so many bytes. */
const places = Array.from({ length: 24 }, (_none, i) => Math.round((i * (HEX_BYTES - 1)) / 23));

beforeEach(leapingClock);

for (const [name, way] of [
  ["the DAPLink drive", byDrive],
  ["CMSIS-DAP", byHid],
] as const) {
  describe(name, () => {
    it("writes the firmware; the serial port stays where it is", async () => {
      const board = new DapLinkBoard(OLD);
      const fractions: number[] = [];
      const result = await way(board, true).flash(IMAGE, {
        onProgress: (_stage, fraction) => fractions.push(fraction),
      });
      expect(result).toEqual({ port: "/dev/ttyACM0", bytes: NEW.length, checked: "bootloader" });
      expect(holds(board, NEW)).toBe(true);
      expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
      expect(fractions.at(-1)).toBeCloseTo(1);
    });

    it("leaves what lies in other pages, such as a model", async () => {
      const board = new DapLinkBoard(testBytes(20_000, 47));
      await way(board, true).flash(IMAGE);
      expect(Buffer.compare(board.flash.subarray(8192, 20_000), testBytes(20_000, 47).subarray(8192))).toBe(
        0,
      );
    });

    it("writes nothing to a micro:bit V1", async () => {
      const board = new DapLinkBoard(OLD, null, "9900000031864e45003b");
      expect(await outcome(way(board).flash(IMAGE))).toMatchObject({
        code: "board-refused",
        hint: expect.stringContaining("V2"),
      });
      expect(holds(board, OLD)).toBe(true);
    });

    it("says so where there is no board", async () => {
      const board = new DapLinkBoard(OLD);
      board.present = false;
      expect(await outcome(way(board).flash(IMAGE))).toMatchObject({ code: "board-not-found" });
    });

    it("survives a pulled plug at every step, and a second try succeeds", async () => {
      await inParallel(
        places.map((at) => () => failsThenSucceeds(way, { kind: "unplug", at }, /^board-unplugged$/)),
      );
    });

    it("tells what the interface chip reports where the target's flash fails or bytes are lost, and a second try succeeds", async () => {
      await inParallel(
        places.flatMap((at) => [
          () => failsThenSucceeds(way, { kind: "flash-fails", at }, /^board-refused$/),
          () => failsThenSucceeds(way, { kind: "lose-byte", at }, /^board-refused$/),
        ]),
      );
    });
  });
}

describe("CMSIS-DAP reports", () => {
  it("that are lost or late, and a cable that is pulled at any of them, are told, and a second try succeeds", async () => {
    const clean = new DapLinkBoard(OLD);
    await byHid(clean, true).flash(IMAGE);
    expect(clean.resets).toBe(1);
    const numbers = Array.from({ length: clean.reports }, (_none, i) => i).filter(
      (i) => i < 8 || i % 20 === 0 || i > clean.reports - 5,
    );
    await inParallel(
      numbers.flatMap((at) => [
        () => failsThenSucceeds(byHid, { kind: "lose-report", at }, /^board-timeout$/),
        () => failsThenSucceeds(byHid, { kind: "lose-answer", at }, /^board-timeout$/),
        () => failsThenSucceeds(byHid, { kind: "late-answer", at }, /^board-timeout$/),
        () => failsThenSucceeds(byHid, { kind: "unplug-at-report", at }, /^board-unplugged$/),
      ]),
    );
  });
});

describe("mounted drives", () => {
  it("are read from the system's table, with spaces in their names", () => {
    const mounts = [
      "/dev/sda1 / ext4 rw 0 0",
      "/dev/sdb /media/user/MICROBIT vfat rw,sync 0 0",
      "/dev/sdc1 /media/user/A\\040STICK vfat rw 0 0",
      "",
    ].join("\n");
    expect(fatMounts(mounts)).toEqual(["/media/user/MICROBIT", "/media/user/A STICK"]);
  });
});
