/** Options that every long piece of work takes: progress out, cancellation in. */
export type WorkOptions = {
  /**
   * Called with the stage's name (a short phrase for people, such as "computing features") and its fraction 0..1.
   * The sender limits the rate; a receiver may do little work in it.
   */
  readonly onProgress?: ((stage: string, fraction: number) => void) | undefined;
  /** Aborting it makes the work throw `LimpetError` with code `cancelled` at the next step. */
  readonly signal?: AbortSignal | undefined;
};
