/** Projects of an older format: brought up to date with a copy, read where they may not be changed, whole after any interruption. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { checkProject } from "../../src-main/dataset/check.ts";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { APPLICATION_ID, SCHEMA_VERSION } from "../../src-main/dataset/schema.ts";
import { smallDisk } from "../faults/small-disk.ts";
import { errorOf, finished, temporaryFolder } from "./helpers.ts";
import { writeFormatOne } from "./older-project.ts";

const CHILD = join(import.meta.dirname, "migration-child.ts");
const COPY = `.before-format-${SCHEMA_VERSION}`;

function formatOf(path: string): unknown {
  const database = new Database(path, { readonly: true });
  try {
    return database.pragma("user_version", { simple: true });
  } finally {
    database.close();
  }
}

function oldProject(recordings = 4, samples = 5000): string {
  const path = join(temporaryFolder(), "p.limpet");
  const all = Array.from({ length: recordings }, (_, i) =>
    finished(`a.${i}`, i % 2 === 0 ? "a" : "b", samples, i),
  );
  writeFormatOne(path, all, (project) => {
    project.updateRecordings([1], { notes: "loose screw", group: "pump 2" });
    project.ensureSplit();
  });
  return path;
}

/** What a project says about its recordings, and all their samples. */
function contentOf(path: string): unknown {
  const project = ProjectFile.open(path, { readonly: true });
  try {
    return project.recordings().map(({ id, name, label, group, notes, split, streams }) => ({
      ...{ id, name, label, group, notes, split },
      samples: streams.map((stream) =>
        Buffer.from(project.readSamples(stream.id, 0, stream.samples).data.buffer),
      ),
    }));
  } finally {
    project.close();
  }
}

describe("a project of an older format", () => {
  it("is brought up to date when it is opened, with a copy of the file as it was beside it", () => {
    const path = oldProject();
    const before = contentOf(path);
    const project = ProjectFile.open(path);
    expect(project.recording(1)).toMatchObject({ notes: "loose screw", machine: "", mount: "", photo: null });
    project.updateRecordings([1], { machine: "pump 2", mount: "bearing cap" });
    expect(project.undo()).toContain("come from");
    project.close();
    expect(formatOf(path)).toBe(SCHEMA_VERSION);
    expect(contentOf(path)).toEqual(before);
    expect(formatOf(`${path}${COPY}`)).toBe(1);
    expect(contentOf(`${path}${COPY}`)).toEqual(before);
    expect(checkProject(path)).toMatchObject({ ok: true, recordings: 4 });
  });

  it("is not changed by whoever only reads it: info, check, the report", () => {
    const path = oldProject();
    const before = readFileSync(path);
    expect(checkProject(path)).toEqual({ ok: true, recordings: 4, chunks: 4, problems: [] });
    const project = ProjectFile.open(path, { readonly: true });
    expect(project.recordings().map(({ machine, photo }) => [machine, photo])).toEqual(
      Array(4).fill(["", null]),
    );
    errorOf("not-found", () => project.photo(1));
    errorOf("read-only", () => project.updateRecordings([1], { label: "b" }));
    project.close();
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(dirname(path))).toEqual(["p.limpet"]);
  });

  it("can be read on a stick that cannot be written to", ({ skip }) => {
    const disk = smallDisk(4 * 1024 * 1024);
    if (typeof disk === "string") return skip(disk);
    try {
      const path = join(disk.folder, "p.limpet");
      writeFileSync(path, readFileSync(oldProject()));
      disk.makeReadOnly();
      const project = ProjectFile.open(path);
      expect(project.readonly).toBe(true);
      expect(project.recordings()).toHaveLength(4);
      errorOf("read-only", () => project.updateRecordings([1], { label: "b" }));
      project.close();
    } finally {
      disk.remove();
    }
  });

  it("stays as it is where the disk has no room for the copy", ({ skip }) => {
    const disk = smallDisk(1024 * 1024);
    if (typeof disk === "string") return skip(disk);
    try {
      const path = join(disk.folder, "p.limpet");
      const bytes = readFileSync(oldProject(10, 10_000));
      writeFileSync(path, bytes);
      errorOf("disk-full", () => ProjectFile.open(path));
      expect(readFileSync(path).equals(bytes)).toBe(true);
      expect(readdirSync(disk.folder)).toEqual(["p.limpet"]);
    } finally {
      disk.remove();
    }
  });
});

