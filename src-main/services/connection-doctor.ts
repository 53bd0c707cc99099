/**
 * The connection doctor: why a board cannot be used, in plain words, with one next step each. Looks at what the operating system
 * tells of USB, ports and programs, and listens to the line; it writes nothing. Knows no window and no bootloader.
 */
import type { ConnectionFinding } from "../../src-shared/contract/index.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import { type Heard, listenAt, USUAL_SPEEDS } from "../boards/line-listener.ts";
import { BAUD_RATE, parseSerialName } from "../boards/transports/serial.ts";
import {
  groupOf,
  holdersOf,
  listUsbDevices,
  type PortHolder,
  type UsbDevice,
} from "../boards/usb-devices.ts";
import { boardOfUsb } from "../deployment/board-description.ts";
import { systemDrives } from "../deployment/flashers/drives.ts";
import { listUsbPorts, type UsbPort } from "../deployment/flashers/serial-line.ts";
import { boardOfDrive, portOfDrive } from "./firmware-service.ts";

/** What the doctor looks at; exchanged in tests. */
export type DoctorEyes = {
  readonly ports: () => Promise<UsbPort[]>;
  readonly devices: () => Promise<UsbDevice[] | null>;
  readonly holders: (path: string) => Promise<PortHolder[] | null>;
  readonly group: (path: string) => Promise<string | null>;
  readonly drives: () => Promise<BootloaderDrive[]>;
  readonly listen: (path: string, baudRate: number, ms: number) => Promise<Heard>;
  readonly platform: NodeJS.Platform;
};

type BootloaderDrive = {
  readonly path: string;
  readonly name: string;
  /** Whether it is a board that Limpet can write. */
  readonly known: boolean;
};

/** Connects to a port and lets go of it again; rejects with what is wrong. */
export type Try = (port: string) => Promise<void>;

const EYES: DoctorEyes = {
  ports: listUsbPorts,
  devices: listUsbDevices,
  holders: holdersOf,
  group: groupOf,
  drives: bootloaderDrives,
  listen: listenAt,
  platform: process.platform,
};

const LISTEN_MS = 900;
/** Below this share of readable characters a line is noise: another speed, most likely. */
const READABLE = 0.9;

/** Chips that boards' USB sockets hang on, with the driver that Linux has for each. */
const BRIDGES: Readonly<
  Record<string, { readonly name: string; readonly module: string; readonly maker: string }>
> = {
  "1a86:7523": { name: "CH340", module: "ch341", maker: "WCH" },
  "1a86:5523": { name: "CH341", module: "ch341", maker: "WCH" },
  "1a86:55d4": { name: "CH9102", module: "cdc_acm", maker: "WCH" },
  "10c4:ea60": { name: "CP210x", module: "cp210x", maker: "Silicon Labs" },
  "0403:6001": { name: "FT232", module: "ftdi_sio", maker: "FTDI" },
  "0403:6015": { name: "FT231X", module: "ftdi_sio", maker: "FTDI" },
  "067b:2303": { name: "PL2303", module: "pl2303", maker: "Prolific" },
};

/**
 * Findings about a port, most likely first; about all that is plugged in where `port` is null. An empty list says that nothing is
 * wrong. `attempt` tells what happens when the port is opened as a board.
 */
export async function diagnose(
  port: string | null,
  attempt: Try,
  eyes: DoctorEyes = EYES,
): Promise<ConnectionFinding[]> {
  if (port === null) return everything(eyes);
  try {
    await attempt(port);
    return [];
  } catch (error) {
    if (!(error instanceof LimpetError)) throw error;
    return aboutPort(port, error, eyes);
  }
}

async function aboutPort(port: string, error: LimpetError, eyes: DoctorEyes): Promise<ConnectionFinding[]> {
  const { path, baudRate } = parseSerialName(port);
  switch (error.code) {
    case "board-busy":
      return [await busy(path, error, eyes)];
    case "board-permission":
      return [await permission(path, error, eyes)];
    case "board-not-found": {
      const others = await everything(eyes);
      return others.length > 0
        ? others
        : [{ cause: "charge-only", message: error.message, next: CHARGE_ONLY }];
    }
    case "board-timeout":
    case "board-protocol":
      return [await mute(port, path, baudRate, error, eyes)];
    default:
      return [{ cause: "silent", message: error.message, next: error.hint ?? "Try again." }];
  }
}

