/** The board's own answers, live, in the words of the contract. Knows sessions; not who shows the answers. */
import type { Prediction } from "../../src-shared/contract/index.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import type { BoardSession } from "../boards/board-session.ts";
import type { PredictionMessage } from "../boards/link/messages.ts";

/** The next answer may come so much later than it was due, milliseconds. */
const LATE_MS = 1500;

/** What a board calls an answer that no label's threshold was reached for. */
export const UNKNOWN_LABEL = "unknown";

/** An answer of the board with the labels of its model. */
export function predictionOf(message: PredictionMessage, labels: readonly string[]): Prediction {
  const counted = {
    ...(message.anomaly === null ? {} : { anomaly: message.anomaly }),
    ...(message.frontendInstructions > 0 ? { frontendInstructions: message.frontendInstructions } : {}),
    ...(message.networkInstructions > 0 ? { networkInstructions: message.networkInstructions } : {}),
  };
  const timeMs = Number(message.timeUs) / 1000;
  if (message.regression) {
    const value = message.scores[0] ?? 0;
    return { timeMs, label: String(value), scores: {}, value, ...counted };
  }
  const scores = Object.fromEntries(
    Array.from(message.scores, (score, index) => [labels[index] ?? `class ${index + 1}`, score]),
  );
  const label =
    message.label === null ? UNKNOWN_LABEL : (labels[message.label] ?? `class ${message.label + 1}`);
  return { timeMs, label, scores, ...counted };
}

/** Throws `board-refused` where the board has no model; returns the model's labels. */
export function requireModel(session: BoardSession): readonly string[] {
  const { model } = session.hello;
  if (model === null) {
    throw new LimpetError("board-refused", "There is no model on the board yet.", {
      field: session.port,
      hint: "Deploy one first: `limpet deploy PROJECT --experiment ID --board …`.",
    });
  }
  return model.labels;
}

/**
 * Starts live answers; returns what ends them. Each answer goes to `onPrediction`. Throws `board-refused` without a model.
 */
export async function startLive(
  session: BoardSession,
  onPrediction: (prediction: Prediction) => void,
): Promise<() => Promise<void>> {
  const labels = requireModel(session);
  const unlisten = session.listen((event) => {
    if (event.kind === "prediction") onPrediction(predictionOf(event.prediction, labels));
  });
  try {
    await session.startLive();
  } catch (error) {
    unlisten();
    throw error;
  }
  return async () => {
    if (session.lost === null) await session.stopLive();
    unlisten();
  };
}

/**
 * Collects the board's answers for `seconds` (by the board's clock), or until `signal` is aborted where that is null.
 * Throws `board-unplugged`, `board-refused`; `cancelled` is left to the caller: what came is the result.
 */
export async function monitor(
  session: BoardSession,
  seconds: number | null,
  onPrediction: (prediction: Prediction) => void,
  work: WorkOptions = {},
): Promise<{ readonly predictions: Prediction[]; readonly cancelled: boolean }> {
  const predictions: Prediction[] = [];
  let end: (error: LimpetError | null) => void = () => {};
  const ended = new Promise<void>((resolve, reject) => {
    end = (error) => (error === null ? resolve() : reject(error));
  });
  ended.catch(() => {});
  const stop = (): void => end(null);
  const unlisten = session.listen((event) => {
    if (event.kind === "lost") end(event.error);
  });
  work.signal?.addEventListener("abort", stop);
  let timer: NodeJS.Timeout | undefined;
  const limitMs = (seconds ?? 0) * 1000;
  const endIn = (ms: number): void => {
    clearTimeout(timer);
    if (seconds !== null) timer = setTimeout(stop, ms + LATE_MS);
  };
  let began = performance.now();
  try {
    const stopLive = await startLive(session, (prediction) => {
      const { timeMs } = prediction;
      if (seconds !== null && timeMs > limitMs) {
        stop();
        return;
      }
      // A board slower than its clock says (QEMU on a busy computer) has the time that it needs at its pace.
      const pace = Math.max(1, (performance.now() - began) / timeMs);
      endIn((limitMs - timeMs) * pace);
      predictions.push(prediction);
      onPrediction(prediction);
      work.onProgress?.("listening", seconds === null ? 0 : Math.min(1, timeMs / limitMs));
    });
    began = performance.now();
    endIn(limitMs);
    if (work.signal?.aborted === true) stop();
    await ended;
    await stopLive();
  } finally {
    clearTimeout(timer);
    unlisten();
    work.signal?.removeEventListener("abort", stop);
  }
  return { predictions, cancelled: work.signal?.aborted === true };
}
