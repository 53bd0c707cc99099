/**
 * A trained network as bytes, for the project file (column experiments.weights; docs/project-file.md): "LMNW", u32 version, u32
 * bytes of JSON, u32 CRC-32 of everything after it, JSON (the network with the count of values in place of each tensor), padding
 * to 4, then all tensors as float32 in the order of the JSON. Little-endian.
 */
import { crc32 } from "node:zlib";
import { z } from "zod";
import { LimpetError } from "../../src-shared/errors.ts";
import type { TrainedNetwork } from "./network.ts";

const MAGIC = "LMNW";
const VERSION = 1;
const HEAD_BYTES = 16;

const extent = z.tuple([z.int().min(1), z.int().min(1)]);
const shape = z.array(z.int().min(1)).min(1);
const activation = z.enum(["none", "relu"]);
const window = { size: extent, strides: extent, padding: z.enum(["same", "valid"]) };
/** Counts of values. */
const tensors = { kernel: z.int().min(1), bias: z.int().min(1) };

const storedNetwork = z.strictObject({
  task: z.enum(["classification", "regression"]),
  inputShape: shape,
  outputs: z.int().min(1),
  layers: z.array(
    z.discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("reshape"), shape }),
      z.strictObject({ kind: z.literal("dense"), units: z.int().min(1), activation, ...tensors }),
      z.strictObject({
        kind: z.literal("conv2d"),
        filters: z.int().min(1),
        activation,
        ...window,
        ...tensors,
      }),
      z.strictObject({ kind: z.literal("depthwise-conv2d"), activation, ...window, ...tensors }),
      z.strictObject({ kind: z.enum(["max-pool", "average-pool"]), ...window }),
      z.strictObject({ kind: z.literal("softmax") }),
    ]),
  ),
});

export function encodeNetwork(network: TrainedNetwork): Uint8Array {
  const tensorsOf: Float32Array[] = [];
  const layers = network.layers.map((layer) => {
    if (!("kernel" in layer)) return layer;
    tensorsOf.push(layer.kernel, layer.bias);
    return { ...layer, kernel: layer.kernel.length, bias: layer.bias.length };
  });
  const json = new TextEncoder().encode(JSON.stringify({ ...network, layers }));
  const start = HEAD_BYTES + Math.ceil(json.length / 4) * 4;
  const count = tensorsOf.reduce((sum, { length }) => sum + length, 0);
  const bytes = new Uint8Array(start + 4 * count);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(MAGIC));
  view.setUint32(4, VERSION, true);
  view.setUint32(8, json.length, true);
  bytes.set(json, HEAD_BYTES);
  let at = start;
  for (const tensor of tensorsOf) {
    for (const value of tensor) {
      view.setFloat32(at, value, true);
      at += 4;
    }
  }
  view.setUint32(12, crc32(bytes.subarray(HEAD_BYTES)), true);
  return bytes;
}

/** Throws `project-newer` for a later version, `project-corrupt` where anything does not fit. */
export function decodeNetwork(bytes: Uint8Array): TrainedNetwork {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEAD_BYTES || new TextDecoder().decode(bytes.subarray(0, 4)) !== MAGIC) {
    throw damaged("they do not begin as weights do");
  }
  if (view.getUint32(4, true) > VERSION) {
    throw new LimpetError("project-newer", "This experiment was trained by a newer Limpet.", {
      hint: "Install the newest Limpet.",
    });
  }
  if (view.getUint32(12, true) !== crc32(bytes.subarray(HEAD_BYTES)))
    throw damaged("their checksum is wrong");
  const jsonBytes = view.getUint32(8, true);
  let at = HEAD_BYTES + Math.ceil(jsonBytes / 4) * 4;
  const next = (count: number): Float32Array => {
    if (at + 4 * count > bytes.length) throw damaged("they end too early");
    const values = Float32Array.from({ length: count }, (_, index) => view.getFloat32(at + 4 * index, true));
    at += 4 * count;
    return values;
  };
  const stored = parse(bytes.subarray(HEAD_BYTES, HEAD_BYTES + jsonBytes));
  const layers = stored.layers.map((layer) =>
    "kernel" in layer ? { ...layer, kernel: next(layer.kernel), bias: next(layer.bias) } : layer,
  );
  if (at !== bytes.length) throw damaged("there is more than their layers need");
  return { ...stored, layers };
}

function parse(json: Uint8Array): z.infer<typeof storedNetwork> {
  try {
    return storedNetwork.parse(JSON.parse(new TextDecoder().decode(json)));
  } catch (error) {
    throw damaged("their layers cannot be read", error);
  }
}

function damaged(why: string, cause?: unknown): LimpetError {
  return new LimpetError("project-corrupt", `The weights of this experiment are damaged: ${why}.`, {
    hint: "Train it again; recordings are not affected.",
    cause,
  });
}
