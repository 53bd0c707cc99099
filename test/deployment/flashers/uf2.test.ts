/** UF2: the file, read and written against Microsoft's uf2conv (PyPI adafruit-uf2), and the flasher against simulated drives. */
import { beforeEach, describe, expect, it } from "vitest";
import { memoryImage } from "../../../src-main/deployment/flashers/memory-image.ts";
import { decodeUf2, encodeUf2, UF2_BLOCK_BYTES } from "../../../src-main/deployment/flashers/uf2.ts";
import { uf2Flasher } from "../../../src-main/deployment/flashers/uf2-flasher.ts";
import { LimpetError } from "../../../src-shared/errors.ts";
import { leapingClock } from "../../steady-clock.ts";
import { inParallel, testBytes } from "./simulators/faulty-line.ts";
import { python, runPython } from "./simulators/python.ts";
import { type Uf2Chip, Uf2DriveBoard, type Uf2DriveFault } from "./simulators/uf2-drive.ts";

const XIAO: Uf2Chip = {
  boardId: "nRF52840-SeeedXiaoSense-v1",
  family: 0xada52840,
  start: 0x27000,
  bytes: 64 * 1024,
  erases: "cached",
};
const PICO: Uf2Chip = {
  boardId: "RPI-RP2",
  family: 0xe48bff56,
  start: 0x10000000,
  bytes: 64 * 1024,
  erases: "at-first-block",
};
const OLD = testBytes(14_000, 21);
const NEW = testBytes(10_001, 23);
/** Limits short enough for faults; a try that must succeed has time, however busy the computer is. */
const SHORT = { returnMs: 150, lookMs: 5, driveMs: 150 };
const PATIENT = { returnMs: 5000, lookMs: 5, driveMs: 5000 };

const imageFor = ({ start }: Uf2Chip) => memoryImage([{ address: start, bytes: NEW }]);

const flasherOf = (board: Uf2DriveBoard, timing = PATIENT) =>
  uf2Flasher(
    {
      name: "XIAO",
      port: "/dev/ttyACM0",
      applicationUsb: ["2886:8045"],
      boardIds: [XIAO.boardId, PICO.boardId],
      family: board.chip.family,
      room: { start: board.chip.start, end: board.chip.start + board.chip.bytes },
      eraseBytes: 4096,
      touch: true,
    },
    { drives: board.drives, ports: board, timing },
  );

const holds = (board: Uf2DriveBoard, bytes: Uint8Array) =>
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

describe("UF2 files", () => {
  const image = memoryImage([
    { address: 0x27000, bytes: testBytes(5000, 31) },
    { address: 0x40010, bytes: testBytes(33, 37) },
  ]);

  it("begin by making the vector table ones, and end with it, after the rest of its page", () => {
    const bytes = encodeUf2(image, XIAO.family, 4096);
    const addresses = Array.from({ length: bytes.length / UF2_BLOCK_BYTES }, (_none, i) =>
      new DataView(bytes.buffer, i * UF2_BLOCK_BYTES).getUint32(12, true),
    );
    expect(addresses.at(-1)).toBe(0x27000);
    expect(addresses[0]).toBe(0x27000);
    expect(bytes.subarray(32, 32 + 256).every((byte) => byte === 0xff)).toBe(true);
    const firstPage = addresses.slice(1).map((address) => address < 0x28000);
    expect(firstPage.lastIndexOf(false)).toBeLessThan(firstPage.indexOf(true));
  });

  it("come back as the image that they were made from", () => {
    const { image: back, family } = decodeUf2(encodeUf2(image, XIAO.family, 4096));
    expect(family).toBe(XIAO.family);
    const [first, second] = back;
    expect(first?.address).toBe(0x27000);
    expect(
      Buffer.compare(
        (first?.bytes ?? new Uint8Array()).subarray(0, 5000),
        image[0]?.bytes ?? new Uint8Array(),
      ),
    ).toBe(0);
    expect(second?.address).toBe(0x40000);
    expect(second?.bytes.subarray(0x10, 0x10 + 33)).toEqual(image[1]?.bytes);
  });

  it("are refused where a block is broken, missing, doubled, or for another chip", () => {
    const good = encodeUf2(image, XIAO.family, 4096);
    const change = (at: number, value: number) => {
      const bytes = good.slice();
      bytes[at] = value;
      return bytes;
    };
    for (const bad of [
      new Uint8Array(),
      good.slice(0, -1),
      good.slice(512),
      change(0, 0),
      change(512 + 20, 0),
      change(512 + 28, 0),
      Buffer.concat([good, good]),
    ]) {
      expect(() => decodeUf2(bad)).toThrow(LimpetError);
    }
  });

  it.skipIf(python === null)(
    "are read by uf2conv, and those of uf2conv are read here (skipped without .tools/python)",
    () => {
      const flat = memoryImage([{ address: 0x27000, bytes: testBytes(5000, 31) }]);
      const ours = encodeUf2(flat, XIAO.family, 4096);
      // uf2conv wants each block once, in order of address; bootloaders do not.
      const blocks = Array.from({ length: ours.length / 512 - 1 }, (_none, i) =>
        ours.subarray((i + 1) * 512, (i + 2) * 512),
      );
      blocks.sort((a, b) => Buffer.from(a).readUInt32LE(12) - Buffer.from(b).readUInt32LE(12));
      const answer = runPython(
        `
import sys, json, contextlib, io
from adafruit_uf2 import uf2conv
uf2 = bytes.fromhex(sys.stdin.readline())
raw = bytes.fromhex(sys.stdin.readline())
with contextlib.redirect_stdout(io.StringIO()):
    flat = uf2conv.convert_from_uf2(uf2)
    start = uf2conv.appstartaddr
    uf2conv.appstartaddr, uf2conv.familyid = 0x27000, 0xada52840
    made = uf2conv.convert_to_uf2(raw)
print(json.dumps({"is": uf2conv.is_uf2(uf2), "flat": flat.hex(), "start": start, "made": made.hex()}))
`,
        `${Buffer.concat(blocks).toString("hex")}\n${Buffer.from(flat[0]?.bytes ?? []).toString("hex")}\n`,
      ) as { is: boolean; flat: string; start: number; made: string };
      const raw = Buffer.from(flat[0]?.bytes ?? []);
      expect(answer.is).toBe(true);
      expect(Buffer.from(answer.flat, "hex").subarray(0, raw.length).equals(raw)).toBe(true);
      const made = decodeUf2(Buffer.from(answer.made, "hex"));
      expect(made.family).toBe(XIAO.family);
      expect(made.image[0]?.address).toBe(0x27000);
      expect(Buffer.compare((made.image[0]?.bytes ?? raw).subarray(0, raw.length), raw)).toBe(0);
    },
  );
});

