/** The training thread when it goes wrong: killed, out of memory, stuck, cancelled at every stage. The project stays, the next one works. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkOpenProject } from "../../src-main/dataset/check.ts";
import type { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { train } from "../../src-main/services/training-service.ts";
import { workerFile } from "../../src-main/threads/worker-file.ts";
import { threads } from "../../src-main/training/training-client.ts";
import type { TrainingRequest } from "../../src-shared/contract/index.ts";
import { rejectionOf } from "../dataset/helpers.ts";
import { longDesign, machineProject, quickDesign } from "../services/learning-projects.ts";

const TRAINING = join(import.meta.dirname, "../../src-main/training");
const usual = { ...threads };
const started: Worker[] = [];
let project: ProjectFile;

beforeEach(() => {
  // Each training gets a thread of its own, so that a test meets the one that it means.
  threads.keepMs = 0;
  project = machineProject();
});
afterEach(async () => {
  Object.assign(threads, usual);
  for (const worker of started.splice(0)) await worker.terminate();
  project.close();
});

/** Has trainings run in real training threads that the test holds. */
function holdThreads(limits: { maxOldGenerationSizeMb?: number } = {}): void {
  threads.start = () => {
    const worker = new Worker(workerFile("training-worker", TRAINING), {
      execArgv: [],
      resourceLimits: limits,
    });
    started.push(worker);
    return worker;
  };
}

const request = (epochs: number): TrainingRequest => ({
  backend: "auto",
  design: quickDesign({ training: { epochs, patience: epochs } }),
});

/** Ended before its end, whatever computer it runs on. */
const long = (): TrainingRequest => ({ backend: "auto", design: longDesign() });

async function expectWorking(): Promise<void> {
  Object.assign(threads, usual, { keepMs: 0 });
  const before = project.experiments().length;
  expect(checkOpenProject(project)).toMatchObject({ ok: true });
  expect(await train(project, request(2))).toMatchObject({ epochs: 2 });
  expect(project.experiments()).toHaveLength(before + 1);
}

describe("a training whose thread", () => {
  it("is ended from outside while it learns fails with a clear word, and the next one works", async () => {
    holdThreads();
    const failed = train(project, long(), { onEpoch: () => void started[0]?.terminate() });
    expect((await rejectionOf("training-failed", failed)).message).toContain("ended unexpectedly");
    expect(project.experiments()).toEqual([]);
    await expectWorking();
  });

  it("is ended before it has begun fails as clearly", async () => {
    threads.start = () => {
      const worker = new Worker(workerFile("training-worker", TRAINING), { execArgv: [] });
      void worker.terminate();
      return worker;
    };
    expect((await rejectionOf("training-failed", train(project, request(5)))).message).toContain("ended");
    await expectWorking();
  });

  it("runs out of memory says so, and takes nothing else down with it", async () => {
    holdThreads({ maxOldGenerationSizeMb: 4 });
    const error = await rejectionOf("training-failed", train(project, long()));
    expect(error.message).toContain("ran out of memory");
    expect(error.hint).toContain("smaller");
    await expectWorking();
  });

  it("never begins is given up after its time", async () => {
    threads.start = () => {
      const worker = new Worker("setInterval(() => {}, 1000)", { eval: true });
      started.push(worker);
      return worker;
    };
    Object.assign(threads, { beginMs: 100, graceMs: 10 });
    const error = await rejectionOf("training-failed", train(project, request(5)));
    expect(error.message).toContain("no sign of life");
    await expectWorking();
  });

  it("hangs in the midst of learning is given up, too, however busy it looks to the system", async () => {
    threads.start = () => {
      const code = `require("node:worker_threads").parentPort.once("message", () => {
        require("node:worker_threads").parentPort.postMessage({ kind: "begun" });
        for (;;);
      })`;
      const worker = new Worker(code, { eval: true });
      started.push(worker);
      return worker;
    };
    Object.assign(threads, { silentMs: 200, graceMs: 10 });
    const error = await rejectionOf("training-failed", train(project, request(5)));
    expect(error.message).toContain("no sign of life");
    await expectWorking();
  });

  it("hangs and is cancelled is ended by force", async () => {
    threads.start = () => {
      const worker = new Worker("for (;;);", { eval: true });
      started.push(worker);
      return worker;
    };
    threads.cancelMs = 50;
    const abort = new AbortController();
    const training = train(project, request(5), { signal: abort.signal });
    while (started.length === 0) await sleep(5);
    abort.abort();
    await rejectionOf("cancelled", training);
    await expectWorking();
  });

  it("is heard first where its words and the end of its time come together, as after the computer slept", async () => {
    holdThreads();
    Object.assign(threads, { beginMs: 1, silentMs: 1, graceMs: 50_000 });
    expect(await train(project, request(3))).toMatchObject({ epochs: 3 });
  });
});

describe("a training that is cancelled", () => {
  it("at any stage ends as cancelled, leaves no experiment, and the next one works", async () => {
    const stages: string[] = [];
    const note = (stage: string): void => {
      if (stages.at(-1) !== stage) stages.push(stage);
    };
    await train(project, request(3), { onProgress: note });
    expect(new Set(stages).size).toBeGreaterThan(1);
    const before = project.experiments().length;
    expect(before).toBe(1);
    for (const wanted of new Set(stages)) {
      project.close();
      // A new one: features are kept, so that their stage is passed by in one that has trained.
      project = machineProject();
      const abort = new AbortController();
      const cancelled = train(project, long(), {
        signal: abort.signal,
        onProgress: (stage) => {
          if (stage === wanted) abort.abort();
        },
      });
      await rejectionOf("cancelled", cancelled);
    }
    // At the last moment: the best weights are there, the experiment is not.
    const abort = new AbortController();
    await rejectionOf(
      "cancelled",
      train(project, long(), { signal: abort.signal, onEpoch: () => abort.abort() }),
    );
    expect(project.experiments()).toEqual([]);
    await expectWorking();
  });
});
