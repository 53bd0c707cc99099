/** The requests of learning over a channel, as the app makes them: the whole job on the motor example and the simulated board. */
import { statSync } from "node:fs";
import { join } from "node:path";
import pino from "pino";
import { describe, expect, it } from "vitest";
import { UNKNOWN } from "../../src-main/deployment/alone.ts";
import { Engine } from "../../src-main/engine/engine.ts";
import {
  type EventName,
  type EventPayload,
  type RequestName,
  type RequestParams,
  type RequestResult,
  requests,
} from "../../src-shared/contract/index.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import { temporaryFolder } from "../dataset/helpers.ts";

type Message = { kind: string; id?: number; [field: string]: unknown };

/** An engine with one page, which asks and keeps the events. */
function page(folder: string) {
  const engine = new Engine({ host: "web", log: pino({ level: "silent" }), folder });
  const waiting = new Map<number, (message: Message) => void>();
  const events: Message[] = [];
  let receive: (text: string) => void = () => {};
  let last = 0;
  engine.connect({
    send: (text) => {
      const message = JSON.parse(text) as Message;
      if (message.kind === "event") events.push(message);
      if (message.kind === "result" || message.kind === "error") waiting.get(message.id ?? 0)?.(message);
    },
    onMessage: (listener) => {
      receive = listener;
    },
    onClose: () => {},
  });
  const ask = async <N extends RequestName>(
    method: N,
    params: RequestParams<N>,
  ): Promise<RequestResult<N>> => {
    const id = ++last;
    const answer = new Promise<Message>((resolve) => waiting.set(id, resolve));
    receive(JSON.stringify({ kind: "request", id, method, params }));
    const message = await answer;
    if (message.kind === "error") {
      throw LimpetError.fromData(message.error as ReturnType<LimpetError["toData"]>);
    }
    return requests[method].result.parse(message.result) as RequestResult<N>;
  };
  const eventsOf = <N extends EventName>(name: N): EventPayload<N>[] =>
    events.filter((event) => event.name === name).map((event) => event.payload as EventPayload<N>);
  return { engine, ask, eventsOf };
}

