/**
 * QEMU's machine `microbit` (nRF51822) with the firmware's runtime on the drivers of the nRF chips. Its power can be cut at any moment: the
 * machine is stopped, its flash saved through the monitor, the process killed; the next start has that flash.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect as connectTo, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { BoardSession } from "../../../src-main/boards/board-session.ts";
import { findQemu } from "../../../src-main/boards/qemu-process.ts";
import { TcpTransport } from "../../../src-main/boards/transports/tcp.ts";

const firmware = join(import.meta.dirname, "../../../firmware");
const FLASH_BYTES = 256 * 1024;
const RAM_BYTES = 40 * 1024;
/** A busy computer takes its time to start QEMU, milliseconds. */
const START_MS = 120_000;

/** Why the machine cannot be had here; null where it can. */
export function missingForMicrobit(): string | null {
  if (findQemu() === null) return "qemu-system-arm is not there";
  if (spawnSync("arm-none-eabi-gcc", ["--version"]).status !== 0) return "arm-none-eabi-gcc is not there";
  return null;
}

/** Builds the image into `folder`; returns the flash of a board with it and nothing else. */
export function buildMicrobitFlash(folder: string): Buffer {
  const all = (part: string) =>
    readdirSync(join(firmware, part))
      .filter((name) => name.endsWith(".c"))
      .map((name) => join(firmware, part, name));
  const nrf = ["application", "chip", "uart", "nvmc", "sensor_tick", "startup"];
  const sources = [
    ...["runtime", "link", "store", "maths"].flatMap(all),
    join(firmware, "classifier/model_package.c"),
    join(firmware, "boards/common/sampled_sensor.c"),
    join(firmware, "boards/common/sha256.c"),
    ...nrf.map((name) => join(firmware, `boards/nrf/${name}.c`)),
    join(import.meta.dirname, "../doubles.c"),
    join(import.meta.dirname, "microbit_v1/main.c"),
  ];
  const flags = [
    ..."-mcpu=cortex-m0 -mthumb -std=c99 -Os -Wall -Wextra -Werror -fno-short-enums".split(" "),
    ..."-ffunction-sections -fdata-sections -Wl,--gc-sections -Wl,--no-enum-size-warning".split(" "),
    ..."-nostartfiles --specs=nano.specs --specs=nosys.specs".split(" "),
    `-T${join(import.meta.dirname, "microbit_v1/nrf51822.ld")}`,
    `-L${join(firmware, "boards/nrf")}`,
  ];
  const elf = join(folder, "microbit.elf");
  execFileSync("arm-none-eabi-gcc", [...flags, ...sources, "-lm", "-o", elf], { stdio: "pipe" });
  execFileSync("arm-none-eabi-objcopy", ["-O", "binary", elf, join(folder, "microbit.bin")]);
  const flash = Buffer.alloc(FLASH_BYTES, 0xff);
  readFileSync(join(folder, "microbit.bin")).copy(flash);
  return flash;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Connects as soon as QEMU listens there. */
async function reach(to: { path: string } | { port: number; host: string }): Promise<Socket> {
  for (const begin = performance.now(); performance.now() - begin < START_MS; ) {
    try {
      return await new Promise<Socket>((resolve, reject) => {
        const socket = connectTo(to);
        socket.once("connect", () => resolve(socket)).once("error", reject);
      });
    } catch {
      await sleep(20);
    }
  }
  throw new Error("QEMU did not open its lines");
}

/** Resolves when what comes ends with these words. */
function until(socket: Socket, end: string): Promise<void> {
  return new Promise((resolve) => {
    let words = "";
    const listen = (bytes: Buffer): void => {
      words += bytes.toString("latin1");
      if (!words.endsWith(end)) return;
      socket.off("data", listen);
      resolve();
    };
    socket.on("data", listen);
  });
}

export class Microbit {
  readonly session: BoardSession;
  readonly #child: ChildProcess;
  readonly #monitor: Socket;
  readonly #folder: string;
  #left: Buffer | null = null;

  private constructor(session: BoardSession, child: ChildProcess, monitor: Socket, folder: string) {
    this.session = session;
    this.#child = child;
    this.#monitor = monitor;
    this.#folder = folder;
  }

  static async start(folder: string, flash: Uint8Array): Promise<Microbit> {
    const port = await freePort();
    writeFileSync(join(folder, "flash.bin"), flash);
    const flags = [
      ..."-machine microbit -display none -parallel none".split(" "),
      ...["-global", `nrf51-soc.sram-size=${RAM_BYTES}`],
      ...["-serial", `tcp:127.0.0.1:${port},server=on,wait=off`],
      ...["-monitor", "unix:monitor,server=on,wait=off"],
      ...["-device", "loader,file=flash.bin,addr=0,force-raw=on"],
    ];
    rmSync(join(folder, "monitor"), { force: true });
    const child = spawn(findQemu() ?? "", flags, { cwd: folder, stdio: "ignore" });
    try {
      const monitor = await reach({ path: join(folder, "monitor") });
      monitor.on("error", () => {});
      await until(monitor, "(qemu) ");
      // QEMU takes one caller after the other.
      (await reach({ host: "127.0.0.1", port })).destroy();
      const session = await BoardSession.connect(new TcpTransport(`tcp://127.0.0.1:${port}`));
      return new Microbit(session, child, monitor, folder);
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
  }

  /** Cuts the power; resolves with what the flash then holds. May be called twice. */
  async cut(): Promise<Buffer> {
    if (this.#left !== null) return this.#left;
    const path = join(this.#folder, "saved.bin");
    await this.#tell("stop");
    // Through the processor's eyes: the flash is no memory of the system itself.
    await this.#tell(`memsave 0 ${FLASH_BYTES} "${path}"`);
    this.#child.kill("SIGKILL");
    await new Promise((resolve) => this.#child.once("exit", resolve));
    this.#monitor.destroy();
    await this.session.close();
    this.#left = readFileSync(path);
    if (this.#left.length !== FLASH_BYTES) throw new Error("the flash was not saved");
    return this.#left;
  }

  /** Says something to QEMU's monitor and waits until it is done. */
  #tell(command: string): Promise<void> {
    return new Promise((resolve) => {
      // The prompt after the echo of the command.
      until(this.#monitor, "\n(qemu) ").then(resolve);
      this.#monitor.write(`${command}\n`);
    });
  }
}
