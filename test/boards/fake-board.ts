/**
 * A board for tests of the laptop's side: speaks the whole protocol over a real TCP connection, and can be told to lose frames,
 * to damage what it stores, or to vanish. The real firmware is tested in test/device.
 */
import { createHash } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import { crc32 } from "node:zlib";
import { ByteWriter } from "../../src-main/boards/link/bytes.ts";
import { encodeFrame, parseFrames } from "../../src-main/boards/link/frames.ts";
import { encodeHello, type Hello, type InstalledPackage } from "../../src-main/boards/link/hello.ts";
import { MESSAGE_TYPES } from "../../src-main/boards/link/messages.ts";
import { decodeRequest, type Request } from "../../src-main/boards/link/requests.ts";

export const FAKE_RATE = 1000;
const BLOCK = 50;

export type Faults = {
  /** SAMPLES frames (by number) that get lost on the way. */
  loseSamples?: readonly number[];
  /** Hangs up after this many SAMPLES frames. */
  vanishAfter?: number;
  /** Stops sending after this many SAMPLES frames, and stays connected. */
  fallSilentAfter?: number;
  /** Answers nothing the first time a request comes. */
  deafOnce?: Request["kind"];
  /** Golden vectors that come out differently. */
  selfTestFails?: boolean;
  /** One byte of the stored package is wrong. */
  badFlash?: boolean;
  /** Milliseconds that pass for 50 of its own between two answers of its model. */
  answerMs?: number;
  /** Kind of board that it says it is. */
  kind?: string;
};

/** Sample `index` of channel `channel`, as the fake sensor measures it. */
export const fakeSample = (index: number, channel: number): number =>
  ((index * 7 + channel * 1000) % 60_001) - 30_000;

export class FakeBoard {
  readonly faults: Faults;
  readonly seen: Request[] = [];
  /** How often a stream was begun. */
  starts = 0;
  unanswered = 0;
  mostUnanswered = 0;
  readonly #server: Server;
  #socket: Socket | null = null;
  #sequence = 0;
  #installed: { info: InstalledPackage; bytes: Uint8Array } | null = null;
  #previous: { info: InstalledPackage; bytes: Uint8Array } | null = null;
  #update: { bytes: Uint8Array; received: number; crc: number } | null = null;
  #last: { id: number; frame: Uint8Array } | null = null;
  #timers: NodeJS.Timeout[] = [];
  #replay = new Uint8Array(0);