describe("bringing a project up to date that is cut off", () => {
  it("while its tables are changed in the file: the next opening takes that back and does it anew", async () => {
    const path = oldProject(20);
    const before = contentOf(path);
    const [, signal] = await once(fork(CHILD, [path, "cut-off"], { stdio: "inherit" }), "exit");
    expect(signal).toBe("SIGKILL");
    expect(existsSync(`${path}-journal`)).toBe(true);
    ProjectFile.open(path).close();
    expect(contentOf(path)).toEqual(before);
    expect(contentOf(`${path}${COPY}`)).toEqual(before);
    expect(checkProject(path)).toMatchObject({ ok: true, recordings: 20 });
    expect(existsSync(`${path}-journal`)).toBe(false);
  });

  it("also where the next one to come is only a reader", async () => {
    const path = oldProject(20);
    const before = contentOf(path);
    await once(fork(CHILD, [path, "cut-off"], { stdio: "inherit" }), "exit");
    expect(contentOf(path)).toEqual(before);
    expect(formatOf(path)).toBe(1);
  });

  it("while the copy is written: half a copy never has the copy's name, and the next one takes its place", async () => {
    const path = oldProject(400, 15_000);
    const bytes = readFileSync(path);
    for (let tries = 0; ; tries++) {
      const child = fork(CHILD, [path, `${path}${COPY}.part`], { stdio: "inherit" });
      const [, signal] = await once(child, "exit");
      if (signal === "SIGKILL" && existsSync(`${path}${COPY}.part`)) break;
      // It was through before it could be killed: once more from the beginning.
      if (tries === 10) throw new Error("the copy was always faster than the kill");
      writeFileSync(path, bytes);
    }
    expect(readFileSync(path).equals(bytes)).toBe(true);
    const copies = readdirSync(dirname(path)).filter((name) => /before-format-\d+(-\d+)?$/.test(name)).length;
    ProjectFile.open(path).close();
    const after = readdirSync(dirname(path)).filter((name) => name.includes("before-format"));
    expect(after).toHaveLength(copies + 1);
    expect(after.every((name) => !name.endsWith(".part"))).toBe(true);
    expect(statSync(join(dirname(path), after.at(-1) ?? "")).size).toBeGreaterThan(bytes.length / 2);
    expect(checkProject(path)).toMatchObject({ ok: true, recordings: 400 });
  });
});

describe("a file of a format before the first", () => {
  /** Known by its number, without a table. */
  function numberOnly(path: string): void {
    const database = new Database(path);
    database.pragma(`application_id = ${APPLICATION_ID}`);
    database.exec("CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('kept')");
    database.close();
  }

  it("is brought up to date, too, and what else it held is in the copy", () => {
    const path = join(temporaryFolder(), "p.limpet");
    numberOnly(path);
    ProjectFile.open(path).close();
    const copy = new Database(`${path}${COPY}`, { readonly: true });
    expect(copy.pragma("user_version", { simple: true })).toBe(0);
    expect(copy.prepare("SELECT text FROM notes").pluck().get()).toBe("kept");
    copy.close();
    expect(checkProject(path)).toMatchObject({ ok: true });
  });

  it("changes nothing where the copy cannot be made", () => {
    const path = join(temporaryFolder(), "p.limpet");
    numberOnly(path);
    const before = readFileSync(path);
    // Nothing can be written under that name, nor under any that follows from it, where it is too long for the system.
    const long = join(temporaryFolder(), `${"p".repeat(240)}.limpet`);
    writeFileSync(long, before);
    errorOf("read-only", () => ProjectFile.open(long));
    expect(readFileSync(long).equals(before)).toBe(true);
  });
});
