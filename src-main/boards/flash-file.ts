/**
 * The file that holds a virtual board's flash (docs/boards.md, "The flash file"): a region with the firmware image, then
 * what the firmware stores itself. One board at a time may use it. Knows nothing of QEMU.
 */
import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { homedir, platform } from "node:os";
import { dirname, join, resolve } from "node:path";
import { LimpetError } from "../../src-shared/errors.ts";

/** Bytes of the firmware region, header among them. The board's own store follows. */
export const FIRMWARE_REGION_BYTES = 2 * 1024 * 1024;
const HEADER_BYTES = 64;
const MAGIC = "LMFW";

/** One flash file for each user, so that what was deployed stays. */
export function defaultFlashPath(environment: NodeJS.ProcessEnv = process.env): string {
  const home = homedir();
  const base =
    platform() === "win32"
      ? (environment.LOCALAPPDATA ?? join(home, "AppData", "Local"))
      : platform() === "darwin"
        ? join(home, "Library", "Application Support")
        : (environment.XDG_STATE_HOME ?? join(home, ".local", "state"));
  return join(base, "limpet", "virtual-board.flash");
}

export class FlashFile {
  readonly path: string;
  readonly #lockPath: string;
  #locked = true;

  private constructor(path: string, lockPath: string) {
    this.path = path;
    this.#lockPath = lockPath;
  }

  /** Opens (or makes) a flash file for one board alone. Throws `board-busy`, `invalid-file`, `read-only`. */
  static open(path: string): FlashFile {
    const full = resolve(path);
    const lockPath = `${full}.lock`;
    try {
      mkdirSync(dirname(full), { recursive: true });
    } catch (error) {
      throw unwritable(full, error);
    }
    takeLock(full, lockPath);
    const file = new FlashFile(full, lockPath);
    try {
      file.#prepare();
      return file;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** The image in the firmware region with its hash; null where there is none, or a write was cut off. */
  firmware(): { readonly hash: string; readonly image: Uint8Array } | null {
    const region = Buffer.alloc(FIRMWARE_REGION_BYTES);
    const descriptor = openSync(this.path, "r");
    try {
      readSync(descriptor, region, 0, region.length, 0);
    } finally {
      closeSync(descriptor);
    }
    const bytes = region.readUInt32LE(8);
    if (region.toString("latin1", 0, 4) !== MAGIC || bytes > FIRMWARE_REGION_BYTES - HEADER_BYTES) {
      return null;
    }
    const image = new Uint8Array(region.subarray(HEADER_BYTES, HEADER_BYTES + bytes));
    const hash = createHash("sha256").update(image).digest("hex");
    return hash === region.toString("hex", 16, 48) ? { hash, image } : null;
  }

  /** Writes an image into the firmware region; the header, which makes it valid, goes last. */
  writeFirmware(image: Uint8Array, onProgress: (fraction: number) => void = () => {}): void {
    if (image.length > FIRMWARE_REGION_BYTES - HEADER_BYTES) {
      throw new LimpetError("internal", "The firmware image is larger than its region.");
    }
    const descriptor = openSync(this.path, "r+");
    try {
      writeSync(descriptor, Buffer.alloc(HEADER_BYTES, 0xff), 0, HEADER_BYTES, 0);
      fsyncSync(descriptor);
      writeSync(descriptor, image, 0, image.length, HEADER_BYTES);
      fsyncSync(descriptor);
      onProgress(0.8);
      const header = Buffer.alloc(HEADER_BYTES);
      header.write(MAGIC, 0, "latin1");
      header.writeUInt32LE(1, 4);
      header.writeUInt32LE(image.length, 8);
      createHash("sha256").update(image).digest().copy(header, 16);
      writeSync(descriptor, header, 0, HEADER_BYTES, 0);
      fsyncSync(descriptor);
      onProgress(1);
    } finally {
      closeSync(descriptor);
    }
  }

  /** Notes the process of QEMU, so that one that was left behind can be found and ended. */
  heldBy(pid: number): void {
    writeFileSync(this.#lockPath, `${process.pid} ${pid}`);
  }

  /** Lets others use the file. May be called twice. */
  close(): void {
    if (this.#locked) {
      this.#locked = false;
      rmSync(this.#lockPath, { force: true });
    }
  }

  #prepare(): void {
    const size = statSync(this.path, { throwIfNoEntry: false })?.size ?? 0;
    if (size >= FIRMWARE_REGION_BYTES) {
      return;
    }
    if (size > 0) {
      throw new LimpetError("invalid-file", `${this.path} is not the flash of a virtual board.`, {
        field: this.path,
        hint: "Name another file with --flash. A file that does not exist is made.",
      });
    }
    try {
      // Erased flash reads as ones. What follows the firmware region is the firmware's own, which makes it when it needs it.
      writeFileSync(this.path, Buffer.alloc(FIRMWARE_REGION_BYTES, 0xff));
    } catch (error) {
      throw unwritable(this.path, error);
    }
  }
}

function unwritable(path: string, cause: unknown): LimpetError {
  return new LimpetError("read-only", `The virtual board's flash cannot be kept at ${path}.`, {
    field: path,
    hint: "Name a place where you may write with --flash.",
    cause,
  });
}

/** A file with the owner's process id (and QEMU's). One whose owner no longer runs is taken over. */
function takeLock(path: string, lockPath: string): void {
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      writeFileSync(lockPath, String(process.pid), { flag: "wx" });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw unwritable(path, error);
      const owner = ownerOf(lockPath);
      if (owner > 0) {
        throw new LimpetError("board-busy", `Another virtual board (process ${owner}) is using ${path}.`, {
          field: path,
          hint: "End that one, connect to its tcp:// port, or name another file with --flash.",
          cause: error,
        });
      }
      rmSync(lockPath, { force: true });
    }
  }
  throw new LimpetError("board-busy", `Another virtual board is using ${path}.`, {
    field: path,
    hint: "Try again.",
  });
}

/** The process that uses the file now; 0 where none does any more. */
function ownerOf(lockPath: string): number {
  const text = existsSync(lockPath) ? readFileSync(lockPath, "utf8") : "";
  const processes = text.split(" ").map(Number);
  return processes.find((pid) => pid > 0 && isRunning(pid)) ?? 0;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
