/** The one thing that a reader may throw at bytes from outside: an error that says what is wrong with them. */
import { LimpetError } from "../../src-shared/errors.ts";

/** Runs `work`; a refusal is an answer (null), everything else goes on. */
export function refusesOnly<T>(work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (isRefusal(error)) return null;
    throw error;
  }
}

export const isRefusal = (error: unknown): boolean =>
  error instanceof LimpetError && error.code !== "internal";
