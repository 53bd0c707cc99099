/** A colleague's project taken into one's own: what comes, what is there already, what differs, and what happens when it goes wrong. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, describe, expect, it } from "vitest";
import { checkProject } from "../../src-main/dataset/check.ts";
import { mergeProject } from "../../src-main/dataset/merge.ts";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { SCHEMA_VERSION } from "../../src-main/dataset/schema.ts";
import { abortedWhen } from "../waiting.ts";
import { errorOf, finished, recordingOf, rejectionOf, temporaryFolder } from "./helpers.ts";
import { writeFormatOne } from "./older-project.ts";
import { jpeg, png } from "./photos.ts";

const CHILD = join(import.meta.dirname, "merge-child.ts");
const open: ProjectFile[] = [];
afterEach(() => {
  for (const project of open.splice(0)) project.close();
});

function projectAt(path: string): ProjectFile {
  const project = existsSync(path) ? ProjectFile.open(path) : ProjectFile.create(path);
  open.push(project);
  return project;
}

/** Two projects: mine has a.0 to a.2, the other one a.2 to a.5 with the same samples for the same number. */
function twoProjects(): { mine: ProjectFile; other: ProjectFile; path: string } {
  const folder = temporaryFolder();
  const mine = projectAt(join(folder, "mine.limpet"));
  for (let i = 0; i < 3; i++) mine.addRecording(finished(`a.${i}`, "idle", 9000, i));
  const other = projectAt(join(folder, "other.limpet"));
  for (let i = 2; i < 6; i++) other.addRecording(finished(`b.${i}`, "idle", 9000, i));
  return { mine, other, path: join(folder, "other.limpet") };
}

const samplesOf = (project: ProjectFile, id: number): Buffer[] =>
  project
    .streams(id)
    .map((stream) => Buffer.from(project.readSamples(stream.id, 0, stream.samples).data.buffer));

