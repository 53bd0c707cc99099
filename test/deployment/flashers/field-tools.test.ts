/**
 * The simulated bootloaders that the flashers are tested against, tested themselves: the programs that the field uses write to them and
 * read from them. Debian's bossac knows SAMD chips, not the Nano's, with the same commands.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { memoryImage } from "../../../src-main/deployment/flashers/memory-image.ts";
import { stm32UartFlasher } from "../../../src-main/deployment/flashers/stm32-uart-flasher.ts";
import { FaultyLine, testBytes } from "./simulators/faulty-line.ts";
import { isInstalled, openPty, runProgram } from "./simulators/pty.ts";
import { ARDUINO_ZERO, SamBaBoard } from "./simulators/sam-ba-board.ts";
import { FLASH_ADDRESS, SECTORS, Stm32Board } from "./simulators/stm32-board.ts";

const folder = mkdtempSync(join(tmpdir(), "limpet-flashers-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const missing = (programs: readonly string[]): string =>
  programs
    .filter((program) => !isInstalled(program))
    .map((program) => `${program} is not installed`)
    .join(", ");

const FIRMWARE = testBytes(9000, 3);
const file = join(folder, "firmware.bin");
writeFileSync(file, FIRMWARE);

const noBossac = missing(["bossac", "socat"]);
describe.skipIf(noBossac !== "")(
  `bossac and the simulated SAM-BA bootloader${noBossac && ` (skipped: ${noBossac})`}`,
  () => {
    it("bossac identifies, erases, writes, verifies by check sum and restarts it", async () => {
      const board = new SamBaBoard(ARDUINO_ZERO, testBytes(30_000, 9));
      const pty = await openPty(board);
      try {
        const { code, text } = await runProgram("bossac", [
          "-p",
          pty.path,
          "-U",
          "-i",
          "-e",
          "-o",
          "0x2000",
          "-w",
          "-v",
          "-R",
          file,
        ]);
        expect(text).toContain("ATSAMD21x18");
        expect(text).toContain("Verify successful");
        expect(code, text).toBe(0);
      } finally {
        await pty.close();
      }
      expect(Buffer.compare(board.flash.subarray(0x2000, 0x2000 + FIRMWARE.length), FIRMWARE)).toBe(0);
      expect(board.flash.subarray(0x2000 + 12_288).every((byte) => byte === 0xff)).toBe(true);
      for (const command of "NVXSYZ") expect(board.seen).toContain(command);
    });

    it("bossac notices where the flash does not hold what was written", async () => {
      const board = new SamBaBoard(ARDUINO_ZERO);
      board.flash.set(FIRMWARE, 0x2000);
      board.flash[0x2000 + 5000] = (board.flash[0x2000 + 5000] ?? 0) ^ 1;
      const pty = await openPty(board);
      try {
        const { code, text } = await runProgram("bossac", ["-p", pty.path, "-U", "-o", "0x2000", "-v", file]);
        expect(text).toContain("Verify failed");
        expect(code).not.toBe(0);
      } finally {
        await pty.close();
      }
    });
  },
);

const noStm32flash = missing(["stm32flash", "socat"]);
describe.skipIf(noStm32flash !== "")(
  `stm32flash and the simulated STM32 bootloader${noStm32flash && ` (skipped: ${noStm32flash})`}`,
  () => {
    it("stm32flash writes and verifies, and starts what it wrote", async () => {
      const board = new Stm32Board();
      const pty = await openPty(board);
      try {
        // Pseudo-terminals have no parity bit.
        const { code, text } = await runProgram("stm32flash", [
          "-m",
          "8n1",
          "-w",
          file,
          "-v",
          "-g",
          "0x08000000",
          pty.path,
        ]);
        expect(text).toContain("0x0413");
        expect(code, text).toBe(0);
      } finally {
        await pty.close();
      }
      expect(Buffer.compare(board.flash.subarray(0, FIRMWARE.length), FIRMWARE)).toBe(0);
      expect(board.state).toBe("running");
    });

    it("stm32flash reads back what the flasher wrote", async () => {
      const board = new Stm32Board();
      const flasher = stm32UartFlasher(
        { name: "STM32", port: "COM1", productId: 0x413, flashAddress: FLASH_ADDRESS, sectors: SECTORS },
        { open: new FaultyLine().opener(() => board) },
      );
      await flasher.flash(memoryImage([{ address: FLASH_ADDRESS, bytes: FIRMWARE }]));
      board.reset();
      const pty = await openPty(board);
      const back = join(folder, "back.bin");
      try {
        const where = `0x08000000:${FIRMWARE.length}`;
        const { code, text } = await runProgram("stm32flash", [
          "-m",
          "8n1",
          "-S",
          where,
          "-r",
          back,
          pty.path,
        ]);
        expect(code, text).toBe(0);
      } finally {
        await pty.close();
      }
      expect(Buffer.compare(readFileSync(back), FIRMWARE)).toBe(0);
    });
  },
);
