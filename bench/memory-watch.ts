/**
 * Loaded before the engine by the soak (`--import`, with `--expose-gc`): at SIGUSR2 collects what nobody holds any more and appends
 * one line of JSON to the file in LIMPET_MEMORY_LOG. What is left then is held; the rest of the resident size is the allocator's.
 */
import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const file = process.env.LIMPET_MEMORY_LOG;
const collect = (globalThis as { gc?: () => void }).gc;

process.on("SIGUSR2", () => {
  void (async () => {
    // Twice, with a turn between: finalizers of the first free buffers for the second.
    for (let turn = 0; turn < 2; turn++) {
      collect?.();
      await sleep(50);
    }
    if (file !== undefined) appendFileSync(file, `${JSON.stringify(process.memoryUsage())}\n`);
  })();
});