describe("a merge of two projects", () => {
  it("brings what is not there, with all that is known of it, and the same samples only once", async () => {
    const { mine, other, path } = twoProjects();
    mine.applySplit({ train: 0.6, validation: 0.2, test: 0.2, by: "recording", seed: 1 });
    const [, second, third] = other.recordings();
    if (second === undefined || third === undefined) throw new Error("recordings");
    const photo = other.addPhoto(jpeg());
    other.updateRecordings([second.id], {
      ...{ label: "worn", group: "pump 2", notes: "loud", machine: "pump", mount: "cap", photo: photo.id },
    });
    other.updateRecordings([third.id], { excluded: true });
    const progress: number[] = [];
    const result = await mergeProject(mine, path, {
      onProgress: (_stage, fraction) => progress.push(fraction),
    });
    expect(result).toMatchObject({ imported: 3, same: 1, completed: 0, conflicts: [], notes: [] });
    expect(result.skipped[0]?.reason).toContain("as a.2 (idle)");
    expect(mine.recordings().map(({ name }) => name)).toEqual(["a.0", "a.1", "a.2", "b.3", "b.4", "b.5"]);
    const came = mine.recording(result.recordings[0] ?? 0);
    const { id: _id, split, streams, photo: photoHere, ...rest } = came;
    const theirs = other.recording(second.id);
    expect(theirs).toMatchObject(rest);
    expect(streams).toMatchObject(theirs.streams.map(({ id: _own, recordingId: _of, ...stream }) => stream));
    expect(split).not.toBeNull();
    expect(Buffer.from(mine.photo(photoHere ?? 0).data)).toEqual(Buffer.from(other.photo(photo.id).data));
    expect(mine.recording(result.recordings[1] ?? 0).excluded).toBe(true);
    for (const [index, id] of result.recordings.entries())
      expect(samplesOf(mine, id)).toEqual(samplesOf(other, index + 2));
    expect(progress.at(-1)).toBe(1);
    mine.close();
    expect(checkProject(mine.path)).toMatchObject({ ok: true, recordings: 6 });
  });

  it("keeps gaps where they are and knows the recording again by its content", async () => {
    const folder = temporaryFolder();
    const other = projectAt(join(folder, "other.limpet"));
    const data = Int16Array.from({ length: 30_000 * 3 }, (_, i) => (i * 31) % 997);
    const gaps = [
      { atSample: 0, lostSamples: 7 },
      { atSample: 12_000, lostSamples: 100 },
      { atSample: 30_000, lostSamples: 3 },
    ];
    other.addRecording({ recording: recordingOf("g", "idle"), data: [{ samples: data, gaps }] });
    other.close();
    const mine = projectAt(join(folder, "mine.limpet"));
    const first = await mergeProject(mine, join(folder, "other.limpet"));
    expect(mine.gaps(mine.streams(first.recordings[0] ?? 0)[0]?.id ?? 0)).toEqual(gaps);
    expect(await mergeProject(mine, join(folder, "other.limpet"))).toMatchObject({ imported: 0, same: 1 });
    expect(mine.database.get("SELECT count(*) AS n FROM recordings")).toEqual({ n: 1 });
    mine.close();
    expect(checkProject(mine.path)).toMatchObject({ ok: true });
  });

  it("is one edit: undone, all that came is gone; done again, it is there", async () => {
    const { mine, path } = twoProjects();
    await mergeProject(mine, path);
    expect(mine.undo()).toBe("import other.limpet");
    expect(mine.recordings()).toHaveLength(3);
    expect(mine.redo()).toBe("import other.limpet");
    expect(mine.recordings()).toHaveLength(6);
    mine.undo();
    // Taken back and imported again: what lies in the file comes back, nothing is stored twice.
    const again = await mergeProject(mine, path);
    expect(again).toMatchObject({ imported: 0, same: 4 });
    expect(again.notes[0]).toContain("3 recordings that had been deleted here came back");
    expect(mine.recordings()).toHaveLength(6);
    expect(mine.database.get("SELECT count(*) AS n FROM recordings")).toEqual({ n: 6 });
  });

  it("adds what was not known here, and lists what differs without changing it", async () => {
    const { mine, other, path } = twoProjects();
    mine.updateRecordings([3], { notes: "quiet", photo: mine.addPhoto(png()).id });
    const photo = other.addPhoto(jpeg()).id;
    other.updateRecordings([1], {
      ...{
        label: "worn",
        notes: "noisy",
        group: "pump 2",
        machine: "pump",
        mount: "foot",
        photo,
        excluded: true,
      },
    });
    const result = await mergeProject(mine, path);
    expect(result).toMatchObject({ same: 1, completed: 1 });
    expect(result.conflicts).toEqual([
      { recording: 3, name: "a.2", field: "label", here: "idle", there: "worn" },
      { recording: 3, name: "a.2", field: "notes", here: "quiet", there: "noisy" },
      { recording: 3, name: "a.2", field: "excluded", here: "used", there: "left out" },
      { recording: 3, name: "a.2", field: "photo", here: "a photo", there: "another photo" },
    ]);
    expect(mine.recording(3)).toMatchObject({
      ...{
        label: "idle",
        notes: "quiet",
        group: "pump 2",
        machine: "pump",
        mount: "foot",
        excluded: false,
        photo: 1,
      },
    });
    mine.undo();
    expect(mine.recording(3)).toMatchObject({ group: null, machine: "", mount: "" });
  });

  it("takes what the other project has twice once, and silence there for no difference", async () => {
    const { mine, other, path } = twoProjects();
    other.addRecording(finished("b.5 again", "idle", 9000, 5));
    mine.updateRecordings([3], { group: "pump 1", notes: "quiet", machine: "pump", mount: "cap" });
    const result = await mergeProject(mine, path);
    expect(result).toMatchObject({ imported: 3, same: 2, completed: 0, conflicts: [] });
    expect(result.skipped.map(({ reason }) => reason)).toEqual([
      "The same content is in the project already, as a.2 (idle).",
      "It is in other.limpet twice.",
    ]);
    expect(mine.recording(3)).toMatchObject({
      group: "pump 1",
      notes: "quiet",
      machine: "pump",
      mount: "cap",
    });
  });

  it("brings what was cut off there as cut off, and holds to what is in use here rather than to what was deleted", async () => {
    const { mine, other, path } = twoProjects();
    const writer = other.beginRecording(recordingOf("cut off", "idle"));
    writer.append(0, { samples: 2, data: Int16Array.of(1, 2, 3, 4, 5, 6) }, 0n);
    writer.finish({ incomplete: true });
    const again = mine.addRecording(finished("a.2 again", "idle", 9000, 2)).id;
    mine.deleteRecordings([again]);
    const result = await mergeProject(mine, path);
    expect(result).toMatchObject({ imported: 4, same: 1, conflicts: [], notes: [] });
    expect(mine.recordings().map(({ name, incomplete }) => [name, incomplete])).toEqual([
      ...["a.0", "a.1", "a.2", "b.3", "b.4", "b.5"].map((name) => [name, false]),
      ["cut off", true],
    ]);
  });

  it("reads a project of an older format, and leaves it as it is", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "old.limpet");
    writeFormatOne(path, [finished("a", "idle", 9000, 1)]);
    const before = readFileSync(path);
    const mine = projectAt(join(folder, "mine.limpet"));
    expect(await mergeProject(mine, path)).toMatchObject({ imported: 1 });
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(existsSync(`${path}.before-format-${SCHEMA_VERSION}`)).toBe(false);
  });

  it("passes over a recording that is being made there, and says so", async () => {
    const { mine, other, path } = twoProjects();
    const writer = other.beginRecording(recordingOf("now", "idle"));
    writer.append(0, { samples: 10, data: new Int16Array(30) }, 0n);
    writer.flush();
    const { imported, notes } = await mergeProject(mine, path);
    expect(imported).toBe(3);
    expect(notes[0]).toContain("1 recordings there have no end");
    writer.finish({ incomplete: false });
  });
});

