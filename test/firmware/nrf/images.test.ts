/** The images of boards with hardware, as the build makes them: what a bootloader and a chip will look at. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { firmwareFolder } from "../../../src-main/boards/firmware-image.ts";
import { describeBoard } from "../../../src-main/deployment/board-description.ts";
import { firmwareFor } from "../../../src-main/deployment/flashers/for-board.ts";
import { decodeIntelHex } from "../../../src-main/deployment/flashers/intel-hex.ts";
import { decodeUf2 } from "../../../src-main/deployment/flashers/uf2.ts";

const BOARDS = [
  { kind: "microbit-v2", ramEnd: 0x2002_0000, flash: 0x47000 },
  { kind: "nano-33-ble", ramEnd: 0x2004_0000, flash: 0x80000 },
  { kind: "xiao-nrf52840-sense", ramEnd: 0x2004_0000, flash: 0x8d000 },
] as const;

const file = (name: string) => join(firmwareFolder(), name);
const built = BOARDS.every(({ kind }) => existsSync(file(`${kind}.bin`)));
if (!built) console.warn("SKIPPED: the boards' images are not built (they need arm-none-eabi-g++)");

/** How Bosch's configuration of the BMI270 begins. */
const BMI270_BEGIN = Buffer.from("c82e002e802e3db1c82e002e802e9103", "hex");

describe.skipIf(!built)("the images of boards with hardware", () => {
  it("hold nothing of others that the notices beside them do not name, with its licence", () => {
    const notices = readFileSync(file("NOTICES.txt"), "utf8");
    expect(notices).toContain("TensorFlow Authors");
    expect(notices).toContain("Apache License");
    const holders = BOARDS.filter(({ kind }) => readFileSync(file(`${kind}.bin`)).includes(BMI270_BEGIN));
    // Where the package could not be had, no image has it.
    if (holders.length === 0)
      console.warn("SKIPPED: the BMI270's configuration could not be had for this build");
    else expect(holders.map(({ kind }) => kind)).toEqual(["nano-33-ble"]);
    const named = holders.length > 0;
    expect(notices.includes("Copyright (c) 2020 Bosch Sensortec GmbH")).toBe(named);
    expect(notices.includes("Redistributions in binary form must reproduce the above copyright")).toBe(named);
    expect(/MIT License\s+Copyright \(c\) 2022/.test(notices)).toBe(named);
  });

  for (const { kind, ramEnd, flash } of BOARDS) {
    it(`begin with vectors of the chip, lie where ${kind} has room, and are the same in every format`, () => {
      const description = describeBoard(kind);
      if (description === null) throw new Error(`${kind} is not described`);
      const { image, hash } = firmwareFor(description);
      const [segment] = image;
      if (segment === undefined) throw new Error("empty");
      const { address, bytes } = segment;
      const json = JSON.parse(readFileSync(file(`${kind}.json`), "utf8")) as Record<string, number>;
      expect(address).toBe(json.address);
      expect(bytes.length).toBe(json.flashBytes);
      expect(createHash("sha256").update(bytes).digest("hex")).toBe(hash);
      // The slots begin behind all code, and end within the room that the board's bootloader leaves.
      expect(address + bytes.length).toBeLessThanOrEqual(flash);
      expect(flash + 2 * (json.slotBytes ?? 0)).toBeLessThanOrEqual(description.firmware?.room.end ?? 0);
      expect(json.poolBytes).toBeGreaterThan(64 * 1024);
      const words = new DataView(bytes.buffer, bytes.byteOffset);
      expect(words.getUint32(0, true)).toBe(ramEnd);
      for (let i = 1; i < 64; i++) {
        const vector = words.getUint32(4 * i, true);
        // Thumb code within the image, or an exception that cannot come.
        if (vector === 0 && i !== 1) continue;
        expect(vector % 2).toBe(1);
        expect(vector).toBeGreaterThan(address + 256);
        expect(vector).toBeLessThan(address + bytes.length);
      }
      expect(decodeIntelHex(readFileSync(file(`${kind}.hex`), "latin1"))).toEqual(image);
      if (description.firmware?.method !== "uf2") return;
      const uf2 = readFileSync(file(`${kind}.uf2`));
      const decoded = decodeUf2(uf2);
      expect(decoded.family).toBe(description.firmware.family);
      expect(decoded.image[0]?.address).toBe(address);
      expect(
        Buffer.from(decoded.image[0]?.bytes ?? [])
          .subarray(0, bytes.length)
          .equals(bytes),
      ).toBe(true);
      // The vectors come last: a copy that breaks off leaves nothing to start.
      expect(uf2.readUInt32LE(uf2.length - 512 + 12)).toBe(address);
    });
  }
});
