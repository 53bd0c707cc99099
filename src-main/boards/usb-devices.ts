/**
 * What is plugged in by USB, and who has a serial port open, as the operating system tells: the connection doctor's eyes. Linux
 * tells both in its file systems; elsewhere what is not told is null, never guessed.
 */
import { execFile } from "node:child_process";
import { readdir, readFile, readlink, realpath, stat } from "node:fs/promises";
import { platform } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

export type UsbDevice = {
  /** `vendor:product` in lower-case hex. */
  readonly usb: string;
  readonly name: string;
  /** Whether the system made a serial port of it. */
  readonly hasPort: boolean;
};

export type PortHolder = { readonly name: string; readonly pid: number };

const run = promisify(execFile);
const SYSFS = "/sys/bus/usb/devices";
const HUB_CLASS = "09";

/** USB devices without hubs; null where the system does not tell. `root` is for tests. */
export async function listUsbDevices(root = SYSFS): Promise<UsbDevice[] | null> {
  if (platform() !== "linux" && root === SYSFS) return null;
  const names = await readdir(root).catch(() => null);
  if (names === null) return null;
  const devices = await Promise.all(
    names
      // Interfaces have a colon, root hubs begin with "usb".
      .filter((name) => /^\d+-[\d.]+$/.test(name))
      .map(async (name): Promise<UsbDevice | null> => {
        const read = async (file: string): Promise<string> =>
          (await readFile(join(root, name, file), "utf8").catch(() => "")).trim();
        const [vendor, product, kind] = [
          await read("idVendor"),
          await read("idProduct"),
          await read("bDeviceClass"),
        ];
        if (vendor === "" || kind === HUB_CLASS) return null;
        return {
          usb: `${vendor}:${product}`.toLowerCase(),
          name:
            [await read("manufacturer"), await read("product")].filter(Boolean).join(" ") ||
            `${vendor}:${product}`,
          hasPort: await hasSerialPort(root, name),
        };
      }),
  );
  return devices.filter((device) => device !== null);
}

/** A device's interfaces lie beside it and hold `ttyUSB0` (bridges) or a folder `tty` (CDC ACM). */
async function hasSerialPort(root: string, device: string): Promise<boolean> {
  const names = await readdir(root).catch(() => []);
  for (const name of names.filter((one) => one.startsWith(`${device}:`))) {
    const inside = await readdir(join(root, name)).catch(() => []);
    if (inside.some((one) => one.startsWith("tty"))) return true;
  }
  return false;
}

/** The programs that have a port open, this process left out; null where the system does not tell. `proc` is for tests. */
export async function holdersOf(path: string, proc = "/proc"): Promise<PortHolder[] | null> {
  if (platform() === "darwin") return holdersByLsof(path);
  if (platform() !== "linux") return null;
  const device = await realpath(path).catch(() => path);
  const pids = (await readdir(proc).catch(() => [])).filter((name) => /^\d+$/.test(name));
  const found: PortHolder[] = [];
  for (const pid of pids) {
    if (Number(pid) === process.pid) continue;
    const descriptors = await readdir(join(proc, pid, "fd")).catch(() => []);
    for (const descriptor of descriptors) {
      const target = await readlink(join(proc, pid, "fd", descriptor)).catch(() => "");
      if (target !== device) continue;
      const name = (await readFile(join(proc, pid, "comm"), "utf8").catch(() => "")).trim();
      found.push({ name: name === "" ? "a program" : name, pid: Number(pid) });
      break;
    }
  }
  return found;
}

async function holdersByLsof(path: string): Promise<PortHolder[] | null> {
  try {
    const { stdout } = await run("lsof", ["-F", "pc", path], { timeout: 3000 });
    const found: PortHolder[] = [];
    let pid = 0;
    for (const line of stdout.split("\n")) {
      if (line.startsWith("p")) pid = Number(line.slice(1));
      if (line.startsWith("c") && pid !== process.pid) found.push({ name: line.slice(1), pid });
    }
    return found;
  } catch {
    return null;
  }
}

/** The group that a port belongs to, where its members may open it; null where that is not so, or not told. */
export async function groupOf(path: string, groups = "/etc/group"): Promise<string | null> {
  try {
    const { gid, mode } = await stat(path);
    if ((mode & 0o060) !== 0o060 || gid === 0) return null;
    const line = (await readFile(groups, "utf8"))
      .split("\n")
      .find((one) => Number(one.split(":")[2]) === gid);
    return line?.split(":")[0] ?? null;
  } catch {
    return null;
  }
}