describe("the whole job over a channel", () => {
  it("goes from the example to the board's own answers", async () => {
    const folder = temporaryFolder();
    const { engine, ask, eventsOf } = page(folder);
    try {
      await ask("project:create", { path: join(folder, "motor.limpet"), example: "motor" });
      const presets = await ask("design:list-presets", {});
      expect(presets.filter(({ fits }) => fits).map(({ name }) => name)).toEqual(["vibration"]);
      const design = await ask("design:get", {});
      expect(design).not.toBeNull();
      const report = await ask("design:describe", { design: design ?? undefined });
      expect(report.findings.filter(({ level }) => level === "error")).toEqual([]);
      expect(report.shapes[0]).toMatchObject({ stage: expect.stringMatching(/^Window/), shape: [1600, 3] });
      expect((await ask("design:describe", { preset: "vibration" })).features).toBeGreaterThan(100);
      expect((await ask("design:save", { design: design ?? {} })).features).toBe(report.features);
      if (design !== null)
        expect((await ask("design:get-map", { design })).points.length).toBeGreaterThan(100);

      const trained = await ask("training:start", { epochs: 60 });
      expect(eventsOf("training:epoch").map(({ epoch }) => epoch)).toEqual(
        trained.history.map(({ epoch }) => epoch),
      );
      const { experiment } = trained;
      await ask("experiments:rename", { id: experiment, name: "first" });
      const converted = await ask("conversion:run", { experiment });
      expect(converted.changed).toBeLessThanOrEqual(1);
      expect(await ask("experiments:list", {})).toMatchObject([
        { name: "first", converted: true, outOfDate: false },
      ]);
      const float = await ask("evaluation:run", { experiment, engine: "float" });
      expect(float.accuracy).toBeGreaterThan(0.95);
      const board = await ask("evaluation:run", { experiment, engine: "board", board: "simulated" });
      expect(board.confusion).toEqual((await ask("evaluation:run", { experiment })).confusion);
      expect(board.boardDifference).toBeNull();

      // What was found out stays with the experiment.
      const kept = await ask("evaluation:get-last", { experiment, engine: "float" });
      expect(kept).toMatchObject({ outOfDate: false, report: float });
      expect((await ask("evaluation:get-last", { experiment }))?.report.engine).not.toBe("float");
      expect(await ask("evaluation:get-last", { experiment, split: "train" })).toBeNull();
      expect((await ask("conversion:get-last", { experiment }))?.report).toEqual(converted);
      const measured = await ask("thresholds:measure", { experiment, falseAlarmsPerHour: 1 });
      expect(measured.labels.map(({ label }) => label)).toEqual(float.confusion.labels);
      expect(await ask("thresholds:set", { experiment, thresholds: { normal: 0.5 } })).toEqual({
        thresholds: { normal: 0.5 },
      });
      expect(await ask("experiments:list", {})).toMatchObject([{ thresholds: { normal: 0.5 } }]);
      const findings = await ask("diagnosis:run", { experiment });
      expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
      const curve = await ask("evaluation:learning-curve", { experiment });
      expect(curve.points).toHaveLength(4);

      const reckoned = await ask("deployment:reckon-power", { experiment, everyMs: 60_000 });
      expect(reckoned.boards.map(({ board }) => board)).toContain("microbit-v2");
      for (const { powerBudget } of reckoned.boards) {
        expect(powerBudget.milliwatts).toBeLessThan(powerBudget.continuousMilliwatts);
      }

      const alone = { everyMs: 60_000, light: [UNKNOWN], confirm: 2 };
      const deployed = await ask("deployment:run", { experiment, board: "simulated", ...alone });
      expect(deployed.goldenVectors.identical).toBe(deployed.goldenVectors.run);
      expect(new Set(eventsOf("deployment:stage").map(({ stage }) => stage))).toContain("self-test");
      const seen = await ask("boards:read-log", { clear: true });
      expect(Object.keys(seen.totals)).toEqual(expect.arrayContaining(float.confusion.labels));
      await ask("live:start", {});
      while (eventsOf("live:prediction").length < 2) await new Promise((resolve) => setTimeout(resolve, 100));
      await ask("live:stop", {});
      expect(eventsOf("live:prediction")[0]?.label).toBe("normal");
      expect((await ask("project:get-summary", {}))?.steps).toEqual({
        goal: "done",
        collect: "done",
        design: "done",
        train: "done",
        convert: "done",
        evaluate: "done",
        deploy: "done",
      });

      const path = join(folder, "model.tflite");
      const { bytes } = await ask("experiments:export", { id: experiment, format: "tflite", path });
      expect(statSync(path).size).toBe(bytes);
      await ask("experiments:delete", { id: experiment });
      expect(await ask("experiments:list", {})).toEqual([]);
      await expect(ask("evaluation:run", { experiment })).rejects.toMatchObject({ code: "not-found" });
    } finally {
      await engine.close();
    }
  });

  it("stops a training when it is asked to, and keeps it", async () => {
    const folder = temporaryFolder();
    const { engine, ask, eventsOf } = page(folder);
    try {
      await ask("project:create", { path: join(folder, "motor.limpet"), example: "motor" });
      const design = {
        window: { lengthMs: 1000, strideMs: 250 },
        features: { block: "raw", decimation: 4 },
        network: { kind: "conv1d" },
        training: { epochs: 10_000, patience: 10_000 },
      } as const;
      let ended = false;
      const training = ask("training:start", { design }).finally(() => {
        ended = true;
      });
      training.catch(() => {});
      while (!ended && eventsOf("training:epoch").length === 0) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await ask("training:stop", {});
      const { epochs, stoppedEarly } = await training;
      expect(epochs).toBeLessThan(10_000);
      expect(stoppedEarly).toBe(true);
      expect(await ask("experiments:list", {})).toHaveLength(1);
    } finally {
      await engine.close();
    }
  });
});
