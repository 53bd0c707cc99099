/** Requests of the laptop (docs/protocol.md, "Requests"): each kind with its type number and its bytes. Pure. */
import { assertNever } from "../../../src-shared/errors.ts";
import { ByteReader, ByteWriter, protocolError } from "./bytes.ts";

export const REQUEST_TYPES = {
  hello: 0x01,
  start: 0x02,
  stop: 0x03,
  "update-begin": 0x04,
  "update-data": 0x05,
  "update-commit": 0x06,
  "update-abort": 0x07,
  "live-start": 0x08,
  "live-stop": 0x09,
  "roll-back": 0x0a,
  "replay-begin": 0x0b,
  "replay-data": 0x0c,
  "replay-run": 0x0d,
  reset: 0x0e,
  "read-package": 0x0f,
  status: 0x10,
  "log-read": 0x11,
  "log-clear": 0x12,
} as const;
export type RequestKind = keyof typeof REQUEST_TYPES;

export type Request =
  | {
      readonly kind:
        | "hello"
        | "stop"
        | "update-commit"
        | "update-abort"
        | "live-start"
        | "live-stop"
        | "roll-back"
        | "reset"
        | "status"
        | "log-clear";
    }
  /** `rateHz` 0 stands for the sensor's default. */
  | {
      readonly kind: "start";
      readonly sensors: readonly { readonly index: number; readonly rateHz: number }[];
    }
  | { readonly kind: "update-begin"; readonly bytes: number; readonly crc: number }
  | { readonly kind: "update-data" | "replay-data"; readonly offset: number; readonly data: Uint8Array }
  /** `link`: windows come by `replay-data`; `signal`: they are cut from what the sensor measures. */
  | { readonly kind: "replay-begin"; readonly source: "link" | "signal" }
  | {
      readonly kind: "replay-run";
      readonly features: boolean;
      readonly quantised: boolean;
      /** First sample of the window; for source `signal` only. */
      readonly firstSample: bigint;
    }
  | { readonly kind: "read-package"; readonly offset: number; readonly bytes: number }
  /** Events from number `from` on, the oldest that the board still has being 0. */
  | { readonly kind: "log-read"; readonly from: number };

/** Bytes of an UPDATE_DATA or REPLAY_DATA payload that are not data. */
export const DATA_HEAD_BYTES = 6;

/** Payload of a request, with its id in front. */
export function encodeRequest(id: number, request: Request): Uint8Array {
  const out = new ByteWriter().u16(id);
  switch (request.kind) {
    case "hello":
    case "stop":
    case "update-commit":
    case "update-abort":
    case "live-start":
    case "live-stop":
    case "roll-back":
    case "reset":
    case "status":
    case "log-clear":
      break;
    case "log-read":
      out.u32(request.from);
      break;
    case "start":
      out.u8(request.sensors.length);
      for (const { index, rateHz } of request.sensors) out.u8(index).f32(rateHz);
      break;
    case "update-begin":
      out.u32(request.bytes).u32(request.crc);
      break;
    case "update-data":
    case "replay-data":
      out.u32(request.offset).bytes(request.data);
      break;
    case "replay-begin":
      out.u8(request.source === "link" ? 0 : 1);
      break;
    case "replay-run":
      out.u8((request.features ? 1 : 0) | (request.quantised ? 2 : 0)).u64(request.firstSample);
      break;
    case "read-package":
      out.u32(request.offset).u16(request.bytes);
      break;
    default:
      assertNever(request, "request");
  }
  return out.done();
}

const KINDS = new Map<number, RequestKind>(
  (Object.keys(REQUEST_TYPES) as RequestKind[]).map((kind) => [REQUEST_TYPES[kind], kind]),
);

/** Reads a request as a board does. Throws `board-protocol`. */
export function decodeRequest(type: number, payload: Uint8Array): { id: number; request: Request } {
  const kind = KINDS.get(type);
  if (kind === undefined) {
    throw protocolError(`request type ${type} is not known`);
  }
  const reader = new ByteReader(payload, kind);
  const id = reader.u16();
  return { id, request: decodeBody(kind, reader) };
}

function decodeBody(kind: RequestKind, reader: ByteReader): Request {
  switch (kind) {
    case "start":
      return {
        kind,
        sensors: Array.from({ length: reader.u8() }, () => ({ index: reader.u8(), rateHz: reader.f32() })),
      };
    case "update-begin":
      return { kind, bytes: reader.u32(), crc: reader.u32() };
    case "update-data":
    case "replay-data":
      return { kind, offset: reader.u32(), data: reader.rest() };
    case "replay-begin":
      return { kind, source: reader.u8() === 0 ? "link" : "signal" };
    case "replay-run": {
      const what = reader.u8();
      return { kind, features: (what & 1) !== 0, quantised: (what & 2) !== 0, firstSample: reader.u64() };
    }
    case "read-package":
      return { kind, offset: reader.u32(), bytes: reader.u16() };
    case "hello":
    case "stop":
    case "update-commit":
    case "update-abort":
    case "live-start":
    case "live-stop":
    case "roll-back":
    case "reset":
    case "status":
    case "log-clear":
      return { kind };
    case "log-read":
      return { kind, from: reader.u32() };
    default:
      return assertNever(kind, "request kind");
  }
}
