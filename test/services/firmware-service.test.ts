/** Firmware by a board's bootloader, seen from deployment: the line pauses and goes on, and a board that does not speak yet gets firmware. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { BoardSession } from "../../src-main/boards/board-session.ts";
import { SerialTransport } from "../../src-main/boards/transports/serial.ts";
import { TcpTransport } from "../../src-main/boards/transports/tcp.ts";
import type { Flasher } from "../../src-main/deployment/flashers/flasher.ts";
import { memoryImage } from "../../src-main/deployment/flashers/memory-image.ts";
import {
  bootloaderAccess,
  type FirmwareTools,
  openWithFirmware,
  writeFirmware,
} from "../../src-main/services/firmware-service.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import { FakeBoard } from "../boards/fake-board.ts";
import { isInstalled } from "../deployment/flashers/simulators/pty.ts";
import { until } from "../waiting.ts";

const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function fakeBoard(): Promise<FakeBoard> {
  const board = await FakeBoard.start();
  cleanUps.push(() => board.close());
  return board;
}

/** A serial port in `folder` whose other end is a board behind TCP. */
async function serialPort(
  board: FakeBoard,
  folder: string,
  name: string,
): Promise<{ path: string; child: ChildProcess }> {
  const path = join(folder, name);
  const address = board.port.replace("tcp://", "TCP:");
  const child = spawn("socat", [`PTY,raw,echo=0,link=${path}`, `${address},nodelay`], { stdio: "ignore" });
  cleanUps.push(() => void child.kill());
  await until(() => existsSync(path));
  return { path, child };
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "limpet-firmware-"));
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const IMAGE = {
  image: memoryImage([{ address: 0x10000, bytes: Uint8Array.of(1, 2, 3, 4) }]),
  hash: "ab".repeat(32),
};

const toolsWith = (flash: Flasher["flash"], usb = "2341:005a"): FirmwareTools => ({
  flasher: async () => ({ name: "test", flash }),
  image: () => IMAGE,
  ports: async () => [{ path: "/dev/ttyACM7", usb, serialNumber: null }],
});

const mute = () =>
  Promise.reject(new LimpetError("board-timeout", "The board does not answer.", { field: "/dev/ttyACM7" }));

describe.skipIf(!isInstalled("socat"))(
  "a serial line while the firmware is written (skipped without socat)",
  () => {
    it("lets go of the port, comes back at the one where the board is then, and nobody hears of a loss", async () => {
      const board = await fakeBoard();
      const folder = newFolder();
      const first = await serialPort(board, folder, "first");
      const transport = new SerialTransport(first.path);
      const session = await BoardSession.connect(transport);
      cleanUps.push(() => session.close());
      const events: string[] = [];
      session.listen(({ kind }) => events.push(kind));
      const hello = session.hello;
      await transport.whileClosed(async () => {
        // Another program, the flasher, can have the port meanwhile; then the board leaves it.
        const other = new SerialTransport(first.path);
        await other.open({ onData: () => {}, onLost: () => {} });
        await other.close();
        first.child.kill();
        return (await serialPort(board, folder, "second")).path;
      });
      await session.afterRestart();
      expect(session.port).toBe(join(folder, "second"));
      expect(session.hello).toEqual(hello);
      expect(events).not.toContain("lost");
    });

    it("goes on at the old port where the writing fails", async () => {
      const board = await fakeBoard();
      const { path } = await serialPort(board, newFolder(), "port");
      const transport = new SerialTransport(path);
      const session = await BoardSession.connect(transport);
      cleanUps.push(() => session.close());
      const refused = new LimpetError("board-refused", "The bootloader refused.");
      await expect(transport.whileClosed(() => Promise.reject(refused))).rejects.toBe(refused);
      await session.greet();
      expect(session.lost).toBeNull();
    });
  },
);

