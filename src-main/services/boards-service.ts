/**
 * The board that the user works with: finding, connecting, losing and finding again, and the live signal for drawing. Emits
 * what the contract's events carry. Knows sessions; not who listens.
 */
import type { BoardInfo, ConnectionState, SignalPreview } from "../../src-shared/contract/index.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { BoardSession, SessionEvent } from "../boards/board-session.ts";
import {
  describeSerialPort,
  isMadeHere,
  listSerialPorts,
  type OpenOptions,
  openBoard,
  type SignalReader,
} from "../boards/open-board.ts";
import { findQemu } from "../boards/qemu-process.ts";
import { SignalPreviewer, type SpectrumWish } from "../boards/signal-preview.ts";
import { LiveSpectrum } from "./live-spectrum.ts";

export type BoardsEvent =
  | { readonly kind: "state"; readonly state: ConnectionState }
  | { readonly kind: "signal"; readonly preview: SignalPreview }
  | { readonly kind: "session"; readonly event: SessionEvent };

/** A sensor by its id with the rate that it is sampled at, hertz. */
export type PreviewRate = { readonly id: string; readonly rateHz: number };

type Opener = (port: string, options: OpenOptions) => Promise<BoardSession>;

/** Waits before trying to reach a lost board again, milliseconds; the last one repeats. */
const RECONNECT_MS = [500, 1000, 2000, 4000, 5000];
const RECONNECT_TRIES = 24;

/**
 * All boards that can be reached: serial ports with a USB identity, the virtual and the simulated board. Each is asked who
 * it is; one that cannot be used is listed with the reason.
 */
export async function listBoards(read: SignalReader, connected?: BoardSession | null): Promise<BoardInfo[]> {
  const serial = await listSerialPorts();
  const made: BoardInfo[] = [
    { ...UNKNOWN, port: "virtual", board: "virtual", name: "Virtual board (QEMU)" },
    { ...UNKNOWN, port: "simulated", board: "simulated", name: "Simulated board" },
  ];
  const ports = [...serial.map(describeSerialPort), ...made];
  return Promise.all(
    ports.map((known) =>
      connected?.port === known.port ? connected.info : withinTime(known, askBoard(known, read)),
    ),
  );
}

/** One board that neither answers nor fails does not keep the others out of the list, milliseconds. */
const LIST_MS = 10_000;

function withinTime(known: BoardInfo, asked: Promise<BoardInfo>): Promise<BoardInfo> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<BoardInfo>((resolve) => {
    const problem = "It has not answered yet. Choose it, or look again.";
    timer = setTimeout(() => resolve({ ...known, problem }), LIST_MS);
  });
  return Promise.race([asked, late]).finally(() => clearTimeout(timer));
}

const UNKNOWN = { firmware: null, model: null, sensors: [] };

async function askBoard(known: BoardInfo, read: SignalReader): Promise<BoardInfo> {
  try {
    const session = await openBoard(known.port, {}, read);
    const { info } = session;
    await session.close();
    return info;
  } catch (error) {
    if (!(error instanceof LimpetError)) throw error;
    return { ...known, problem: error.hint === undefined ? error.message : `${error.message} ${error.hint}` };
  }
}

/** Whether a virtual board can be started, with the reason. */
export function virtualBoardAvailable(): { readonly available: boolean; readonly reason: string } {
  const qemu = findQemu();
  return qemu === null
    ? { available: false, reason: "QEMU (qemu-system-arm) is not installed." }
    : { available: true, reason: `QEMU is at ${qemu}.` };
}

type Waiter = {
  readonly resolve: (session: BoardSession) => void;
  readonly reject: (message: string) => void;
};

export class BoardsService {
  readonly #open: Opener;
  readonly #read: SignalReader;
  readonly #listeners = new Set<(event: BoardsEvent) => void>();
  #session: BoardSession | null = null;
  #state: ConnectionState = { kind: "disconnected" };
  /** A look at all ports that may be under way: it has each of them open for a moment. */
  #listing: Promise<unknown> = Promise.resolve();
  /** Why the last connection failed; null where it did not. */
  #failure: LimpetError | null = null;
  #options: OpenOptions = {};
  /** Counts connections, so that a reconnection that was overtaken gives up. */
  #generation = 0;
  #previewOn = false;
  /** A recording or deployment has the streams; the preview neither starts nor stops them meanwhile. */
  #exclusive = false;
  #sampling = false;
  #previewer: SignalPreviewer | null = null;
  #rates: readonly PreviewRate[] = [];
  #spectrum: SpectrumWish | null = null;
  /** Who waits for a board whose line broke off. */
  readonly #waiters = new Set<Waiter>();

