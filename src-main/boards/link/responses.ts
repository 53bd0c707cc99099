/** Bodies of the answers to requests (docs/protocol.md, "Requests" and "Self-test"). Pure decoding. */
import { LimpetError } from "../../../src-shared/errors.ts";
import { ByteReader } from "./bytes.ts";
import type { RequestKind } from "./requests.ts";

export const STATUS = {
  ok: 0,
  unknown: -1,
  argument: -2,
  state: -3,
  "too-large": -4,
  corrupt: -5,
  flash: -6,
  "self-test": -7,
  unsupported: -8,
  sensor: -9,
} as const;

const REASONS: Record<number, string> = {
  [STATUS.unknown]: "its firmware does not know this command",
  [STATUS.argument]: "a value is out of its range",
  [STATUS.state]: "it cannot do that now",
  [STATUS["too-large"]]: "it does not fit into its memory",
  [STATUS.corrupt]: "what arrived is damaged",
  [STATUS.flash]: "its flash memory failed",
  [STATUS["self-test"]]: "its self-test gave other results than the laptop's; the old model runs on",
  [STATUS.unsupported]: "its firmware lacks a block, an operation or a version that the model needs",
  [STATUS.sensor]: "the sensor failed, or cannot be read at that rate",
};

const HINTS: Record<number, string> = {
  [STATUS.unknown]: "Write the current firmware with --firmware always.",
  [STATUS["too-large"]]: "Choose a shorter window or a smaller network.",
  [STATUS.unsupported]: "Write the current firmware with --firmware always.",
  [STATUS.sensor]: "See the sensor's rates with `limpet boards`.",
};

/** What a refusal means to people. */
export function refusal(kind: RequestKind, status: number): LimpetError {
  return new LimpetError(
    "board-refused",
    `The board refused the command "${kind}": ${REASONS[status] ?? `error ${status}`}.`,
    { hint: HINTS[status] ?? "Try again; if it fails again, restart the board." },
  );
}

export type StoppedSensor = { readonly index: number; readonly produced: bigint; readonly dropped: bigint };

export function decodeStopped(body: Uint8Array): StoppedSensor[] {
  const reader = new ByteReader(body, "the answer to STOP");
  const sensors: StoppedSensor[] = [];
  while (reader.remaining > 0) {
    sensors.push({ index: reader.u8(), produced: reader.u64(), dropped: reader.u64() });
  }
  return sensors;
}

export const slotName = (index: number): "A" | "B" => (index === 0 ? "A" : "B");

export function decodeUpdateBegun(body: Uint8Array): { slot: "A" | "B"; chunkBytes: number } {
  const reader = new ByteReader(body, "the answer to UPDATE_BEGIN");
  return { slot: slotName(reader.u8()), chunkBytes: reader.u16() };
}

export type SelfTest = {
  readonly slot: "A" | "B";
  readonly run: number;
  readonly identical: number;
  /** First stage that differed. */
  readonly differed: "none" | "features" | "quantised input" | "scores" | "anomaly score";
  readonly arenaBytes: number;
  readonly poolBytes: number;
  readonly frontendInstructions: number;
  readonly networkInstructions: number;
};

const STAGES = ["none", "features", "quantised input", "scores", "anomaly score"] as const;

export function decodeSelfTest(body: Uint8Array): SelfTest {
  const reader = new ByteReader(body, "the self-test's result");
  return {
    slot: slotName(reader.u8()),
    run: reader.u8(),
    identical: reader.u8(),
    differed: STAGES[reader.u8()] ?? "scores",
    arenaBytes: reader.u32(),
    poolBytes: reader.u32(),
    frontendInstructions: reader.u32(),
    networkInstructions: reader.u32(),
  };
}

export type LogEvent = {
  /** Seconds that the board had run since the log began. */
  readonly time: number;
  /** Number of the board's start, from 1. */
  readonly boot: number;
  /** Index of the label; null: unknown. */
  readonly label: number | null;
  readonly score: number;
};

/** A part of the event log, with what is known of the whole. Times in seconds. */
export type LogPart = {
  readonly boots: number;
  /** How long the board has run since the log began, and until its last start; null where it has not run by itself since that. */
  readonly runningSeconds: number;
  readonly startedAt: number | null;
  /** Events since the log began, and those that are still there. */
  readonly events: number;
  readonly kept: number;
  /** Windows by label, and those called unknown. */
  readonly totals: readonly number[];
  readonly unknown: number;
  readonly part: readonly LogEvent[];
};

const UNKNOWN_LABEL = 255;
const TENTHS = 10;

export function decodeLog(body: Uint8Array): LogPart {
  const reader = new ByteReader(body, "the event log");
  const boots = reader.u32();
  const runningSeconds = reader.u32() / TENTHS;
  const startedAt = reader.u32() / TENTHS;
  const events = reader.u32();
  const kept = reader.u32();
  const begun = reader.u8() !== 0;
  const labels = reader.u8();
  const count = reader.u16();
  const totals = Array.from({ length: labels }, () => reader.u32());
  const unknown = reader.u32();
  const part = Array.from({ length: count }, () => {
    const time = reader.u32() / TENTHS;
    const boot = reader.u16();
    const label = reader.u8();
    reader.skip(1);
    return { time, boot, label: label === UNKNOWN_LABEL ? null : label, score: reader.f32() };
  });
  return { boots, runningSeconds, startedAt: begun ? startedAt : null, events, kept, totals, unknown, part };
}

export const decodeU8 = (body: Uint8Array): number => new ByteReader(body, "the answer").u8();
export const decodeU32 = (body: Uint8Array): number => new ByteReader(body, "the answer").u32();
export const decodeU64 = (body: Uint8Array): bigint => new ByteReader(body, "the answer").u64();
