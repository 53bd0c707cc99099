/** What every way to a board has in common: bytes out, bytes in, and an end. Knows nothing of frames. */
import type { LimpetError } from "../../../src-shared/errors.ts";

export type TransportHandlers = {
  /** Called with bytes as they come; the receiver copies what it keeps. */
  readonly onData: (bytes: Uint8Array) => void;
  /** Called once when the line ends without `close` having been called. */
  readonly onLost: (error: LimpetError) => void;
};

export type Transport = {
  /** How the user names it: a serial path, `tcp://host:port`, `virtual`, `simulated`. */
  readonly port: string;
  /**
   * Opens the line. Throws `board-not-found`, `board-busy`, `board-permission`, `setup-missing`; each message says what
   * to do.
   */
  open(handlers: TransportHandlers): Promise<void>;
  /** Resolves when the line has taken the bytes. Throws `board-unplugged`. */
  write(bytes: Uint8Array): Promise<void>;
  /** Closes the line and frees what belongs to it (a process that was started, for example). May be called twice. */
  close(): Promise<void>;
  /** Where the board's firmware can be exchanged from here. */
  readonly firmware?: FirmwareAccess | undefined;
};

/** Writing a board's firmware. */
export type FirmwareAccess = {
  /** SHA-256 (hex) of the image that setup has built for this board. Throws `setup-missing`. */
  builtHash(): Promise<string>;
  /** SHA-256 (hex) of what is on the board; null where that is nothing, or damaged. */
  installedHash(): Promise<string | null>;
  /** Writes that image. The board has restarted with it when this resolves; the line stays open. */
  write(onProgress: (fraction: number) => void): Promise<void>;
};
