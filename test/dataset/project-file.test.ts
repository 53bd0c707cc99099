import { copyFileSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { APPLICATION_ID, SCHEMA_VERSION } from "../../src-main/dataset/schema.ts";
import { requireSqliteRuntime } from "../../src-main/dataset/sqlite.ts";
import { design as designSchema } from "../../src-shared/design.ts";
import { errorOf, finished, recordingOf, temporaryFolder } from "./helpers.ts";

const design = designSchema.parse({
  inputs: [
    {
      sensor: "accelerometer",
      rateHz: 200,
      channels: ["accX"],
      channelIndices: [0],
      features: { block: "raw" },
    },
  ],
});

const experiment = (name: string, datasetHash: string) => ({
  name,
  design,
  labels: ["a", "b"],
  result: { validationAccuracy: 0.5 },
  datasetHash,
  weights: new Uint8Array([1, 2, 3]),
  tflite: null,
  modelPackage: null,
});

function newProject(): { path: string; folder: string; project: ProjectFile } {
  const folder = temporaryFolder();
  const path = join(folder, "machine.limpet");
  return { path, folder, project: ProjectFile.create(path) };
}

describe("a project file", () => {
  it("is one plain file with our application id once it is closed", () => {
    const { path, folder, project } = newProject();
    project.addRecording(finished("a.1", "a", 1000, 1));
    expect(readdirSync(folder).length).toBeGreaterThan(1);
    project.close();
    expect(readdirSync(folder)).toEqual(["machine.limpet"]);
    const bytes = readFileSync(path);
    expect(bytes.readUInt32BE(68)).toBe(APPLICATION_ID);
    expect(bytes.readUInt32BE(60)).toBe(SCHEMA_VERSION);
    expect([...bytes.subarray(18, 20)]).toEqual([1, 1]);
  });

  it("keeps samples, labels, goal, design and experiments over closing and opening", () => {
    const { path, project } = newProject();
    const stored = project.addRecording(finished("a.1", "a", 20_000, 1));
    project.saveGoal({ ...project.goal(), sentence: "Is it running?" });
    project.saveDesign({
      ...design,
      inputs: [{ sensor: "accelerometer", features: { block: "raw", scale: 1, decimation: 1 } }],
    });
    const id = project.addExperiment(experiment("first", project.datasetHash()));
    project.updateExperiment(id, { tflite: new Uint8Array([9, 9]), name: "better" });
    project.addDeployment({ experimentId: id, board: "virtual", report: { slot: "A" } });
    project.cache("features", new Uint8Array([5]));
    project.close();

    const again = ProjectFile.open(path);
    expect(again.recordings()).toEqual([stored]);
    const stream = stored.streams[0]?.id ?? 0;
    expect(again.readSamples(stream, 0, 20_000).data).toEqual(
      finished("a.1", "a", 20_000, 1).data[0]?.samples,
    );
    expect(again.readValues(stream, 10_921, 2)).toEqual(
      Float32Array.from(again.readSamples(stream, 10_921, 2).data, (count) => count * Math.fround(0.001)),
    );
    expect(again.readSamples(stream, 19_999, 50).samples).toBe(1);
    expect(again.goal().sentence).toBe("Is it running?");
    expect(again.design()?.inputs?.[0]?.sensor).toBe("accelerometer");
    expect(again.experiment(id)).toMatchObject({
      name: "better",
      tflite: new Uint8Array([9, 9]),
      labels: ["a", "b"],
    });
    expect(again.deployments()).toMatchObject([
      { experimentId: id, board: "virtual", report: { slot: "A" } },
    ]);
    expect(again.cached("features")).toEqual(new Uint8Array([5]));
    expect(again.cached("other")).toBeNull();
    again.close();
  });

  it("stores samples in chunks of at most 64 KB, and full ones of at least 8", () => {
    const { project } = newProject();
    project.addRecording(finished("a.1", "a", 100_000, 1));
    const sizes = project.database
      .all<{ bytes: number }>("SELECT length(data) AS bytes FROM chunks ORDER BY first_sample")
      .map((row) => row.bytes);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(64 * 1024);
    expect(Math.min(...sizes.slice(0, -1))).toBeGreaterThanOrEqual(8 * 1024);
    project.close();
  });

  it("keeps when samples were measured: what was lost before them counts", () => {
    const { project } = newProject();
    project.addRecording({
      recording: recordingOf("a.1", "a"),
      data: [{ samples: new Int16Array(600 * 3), gaps: [{ atSample: 200, lostSamples: 40 }] }],
    });
    const chunks = project.database.all<{ at: number }>(
      "SELECT device_time_us AS at FROM chunks ORDER BY first_sample",
    );
    expect(chunks.map(({ at }) => at)).toEqual([0, 1_200_000]);
    project.close();
  });

  it("is not made over an existing file, nor in a folder that is not there", () => {
    const { path, folder, project } = newProject();
    project.close();
    const before = readFileSync(path);
    expect(errorOf("usage", () => ProjectFile.create(path)).exitCode).toBe(2);
    expect(readFileSync(path).equals(before)).toBe(true);
    errorOf("not-found", () => ProjectFile.create(join(folder, "nowhere", "x.limpet")));
  });

  it("of a newer Limpet is refused and stays byte for byte as it was", () => {
    const { path, folder, project } = newProject();
    project.addRecording(finished("a.1", "a", 1000, 1));
    project.close();
    const other = new Database(path);
    other.pragma(`user_version = ${SCHEMA_VERSION + 1}`);
    other.close();
    const before = readFileSync(path);
    const error = errorOf("project-newer", () => ProjectFile.open(path));
    expect(error.exitCode).toBe(2);
    expect(error.message).toContain("newer Limpet");
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(folder)).toEqual(["machine.limpet"]);
  });

  it("that is none is refused by name: text, nothing at all, a folder, another program's database", () => {
    const folder = temporaryFolder();
    const text = join(folder, "text.limpet");
    writeFileSync(text, "timestamp,accX\n0,1\n");
    const empty = join(folder, "empty.limpet");
    writeFileSync(empty, "");
    const other = join(folder, "other.limpet");
    new Database(other).exec("CREATE TABLE t (x)").close();
    mkdirSync(join(folder, "folder.limpet"));
    for (const name of ["text", "empty", "other", "folder"]) {
      const error = errorOf("project-invalid", () => ProjectFile.open(join(folder, `${name}.limpet`)));
      expect(error.exitCode).toBe(2);
      expect(error.message).toContain("is not a Limpet project");
    }
    expect(errorOf("not-found", () => ProjectFile.open(join(folder, "missing.limpet"))).exitCode).toBe(2);
    expect(readFileSync(empty).length).toBe(0);
  });

  it("that is damaged is called damaged", () => {
    const { path, project } = newProject();
    for (let i = 0; i < 20; i++) project.addRecording(finished(`a.${i}`, "a", 5000, i));
    project.close();
    truncateSync(path, 24_576);
    errorOf("project-corrupt", () => {
      const damaged = ProjectFile.open(path);
      try {
        damaged.recordings();
        for (const recording of damaged.recordings())
          damaged.readSamples(recording.streams[0]?.id ?? 0, 0, 5000);
      } finally {
        damaged.close();
      }
    });
  });

  it("that may not be written to is read, and refuses a change with what to do", () => {
    const { path, project } = newProject();
    project.addRecording(finished("a.1", "a", 1000, 1));
    project.close();
    const reader = ProjectFile.open(path, { readonly: true });
    expect(reader.recordings()).toHaveLength(1);
    expect(errorOf("read-only", () => reader.updateRecordings([1], { label: "b" })).exitCode).toBe(1);
    errorOf("read-only", () => reader.beginRecording(finished("b", "b", 1, 1).recording));
    reader.cache("features", new Uint8Array([1]));
    reader.close();
  });

  it("is not touched by being read", () => {
    const { path, folder, project } = newProject();
    project.addRecording(finished("a.1", "a", 1000, 1));
    project.close();
    const before = readFileSync(path);
    const reader = ProjectFile.open(path);
    reader.recordings();
    reader.datasetHash();
    reader.close();
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(folder)).toEqual(["machine.limpet"]);
  });

  it("says that the disk is full and keeps what was saved before", () => {
    const { path, project } = newProject();
    project.addRecording(finished("a.1", "a", 1000, 1));
    // The page limit makes SQLite give the same answer as a full disk.
    project.database.pragma("max_page_count = 60");
    const error = errorOf("disk-full", () => project.addRecording(finished("a.2", "a", 400_000, 2)));
    expect(error.hint).toContain("Free some space");
    expect(project.recordings().map((recording) => recording.name)).toEqual(["a.1"]);
    project.close();
    const again = ProjectFile.open(path);
    expect(again.recordings()).toHaveLength(1);
    again.close();
  });

  it("is flushed to the disk at every change, and at the end of many", async () => {
    const { project } = newProject();
    const flushing = () =>
      (project.database.pragma("synchronous") as { synchronous: number }[])[0]?.synchronous;
    const [NORMAL, FULL] = [1, 2];
    project.addRecording(finished("a.1", "a", 100, 1));
    expect(flushing()).toBe(FULL);
    await project.bulk(async () => {
      project.addRecording(finished("a.2", "a", 100, 2));
      expect(flushing()).toBe(NORMAL);
    });
    expect(flushing()).toBe(FULL);
    project.close();
  });

  it("takes changes of two programs in turn, and each sees what the other wrote", () => {
    const { path, project } = newProject();
    project.addRecording(finished("a.1", "a", 1000, 1));
    const version = project.dataVersion();
    const other = ProjectFile.open(path);
    other.addRecording(finished("b.1", "b", 1000, 2));
    other.close();
    expect(project.recordings().map((recording) => recording.label)).toEqual(["a", "b"]);
    expect(project.dataVersion()).not.toBe(version);
    project.close();
  });

  it("lists 20,000 recordings without reading their samples", () => {
    const { path, project } = newProject();
    project.transaction(() => {
      for (let i = 0; i < 20_000; i++) project.addRecording(finished(`a.${i}`, i % 2 ? "a" : "b", 20, i));
    });
    project.close();
    const start = performance.now();
    const reader = ProjectFile.open(path, { readonly: true });
    const recordings = reader.recordings();
    const milliseconds = performance.now() - start;
    reader.close();
    console.info(`20,000 recordings opened and listed in ${milliseconds.toFixed(0)} ms`);
    expect(recordings).toHaveLength(20_000);
  });

  it("refuses a Node that cannot load its database, before it is loaded", () => {
    const error = errorOf("setup-missing", () => requireSqliteRuntime({ node: "20.11.0", napi: "9" }));
    expect(error.message).toContain("20.11.0");
    requireSqliteRuntime(process.versions);
  });
});

