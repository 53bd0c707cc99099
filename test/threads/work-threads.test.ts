/** Work threads: what they compute is the same to the last bit, and they may be cancelled or killed at any moment. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import Database from "better-sqlite3";
import { unzipSync } from "fflate";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkProject, checkProjectHere, checkProjectInTurns } from "../../src-main/dataset/check.ts";
import { exportRecordings } from "../../src-main/dataset/export/export.ts";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { datasetFeatures } from "../../src-main/features/dataset-windows.ts";
import { Twin } from "../../src-main/features/twin.ts";
import {
  convertExperiment,
  exportModel,
  packageExperiment,
} from "../../src-main/services/conversion-service.ts";
import { evaluate } from "../../src-main/services/evaluation-service.ts";
import { createProject, createProjectInThread } from "../../src-main/services/example-service.ts";
import { copiesFor, planLearning, trainingSides } from "../../src-main/services/learning-data.ts";
import { exportInThread } from "../../src-main/services/recordings-export.ts";
import { saveReport } from "../../src-main/services/report-service.ts";
import { featureMap, train } from "../../src-main/services/training-service.ts";
import type { ToThread } from "../../src-main/threads/thread-jobs.ts";
import { cancelJobs, hasStuckThread, inThread, workThreads } from "../../src-main/threads/work-threads.ts";
import { workerFile } from "../../src-main/threads/worker-file.ts";
import type { DesignFile } from "../../src-shared/design.ts";
import { finished, rejectionOf, temporaryFolder } from "../dataset/helpers.ts";
import { addTake, machineProject, newProject, quickDesign } from "../services/learning-projects.ts";

const usual = { ...workThreads };
const started: Worker[] = [];
/** Names of the jobs that threads were given. */
const given = new Set<string>();

beforeEach(() => {
  // Everything that can go to a thread goes to one, each job to a thread of its own that the test holds, whatever number of cores there is.
  Object.assign(workThreads, { keepMs: 0, most: 4, hereMs: { serving: 0, command: 0 } });
  workThreads.start = () => {
    const worker = new Worker(
      workerFile("work-thread", join(import.meta.dirname, "../../src-main/threads")),
      {
        execArgv: [],
      },
    );
    started.push(worker);
    const post = worker.postMessage.bind(worker);
    worker.postMessage = (message: ToThread) => {
      if (message.kind === "job") given.add(message.name);
      post(message);
    };
    return worker;
  };
});
afterEach(async () => {
  Object.assign(workThreads, usual);
  given.clear();
  for (const worker of started.splice(0)) await worker.terminate();
});

/** Features of all windows of a project's design, nothing kept: each time they are computed anew. */
async function freshFeatures(
  project: ProjectFile,
  file: DesignFile,
  where: "here" | "threads",
  work: Parameters<typeof datasetFeatures>[4] = {},
): Promise<Float32Array> {
  const { design, plan } = planLearning(project, file);
  const dataset = {
    ...(where === "threads" ? { path: project.path } : {}),
    cached: () => null,
    cacheAll: () => {},
    gaps: (stream: number) => project.gaps(stream),
    readValues: (stream: number, start: number, count: number) => project.readValues(stream, start, count),
  };
  return (await datasetFeatures(dataset, await Twin.load(), design, plan, work)).values;
}

/** A project whose features take a while: half an hour of three axes. */
function longProject(): ProjectFile {
  const project = newProject();
  for (const [index, label] of ["slow", "fast"].entries()) {
    addTake(project, { label, take: index + 1, hz: 10 + 20 * index, seconds: 900 });
  }
  return project;
}

const dense = quickDesign({ window: { lengthMs: 640, strideMs: 40 } });

