/**
 * The simulated board (`simulated`): the firmware's WebAssembly build, stepped in real time in this process. Its flash is a
 * file too, so that what was deployed stays. Knows time; not what the bytes mean.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { LimpetError } from "../../../src-shared/errors.ts";
import { defaultFlashPath } from "../flash-file.ts";
import {
  type SimulatedFirmware,
  simulatedFirmwareHash,
  startSimulatedFirmware,
} from "../simulated-firmware.ts";
import type { FirmwareAccess, Transport, TransportHandlers } from "./transport.ts";

export type SimulatedOptions = {
  readonly signal?: Uint8Array | undefined;
  readonly flashPath?: string | undefined;
  readonly start?: typeof startSimulatedFirmware | undefined;
};

/** Distance of steps in real time, and the most that one step moves the board's clock, milliseconds. */
const STEP_MS = 5;
const LARGEST_STEP_US = 20_000n;
/** After a longer pause of this process (a sleeping laptop) the board's clock does not make up for it. */
const LONGEST_LAG_MS = 5000;

/** The flash of the simulated board, one for each user, beside that of the virtual one. */
const simulatedFlashPath = (): string => join(dirname(defaultFlashPath()), "simulated-board.flash");

export class SimulatedTransport implements Transport {
  readonly port = "simulated";
  /** A simulated board always runs the build that is there; writing it is a restart. */
  readonly firmware: FirmwareAccess = {
    builtHash: async () => simulatedFirmwareHash(),
    installedHash: async () => simulatedFirmwareHash(),
    write: async (onProgress) => {
      if (this.#board !== null) this.#store(this.#board);
      await this.#switchOn();
      onProgress(1);
    },
  };
  readonly #options: SimulatedOptions;
  readonly #flashPath: string;
  #board: SimulatedFirmware | null = null;
  #stored: Uint8Array | null = null;
  #timer: NodeJS.Timeout | null = null;
  #handlers: TransportHandlers | null = null;
  #timeUs = 0n;
  #last = 0;

  constructor(options: SimulatedOptions = {}) {
    this.#options = options;
    this.#flashPath = options.flashPath ?? simulatedFlashPath();
  }

  async open(handlers: TransportHandlers): Promise<void> {
    this.#handlers = handlers;
    this.#stored = readIfThere(this.#flashPath);
    await this.#switchOn();
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#board === null) {
      throw new LimpetError("board-unplugged", "The simulated board is switched off.", {
        field: this.port,
        hint: "Connect to it again.",
      });
    }
    this.#board.receive(bytes);
    // An answer need not wait for the next step.
    setImmediate(() => this.#step());
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    if (this.#board !== null) this.#store(this.#board);
    this.#board = null;
  }

  async #switchOn(): Promise<void> {
    const start = this.#options.start ?? startSimulatedFirmware;
    this.#board = await start(this.#stored, this.#options.signal ?? new Uint8Array(0));
    this.#timeUs = 0n;
    this.#last = performance.now();
    this.#timer ??= setInterval(() => this.#step(), STEP_MS);
  }

  #step(): void {
    const board = this.#board;
    if (board === null) {
      return;
    }
    try {
      const now = performance.now();
      const passed = Math.min(now - this.#last, LONGEST_LAG_MS);
      this.#last = now;
      const target = this.#timeUs + BigInt(Math.round(passed * 1000));
      do {
        const next = this.#timeUs + LARGEST_STEP_US;
        this.#timeUs = next < target ? next : target;
        board.step(this.#timeUs);
        this.#deliver(board);
      } while (this.#timeUs < target);
      if (board.resetWanted()) this.#restart(board);
    } catch (error) {
      this.#lost(error);
    }
  }

  #deliver(board: SimulatedFirmware): void {
    const sent = board.transmit();
    if (sent.length > 0) this.#handlers?.onData(sent);
  }

  #restart(board: SimulatedFirmware): void {
    this.#store(board);
    this.#board = null;
    this.#switchOn().catch((error) => this.#lost(error));
  }

  #lost(cause: unknown): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#board = null;
    this.#handlers?.onLost(
      new LimpetError("board-unplugged", "The simulated board's firmware crashed.", {
        field: this.port,
        hint: "Connect again. If it happens again, deploy another model.",
        cause,
      }),
    );
  }

  /** Keeps the flash where it has changed; by a new file in the old one's place, so that it is never half written. */
  #store(board: SimulatedFirmware): void {
    const flash = board.flash();
    if (this.#stored !== null && Buffer.compare(flash, this.#stored) === 0) {
      return;
    }
    this.#stored = flash;
    mkdirSync(dirname(this.#flashPath), { recursive: true });
    const fresh = `${this.#flashPath}.${process.pid}`;
    writeFileSync(fresh, flash);
    renameSync(fresh, this.#flashPath);
  }
}

function readIfThere(path: string): Uint8Array | null {
  try {
    return new Uint8Array(readFileSync(path));
  } catch {
    return null;
  }
}
