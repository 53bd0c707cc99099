import { afterEach, describe, expect, it, vi } from "vitest";
import { BoardSession, type SessionEvent } from "../../src-main/boards/board-session.ts";
import { ByteWriter } from "../../src-main/boards/link/bytes.ts";
import { encodeFrame, parseFrames } from "../../src-main/boards/link/frames.ts";
import { encodeHello, type Hello } from "../../src-main/boards/link/hello.ts";
import { MESSAGE_TYPES } from "../../src-main/boards/link/messages.ts";
import { decodeRequest, type Request, type RequestKind } from "../../src-main/boards/link/requests.ts";
import { STATUS } from "../../src-main/boards/link/responses.ts";
import type { Transport, TransportHandlers } from "../../src-main/boards/transports/transport.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import { rejectionOf } from "../dataset/helpers.ts";

const HELLO: Hello = {
  protocolVersion: 1,
  frontendVersion: 1,
  packageVersion: 1,
  maxPayload: 1024,
  kind: "virtual",
  name: "A board",
  firmware: "0.1.0",
  firmwareHash: null,
  serialNumber: "1",
  counting: "none",
  clockHz: 1_000_000,
  slotBytes: 65_536,
  poolBytes: 65_536,
  model: null,
  sensors: [],
};

/** An answer; null: none comes. */
type Answer = { readonly status?: number; readonly body?: Uint8Array } | null;
type Answers = { [K in RequestKind]?: (request: Extract<Request, { kind: K }>, id: number) => Answer };

/** The far end of a line, in this process: what a board would send, in the order that a test wants. */
class FarEnd implements Transport {
  readonly port = "scripted";
  readonly seen: Request[] = [];
  answers: Answers;
  #handlers: TransportHandlers | null = null;
  #rest: Uint8Array = new Uint8Array(0);
  sequence = 0;

  constructor(answers: Answers = {}) {
    this.answers = {
      hello: () => ({ body: encodeHello(HELLO) }),
      "live-stop": () => ({ body: u32(0) }),
      ...answers,
    };
  }

  kinds(): string[] {
    return this.seen.map(({ kind }) => kind);
  }

  async open(handlers: TransportHandlers): Promise<void> {
    this.#handlers = handlers;
  }

