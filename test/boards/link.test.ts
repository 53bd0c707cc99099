import { readFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { cobsDecode, cobsEncode } from "../../src-main/boards/link/cobs.ts";
import { encodeFrame, framesMissing, parseFrames } from "../../src-main/boards/link/frames.ts";
import { decodeHello, encodeHello } from "../../src-main/boards/link/hello.ts";
import { decodeMessage } from "../../src-main/boards/link/messages.ts";
import { decodeRequest, encodeRequest, REQUEST_TYPES } from "../../src-main/boards/link/requests.ts";
import { decodeSelfTest, decodeStopped, refusal, STATUS } from "../../src-main/boards/link/responses.ts";
import { errorOf } from "../dataset/helpers.ts";

type Vectors = {
  readonly cobs: readonly { readonly body: string; readonly encoded: string }[];
  readonly frames: readonly {
    readonly name: string;
    readonly type: number;
    readonly sequence: number;
    readonly payload: string;
    readonly bytes: string;
  }[];
};
const vectors: Vectors = JSON.parse(
  readFileSync(join(import.meta.dirname, "../fixtures/link-vectors.json"), "utf8"),
);
const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));
const hex = (data: Uint8Array): string => Buffer.from(data).toString("hex");
const NONE = new Uint8Array(0);
const named = (name: string): (typeof vectors.frames)[number] => {
  const found = vectors.frames.find((vector) => vector.name === name);
  if (found === undefined) throw new Error(`no vector ${name}`);
  return found;
};
const message = (name: string) =>
  decodeMessage({ type: named(name).type, sequence: 0, payload: bytes(named(name).payload) });
const bodyOf = (name: string): Uint8Array => bytes(named(name).payload).slice(4);

