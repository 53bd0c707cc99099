/**
 * The signal that a virtual or simulated board's sensors measure, as the bytes that its firmware reads (docs/boards.md, "The
 * signal container"). Files of the user to container; knows no process and no WebAssembly.
 */
import { LimpetError } from "../../src-shared/errors.ts";
import { ByteWriter } from "./link/bytes.ts";
import { SENSOR_KINDS, type SensorKind } from "./link/hello.ts";

/** What one sensor measures from its start on; it begins again at the end. */
export type Signal = {
  readonly sensor: string;
  readonly channels: readonly { readonly name: string; readonly unit: string }[];
  readonly rateHz: number;
  /** Physical value of one count; 1 for float32. */
  readonly scale: number;
  /** Samples per channel. */
  readonly samples: number;
  /** Interleaved by channel. */
  readonly data: Int16Array | Float32Array;
};

const CONTAINER_VERSION = 1;
const HEAD_BYTES = 16;
const SENSOR_BYTES = 192;
const ID_BYTES = 16;
const UNIT_BYTES = 8;
const NAME_BYTES = 16;
const MAX_SENSORS = 4;
export const MAX_CHANNELS = 8;

/** The kind of sensor that a recording's sensor id names. */
function sensorKindOf(id: string): SensorKind {
  return SENSOR_KINDS.find((kind) => id.startsWith(kind)) ?? "other";
}

/**
 * Files that play in turn as one signal for each sensor. All of one sensor must have the same channels and rate. Counts of
 * files with the same scale are joined as they are; else the values are joined as float32.
 * Throws `invalid-file` where files do not fit together; `names` are the files' names, for the message.
 */
export function joinSignals(signals: readonly Signal[], names: readonly string[]): Signal[] {
  const groups = new Map<string, { readonly first: number; readonly parts: Signal[] }>();
  for (const [index, signal] of signals.entries()) {
    if (signal.channels.length > MAX_CHANNELS) {
      throw unfit(
        names[index],
        `it has ${signal.channels.length} channels; the virtual sensor has ${MAX_CHANNELS} at most`,
      );
    }
    const group = groups.get(signal.sensor);
    if (group === undefined) {
      groups.set(signal.sensor, { first: index, parts: [signal] });
      continue;
    }
    const first = signals[group.first] as Signal;
    if (first.rateHz !== signal.rateHz) {
      throw unfit(
        names[index],
        `its rate is ${signal.rateHz} Hz, that of ${names[group.first]} ${first.rateHz} Hz`,
      );
    }
    if (first.channels.map(({ name }) => name).join() !== signal.channels.map(({ name }) => name).join()) {
      throw unfit(names[index], `its channels are not those of ${names[group.first]}`);
    }
    group.parts.push(signal);
  }
  if (groups.size > MAX_SENSORS) {
    throw unfit(
      names.at(-1),
      `the files name ${groups.size} sensors; a virtual board has ${MAX_SENSORS} at most`,
    );
  }
  return [...groups.values()].map(({ parts }) => joined(parts));
}

function unfit(name: string | undefined, why: string): LimpetError {
  return new LimpetError("invalid-file", `${name ?? "The signal"} cannot be played: ${why}.`, {
    field: name,
    hint: "Files that play in turn need the same channels and the same rate.",
  });
}

function joined(parts: readonly Signal[]): Signal {
  const first = parts[0] as Signal;
  if (parts.length === 1) {
    return first;
  }
  const samples = parts.reduce((sum, part) => sum + part.samples, 0);
  const asCounts = parts.every((part) => part.data instanceof Int16Array && part.scale === first.scale);
  const values = samples * first.channels.length;
  const data = asCounts ? new Int16Array(values) : new Float32Array(values);
  let at = 0;
  for (const part of parts) {
    if (asCounts) {
      data.set(part.data, at);
    } else {
      const factor = Math.fround(part.scale);
      for (const [i, value] of part.data.entries()) data[at + i] = value * factor;
    }
    at += part.data.length;
  }
  return { ...first, scale: asCounts ? first.scale : 1, samples, data };
}

/** The container's bytes. Samples are stored as they are: int16 counts or float32. */
export function encodeSignals(signals: readonly Signal[]): Uint8Array {
  const head = new ByteWriter().bytes(Buffer.from("LMSG")).u16(CONTAINER_VERSION).u16(signals.length).u64(0n);
  let offset = HEAD_BYTES + SENSOR_BYTES * signals.length;
  for (const { sensor, channels, rateHz, scale, samples, data } of signals) {
    head
      .bytes(fixed(sensor, ID_BYTES))
      .u8(sensorCode(sensorKindOf(sensor)))
      .u8(data instanceof Int16Array ? 0 : 1)
      .u8(channels.length)
      .u8(0)
      .f32(rateHz)
      .f32(scale)
      .bytes(fixed(channels[0]?.unit ?? "", UNIT_BYTES))
      .u32(0)
      .u64(BigInt(samples))
      .u64(BigInt(offset));
    for (let i = 0; i < MAX_CHANNELS; i++) head.bytes(fixed(channels[i]?.name ?? "", NAME_BYTES));
    head.bytes(new Uint8Array(SENSOR_BYTES - 56 - MAX_CHANNELS * NAME_BYTES));
    offset += padded(data.byteLength);
  }
  for (const { data } of signals) {
    head.bytes(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    head.bytes(new Uint8Array(padded(data.byteLength) - data.byteLength));
  }
  return head.done();
}

const padded = (bytes: number): number => Math.ceil(bytes / 8) * 8;
const OTHER = 255;
const sensorCode = (kind: SensorKind): number => (kind === "other" ? OTHER : SENSOR_KINDS.indexOf(kind));

/** UTF-8, cut between characters and zero-padded, so that at least one zero ends it. */
function fixed(text: string, bytes: number): Uint8Array {
  const out = new Uint8Array(bytes);
  new TextEncoder().encodeInto(text, out.subarray(0, bytes - 1));
  return out;
}
