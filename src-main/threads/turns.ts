/** Turns for others in long work of one thread. */
import { setImmediate as nextTurn, setTimeout } from "node:timers/promises";
import { throwIfCancelled } from "../../src-shared/errors.ts";

/**
 * Gives all others a turn: timers and messages, too. After a message Node does what `setImmediate` asks for before it looks at them again.
 */
export const wholeTurn = (): Promise<void> => setTimeout(0);

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
