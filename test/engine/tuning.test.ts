/** The search and the comparison without a sensor over a channel, as the window asks for them. */
import { join } from "node:path";
import pino from "pino";
import { describe, expect, it } from "vitest";
import { Engine } from "../../src-main/engine/engine.ts";
import { type RequestName, type RequestParams, requests } from "../../src-shared/contract/index.ts";
import { machineProject } from "../services/learning-projects.ts";

type Message = { kind: string; id?: number; name?: string; payload?: unknown; result?: unknown };

describe("the search over a channel", () => {
  it("tells of each design that it finds, ends when it is stopped, and a sensor's worth is asked of what it found", async () => {
    const project = machineProject();
    const { path } = project;
    project.close();
    const engine = new Engine({ host: "web", log: pino({ level: "silent" }), folder: join(path, "..") });
    const waiting = new Map<number, (message: Message) => void>();
    const found: unknown[] = [];
    let receive: (text: string) => void = () => {};
    let last = 0;
    const ask = async <N extends RequestName>(method: N, params: RequestParams<N>) => {
      const id = ++last;
      const answer = new Promise<Message>((resolve) => waiting.set(id, resolve));
      receive(JSON.stringify({ kind: "request", id, method, params }));
      return requests[method].result.parse((await answer).result);
    };
    engine.connect({
      send: (text) => {
        const message = JSON.parse(text) as Message;
        if (message.kind === "result" || message.kind === "error") waiting.get(message.id ?? 0)?.(message);
        if (message.kind !== "event" || message.name !== "training:tuned") return;
        found.push(message.payload);
        if (found.length === 2) void ask("training:stop", {});
      },
      onMessage: (listener) => {
        receive = listener;
      },
      onClose: () => {},
    });
    try {
      await ask("project:open", { path });
      const results = requests["training:tune"].result.parse(await ask("training:tune", { minutes: 60 }));
      expect(found.length).toBeGreaterThanOrEqual(2);
      expect(found.at(-1)).toMatchObject({ results });
      expect(results[0]?.accuracy).toBeGreaterThan(0.5);
      const report = await ask("evaluation:compare-without", {
        experiment: results[0]?.experiment ?? 0,
        sensor: "accY",
      });
      expect(report).toMatchObject({ a: results[0]?.experiment, without: "accY", trained: true });
    } finally {
      await engine.close();
    }
  });
});
