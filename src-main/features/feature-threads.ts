/**
 * Who computes features that are not kept yet: this thread for a moment, then work threads that read the project by themselves. Either
 * way the twin is the same, and so is every bit. Knows how much work there is; not what features are.
 */
import type { Design } from "../../src-shared/design.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import type { Dataset } from "../dataset/types.ts";
import type { WindowsOfRecording } from "../threads/thread-jobs.ts";
import { turns } from "../threads/turns.ts";
import { inThread, workThreads } from "../threads/work-threads.ts";
import { windowValuesOf } from "./feature-shape.ts";
import { encodeFrontend } from "./frontend-config.ts";
import type { Twin } from "./twin.ts";
import { computeWindows } from "./window-features.ts";

/** What features are computed from. Without a path threads cannot read it. */
export type FeatureSource = Pick<Dataset, "gaps" | "readValues"> & Partial<Pick<Dataset, "path">>;

/** Windows of a recording, where their features go, and what is told once all are there. */
export type MissingFeatures = WindowsOfRecording & {
  readonly features: Float32Array;
  readonly whole: () => void;
};

/** Values of windows that are given away at once: some tenths of a second of computing. */
const BATCH_VALUES = 8 * 2 ** 20;

/** An engine computes less than this by itself. */
const LITTLE_VALUES = 2 ** 20;

/** What is left of a recording: windows from `from` to `to`. */
type Piece = { readonly of: Unfinished; readonly from: number; readonly to: number };
type Unfinished = MissingFeatures & { left: number };

/**
 * Computes all of it. `keep` is asked now and then to keep what is whole. Throws `cancelled`, `invalid-design` where a sample is not a
 * number, as `inThread`, and what `keep` throws.
 */
export async function computeMissing(
  dataset: FeatureSource,
  twin: Twin,
  design: Pick<Design, "window" | "inputs">,
  missing: readonly MissingFeatures[],
  work: WorkOptions & { readonly keep: () => Promise<void> },
): Promise<void> {
  const queue: Piece[] = missing.map((one) => ({
    of: { ...one, left: one.windows.length },
    from: 0,
    to: one.windows.length,
  }));
  const total = missing.reduce((sum, { windows }) => sum + windows.length, 0);
  let done = 0;
  const tell = (more = 0): void =>
    work.onProgress?.("computing features", (done + more) / Math.max(1, total));
  const finish = ({ of }: Piece, count: number): void => {
    done += count;
    of.left -= count;
    if (of.left === 0) of.whole();
  };
  const { path } = dataset;
  const { serving, hereMs } = workThreads;
  const windowValues = windowValuesOf(design);
  // Even the first window of much may take long: the samples round it are read with it.
  const alone = !serving ? hereMs.command : total * windowValues > LITTLE_VALUES ? 0 : hereMs.serving;
  const until = path === undefined ? Number.POSITIVE_INFINITY : performance.now() + alone;
  const frontend = twin.frontend(encodeFrontend(design));
  const size = frontend.featureCount;
  try {
    const breathe = turns(work.signal);
    while (queue.length > 0 && performance.now() < until) {
      const piece = queue.shift() as Piece;
      const count = await computeWindows(
        dataset,
        frontend,
        design,
        piece.of,
        piece.of.features,
        async (index) => {
          if (performance.now() >= until) return false;
          await breathe(() => tell(index + 1));
          return true;
        },
      );
      finish(piece, count);
      if (count < piece.to) queue.unshift({ ...piece, from: count });
    }
  } finally {
    frontend.close();
  }
  await work.keep();
  if (path === undefined || queue.length === 0) return;

  const batches = batchesOf(queue, Math.max(1, Math.floor(BATCH_VALUES / windowValues)));
  // One that fails ends the others.
  const failed = new AbortController();
  const signals = [failed.signal, work.signal].filter((signal) => signal !== undefined);
  const signal = AbortSignal.any(signals);
  const lane = async (): Promise<void> => {
    for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
      const parts = batch.map(({ of: { recording, windows }, from, to }) => ({
        recording,
        windows: windows.slice(from, to).map(({ startMs, starts }) => ({ startMs, starts })),
      }));
      const values = await inThread("features", { path, module: twin.module, design, parts }, { signal });
      let at = 0;
      for (const piece of batch) {
        const count = piece.to - piece.from;
        piece.of.features.set(values.subarray(at * size, (at + count) * size), piece.from * size);
        at += count;
        finish(piece, count);
      }
      tell();
      await work.keep();
    }
  };
  const lanes = await Promise.allSettled(
    Array.from({ length: workThreads.most }, () =>
      lane().catch((error: unknown) => {
        failed.abort();
        throw error;
      }),
    ),
  );
  const errors = lanes.flatMap((end) => (end.status === "rejected" ? [end.reason as unknown] : []));
  // The first to fail has the others cancelled: theirs say nothing.
  const telling = errors.find((error) => !(error instanceof LimpetError && error.code === "cancelled"));
  if (errors.length > 0) throw telling ?? errors[0];
}

/** Pieces in order, cut where they are too long, together where they are short. */
function batchesOf(queue: readonly Piece[], most: number): Piece[][] {
  const batches: Piece[][] = [];
  let batch: Piece[] = [];
  let room = most;
  for (const { of, from, to } of queue) {
    for (let begin = from; begin < to; ) {
      const end = Math.min(to, begin + room);
      batch.push({ of, from: begin, to: end });
      room -= end - begin;
      begin = end;
      if (room > 0) continue;
      batches.push(batch);
      batch = [];
      room = most;
    }
  }
  return batch.length === 0 ? batches : [...batches, batch];
}
