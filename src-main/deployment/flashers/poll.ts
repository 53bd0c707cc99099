/** Looking again and again until something is there. */
import { throwIfCancelled } from "../../../src-shared/errors.ts";

/** What `look` finds, or null when the time is over. Looks at least once. Throws `cancelled`. */
export async function poll<T>(
  look: () => Promise<T | null>,
  { limitMs, lookMs, signal }: { limitMs: number; lookMs: number; signal?: AbortSignal | undefined },
): Promise<T | null> {
  const until = performance.now() + limitMs;
  for (;;) {
    throwIfCancelled(signal);
    const found = await look();
    if (found !== null || performance.now() >= until) return found;
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
}
