/** Firmware onto an Arduino Nano 33 BLE by its own bootloader (SAM-BA over USB). */
import { LimpetError } from "../../../src-shared/errors.ts";
import {
  enterBootloader,
  PORT_TIMING,
  type PortAccess,
  systemPorts,
  waitForPort,
} from "./bootloader-port.ts";
import { ByteLine, type LineOpener } from "./byte-line.ts";
import { differsAt, type Flasher, FlashProgress, type FlashResult } from "./flasher.ts";
import {
  hexAddress,
  type MemoryImage,
  type MemoryRange,
  pagesOf,
  requireWithin,
  type Segment,
} from "./memory-image.ts";
import { crc16, SAM_BA_TIMING, SamBa } from "./sam-ba.ts";
import { openSerialLine } from "./serial-line.ts";

/** The nRF52840's erase page, which is also what the bootloader takes at once. */
const PAGE_BYTES = 4096;
const LINE = { baudRate: 921_600, parity: "none" } as const;

export type SamBaBoard = {
  readonly name: string;
  /** Serial port of the running board, or of its bootloader. */
  readonly port: string;
  readonly applicationUsb: readonly string[];
  readonly bootloaderUsb: readonly string[];
  /** What the chip answers to `I`. */
  readonly chip: string;
  /** Room for firmware, addresses of the chip. The bootloader counts from its start. */
  readonly room: MemoryRange;
  /** Where in the bootloader's buffer a page is put; bossac uses 0x34. */
  readonly bufferAddress: number;
};

export type SamBaOptions = {
  readonly open?: LineOpener;
  readonly ports?: PortAccess;
  readonly timing?: typeof SAM_BA_TIMING & typeof PORT_TIMING;
};

export function samBaFlasher(board: SamBaBoard, options: SamBaOptions = {}): Flasher {
  const open = options.open ?? openSerialLine;
  const access = options.ports ?? systemPorts;
  const timing = options.timing ?? { ...SAM_BA_TIMING, ...PORT_TIMING };
  return {
    name: "SAM-BA over USB",
    flash: async (image, work = {}) => {
      requireWithin(image, board.room, board.name);
      const progress = new FlashProgress(work, [
        ["bootloader", 0.05],
        ["erase", 0.15],
        ["write", 0.65],
        ["verify", 0.1],
        ["restart", 0.05],
      ]);
      progress.at("bootloader", 0);
      const wanted = { access, timing, signal: work.signal };
      const before = await access.list();
      const port = await enterBootloader(board.port, board.bootloaderUsb, wanted);
      const bootloader = (await access.list()).find(({ path }) => path === port) ?? null;
      const line = await ByteLine.open(open, port, LINE, () => progress.doing);
      let written: Pick<FlashResult, "bytes" | "checked">;
      try {
        const monitor = new SamBa(line, timing, () => progress.doing);
        written = await writeAll(monitor, image, board, port, progress);
        progress.at("restart", 0);
        await monitor.reset();
      } finally {
        await line.close();
      }
      const came = await waitForPort(board.applicationUsb, seenBefore(before, board), bootloader, wanted);
      progress.at("restart", 1);
      return { port: came?.path ?? null, ...written };
    },
  };
}

/** Ports that cannot be the board coming back; it was there itself under its application's identity. */
const seenBefore = (ports: Awaited<ReturnType<PortAccess["list"]>>, { port }: SamBaBoard) =>
  ports.filter(({ path }) => path !== port);

async function writeAll(
  monitor: SamBa,
  image: MemoryImage,
  board: SamBaBoard,
  port: string,
  progress: FlashProgress,
): Promise<Pick<FlashResult, "bytes" | "checked">> {
  const { chip } = await monitor.connect();
  if (chip !== board.chip) {
    throw new LimpetError(
      "board-refused",
      `The chip at ${port} is ${chip ?? "not known"}, not ${board.chip}.`,
      {
        field: port,
        hint: `Choose the port of ${board.name}. Nothing has been written.`,
      },
    );
  }
  const pages = pagesOf(image, PAGE_BYTES);
  const first = pages[0];
  if (first === undefined) return { bytes: 0, checked: "bootloader" };
  const offset = (address: number) => address - board.room.start;
  progress.at("erase", 0);
  // From here to the end: this bootloader erases no single pages. Some only note it and erase when a page is written, so the page
  // with the vector table is written twice: as ones at the start, which no bootloader starts, and as it shall be at the end.
  await monitor.erase(offset(first.address));
  const blank = { address: first.address, bytes: new Uint8Array(PAGE_BYTES).fill(0xff) };
  const order = [blank, ...pages.slice(1), first];
  for (const [index, page] of order.entries()) {
    progress.at("write", index / order.length);
    await monitor.program(board.bufferAddress, offset(page.address), page.bytes);
  }
  const checked = await verify(monitor, pages, offset, port, progress);
  return { bytes: pages.length * PAGE_BYTES, checked };
}

async function verify(
  monitor: SamBa,
  pages: readonly Segment[],
  offset: (address: number) => number,
  port: string,
  progress: FlashProgress,
): Promise<FlashResult["checked"]> {
  for (const [index, page] of pages.entries()) {
    progress.at("verify", index / pages.length);
    const sum = await monitor.checksum(offset(page.address), PAGE_BYTES).catch((error: unknown) => {
      // A bootloader that never answers to `Z` checks nothing; the firmware itself says its hash after the restart.
      if (index === 0 && error instanceof LimpetError && error.code === "board-timeout") return null;
      throw error;
    });
    if (sum === null) return "bootloader";
    if (sum !== crc16(page.bytes)) throw differsAt(port, hexAddress(page.address));
  }
  return "checksum";
}
