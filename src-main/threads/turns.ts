/** Turns for others in long work of one thread. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { throwIfCancelled } from "../../src-shared/errors.ts";

/** Time that is worked for before others get their turn, milliseconds. */
const TURN_MS = 20;

/**
 * What gives others a turn where it is time for one, and tells first how far the work is: the first time at once, so that also short work
 * is seen and can be ended. It throws `cancelled`.
 */
export function turns(signal: AbortSignal | undefined): (tell?: () => void) => Promise<void> {
  let ends = Number.NEGATIVE_INFINITY;
  return async (tell) => {
    if (performance.now() <= ends) return;
    tell?.();
    await nextTurn();
    throwIfCancelled(signal);
    ends = performance.now() + TURN_MS;
  };
}