describe("features that threads compute", () => {
  it("are the same to the last bit, of many short recordings and of a long one that several threads share", async () => {
    for (const [project, file] of [
      [machineProject(6, 8), quickDesign()],
      [longProject(), dense],
    ] as const) {
      try {
        const here = await freshFeatures(project, file, "here");
        expect(started).toHaveLength(0);
        const away = await freshFeatures(project, file, "threads");
        expect(started.length).toBeGreaterThan(0);
        expect(Buffer.from(away.buffer).equals(Buffer.from(here.buffer))).toBe(true);
      } finally {
        project.close();
      }
      await Promise.all(started.splice(0).map((worker) => worker.terminate()));
    }
  });

  it("are kept in the project, so that the next time no thread is needed", async () => {
    const project = machineProject();
    try {
      const { design, plan } = planLearning(project, quickDesign());
      const twin = await Twin.load();
      const first = await datasetFeatures(project, twin, design, plan);
      const threads = started.length;
      expect(threads).toBeGreaterThan(0);
      expect((await datasetFeatures(project, twin, design, plan)).values).toEqual(first.values);
      expect(started).toHaveLength(threads);
    } finally {
      project.close();
    }
  });

  it("may be cancelled midway: nothing reads the project any more, and it closes to one plain file", async () => {
    const project = longProject();
    const { path } = project;
    const abort = new AbortController();
    const cancelled = freshFeatures(project, dense, "threads", {
      signal: abort.signal,
      onProgress: () => abort.abort(),
    });
    await rejectionOf("cancelled", cancelled);
    project.saveGoal(project.goal());
    project.close();
    expect(existsSync(`${path}-wal`)).toBe(false);
  });

  it("end with a clear word where a thread is killed, and the next time they are all there", async () => {
    const project = longProject();
    try {
      let killed = false;
      const failed = freshFeatures(project, dense, "threads", {
        onProgress: () => {
          for (const worker of started) void worker.terminate();
          killed = started.length > 0;
        },
      });
      expect((await rejectionOf("internal", failed)).message).toContain("ended unexpectedly");
      expect(killed).toBe(true);
      const again = await freshFeatures(project, quickDesign(), "threads");
      expect(again).toEqual(await freshFeatures(project, quickDesign(), "here"));
    } finally {
      project.close();
    }
  });

  it("name the recording where a sample is not a number", async () => {
    const project = newProject();
    try {
      const stream = {
        sensor: "accelerometer",
        channels: ["accX", "accY", "accZ"].map((name) => ({ name, unit: "g" })),
        rateHz: 200,
        sampleType: "float32",
        scale: 1,
      } as const;
      for (const label of ["a", "b"]) {
        const samples = Float32Array.from({ length: 3000 }, (_, i) =>
          label === "b" && i === 1500 ? NaN : i % 7,
        );
        const recording = {
          name: `${label}.1`,
          label,
          group: null,
          origin: "import",
          source: "test",
        } as const;
        project.addRecording({
          recording: { ...recording, streams: [stream] },
          data: [{ samples, gaps: [] }],
        });
      }
      const error = await rejectionOf("invalid-design", freshFeatures(project, quickDesign(), "threads"));
      expect(error.message).toContain("b.1 holds a value that is not a number");
      expect(error.field).toBe("recordings");
    } finally {
      project.close();
    }
  });
});

describe("an engine's training, conversion and evaluation", () => {
  it("give what a command gives in its own thread, bit for bit", async () => {
    const design = quickDesign({
      training: {
        epochs: 6,
        patience: 6,
        augmentation: { copies: 2, noise: 0.1, rotationDegrees: 30 },
      },
      anomaly: {},
    });
    workThreads.keepMs = 60_000;
    const run = async (serving: boolean) => {
      const project = machineProject();
      try {
        Object.assign(workThreads, { serving, hereMs: { serving: 0, command: Number.POSITIVE_INFINITY } });
        const learning = planLearning(project, design);
        const table = {
          windows: learning.plan.flatMap(({ windows }) => windows),
          features: { size: 1, values: new Float32Array(0) },
        };
        const copies = await copiesFor(project, learning, trainingSides(table).train, {});
        const { experiment, history } = await train(project, { design, backend: "auto" });
        const { result } = project.experiment(experiment);
        const conversion = await convertExperiment(project, experiment);
        const report = await evaluate(project, { experiment, split: "test", engine: "int8" });
        const { anomaly } = result as { anomaly: unknown };
        const map = await featureMap(project, design);
        return {
          copies: Buffer.from(copies?.features.buffer ?? new ArrayBuffer(0)).toString("base64"),
          history,
          map,
          anomaly,
          conversion,
          report,
          tflite: Buffer.from(project.experiment(experiment).tflite ?? []).toString("base64"),
          bytes: (await packageExperiment(project, experiment)).length,
        };
      } finally {
        project.close();
      }
    };
    const command = await run(false);
    expect(started).toHaveLength(0);
    const engine = await run(true);
    expect([...given].sort()).toEqual([
      "convert",
      "copies",
      "features",
      "int8",
      "layer-noise",
      "plane",
      "states",
    ]);
    expect(command.copies.length).toBeGreaterThan(1000);
    expect(engine).toEqual(command);
  });
});