  constructor(read: SignalReader, open?: Opener) {
    this.#read = read;
    this.#open = open ?? ((port, options) => openBoard(port, options, read));
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** The connected board. Throws `board-not-found`. */
  get session(): BoardSession {
    if (this.#session === null) {
      throw new LimpetError("board-not-found", "No board is connected.", {
        field: "board",
        hint: "Connect one first: a real one, the virtual or the simulated board.",
      });
    }
    return this.#session;
  }

  listen(listener: (event: BoardsEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  list(): Promise<BoardInfo[]> {
    const listing = listBoards(this.#read, this.#session);
    this.#listing = listing.catch(() => {});
    return listing;
  }

  /** Whether a port can be used: opens it and lets go of it again, unless that was just tried. Throws what is wrong. */
  async probe(port: string): Promise<void> {
    if (this.#session?.port === port) return;
    if (this.#state.kind === "failed" && this.#state.port === port && this.#failure !== null)
      throw this.#failure;
    const session = await this.#open(port, {});
    await session.close();
  }

  /** Connects; another board that was connected is let go. Resolves with `connected`; throws where that fails. */
  async connect(port: string, options: OpenOptions = {}): Promise<ConnectionState> {
    await this.disconnect();
    const generation = ++this.#generation;
    this.#options = options;
    this.#setState({ kind: "connecting", port });
    if (port !== "simulated") await this.#listing;
    try {
      const session = await this.#open(port, options);
      if (generation !== this.#generation) {
        await session.close();
        throw new LimpetError("cancelled", "Another board was chosen meanwhile.");
      }
      await this.#adopt(session);
      return this.#state;
    } catch (error) {
      if (generation === this.#generation) {
        this.#failure = error instanceof LimpetError ? error : null;
        this.#setState(failedState(port, error));
      }
      throw error;
    }
  }

  async disconnect(): Promise<void> {
    this.#generation++;
    for (const { reject } of [...this.#waiters]) reject("The board was disconnected.");
    const session = this.#session;
    this.#session = null;
    this.#sampling = false;
    this.#previewer = null;
    await session?.close();
    if (this.#state.kind !== "disconnected") this.#setState({ kind: "disconnected" });
  }

  /** Starts or stops the stream of previews, with the frequencies of a channel where that is wished. */
  async preview(on: boolean, spectrum: SpectrumWish | null = null): Promise<void> {
    this.#previewOn = on;
    this.#spectrum = spectrum;
    this.#previewer?.watchSpectrum(spectrum);
    await this.#applyPreview();
  }

  /** Rates that sensors are sampled at while nothing is recorded, where they differ from the first that a sensor has. */
  get rates(): readonly PreviewRate[] {
    return this.#rates;
  }

  /**
   * Samples at these rates from now on; those that the board does not have are passed over. While a recording has the streams, it
   * only says at which rates that samples.
   */
  async useRates(wanted: readonly PreviewRate[]): Promise<void> {
    const known = this.#session?.hello.sensors ?? [];
    const rates = wanted.filter(({ id, rateHz }) =>
      known.some((sensor) => sensor.id === id && sensor.rates.slice(1).includes(rateHz)),
    );
    if (JSON.stringify(rates) === JSON.stringify(this.#rates)) return;
    this.#rates = rates;
    const session = this.#session;
    if (session === null) return;
    this.#previewer?.restart(this.#rateOfSensors(session));
    if (this.#sampling && !this.#exclusive) {
      this.#sampling = false;
      await session.stop();
      await this.#applyPreview();
    }
  }

  #rateOfSensors(session: BoardSession): Map<number, number> {
    return new Map(
      session.hello.sensors.flatMap(({ id }, index) => {
        const rate = this.#rates.find((one) => one.id === id);
        return rate === undefined ? [] : [[index, rate.rateHz] as const];
      }),
    );
  }

  /**
   * Does `work` with the board's streams to itself (a recording, a deployment); the preview shows what it samples, and goes
   * on by itself after it. Where the line breaks off meanwhile, `reconnected` waits for the board to be reached again, with its
   * streams left alone; it rejects where that fails or `signal` is aborted.
   */
  async exclusively<T>(
    work: (session: BoardSession, reconnected: (signal: AbortSignal) => Promise<BoardSession>) => Promise<T>,
  ): Promise<T> {
    const { session } = this;
    if (this.#sampling) {
      this.#sampling = false;
      await session.stop();
    }
    this.#exclusive = true;
    try {
      return await work(session, (signal) => this.#reconnected(signal));
    } finally {
      this.#exclusive = false;
      const now = this.#session;
      if (now !== null && now.lost === null) {
        // After a deployment the board has another model, which everyone should see.
        this.#setState(this.#connected(now));
        await this.#applyPreview();
      }
    }
  }

  /** The session of the reconnection that is under way. */
  #reconnected(signal: AbortSignal): Promise<BoardSession> {
    return new Promise((resolve, reject) => {
      const unplugged = (message: string): LimpetError =>
        new LimpetError("board-unplugged", message, { hint: "Plug the board in again." });
      const waiter: Waiter = {
        resolve: (session) => end(() => resolve(session)),
        reject: (message) => end(() => reject(unplugged(message))),
      };
      const abort = (): void => waiter.reject("The board did not come back.");
      const end = (then: () => void): void => {
        this.#waiters.delete(waiter);
        signal.removeEventListener("abort", abort);
        then();
      };
      this.#waiters.add(waiter);
      signal.addEventListener("abort", abort);
      if (signal.aborted) abort();
    });
  }

  async #adopt(session: BoardSession): Promise<void> {
    this.#session = session;
    this.#previewer = new SignalPreviewer(
      session.hello.sensors,
      (preview) => this.#emit({ kind: "signal", preview }),
      (rateHz) => new LiveSpectrum(rateHz),
    );
    this.#previewer.watchSpectrum(this.#spectrum);
    session.listen((event) => this.#onSession(session, event));
    this.#setState(this.#connected(session));
    for (const { resolve } of [...this.#waiters]) resolve(session);
    await this.#applyPreview();
  }

  async #applyPreview(): Promise<void> {
    const session = this.#session;
    if (session === null || session.lost !== null || this.#exclusive || this.#sampling === this.#previewOn) {
      return;
    }
    this.#sampling = this.#previewOn;
    if (this.#previewOn) {
      const rates = this.#rateOfSensors(session);
      this.#previewer?.restart(rates);
      await session.start(
        session.hello.sensors.map((_sensor, index) => ({ index, rateHz: rates.get(index) ?? 0 })),
      );
    } else {
      await session.stop();
    }
  }

  #connected(session: BoardSession): ConnectionState {
    return { kind: "connected", info: session.info, counters: session.boardCounters };
  }

  #onSession(session: BoardSession, event: SessionEvent): void {
    if (session !== this.#session) {
      return;
    }
    if (event.kind === "samples" && this.#previewOn) this.#previewer?.add(event.samples);
    if (event.kind === "restarted") {
      // Its streams ended with it; the preview begins anew.
      this.#sampling = false;
      this.#applyPreview().catch(() => {});
    }
    if (event.kind === "heartbeat") this.#setState(this.#connected(session));
    this.#emit({ kind: "session", event });
    if (event.kind === "lost") {
      this.#session = null;
      this.#sampling = false;
      this.#previewer = null;
      void session.close();
      void this.#reconnect(session.port, event.error);
    }
  }

  async #reconnect(port: string, first: LimpetError): Promise<void> {
    const generation = ++this.#generation;
    let error: unknown = first;
    for (let attempt = 1; attempt <= RECONNECT_TRIES; attempt++) {
      this.#setState({ kind: "reconnecting", port, attempt });
      await new Promise((resolve) => {
        setTimeout(resolve, RECONNECT_MS[attempt - 1] ?? RECONNECT_MS.at(-1)).unref();
      });
      if (generation !== this.#generation) {
        return;
      }
      try {
        // A recording that waits for its board wants it as it is; nobody else has a use for what it still sends.
        const keepStreams = this.#waiters.size > 0;
        const session = await this.#open(port, { ...this.#options, keepStreams });
        if (generation === this.#generation) await this.#adopt(session);
        else await session.close();
        return;
      } catch (caught) {
        error = caught;
        // What this computer makes itself does not come back by waiting.
        if (isMadeHere(port)) break;
      }
    }
    if (generation === this.#generation) {
      this.#failure = error instanceof LimpetError ? error : null;
      this.#setState(failedState(port, error));
      for (const { reject } of [...this.#waiters]) reject("The board did not come back.");
    }
  }

  #setState(state: ConnectionState): void {
    this.#state = state;
    this.#emit({ kind: "state", state });
  }

  #emit(event: BoardsEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}

function failedState(port: string, error: unknown): ConnectionState {
  const { message, hint } =
    error instanceof LimpetError ? error : { message: "The board cannot be used.", hint: undefined };
  return { kind: "failed", port, message, ...(hint === undefined ? {} : { hint }) };
}