  private constructor(faults: Faults) {
    this.faults = faults;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  static async start(faults: Faults = {}): Promise<FakeBoard> {
    const board = new FakeBoard(faults);
    await new Promise<void>((resolve) => board.#server.listen(0, "127.0.0.1", resolve));
    return board;
  }

  get port(): string {
    const address = this.#server.address();
    return `tcp://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  }
  get model(): InstalledPackage | null {
    return this.#installed?.info ?? null;
  }

  install(bytes: Uint8Array, name: string, labels: readonly string[]): void {
    const hash = createHash("sha256").update(bytes.subarray(64)).digest("hex");
    this.#previous = this.#installed;
    this.#installed = {
      info: { slot: this.#installed?.info.slot === "A" ? "B" : "A", hash, name, labels },
      bytes,
    };
  }

  unplug(): void {
    this.#silence();
    this.#socket?.destroy();
  }

  async close(): Promise<void> {
    this.unplug();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket): void {
    this.#socket = socket;
    let rest: Uint8Array = new Uint8Array(0);
    socket.on("error", () => {});
    socket.on("close", () => this.#silence());
    socket.on("data", (bytes) => {
      const result = parseFrames(rest, bytes);
      rest = result.rest;
      this.unanswered += result.frames.length;
      this.mostUnanswered = Math.max(this.mostUnanswered, this.unanswered);
      for (const { type, payload } of result.frames) {
        const { id, request } = decodeRequest(type, payload);
        setTimeout(() => this.#answer(id, request), 1);
      }
    });
  }

  #silence(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
  }

  #send(type: number, payload: Uint8Array, lost = false): Uint8Array {
    const frame = encodeFrame({ type, sequence: this.#sequence, payload });
    this.#sequence = (this.#sequence + 1) & 0xffff;
    if (!lost) this.#socket?.write(frame);
    return frame;
  }

  #answer(id: number, request: Request): void {
    this.unanswered--;
    this.seen.push(request);
    if (this.faults.deafOnce === request.kind) {
      delete this.faults.deafOnce;
      // The work is done and the answer lost: the second request must not do it again.
      this.#respond(id, request, true);
      return;
    }
    if (this.#last?.id === id) {
      this.#socket?.write(this.#last.frame);
      return;
    }
    this.#respond(id, request, false);
  }

  #respond(id: number, request: Request, lost: boolean): void {
    const { status = 0, body = new Uint8Array(0), after } = this.#do(id, request);
    const payload = new ByteWriter().u16(id).i16(status).bytes(body).done();
    this.#last = { id, frame: this.#send(MESSAGE_TYPES.response, payload, lost) };
    after?.();
  }

  #do(id: number, request: Request): { status?: number; body?: Uint8Array; after?: () => void } {
    const out = new ByteWriter();
    switch (request.kind) {
      case "hello":
        return { body: encodeHello(this.#hello()) };
      case "start":
        return { body: out.u64(5n).done(), after: () => this.#stream(request.sensors[0]?.index ?? 0) };
      case "log-read":
      case "log-clear":
        return { status: -8 };
      case "stop":
      case "reset":
      case "update-abort":
        this.#silence();
        return {};
      case "live-start":
        if (this.#installed === null) return { status: -3 };
        return { body: out.u64(0n).done(), after: () => this.#predict() };
      case "live-stop":
        this.#silence();
        return { body: out.u32(1).done() };
      case "update-begin":
        this.#update = { bytes: new Uint8Array(request.bytes), received: 0, crc: request.crc };
        return { body: out.u8(1).u16(256).done() };
      case "update-data":
        return this.#take(request.offset, request.data);
      case "update-commit":
        return this.#commit();
      case "roll-back":
        this.#installed = this.#previous;
        return { body: out.u8(0).done() };
      case "read-package":
        return {
          body:
            this.#installed?.bytes.slice(request.offset, request.offset + request.bytes) ?? new Uint8Array(0),
        };
      case "replay-begin":
        this.#replay = new Uint8Array(8);
        return { body: out.u32(8).done() };
      case "replay-data":
        this.#replay.set(request.data, request.offset);
        return { body: out.u32(request.offset + request.data.length).done() };
      case "replay-run":
        return { after: () => this.#runReplay(id) };
      case "status":
        return { body: new Uint8Array(48) };
    }
  }

  #take(offset: number, data: Uint8Array): { status?: number; body?: Uint8Array } {
    const update = this.#update;
    if (update === null) return { status: -3 };
    if (offset > update.received) return { status: -2 };
    update.bytes.set(data, offset);
    update.received = Math.max(update.received, offset + data.length);
    return { body: new ByteWriter().u32(update.received).done() };
  }

  #commit(): { status: number; body?: Uint8Array } {
    const update = this.#update;
    if (update === null) return { status: -3 };
    if (update.received !== update.bytes.length || crc32(update.bytes) !== update.crc) return { status: -5 };
    const fails = this.faults.selfTestFails === true;
    if (!fails) {
      const stored = update.bytes.slice();
      this.install(stored, "fake", ["off", "on"]);
      if (this.faults.badFlash === true) stored[100] = (stored[100] as number) ^ 1;
    }
    const body = new ByteWriter()
      .u8(1)
      .u8(4)
      .u8(fails ? 3 : 4)
      .u8(fails ? 3 : 0)
      .u32(2048)
      .u32(8192)
      .u32(3000)
      .u32(7000);
    return { status: fails ? -7 : 0, body: body.done() };
  }

  #stream(sensor: number): void {
    this.starts++;
    const began = performance.now();
    let block = 0;
    const timer = setInterval(() => {
      while ((block + 1) * BLOCK <= ((performance.now() - began) / 1000) * FAKE_RATE) {
        if (block === this.faults.vanishAfter) {
          this.unplug();
          return;
        }
        if (this.faults.fallSilentAfter !== undefined && block >= this.faults.fallSilentAfter) return;
        const first = block * BLOCK;
        const out = new ByteWriter()
          .u8(sensor)
          .u8(2)
          .u8(0)
          .u8(0)
          .u32(0)
          .u64(BigInt(first))
          .u64(BigInt(first * 1000));
        for (let i = 0; i < BLOCK; i++) out.i16(fakeSample(first + i, 0)).i16(fakeSample(first + i, 1));
        this.#send(MESSAGE_TYPES.samples, out.done(), this.faults.loseSamples?.includes(block) === true);
        block++;
      }
    }, 5);
    this.#timers.push(timer);
  }

  /** An answer for each 50 ms of the board's time; ten times as fast as they pass, so that who waits for some of them has time enough. */
  #predict(): void {
    let window = 0;
    this.#timers.push(
      setInterval(() => {
        window++;
        const out = new ByteWriter()
          .u64(BigInt(window * 50_000))
          .u64(0n)
          .u8(0)
          .u8(window % 3 === 0 ? 255 : 1)
          .u16(2);
        out.u8(0x80).u8(127).u16(0).f32(0).f32(0.75).u32(10).u32(20).f32(0);
        this.#send(MESSAGE_TYPES.prediction, out.done());
      }, this.faults.answerMs ?? 5),
    );
  }

  /** "Features" are the window's values doubled, "scores" their sum. */
  #runReplay(id: number): void {
    const values = [...new Float32Array(this.#replay.slice().buffer)];
    const features = new ByteWriter().u16(id).u8(0).u8(1).u32(0);
    for (const value of values) features.f32(value * 2);
    this.#send(MESSAGE_TYPES["replay-result"], features.done());
    const sum = values.reduce((a, b) => a + b, 0);
    const scores = new ByteWriter()
      .u16(id)
      .u8(2)
      .u8(1)
      .u32(0)
      .u16(1)
      .u16(0)
      .u8(3)
      .u8(0)
      .u16(0)
      .f32(sum)
      .u32(1)
      .u32(2)
      .f32(0);
    this.#send(MESSAGE_TYPES["replay-result"], scores.done());
  }

  #hello(): Hello {
    return {
      protocolVersion: 1,
      frontendVersion: 1,
      packageVersion: 1,
      maxPayload: 1024,
      kind: this.faults.kind ?? "virtual-fake",
      name: "Fake board",
      firmware: "0.0.1",
      firmwareHash: null,
      serialNumber: "1",
      counting: "instructions",
      clockHz: 25_000_000,
      slotBytes: 100_000,
      poolBytes: 65_536,
      model: this.#installed?.info ?? null,
      sensors: [
        {
          id: "accelerometer",
          kind: "accelerometer",
          sampleType: "int16",
          resolution: 2 ** -11,
          unit: "g",
          channels: ["accX", "accY"],
          rates: [FAKE_RATE],
        },
      ],
    };
  }
}
