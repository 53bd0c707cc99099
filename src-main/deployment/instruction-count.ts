/** How many instructions (or cycles) one window of a deployed model takes. Knows boards that count and the virtual one, which has to be asked apart. */
import { LimpetError } from "../../src-shared/errors.ts";
import type { ReplayResult } from "../boards/board-replay.ts";
import type { BoardSession } from "../boards/board-session.ts";
import type { SelfTest } from "../boards/link/responses.ts";
import { evaluateOnBoard } from "./board-evaluation.ts";
import { type PackageSummary, windowValues } from "./package-summary.ts";

export type Counts = { readonly count: number; readonly unit: "instructions" | "cycles" };

/** Instructions of one window where the board counts them itself; else null. */
function countsOf({ hello: { counting } }: BoardSession, test: SelfTest): Counts | null {
  const counted = test.frontendInstructions + test.networkInstructions;
  return counting === "none" || counted === 0 ? null : { count: counted, unit: counting };
}

/**
 * The virtual board counts instructions in a second run, made for it, which goes on beside the deployment: the line to the board is slower
 * than both. Other boards count by themselves or not at all.
 */
export class InstructionCount {
  readonly #session: BoardSession;
  readonly #results: Promise<ReplayResult[]> | null;

  private constructor(session: BoardSession, results: Promise<ReplayResult[]> | null) {
    this.#session = session;
    this.#results = results;
    // A deployment that fails meanwhile has its own error; this one is nobody's then, and the second board ends by itself.
    results?.catch(() => {});
  }

  static begin(
    session: BoardSession,
    modelPackage: Uint8Array,
    { inputs }: PackageSummary,
    signal: AbortSignal | undefined,
  ): InstructionCount {
    const { kind, counting } = session.hello;
    if (kind !== "virtual" || counting !== "none") return new InstructionCount(session, null);
    const windows = [noise(windowValues(inputs))];
    const evaluation = { port: "virtual", modelPackage, windows, instructions: true };
    return new InstructionCount(session, evaluateOnBoard(evaluation, { signal }));
  }

  /** What the board counted in its self-test, else what the second run did; where that failed, the warnings say so. */
  async of(test: SelfTest, warnings: string[]): Promise<Counts | null> {
    const own = countsOf(this.#session, test);
    if (own !== null) return own;
    try {
      const [result] = (await this.#results) ?? [];
      const sum = (result?.frontendInstructions ?? 0) + (result?.networkInstructions ?? 0);
      return sum > 0 ? { count: sum, unit: "instructions" } : null;
    } catch (error) {
      if (!(error instanceof LimpetError)) throw error;
      warnings.push(`Instructions could not be counted: ${error.message}`);
      return null;
    }
  }
}

/** A window of noise (xorshift32, Marsaglia 2003): no branch of the front end is cheaper for it than for a real signal. */
function noise(values: number): Float32Array {
  let x = 1;
  return Float32Array.from({ length: values }, () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x / 2 ** 31;
  });
}
