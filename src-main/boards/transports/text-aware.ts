/**
 * A line behind which a Limpet board may be, or any board that prints numbers. Passes frames on as they are; where text of numbers comes
 * instead, it takes the board's part itself: describes it, streams its readings as samples, and refuses what such a board cannot do. So
 * recordings, live signal and health know no second kind of board.
 */
import { LimpetError } from "../../../src-shared/errors.ts";
import { ByteWriter } from "../link/bytes.ts";
import { encodeFrame, MAX_PAYLOAD, PROTOCOL_VERSION, parseFrames } from "../link/frames.ts";
import { encodeHello, type Hello } from "../link/hello.ts";
import { MESSAGE_TYPES } from "../link/messages.ts";
import { decodeRequest, type Request } from "../link/requests.ts";
import { STATUS } from "../link/responses.ts";
import { errorOf, LineSplitter, parseReading, ReadingDetector, type TextBoard } from "../text-lines.ts";
import type { FirmwareAccess, Transport, TransportHandlers } from "./transport.ts";

/** What such a board is called in the contract. */
const TEXT_BOARD = "text";
/** The one sensor that its columns make. */
const TEXT_SENSOR = "serial";

/** Readings are handed on in messages about this far apart, milliseconds. */
const FLUSH_MS = 25;
const HEARTBEAT_MS = 1000;
/** The link asks for five seconds who is there; shortly before it gives up, it gets what came. */
const UNDECIDED_MS = 4500;
const SAMPLES_HEAD_BYTES = 24;

type Mode = "listening" | "frames" | "text";

export class TextAwareTransport implements Transport {
  readonly #inner: Transport;
  #handlers: TransportHandlers | null = null;
  #mode: Mode = "listening";
  #splitter = new LineSplitter();
  #detector = new ReadingDetector();
  #board: TextBoard | null = null;
  /** The last thing that was asked before it was known that the board cannot answer. */
  #asked: { type: number; payload: Uint8Array } | null = null;
  #requestRest: Uint8Array = new Uint8Array(0);
  #sequence = 0;
  #openedMs = 0;
  /** Text that came while it was not clear what it is; the link hears of it only where it is no reading. */
  #held: Uint8Array[] = [];
  #streaming = false;
  #next = 0;
  #produced = 0;
  #dropped = 0;
  #waiting: { values: number[]; first: number; atMs: number } | null = null;
  #timers: NodeJS.Timeout[] = [];

  constructor(inner: Transport) {
    this.#inner = inner;
  }

  get port(): string {
    return this.#inner.port;
  }
  get firmware(): FirmwareAccess | undefined {
    return this.#inner.firmware;
  }
  /** The transport itself, for what only that can do. */
  get inner(): Transport {
    return this.#inner;
  }

  async open(handlers: TransportHandlers): Promise<void> {
    this.#handlers = handlers;
    this.#mode = "listening";
    this.#splitter = new LineSplitter();
    this.#detector = new ReadingDetector();
    this.#openedMs = performance.now();
    this.#held = [];
    const timer = setTimeout(() => this.#letGo(), UNDECIDED_MS);
    timer.unref();
    this.#timers.push(timer);
    await this.#inner.open({
      onData: (bytes) => this.#receive(bytes),
      onLost: (error) => {
        this.#end();
        handlers.onLost(error);
      },
    });
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#mode === "frames") return this.#inner.write(bytes);
    const { frames, rest } = parseFrames(this.#requestRest, bytes);
    this.#requestRest = rest;
    if (this.#mode === "text") {
      for (const { type, payload } of frames) this.#answer(type, payload);
      return;
    }
    this.#asked = frames.at(-1) ?? this.#asked;
    return this.#inner.write(bytes);
  }

  async close(): Promise<void> {
    this.#end();
    await this.#inner.close();
  }

