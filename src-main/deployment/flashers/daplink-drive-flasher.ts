/**
 * Firmware onto boards with a DAPLink interface chip (BBC micro:bit) by copying Intel HEX to its drive. The interface chip writes
 * the target; the drive leaves the bus and comes back, with FAIL.TXT on it where that went wrong (DAPLink, docs/MSD_COMMANDS.md and
 * source/daplink/drag-n-drop; micro:bit, tech.microbit.org/software/daplink-interface).
 */
import { LimpetError } from "../../../src-shared/errors.ts";
import type { WorkOptions } from "../../../src-shared/work.ts";
import { type DriveAccess, systemDrives } from "./drives.ts";
import { type Flasher, FlashProgress, TRY_AGAIN, unpluggedWhile } from "./flasher.ts";
import { encodeIntelHex } from "./intel-hex.ts";
import { imageBytes, type MemoryRange, requireWithin } from "./memory-image.ts";
import { poll } from "./poll.ts";

const DETAILS = "DETAILS.TXT";
const FAIL = "FAIL.TXT";
const FILE = "LIMPET.HEX";

export type DapLinkBoard = {
  readonly name: string;
  /** Serial port of the interface chip; it stays where it is. */
  readonly port: string | null;
  /** First four digits of the interface's unique id, which name the kind of board. */
  readonly boardIds: readonly string[];
  readonly room: MemoryRange;
};

export type DapLinkTiming = {
  /** For the drive to come back after the copy: it writes the target meanwhile. */
  readonly returnMs: number;
  readonly lookMs: number;
};
const DAPLINK_TIMING: DapLinkTiming = { returnMs: 30_000, lookMs: 200 };

export type DapLinkDriveOptions = { readonly drives?: DriveAccess; readonly timing?: DapLinkTiming };

export function dapLinkDriveFlasher(board: DapLinkBoard, options: DapLinkDriveOptions = {}): Flasher {
  const drives = options.drives ?? systemDrives;
  const timing = options.timing ?? DAPLINK_TIMING;
  return {
    name: "DAPLink drive",
    flash: async (image, work = {}) => {
      requireWithin(image, board.room, board.name);
      const progress = new FlashProgress(work, [
        ["bootloader", 0.05],
        ["write", 0.75],
        ["verify", 0.2],
      ]);
      progress.at("bootloader", 0);
      const drive = await findDrive(board, drives);
      const hex = Buffer.from(encodeIntelHex(image), "latin1");
      progress.at("write", 0);
      const interrupted = await copy(drives, drive, hex, progress);
      progress.at("verify", 0);
      await checkOutcome(board, drives, drive, timing, interrupted, work);
      progress.at("verify", 1);
      return { port: board.port, bytes: imageBytes(image), checked: "bootloader" };
    },
  };
}

/** The board's drive. Throws `board-not-found`, and `board-refused` where only another kind of board is there. */
async function findDrive(board: DapLinkBoard, drives: DriveAccess): Promise<string> {
  let other: string | null = null;
  for (const drive of await drives.list()) {
    const details = await drives.readText(drive, DETAILS);
    if (details === null) continue;
    const kind = boardIdOf(details);
    if (kind !== null && board.boardIds.includes(kind)) return drive;
    other = drive;
  }
  if (other !== null) {
    throw new LimpetError("board-refused", `The board at ${other} is not ${board.name}.`, {
      field: other,
      hint: "A micro:bit must be a V2 (with a golden logo that is a button). Nothing has been written.",
    });
  }
  throw new LimpetError("board-not-found", `The drive of ${board.name} is not there.`, {
    field: board.port ?? board.name,
    hint: "Plug the board in with a cable that carries data. On Linux the drive must also be mounted: open it in the file manager.",
  });
}

/** The four digits that name the kind of board, from DETAILS.TXT: the first ones of the line `Unique ID`. */
const boardIdOf = (details: string): string | null =>
  /^Unique ID:\s*([0-9a-f]{4})/im.exec(details)?.[1] ?? null;

/** True where the drive went away before the system had closed the file; that is how DAPLink ends a failed copy, and a good one. */
async function copy(
  drives: DriveAccess,
  drive: string,
  bytes: Uint8Array,
  progress: FlashProgress,
): Promise<boolean> {
  try {
    await drives.write(drive, FILE, bytes, (count) => progress.at("write", count / bytes.length));
    return false;
  } catch (error) {
    if (error instanceof LimpetError) throw error;
    return true;
  }
}

async function checkOutcome(
  board: DapLinkBoard,
  drives: DriveAccess,
  drive: string,
  timing: DapLinkTiming,
  interrupted: boolean,
  work: WorkOptions,
): Promise<void> {
  const limits = { limitMs: timing.returnMs, lookMs: timing.lookMs, signal: work.signal };
  // Either the drive has come back without the file, or it is there with a report of failure. (The drive keeps no files.)
  const back = await poll(async () => {
    for (const path of await drives.list()) {
      const details = await drives.readText(path, DETAILS);
      const kind = details === null ? null : boardIdOf(details);
      if (kind === null || !board.boardIds.includes(kind)) continue;
      if ((await drives.readText(path, FILE)) !== null) continue;
      return { failure: await drives.readText(path, FAIL) };
    }
    return null;
  }, limits);
  if (back === null) {
    throw unpluggedWhile(drive, "while its interface chip wrote the firmware");
  }
  if (back.failure !== null) {
    throw new LimpetError("board-refused", `The board at ${drive} reports: ${failureOf(back.failure)}`, {
      field: drive,
      hint: TRY_AGAIN,
    });
  }
  if (interrupted) {
    throw unpluggedWhile(drive, "while the firmware was copied to it");
  }
}

/** FAIL.TXT names the error on a line `error: …`. */
const failureOf = (text: string): string =>
  /^error:\s*(.+?)\s*$/im.exec(text)?.[1] ?? text.trim().split(/\r?\n/)[0] ?? "an error without a name";
