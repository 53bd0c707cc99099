/** From what a user calls a board to its transport, and what boards there are. The one place that knows all transports. */
import { basename } from "node:path";
import { setTimeout } from "node:timers/promises";
import { SerialPort } from "serialport";
import type { BoardInfo } from "../../src-shared/contract/index.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import { BoardSession } from "./board-session.ts";
import { encodeSignals, joinSignals, type Signal } from "./signal-container.ts";
import { SerialTransport } from "./transports/serial.ts";
import { SimulatedTransport } from "./transports/simulated.ts";
import { TcpTransport } from "./transports/tcp.ts";
import { TextAwareTransport } from "./transports/text-aware.ts";
import type { Transport } from "./transports/transport.ts";
import { VirtualTransport } from "./transports/virtual.ts";

export type OpenOptions = {
  /** Files that a virtual or simulated board measures in turn; none: its demo machine. */
  readonly signals?: readonly string[] | undefined;
  readonly flashPath?: string | undefined;
  /** Virtual board only: exact instruction counts. */
  readonly instructions?: boolean | undefined;
  /** The board goes on with what it was doing (see `BoardSession.connect`). */
  readonly keepStreams?: boolean | undefined;
};

/** Reads a file of the user as a signal; given by the dataset. */
export type SignalReader = (path: string) => Signal;

/** Files to the container that a board's sensors measure. Throws `invalid-file` or `not-found`. */
export function loadSignals(paths: readonly string[], read: SignalReader): Uint8Array | undefined {
  if (paths.length === 0) {
    return undefined;
  }
  return encodeSignals(
    joinSignals(
      paths.map((path) => read(path)),
      paths,
    ),
  );
}

export const isMadeHere = (port: string): boolean => port === "virtual" || port === "simulated";

/** The transport for a port. Throws `usage` where signals are given to a board that measures the world. */
export function transportFor(port: string, options: OpenOptions, read: SignalReader): Transport {
  const paths = options.signals ?? [];
  if (port.trim() === "") {
    throw new LimpetError("usage", "The board's name is empty.", {
      field: "board",
      hint: "Name a port, for example /dev/ttyACM0, COM5 or tcp://host:port, or virtual or simulated.",
    });
  }
  if (paths.length > 0 && !isMadeHere(port)) {
    throw new LimpetError("usage", `The board at ${port} measures what its sensors feel, not a file.`, {
      field: "signal",
      hint: "Leave --signal out, or use the board `virtual` or `simulated`.",
    });
  }
  switch (port) {
    case "virtual":
      return new VirtualTransport({ ...options, signal: loadSignals(paths, read) });
    case "simulated":
      return new SimulatedTransport({ signal: loadSignals(paths, read), flashPath: options.flashPath });
    default:
      // Behind a line there may also be a board of any make that prints numbers.
      return new TextAwareTransport(
        port.startsWith("tcp://") ? new TcpTransport(port) : new SerialTransport(port),
      );
  }
}

/** Connects to a board. Errors as those of the transports and of `BoardSession.connect`. */
export async function openBoard(
  port: string,
  options: OpenOptions,
  read: SignalReader,
): Promise<BoardSession> {
  return BoardSession.connect(transportFor(port, options, read), { keepStreams: options.keepStreams });
}

/** Time between two tries to reach a board whose line broke off, milliseconds. */
const REOPEN_MS = 500;

/**
 * Reaches a board again whose line broke off, with its streams left alone; tries until it succeeds or `signal` is aborted, and
 * then throws the error of the last try.
 */
export async function reopenBoard(
  port: string,
  options: OpenOptions,
  read: SignalReader,
  signal: AbortSignal,
): Promise<BoardSession> {
  for (;;) {
    await setTimeout(REOPEN_MS);
    try {
      return await openBoard(port, { ...options, keepStreams: true }, read);
    } catch (error) {
      if (signal.aborted) throw error;
    }
  }
}

/** Boards by their USB identities (sources: docs/boards.md). */
const USB_BOARDS: Readonly<Record<string, { readonly board: string; readonly name: string }>> = {
  "0d28:0204": { board: "microbit-v2", name: "BBC micro:bit" },
  "2341:805a": { board: "nano-33-ble", name: "Arduino Nano 33 BLE" },
  "2341:005a": { board: "nano-33-ble", name: "Arduino Nano 33 BLE (bootloader)" },
  "2e8a:000a": { board: "pico", name: "Raspberry Pi Pico" },
  "2886:8045": { board: "xiao-nrf52840-sense", name: "Seeed XIAO nRF52840 Sense" },
};

export type SerialPortInfo = {
  readonly path: string;
  readonly vendorId?: string | undefined;
  readonly productId?: string | undefined;
  readonly manufacturer?: string | undefined;
};

/** Serial ports that a board may be at; those without USB identity (built-in ports) are left out. */
export async function listSerialPorts(): Promise<SerialPortInfo[]> {
  try {
    return (await SerialPort.list()).filter(({ vendorId }) => vendorId !== undefined);
  } catch {
    // Where the system cannot list ports (a container without udev), there is none to offer; a path can still be named.
    return [];
  }
}

/** What is known of a serial port without opening it. */
export function describeSerialPort({ path, vendorId, productId, manufacturer }: SerialPortInfo): BoardInfo {
  const known = USB_BOARDS[`${vendorId ?? ""}:${productId ?? ""}`.toLowerCase()];
  return {
    port: path,
    board: known?.board ?? null,
    name: known?.name ?? manufacturer ?? basename(path),
    firmware: null,
    model: null,
    sensors: [],
  };
}