  #end(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
    this.#streaming = false;
  }

  #receive(bytes: Uint8Array): void {
    const handlers = this.#handlers;
    if (handlers === null) return;
    if (this.#mode === "frames") {
      handlers.onData(bytes);
      return;
    }
    const now = performance.now();
    const lines = this.#splitter.add(bytes);
    if (this.#mode === "text") {
      for (const line of lines) this.#take(line, now);
      // A damaged byte costs its line; it does not end the text.
      if (!this.#splitter.isText) this.#splitter = new LineSplitter();
      return;
    }
    this.#held.push(bytes.slice());
    // Frames hold zero bytes, and so does what comes at another speed: that is for the link to judge.
    if (!this.#splitter.isText) {
      this.#mode = "frames";
      this.#letGo();
      return;
    }
    for (const line of lines) this.#detector.add(line, now);
    const board = this.#detector.result(now);
    if (board !== null) this.#becomeBoard(board);
  }

  /** Hands what was held back to the link, so that it knows that something answers. */
  #letGo(): void {
    const held = this.#held;
    this.#held = [];
    for (const bytes of held) this.#handlers?.onData(bytes);
  }

  #becomeBoard(board: TextBoard): void {
    this.#mode = "text";
    this.#board = board;
    this.#timers.push(setInterval(() => this.#heartbeat(), HEARTBEAT_MS));
    const asked = this.#asked;
    this.#asked = null;
    this.#held = [];
    if (asked !== null) this.#answer(asked.type, asked.payload);
  }

  #take(line: string, now: number): void {
    if (!this.#streaming) return;
    const failed = errorOf(line);
    if (failed !== null) this.#send(MESSAGE_TYPES.log, Buffer.from(failed));
    const channels = this.#board?.channels.length ?? 0;
    const reading = parseReading(line);
    const at = this.#next++;
    this.#produced++;
    if (reading === null || reading.values.length !== channels) {
      // A line that cannot be read is a reading that is missing.
      this.#dropped++;
      this.#flush();
      return;
    }
    this.#waiting ??= { values: [], first: at, atMs: now };
    this.#waiting.values.push(...reading.values);
    const full = SAMPLES_HEAD_BYTES + (this.#waiting.values.length + channels) * 4 > MAX_PAYLOAD;
    if (full || now - this.#waiting.atMs >= FLUSH_MS) this.#flush();
  }

  #flush(): void {
    const waiting = this.#waiting;
    const channels = this.#board?.channels.length ?? 1;
    this.#waiting = null;
    if (waiting === null) return;
    const out = new ByteWriter()
      .u8(0)
      .u8(channels)
      .u8(1)
      .u8(0)
      .u32(0)
      .u64(BigInt(waiting.first))
      .u64(this.#timeUs(waiting.atMs));
    for (const value of waiting.values) out.f32(value);
    this.#send(MESSAGE_TYPES.samples, out.done());
  }

  #answer(type: number, payload: Uint8Array): void {
    let asked: { id: number; request: Request };
    try {
      asked = decodeRequest(type, payload);
    } catch (error) {
      if (error instanceof LimpetError) return;
      throw error;
    }
    const { id, request } = asked;
    const { status = STATUS.ok, body = new Uint8Array(0) } = this.#do(request);
    const out = new ByteWriter().u16(id).i16(status).bytes(body).done();
    // As from a board, the answer comes after the write, not within it.
    queueMicrotask(() => this.#send(MESSAGE_TYPES.response, out));
  }

  #do(request: Request): { status?: number; body?: Uint8Array } {
    switch (request.kind) {
      case "hello":
        return { body: encodeHello(helloOf(this.#board ?? { channels: [], rateHz: 1 })) };
      case "start":
        this.#streaming = true;
        this.#next = 0;
        this.#waiting = null;
        return { body: new ByteWriter().u64(this.#timeUs(performance.now())).done() };
      case "stop": {
        this.#flush();
        this.#streaming = false;
        const out = new ByteWriter().u8(0).u64(BigInt(this.#produced)).u64(BigInt(this.#dropped));
        return { body: out.done() };
      }
      case "status":
        return { body: this.#status() };
      case "live-stop":
        return { body: new ByteWriter().u32(0).done() };
      default:
        return { status: STATUS.unsupported };
    }
  }

  #timeUs(ms: number): bigint {
    return BigInt(Math.max(0, Math.round((ms - this.#openedMs) * 1000)));
  }

  #status(): Uint8Array {
    return new ByteWriter()
      .u64(this.#timeUs(performance.now()))
      .u32(this.#sequence)
      .u32(0)
      .u32(0)
      .u64(BigInt(this.#produced))
      .u64(BigInt(this.#dropped))
      .u32(0)
      .u32(0)
      .done();
  }

  #heartbeat(): void {
    this.#flush();
    this.#send(MESSAGE_TYPES.heartbeat, this.#status());
  }

  #send(type: number, payload: Uint8Array): void {
    const frame = encodeFrame({ type, sequence: this.#sequence, payload });
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#handlers?.onData(frame);
  }
}

function helloOf({ channels, rateHz }: TextBoard): Hello {
  return {
    protocolVersion: PROTOCOL_VERSION,
    frontendVersion: 0,
    packageVersion: 0,
    maxPayload: MAX_PAYLOAD,
    kind: TEXT_BOARD,
    name: `Board that prints numbers (${channels.join(", ")})`,
    firmware: "",
    firmwareHash: null,
    serialNumber: "",
    counting: "none",
    clockHz: 0,
    slotBytes: 0,
    poolBytes: 0,
    model: null,
    sensors: [
      {
        id: TEXT_SENSOR,
        kind: "other",
        sampleType: "float32",
        resolution: 1,
        unit: "",
        channels,
        rates: [rateHz],
      },
    ],
  };
}