describe("an example that a thread makes", () => {
  it("is the same project as one that is made here; killed or cancelled midway, no file is left", async () => {
    const folder = temporaryFolder();
    const [here, away] = [join(folder, "here.limpet"), join(folder, "away.limpet")];
    const made = await createProject(here, "motor");
    const abort = new AbortController();
    const cancelled = createProjectInThread(away, "motor", {
      signal: abort.signal,
      onProgress: () => abort.abort(),
    });
    await rejectionOf("cancelled", cancelled);
    expect(readdirSync(folder).some((name) => name.startsWith("away"))).toBe(false);
    const kill = (): void => {
      for (const worker of started.splice(0)) void worker.terminate();
    };
    await rejectionOf("internal", createProjectInThread(away, "motor", { onProgress: kill }));
    expect(readdirSync(folder).some((name) => name.startsWith("away"))).toBe(false);
    const other = await createProjectInThread(away, "motor");
    try {
      expect(other.datasetHash()).toBe(made.datasetHash());
      expect(other.design()).toEqual(made.design());
      await rejectionOf("usage", createProjectInThread(away, "motor"));
      expect(other.recordings()).toHaveLength(45);
    } finally {
      other.close();
      made.close();
    }
  });
});

describe("files that threads write", () => {
  it("are byte for byte those that are written here, and a folder that is not empty is refused as ever", async () => {
    const project = machineProject(2);
    const folder = temporaryFolder();
    try {
      const contents = (name: string): [string, Buffer][] =>
        readdirSync(join(folder, name)).map((file) => [file, readFileSync(join(folder, name, file))]);
      expect(await exportRecordings(project, "csv", join(folder, "here"))).toEqual({ files: 6 });
      expect(await exportInThread(project, "csv", join(folder, "away"))).toEqual({ files: 6 });
      expect(contents("away")).toEqual(contents("here"));
      const refused = await rejectionOf("usage", exportInThread(project, "csv", join(folder, "away")));
      expect(refused.field).toBe("out");

      const { experiment } = await train(project, {
        design: quickDesign({ training: { epochs: 2 } }),
        backend: "auto",
      });
      const written = async (format: "arduino" | "npz", serving: boolean): Promise<Buffer> => {
        workThreads.serving = serving;
        const path = join(folder, "model.zip");
        await exportModel(project, experiment, format, path);
        return readFileSync(path);
      };
      for (const format of ["arduino", "npz"] as const) {
        expect((await written(format, true)).equals(await written(format, false)), format).toBe(true);
      }
    } finally {
      project.close();
    }
  });

  it("hold a report with the project in it, and a place that takes none is named", async () => {
    workThreads.serving = true;
    const project = machineProject(1);
    const folder = temporaryFolder();
    try {
      const request = { version: "1", host: "web", logs: [], project, withProject: true };
      const { path, bytes } = await saveReport({ ...request, path: join(folder, "report.zip") });
      const files = unzipSync(readFileSync(path));
      expect(statSync(path).size).toBe(bytes);
      expect(Object.keys(files).sort()).toEqual(["about.json", "project.json", "project.limpet"]);
      writeFileSync(join(folder, "out.limpet"), files["project.limpet"] as Uint8Array);
      expect(checkProject(join(folder, "out.limpet"))).toMatchObject({ ok: true, recordings: 3 });
      expect(readdirSync(folder).sort()).toEqual(["out.limpet", "report.zip"]);
      const nowhere = join(folder, "none", "report.zip");
      const error = await rejectionOf(
        "read-only",
        saveReport({ ...request, withProject: false, path: nowhere }),
      );
      expect(error.message).toContain(nowhere);
    } finally {
      project.close();
    }
  });
});

