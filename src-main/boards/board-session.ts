/**
 * A conversation with one connected board: who it is, its streams, its live answers, its model slots. Turns the link's
 * messages into typed events. Knows no project and no user interface.
 */
import { crc32 } from "node:zlib";
import type { BoardCounters, BoardInfo } from "../../src-shared/contract/index.ts";
import { assertNever, LimpetError } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import { BoardLink, type LinkCounters } from "./board-link.ts";
import { BoardReplay } from "./board-replay.ts";
import { sendData, stopIfAborted } from "./data-requests.ts";
import { PROTOCOL_VERSION } from "./link/frames.ts";
import { decodeHello, type Hello } from "./link/hello.ts";
import {
  decodeHeartbeat,
  type Heartbeat,
  type PredictionMessage,
  type SamplesMessage,
} from "./link/messages.ts";
import {
  decodeLog,
  decodeSelfTest,
  decodeStopped,
  decodeU8,
  decodeU32,
  decodeU64,
  decodeUpdateBegun,
  type LogEvent,
  type LogPart,
  refusal,
  type SelfTest,
  STATUS,
  type StoppedSensor,
  slotName,
} from "./link/responses.ts";
import type { Transport } from "./transports/transport.ts";

export type SessionEvent =
  | { readonly kind: "samples"; readonly samples: SamplesMessage }
  | { readonly kind: "heartbeat"; readonly heartbeat: Heartbeat }
  | { readonly kind: "prediction"; readonly prediction: PredictionMessage }
  | { readonly kind: "log"; readonly text: string }
  /** The board restarted by itself (reset button, brown-out, watchdog): its streams have ended. */
  | { readonly kind: "restarted" }
  /** The board went away. Nothing comes after it. */
  | { readonly kind: "lost"; readonly error: LimpetError };

export type SelectedSensor = { readonly index: number; readonly rateHz: number };

const HELLO_TRIES = 5;
const HELLO_TIMEOUT_MS = 1000;
/** Erasing a slot of a slow flash takes a while, and a board that is busy with it answers a repeated request after it. */
const FLASH_WORK = { timeoutMs: 4000, tries: 5 };
/** SAMPLES messages kept for whoever takes up running streams: some ten seconds of a fast board, 8 MB at most. */
const EARLY_MESSAGES = 4096;

export class BoardSession {
  readonly transport: Transport;
  /** Windows run through the board. */
  readonly replay: BoardReplay;
  readonly #link: BoardLink;
  readonly #listeners = new Set<(event: SessionEvent) => void>();
  #hello: Hello | null = null;
  #heartbeat: Heartbeat | null = null;
  #lost: LimpetError | null = null;
  /** What running streams sent before anyone could listen; null: nobody will take it. */
  #early: SamplesMessage[] | null;

  private constructor(transport: Transport, keepStreams: boolean) {
    this.transport = transport;
    this.#early = keepStreams ? [] : null;
    this.#link = new BoardLink(transport, {
      onMessage: (message) => {
        switch (message.kind) {
          case "samples":
            if (this.#early !== null && this.#early.length < EARLY_MESSAGES) this.#early.push(message);
            return this.#emit({ kind: "samples", samples: message });
          case "heartbeat":
            return this.#takeHeartbeat(message.heartbeat);
          case "prediction":
            return this.#emit({ kind: "prediction", prediction: message });
          case "replay-result":
            return this.replay.take(message);
          case "log":
            return this.#emit(message);
          default:
            return assertNever(message, "message of a board");
        }
      },
      onLost: (error) => {
        this.#lost = error;
        this.replay.lost(error);
        this.#emit({ kind: "lost", error });
      },
    });
    this.replay = new BoardReplay(this.#link, this);
  }

