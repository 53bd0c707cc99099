/**
 * The installed model against the one that was sent, byte for byte, on a slow line as much of it as a little time allows. Knows sessions;
 * what follows from a difference is another's business.
 */
import { throwIfCancelled } from "../../src-shared/errors.ts";
import type { BoardSession } from "../boards/board-session.ts";

/** How long the model is read back at most; a serial line of 115,200 baud carries 11 kB/s. */
const READ_BACK_MS = 2000;

/** Reads the package back part by part; null at the first that differs, else how many bytes were the same. */
export async function compareBack(
  session: BoardSession,
  modelPackage: Uint8Array,
  {
    progress,
    signal,
  }: { readonly progress: (fraction: number) => void; readonly signal: AbortSignal | undefined },
): Promise<number | null> {
  const most = session.packagePartBytes;
  const ends = performance.now() + READ_BACK_MS;
  let compared = 0;
  for (const [index, part] of spread(Math.ceil(modelPackage.length / most)).entries()) {
    // The first and the last part are always read.
    if (index >= 2 && performance.now() > ends) break;
    throwIfCancelled(signal);
    const wanted = modelPackage.subarray(part * most, (part + 1) * most);
    const found = await session.readPackagePart(part * most, wanted.length);
    if (Buffer.compare(found, wanted) !== 0) return null;
    compared += wanted.length;
    progress(compared / modelPackage.length);
  }
  return compared;
}

/** 0 to count - 1: first the first and the last, then the others so that they lie everywhere from early on (bits reversed). */
function spread(count: number): number[] {
  const bits = Math.ceil(Math.log2(Math.max(2, count)));
  const middle = Array.from({ length: 2 ** bits }, (_, index) =>
    Number.parseInt([...index.toString(2).padStart(bits, "0")].reverse().join(""), 2),
  ).filter((part) => part > 0 && part < count - 1);
  return count < 2 ? [0] : [0, count - 1, ...middle];
}