describe("edits", () => {
  it("are undone and redone one by one, also after the project was closed", () => {
    const { path, project } = newProject();
    const first = project.addRecording(finished("a.1", "a", 100, 1)).id;
    const second = project.addRecording(finished("a.2", "a", 100, 2)).id;
    project.updateRecordings([first, second], { label: "worn" });
    project.updateRecordings([first], { notes: "at the bearing", group: "pump 7", excluded: true });
    project.deleteRecordings([second]);
    expect(project.recordings()).toHaveLength(1);
    project.close();

    const again = ProjectFile.open(path);
    expect(again.undo()).toBe("delete 1 recording");
    expect(again.recordings().map((recording) => recording.label)).toEqual(["worn", "worn"]);
    expect(again.undo()).toContain("leave out");
    expect(again.recording(first)).toMatchObject({ notes: "", group: null, excluded: false });
    expect(again.undo()).toBe("label 2 recordings as worn");
    expect(again.recording(second).label).toBe("a");
    expect(again.undo()).toBeNull();
    expect(again.redo()).toBe("label 2 recordings as worn");
    expect(again.redo()).toContain("leave out");
    expect(again.recording(first)).toMatchObject({
      notes: "at the bearing",
      group: "pump 7",
      excluded: true,
    });
    again.updateRecordings([second], { label: "new" });
    expect(again.redo()).toBeNull();
    again.close();
  });

  it("that delete keep the samples in the file until then", () => {
    const { project } = newProject();
    const { id, streams } = project.addRecording(finished("a.1", "a", 500, 1));
    project.deleteRecordings([id]);
    errorOf("not-found", () => project.recording(id));
    project.undo();
    expect(project.readSamples(streams[0]?.id ?? 0, 0, 500).data).toEqual(
      finished("a.1", "a", 500, 1).data[0]?.samples,
    );
    project.close();
  });

  it("change the dataset's hash, and undoing them brings it back", () => {
    const { path, folder, project } = newProject();
    const { id } = project.addRecording(finished("a.1", "a", 500, 1));
    project.addRecording(finished("b.1", "b", 500, 2));
    const hash = project.datasetHash();
    project.updateRecordings([id], { label: "c" });
    expect(project.datasetHash()).not.toBe(hash);
    project.undo();
    expect(project.datasetHash()).toBe(hash);
    project.close();
    const copy = join(folder, "copy.limpet");
    copyFileSync(path, copy);
    const other = ProjectFile.open(copy);
    expect(other.datasetHash()).toBe(hash);
    other.close();
  });

  it("of group, side or exclusion change the dataset's hash, too", () => {
    const { project } = newProject();
    const ids = [1, 2, 3, 4, 5].map((seed) => project.addRecording(finished(`a.${seed}`, "a", 100, seed)).id);
    const [first] = ids as [number];
    project.applySplit({ train: 0.6, validation: 0.2, test: 0.2, by: "recording", seed: 1 });
    const hash = project.datasetHash();
    const other = project.recording(first).split === "test" ? "train" : "test";
    for (const change of [{ group: "pump 1" }, { split: other }, { excluded: true }] as const) {
      project.updateRecordings([first], change);
      expect(project.datasetHash(), JSON.stringify(change)).not.toBe(hash);
      project.undo();
      expect(project.datasetHash()).toBe(hash);
    }
    project.close();
  });

  it("that change nothing are none, and only the last thousand can be undone", () => {
    const { project } = newProject();
    const { id } = project.addRecording(finished("a.1", "a", 100, 1));
    project.updateRecordings([id], { label: "a", notes: "" });
    expect(project.undo()).toBeNull();
    project.transaction(() => {
      for (let edit = 0; edit < 1003; edit++) project.updateRecordings([id], { notes: `note ${edit}` });
    });
    expect(project.database.get("SELECT count(*) AS count FROM edits")).toEqual({ count: 1000 });
    project.close();
  });

  it("of the side of the split are one edit, and need a split of whole recordings", () => {
    const { project } = newProject();
    const ids = [1, 2, 3, 4, 5].map((seed) => project.addRecording(finished(`a.${seed}`, "a", 100, seed)).id);
    errorOf("usage", () => project.updateRecordings(ids, { split: "test" }));
    project.applySplit({ train: 0.6, validation: 0.2, test: 0.2, by: "recording", seed: 1 });
    const before = project.recordings().map(({ split }) => split);
    project.updateRecordings(ids, { split: "test" });
    expect(project.recordings().map(({ split }) => split)).toEqual(ids.map(() => "test"));
    expect(project.undo()).toBe("put 5 recordings into the test");
    expect(project.recordings().map(({ split }) => split)).toEqual(before);
    project.applySplit({ train: 0.6, validation: 0.2, test: 0.2, by: "window", seed: 1 });
    errorOf("usage", () => project.updateRecordings(ids, { split: "test" }));
    project.close();
  });

  it("refuse an empty label", () => {
    const { project } = newProject();
    const { id } = project.addRecording(finished("a.1", "a", 500, 1));
    errorOf("usage", () => project.updateRecordings([id], { label: "  " }));
    project.close();
  });
});

