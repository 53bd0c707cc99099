/** Memory images and Intel HEX, against the PyPI package intelhex in both directions; and what the board descriptions say. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { boardOfUsb, describedBoards } from "../../../src-main/deployment/board-description.ts";
import { FlashProgress } from "../../../src-main/deployment/flashers/flasher.ts";
import { flasherFor } from "../../../src-main/deployment/flashers/for-board.ts";
import { decodeIntelHex, encodeIntelHex } from "../../../src-main/deployment/flashers/intel-hex.ts";
import { memoryImage, pagesOf, requireWithin } from "../../../src-main/deployment/flashers/memory-image.ts";
import {
  decodeUf2,
  decodeUf2Block,
  encodeUf2,
  UF2_BLOCK_BYTES,
  UF2_PAYLOAD_BYTES,
} from "../../../src-main/deployment/flashers/uf2.ts";
import { LimpetError } from "../../../src-shared/errors.ts";
import { rejectionOf } from "../../dataset/helpers.ts";
import { testBytes } from "./simulators/faulty-line.ts";
import { python, runPython } from "./simulators/python.ts";

const LINKER_SCRIPTS: Readonly<Record<string, string>> = {
  "microbit-v2": "microbit_v2/microbit_v2.ld",
  "nano-33-ble": "nano33ble_sense/nano33ble_sense.ld",
  "xiao-nrf52840-sense": "xiao_nrf52840_sense/xiao_nrf52840_sense.ld",
};

describe("memory images", () => {
  it("join what touches, keep what does not, and refuse what overlaps", () => {
    const image = memoryImage([
      { address: 8, bytes: Uint8Array.of(3, 4) },
      { address: 4, bytes: Uint8Array.of(1, 2, 2, 2) },
      { address: 20, bytes: Uint8Array.of(9) },
    ]);
    expect(image.map(({ address, bytes }) => [address, [...bytes]])).toEqual([
      [4, [1, 2, 2, 2, 3, 4]],
      [20, [9]],
    ]);
    expect(() => memoryImage([...image, { address: 9, bytes: Uint8Array.of(0) }])).toThrow(LimpetError);
    expect(() => memoryImage([])).toThrow(LimpetError);
    expect(() => memoryImage([{ address: 2 ** 32 - 1, bytes: Uint8Array.of(0, 0) }])).toThrow(LimpetError);
  });

  it("are cut into whole pages, and must fit the board's room", () => {
    const image = memoryImage([{ address: 0x1ff0, bytes: testBytes(0x20, 3) }]);
    const pages = pagesOf(image, 0x1000);
    expect(pages.map(({ address, bytes }) => [address, bytes.length])).toEqual([
      [0x1000, 0x1000],
      [0x2000, 0x1000],
    ]);
    expect(pages[1]?.bytes.subarray(0, 0x10)).toEqual(testBytes(0x20, 3).subarray(0x10));
    expect(() => requireWithin(image, { start: 0x1ff0, end: 0x2010 }, "a board")).not.toThrow();
    expect(() => requireWithin(image, { start: 0x2000, end: 0x3000 }, "a board")).toThrow(
      /0x00001ff0 to 0x0000200f/,
    );
    expect(() => requireWithin(image, { start: 0, end: 0x200f }, "a board")).toThrow(LimpetError);
  });
});

describe("Intel HEX", () => {
  const image = memoryImage([
    { address: 0, bytes: testBytes(1000, 5) },
    { address: 0xfff8, bytes: testBytes(32, 7) },
    { address: 0x10001000, bytes: testBytes(3, 9) },
  ]);

  it("comes back as what it was made from", () => {
    expect(decodeIntelHex(encodeIntelHex(image))).toEqual(image);
  });

  it("is refused where a record is damaged or the end is missing, with the line", () => {
    const text = encodeIntelHex(image);
    const lines = text.split("\n");
    const second = lines[1] ?? "";
    const flipped = second.slice(0, 12) + (second[12] === "0" ? "1" : "0") + second.slice(13);
    for (const [bad, why] of [
      [text.replace(second, flipped), "Line 2"],
      [text.replace(second, second.slice(0, -2)), "Line 2"],
      [text.replace(second, "hello"), "Line 2"],
      [lines.slice(0, 20).join("\n"), "cut off"],
      [`:00000006FA\n${text}`, "record type 6"],
    ] as const) {
      expect(() => decodeIntelHex(bad)).toThrow(why);
    }
  });

  it("takes both kinds of address records: of segments of 16 bytes and of 64 KB", () => {
    const record = (type: number, bytes: readonly number[]): string => {
      const all = [bytes.length, 0, 0, type, ...bytes];
      const sum = (256 - (all.reduce((total, byte) => total + byte, 0) & 255)) & 255;
      return `:${Buffer.from([...all, sum]).toString("hex")}`;
    };
    const text = [
      record(2, [0x12, 0x34]),
      record(0, [1, 2]),
      record(4, [0x12, 0x34]),
      record(0, [3]),
      record(1, []),
    ].join("\n");
    expect(decodeIntelHex(text).map(({ address, bytes }) => [address, [...bytes]])).toEqual([
      [0x12340, [1, 2]],
      [0x12340000, [3]],
    ]);
  });

  it.skipIf(python === null)(
    "is read by intelhex, and that of intelhex is read here (skipped without .tools/python)",
    () => {
      const answer = runPython(
        `
import sys, json, io
from intelhex import IntelHex
read = IntelHex(io.StringIO(sys.stdin.read()))
out = io.StringIO()
read.write_hex_file(out)
print(json.dumps({"segments": [[a, bytes(read.tobinarray(start=a, end=b - 1)).hex()] for a, b in read.segments()], "text": out.getvalue()}))
`,
        encodeIntelHex(image),
      ) as { segments: [number, string][]; text: string };
      expect(answer.segments).toEqual(
        image.map(({ address, bytes }) => [address, Buffer.from(bytes).toString("hex")]),
      );
      expect(decodeIntelHex(answer.text)).toEqual(image);
    },
  );
});

describe("UF2", () => {
  const image = memoryImage([{ address: 0x27000, bytes: testBytes(3 * UF2_PAYLOAD_BYTES, 11) }]);
  const file = encodeUf2(image, 0xada52840, 4096);
  const blockAt = (index: number): Uint8Array =>
    file.slice(index * UF2_BLOCK_BYTES, (index + 1) * UF2_BLOCK_BYTES);
  const withWord = (block: Uint8Array, at: number, word: number): Uint8Array => {
    const changed = block.slice();
    new DataView(changed.buffer).setUint32(at, word, true);
    return changed;
  };

  it("passes over blocks that are not for the main flash, or hold more than a block can", () => {
    expect(decodeUf2Block(blockAt(1))).toMatchObject({ index: 1, family: 0xada52840 });
    expect(decodeUf2Block(withWord(blockAt(1), 8, 0x2001))).toBeNull();
    expect(decodeUf2Block(withWord(blockAt(1), 16, 477))).toBeNull();
    expect(decodeUf2Block(withWord(blockAt(1), 8, 0))).toMatchObject({ family: null });
  });

  it("is refused where a block is there twice and another one not at all", () => {
    expect(decodeUf2(file)).toEqual({ image, family: 0xada52840 });
    const twice = file.slice();
    twice.set(blockAt(1), 2 * UF2_BLOCK_BYTES);
    expect(() => decodeUf2(twice)).toThrow("lacks blocks");
  });
});

describe("progress of flashing", () => {
  it("goes from 0 to 1 over all stages and never back, with the stage in words", () => {
    const seen: [string, number][] = [];
    const progress = new FlashProgress({ onProgress: (stage, fraction) => seen.push([stage, fraction]) }, [
      ["erase", 0.25],
      ["write", 0.5],
      ["verify", 0.25],
    ]);
    for (const stage of ["erase", "write", "verify"] as const) {
      progress.at(stage, 0);
      progress.at(stage, 1);
    }
    expect(seen.map(([, fraction]) => fraction)).toEqual([0, 0.25, 0.25, 0.75, 0.75, 1]);
    expect(progress.doing).toBe("while checking the firmware");
  });
});

describe("board descriptions", () => {
  it("name each USB identity once, and an image within the board's room", () => {
    const seen = new Set<string>();
    for (const { usb, firmware } of describedBoards()) {
      const identities = [
        ...usb,
        ...(firmware !== null && "bootloaderUsb" in firmware ? firmware.bootloaderUsb : []),
      ];
      for (const identity of identities) {
        expect(seen.has(identity), identity).toBe(false);
        seen.add(identity);
      }
      if (firmware === null) continue;
      expect(firmware.address).toBeGreaterThanOrEqual(firmware.room.start);
      expect(firmware.address).toBeLessThan(firmware.room.end);
      if (firmware.method === "stm32-uart") {
        const total = firmware.sectors.reduce((sum, bytes) => sum + bytes, 0);
        expect(total).toBe(firmware.room.end - firmware.room.start);
      }
    }
  });

  it("leave the firmware as much room as its linker script does, so that no image reaches the log or the models", () => {
    const boards = join(import.meta.dirname, "../../../firmware/boards");
    for (const { board, firmware } of describedBoards()) {
      const script = LINKER_SCRIPTS[board];
      if (script === undefined || firmware === null) continue;
      const text = readFileSync(join(boards, script), "utf8");
      const [, origin, length] = /FLASH \(rx\) : ORIGIN = (0x\w+), LENGTH = (0x\w+)/.exec(text) ?? [];
      expect([firmware.address, firmware.firmwareEnd], board).toEqual([
        Number(origin),
        Number(origin) + Number(length),
      ]);
    }
  });

  it("have a flasher that refuses an image which would reach the log or the models, before anything else", async () => {
    let refused = 0;
    for (const description of describedBoards()) {
      const end = description.firmware?.firmwareEnd;
      if (end === undefined) continue;
      const image = memoryImage([{ address: end - 1, bytes: Uint8Array.of(1, 2) }]);
      const flasher = await flasherFor(description, "/dev/null");
      await rejectionOf("invalid-file", flasher.flash(image));
      refused++;
    }
    expect(refused).toBe(Object.keys(LINKER_SCRIPTS).length);
  });

  it("find a board by its USB identity, running or in its bootloader", () => {
    expect(boardOfUsb("2341:805A")).toMatchObject({
      bootloader: false,
      description: { board: "nano-33-ble" },
    });
    expect(boardOfUsb("2341:005a")).toMatchObject({
      bootloader: true,
      description: { board: "nano-33-ble" },
    });
    expect(boardOfUsb("2e8a:0003")).toMatchObject({ bootloader: true, description: { board: "pico" } });
    expect(boardOfUsb("0d28:0204")).toMatchObject({
      bootloader: false,
      description: { board: "microbit-v2" },
    });
    expect(boardOfUsb("1234:5678")).toBeNull();
  });

  it("lead to a flasher for every board with a bootloader, and to none for the virtual board", async () => {
    const names: string[] = [];
    for (const description of describedBoards()) {
      if (description.firmware === null)
        await expect(flasherFor(description, "/dev/null")).rejects.toThrow(LimpetError);
      else names.push((await flasherFor(description, "/dev/null")).name);
    }
    expect(names).toEqual([
      "DAPLink drive",
      "SAM-BA over USB",
      "UF2 drive",
      "STM32 bootloader over UART",
      "UF2 drive",
    ]);
  });
});
