/** The board's description of itself (docs/protocol.md, "HELLO's body"). Pure decoding and encoding. */
import { ByteReader, ByteWriter, protocolError } from "./bytes.ts";

export const SENSOR_KINDS = ["accelerometer", "gyroscope", "microphone", "temperature"] as const;
export type SensorKind = (typeof SENSOR_KINDS)[number] | "other";

export type SensorDescription = {
  readonly id: string;
  readonly kind: SensorKind;
  readonly sampleType: "int16" | "float32";
  /** Physical value of one count. */
  readonly resolution: number;
  readonly unit: string;
  readonly channels: readonly string[];
  /** Rates in hertz, the default first. */
  readonly rates: readonly number[];
};

export type InstalledPackage = {
  readonly slot: "A" | "B";
  /** SHA-256 in hex. */
  readonly hash: string;
  readonly name: string;
  readonly labels: readonly string[];
};

export type Hello = {
  readonly protocolVersion: number;
  readonly frontendVersion: number;
  readonly packageVersion: number;
  /** Largest payload that the board takes, bytes. */
  readonly maxPayload: number;
  readonly kind: string;
  readonly name: string;
  readonly firmware: string;
  /** SHA-256 of the firmware image in hex; null where the board does not know it. */
  readonly firmwareHash: string | null;
  readonly serialNumber: string;
  readonly counting: "none" | "instructions" | "cycles";
  readonly clockHz: number;
  readonly slotBytes: number;
  readonly poolBytes: number;
  readonly model: InstalledPackage | null;
  readonly sensors: readonly SensorDescription[];
};

const COUNTING = ["none", "instructions", "cycles"] as const;
const OTHER_SENSOR = 255;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** Throws `board-protocol` where the bytes are no description. */
export function decodeHello(body: Uint8Array): Hello {
  const reader = new ByteReader(body, "HELLO");
  const head = {
    protocolVersion: reader.u16(),
    frontendVersion: reader.u16(),
    packageVersion: reader.u16(),
    maxPayload: reader.u16(),
    kind: reader.text(),
    name: reader.text(),
    firmware: reader.text(),
  };
  const firmwareHash = reader.bytes(32);
  const serialNumber = reader.text();
  const counting = COUNTING[reader.u8()];
  if (counting === undefined) {
    throw protocolError("it counts in a way that is not known");
  }
  const numbers = { clockHz: reader.u32(), slotBytes: reader.u32(), poolBytes: reader.u32() };
  const model = decodeInstalled(reader);
  const sensors = Array.from({ length: reader.u8() }, () => decodeSensor(reader));
  return {
    ...head,
    firmwareHash: firmwareHash.every((byte) => byte === 0) ? null : hex(firmwareHash),
    serialNumber,
    counting,
    ...numbers,
    model,
    sensors,
  };
}

function decodeInstalled(reader: ByteReader): InstalledPackage | null {
  const slot = reader.u8();
  if (slot > 2) {
    throw protocolError(`it names a model slot ${slot}`);
  }
  return slot === 0
    ? null
    : {
        slot: slot === 1 ? "A" : "B",
        hash: hex(reader.bytes(32)),
        name: reader.text(),
        labels: reader.texts(),
      };
}

function decodeSensor(reader: ByteReader): SensorDescription {
  const id = reader.text();
  const kind = SENSOR_KINDS[reader.u8()] ?? "other";
  const sampleType = reader.u8() === 0 ? "int16" : "float32";
  const resolution = reader.f32();
  const unit = reader.text();
  const channels = reader.texts();
  const rates = Array.from({ length: reader.u8() }, () => reader.f32());
  if (channels.length === 0) {
    throw protocolError(`its sensor ${id} has no channels`);
  }
  if (!rates.every((rate) => rate > 0 && Number.isFinite(rate)) || !Number.isFinite(resolution)) {
    throw protocolError(`its sensor ${id} names rates or a resolution that are no numbers`);
  }
  return { id, kind, sampleType, resolution, unit, channels, rates };
}

/** The bytes of a description, for boards that run in this process and for tests. */
export function encodeHello(hello: Hello): Uint8Array {
  const out = new ByteWriter()
    .u16(hello.protocolVersion)
    .u16(hello.frontendVersion)
    .u16(hello.packageVersion)
    .u16(hello.maxPayload)
    .text(hello.kind)
    .text(hello.name)
    .text(hello.firmware)
    .bytes(hello.firmwareHash === null ? new Uint8Array(32) : Buffer.from(hello.firmwareHash, "hex"))
    .text(hello.serialNumber)
    .u8(COUNTING.indexOf(hello.counting))
    .u32(hello.clockHz)
    .u32(hello.slotBytes)
    .u32(hello.poolBytes);
  if (hello.model === null) {
    out.u8(0);
  } else {
    const { slot, hash, name, labels } = hello.model;
    out
      .u8(slot === "A" ? 1 : 2)
      .bytes(Buffer.from(hash, "hex"))
      .text(name)
      .u8(labels.length);
    for (const label of labels) out.text(label);
  }
  out.u8(hello.sensors.length);
  for (const { id, kind, sampleType, resolution, unit, channels, rates } of hello.sensors) {
    out
      .text(id)
      .u8(kind === "other" ? OTHER_SENSOR : SENSOR_KINDS.indexOf(kind))
      .u8(sampleType === "int16" ? 0 : 1)
      .f32(resolution)
      .text(unit)
      .u8(channels.length);
    for (const channel of channels) out.text(channel);
    out.u8(rates.length);
    for (const rate of rates) out.f32(rate);
  }
  return out.done();
}