describe("opening a board", () => {
  it("writes its firmware first where nothing of ours answers and the port is that of a known bootloader", async () => {
    const board = await fakeBoard();
    const opened: string[] = [];
    const open = (port: string) => {
      opened.push(port);
      return opened.length === 1 ? mute() : BoardSession.connect(new TcpTransport(board.port));
    };
    const written: number[] = [];
    const tools = toolsWith(async (image) => {
      written.push(image[0]?.address ?? 0);
      return { port: "/dev/ttyACM8", bytes: 4096, checked: "checksum" };
    });
    const result = await openWithFirmware("/dev/ttyACM7", "if-needed", open, {}, tools);
    cleanUps.push(() => result.session.close());
    expect(result.written).toBe(true);
    expect(opened).toEqual(["/dev/ttyACM7", "/dev/ttyACM8"]);
    expect(written).toEqual([0x10000]);
  });

  it("writes nothing where that is not wished, to a port of unknown identity, or where the port itself is the trouble", async () => {
    const tools = toolsWith(() => Promise.reject(new Error("must not be called")));
    await expect(openWithFirmware("/dev/ttyACM7", "never", mute, {}, tools)).rejects.toMatchObject({
      code: "board-timeout",
    });
    const unknown = toolsWith(tools.image as never, "1234:5678");
    await expect(openWithFirmware("/dev/ttyACM7", "if-needed", mute, {}, unknown)).rejects.toMatchObject({
      code: "board-timeout",
    });
    const busy = () => Promise.reject(new LimpetError("board-busy", "Another program is using it."));
    await expect(openWithFirmware("/dev/ttyACM7", "if-needed", busy, {}, tools)).rejects.toMatchObject({
      code: "board-busy",
    });
  });

  it("has no bootloader for boards that are not at a serial port", async () => {
    const board = await fakeBoard();
    const session = await BoardSession.connect(new TcpTransport(board.port));
    cleanUps.push(() => session.close());
    expect(bootloaderAccess(session)).toBeNull();
  });
});

describe("writing the firmware onto a board of the user's choice", () => {
  it("goes to the board at a port, whatever is on it, and says where it is then", async () => {
    const asked: (string | null)[] = [];
    const tools: FirmwareTools = {
      ...toolsWith(async () => ({ port: "/dev/ttyACM8", bytes: 4096, checked: "checksum" }), "2341:805a"),
      flasher: async (_description, port) => {
        asked.push(port);
        return {
          name: "test",
          flash: async () => ({ port: "/dev/ttyACM8", bytes: 4096, checked: "checksum" }),
        };
      },
    };
    expect(await writeFirmware("/dev/ttyACM7@9600", {}, tools)).toBe("/dev/ttyACM8");
    expect(asked).toEqual(["/dev/ttyACM7"]);
  });

  it("refuses a board that it does not know, before anything is written", async () => {
    const tools = toolsWith(() => Promise.reject(new Error("must not be called")), "1234:5678");
    await expect(writeFirmware("/dev/ttyACM7", {}, tools)).rejects.toMatchObject({ code: "usage" });
    await expect(writeFirmware(`drive:${newFolder()}`, {}, tools)).rejects.toMatchObject({ code: "usage" });
  });

  it("goes to a board that is there as its bootloader's drive alone, and finds the port that it comes back at", async () => {
    const drive = newFolder();
    writeFileSync(
      join(drive, "INFO_UF2.TXT"),
      "UF2 Bootloader v0.6\r\nModel: XIAO\r\nBoard-ID: nRF52840-SeeedXiaoSense-v1\r\n",
    );
    let written = false;
    const tools: FirmwareTools = {
      image: () => IMAGE,
      flasher: async (description, port) => {
        expect([description.board, port]).toEqual(["xiao-nrf52840-sense", null]);
        return {
          name: "test",
          flash: async () => {
            written = true;
            return { port: null, bytes: 4096, checked: "bootloader" };
          },
        };
      },
      ports: async () => (written ? [{ path: "/dev/ttyACM3", usb: "2886:8045", serialNumber: "7" }] : []),
    };
    expect(await writeFirmware(`drive:${drive}`, {}, tools)).toBe("/dev/ttyACM3");
  });
});