describe("the split of a project", () => {
  const byRecording = { train: 0.6, validation: 0.2, test: 0.2, by: "recording", seed: 1 } as const;
  const five = (project: ProjectFile): number[] =>
    [1, 2, 3, 4, 5].map((seed) => project.addRecording(finished(`a.${seed}`, "a", 100, seed)).id);

  it("gives a recording that comes later a side, and one that is left out none until it is taken back", () => {
    const { project } = newProject();
    const [first = 0] = five(project);
    project.updateRecordings([first], { excluded: true });
    project.applySplit(byRecording);
    expect(project.recording(first).split).toBeNull();
    expect(project.addRecording(finished("a.6", "a", 100, 6)).split).not.toBeNull();
    project.updateRecordings([first], { excluded: false });
    expect(project.recording(first).split).toBeNull();
    expect(project.ensureSplit()).toEqual(byRecording);
    expect(project.recording(first).split).not.toBeNull();
    project.close();
  });

  it("made anew leaves nothing of the one before", () => {
    const { project } = newProject();
    five(project);
    project.applySplit(byRecording);
    project.applySplit({ ...byRecording, by: "window" });
    expect(project.recordings().map(({ split }) => split)).toEqual([null, null, null, null, null]);
    project.close();
  });

  it("does not take back what was moved by hand, when another recording comes", () => {
    const { project } = newProject();
    const [first = 0] = five(project);
    project.applySplit({ ...byRecording, holdout: "a\\.1" });
    expect(project.recording(first).split).toBe("test");
    project.updateRecordings([first], { split: "train" });
    project.addRecording(finished("a.6", "a", 100, 6));
    expect(project.recording(first).split).toBe("train");
    project.close();
  });
});

describe("experiments", () => {
  it("that are deleted leave the lists, and their deployments stay on record", () => {
    const { project } = newProject();
    const id = project.addExperiment(experiment("first", "hash"));
    project.addDeployment({ experimentId: id, board: "virtual", report: {} });
    project.keepReport(`${id} evaluation`, "kept");
    project.keepReport(`${id}0 evaluation`, "of another one");
    project.deleteExperiment(id);
    expect(project.experiments()).toEqual([]);
    expect(project.keptReport(`${id} evaluation`)).toBeNull();
    expect(project.keptReport(`${id}0 evaluation`)).toBe("of another one");
    expect(project.deployments()).toHaveLength(1);
    expect(errorOf("not-found", () => project.experiment(id)).exitCode).toBe(2);
    project.close();
  });
});
