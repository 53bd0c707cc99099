/** A board behind a TCP connection (`tcp://host:port`): one of QEMU, or a serial server. */
import { createConnection, type Socket } from "node:net";
import { LimpetError } from "../../../src-shared/errors.ts";
import type { Transport, TransportHandlers } from "./transport.ts";

const CONNECT_TIMEOUT_MS = 5000;

export type TcpAddress = { readonly host: string; readonly port: number };

/** Reads `tcp://host:port`. Throws `usage`. */
function parseTcpAddress(text: string): TcpAddress {
  const match = /^tcp:\/\/(\[[0-9a-f:]+\]|[^:/]+):(\d{1,5})\/?$/i.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port < 1 || port > 65_535) {
    throw new LimpetError("usage", `${text} is not an address of a board.`, {
      field: "board",
      hint: "Write it as tcp://host:port, for example tcp://127.0.0.1:4000.",
    });
  }
  return { host: (match[1] as string).replace(/^\[|\]$/g, ""), port };
}

/** What an error of the operating system means for a board at `port`. */
export function translateSocketError(
  port: string,
  error: NodeJS.ErrnoException,
  opened: boolean,
): LimpetError {
  if (opened) {
    return new LimpetError("board-unplugged", `The connection to the board at ${port} broke off.`, {
      field: port,
      hint: "Check that the board is still running, and connect again.",
      cause: error,
    });
  }
  return new LimpetError("board-not-found", `No board answers at ${port} (${error.code ?? error.message}).`, {
    field: port,
    hint: "Check host and port. `limpet virtual` prints the port of a virtual board that it starts.",
    cause: error,
  });
}

export class TcpTransport implements Transport {
  readonly port: string;
  readonly #address: TcpAddress;
  #socket: Socket | null = null;
  /** A board that is free says something; who is turned away hears nothing. */
  #heard = false;

  constructor(port: string) {
    this.port = port;
    this.#address = parseTcpAddress(port);
  }

  open(handlers: TransportHandlers): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = createConnection({ ...this.#address, noDelay: true });
      const timer = setTimeout(() => {
        socket.destroy(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" }));
      }, CONNECT_TIMEOUT_MS);
      let opened = false;
      this.#heard = false;
      let failure: NodeJS.ErrnoException | null = null;
      socket.on("connect", () => {
        clearTimeout(timer);
        opened = true;
        this.#socket = socket;
        resolve();
      });
      socket.on("data", (bytes) => {
        this.#heard = true;
        handlers.onData(bytes);
      });
      socket.on("error", (error) => {
        failure = error;
      });
      socket.on("close", () => {
        clearTimeout(timer);
        const error = failure ?? new Error("closed by the other side");
        if (!opened) {
          reject(translateSocketError(this.port, error, false));
        } else if (this.#socket === socket) {
          this.#socket = null;
          handlers.onLost(this.#broken(error));
        }
      });
    });
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      await writeSocket(this.port, this.#socket, bytes);
    } catch (error) {
      // The write may fail before the socket says that it was closed: both mean the same.
      throw this.#heard ? error : this.#broken(error);
    }
  }

  async close(): Promise<void> {
    const socket = this.#socket;
    this.#socket = null;
    if (socket !== null) await closeSocket(socket);
  }

  /** What the end of an open connection means. */
  #broken(error: unknown): LimpetError {
    if (this.#heard) {
      const cause = error instanceof Error ? error : new Error(String(error));
      return translateSocketError(this.port, cause, true);
    }
    return new LimpetError("board-busy", `${this.port} closed the connection at once.`, {
      field: this.port,
      hint: "Another program may be using the board. End that one, or disconnect there.",
      cause: error,
    });
  }
}

/** Writes and waits until the socket has handed the bytes on. Throws `board-unplugged`. */
export function writeSocket(port: string, socket: Socket | null, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket === null) {
      reject(translateSocketError(port, new Error("the connection is closed"), true));
      return;
    }
    socket.write(bytes, (error) => {
      if (error === undefined || error === null) resolve();
      else reject(translateSocketError(port, error, true));
    });
  });
}

/** Ends a socket and waits for its end, for a second at most. */
function closeSocket(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => socket.destroy(), 1000);
    socket.once("close", () => {
      clearTimeout(timer);
      resolve();
    });
    if (socket.destroyed) {
      clearTimeout(timer);
      resolve();
    } else {
      socket.end();
      socket.resume();
    }
  });
}