async function busy(path: string, error: LimpetError, eyes: DoctorEyes): Promise<ConnectionFinding> {
  const holders = (await eyes.holders(path).catch(() => null)) ?? [];
  if (holders.length === 0) {
    return {
      cause: "busy",
      message: error.message,
      next: error.hint ?? "Close the other program, then try again.",
    };
  }
  const names = holders.map(({ name, pid }) => `${name} (process ${pid})`).join(" and ");
  return {
    cause: "busy",
    message: `${names} has ${path} open.`,
    next: `Close ${holders[0]?.name}, then try again.`,
  };
}

async function permission(path: string, error: LimpetError, eyes: DoctorEyes): Promise<ConnectionFinding> {
  if (eyes.platform !== "linux") {
    return {
      cause: "permission",
      message: error.message,
      next: error.hint ?? "Ask who administers this computer.",
    };
  }
  const group = await eyes.group(path);
  // Without a group that may use it, a rule for udev gives the port to whoever sits at the computer.
  return group !== null
    ? {
        cause: "permission",
        message: `Only members of the group ${group} may open ${path}, and you are not one yet.`,
        next: "Type this command once, then log out and in again.",
        command: `sudo usermod -a -G ${group} $USER`,
      }
    : {
        cause: "permission",
        message: `You do not have permission to open ${path}.`,
        next: "Type this command once, then plug the board in again.",
        command: `echo 'SUBSYSTEM=="tty", SUBSYSTEMS=="usb", TAG+="uaccess"' | sudo tee /etc/udev/rules.d/70-boards.rules`,
      };
}

/** The port can be opened, and nothing of ours answers. */
async function mute(
  port: string,
  path: string,
  baudRate: number,
  error: LimpetError,
  eyes: DoctorEyes,
): Promise<ConnectionFinding> {
  const usb = (await eyes.ports()).find((one) => one.path === path)?.usb ?? null;
  const known = usb === null ? null : boardOfUsb(usb);
  const writable = known !== null && known.description.firmware !== null;
  const action = writable
    ? ({ kind: "write-firmware", port: path, board: known.description.name } as const)
    : undefined;
  if (/version \d+ of the link/.test(error.message)) {
    return {
      cause: "old-firmware",
      message: "Limpet's firmware is on the board, but of another version than this Limpet.",
      next:
        action === undefined
          ? "Write the firmware that came with this Limpet."
          : "Write the current firmware. The models on the board stay.",
      ...(action === undefined ? {} : { action }),
    };
  }
  if (known?.bootloader === true) {
    return {
      cause: "bootloader",
      message: `${known.description.name} is in its bootloader: it waits for firmware.`,
      next: writable
        ? "Write Limpet's firmware, or press its reset button once to leave the bootloader."
        : "Press its reset button once.",
      ...(action === undefined ? {} : { action }),
    };
  }
  if (action !== undefined) {
    return {
      cause: "no-firmware",
      message: `${known?.description.name ?? "The board"} is there, but Limpet's firmware is not on it.`,
      next: "Write Limpet's firmware. What is on the board now is replaced.",
      action,
    };
  }
  return listenForIt(port, path, baudRate, eyes);
}

/** A board of unknown make: what does it say, and at which speed? */
async function listenForIt(
  port: string,
  path: string,
  baudRate: number,
  eyes: DoctorEyes,
): Promise<ConnectionFinding> {
  const nothing: ConnectionFinding = {
    cause: "silent",
    message: `Nothing comes from ${path}.`,
    next: "Press the board's reset button once, then try again.",
  };
  // A line over the network has no speed.
  if (port.startsWith("tcp://")) return nothing;
  const first = await eyes.listen(path, baudRate, LISTEN_MS).catch(() => null);
  if (first === null || first.bytes === 0) return nothing;
  if (first.readable >= READABLE) {
    const line = first.text.split("\n").find((one) => one.trim() !== "") ?? "";
    return {
      cause: "no-firmware",
      message: `Another program runs on the board. It says “${line.trim().slice(0, 60)}”.`,
      next: "Have it print numbers only, one reading a line, separated by commas; then it can be recorded from.",
    };
  }
  for (const speed of USUAL_SPEEDS) {
    if (speed === baudRate) continue;
    const heard = await eyes.listen(path, speed, LISTEN_MS).catch(() => null);
    if (heard !== null && heard.bytes > 4 && heard.readable >= 0.98) {
      return {
        cause: "wrong-speed",
        message: `The board speaks at ${speed} baud, not at ${baudRate}.`,
        next: `Connect at ${speed} baud.`,
        action: { kind: "connect", port: `${path}@${speed}` },
      };
    }
  }
  return {
    cause: "wrong-speed",
    message: `What comes from ${path} cannot be read at ${baudRate} baud, nor at any other usual speed.`,
    next: `Set the board's program to ${BAUD_RATE} baud, or name its speed behind the port: ${path}@250000.`,
  };
}

