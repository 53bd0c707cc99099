/**
 * A board as a source for fault tests and benchmarks: speaks the link over TCP, samples at its own pace whether anyone listens or
 * not (as a chip does), and drops what the line does not take. Every sample's value follows from its index, so that a reader can
 * tell each one. The real firmware is tested in test/device.
 */
import { createServer, type Server, type Socket } from "node:net";
import { ByteWriter } from "../../src-main/boards/link/bytes.ts";
import { encodeFrame, parseFrames } from "../../src-main/boards/link/frames.ts";
import { encodeHello, type Hello } from "../../src-main/boards/link/hello.ts";
import { MESSAGE_TYPES } from "../../src-main/boards/link/messages.ts";
import { decodeRequest, type Request } from "../../src-main/boards/link/requests.ts";

export type SourceSensor = {
  readonly id: string;
  readonly channels: readonly string[];
  readonly rateHz: number;
  /** Samples per channel in one SAMPLES frame. */
  readonly frameSamples: number;
};

export const ACCELEROMETER: SourceSensor = {
  id: "accelerometer",
  channels: ["accX", "accY", "accZ"],
  rateHz: 1000,
  frameSamples: 20,
};
export const MICROPHONE: SourceSensor = {
  id: "microphone",
  channels: ["audio"],
  rateHz: 16_000,
  frameSamples: 320,
};

/** Value of a sample: a hash of where it belongs (multiplicative hashing, Knuth, TAOCP vol. 3, 6.4). */
export const sourceSample = (sensor: number, index: number, channel: number): number =>
  (Math.imul(index + 1, 0x9e3779b1) +
    Math.imul(channel + 1, 0x85ebca6b) +
    Math.imul(sensor + 1, 0xc2b2ae35)) >>
  16;

/** Bytes that may wait for the line before the board drops samples, as its buffers would. */
const LINE_BUFFER_BYTES = 256 * 1024;
const STEP_MS = 4;
const HEAD_BYTES = 24;

type Stream = { readonly sensor: number; next: number; dropped: number };

export class StreamBoard {
  readonly sensors: readonly SourceSensor[];
  /** Frames with samples that were handed to the line. */
  framesSent = 0;
  starts = 0;
  /** How long the board takes to answer a request; it goes on sampling meanwhile. */
  answerDelayMs = 0;
  /** Samples per channel of the last recording that no line took. */
  droppedBefore = 0;
  readonly #server: Server;
  #socket: Socket | null = null;
  #bootedAt = performance.now();
  #startedAt = 0;
  #streams: Stream[] = [];
  #sequence = 0;
  #produced = 0n;
  #last: { id: number; payload: Uint8Array } | null = null;
  #nextHeartbeat = 1000;
  #moments: { readonly samples: number; readonly action: () => void }[] = [];
  readonly #timer: NodeJS.Timeout;

  private constructor(sensors: readonly SourceSensor[]) {
    this.sensors = sensors;
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
    this.#timer = setInterval(() => this.#step(), STEP_MS);
  }

