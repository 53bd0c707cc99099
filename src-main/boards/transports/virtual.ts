/**
 * The virtual board (`virtual`): Limpet's firmware in QEMU for as long as the line is open. Its flash is a file, its sensors
 * measure a signal that is handed in. Knows how firmware gets into the flash file; not what the board says.
 */
import type { LimpetError } from "../../../src-shared/errors.ts";
import { type FirmwareImage, readFirmwareImage } from "../firmware-image.ts";
import { defaultFlashPath, FlashFile } from "../flash-file.ts";
import { QemuProcess } from "../qemu-process.ts";
import { translateSocketError, writeSocket } from "./tcp.ts";
import type { FirmwareAccess, Transport, TransportHandlers } from "./transport.ts";

export type VirtualOptions = {
  /** Container of the signal (`encodeSignals`); absent: the demo machine. */
  readonly signal?: Uint8Array | undefined;
  readonly flashPath?: string | undefined;
  readonly instructions?: boolean | undefined;
  readonly leap?: boolean | undefined;
  readonly seconds?: number | undefined;
  /** The image that setup built; read when it is needed. */
  readonly image?: (() => FirmwareImage) | undefined;
};

export class VirtualTransport implements Transport {
  readonly port = "virtual";
  readonly firmware: FirmwareAccess;
  readonly #options: VirtualOptions;
  readonly #image: () => FirmwareImage;
  #flash: FlashFile | null = null;
  #qemu: QemuProcess | null = null;
  #handlers: TransportHandlers | null = null;
  #ended: Promise<number | null> = Promise.resolve(null);

  constructor(options: VirtualOptions = {}) {
    this.#options = options;
    this.#image = options.image ?? (() => readFirmwareImage("virtual"));
    this.firmware = {
      builtHash: async () => this.#image().hash,
      installedHash: async () => this.#flash?.firmware()?.hash ?? null,
      write: (onProgress) => this.#writeFirmware(onProgress),
    };
  }

  /** Process id of QEMU; 0 while it is not running. */
  get pid(): number {
    return this.#qemu?.pid ?? 0;
  }

  /** After the line was lost: QEMU's exit code, 0 where the board had run its `seconds`. */
  get exitCode(): Promise<number | null> {
    return this.#ended;
  }

  async open(handlers: TransportHandlers): Promise<void> {
    const flash = FlashFile.open(this.#options.flashPath ?? defaultFlashPath());
    this.#flash = flash;
    this.#handlers = handlers;
    try {
      // A new board comes with firmware, as boards do.
      if (flash.firmware() === null) flash.writeFirmware(this.#image().bytes);
      await this.#start(flash);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  write(bytes: Uint8Array): Promise<void> {
    return writeSocket(this.port, this.#qemu?.socket ?? null, bytes);
  }

  async close(): Promise<void> {
    const qemu = this.#qemu;
    this.#qemu = null;
    try {
      await qemu?.stop();
    } finally {
      this.#flash?.close();
      this.#flash = null;
    }
  }

  async #start(flash: FlashFile): Promise<void> {
    const firmware = flash.firmware() ?? { image: this.#image().bytes };
    const qemu = await QemuProcess.start({
      firmware: firmware.image,
      flashPath: flash.path,
      signal: this.#options.signal,
      instructions: this.#options.instructions,
      leap: this.#options.leap,
      seconds: this.#options.seconds,
    });
    this.#qemu = qemu;
    flash.heldBy(qemu.pid);
    qemu.socket.on("data", (bytes) => this.#handlers?.onData(bytes));
    let failure: Error = new Error("QEMU ended");
    qemu.socket.on("error", (error) => {
      failure = error;
    });
    qemu.socket.on("close", () => {
      if (this.#qemu === qemu) this.#lost(qemu, translateSocketError(this.port, failure, true));
    });
  }

  #lost(qemu: QemuProcess, error: LimpetError): void {
    this.#qemu = null;
    this.#ended = qemu.stop().finally(() => {
      this.#flash?.close();
      this.#flash = null;
    });
    this.#ended.catch(() => {});
    this.#handlers?.onLost(error);
  }

  async #writeFirmware(onProgress: (fraction: number) => void): Promise<void> {
    const flash = this.#flash;
    const image = this.#image();
    if (flash === null) {
      throw translateSocketError(this.port, new Error("the board is closed"), true);
    }
    const qemu = this.#qemu;
    this.#qemu = null;
    await qemu?.stop();
    flash.writeFirmware(image.bytes, (fraction) => onProgress(fraction * 0.5));
    await this.#start(flash);
    onProgress(1);
  }
}
