import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { checkProject, checkProjectInTurns } from "../../src-main/dataset/check.ts";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { SCHEMA_VERSION } from "../../src-main/dataset/schema.ts";
import { checkAndRepair } from "../../src-main/services/project-service.ts";
import { errorOf, finished, rejectionOf, temporaryFolder } from "./helpers.ts";

function soundProject(): string {
  const path = join(temporaryFolder(), "p.limpet");
  const project = ProjectFile.create(path);
  for (let i = 0; i < 4; i++) project.addRecording(finished(`a.${i}`, "a", 20_000, i));
  project.close();
  return path;
}

/** Changes the file behind Limpet's back. */
function tamper(path: string, sql: string): void {
  const database = new Database(path);
  database.pragma("foreign_keys = OFF");
  database.exec(sql);
  database.close();
}

describe("a check", () => {
  it("finds nothing wrong with a sound project, and changes nothing", () => {
    const path = soundProject();
    const before = readFileSync(path);
    expect(checkProject(path)).toEqual({ ok: true, recordings: 4, chunks: 16, problems: [] });
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it.each([
    [
      "a flipped sample",
      "UPDATE chunks SET data = zeroblob(length(data)) WHERE id = 2",
      "checksum of the chunk at sample 5461 is wrong",
    ],
    ["a chunk that is gone", "DELETE FROM chunks WHERE id = 2", "samples 5461 to 10921 are missing"],
    [
      "a chunk of the wrong length",
      "UPDATE chunks SET data = substr(data, 1, 100) WHERE id = 2",
      "it has 100",
    ],
    [
      "a wrong total",
      "UPDATE streams SET samples = 5 WHERE id = 1",
      "5 samples are announced, 20000 are stored",
    ],
    [
      "a wrong number of gaps",
      "UPDATE streams SET gaps = 5 WHERE id = 1",
      "5 gaps of 0 samples are announced",
    ],
    ["a gap outside", "INSERT INTO gaps VALUES (1, 99999, 1)", "outside of the recording"],
    ["chunks of no recording", "DELETE FROM streams WHERE id = 3", "belongs to nothing in streams"],
    ["a recording without streams", "DELETE FROM streams WHERE id = 3", "Recording 3 (a.2) has no streams"],
    ["a damaged setting", "INSERT INTO settings VALUES ('split', '{')", "The setting split is damaged"],
  ])("finds %s", (_what, sql, problem) => {
    const path = soundProject();
    tamper(path, sql);
    const result = checkProject(path);
    expect(result.ok).toBe(false);
    expect(result.problems.join("\n")).toContain(problem);
  });

  it("finds a bit that flipped on the disk, and reading that recording is refused", () => {
    const path = soundProject();
    const bytes = readFileSync(path);
    // Far enough into the file to be in the samples of the last recording.
    const at = bytes.length - 20_000;
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    writeFileSync(path, bytes);
    const result = checkProject(path);
    expect(result.ok).toBe(false);
    expect(result.problems.join("\n")).toMatch(/checksum|Database/);
    const project = ProjectFile.open(path);
    const error = errorOf("project-corrupt", () => {
      for (const { streams } of project.recordings()) project.readSamples(streams[0]?.id ?? 0, 0, 20_000);
    });
    expect(error.hint).toContain("limpet check");
    project.close();
  });

  it("lists pages that cannot be read as problems, and does not break off", () => {
    const path = soundProject();
    const bytes = readFileSync(path);
    bytes.fill(0xaa, 8192 * 2, 8192 * 20);
    writeFileSync(path, bytes);
    const result = checkProject(path);
    expect(result.ok).toBe(false);
    expect(result.problems.length).toBeGreaterThan(0);
  });

  it("finds tables that are not of the format that the file's head names", () => {
    const path = soundProject();
    tamper(path, `PRAGMA user_version = ${SCHEMA_VERSION - 1}`);
    expect(checkProject(path).problems).toEqual([
      "Database: its tables are not of the format that its head names.",
    ]);
  });

  it("refuses what is no project as opening does", () => {
    const path = join(temporaryFolder(), "x.limpet");
    writeFileSync(path, "hello");
    errorOf("project-invalid", () => checkProject(path));
  });
});

describe("a check in turns", () => {
  it("finds the same, leaves others their turn, and ends where it is told to", async () => {
    const path = soundProject();
    tamper(path, "UPDATE chunks SET crc32 = 1 WHERE id = 3");
    const whole = checkProject(path);
    expect(whole.ok).toBe(false);
    expect(await checkProjectInTurns(path)).toEqual(whole);
    const abort = new AbortController();
    const cancelled = checkProjectInTurns(path, {
      signal: abort.signal,
      onProgress: (stage) => {
        if (stage.startsWith("checking a.2")) abort.abort();
      },
    });
    await rejectionOf("cancelled", cancelled);
    writeFileSync(path, "no database");
    await rejectionOf("project-invalid", checkProjectInTurns(path));
  });
});

describe("a repair", () => {
  it("turns a damaged chunk into a marked gap, keeps all other samples and a copy of the file as it was", () => {
    const path = soundProject();
    tamper(path, "UPDATE chunks SET data = zeroblob(length(data)) WHERE id = 2");
    const damaged = join(path, "..", "damaged.limpet");
    copyFileSync(path, damaged);
    const result = checkAndRepair(path, { repair: true });
    expect(result).toMatchObject({ ok: true, problems: [], recordings: 4 });
    expect(result.repaired).toEqual([
      "Recording 1, accelerometer: 5461 damaged samples were taken out and marked as a gap.",
    ]);
    expect(result.backup !== null && result.backup !== undefined && existsSync(result.backup)).toBe(true);
    const project = ProjectFile.open(path);
    const [recording] = project.recordings();
    const stream = recording?.streams[0];
    expect(stream).toMatchObject({ samples: 20_000 - 5461, lostSamples: 5461, gaps: 1 });
    expect(project.gaps(stream?.id ?? 0)).toEqual([{ atSample: 5461, lostSamples: 5461 }]);
    const original = finished("a.0", "a", 20_000, 0).data[0]?.samples as Int16Array;
    const expected = Int16Array.from([...original.subarray(0, 5461 * 3), ...original.subarray(10_922 * 3)]);
    expect(project.readSamples(stream?.id ?? 0, 0, 20_000).data).toEqual(expected);
    expect(recording?.quality.map(({ message }) => message).join()).toContain(
      "5461 samples of accelerometer were damaged",
    );
    // Whether such a recording is known elsewhere is told by its samples, not by the hash that it had.
    const hashes = project.database.all<{ known: number }>(
      "SELECT content_hash IS NOT NULL AS known FROM recordings ORDER BY id",
    );
    expect(hashes.map(({ known }) => known)).toEqual([0, 1, 1, 1]);
    project.close();
  });

  it("takes out a chunk that reaches back into the one before, and counts each sample once", () => {
    const path = soundProject();
    tamper(path, "UPDATE chunks SET first_sample = first_sample - 10 WHERE id = 2");
    const result = checkAndRepair(path, { repair: true });
    expect(result).toMatchObject({ ok: true, problems: [] });
    const project = ProjectFile.open(path);
    const [stream] = project.streams(1);
    expect(stream).toMatchObject({ samples: 20_000 - 5461, lostSamples: 5461 });
    project.close();
  });

  it("keeps a gap at the end, and marks an end that is missing as one", () => {
    const path = soundProject();
    const project = ProjectFile.open(path);
    const { recording, data } = finished("b.0", "b", 20_000, 9);
    const [first] = data;
    const gaps = [{ atSample: 20_000, lostSamples: 7 }];
    project.addRecording({ recording, data: [{ samples: first?.samples ?? new Int16Array(), gaps }] });
    project.close();
    tamper(
      path,
      "UPDATE chunks SET data = zeroblob(length(data)) WHERE id = 18; DELETE FROM chunks WHERE id = 4",
    );
    expect(checkAndRepair(path, { repair: true })).toMatchObject({ ok: true });
    const mended = ProjectFile.open(path);
    expect(mended.gaps(1)).toEqual([{ atSample: 3 * 5461, lostSamples: 20_000 - 3 * 5461 }]);
    expect(mended.gaps(5)).toEqual([
      { atSample: 5461, lostSamples: 5461 },
      { atSample: 20_000 - 5461, lostSamples: 7 },
    ]);
    mended.close();
  });

  it("leaves no drawing of samples that are gone, and what was deleted as it was", () => {
    const path = soundProject();
    const project = ProjectFile.open(path);
    project.deleteRecordings([2]);
    project.close();
    tamper(
      path,
      `INSERT OR REPLACE INTO overviews (stream_id, data) VALUES (1, zeroblob(12));
       UPDATE chunks SET data = zeroblob(length(data)) WHERE id = 2 OR stream_id = 2`,
    );
    const { repaired } = checkAndRepair(path, { repair: true });
    expect(repaired?.join()).not.toContain("taken out of the project");
    const mended = ProjectFile.open(path);
    expect(mended.database.all("SELECT stream_id FROM overviews WHERE stream_id = 1")).toEqual([]);
    expect(mended.undo()).toBe("delete 1 recording");
    mended.close();
  });

  it("copies what another program has written and not moved into the file yet, too", () => {
    const path = soundProject();
    tamper(path, "UPDATE chunks SET data = zeroblob(length(data)) WHERE id = 2");
    const other = ProjectFile.open(path);
    other.updateRecordings([3], { label: "written just now" });
    const { backup } = checkAndRepair(path, { repair: true });
    const alone = join(temporaryFolder(), "copy.limpet");
    copyFileSync(backup ?? "", alone);
    const copy = ProjectFile.open(alone);
    expect(copy.recording(3).label).toBe("written just now");
    copy.close();
    other.close();
  });

  it("removes rows of nobody and counts totals anew", () => {
    const path = soundProject();
    tamper(
      path,
      "DELETE FROM recordings WHERE id = 3; UPDATE streams SET samples = 7 WHERE id = 1; DELETE FROM chunks WHERE id = 8",
    );
    const result = checkAndRepair(path, { repair: true });
    expect(result).toMatchObject({ ok: true, recordings: 3 });
  });

  it("takes a recording out of which nothing can be read, and settings that make no sense, and says so", () => {
    const path = soundProject();
    tamper(
      path,
      `UPDATE chunks SET data = zeroblob(length(data)) WHERE stream_id = 2; INSERT INTO settings VALUES ('design', 'x');
       UPDATE recordings SET quality = '{' WHERE id = 4; DELETE FROM streams WHERE id = 3`,
    );
    const result = checkAndRepair(path, { repair: true });
    expect(result).toMatchObject({ ok: true, recordings: 2 });
    expect(result.repaired?.join("\n")).toContain("Recording 2 was taken out of the project");
    const project = ProjectFile.open(path);
    expect(project.recordings().map(({ id }) => id)).toEqual([1, 4]);
    expect(project.design()).toBeNull();
    project.close();
  });

  it("does nothing to a sound project", () => {
    const path = soundProject();
    const before = readFileSync(path);
    expect(checkAndRepair(path, { repair: true })).toMatchObject({ ok: true, repaired: [], backup: null });
    expect(readFileSync(path).equals(before)).toBe(true);
  });
});