  static async start(sensors: readonly SourceSensor[] = [ACCELEROMETER], port = 0): Promise<StreamBoard> {
    const board = new StreamBoard(sensors);
    await new Promise<void>((resolve) => board.#server.listen(port, "127.0.0.1", resolve));
    return board;
  }

  get tcpPort(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }
  get port(): string {
    return `tcp://127.0.0.1:${this.tcpPort}`;
  }
  /** Samples per channel that a sensor has taken since START. */
  taken(sensor = 0): number {
    return this.#streams.find((stream) => stream.sensor === sensor)?.next ?? 0;
  }
  /** Does something in the moment when the first sensor has taken so many samples since START, however fast the computer is. */
  at(samples: number, action: () => void = () => {}): Promise<void> {
    return new Promise((resolve) => {
      this.#moments.push({
        samples,
        action: () => {
          action();
          resolve();
        },
      });
    });
  }
  /** Samples of all sensors that the line did not take in time. */
  get dropped(): number {
    return this.#streams.reduce((sum, { dropped }) => sum + dropped, 0);
  }

  /** The line breaks off behind the last frame sent; the board goes on sampling. */
  breakLine(): void {
    this.#socket?.end();
    this.#socket = null;
  }
  /** The board restarts (reset button, brown-out): streams end, clock and counters begin anew. The line may stay. */
  restart(): void {
    this.#streams = [];
    this.#bootedAt = performance.now();
    this.#nextHeartbeat = 50;
    this.#sequence = 0;
    this.#produced = 0n;
    this.#last = null;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.breakLine();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket): void {
    this.#socket?.destroy();
    this.#socket = socket;
    let rest: Uint8Array = new Uint8Array(0);
    socket.on("error", () => {});
    socket.on("close", () => {
      if (this.#socket === socket) this.#socket = null;
    });
    socket.on("data", (bytes) => {
      const result = parseFrames(rest, bytes);
      rest = result.rest;
      for (const { type, payload } of result.frames) {
        const { id, request } = decodeRequest(type, payload);
        if (this.#last?.id === id) this.#send(MESSAGE_TYPES.response, this.#last.payload);
        else if (this.answerDelayMs === 0) this.#answer(id, request);
        else setTimeout(() => this.#answer(id, request), this.answerDelayMs);
      }
    });
  }

  #send(type: number, payload: Uint8Array): void {
    const frame = encodeFrame({ type, sequence: this.#sequence, payload });
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#socket?.write(frame);
  }

  #answer(id: number, request: Request): void {
    const [status, body] = this.#do(request);
    const payload = new ByteWriter().u16(id).i16(status).bytes(body).done();
    this.#last = { id, payload };
    this.#send(MESSAGE_TYPES.response, payload);
  }

  #do(request: Request): [number, Uint8Array] {
    switch (request.kind) {
      case "hello":
        return [0, encodeHello(this.#hello())];
      case "start":
        if (this.#streams.length > 0) return [-3, new Uint8Array(0)];
        this.starts++;
        this.#streams = request.sensors.map(({ index }) => ({ sensor: index, next: 0, dropped: 0 }));
        this.#startedAt = performance.now();
        return [0, new ByteWriter().u64(this.#timeUs()).done()];
      case "stop": {
        const out = new ByteWriter();
        this.droppedBefore = this.dropped;
        for (const { sensor, next, dropped } of this.#streams)
          out.u8(sensor).u64(BigInt(next)).u64(BigInt(dropped));
        this.#streams = [];
        return [0, out.done()];
      }
      case "live-stop":
        return [0, new ByteWriter().u32(0).done()];
      case "status":
        return [0, this.#heartbeat()];
      default:
        return [-1, new Uint8Array(0)];
    }
  }

  #timeUs(): bigint {
    return BigInt(Math.round((performance.now() - this.#bootedAt) * 1000));
  }

  #heartbeat(): Uint8Array {
    return new ByteWriter()
      .u64(this.#timeUs())
      .u32(this.framesSent)
      .u32(0)
      .u32(0)
      .u64(this.#produced)
      .u64(BigInt(this.dropped))
      .u32(0)
      .u32(0)
      .done();
  }

  #step(): void {
    const seconds = (performance.now() - this.#startedAt) / 1000;
    for (const stream of this.#streams) {
      const { rateHz, frameSamples } = this.sensors[stream.sensor] as SourceSensor;
      const due = Math.floor((seconds * rateHz) / frameSamples);
      while (stream.next < due * frameSamples) {
        const line = this.#socket;
        if (line === null || line.writableLength > LINE_BUFFER_BYTES) stream.dropped += frameSamples;
        else this.#sendSamples(stream);
        stream.next += frameSamples;
        this.#produced += BigInt(frameSamples);
        if (stream === this.#streams[0]) this.#passMoments(stream.next);
        // What was done then may have ended the streams.
        if (!this.#streams.includes(stream)) return;
      }
    }
    if (performance.now() - this.#bootedAt >= this.#nextHeartbeat) {
      this.#nextHeartbeat += 1000;
      this.#send(MESSAGE_TYPES.heartbeat, this.#heartbeat());
    }
  }

  #passMoments(samples: number): void {
    const due = this.#moments.filter((moment) => moment.samples <= samples);
    this.#moments = this.#moments.filter((moment) => moment.samples > samples);
    for (const { action } of due) action();
  }

  #sendSamples({ sensor, next }: Stream): void {
    const { channels, rateHz, frameSamples } = this.sensors[sensor] as SourceSensor;
    const width = channels.length;
    const payload = new Uint8Array(HEAD_BYTES + frameSamples * width * 2);
    const view = new DataView(payload.buffer);
    view.setUint8(0, sensor);
    view.setUint8(1, width);
    view.setBigUint64(8, BigInt(next), true);
    view.setBigUint64(16, BigInt(Math.round((next * 1e6) / rateHz)), true);
    let at = HEAD_BYTES;
    for (let i = 0; i < frameSamples; i++) {
      for (let channel = 0; channel < width; channel++) {
        view.setInt16(at, sourceSample(sensor, next + i, channel), true);
        at += 2;
      }
    }
    this.#send(MESSAGE_TYPES.samples, payload);
    this.framesSent++;
  }

  #hello(): Hello {
    return {
      protocolVersion: 1,
      frontendVersion: 1,
      packageVersion: 1,
      maxPayload: 1024,
      kind: "source",
      name: "Source",
      firmware: "1.0.0",
      firmwareHash: null,
      serialNumber: "7",
      counting: "none",
      clockHz: 64_000_000,
      slotBytes: 100_000,
      poolBytes: 65_536,
      model: null,
      sensors: this.sensors.map(({ id, channels, rateHz }) => ({
        id,
        kind: id === "microphone" ? ("microphone" as const) : ("accelerometer" as const),
        sampleType: "int16" as const,
        resolution: 2 ** -11,
        unit: id === "microphone" ? "" : "g",
        channels: [...channels],
        rates: [rateHz],
      })),
    };
  }
}
