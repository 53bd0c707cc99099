import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { checkProject } from "../../src-main/dataset/check.ts";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { Snapshots } from "../../src-main/dataset/snapshots.ts";
import { finished, rejectionOf, temporaryFolder } from "./helpers.ts";

function newProject(recordings = 2): { path: string; folder: string; project: ProjectFile } {
  const folder = temporaryFolder();
  const path = join(folder, "p.limpet");
  const project = ProjectFile.create(path);
  for (let i = 0; i < recordings; i++) project.addRecording(finished(`a.${i}`, "a", 5000, i));
  return { path, folder: join(folder, "snapshots"), project };
}

const day = (n: number): Date => new Date(Date.UTC(2026, 0, n, 12));

describe("a snapshot", () => {
  it("is a whole project of its own, made while the project is open and written to", async () => {
    const { path, folder, project } = newProject(20);
    const snapshots = new Snapshots(folder);
    let steps = 0;
    const outcome = await snapshots.take(project, {
      now: day(1),
      onProgress: () => {
        // Between two pieces of the copy somebody works on.
        if (steps++ === 0) project.updateRecordings([1], { label: "changed meanwhile" });
      },
    });
    expect(outcome).toMatchObject({ kind: "taken", snapshot: { id: "2026-01-01" } });
    const [name] = readdirSync(folder);
    const file = join(folder, name ?? "", "2026-01-01.limpet");
    expect(checkProject(file)).toMatchObject({ ok: true, recordings: 20 });
    expect(readdirSync(join(folder, name ?? ""))).toEqual(["2026-01-01.limpet"]);
    project.close();
    expect(snapshots.list(path)).toMatchObject([{ id: "2026-01-01", bytes: statSync(file).size }]);
  });

  it("is made once a day, and not where nothing changed since the last", async () => {
    const { path, folder, project } = newProject();
    const snapshots = new Snapshots(folder);
    await snapshots.take(project, { now: day(1) });
    project.updateRecordings([1], { label: "b" });
    expect(await snapshots.take(project, { now: day(1) })).toEqual({ kind: "skipped", reason: "today" });
    project.close();
    const later = new Date(Date.now() + 5000);
    utimesSync(path, later, later);
    const again = ProjectFile.open(path);
    expect(await snapshots.take(again, { now: day(2) })).toMatchObject({ kind: "taken" });
    const earlier = new Date(Date.now() - 60_000);
    utimesSync(path, earlier, earlier);
    expect(await snapshots.take(again, { now: day(3) })).toEqual({ kind: "skipped", reason: "unchanged" });
    again.close();
  });

  it("replaces the oldest beyond a number and beyond a size; a project too large for it has none", async () => {
    const { path, folder, project } = newProject();
    const bytes = statSync(path).size + statSync(`${path}-wal`).size;
    const take = async (snapshots: Snapshots, n: number) => {
      const soon = new Date(Date.now() + n * 1000);
      utimesSync(path, soon, soon);
      return snapshots.take(project, { now: day(n) });
    };
    const few = new Snapshots(folder, { kept: 3, bytes: bytes * 10 });
    for (let n = 1; n <= 5; n++) await take(few, n);
    expect(few.list(path).map(({ id }) => id)).toEqual(["2026-01-05", "2026-01-04", "2026-01-03"]);
    const small = new Snapshots(folder, { kept: 10, bytes: bytes * 2 });
    await take(small, 6);
    expect(small.list(path).length).toBeLessThan(4);
    expect(await take(new Snapshots(folder, { kept: 3, bytes }), 7)).toEqual({
      kind: "skipped",
      reason: "too-large",
    });
    project.close();
  });

  it("that is cancelled leaves nothing", async () => {
    const { path, folder, project } = newProject();
    const snapshots = new Snapshots(folder);
    const abort = new AbortController();
    abort.abort();
    await rejectionOf("cancelled", snapshots.take(project, { now: day(1), signal: abort.signal }));
    expect(snapshots.list(path)).toEqual([]);
    project.close();
  });
});

describe("restoring", () => {
  it("puts the snapshot in the project's place and keeps what stood there", async () => {
    const { path, folder, project } = newProject();
    const snapshots = new Snapshots(folder);
    await snapshots.take(project, { now: day(1) });
    project.updateRecordings([1, 2], { label: "a mistake" });
    project.close();
    const kept = await snapshots.restore(path, "2026-01-01");
    expect(kept).toBe(`${path}.before-restore`);
    const restored = ProjectFile.open(path);
    expect(restored.recordings().map(({ label }) => label)).toEqual(["a", "a"]);
    restored.close();
    const before = ProjectFile.open(kept ?? "");
    expect(before.recordings().map(({ label }) => label)).toEqual(["a mistake", "a mistake"]);
    before.close();
  });

  it("works where the project is damaged beyond opening, or gone", async () => {
    const { path, folder, project } = newProject();
    const snapshots = new Snapshots(folder);
    await snapshots.take(project, { now: day(1) });
    project.close();
    writeFileSync(path, "nonsense");
    expect(await snapshots.restore(path, "2026-01-01")).toBe(`${path}.before-restore`);
    expect(readFileSync(`${path}.before-restore`, "utf8")).toBe("nonsense");
    expect(checkProject(path)).toMatchObject({ ok: true, recordings: 2 });
  });

  it("is refused while another program has the project open, for a damaged snapshot, and for a name that is none", async () => {
    const { path, folder, project } = newProject();
    const snapshots = new Snapshots(folder);
    await snapshots.take(project, { now: day(1) });
    await rejectionOf("project-locked", snapshots.restore(path, "2026-01-01"));
    project.close();
    await rejectionOf("not-found", snapshots.restore(path, "2026-01-02"));
    await rejectionOf("not-found", snapshots.restore(path, "../../p"));
    const [name] = readdirSync(folder);
    const file = join(folder, name ?? "", "2026-01-01.limpet");
    const database = new Database(file);
    database.exec("UPDATE chunks SET data = zeroblob(length(data)) WHERE id = 1");
    database.close();
    await rejectionOf("project-corrupt", snapshots.restore(path, "2026-01-01"));
    expect(checkProject(path)).toMatchObject({ ok: true });
    expect(existsSync(`${path}.before-restore`)).toBe(false);
  });
});
