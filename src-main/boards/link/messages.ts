/** What a board sends (docs/protocol.md, "From the board"): frames to messages, exhaustively. Pure. */
import { LimpetError } from "../../../src-shared/errors.ts";
import { ByteReader, protocolError } from "./bytes.ts";
import type { Frame } from "./frames.ts";

export const MESSAGE_TYPES = {
  response: 0x80,
  samples: 0x81,
  heartbeat: 0x82,
  prediction: 0x83,
  "replay-result": 0x84,
  log: 0x85,
} as const;

export type Heartbeat = {
  readonly timeUs: bigint;
  readonly framesSent: number;
  readonly framesReceived: number;
  readonly receiveErrors: number;
  readonly samplesProduced: bigint;
  readonly samplesDropped: bigint;
  readonly windowsClassified: number;
  readonly windowsMissed: number;
};

export type SamplesMessage = {
  readonly kind: "samples";
  readonly sensor: number;
  readonly channels: number;
  /** Index of the first sample since START. */
  readonly firstSample: bigint;
  readonly timeUs: bigint;
  /** Samples per channel. */
  readonly count: number;
  /** Interleaved by channel. */
  readonly data: Int16Array | Float32Array;
};

export type PredictionMessage = {
  readonly kind: "prediction";
  /** Board time of the window's end since LIVE_START, microseconds. */
  readonly timeUs: bigint;
  readonly firstSample: bigint;
  readonly regression: boolean;
  /** Index of the label; null: unknown. */
  readonly label: number | null;
  readonly raw: Int8Array;
  readonly scores: Float32Array;
  readonly frontendInstructions: number;
  readonly networkInstructions: number;
  /** Distance from the recorded states; null where the model has none. */
  readonly anomaly: number | null;
  /** Whether that is above the model's threshold. */
  readonly isAnomaly: boolean;
};

type ReplayHead = {
  readonly kind: "replay-result";
  readonly request: number;
  readonly last: boolean;
  readonly offset: number;
};
export type ReplayMessage =
  | (ReplayHead & { readonly part: "features"; readonly values: Float32Array })
  | (ReplayHead & { readonly part: "quantised"; readonly values: Int8Array })
  | (ReplayHead & {
      readonly part: "scores";
      readonly raw: Int8Array;
      readonly scores: Float32Array;
      /** Index of the label; null: unknown, or a value. */
      readonly label: number | null;
      readonly frontendInstructions: number;
      readonly networkInstructions: number;
      readonly anomaly: number | null;
    });

export type BoardMessage =
  | {
      readonly kind: "response";
      readonly request: number;
      readonly status: number;
      readonly body: Uint8Array;
    }
  | SamplesMessage
  | { readonly kind: "heartbeat"; readonly heartbeat: Heartbeat }
  | PredictionMessage
  | ReplayMessage
  | { readonly kind: "log"; readonly text: string };

/** Reads a frame. Throws `board-protocol` for a type that is not known or a payload that does not fit its type. */
export function decodeMessage({ type, payload }: Frame): BoardMessage {
  switch (type) {
    case MESSAGE_TYPES.response: {
      const reader = new ByteReader(payload, "RESPONSE");
      return { kind: "response", request: reader.u16(), status: reader.i16(), body: reader.rest() };
    }
    case MESSAGE_TYPES.samples:
      return decodeSamples(payload);
    case MESSAGE_TYPES.heartbeat:
      return { kind: "heartbeat", heartbeat: decodeHeartbeat(payload) };
    case MESSAGE_TYPES.prediction:
      return decodePrediction(payload);
    case MESSAGE_TYPES["replay-result"]:
      return decodeReplay(payload);
    case MESSAGE_TYPES.log:
      return { kind: "log", text: new TextDecoder().decode(payload) };
    default:
      throw protocolError(`message type ${type} is not known`);
  }
}

/** Also the body of the answer to STATUS. */
export function decodeHeartbeat(body: Uint8Array): Heartbeat {
  const reader = new ByteReader(body, "HEARTBEAT");
  return {
    timeUs: reader.u64(),
    framesSent: reader.u32(),
    framesReceived: reader.u32(),
    receiveErrors: reader.u32(),
    samplesProduced: reader.u64(),
    samplesDropped: reader.u64(),
    windowsClassified: reader.u32(),
    windowsMissed: reader.u32(),
  };
}

function decodeSamples(payload: Uint8Array): SamplesMessage {
  const reader = new ByteReader(payload, "SAMPLES");
  const sensor = reader.u8();
  const channels = reader.u8();
  const type = reader.u8();
  reader.skip(5);
  const firstSample = reader.u64();
  const timeUs = reader.u64();
  if (channels === 0 || type > 1) {
    throw protocolError("SAMPLES names no channels or an unknown type");
  }
  const width = type === 0 ? 2 : 4;
  const count = reader.remaining / (width * channels);
  if (!Number.isInteger(count)) {
    throw protocolError("SAMPLES ends within a sample");
  }
  const data = type === 0 ? reader.i16Array(count * channels) : reader.f32Array(count * channels);
  return { kind: "samples", sensor, channels, firstSample, timeUs, count, data };
}

const padding = (count: number): number => (4 - (count % 4)) % 4;
const UNKNOWN_LABEL = 255;
const FLAGS = { regression: 1, states: 2, anomaly: 4 } as const;

/** The score where the flags say that there is one. */
function readAnomaly(reader: ByteReader, flags: number): number | null {
  const score = reader.f32();
  return (flags & FLAGS.states) === 0 ? null : score;
}

function decodePrediction(payload: Uint8Array): PredictionMessage {
  const reader = new ByteReader(payload, "PREDICTION");
  const timeUs = reader.u64();
  const firstSample = reader.u64();
  const flags = reader.u8();
  const label = reader.u8();
  const count = reader.u16();
  const raw = reader.i8Array(count);
  reader.skip(padding(count));
  return {
    kind: "prediction",
    timeUs,
    firstSample,
    regression: (flags & FLAGS.regression) !== 0,
    label: label === UNKNOWN_LABEL ? null : label,
    raw,
    scores: reader.f32Array(count),
    frontendInstructions: reader.u32(),
    networkInstructions: reader.u32(),
    anomaly: readAnomaly(reader, flags),
    isAnomaly: (flags & FLAGS.anomaly) !== 0,
  };
}

function decodeReplay(payload: Uint8Array): ReplayMessage {
  const reader = new ByteReader(payload, "REPLAY_RESULT");
  const request = reader.u16();
  const part = reader.u8();
  const last = reader.u8() !== 0;
  const head = { kind: "replay-result", request, last, offset: reader.u32() } as const;
  switch (part) {
    case 0:
      return { ...head, part: "features", values: reader.f32Array(Math.floor(reader.remaining / 4)) };
    case 1:
      return { ...head, part: "quantised", values: reader.i8Array(reader.remaining) };
    case 2: {
      const count = reader.u16();
      const flags = reader.u8();
      const label = reader.u8();
      const raw = reader.i8Array(count);
      reader.skip(padding(count));
      return {
        ...head,
        part: "scores",
        raw,
        scores: reader.f32Array(count),
        label: label === UNKNOWN_LABEL ? null : label,
        frontendInstructions: reader.u32(),
        networkInstructions: reader.u32(),
        anomaly: readAnomaly(reader, flags),
      };
    }
    default:
      throw protocolError(`REPLAY_RESULT has a part ${part}`);
  }
}

/** Whether an error says only that bytes were wrong, so that a running stream may go on without that frame. */
export const isProtocolError = (error: unknown): boolean =>
  error instanceof LimpetError && error.code === "board-protocol";