describe("a merge that cannot be done", () => {
  it("says what the other file is, and nothing comes in", async () => {
    const { mine, other, path } = twoProjects();
    const folder = dirname(path);
    const damaged = join(folder, "damaged.limpet");
    other.close();
    copyFileSync(path, damaged);
    let database = new Database(damaged);
    database.exec("UPDATE chunks SET data = zeroblob(length(data)) WHERE id = (SELECT max(id) FROM chunks)");
    database.close();
    expect((await rejectionOf("project-corrupt", mergeProject(mine, damaged))).message).toContain(
      "Nothing was imported",
    );
    const newer = join(folder, "newer.limpet");
    copyFileSync(path, newer);
    database = new Database(newer);
    database.pragma(`user_version = ${SCHEMA_VERSION + 1}`);
    database.close();
    await rejectionOf("project-newer", mergeProject(mine, newer));
    const foreign = join(folder, "foreign.limpet");
    new Database(foreign).exec("CREATE TABLE recordings (id)").close();
    await rejectionOf("project-invalid", mergeProject(mine, foreign));
    writeFileSync(join(folder, "text.limpet"), "no database");
    await rejectionOf("project-invalid", mergeProject(mine, join(folder, "text.limpet")));
    await rejectionOf("not-found", mergeProject(mine, join(folder, "none.limpet")));
    symlinkSync(mine.path, join(folder, "itself.limpet"));
    await rejectionOf("usage", mergeProject(mine, join(folder, "itself.limpet")));
    expect(mine.recordings()).toHaveLength(3);
    expect(mine.database.get("SELECT count(*) AS n FROM recordings")).toEqual({ n: 3 });
    expect(mine.undo()).toBeNull();
    mine.close();
    expect(checkProject(mine.path)).toMatchObject({ ok: true });
  });

  it("refuses chunks that lie about their gaps, lengths and order", async () => {
    const { mine, other, path } = twoProjects();
    other.close();
    for (const damage of [
      "UPDATE streams SET samples = samples + 1 WHERE id = 4",
      "INSERT INTO gaps VALUES (4, 100, 5)",
      "UPDATE streams SET lost_samples = 9 WHERE id = 4",
      "INSERT INTO gaps VALUES (4, 100, 5); UPDATE streams SET lost_samples = 5, gaps = 1 WHERE id = 4",
      "UPDATE chunks SET first_sample = first_sample + 1 WHERE stream_id = 4 AND first_sample > 0",
      "DELETE FROM chunks WHERE stream_id = 4 AND first_sample = 0",
      "UPDATE chunks SET samples = samples - 1 WHERE stream_id = 4 AND first_sample = 0",
      "UPDATE streams SET channels = '[]' WHERE id = 4",
      "UPDATE recordings SET quality = 'x' WHERE id = 4",
    ]) {
      const copy = join(temporaryFolder(), "lies.limpet");
      copyFileSync(path, copy);
      new Database(copy).exec(damage).close();
      await rejectionOf("project-corrupt", mergeProject(mine, copy));
      expect(mine.database.get("SELECT count(*) AS n FROM recordings")).toEqual({ n: 3 });
    }
  });

  it("waits its turn: nothing is merged while something is recorded, and nothing recorded while something is merged", async () => {
    const { mine, path } = twoProjects();
    const writer = mine.beginRecording(recordingOf("now", "idle"));
    await rejectionOf("project-locked", mergeProject(mine, path));
    writer.discard();
    const merge = mergeProject(mine, path, {
      onProgress: () => void errorOf("project-locked", () => mine.beginRecording(recordingOf("now", "idle"))),
    });
    expect(await merge).toMatchObject({ imported: 3 });
  });

  it("cancelled midway leaves the project as it was", async () => {
    const { mine, other, path } = twoProjects();
    for (let i = 6; i < 150; i++) other.addRecording(finished(`b.${i}`, "idle", 5000, i));
    const inside = (): number =>
      mine.database.get<{ n: number }>("SELECT count(*) AS n FROM recordings")?.n ?? 0;
    for (const moment of [3, 4, 60]) {
      const signal = abortedWhen(() => inside() >= moment);
      await rejectionOf("cancelled", mergeProject(mine, path, { signal }));
      expect(mine.recordings()).toHaveLength(3);
      expect(inside()).toBe(3);
    }
    expect(await mergeProject(mine, path)).toMatchObject({ imported: 147 });
  });

  it("killed midway leaves the project as it was, and the next opening removes what had come", async () => {
    const folder = temporaryFolder();
    const other = projectAt(join(folder, "other.limpet"));
    for (let i = 0; i < 120; i++) other.addRecording(finished(`b.${i}`, "idle", 5000, i));
    other.close();
    const path = join(folder, "mine.limpet");
    const mine = projectAt(path);
    mine.addRecording(finished("a", "idle", 1000, 999));
    mine.updateRecordings([1], { label: "worn" });
    mine.close();
    for (const after of [2, 60]) {
      const child = fork(CHILD, [path, other.path, String(after)], {
        stdio: "inherit",
        execArgv: ["--no-warnings"],
      });
      const [, signal] = await once(child, "exit");
      expect(signal).toBe("SIGKILL");
      // Whoever only looks sees nothing of it either.
      const raw = new Database(path, { readonly: true });
      const inside = raw.prepare("SELECT count(*) FROM recordings").pluck().get() as number;
      raw.close();
      expect(inside).toBeGreaterThan(1);
      const again = ProjectFile.open(path);
      expect(again.recordings().map(({ name, label }) => [name, label])).toEqual([["a", "worn"]]);
      expect(again.database.get("SELECT count(*) AS n FROM recordings")).toEqual({ n: 1 });
      again.close();
      expect(checkProject(path)).toMatchObject({ ok: true, recordings: 1 });
    }
    const last = projectAt(path);
    expect(last.undo()).toBe("label 1 recording as worn");
    expect(await mergeProject(last, other.path)).toMatchObject({ imported: 120 });
    last.close();
    expect(checkProject(path)).toMatchObject({ ok: true, recordings: 121 });
  });

  it("is not disturbed by a second program that opens the project meanwhile", async () => {
    const { mine, path } = twoProjects();
    const seen = new Set<number>();
    await mergeProject(mine, path, {
      onProgress: () => {
        const second = ProjectFile.open(mine.path);
        seen.add(second.recordings().length);
        second.close();
      },
    });
    expect([...seen].every((count) => count === 3 || count === 6)).toBe(true);
    expect(mine.recordings()).toHaveLength(6);
  });
});
