/**
 * Flags of the Node that runs the engine. Hours of live signal make V8 double the space for young objects up to 134 MB, and it keeps
 * that; with 16 MB for each half the engine's memory stays level (bench/soak.ts), and collecting it takes a few milliseconds at most.
 */
export const ENGINE_FLAGS: readonly string[] = ["--max-semi-space-size=16"];
