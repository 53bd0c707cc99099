/**
 * What a board that ran by itself has seen: its event log in the words of people, and a virtual board that is left by itself. Knows sessions;
 * not who asks.
 */
import type { BoardLog } from "../../src-shared/contract/index.ts";
import { LimpetError, throwIfCancelled } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import type { BoardSession } from "../boards/board-session.ts";
import { parseFrames } from "../boards/link/frames.ts";
import { decodeMessage } from "../boards/link/messages.ts";
import { VirtualTransport } from "../boards/transports/virtual.ts";
import { requireModel, UNKNOWN_LABEL } from "./live-service.ts";

/** Reads the board's event log; empties it afterwards where that is wanted. Throws `board-refused` without a model. */
export async function readBoardLog(
  session: BoardSession,
  { clear = false }: { readonly clear?: boolean } = {},
  work: WorkOptions = {},
): Promise<BoardLog> {
  const labels = requireModel(session);
  const log = await session.readLog(work);
  const now = Date.now();
  if (clear) await session.clearLog();
  const nameOf = (label: number | null): string =>
    label === null ? UNKNOWN_LABEL : (labels[label] ?? `class ${label + 1}`);
  const totals: Record<string, number> = Object.fromEntries(
    labels.map((label, index) => [label, log.totals[index] ?? 0]),
  );
  if (log.unknown > 0) totals[UNKNOWN_LABEL] = (totals[UNKNOWN_LABEL] ?? 0) + log.unknown;
  return {
    since: log.runningSeconds,
    boots: log.boots,
    totals,
    events: log.part.map(({ time, boot, label, score }) => ({
      time,
      label: nameOf(label),
      score,
      boot,
      ...(log.startedAt === null || boot !== log.boots
        ? {}
        : { at: new Date(now - (log.runningSeconds - time) * 1000).toISOString() }),
    })),
    eventsLost: log.events - log.kept,
  };
}

export type AloneOptions = {
  /** Time of the board's own, seconds. */
  readonly seconds: number;
  readonly signal?: Uint8Array | undefined;
  readonly flashPath?: string | undefined;
};

/**
 * Switches a virtual board on, leaves it by itself for so many seconds of its time, and switches it off as if it lost power. What it
 * sleeps through is leapt over, so that an hour takes seconds. Throws `cancelled`, and what QEMU may throw.
 */
export async function runAlone({ seconds, ...options }: AloneOptions, work: WorkOptions = {}): Promise<void> {
  const transport = new VirtualTransport({ ...options, seconds, instructions: true, leap: true });
  let rest: Uint8Array = new Uint8Array(0);
  let shown = 0;
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  try {
    await transport.open({
      onData: (bytes) => {
        const parsed = parseFrames(rest, bytes);
        rest = parsed.rest;
        for (const frame of parsed.frames) {
          const message = decodeMessage(frame);
          if (message.kind === "heartbeat") shown = Number(message.heartbeat.timeUs) / 1e6;
        }
        work.onProgress?.("running by itself", Math.min(1, shown / seconds));
      },
      onLost: () => end(),
    });
    await Promise.race([ended, aborted(work.signal)]);
    throwIfCancelled(work.signal);
    if ((await transport.exitCode) !== 0) {
      throw new LimpetError(
        "board-unplugged",
        `The virtual board ended after ${shown.toFixed(0)} seconds of its time.`,
        {
          field: "virtual",
          hint: "Try again.",
        },
      );
    }
  } finally {
    await transport.close();
  }
}

const aborted = (signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted === true) resolve();
    signal?.addEventListener("abort", () => resolve(), { once: true });
  });
