import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { checkProject } from "../../src-main/dataset/check.ts";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { checkAndRepair } from "../../src-main/services/project-service.ts";
import { errorOf, finished, temporaryFolder } from "./helpers.ts";
import { writeFormatOne } from "./older-project.ts";

/** A sound project that somebody then changed with SQL. */
function forged(sql: string): string {
  const path = join(temporaryFolder(), "p.limpet");
  const project = ProjectFile.create(path);
  for (let i = 0; i < 3; i++) project.addRecording(finished(`a.${i}`, "a", 6000, i));
  project.updateRecordings([1], { label: "b" });
  project.close();
  const database = new Database(path);
  database.pragma("foreign_keys = OFF");
  database.exec(sql);
  database.close();
  return path;
}

describe("a project from somebody else", () => {
  it("with a trigger of its own is refused", () => {
    for (const sql of [
      "CREATE TRIGGER t AFTER UPDATE ON recordings BEGIN DELETE FROM recordings; END",
      "CREATE VIEW v AS SELECT * FROM recordings",
    ]) {
      const path = forged(sql);
      expect(errorOf("project-invalid", () => ProjectFile.open(path)).hint).toContain("Do not trust");
      errorOf("project-invalid", () => checkProject(path));
    }
  });

  it("of an older format that cannot be brought up to date is refused, and leaves no copy behind", () => {
    const path = join(temporaryFolder(), "old.limpet");
    writeFormatOne(path, [finished("a.1", "a", 500, 1)]);
    const database = new Database(path);
    database.exec("CREATE TABLE photos (id INTEGER)");
    database.close();
    errorOf("project-corrupt", () => ProjectFile.open(path));
    expect(readdirSync(dirname(path))).toEqual(["old.limpet"]);
  });

  it("cannot slip SQL into what undo does", () => {
    const changes = JSON.stringify([
      {
        id: 1,
        before: { "label = 'x', notes = (SELECT group_concat(name) FROM recordings), name": "y" },
        after: {},
      },
    ]);
    const path = forged(`UPDATE edits SET changes = '${changes.replaceAll("'", "''")}'`);
    const project = ProjectFile.open(path);
    errorOf("project-corrupt", () => project.undo());
    expect(project.recording(1)).toMatchObject({ label: "b", notes: "", name: "a.0" });
    project.close();
    expect(checkProject(path).problems).toEqual(["What undoes edit 1 is damaged."]);
    expect(checkAndRepair(path, { repair: true })).toMatchObject({ ok: true });
  });

  it.each([
    ["a sensor without channels", "UPDATE streams SET channels = '[]' WHERE id = 2"],
    [
      "a control character among the channels",
      "UPDATE streams SET channels = '[{\"name\":\"a' || char(1) || '\"}]' WHERE id = 2",
    ],
    ["an infinite rate", "UPDATE streams SET rate_hz = 9e999 WHERE id = 2"],
    ["a negative number of samples", "UPDATE streams SET samples = -5 WHERE id = 2"],
    ["findings that are none", `UPDATE recordings SET quality = '[{"kind":"x"}]' WHERE id = 2`],
    ["a setting that is none", "INSERT INTO settings VALUES ('goal', '[1]')"],
    [
      "an experiment without a design",
      "INSERT INTO experiments (name, created_at, design, labels, result, dataset_hash, weights) VALUES ('e', 't', 'x', '[]', '{}', 'h', x'00')",
    ],
  ])("with %s is refused where that is read, found by check, and mended", (_what, sql) => {
    const path = forged(sql);
    const result = checkProject(path);
    expect(result.ok).toBe(false);
    const mended = checkAndRepair(path, { repair: true });
    expect(mended).toMatchObject({ ok: true, problems: [] });
    const project = ProjectFile.open(path);
    const recordings = project.recordings();
    expect(recordings.length).toBeGreaterThanOrEqual(2);
    project.experiments();
    project.goal();
    for (const { streams } of recordings) {
      for (const stream of streams) expect(project.readSamples(stream.id, 0, 6000).samples).toBe(6000);
    }
    project.close();
  });

  it("whose channels' names are lost keeps its samples under plain names", () => {
    const path = forged("UPDATE streams SET channels = 'x' WHERE id = 2");
    errorOf("project-corrupt", () => {
      const project = ProjectFile.open(path);
      try {
        project.recordings();
      } finally {
        project.close();
      }
    });
    checkAndRepair(path, { repair: true });
    const project = ProjectFile.open(path);
    const [stream] = project.streams(2);
    expect(stream?.channels.map(({ name }) => name)).toEqual(["channel1", "channel2", "channel3"]);
    expect(project.readSamples(stream?.id ?? 0, 0, 6000).data).toEqual(
      finished("", "", 6000, 1).data[0]?.samples,
    );
    project.close();
  });
});