/** Numbers 0..1 that are the same in every run (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe("frames of the link", () => {
  it.each(vectors.cobs)("stuffs and unstuffs $body as the vectors say", ({ body, encoded }) => {
    expect(hex(cobsEncode(bytes(body)))).toBe(encoded);
    expect(hex(cobsDecode(bytes(encoded)) as Uint8Array)).toBe(body);
  });

  it.each(vectors.frames)(
    "encodes and parses the vector $name",
    ({ type, sequence, payload, bytes: encoded }) => {
      expect(hex(encodeFrame({ type, sequence, payload: bytes(payload) }))).toBe(encoded);
      const { frames, faults, rest } = parseFrames(NONE, bytes(encoded));
      expect(faults).toEqual([]);
      expect(rest.length).toBe(0);
      expect(frames.map((frame) => ({ ...frame, payload: hex(frame.payload) }))).toEqual([
        { type, sequence, payload },
      ]);
    },
  );

  it("come out the same however the bytes are divided", () => {
    const all = Buffer.concat(vectors.frames.map((vector) => bytes(vector.bytes)));
    const next = random(1);
    for (let round = 0; round < 50; round++) {
      const found: string[] = [];
      let rest: Uint8Array = NONE;
      for (let at = 0; at < all.length; ) {
        const step = 1 + Math.floor(next() * (round < 5 ? 2 : 900));
        const result = parseFrames(rest, all.subarray(at, at + step));
        expect(result.faults).toEqual([]);
        found.push(...result.frames.map(({ payload }) => hex(payload)));
        rest = result.rest;
        at += step;
      }
      expect(found).toEqual(vectors.frames.map(({ payload }) => payload));
    }
  });

  it("never pass with a flipped bit, and the frame after it always does", () => {
    const good = bytes(named("PREDICTION").bytes);
    const after = bytes(named("HEARTBEAT").bytes);
    for (let bit = 0; bit < (good.length - 1) * 8; bit++) {
      const bad = good.slice();
      bad[bit >> 3] = (bad[bit >> 3] as number) ^ (1 << (bit & 7));
      const { frames, faults } = parseFrames(NONE, Buffer.concat([bad, after]));
      expect(frames.map(({ type }) => type)).toEqual([named("HEARTBEAT").type]);
      expect(faults.length).toBeGreaterThan(0);
    }
  });

  it("are found between noise, which never passes for one and never makes the parser keep much", () => {
    const next = random(7);
    const frame = bytes(named("SAMPLES int16").bytes);
    for (let round = 0; round < 200; round++) {
      const noise = Uint8Array.from({ length: Math.floor(next() * 4000) }, () => Math.floor(next() * 256));
      const { frames, rest } = parseFrames(NONE, Buffer.concat([noise, Uint8Array.of(0), frame, noise]));
      expect(frames.map(({ payload }) => hex(payload))).toEqual([named("SAMPLES int16").payload]);
      expect(rest.length).toBeLessThan(1100);
    }
  });

  it("that are endless are dropped, and the next one is found", () => {
    let rest: Uint8Array = NONE;
    for (let i = 0; i < 100; i++) {
      rest = parseFrames(rest, new Uint8Array(1000).fill(7)).rest;
      expect(rest.length).toBeLessThan(1100);
    }
    const { frames, faults } = parseFrames(
      rest,
      Buffer.concat([Uint8Array.of(0), bytes(named("LOG").bytes)]),
    );
    expect(faults).toEqual(["length"]);
    expect(frames.length).toBe(1);
  });

  it("of another version, or longer than the link allows, are named as such", () => {
    const sealed = (version: number, payload: Uint8Array): Uint8Array => {
      const body = Buffer.concat([Uint8Array.of(version, 0x85, 0, 0), payload]);
      const crc = Buffer.alloc(4);
      crc.writeUInt32LE(crc32(body));
      return Buffer.concat([cobsEncode(Buffer.concat([body, crc])), Uint8Array.of(0)]);
    };
    const most = new Uint8Array(1024).fill(1);
    const longer = new Uint8Array(1025).fill(1);
    expect(parseFrames(NONE, sealed(1, most)).frames.length).toBe(1);
    expect(parseFrames(NONE, sealed(1, longer))).toMatchObject({ frames: [], faults: ["length"] });
    expect(parseFrames(NONE, sealed(2, most))).toMatchObject({ frames: [], faults: ["version"] });
    expect(cobsDecode(Uint8Array.of(3, 1, 0))).toBeNull();
  });

  it("count what is missing over the wrap of the sequence number", () => {
    expect(framesMissing(5, 6)).toBe(0);
    expect(framesMissing(65_535, 0)).toBe(0);
    expect(framesMissing(65_534, 2)).toBe(3);
    // A frame that came twice or late shows no loss.
    expect(framesMissing(5, 5)).toBe(0);
    expect(framesMissing(5, 4)).toBe(0);
    expect(framesMissing(1, 65_530)).toBe(0);
  });
});

describe("messages of the link", () => {
  const requests = vectors.frames.filter(({ type }) => type < 0x40);

  it("know every request of the protocol, and write what they read", () => {
    expect(new Set(requests.map(({ type }) => type))).toEqual(new Set(Object.values(REQUEST_TYPES)));
    for (const { type, payload } of requests) {
      const { id, request } = decodeRequest(type, bytes(payload));
      expect(REQUEST_TYPES[request.kind]).toBe(type);
      expect(hex(encodeRequest(id, request))).toBe(payload);
    }
  });

  it("refuse a HELLO whose rates are no numbers: nothing could be recorded with them", () => {
    const hello = decodeHello(bodyOf("RESPONSE to HELLO"));
    const [sensor] = hello.sensors;
    if (sensor === undefined) throw new Error("the vector has no sensor");
    for (const wrong of [
      { rates: [0] },
      { rates: [Number.NaN] },
      { rates: [Number.POSITIVE_INFINITY] },
      { resolution: Number.NaN },
    ]) {
      const bytes = encodeHello({ ...hello, sensors: [{ ...sensor, ...wrong }] });
      errorOf("board-protocol", () => decodeHello(bytes));
    }
  });

  it("refuse a HELLO with a sensor that has no channels, and tell a firmware's hash from none", () => {
    const hello = decodeHello(bodyOf("RESPONSE to HELLO"));
    const [sensor] = hello.sensors;
    if (sensor === undefined) throw new Error("the vector has no sensor");
    errorOf("board-protocol", () =>
      decodeHello(encodeHello({ ...hello, sensors: [{ ...sensor, channels: [] }] })),
    );
    for (const firmwareHash of [null, "ab".repeat(32)]) {
      expect(decodeHello(encodeHello({ ...hello, firmwareHash })).firmwareHash).toBe(firmwareHash);
    }
  });

  it("read HELLO with model, labels, sensors and rates, and write the same bytes", () => {
    const hello = decodeHello(bodyOf("RESPONSE to HELLO"));
    expect(hello).toMatchObject({
      protocolVersion: 1,
      frontendVersion: 3,
      kind: "virtual",
      counting: "instructions",
      clockHz: 25_000_000,
      model: { slot: "B", name: "fan", labels: ["off", "low", "größer"] },
      sensors: [
        {
          id: "accelerometer",
          kind: "accelerometer",
          sampleType: "int16",
          resolution: 2 ** -11,
          rates: [200, 400],
        },
      ],
    });
    expect(hex(encodeHello(hello))).toBe(hex(bodyOf("RESPONSE to HELLO")));
  });

  it("read samples with index, time and type", () => {
    expect(message("SAMPLES int16")).toEqual({
      kind: "samples",
      sensor: 0,
      channels: 3,
      firstSample: 123_456_789_012n,
      timeUs: 9_876_543_210n,
      count: 2,
      data: Int16Array.of(1, -2, 3, -32_768, 32_767, 0),
    });
    expect(message("SAMPLES float32")).toMatchObject({ count: 2, data: Float32Array.of(0.5, -1.25) });
  });

  it("read heartbeat, prediction, replay results, log and answers", () => {
    expect(message("HEARTBEAT")).toMatchObject({
      heartbeat: { timeUs: 2n ** 40n + 7n, samplesProduced: 2n ** 33n, samplesDropped: 4n, windowsMissed: 6 },
    });
    expect(message("PREDICTION")).toMatchObject({
      label: 1,
      raw: Int8Array.of(-128, 127, 5),
      scores: Float32Array.of(0, 0.99609375, 0.25),
      networkInstructions: 56_789,
      regression: false,
      anomaly: 3.5,
      isAnomaly: true,
    });
    expect(message("REPLAY_RESULT features")).toMatchObject({
      part: "features",
      values: Float32Array.of(0.5, -3),
    });
    expect(message("REPLAY_RESULT quantised")).toMatchObject({ values: Int8Array.of(1, -1, 127) });
    expect(message("REPLAY_RESULT scores")).toMatchObject({
      raw: Int8Array.of(1, -1),
      label: null,
      networkInstructions: 22,
      anomaly: 0.75,
    });
    expect(message("LOG")).toEqual({ kind: "log", text: "bereit – 25 °C" });
    expect(message("RESPONSE with an error")).toMatchObject({ request: 8, status: -9 });
    expect(decodeStopped(bodyOf("RESPONSE to STOP"))).toEqual([{ index: 0, produced: 4000n, dropped: 2n }]);
    expect(decodeSelfTest(bodyOf("RESPONSE to UPDATE_COMMIT"))).toMatchObject({
      slot: "B",
      run: 4,
      identical: 4,
    });
  });

  it("refuse samples that end within a sample, without channels, or of a type that is none", () => {
    const { type, payload } = named("SAMPLES int16");
    const good = bytes(payload);
    const changed = (at: number, value: number): Uint8Array =>
      good.map((byte, index) => (index === at ? value : byte));
    for (const wrong of [good.slice(0, -2), changed(1, 0), changed(2, 2)]) {
      errorOf("board-protocol", () => decodeMessage({ type, sequence: 0, payload: wrong }));
    }
  });

  it("tell by flags whether a prediction is a value, has a distance from the states, and is an anomaly", () => {
    const { type, payload } = named("PREDICTION");
    const withFlags = (flags: number) => {
      const changed = bytes(payload);
      changed[16] = flags;
      return decodeMessage({ type, sequence: 0, payload: changed });
    };
    expect(withFlags(1)).toMatchObject({ regression: true, anomaly: null, isAnomaly: false });
    expect(withFlags(2)).toMatchObject({ regression: false, anomaly: 3.5, isAnomaly: false });
    expect(withFlags(6)).toMatchObject({ regression: false, anomaly: 3.5, isAnomaly: true });
  });

  it("have a reason in words for every way that a board refuses", () => {
    expect(refusal("start", 99).message).toContain("error 99");
    for (const status of Object.values(STATUS).filter((one) => one !== STATUS.ok)) {
      expect(refusal("start", status).message).not.toContain("error");
    }
  });

  it("that are cut short are a protocol error at every length, never a crash", () => {
    for (const name of ["PREDICTION", "HEARTBEAT", "REPLAY_RESULT scores"]) {
      const { type, payload } = named(name);
      for (let length = 0; length < payload.length / 2; length++) {
        errorOf("board-protocol", () =>
          decodeMessage({ type, sequence: 0, payload: bytes(payload).slice(0, length) }),
        );
      }
    }
    const hello = bodyOf("RESPONSE to HELLO");
    for (let length = 0; length < hello.length; length++) {
      errorOf("board-protocol", () => decodeHello(hello.slice(0, length)));
    }
  });
});
