/** Fuzz targets of what comes from boards and of binary formats: link, model packages, .tflite, weights. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { cobsDecode, cobsEncode } from "../../src-main/boards/link/cobs.ts";
import { encodeFrame, type Frame, parseFrames } from "../../src-main/boards/link/frames.ts";
import { decodeHello, encodeHello } from "../../src-main/boards/link/hello.ts";
import { decodeHeartbeat, decodeMessage } from "../../src-main/boards/link/messages.ts";
import { decodeRequest } from "../../src-main/boards/link/requests.ts";
import { decodeSelfTest, decodeStopped, decodeUpdateBegun } from "../../src-main/boards/link/responses.ts";
import { summarisePackage } from "../../src-main/deployment/package-summary.ts";
import type { TrainedNetwork } from "../../src-main/training/network.ts";
import { refusesOnly } from "./refuses-only.ts";
import type { Target } from "./targets.ts";

const fixture = (name: string): unknown =>
  JSON.parse(readFileSync(join(import.meta.dirname, "../fixtures", name), "utf8"));
const fromHex = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const NONE = new Uint8Array(0);

/** Largest run that the parser may keep while it waits for its end. */
const MOST_REST = 1100;

export function linkTarget(): Target {
  const { frames } = fixture("link-vectors.json") as {
    frames: { bytes: string; payload: string; type: number }[];
  };
  return {
    name: "link",
    files: ["/boards/link/"],
    dictionary: ["\0", "\x01\x81", "\x01\x80", "\xff"],
    seeds: () => [
      ...frames.map(({ bytes }) => fromHex(bytes)),
      ...frames.map(({ type, payload }) => fromHex(`${type.toString(16).padStart(2, "0")}${payload}`)),
    ],
    run(input, random) {
      // The same frames whole and in pieces, whatever the cuts.
      const whole = parseFrames(NONE, input);
      const frames: Frame[] = [];
      let rest: Uint8Array = NONE;
      for (let at = 0; at < input.length; ) {
        const to = at + random.whole(1, 300);
        const part = parseFrames(rest, input.subarray(at, to));
        frames.push(...part.frames);
        rest = part.rest;
        if (rest.length > MOST_REST) throw new Error(`the parser keeps ${rest.length} bytes`);
        at = to;
      }
      if (JSON.stringify(frames.map(textOf)) !== JSON.stringify(whole.frames.map(textOf))) {
        throw new Error("pieces give other frames than the whole");
      }
      for (const frame of whole.frames) refusesOnly(() => decodeMessage(frame));
      // Bytes as content behind a right check sum.
      const type = input[0] ?? 0;
      const payload = input.slice(1, 1025);
      const [back] = parseFrames(NONE, encodeFrame({ type, sequence: 5, payload })).frames;
      if (back === undefined || hexOf(back.payload) !== hexOf(payload))
        throw new Error("a frame does not come back");
      refusesOnly(() => decodeMessage(back));
      refusesOnly(() => decodeRequest(type, payload));
      for (const decode of [decodeStopped, decodeSelfTest, decodeUpdateBegun, decodeHeartbeat]) {
        refusesOnly(() => decode(payload));
      }
      const hello = refusesOnly(() => decodeHello(payload));
      // A text that was read can be written again only if it was one: the length of a text is a byte.
      if (hello !== null) refusesOnly(() => decodeHello(encodeHello(hello)));
      const decoded = cobsDecode(cobsEncode(input));
      if (decoded === null || hexOf(decoded) !== hexOf(input)) throw new Error("COBS does not come back");
    },
  };
}

const textOf = ({ type, sequence, payload }: Frame): string => `${type} ${sequence} ${hexOf(payload)}`;

export function packageTarget(): Target {
  const { packages } = fixture("package-vectors.json") as { packages: { bytes: string }[] };
  return {
    name: "package",
    files: ["/deployment/package-summary.ts", "/link/bytes.ts"],
    dictionary: ["FRNT", "PARM", "LABL", "NAME", "NORM", "TFLT", "GOLD"],
    seeds: () => packages.map(({ bytes }) => fromHex(bytes)),
    run(input) {
      refusesOnly(() => summarisePackage(input));
      if (input.length < 64) return;
      // The same with length, hash and check sum set right.
      const sealed = Buffer.from(input);
      sealed.write("LMPK", 0, "latin1");
      sealed.writeUInt32LE(sealed.length, 8);
      createHash("sha256").update(sealed.subarray(64)).digest().copy(sealed, 16);
      sealed.writeUInt32LE(crc32(sealed.subarray(16)), 12);
      refusesOnly(() => summarisePackage(new Uint8Array(sealed)));
    },
  };
}

export async function tfliteTarget(): Promise<Target> {
  const { readTflite } = await import("../../src-main/conversion/tflite-reader.ts");
  const { convertToTflite } = await import("../../src-main/conversion/convert.ts");
  const calibration = Float32Array.from({ length: 24 * 4 }, (_, i) => Math.sin(i));
  const { tflite } = convertToTflite(exampleNetwork(), calibration, 4);
  return {
    name: "tflite",
    files: ["/conversion/tflite-reader.ts", "/conversion/tflite-schema.ts", "/conversion/flat-tables.ts"],
    dictionary: ["TFL3"],
    seeds: () => [tflite],
    run(input) {
      refusesOnly(() => readTflite(input));
    },
  };
}

export async function weightsTarget(): Promise<Target> {
  const { decodeNetwork, encodeNetwork } = await import("../../src-main/training/weights.ts");
  const network = exampleNetwork();
  return {
    name: "weights",
    files: ["/training/weights.ts"],
    dictionary: ['"kind"', '"dense"', '"shape"', "-1", "1e9"],
    seeds: () => [encodeNetwork(network)],
    run(input) {
      refusesOnly(() => decodeNetwork(input));
    },
  };
}

/** A small network with a layer of most kinds. */
function exampleNetwork(): TrainedNetwork {
  const numbers = (count: number): Float32Array =>
    Float32Array.from({ length: count }, (_, i) => Math.cos(i * 1.7));
  const same = { strides: [1, 1], padding: "same" } as const;
  return {
    task: "classification",
    inputShape: [8, 3],
    outputs: 2,
    layers: [
      { kind: "reshape", shape: [8, 1, 3] },
      {
        kind: "conv2d",
        filters: 4,
        size: [3, 1],
        ...same,
        activation: "relu",
        kernel: numbers(36),
        bias: numbers(4),
      },
      { kind: "max-pool", size: [2, 1], strides: [2, 1], padding: "valid" },
      { kind: "average-pool", size: [4, 1], strides: [1, 1], padding: "valid" },
      { kind: "reshape", shape: [4] },
      { kind: "dense", units: 2, activation: "none", kernel: numbers(8), bias: numbers(2) },
      { kind: "softmax" },
    ],
  };
}
