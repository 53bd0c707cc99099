/**
 * One run of QEMU with a virtual board's firmware (docs/boards.md, "The virtual board"). Starts it, hands its serial line
 * over as a socket, and sees to it that it ends with this process, however that ends. Knows no frames and no flash layout.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants, linkSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { platform, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { Readable } from "node:stream";
import { LimpetError } from "../../src-shared/errors.ts";

export type QemuOptions = {
  readonly firmware: Uint8Array;
  /** The file behind the board's flash. */
  readonly flashPath: string;
  /** Container of the signal that its sensors measure; absent: its demo machine. */
  readonly signal?: Uint8Array | undefined;
  /** Counts instructions exactly; virtual time then follows the instructions, 64 ns each. */
  readonly instructions?: boolean | undefined;
  /** With `instructions`: the board's time leaps over what the processor sleeps through, as fast as this computer can. */
  readonly leap?: boolean | undefined;
  /** With `instructions`: QEMU ends when the board has run that many seconds of its own time. */
  readonly seconds?: number | undefined;
};

const CONNECT_TIMEOUT_MS = 15_000;
const KILL_AFTER_MS = 2000;
const WINDOWS = platform() === "win32";

/**
 * Where the shell is told to start QEMU: a watcher reads descriptor 3, whose other end this process holds. When that closes
 * without a word, this process is gone, and QEMU must not stay behind.
 */
const WATCHED =
  '(read word <&3 || { kill -9 $$; rm -f firmware.bin signal.bin flash.bin link.sock; rmdir "$PWD"; }) & exec "$@" 3<&-';

/** QEMU for Arm on the path, or what LIMPET_QEMU names; null where there is none. */
export function findQemu(environment: NodeJS.ProcessEnv = process.env): string | null {
  const named = environment.LIMPET_QEMU;
  const name = WINDOWS ? "qemu-system-arm.exe" : "qemu-system-arm";
  const candidates =
    named === undefined
      ? (environment.PATH ?? "")
          .split(delimiter)
          .filter((folder) => folder !== "")
          .map((folder) => join(folder, name))
      : [named];
  return candidates.find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export class QemuProcess {
  readonly socket: Socket;
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #exited: Promise<void>;

  private constructor(socket: Socket, child: ChildProcess, folder: string, exited: Promise<void>) {
    this.socket = socket;
    this.#child = child;
    this.#folder = folder;
    this.#exited = exited;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Starts QEMU; resolves when its serial line is connected. Throws `setup-missing` or `board-not-found`. */
  static async start(options: QemuOptions): Promise<QemuProcess> {
    const qemu = findQemu();
    if (qemu === null) {
      throw new LimpetError(
        "setup-missing",
        "The virtual board needs QEMU (qemu-system-arm), which is not there.",
        {
          hint: "On Debian or Ubuntu: `sudo apt install qemu-system-arm`. Or use the board `simulated`, which needs nothing.",
        },
      );
    }
    const folder = mkdtempSync(join(tmpdir(), "limpet-virtual-"));
    const server = createServer();
    let child: ChildProcess | null = null;
    try {
      prepareFolder(folder, options);
      const line = await listen(server, folder);
      child = launch(qemu, folder, line, options);
      const exited = untilExit(child);
      const socket = await connected(server, child);
      return new QemuProcess(socket, child, folder, exited);
    } catch (error) {
      child?.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
      throw error;
    } finally {
      server.close();
    }
  }

  /** Ends QEMU and waits for its end; its exit code, null where a signal ended it. May be called twice. */
  async stop(): Promise<number | null> {
    // Asked politely first: QEMU closes the files of semihosting in an orderly way.
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), KILL_AFTER_MS);
    await this.#exited;
    clearTimeout(timer);
    this.socket.destroy();
    rmSync(this.#folder, { recursive: true, force: true });
    return this.#child.exitCode;
  }
}

/** QEMU runs in a folder of its own, where the firmware finds its files by fixed names. */
function prepareFolder(folder: string, options: QemuOptions): void {
  writeFileSync(join(folder, "firmware.bin"), options.firmware);
  writeFileSync(join(folder, "signal.bin"), options.signal ?? new Uint8Array(0));
  // Windows lets only administrators make symbolic links; a hard link does there, if both are on one disk.
  (WINDOWS ? linkSync : symlinkSync)(options.flashPath, join(folder, "flash.bin"));
}

/** Listens for QEMU: in its own folder where that can be, else on loopback. Resolves with QEMU's words for it. */
function listen(server: Server, folder: string): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    if (WINDOWS) {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address();
        const port = typeof address === "object" && address !== null ? address.port : 0;
        resolve(`host=127.0.0.1,port=${port}`);
      });
    } else {
      server.listen(join(folder, "link.sock"), () => resolve("path=link.sock"));
    }
  });
}

function launch(
  qemu: string,
  folder: string,
  line: string,
  { instructions = false, leap = false, seconds }: QemuOptions,
): ChildProcess {
  const flags = [
    ["-machine", "mps2-an386"],
    ["-display", "none"],
    ["-monitor", "none"],
    ["-parallel", "none"],
    ["-chardev", `socket,id=link,${line}`],
    ["-serial", "chardev:link"],
    [
      "-semihosting-config",
      `enable=on,target=native,arg=limpet,arg=flash.bin,arg=signal.bin${instructions ? ",arg=instructions" : ""}${seconds === undefined ? "" : `,arg=${Math.ceil(seconds)}`}`,
    ],
    ["-kernel", "firmware.bin"],
    instructions ? ["-icount", leap ? "shift=6,sleep=off" : "shift=6"] : [],
  ].flat();
  const child = WINDOWS
    ? spawn(qemu, flags, { cwd: folder, stdio: ["ignore", "ignore", "pipe"], windowsHide: true })
    : spawn("/bin/sh", ["-c", WATCHED, "sh", qemu, ...flags], {
        cwd: folder,
        stdio: ["ignore", "ignore", "pipe", "pipe"],
        // Ctrl+C in a terminal goes to the whole group; QEMU is ended by us, after what it still has to say.
        detached: true,
      });
  child.unref();
  return child;
}

function untilExit(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once("close", () => resolve());
    child.once("exit", () => {
      const watcher = child.stdio[3];
      // Tells the watcher that all is well, so that it ends without a kill.
      if (watcher !== undefined && watcher !== null && "write" in watcher) {
        watcher.on("error", () => {});
        watcher.end("done\n");
      }
    });
    child.once("error", () => resolve());
  });
}

function connected(server: Server, child: ChildProcess): Promise<Socket> {
  return new Promise((resolve, reject) => {
    let words = "";
    (child.stderr as Readable | null)?.on("data", (bytes: Buffer) => {
      words = (words + bytes.toString()).slice(-2000);
    });
    const fail = (why: string, cause?: unknown): void => {
      clearTimeout(timer);
      reject(
        new LimpetError("board-not-found", `The virtual board did not start: ${why}.`, {
          field: "virtual",
          hint: "Is QEMU 7.2 or newer installed? `qemu-system-arm --version` says.",
          cause,
        }),
      );
    };
    const timer = setTimeout(() => fail("QEMU did not open its serial line in time"), CONNECT_TIMEOUT_MS);
    child.once("error", (error) => fail("QEMU cannot be run", error));
    child.once("exit", () => fail(words.trim() === "" ? "QEMU ended at once" : words.trim()));
    server.once("connection", (socket) => {
      clearTimeout(timer);
      resolve(socket);
    });
  });
}
