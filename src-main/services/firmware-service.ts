/**
 * Firmware onto boards by their own bootloaders: for a board that speaks to us already, and for one that does not yet. Knows sessions,
 * descriptions and flashers; no protocol of any bootloader.
 */
import { LimpetError } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import type { BoardSession } from "../boards/board-session.ts";
import { parseSerialName, SerialTransport } from "../boards/transports/serial.ts";
import { TextAwareTransport } from "../boards/transports/text-aware.ts";
import type { FirmwareAccess } from "../boards/transports/transport.ts";
import {
  type BoardDescription,
  boardOfUsb,
  describeBoard,
  describedBoards,
} from "../deployment/board-description.ts";
import { PORT_TIMING, waitForPort } from "../deployment/flashers/bootloader-port.ts";
import { type DriveAccess, systemDrives } from "../deployment/flashers/drives.ts";
import type { Flasher } from "../deployment/flashers/flasher.ts";
import { firmwareFor, flasherFor } from "../deployment/flashers/for-board.ts";
import { listUsbPorts, type UsbPort } from "../deployment/flashers/serial-line.ts";

/** What may be exchanged for tests. */
export type FirmwareTools = {
  readonly flasher: (description: BoardDescription, port: string | null) => Promise<Flasher>;
  readonly image: typeof firmwareFor;
  readonly ports: () => Promise<UsbPort[]>;
};
const TOOLS: FirmwareTools = { flasher: flasherFor, image: firmwareFor, ports: listUsbPorts };

/**
 * Writing the firmware of a connected board by its bootloader; null where the board is not at a serial port, or of a kind whose
 * bootloader is not known, or has no image that was built.
 */
export function bootloaderAccess(session: BoardSession, tools: FirmwareTools = TOOLS): FirmwareAccess | null {
  const line = session.transport;
  const transport = line instanceof TextAwareTransport ? line.inner : line;
  const description = describeBoard(session.hello.kind);
  if (!(transport instanceof SerialTransport) || description === null || description.firmware === null)
    return null;
  let built: ReturnType<typeof firmwareFor>;
  try {
    built = tools.image(description);
  } catch (error) {
    if (error instanceof LimpetError && error.code === "setup-missing") return null;
    throw error;
  }
  return {
    builtHash: async () => built.hash,
    installedHash: async () => session.hello.firmwareHash,
    write: async (onProgress) => {
      await transport.whileClosed(async () => {
        const flasher = await tools.flasher(description, transport.port);
        const result = await flasher.flash(built.image, {
          onProgress: (_stage, fraction) => onProgress(fraction),
        });
        return result.port;
      });
    },
  };
}

/** Answers of something at the port that is no Limpet board, or not yet. */
const NO_LIMPET_BOARD = new Set(["board-timeout", "board-protocol"]);

/**
 * Opens the board at `port`. Where nothing of ours answers there, but the port's USB identity is that of a board with a bootloader, its
 * firmware is written first (unless `firmware` is `never`), and the board is opened where it is then. Throws what `open` and the
 * flasher throw.
 */
export async function openWithFirmware(
  port: string,
  firmware: "always" | "if-needed" | "never",
  open: (port: string) => Promise<BoardSession>,
  work: WorkOptions = {},
  tools: FirmwareTools = TOOLS,
): Promise<{ readonly session: BoardSession; readonly written: boolean }> {
  try {
    return { session: await open(port), written: false };
  } catch (error) {
    const mute = error instanceof LimpetError && NO_LIMPET_BOARD.has(error.code);
    const description = mute && firmware !== "never" ? await writableBoardAt(port, tools) : null;
    if (description === null) throw error;
    return { session: await open(await write(port, description, work, tools)), written: true };
  }
}

/** How a board is named that is there only as its bootloader's drive. */
const DRIVE = "drive:";

/** The board whose bootloader shows this drive, by the files on it (INFO_UF2.TXT, DETAILS.TXT); null where it is none that is known. */
export async function boardOfDrive(
  path: string,
  drives: Pick<DriveAccess, "readText">,
): Promise<BoardDescription | null> {
  const uf2 = /^Board-ID:\s*(\S+)/m.exec((await drives.readText(path, "INFO_UF2.TXT")) ?? "")?.[1];
  const unique = /^Unique ID:\s*([0-9a-fA-F]{4})/m.exec(
    (await drives.readText(path, "DETAILS.TXT")) ?? "",
  )?.[1];
  return (
    describedBoards().find(({ firmware }) => {
      if (firmware?.method === "uf2") return uf2 !== undefined && firmware.boardIds.includes(uf2);
      return (
        firmware?.method === "daplink" &&
        unique !== undefined &&
        firmware.boardIds.includes(unique.toLowerCase())
      );
    }) ?? null
  );
}

export const portOfDrive = (path: string): string => `${DRIVE}${path}`;

/** The board at a port by its USB identity, where Limpet can write its firmware; else null. */
async function writableBoardAt(
  port: string,
  tools: Pick<FirmwareTools, "ports"> = TOOLS,
): Promise<BoardDescription | null> {
  if (port.startsWith(DRIVE)) return boardOfDrive(port.slice(DRIVE.length), systemDrives);
  const { path } = parseSerialName(port);
  const usb = (await tools.ports()).find((one) => one.path === path)?.usb ?? null;
  const found = usb === null ? null : boardOfUsb(usb);
  return found === null || found.description.firmware === null ? null : found.description;
}

/**
 * Writes Limpet's firmware onto the board at a port, whatever is on it now; the port must not be open here. Resolves with the port at
 * which the board is then. Throws `usage` where the board is none that can be written, and what the flasher throws.
 */
export async function writeFirmware(
  port: string,
  work: WorkOptions = {},
  tools: FirmwareTools = TOOLS,
): Promise<string> {
  const description = await writableBoardAt(port, tools);
  if (description === null) {
    throw new LimpetError("usage", `Limpet cannot write to the board at ${port}.`, {
      field: port,
      hint: "Boards with a known bootloader are listed in docs/boards.md. A board that prints numbers can be recorded without any.",
    });
  }
  const at = port.startsWith(DRIVE) ? null : parseSerialName(port).path;
  return write(at, description, work, tools);
}

async function write(
  port: string | null,
  description: BoardDescription,
  work: WorkOptions,
  tools: FirmwareTools,
): Promise<string> {
  const { image } = tools.image(description);
  const flasher = await tools.flasher(description, port);
  const before = await tools.ports();
  const result = await flasher.flash(image, work);
  const found = result.port ?? port;
  if (found !== null) return found;
  // A board that was a drive comes back as a port; which one, its identity tells.
  const access = { list: tools.ports, touch: async () => {} };
  const back = await waitForPort(description.usb, before, null, {
    access,
    timing: PORT_TIMING,
    signal: work.signal,
  });
  if (back !== null) return back.path;
  throw new LimpetError(
    "board-not-found",
    `${description.name} did not come back after its firmware was written.`,
    {
      hint: "Unplug the board and plug it in again, then look for it in the list.",
    },
  );
}