const CHARGE_ONLY =
  "Try another cable: many only charge. One that copies files from a phone carries data. Then try another socket.";

/** What is plugged in and is no port that could be listed. */
async function everything(eyes: DoctorEyes): Promise<ConnectionFinding[]> {
  const findings: ConnectionFinding[] = [];
  const devices = await eyes.devices();
  const ports = await eyes.ports();
  for (const drive of await eyes.drives()) {
    findings.push({
      cause: "bootloader",
      message: `${drive.name} is there as the drive ${drive.path}: it waits for firmware.`,
      next: drive.known
        ? "Write Limpet's firmware, or press its reset button once to leave the bootloader."
        : "Press the board's reset button once; its port then appears.",
      ...(drive.known
        ? { action: { kind: "write-firmware" as const, port: portOfDrive(drive.path), board: drive.name } }
        : {}),
    });
  }
  for (const port of ports) {
    const known = port.usb === null ? null : boardOfUsb(port.usb);
    if (known?.bootloader !== true) continue;
    findings.push({
      cause: "bootloader",
      message: `${known.description.name} is in its bootloader at ${port.path}: it waits for firmware.`,
      next: "Write Limpet's firmware, or press its reset button once to leave the bootloader.",
      action: { kind: "write-firmware", port: port.path, board: known.description.name },
    });
  }
  for (const device of devices ?? []) {
    if (device.hasPort) continue;
    const bridge = BRIDGES[device.usb];
    const board = boardOfUsb(device.usb);
    if (bridge === undefined && board === null) continue;
    const name = board?.description.name ?? `A board with the chip ${bridge?.name}`;
    findings.push({
      cause: "driver",
      message: `${name} is plugged in (USB ${device.usb}), but this computer gives it no serial port: its driver is missing.`,
      next: "Type this command, then plug the board in again.",
      command: `sudo modprobe ${bridge?.module ?? "cdc_acm"}`,
    });
  }
  if (findings.length > 0) return findings;
  const usable = ports.filter(({ usb }) => usb !== null);
  if (usable.length > 0) return [];
  const drivers =
    eyes.platform === "linux" || devices !== null
      ? []
      : [
          {
            cause: "driver" as const,
            message:
              "Boards with a bridge chip (CH340, CP210x, FTDI) need its maker's driver on Windows and macOS.",
            next: "If the system says that a device is not known, install the driver of WCH, Silicon Labs or FTDI.",
          },
        ];
  const seen =
    devices === null
      ? ""
      : ` (${devices.length} other USB ${devices.length === 1 ? "device" : "devices"} seen)`;
  return [
    {
      cause: "charge-only",
      message: `No board shows itself on USB${seen}. If its lamp is lit, the cable most likely only charges.`,
      next: CHARGE_ONLY,
    },
    ...drivers,
  ];
}

/** Drives that UF2 bootloaders show, by the file that they carry. DAPLink's drive is there all the time and says nothing. */
async function bootloaderDrives(): Promise<BootloaderDrive[]> {
  const found: BootloaderDrive[] = [];
  for (const path of await systemDrives.list()) {
    const uf2 = await systemDrives.readText(path, "INFO_UF2.TXT");
    if (uf2 === null) continue;
    const board = await boardOfDrive(path, systemDrives);
    const name = board?.name ?? /^Model:\s*(.+)$/m.exec(uf2)?.[1]?.trim() ?? "A board";
    found.push({ path, name, known: board !== null });
  }
  return found;
}
