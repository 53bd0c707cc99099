import { appendFileSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { defaultFlashPath, FIRMWARE_REGION_BYTES, FlashFile } from "../../src-main/boards/flash-file.ts";
import { findQemu } from "../../src-main/boards/qemu-process.ts";
import { encodeSignals, joinSignals, type Signal } from "../../src-main/boards/signal-container.ts";
import { translateOpenError } from "../../src-main/boards/transports/serial.ts";
import { errorOf, temporaryFolder } from "../dataset/helpers.ts";

const signal = (data: Int16Array | Float32Array, change: Partial<Signal> = {}): Signal => ({
  sensor: "accelerometer",
  channels: ["accX", "accY"].map((name) => ({ name, unit: "g" })),
  rateHz: 200,
  scale: data instanceof Int16Array ? 0.5 : 1,
  samples: data.length / 2,
  data,
  ...change,
});

describe("the flash file of a virtual board", () => {
  it("holds one firmware, replaced whole, and never touches what the board stored", () => {
    const path = join(temporaryFolder(), "a", "board.flash");
    const flash = FlashFile.open(path);
    expect(flash.firmware()).toBeNull();
    expect(statSync(path).size).toBe(FIRMWARE_REGION_BYTES);
    appendFileSync(path, "the board's own");
    flash.writeFirmware(Uint8Array.of(1, 2, 3, 0, 255));
    flash.writeFirmware(Uint8Array.of(9, 8));
    flash.close();
    const again = FlashFile.open(path);
    expect(again.firmware()?.image).toEqual(Uint8Array.of(9, 8));
    expect(readFileSync(path).subarray(FIRMWARE_REGION_BYTES).toString()).toBe("the board's own");
    again.close();
  });

  it("with a firmware that was cut off while it was written has none", () => {
    const path = join(temporaryFolder(), "board.flash");
    const flash = FlashFile.open(path);
    flash.writeFirmware(new Uint8Array(1000).fill(5));
    const bytes = readFileSync(path);
    bytes[500] = 0xff;
    writeFileSync(path, bytes);
    expect(flash.firmware()).toBeNull();
    flash.close();
  });

  it("serves one board at a time, and outlives one that crashed", () => {
    const path = join(temporaryFolder(), "board.flash");
    const flash = FlashFile.open(path);
    const error = errorOf("board-busy", () => FlashFile.open(path));
    expect(error.exitCode).toBe(3);
    flash.close();
    // No process has this number: Linux ends at 4194304.
    writeFileSync(`${path}.lock`, "99999999 99999998");
    FlashFile.open(path).close();
  });

  it("is not made out of a file that is something else", () => {
    const path = join(temporaryFolder(), "notes.txt");
    writeFileSync(path, "notes");
    errorOf("invalid-file", () => FlashFile.open(path));
    expect(readFileSync(path, "utf8")).toBe("notes");
  });

  it("is one for each user", () => {
    const path = defaultFlashPath({ XDG_STATE_HOME: "/somewhere", LOCALAPPDATA: "/somewhere" });
    expect(path).toMatch(/limpet.virtual-board\.flash$/);
  });
});

describe("a signal container", () => {
  it("has the bytes that its document names, with samples as they are", () => {
    const bytes = Buffer.from(
      encodeSignals([signal(Int16Array.of(1, -2, 3, 4)), signal(Float32Array.of(0.1, 0.2))]),
    );
    expect(bytes.toString("latin1", 0, 4)).toBe("LMSG");
    expect([bytes.readUInt16LE(4), bytes.readUInt16LE(6)]).toEqual([1, 2]);
    expect(bytes.toString("utf8", 16, 29)).toBe("accelerometer");
    expect([...bytes.subarray(32, 35)]).toEqual([0, 0, 2]);
    expect([bytes.readFloatLE(36), bytes.readFloatLE(40)]).toEqual([200, 0.5]);
    expect(bytes.toString("utf8", 44, 45)).toBe("g");
    expect(bytes.readBigUInt64LE(56)).toBe(2n);
    const offset = Number(bytes.readBigUInt64LE(64));
    expect(offset).toBe(16 + 2 * 192);
    expect(bytes.toString("utf8", 72, 76)).toBe("accX");
    expect([0, 2, 4, 6].map((at) => bytes.readInt16LE(offset + at))).toEqual([1, -2, 3, 4]);
    expect(bytes[16 + 192 + 17]).toBe(1);
    const second = Number(bytes.readBigUInt64LE(16 + 192 + 48));
    expect(bytes.readFloatLE(second + 4)).toBe(Math.fround(0.2));
  });

  it("joins files in turn, as counts where they agree, and refuses files that do not fit", () => {
    const a = signal(Int16Array.of(1, 2));
    const [counts] = joinSignals([a, signal(Int16Array.of(3, 4, 5, 6))], ["a", "b"]);
    expect(counts).toMatchObject({ samples: 3, scale: 0.5, data: Int16Array.of(1, 2, 3, 4, 5, 6) });
    const [values] = joinSignals([a, signal(Float32Array.of(3, 4))], ["a", "b"]);
    expect(values).toMatchObject({ samples: 2, scale: 1, data: Float32Array.of(0.5, 1, 3, 4) });
    const other = signal(Int16Array.of(1), { sensor: "microphone", channels: [{ name: "audio", unit: "" }] });
    expect(joinSignals([a, other], ["a", "b"])).toHaveLength(2);
    errorOf("invalid-file", () => joinSignals([a, signal(Int16Array.of(1, 2), { rateHz: 100 })], ["a", "b"]));
    errorOf("invalid-file", () =>
      joinSignals([a, signal(Int16Array.of(1), { channels: other.channels })], ["a", "b"]),
    );
  });
});

describe("trouble", () => {
  it("with a serial port is told apart, each with what to do", () => {
    const code = (message: string) => translateOpenError("/dev/ttyACM0", new Error(message)).code;
    expect(code("Error: No such file or directory, cannot open /dev/ttyACM0")).toBe("board-not-found");
    expect(code("Error Resource temporarily unavailable Cannot lock port")).toBe("board-busy");
    expect(code("Error: Permission denied, cannot open /dev/ttyACM0")).toBe("board-permission");
    expect(code("Opening COM5: Access denied")).toBe("board-busy");
    expect(translateOpenError("/dev/x", new Error("Permission denied")).hint).toMatch(/dialout|rights/);
  });

  it("with QEMU that is not there is found before anything is started", () => {
    expect(findQemu({ PATH: "" })).toBeNull();
    expect(findQemu({ LIMPET_QEMU: "/there/is/none" })).toBeNull();
  });
});
