/**
 * Bringing a USB board into its bootloader, and finding the port that it comes back at: both times it leaves the bus and
 * returns under another identity, and mostly at another port. Knows identities and ports; no protocol.
 */
import { LimpetError, throwIfCancelled } from "../../../src-shared/errors.ts";
import { listUsbPorts, touchAt1200, type UsbPort } from "./serial-line.ts";

/** The ways to the ports; others than the defaults are for tests. */
export type PortAccess = {
  readonly list: () => Promise<UsbPort[]>;
  readonly touch: (path: string) => Promise<void>;
};

export const systemPorts: PortAccess = { list: listUsbPorts, touch: touchAt1200 };

export type PortTiming = {
  /** For the board to come back as another device, milliseconds. */
  readonly returnMs: number;
  /** Between two looks at the list of ports. */
  readonly lookMs: number;
};

/** Windows takes several seconds to install a new port's driver. */
export const PORT_TIMING: PortTiming = { returnMs: 15_000, lookMs: 200 };

type Wanted = {
  readonly access: PortAccess;
  readonly timing: PortTiming;
  readonly signal?: AbortSignal | undefined;
};

/**
 * The port of the bootloader for the board at `path`. A board that is in its bootloader already stays there; else it gets the
 * 1200-baud touch. Throws `board-not-found` where the port is gone, or where no bootloader comes.
 */
export async function enterBootloader(
  path: string,
  bootloaders: readonly string[],
  wanted: Wanted,
): Promise<string> {
  const before = await wanted.access.list();
  const here = before.find((port) => port.path === path);
  if (here !== undefined && here.usb !== null && bootloaders.includes(here.usb)) return path;
  if (here === undefined) {
    // Someone has pressed the button: the board is there as its bootloader, at another port.
    const waiting = before.filter(({ usb }) => usb !== null && bootloaders.includes(usb));
    if (waiting.length === 1 && waiting[0] !== undefined) return waiting[0].path;
    throw notFound(path, `There is no board at ${path}.`);
  }
  try {
    await wanted.access.touch(path);
  } catch (error) {
    // The board often vanishes before the port could be closed in good order.
    if (error instanceof LimpetError && (error.code === "board-busy" || error.code === "board-permission")) {
      throw error;
    }
  }
  const found = await waitForPort(bootloaders, before, here, wanted);
  if (found !== null) return found.path;
  throw notFound(path, `The bootloader of the board at ${path} did not start.`);
}

const notFound = (path: string, message: string) =>
  new LimpetError("board-not-found", message, {
    field: path,
    hint: "Press the board's reset button twice, quickly; its light then pulses. `limpet boards` lists the ports that are there.",
  });

/**
 * Waits until a port with one of these identities is there: one with the serial number of the board that was there before, or
 * one that is new, or one that has come back under a new identity. Null when the time is over.
 */
export async function waitForPort(
  identities: readonly string[],
  before: readonly UsbPort[],
  board: UsbPort | null,
  { access, timing, signal }: Wanted,
): Promise<UsbPort | null> {
  const known = new Set(before.map((port) => keyOf(port)));
  const until = performance.now() + timing.returnMs;
  for (;;) {
    throwIfCancelled(signal);
    const now = (await access.list()).filter(({ usb }) => usb !== null && identities.includes(usb));
    const same = now.find(
      ({ serialNumber }) => serialNumber !== null && serialNumber === board?.serialNumber,
    );
    const found = same ?? now.find((port) => !known.has(keyOf(port)));
    if (found !== undefined) return found;
    if (performance.now() >= until) return null;
    await new Promise((resolve) => setTimeout(resolve, timing.lookMs));
  }
}

const keyOf = ({ path, usb, serialNumber }: UsbPort): string => `${path} ${usb} ${serialNumber}`;
