/**
 * Drives that a board's bootloader shows: where they are mounted, reading a small file on one, writing a file through to it. Knows no
 * format of such files. The ways to the drives can be exchanged for tests.
 */
import { open, readdir, readFile, stat } from "node:fs/promises";
import { platform } from "node:os";
import { join } from "node:path";

export type DriveAccess = {
  /** Folders at which drives may be mounted now. */
  readonly list: () => Promise<string[]>;
  /** A file's text; null where it is not there or the drive has gone. */
  readonly readText: (drive: string, name: string) => Promise<string | null>;
  /** Writes a file through to the drive, in order. Rejects when the drive goes away under it. */
  readonly write: (
    drive: string,
    name: string,
    bytes: Uint8Array,
    onWritten: (count: number) => void,
  ) => Promise<void>;
};

/** What is written between two looks at progress and cancellation. A multiple of every drive's sector. */
export const DRIVE_CHUNK_BYTES = 4096;

export const systemDrives: DriveAccess = {
  list: listDrives,
  readText: async (drive, name) => {
    try {
      return await readFile(join(drive, name), "utf8");
    } catch {
      return null;
    }
  },
  write: async (drive, name, bytes, onWritten) => {
    const file = await open(join(drive, name), "w");
    try {
      for (let at = 0; at < bytes.length; ) {
        const { bytesWritten } = await file.write(bytes, at, Math.min(DRIVE_CHUNK_BYTES, bytes.length - at));
        at += bytesWritten;
        // Without this the bytes would wait in the system's memory, and the bootloader would see them in any order and time.
        await file.sync();
        onWritten(at);
      }
    } finally {
      // A drive that has gone can no longer be closed in good order.
      await file.close().catch(() => {});
    }
  },
};

async function listDrives(): Promise<string[]> {
  if (platform() === "win32") {
    const letters = [..."DEFGHIJKLMNOPQRSTUVWXYZ"].map((letter) => `${letter}:\\`);
    const there = await Promise.all(
      letters.map((path) =>
        stat(path).then(
          () => true,
          () => false,
        ),
      ),
    );
    return letters.filter((_path, index) => there[index]);
  }
  if (platform() === "darwin") {
    return (await readdir("/Volumes").catch(() => [])).map((name) => join("/Volumes", name));
  }
  const mounts = await readFile("/proc/self/mounts", "utf8").catch(() => "");
  return fatMounts(mounts);
}

/** Mount points of FAT file systems in the text of `/proc/self/mounts`, which writes spaces as `\040`. */
export function fatMounts(mounts: string): string[] {
  return mounts
    .split("\n")
    .map((line) => line.split(" "))
    .filter(([, , kind]) => kind === "vfat" || kind === "msdos")
    .map(([, path = ""]) =>
      path.replace(/\\([0-7]{3})/g, (_all, code) => String.fromCharCode(parseInt(code, 8))),
    );
}
