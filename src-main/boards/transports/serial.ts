/** A board at a serial port (npm serialport). Translates the port's errors once, here, into what a user can do about them. */
import { platform } from "node:os";
import { SerialPort } from "serialport";
import { LimpetError } from "../../../src-shared/errors.ts";
import type { Transport, TransportHandlers } from "./transport.ts";

/** Speed of boards with a bridge chip; USB boards pass over it. */
export const BAUD_RATE = 115_200;

/** What an error at opening means. Messages differ between operating systems; these are serialport's own. */
export function translateOpenError(path: string, error: Error): LimpetError {
  const text = error.message;
  const options = { field: path, cause: error };
  if (/lock|busy|resource temporarily unavailable|EAGAIN|EBUSY/i.test(text)) {
    return new LimpetError("board-busy", `Another program is using ${path}.`, {
      ...options,
      hint: "Close serial monitors and other Limpet windows, then try again.",
    });
  }
  if (/permission denied|EACCES|EPERM/i.test(text)) {
    return new LimpetError("board-permission", `You do not have permission to open ${path}.`, {
      ...options,
      hint:
        platform() === "linux"
          ? "Run `sudo usermod -a -G dialout $USER` and log in again, or add a udev rule: " +
            'SUBSYSTEM=="tty", ATTRS{idVendor}=="2341|0d28|2886|2e8a", TAG+="uaccess".'
          : "Check the rights of your user for this port.",
    });
  }
  // Windows says "Access denied" where another program has the port open.
  if (/access (is )?denied/i.test(text)) {
    return new LimpetError("board-busy", `${path} cannot be opened: another program is using it.`, {
      ...options,
      hint: "Close serial monitors and other Limpet windows, then try again.",
    });
  }
  return new LimpetError("board-not-found", `There is no board at ${path}.`, {
    ...options,
    hint: "Plug it in with a cable that carries data. `limpet boards` lists the ports that are there.",
  });
}

function unplugged(path: string, cause?: unknown): LimpetError {
  return new LimpetError("board-unplugged", `The board at ${path} was unplugged.`, {
    field: path,
    hint: "Plug it in again.",
    cause,
  });
}

/** For a board to start again and its port to come back, milliseconds; and between two tries to open it. */
const RESTART_MS = 15_000;
const REOPEN_MS = 250;

/** A port's name may end in a speed of its own: `/dev/ttyUSB0@9600`, `COM5@57600`. */
export function parseSerialName(name: string): { readonly path: string; readonly baudRate: number } {
  const match = /^(.+)@(\d{3,7})$/.exec(name);
  return match === null
    ? { path: name, baudRate: BAUD_RATE }
    : { path: match[1] as string, baudRate: Number(match[2]) };
}

export class SerialTransport implements Transport {
  #port: string;
  #serial: SerialPort | null = null;
  #handlers: TransportHandlers | null = null;

  constructor(path: string) {
    this.#port = path;
  }

  get port(): string {
    return this.#port;
  }

  /**
   * Lets go of the port for as long as `work` takes (which writes the board's firmware, say) and opens it again where the board
   * is then: at the port that `work` names, or at the same one. The line counts as open all the while: nothing is told to be lost.
   * Throws what `work` throws; then the port is opened again if that goes at once.
   */
  async whileClosed(work: () => Promise<string | null>): Promise<void> {
    const handlers = this.#handlers;
    await this.close();
    if (handlers === null) throw unplugged(this.#port);
    try {
      this.#port = (await work()) ?? this.#port;
    } catch (error) {
      await this.open(handlers).catch(() => handlers.onLost(unplugged(this.#port, error)));
      throw error;
    }
    const until = performance.now() + RESTART_MS;
    for (;;) {
      try {
        await this.open(handlers);
        return;
      } catch (error) {
        if (performance.now() >= until) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, REOPEN_MS));
    }
  }

  open(handlers: TransportHandlers): Promise<void> {
    this.#handlers = handlers;
    return new Promise((resolve, reject) => {
      const serial = new SerialPort({ ...parseSerialName(this.port), autoOpen: false });
      serial.on("data", (bytes: Buffer) => handlers.onData(bytes));
      // Every failure of an open port is also followed by `close`, which reports it.
      serial.on("error", () => {});
      serial.on("close", (cause: unknown) => {
        if (this.#serial === serial) {
          this.#serial = null;
          handlers.onLost(unplugged(this.port, cause));
        }
      });
      serial.open((error) => {
        if (error) {
          reject(translateOpenError(this.port, error));
        } else {
          this.#serial = serial;
          resolve();
        }
      });
    });
  }

  write(bytes: Uint8Array): Promise<void> {
    const serial = this.#serial;
    return new Promise((resolve, reject) => {
      if (serial === null) {
        reject(unplugged(this.port));
        return;
      }
      serial.write(Buffer.from(bytes), (error) => {
        if (error) reject(unplugged(this.port, error));
        else resolve();
      });
    });
  }

  close(): Promise<void> {
    const serial = this.#serial;
    this.#serial = null;
    return new Promise((resolve) => {
      if (serial?.isOpen !== true) resolve();
      else serial.close(() => resolve());
    });
  }
}
