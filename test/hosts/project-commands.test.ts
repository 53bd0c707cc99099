import { mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { Snapshots } from "../../src-main/dataset/snapshots.ts";
import { temporaryFolder } from "../dataset/helpers.ts";
import { commandRunner, type Outcome } from "./run-command.ts";

afterEach(() => {
  process.exitCode = 0;
  vi.unstubAllEnvs();
});

const run = commandRunner(["new", "import", "info", "split", "check", "export"]);

/** `check` sets the exit code of its process where it finds something. */
async function limpet(...line: string[]): Promise<Outcome> {
  process.exitCode = 0;
  const outcome = await run(...line);
  return { ...outcome, code: outcome.code || Number(process.exitCode ?? 0) };
}

function dataFolder(folder: string): string {
  const data = join(folder, "data");
  mkdirSync(data);
  for (const label of ["low", "high"]) {
    for (let take = 1; take <= 5; take++) {
      const rows = Array.from(
        { length: 400 },
        (_, i) => `${i * 5},${Math.sin(i * take).toFixed(6)},${label === "low" ? 1 : 2}.${take}`,
      );
      writeFileSync(join(data, `${label}.s${take}.csv`), `timestamp,accX,accY\n${rows.join("\n")}\n`);
    }
  }
  return data;
}

describe("the commands of a project", () => {
  it("make, fill, divide, show, check and export one, with the fields that the contract names", async () => {
    const folder = temporaryFolder();
    const project = join(folder, "p.limpet");
    const data = dataFolder(folder);
    expect((await limpet("new", project)).json).toEqual({ project, example: null });
    expect((await limpet("import", project, data, "--group", "s\\d")).json).toMatchObject({
      imported: 10,
      skipped: [],
      recordings: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    });
    expect((await limpet("split", project, "--by", "group", "--seed", "3")).json).toMatchObject({
      train: { recordings: 6, seconds: 12, windows: 18 },
      validation: { recordings: 2, seconds: 4, windows: 6 },
      test: { recordings: 2, seconds: 4, windows: 6 },
    });
    expect((await limpet("info", project)).json).toEqual({
      labels: { high: { recordings: 5, seconds: 10 }, low: { recordings: 5, seconds: 10 } },
      recordings: 10,
      seconds: 20,
      split: {
        train: { recordings: 6, seconds: 12, windows: 18 },
        validation: { recordings: 2, seconds: 4, windows: 6 },
        test: { recordings: 2, seconds: 4, windows: 6 },
      },
      experiments: [],
    });
    expect((await limpet("split", project, "--holdout", "s5")).json).toMatchObject({
      test: { recordings: 2 },
    });
    expect((await limpet("check", project)).json).toEqual({
      ok: true,
      recordings: 10,
      chunks: 10,
      problems: [],
    });
    const out = join(folder, "out");
    expect((await limpet("export", project, "--recordings", "--format", "csv", "--out", out)).json).toEqual({
      files: 10,
    });
    expect(readFileSync(join(out, "low.s3.csv"), "utf8").split("\n").slice(0, 2)).toEqual([
      "timestamp,accX,accY",
      "0,0,1.3",
    ]);
    expect((await limpet("info", project)).text).toContain("10 recordings, 20 s");
  });

  it("end with 2 for wrong usage and bad files, and change nothing", async () => {
    const folder = temporaryFolder();
    const project = join(folder, "p.limpet");
    await limpet("new", project);
    const before = readFileSync(project);
    const bad = join(folder, "bad.csv");
    writeFileSync(bad, "timestamp,accX\n0,1\n5,NaN\n");
    for (const line of [
      ["new", project],
      ["new", join(folder, "q.limpet"), "--example", "nonsense"],
      ["import", project, bad],
      ["import", project, join(folder, "missing.csv")],
      ["import", project, bad, "--rate", "fast"],
      ["import", join(folder, "missing.limpet"), bad],
      ["info", bad],
      ["split", project, "--by", "day"],
      ["split", project, "--train", "2"],
      ["split", project, "--holdout", "("],
      ["export", project, "--format", "csv", "--out", folder],
      ["export", project, "--recordings", "--format", "tflite", "--out", join(folder, "o")],
      ["export", project, "--recordings", "--format", "csv", "--out", folder],
    ]) {
      const { code, message } = await limpet(...line);
      expect([line.join(" "), code]).toEqual([line.join(" "), 2]);
      expect(message).not.toBe("");
    }
    expect(readFileSync(project).equals(before)).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(["bad.csv", "p.limpet"]);
  });

  it("check ends with 1 where something is wrong, and 0 once it is mended", async () => {
    const folder = temporaryFolder();
    const project = join(folder, "p.limpet");
    await limpet("new", project);
    await limpet("import", project, dataFolder(folder));
    const database = new Database(project);
    database.exec("UPDATE chunks SET data = zeroblob(length(data)) WHERE id = 3");
    database.close();
    const found = await limpet("check", project);
    expect(found.code).toBe(1);
    expect(found.json).toMatchObject({ ok: false, recordings: 10, chunks: 10 });
    const mended = await limpet("check", project, "--repair");
    expect([mended.code, mended.json]).toMatchObject([0, { ok: true, recordings: 9, problems: [] }]);
    expect((await limpet("check", project)).code).toBe(0);
  });

  it("check --repair of what cannot be opened says so, and not to repair it", async () => {
    const folder = temporaryFolder();
    const project = join(folder, "p.limpet");
    await limpet("new", project);
    await limpet("import", project, dataFolder(folder));
    truncateSync(project, 8192);
    expect(await limpet("check", project, "--repair")).toMatchObject({
      code: 1,
      message: `${project} is damaged beyond what can be mended.`,
    });
    expect(statSync(project).size).toBe(8192);
  });

  it("import takes a colleague's project, says what differs, and refuses flags that are for files", async () => {
    const folder = temporaryFolder();
    const data = dataFolder(folder);
    const mine = join(folder, "mine.limpet");
    const other = join(folder, "other.limpet");
    await limpet("new", mine);
    await limpet("new", other);
    await limpet("import", mine, join(data, "low.s1.csv"), join(data, "high.s1.csv"));
    await limpet("import", other, join(data, "low.s2.csv"));
    await limpet("import", other, join(data, "high.s1.csv"), "--label", "loud");
    const refused = await limpet("import", mine, other, "--label", "x");
    expect([refused.code, refused.message]).toMatchObject([
      2,
      expect.stringContaining("--label is for files"),
    ]);
    const { json, text } = await limpet("import", mine, other, join(data, "low.s3.csv"));
    expect(json).toEqual({
      imported: 2,
      recordings: [3, 4],
      skipped: [
        {
          path: `${other} (high.s1)`,
          reason: "The same content is in the project already, as high.s1 (high).",
        },
      ],
      notes: [],
      merged: [
        {
          path: other,
          imported: 1,
          same: 1,
          completed: 0,
          conflicts: [{ recording: 2, name: "high.s1", field: "label", here: "high", there: "loud" }],
        },
      ],
    });
    expect(text).toContain('Conflict, high.s1: label is "high" here and "loud" there.');
    expect((await limpet("import", mine, mine)).code).toBe(2);
    expect((await limpet("import", mine, join(data, "low.s1.csv"), join(folder, "none.limpet"))).code).toBe(
      2,
    );
    expect((await limpet("info", mine)).json).toMatchObject({ recordings: 4 });
  });

  it("check lists snapshots and goes back to one, with what stood there kept", async () => {
    const folder = temporaryFolder();
    vi.stubEnv("LIMPET_HOME", join(folder, "home"));
    const path = join(folder, "p.limpet");
    await limpet("new", path);
    expect(await limpet("check", path, "--snapshots")).toMatchObject({ code: 0, json: [] });
    await limpet("import", path, dataFolder(folder));
    const project = ProjectFile.open(path);
    await new Snapshots(join(folder, "home", "snapshots")).take(project, { now: new Date("2026-05-01") });
    project.deleteRecordings([1, 2, 3]);
    project.close();
    const { json, text } = await limpet("check", path, "--snapshots");
    expect(json).toMatchObject([{ id: "2026-05-01" }]);
    expect(text).toContain("--restore DAY");
    expect((await limpet("check", path, "--restore", "2026-05-02")).code).toBe(2);
    expect((await limpet("info", path)).json).toMatchObject({ recordings: 7 });
    const kept = `${path}.before-restore`;
    expect((await limpet("check", path, "--restore", "2026-05-01")).json).toEqual({
      ...{ restored: "2026-05-01", kept, ok: true, recordings: 10, chunks: 10, problems: [] },
    });
    expect((await limpet("info", kept)).json).toMatchObject({ recordings: 7 });
  });
});