  async write(bytes: Uint8Array): Promise<void> {
    const { frames, rest } = parseFrames(this.#rest, bytes);
    this.#rest = rest;
    for (const { type, payload } of frames) {
      const { id, request } = decodeRequest(type, payload);
      this.seen.push(request);
      const answer = (this.answers[request.kind] as ((request: Request, id: number) => Answer) | undefined)?.(
        request,
        id,
      );
      if (answer === null) continue;
      const { status = 0, body = new Uint8Array(0) } = answer ?? {};
      this.send(MESSAGE_TYPES.response, new ByteWriter().u16(id).i16(status).bytes(body).done());
    }
  }

  async close(): Promise<void> {}

  send(type: number, payload: Uint8Array, sequence = this.sequence): void {
    this.sequence = (sequence + 1) & 0xffff;
    this.#handlers?.onData(encodeFrame({ type, sequence, payload }));
  }

  bytes(bytes: Uint8Array): void {
    this.#handlers?.onData(bytes);
  }

  heartbeat(timeUs: bigint): void {
    const body = new ByteWriter().u64(timeUs).u32(0).u32(0).u32(0).u64(70n).u64(3n).u32(0).u32(0);
    this.send(MESSAGE_TYPES.heartbeat, body.done());
  }

  log(sequence: number): void {
    this.send(MESSAGE_TYPES.log, new Uint8Array(0), sequence);
  }

  vanish(): void {
    this.#handlers?.onLost(new LimpetError("board-unplugged", "The board went away."));
  }
}

const u32 = (value: number): Uint8Array => new ByteWriter().u32(value).done();

async function connected(answers: Answers = {}) {
  const board = new FarEnd(answers);
  const session = await BoardSession.connect(board);
  const events: SessionEvent[] = [];
  session.listen((event) => events.push(event));
  return { board, session, kinds: () => events.map(({ kind }) => kind) };
}

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("connecting to a board", () => {
  it("ends what a program that crashed left running, unless the streams are to go on", async () => {
    const board = new FarEnd();
    await BoardSession.connect(board);
    expect(board.kinds()).toEqual(["hello", "stop", "live-stop"]);
    const again = new FarEnd();
    await BoardSession.connect(again, { keepStreams: true });
    expect(again.kinds()).toEqual(["hello"]);
  });

  it("to one that speaks another version of the link is refused, with what to do", async () => {
    const board = new FarEnd({ hello: () => ({ body: encodeHello({ ...HELLO, protocolVersion: 2 }) }) });
    const error = await rejectionOf("board-protocol", BoardSession.connect(board));
    expect(error.message).toContain("version 2");
  });

  it("goes on over the end of the requests' numbers", async () => {
    vi.spyOn(Math, "random").mockReturnValue(1 - 2 ** -17);
    const ids: number[] = [];
    const board = new FarEnd({
      stop: (_request, id) => {
        ids.push(id);
        return {};
      },
    });
    await BoardSession.connect(board);
    expect(ids).toEqual([0]);
  });
});

describe("what a board sends by itself", () => {
  it("shows a restart where its clock goes back, and only there", async () => {
    const { board, session, kinds } = await connected();
    board.heartbeat(5_000_000n);
    board.heartbeat(6_000_000n);
    expect(kinds()).toEqual(["heartbeat", "heartbeat"]);
    expect(session.boardTimeUs).toBe(6_000_000n);
    expect(session.boardCounters).toMatchObject({ uptimeMs: 6000, samplesProduced: 70, samplesDropped: 3 });
    board.heartbeat(1000n);
    expect(kinds()).toEqual(["heartbeat", "heartbeat", "restarted", "heartbeat"]);
  });

  it("after a restart that was asked for is no restart by itself", async () => {
    const { board, session, kinds } = await connected();
    board.heartbeat(5_000_000n);
    await session.reset();
    expect(board.kinds().slice(-2)).toEqual(["reset", "hello"]);
    expect(session.boardTimeUs).toBeNull();
    board.heartbeat(1000n);
    expect(kinds()).toEqual(["heartbeat", "heartbeat"]);
  });

  it("counts frames that are missing once: not one that came late, nor the jump of a board that began anew", async () => {
    const { board, session } = await connected();
    board.heartbeat(5_000_000n);
    const last = board.sequence - 1;
    board.log(last + 4);
    expect(session.counters.framesLost).toBe(3);
    board.log(last + 2);
    board.log(last + 5);
    expect(session.counters.framesLost).toBe(3);
    board.log(0xf000);
    board.log(0);
    const jumped = session.counters.framesLost;
    board.heartbeat(1000n);
    expect(jumped - session.counters.framesLost).toBe(0xfff);
  });

  it("counts what is no frame and what is a frame and no message, both as lost for whoever looks at the line", async () => {
    const { board, session } = await connected();
    board.heartbeat(1_000_000n);
    board.bytes(Uint8Array.of(1, 2, 3, 0));
    board.send(0x99, new Uint8Array(3));
    board.send(MESSAGE_TYPES.heartbeat, new Uint8Array(3));
    expect(session.counters).toMatchObject({ framesBad: 3, framesLost: 0 });
    expect(session.boardCounters?.framesLost).toBe(3);
  });
});

describe("a request to a board", () => {
  it("that goes away ends at once, and so does every later one", async () => {
    const { board, session } = await connected({ status: () => null });
    vi.useFakeTimers();
    const asked = session.status();
    await Promise.resolve();
    board.vanish();
    await rejectionOf("board-unplugged", asked);
    await rejectionOf("board-unplugged", session.stop());
    expect(session.lost?.code).toBe("board-unplugged");
  });

  it("that is refused in the middle of an update ends it, and the board is told so", async () => {
    const { board, session } = await connected({
      "update-begin": () => ({ body: new ByteWriter().u8(0).u16(64).done() }),
      "update-data": ({ offset }) => (offset < 128 ? {} : { status: STATUS.flash }),
    });
    const error = await rejectionOf("board-refused", session.update(new Uint8Array(1000)));
    expect(error.message).toContain("flash memory failed");
    expect(board.kinds()).toContain("update-abort");
    expect(board.kinds()).not.toContain("update-commit");
  });

  it("of data leaves four unanswered at the most", async () => {
    const waiting: number[] = [];
    let most = 0;
    const { board, session } = await connected({
      "update-begin": () => ({ body: new ByteWriter().u8(0).u16(64).done() }),
      "update-data": (_request, id) => {
        waiting.push(id);
        most = Math.max(most, waiting.length);
        setImmediate(() => {
          const first = waiting.shift();
          if (first !== undefined) {
            board.send(MESSAGE_TYPES.response, new ByteWriter().u16(first).i16(0).done());
          }
        });
        return null;
      },
      "update-commit": () => ({ status: STATUS.corrupt }),
    });
    await rejectionOf("board-refused", session.update(new Uint8Array(2000)));
    expect(board.seen.filter(({ kind }) => kind === "update-data").length).toBe(Math.ceil(2000 / 64));
    expect(most).toBe(4);
  });

  it("for a package that ends early gives what there is", async () => {
    let asked = 0;
    const { session } = await connected({
      "read-package": ({ offset }) => {
        if (++asked > 2) throw new Error("it is asked for ever");
        return { body: offset === 0 ? Uint8Array.of(7, 8) : new Uint8Array(0) };
      },
    });
    expect([...(await session.readPackage(4))]).toEqual([7, 8, 0, 0]);
  });

  it("for new streams forgets what the old ones, that were left running, have sent", async () => {
    const samples = new ByteWriter().u8(0).u8(1).u8(0).u8(0).u32(0).u64(9n).u64(0n).i16(5).done();
    const board = new FarEnd({ start: () => ({ body: new ByteWriter().u64(0n).done() }) });
    const session = await BoardSession.connect(board, { keepStreams: true });
    board.send(MESSAGE_TYPES.samples, samples);
    expect(session.takeEarlySamples().map(({ firstSample }) => firstSample)).toEqual([9n]);
    expect(session.takeEarlySamples()).toEqual([]);
    const again = new FarEnd({ start: () => ({ body: new ByteWriter().u64(0n).done() }) });
    const other = await BoardSession.connect(again, { keepStreams: true });
    again.send(MESSAGE_TYPES.samples, samples);
    await other.start([{ index: 0, rateHz: 0 }]);
    expect(other.takeEarlySamples()).toEqual([]);
  });
});

describe("a replay", () => {
  const part = (id: number, offset: number, values: readonly number[]): Uint8Array => {
    const out = new ByteWriter().u16(id).u8(0).u8(0).u32(offset);
    for (const value of values) out.f32(value);
    return out.done();
  };
  const scores = (id: number): Uint8Array =>
    new ByteWriter()
      .u16(id)
      .u8(2)
      .u8(1)
      .u32(0)
      .u16(4)
      .u8(2)
      .u8(1)
      .bytes(Uint8Array.of(1, 2, 3, 4))
      .f32(0.125)
      .f32(0.5)
      .f32(0.25)
      .f32(0.125)
      .u32(1)
      .u32(2)
      .f32(6)
      .done();
  const want = { features: true, quantised: false };

  it("puts the parts together, and tells a board that replayed to go on by itself when it is closed", async () => {
    const { board, session } = await connected({ "replay-begin": () => ({ body: u32(8) }) });
    board.answers["replay-run"] = (_request, id) => {
      board.send(MESSAGE_TYPES["replay-result"], part(id, 0, [1, 2]));
      board.send(MESSAGE_TYPES["replay-result"], part(id, 2, [3]));
      board.send(MESSAGE_TYPES["replay-result"], scores(id));
      return {};
    };
    expect(await session.replay.begin("link")).toBe(8);
    const result = await session.replay.run({ samples: Float32Array.of(0.5, -0.5) }, want);
    expect(result).toMatchObject({
      features: Float32Array.of(1, 2, 3),
      raw: Int8Array.of(1, 2, 3, 4),
      scores: Float32Array.of(0.125, 0.5, 0.25, 0.125),
      label: 1,
      anomaly: 6,
    });
    const sent = board.seen.find(({ kind }) => kind === "replay-data");
    expect(sent).toMatchObject({ offset: 0, data: new Uint8Array(Float32Array.of(0.5, -0.5).buffer) });
    const before = board.seen.length;
    await session.close();
    expect(board.kinds().slice(before)).toEqual(["live-stop"]);
  });

  it("that loses a part on the way is an error and not a result", async () => {
    const { board, session } = await connected();
    board.answers["replay-run"] = (_request, id) => {
      board.send(MESSAGE_TYPES["replay-result"], part(id, 2, [3]));
      board.send(MESSAGE_TYPES["replay-result"], scores(id));
      return {};
    };
    await rejectionOf("board-protocol", session.replay.run({ firstSample: 0n }, want));
  });

  it("ends where the board goes away or does not finish", async () => {
    const { board, session } = await connected();
    vi.useFakeTimers();
    const late = session.replay.run({ firstSample: 0n }, want);
    const timedOut = rejectionOf("board-timeout", late);
    await vi.advanceTimersByTimeAsync(20_000);
    await timedOut;
    const gone = rejectionOf("board-unplugged", session.replay.run({ firstSample: 0n }, want));
    await vi.advanceTimersByTimeAsync(10);
    board.vanish();
    await gone;
  });

  it("is not begun by closing: a board that did not replay is not asked to stop", async () => {
    const { board, session } = await connected();
    const before = board.seen.length;
    await session.close();
    expect(board.seen.length).toBe(before);
  });
});
