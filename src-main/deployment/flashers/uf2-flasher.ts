/** Firmware onto boards whose bootloader shows a drive that takes UF2 files (Seeed XIAO nRF52840, Raspberry Pi Pico). */
import { LimpetError } from "../../../src-shared/errors.ts";
import type { WorkOptions } from "../../../src-shared/work.ts";
import { PORT_TIMING, type PortAccess, systemPorts, waitForPort } from "./bootloader-port.ts";
import { DRIVE_CHUNK_BYTES, type DriveAccess, systemDrives } from "./drives.ts";
import { type Flasher, FlashProgress, TRY_AGAIN, unpluggedWhile } from "./flasher.ts";
import { type MemoryRange, requireWithin } from "./memory-image.ts";
import { poll } from "./poll.ts";
import type { UsbPort } from "./serial-line.ts";
import { encodeUf2 } from "./uf2.ts";

const INFO = "INFO_UF2.TXT";
const FILE = "LIMPET.UF2";

export type Uf2Board = {
  readonly name: string;
  /** Serial port of the running board; null where only the drive is there. */
  readonly port: string | null;
  readonly applicationUsb: readonly string[];
  /** What follows `Board-ID:` in INFO_UF2.TXT. */
  readonly boardIds: readonly string[];
  readonly family: number;
  readonly room: MemoryRange;
  readonly eraseBytes: number;
  /** Whether the firmware on it restarts into the bootloader at the 1200-baud touch. */
  readonly touch: boolean;
};

export type Uf2Timing = typeof PORT_TIMING & {
  /** For the drive to appear, and to vanish after the copy. */
  readonly driveMs: number;
};
const UF2_TIMING: Uf2Timing = { ...PORT_TIMING, driveMs: 15_000 };

export type Uf2Options = {
  readonly drives?: DriveAccess;
  readonly ports?: PortAccess;
  readonly timing?: Uf2Timing;
};

export function uf2Flasher(board: Uf2Board, options: Uf2Options = {}): Flasher {
  const drives = options.drives ?? systemDrives;
  const ports = options.ports ?? systemPorts;
  const timing = options.timing ?? UF2_TIMING;
  return {
    name: "UF2 drive",
    flash: async (image, work = {}) => {
      requireWithin(image, board.room, board.name);
      const progress = new FlashProgress(work, [
        ["bootloader", 0.1],
        ["write", 0.8],
        ["restart", 0.1],
      ]);
      progress.at("bootloader", 0);
      const before = await ports.list();
      const running = before.find(({ path }) => path === board.port) ?? null;
      const drive = await enterAndFind(board, running, drives, ports, timing, work);
      const bytes = encodeUf2(image, board.family, board.eraseBytes);
      const whole = await copy(drives, drive, bytes, progress);
      progress.at("restart", 0);
      await waitUntilGone(drives, drive, timing, board, work);
      const others = before.filter(({ path }) => path !== board.port);
      const wanted = { access: ports, timing, signal: work.signal };
      const came =
        board.applicationUsb.length === 0
          ? null
          : await waitForPort(board.applicationUsb, others, running, wanted);
      // The copy's end is not certain, and no firmware has started: then the plug was pulled in the last moment.
      if (!whole && came === null) throw unpluggedWhile(drive, "in the last moment of writing");
      progress.at("restart", 1);
      return { port: came?.path ?? null, bytes: bytes.length / 2, checked: "bootloader" };
    },
  };
}

async function enterAndFind(
  board: Uf2Board,
  running: UsbPort | null,
  drives: DriveAccess,
  ports: PortAccess,
  timing: Uf2Timing,
  work: WorkOptions,
): Promise<string> {
  const there = await findDrive(board, drives);
  if (there !== null) return there;
  if (board.touch && running !== null) {
    try {
      await ports.touch(running.path);
    } catch (error) {
      if (
        error instanceof LimpetError &&
        (error.code === "board-busy" || error.code === "board-permission")
      ) {
        throw error;
      }
    }
  }
  const limits = { limitMs: timing.driveMs, lookMs: timing.lookMs, signal: work.signal };
  const drive = await poll(() => findDrive(board, drives), limits);
  if (drive !== null) return drive;
  throw new LimpetError("board-not-found", `The drive of ${board.name} did not appear.`, {
    field: board.port ?? board.name,
    hint: board.touch
      ? "Press the board's reset button twice, quickly. On Linux the drive must also be mounted: open it in the file manager."
      : "Hold the board's BOOTSEL button while you plug it in. On Linux the drive must also be mounted: open it in the file manager.",
  });
}

/** The drive whose INFO_UF2.TXT names this board. */
async function findDrive(board: Uf2Board, drives: DriveAccess): Promise<string | null> {
  for (const drive of await drives.list()) {
    const id = /^Board-ID:\s*(.+?)\s*$/im.exec((await drives.readText(drive, INFO)) ?? "")?.[1];
    if (id !== undefined && board.boardIds.includes(id)) return drive;
  }
  return null;
}

/** Copies the file. False where the drive went away at the very end, which it does of itself, too. */
async function copy(
  drives: DriveAccess,
  drive: string,
  bytes: Uint8Array,
  progress: FlashProgress,
): Promise<boolean> {
  progress.at("write", 0);
  let written = 0;
  try {
    await drives.write(drive, FILE, bytes, (count) => {
      written = count;
      progress.at("write", count / bytes.length);
    });
    return true;
  } catch (error) {
    if (error instanceof LimpetError) throw error;
    // The bootloader restarts as soon as it has the last block, often before the system has closed the file.
    const lastPiece = bytes.length - written <= DRIVE_CHUNK_BYTES;
    if (lastPiece && (await drives.readText(drive, INFO)) === null) return false;
    if ((error as NodeJS.ErrnoException).code === "ENOSPC") {
      throw new LimpetError("board-refused", `The drive ${drive} is too small for the firmware.`, {
        field: drive,
        hint: "Delete other files from the drive, and try again.",
        cause: error,
      });
    }
    throw unpluggedWhile(drive, progress.doing, error);
  }
}

async function waitUntilGone(
  drives: DriveAccess,
  drive: string,
  timing: Uf2Timing,
  board: Uf2Board,
  work: WorkOptions,
): Promise<void> {
  const limits = { limitMs: timing.driveMs, lookMs: timing.lookMs, signal: work.signal };
  const gone = await poll(async () => ((await findDrive(board, drives)) === drive ? null : true), limits);
  if (gone !== null) return;
  throw new LimpetError(
    "board-refused",
    `The bootloader at ${drive} took the file, but did not start the firmware.`,
    { field: drive, hint: `Some blocks may not have arrived. ${TRY_AGAIN}` },
  );
}
