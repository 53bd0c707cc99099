/** Bytes that go to a board in many requests: cut to what it takes, several under way at once. Knows the link and no meaning. */
import { LimpetError } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import type { BoardLink } from "./board-link.ts";
import { MAX_PAYLOAD } from "./link/frames.ts";
import { DATA_HEAD_BYTES, type Request } from "./link/requests.ts";

const LEAST_BYTES = 16;

/** Sends `bytes` in order, `chunkBytes` at a time. Throws `cancelled` and what the link throws. */
export async function sendData(
  link: BoardLink,
  kind: "update-data" | "replay-data",
  bytes: Uint8Array,
  chunkBytes: number,
  work: WorkOptions = {},
): Promise<void> {
  const requests: Request[] = [];
  const step = Math.max(LEAST_BYTES, Math.min(chunkBytes, MAX_PAYLOAD - DATA_HEAD_BYTES));
  for (let offset = 0; offset < bytes.length; offset += step) {
    requests.push({ kind, offset, data: bytes.subarray(offset, offset + step) });
  }
  await link.sendAll(requests, (done) => work.onProgress?.("writing", done / requests.length), work.signal);
  stopIfAborted(work);
}

/** Throws `cancelled` where that was asked for. */
export function stopIfAborted({ signal }: WorkOptions): void {
  if (signal?.aborted === true) {
    throw new LimpetError("cancelled", "Cancelled. The board keeps the model that it had.", {
      cause: signal.reason,
    });
  }
}