beforeEach(leapingClock);

for (const chip of [XIAO, PICO]) {
  describe(`the UF2 drive of ${chip.boardId}`, () => {
    it("takes the firmware after the touch, and the board comes back", async () => {
      const board = new Uf2DriveBoard(chip, OLD);
      const result = await flasherOf(board).flash(imageFor(chip));
      expect(result).toEqual({ port: "/dev/ttyACM0", bytes: 41 * 256, checked: "bootloader" });
      expect(board.touches).toBe(1);
      expect(holds(board, NEW)).toBe(true);
    });

    it("survives a pulled plug after every block: no torn firmware starts, and a second try succeeds", async () => {
      const faults = Array.from(
        { length: 41 },
        (_none, i): Uf2DriveFault => ({ kind: "unplug", at: i * 512 }),
      );
      await inParallel(
        faults.map((fault) => async () => {
          const board = new Uf2DriveBoard(chip, OLD, fault);
          const error = await outcome(flasherOf(board, SHORT).flash(imageFor(chip)));
          expect(error, JSON.stringify(fault)).toMatchObject({ code: "board-unplugged" });
          const whole = holds(board, OLD) || holds(board, NEW);
          expect(whole || !board.starts, `torn firmware would start after ${JSON.stringify(fault)}`).toBe(
            true,
          );
          board.replug();
          await flasherOf(board).flash(imageFor(chip));
          expect(holds(board, NEW)).toBe(true);
        }),
      );
    });

    it("is patient with a slow drive, and says so where blocks are lost or the drive is full", async () => {
      const slow = new Uf2DriveBoard(chip, OLD, { kind: "slow", ms: 2 });
      await flasherOf(slow).flash(imageFor(chip));
      expect(holds(slow, NEW)).toBe(true);
      const faults: Uf2DriveFault[] = [
        { kind: "full" },
        ...[0, 7, 20, 40].map((i): Uf2DriveFault => ({ kind: "lose-sector", at: i * 512 })),
      ];
      await inParallel(
        faults.map((fault) => async () => {
          const board = new Uf2DriveBoard(chip, OLD, fault);
          const error = await outcome(flasherOf(board, SHORT).flash(imageFor(chip)));
          expect(error, JSON.stringify(fault)).toMatchObject({
            code: "board-refused",
            hint: expect.anything(),
          });
          board.replug();
          await flasherOf(board).flash(imageFor(chip));
          expect(holds(board, NEW)).toBe(true);
        }),
      );
    });

    it("says what to press where no drive appears, and goes on where one is there already", async () => {
      const board = new Uf2DriveBoard(chip, OLD);
      board.state = "absent";
      expect(await outcome(flasherOf(board, SHORT).flash(imageFor(chip)))).toMatchObject({
        code: "board-not-found",
        hint: expect.stringContaining("reset button twice"),
      });
      board.replug();
      await flasherOf(board).flash(imageFor(chip));
      expect(board.touches).toBe(0);
      expect(holds(board, NEW)).toBe(true);
    });
  });
}