/** A project that is large enough for a thread of its own. */
function largeProject(): string {
  const path = join(temporaryFolder(), "large.limpet");
  const project = ProjectFile.create(path);
  for (let i = 0; i < 4; i++) project.addRecording(finished(`a.${i}`, "a", 400_000, i));
  project.close();
  return path;
}

/** A job that was just asked for has its thread by then. */
const begun = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("the check of a large project", () => {
  it("runs in a thread and finds what it finds here", async () => {
    const path = largeProject();
    const before = readFileSync(path);
    expect(await checkProjectInTurns(path)).toMatchObject({ ok: true, recordings: 4 });
    expect(started).toHaveLength(1);
    expect(readFileSync(path).equals(before)).toBe(true);
    const database = new Database(path);
    database.exec("UPDATE chunks SET data = zeroblob(length(data)) WHERE id = 2");
    database.close();
    const found = await checkProjectInTurns(path);
    expect(found).toMatchObject({ ok: false, problems: [expect.stringContaining("checksum of the chunk")] });
    expect(found).toEqual(await checkProjectHere(path));
  });

  it("can be cancelled and killed; a project that is no project is refused as ever", async () => {
    const path = largeProject();
    const abort = new AbortController();
    const cancelled = rejectionOf("cancelled", checkProjectInTurns(path, { signal: abort.signal }));
    await begun();
    abort.abort();
    await cancelled;
    const failed = rejectionOf("internal", checkProjectInTurns(path));
    await begun();
    await started.at(-1)?.terminate();
    await failed;
    await rejectionOf("not-found", inThread("check", { path: `${path}.none` }));
    expect(await checkProjectInTurns(path)).toMatchObject({ ok: true });
  });

  it("that does not come to a turn is given up after a while, and waits for nobody", async () => {
    // As long as SQLite checks its pages the thread hears nothing; a thread that only sleeps does not, either.
    workThreads.cancelMs = 50;
    workThreads.start = () => {
      const worker = new Worker("Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)", {
        eval: true,
      });
      started.push(worker);
      return worker;
    };
    const abort = new AbortController();
    const cancelled = rejectionOf("cancelled", checkProjectInTurns(largeProject(), { signal: abort.signal }));
    await begun();
    expect(started).toHaveLength(1);
    abort.abort();
    await cancelled;
    expect(hasStuckThread()).toBe(true);
  });

  it("that is cancelled as soon as it is asked for does not begin", async () => {
    const abort = new AbortController();
    const cancelled = rejectionOf("cancelled", checkProjectInTurns(largeProject(), { signal: abort.signal }));
    abort.abort();
    await cancelled;
    expect(started).toHaveLength(0);
  });

  it("ends when the project is closed, and jobs that waited for a thread end with it", async () => {
    const path = largeProject();
    workThreads.most = 1;
    const checks = [1, 2, 3].map(() => rejectionOf("cancelled", inThread("check", { path })));
    await cancelJobs();
    await Promise.all(checks);
    expect(started.length).toBeLessThanOrEqual(1);
    expect(await inThread("check", { path })).toMatchObject({ ok: true });
  });
});

describe("work threads", () => {
  it("are no more than there may be, and are used again", async () => {
    const path = largeProject();
    Object.assign(workThreads, { most: 2, keepMs: 10_000 });
    const results = await Promise.all([1, 2, 3, 4, 5].map(() => inThread("check", { path })));
    expect(results.every(({ ok }) => ok)).toBe(true);
    expect(started).toHaveLength(2);
  });
});
