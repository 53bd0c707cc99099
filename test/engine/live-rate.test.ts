/** The live signal of the simulated board beside a project whose recordings have another rate than the board's first. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Engine } from "../../src-main/engine/engine.ts";
import { createLog } from "../../src-main/engine/log.ts";
import type { RequestName, RequestParams, RequestResult } from "../../src-shared/contract/index.ts";
import { type EngineMessage, engineMessage } from "../../src-shared/contract/messages.ts";
import { temporaryFolder } from "../dataset/helpers.ts";

const TWIN = join(import.meta.dirname, "../../resources/firmware/twin.wasm");

function connect(engine: Engine) {
  let receive: (text: string) => void = () => {};
  let id = 0;
  const waiting = new Map<number, (message: EngineMessage) => void>();
  const rates: number[] = [];
  engine.connect({
    send: (text) => {
      const message = engineMessage.parse(JSON.parse(text));
      if (message.kind === "result" || message.kind === "error") waiting.get(message.id)?.(message);
      if (message.kind === "event" && message.name === "board:signal")
        rates.push((message.payload as { rateHz: number }).rateHz);
    },
    onMessage: (listener) => {
      receive = listener;
    },
    onClose: () => {},
  });
  const ask = <N extends RequestName>(method: N, params: RequestParams<N>): Promise<RequestResult<N>> =>
    new Promise((resolve, reject) => {
      id++;
      waiting.set(id, (message) => {
        if (message.kind === "result") resolve(message.result as RequestResult<N>);
        else reject(new Error(JSON.stringify(message)));
      });
      receive(JSON.stringify({ kind: "request", id, method, params }));
    });
  return { ask, rates };
}

describe("the live signal", () => {
  it.skipIf(!existsSync(TWIN))(
    "is sampled, shown and kept at the rate of the project's recordings (skipped where the twin is not built)",
    async () => {
      const folder = temporaryFolder();
      const engine = new Engine({ host: "web", log: createLog(), folder });
      const { ask, rates } = connect(engine);
      await ask("project:create", { path: join(folder, "m.limpet"), example: "motor" });
      await ask("boards:connect", { port: "simulated", signals: [] });
      await ask("boards:preview", { on: true });
      const fast = () => rates.filter((rate) => rate === 1600).length;
      await expect.poll(fast).toBeGreaterThan(25);
      // Accelerometer, thermometer and counter; without a project the accelerometer would be read at 400 Hz.
      expect(new Set(rates)).toEqual(new Set([1600, 4, 1]));
      const kept = await ask("live:keep", { label: "normal", seconds: 1 });
      expect(kept).toMatchObject({ rate: 1600, samples: 1600, lostSamples: 0 });

      rates.length = 0;
      const made = await ask("recording:start", {
        label: "normal",
        seconds: 1,
        sensors: [{ id: "accelerometer", rateHz: 400 }],
      });
      expect(made).toMatchObject({ rate: 400, samples: 400 });
      expect(rates).toContain(400);
      await engine.close();
    },
  );
});
