/** Moments for tests, by what has happened and never by how long it should take: a computer may be much faster or much busier than another. */
import { setTimeout as sleep } from "node:timers/promises";

/** After this something hangs, milliseconds. */
const HANGS_MS = 500_000;

/** Resolves when `condition` holds. Throws where it never does. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const begin = performance.now();
  while (!(await condition())) {
    if (performance.now() - begin > HANGS_MS) throw new Error(`waited in vain for: ${condition}`);
    await sleep(5);
  }
}

/** A signal that is aborted as soon as `condition` holds, whenever the work looks at it: between two looks nothing can be missed. */
export function abortedWhen(condition: () => boolean): AbortSignal {
  const { signal } = new AbortController();
  Object.defineProperty(signal, "aborted", { get: condition });
  return signal;
}