  /**
   * Opens the transport and asks the board who it is. Throws what the transport throws, and `board-timeout` where nothing
   * answers, `board-protocol` where something else than a Limpet board does. With `keepStreams` the board goes on with what it
   * was doing: for a recording whose line broke off and came back.
   */
  static async connect(
    transport: Transport,
    options: { readonly keepStreams?: boolean | undefined } = {},
  ): Promise<BoardSession> {
    const session = new BoardSession(transport, options.keepStreams === true);
    try {
      await session.#link.open();
      await session.greet();
      if (options.keepStreams === true) return session;
      // A program that crashed may have left the board streaming; what it sends is nobody's any more.
      await session.#link.ask({ kind: "stop" });
      await session.#link.ask({ kind: "live-stop" });
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  get port(): string {
    return this.transport.port;
  }
  get hello(): Hello {
    if (this.#hello === null) {
      throw new LimpetError("internal", "The board has not been greeted.");
    }
    return this.#hello;
  }
  get counters(): LinkCounters {
    return this.#link.counters;
  }
  /** The board's own time at the last heartbeat, microseconds; null before the first. It runs from the board's start on. */
  get boardTimeUs(): bigint | null {
    return this.#heartbeat?.timeUs ?? null;
  }
  /** Why the board is gone; null while it is there. */
  get lost(): LimpetError | null {
    return this.#lost;
  }

  /** The board as the contract describes it. */
  get info(): BoardInfo {
    return boardInfoOf(this.port, this.hello);
  }

  /** Counters of the last heartbeat; null before the first. */
  get boardCounters(): BoardCounters | null {
    const beat = this.#heartbeat;
    return beat === null
      ? null
      : {
          uptimeMs: Number(beat.timeUs) / 1000,
          samplesProduced: Number(beat.samplesProduced),
          samplesDropped: Number(beat.samplesDropped),
          framesLost: this.#link.counters.framesLost + this.#link.counters.framesBad,
        };
  }

  /** Listens to events; returns the function that ends it. */
  listen(listener: (event: SessionEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Samples that streams which were left running (`keepStreams`) have sent since the line was opened, in their order. Listeners
   * that came meanwhile have had them too. Given once; nothing is kept from then on.
   */
  takeEarlySamples(): readonly SamplesMessage[] {
    const early = this.#early ?? [];
    this.#early = null;
    return early;
  }

  /** Asks the board for its description, anew after a change of firmware or model. */
  async greet(): Promise<Hello> {
    const before = this.#link.counters;
    try {
      const body = await this.#link.request(
        { kind: "hello" },
        { timeoutMs: HELLO_TIMEOUT_MS, tries: HELLO_TRIES },
      );
      this.#hello = decodeHello(body);
    } catch (error) {
      if (error instanceof LimpetError && error.code === "board-timeout") {
        throw this.#whyNoHello(before, error);
      }
      throw error;
    }
    if (this.#hello.protocolVersion !== PROTOCOL_VERSION) {
      throw new LimpetError(
        "board-protocol",
        `The board at ${this.port} speaks version ${this.#hello.protocolVersion} of the link; this Limpet speaks ${PROTOCOL_VERSION}.`,
        { field: this.port, hint: "Write the current firmware, or update Limpet." },
      );
    }
    return this.#hello;
  }

  #whyNoHello(before: LinkCounters, cause: LimpetError): LimpetError {
    const heard = this.#link.counters.bytesReceived > before.bytesReceived;
    return heard
      ? new LimpetError("board-protocol", `What answers at ${this.port} is not a Limpet board.`, {
          field: this.port,
          hint: "Choose another port with `limpet boards`, or write Limpet's firmware onto the board.",
          cause,
        })
      : new LimpetError("board-timeout", `Nothing answers at ${this.port}.`, {
          field: this.port,
          hint: "Is Limpet's firmware on the board? Press its reset button and try again.",
          cause,
        });
  }

  /** Starts sampling; resolves with the board's time, microseconds. Rate 0 stands for a sensor's default. */
  async start(sensors: readonly SelectedSensor[]): Promise<bigint> {
    this.#early = null;
    return decodeU64(await this.#link.request({ kind: "start", sensors }));
  }
  /** Ends sampling; what the board still had in its buffers comes before the answer. */
  async stop(): Promise<StoppedSensor[]> {
    return decodeStopped(await this.#link.request({ kind: "stop" }));
  }
  async startLive(): Promise<bigint> {
    return decodeU64(await this.#link.request({ kind: "live-start" }));
  }
  /** Ends live answers; resolves with the number of windows classified. */
  async stopLive(): Promise<number> {
    return decodeU32(await this.#link.request({ kind: "live-stop" }));
  }
  async status(): Promise<Heartbeat> {
    return decodeHeartbeat(await this.#link.request({ kind: "status" }));
  }

  /** Restarts the board and greets it again. */
  async reset(): Promise<void> {
    await this.#link.ask({ kind: "reset" });
    await this.afterRestart();
  }
  /** To be called when the board has restarted in another way. */
  async afterRestart(): Promise<void> {
    this.#link.restarted();
    this.#heartbeat = null;
    await this.greet();
  }

  /**
   * Sends a model package into the unused slot and has the board test it. With a failed self-test the board keeps its old
   * model, and the result says so by `accepted`. Throws `board-refused` where the board does not take the package.
   */
  async update(
    modelPackage: Uint8Array,
    work: WorkOptions = {},
  ): Promise<{ readonly accepted: boolean; readonly test: SelfTest }> {
    const begun = await this.#link.request(
      { kind: "update-begin", bytes: modelPackage.length, crc: crc32(modelPackage) },
      FLASH_WORK,
    );
    try {
      const { chunkBytes } = decodeUpdateBegun(begun);
      await sendData(this.#link, "update-data", modelPackage, chunkBytes, work);
      work.onProgress?.("self-test", 1);
      const { status, body } = await this.#link.ask({ kind: "update-commit" }, FLASH_WORK);
      if (status !== STATUS.ok && status !== STATUS["self-test"]) {
        throw refusal("update-commit", status);
      }
      return { accepted: status === STATUS.ok, test: decodeSelfTest(body) };
    } catch (error) {
      if (this.#lost === null) {
        await this.#link.ask({ kind: "update-abort" }, { tries: 1 }).catch(() => {});
      }
      throw error;
    }
  }

  async rollBack(): Promise<"A" | "B"> {
    return slotName(decodeU8(await this.#link.request({ kind: "roll-back" }, FLASH_WORK)));
  }

  /** How many bytes of the installed package one answer holds. */
  get packagePartBytes(): number {
    return Math.max(64, Math.min(this.hello.maxPayload, 1024) - 64);
  }

  /** A part of the installed package, `packagePartBytes` at most; shorter at its end. */
  readPackagePart(offset: number, bytes: number): Promise<Uint8Array> {
    return this.#link.request({ kind: "read-package", offset, bytes });
  }

  /** Reads the installed package back; `bytes` is its length. */
  async readPackage(bytes: number, work: WorkOptions = {}): Promise<Uint8Array> {
    const out = new Uint8Array(bytes);
    const largest = this.packagePartBytes;
    for (let offset = 0; offset < bytes; ) {
      stopIfAborted(work);
      const part = await this.readPackagePart(offset, Math.min(largest, bytes - offset));
      if (part.length === 0) break;
      out.set(part.subarray(0, bytes - offset), offset);
      offset += part.length;
      work.onProgress?.("reading back", Math.min(1, offset / bytes));
    }
    return out;
  }

  /** The whole event log, part by part. Throws `board-refused` without a model, or where the board keeps none. */
  async readLog(work: WorkOptions = {}): Promise<LogPart> {
    const events: LogEvent[] = [];
    for (;;) {
      stopIfAborted(work);
      const log = decodeLog(await this.#link.request({ kind: "log-read", from: events.length }));
      events.push(...log.part);
      if (log.part.length === 0 || events.length >= log.kept) return { ...log, part: events };
      work.onProgress?.("reading the log", events.length / log.kept);
    }
  }

  async clearLog(): Promise<void> {
    await this.#link.request({ kind: "log-clear" }, FLASH_WORK);
  }

  /** Closes the link. May be called twice. */
  async close(): Promise<void> {
    if (this.replay.begun && this.#lost === null) {
      // Else a board that runs by itself would wait for the next window for ever.
      await this.#link.ask({ kind: "live-stop" }, { tries: 1 }).catch(() => {});
    }
    await this.#link.close();
    this.#listeners.clear();
  }

  #takeHeartbeat(heartbeat: Heartbeat): void {
    const before = this.#heartbeat;
    this.#heartbeat = heartbeat;
    // A board's clock runs from its start on, so that it goes back only by a restart.
    if (before !== null && heartbeat.timeUs < before.timeUs) {
      this.#link.restartedByItself();
      this.#emit({ kind: "restarted" });
    }
    this.#emit({ kind: "heartbeat", heartbeat });
  }

  #emit(event: SessionEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}

/** A board's description as the contract has it. */
function boardInfoOf(port: string, hello: Hello): BoardInfo {
  return {
    port,
    board: hello.kind,
    name: hello.name,
    firmware: hello.firmware,
    model: hello.model === null ? null : { ...hello.model, labels: [...hello.model.labels] },
    sensors: hello.sensors.map(({ id, kind, channels, unit, rates, resolution }) => ({
      id,
      kind,
      channels: [...channels],
      unit,
      rates: [...rates],
      resolution,
    })),
  };
}
