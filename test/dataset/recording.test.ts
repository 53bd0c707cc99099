import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { checkProject } from "../../src-main/dataset/check.ts";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { errorOf, temporaryFolder } from "./helpers.ts";
import { accelerometerStream } from "./recording-stream.ts";

const live = {
  name: "live",
  label: "fan",
  group: null,
  origin: "board" as const,
  source: "virtual",
  streams: [accelerometerStream],
};

const block = (samples: number, from = 0): { samples: number; data: Int16Array } => ({
  samples,
  data: new Int16Array(samples * 3).map((_, i) => (from * 3 + i) % 32_000),
});

function newProject(): { path: string; folder: string; project: ProjectFile } {
  const folder = temporaryFolder();
  const path = join(folder, "live.limpet");
  return { path, folder, project: ProjectFile.create(path) };
}

/** Starts the recording child and gives the samples that it has appended so far. */
function startChild(path: string): { child: ChildProcess; appended: () => number } {
  const child = spawn(process.execPath, [join(import.meta.dirname, "recording-child.ts"), path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let samples = 0;
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
    samples = Number(line);
  });
  return { child, appended: () => samples };
}

async function waitFor(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (condition()) return;
    await sleep(50);
  }
  throw new Error("waited too long");
}

describe("a recording", () => {
  it("keeps every sample, the order of blocks and the gaps between them", () => {
    const { project } = newProject();
    const writer = project.beginRecording(live);
    writer.append(0, block(7000), 0n);
    writer.addGap(0, 30);
    writer.append(0, block(5, 7000), 7_030_000n);
    writer.addGap(0, 2);
    writer.addGap(0, 3);
    writer.flush();
    writer.append(0, block(6000, 7005), 7_040_000n);
    const info = writer.finish({ incomplete: false });
    const stream = info.streams[0];
    expect(info).toMatchObject({ seconds: 13.005, incomplete: false });
    expect(stream).toMatchObject({ samples: 13_005, lostSamples: 35, gaps: 2 });
    expect(project.gaps(stream?.id ?? 0)).toEqual([
      { atSample: 7000, lostSamples: 30 },
      { atSample: 7005, lostSamples: 5 },
    ]);
    expect(project.readSamples(stream?.id ?? 0, 0, 20_000).data).toEqual(block(13_005).data);
    expect(info.quality.find((finding) => finding.kind === "lost")?.message).toContain(
      "35 samples were lost",
    );
    const times = project.database.all<{ device_time_us: number }>(
      "SELECT device_time_us FROM chunks ORDER BY first_sample",
    );
    expect(times.map((row) => row.device_time_us)).toEqual([
      0,
      5_461_000,
      7_030_000,
      7_040_000,
      7_040_000 + 5_461_000,
    ]);
    project.close();
  });

  it("is on disk within a second though nothing more comes and nobody flushes", async () => {
    const { path, folder, project } = newProject();
    const writer = project.beginRecording(live);
    writer.append(0, block(100), 0n);
    await sleep(1000);
    const copy = join(folder, "copy.limpet");
    copyFileSync(path, copy);
    copyFileSync(`${path}-wal`, `${copy}-wal`);
    const opened = ProjectFile.open(copy);
    expect(opened.recordings()[0]).toMatchObject({ incomplete: true, seconds: 0.1 });
    opened.close();
    writer.finish({ incomplete: false });
    project.close();
  });

  it("that is still being made is in no list, is one at a time, and ends incomplete when the project is closed", () => {
    const { path, folder, project } = newProject();
    const writer = project.beginRecording(live);
    writer.append(0, block(100), 0n);
    expect(project.recordings()).toEqual([]);
    expect(errorOf("project-locked", () => project.beginRecording(live)).exitCode).toBe(1);
    project.close();
    expect(readdirSync(folder)).toEqual(["live.limpet"]);
    const again = ProjectFile.open(path);
    expect(again.recordings()).toMatchObject([{ incomplete: true, seconds: 0.1 }]);
    again.close();
  });

  it("that is discarded leaves nothing", () => {
    const { project } = newProject();
    const writer = project.beginRecording(live);
    writer.append(0, block(20_000), 0n);
    writer.flush();
    writer.discard();
    expect(project.recordings()).toEqual([]);
    expect(project.database.get("SELECT 1 FROM chunks")).toBeUndefined();
    project.beginRecording(live).finish({ incomplete: false });
    project.close();
  });

  it("goes on while another program writes, says so, and gives up where more waits than memory should hold", async () => {
    const { path, project } = newProject();
    const writer = project.beginRecording(live);
    writer.append(0, block(1000), 0n);
    writer.flush();
    const other = new Database(path);
    other.exec("BEGIN IMMEDIATE");
    writer.append(0, block(1000, 1000), 1_000_000n);
    await sleep(1200);
    expect(writer.waiting?.code).toBe("project-locked");
    const refused: unknown[] = [];
    const append = (samples: number): void => {
      try {
        writer.append(0, { samples, data: new Int16Array(3 * samples) }, 2_000_000n);
      } catch (error) {
        refused.push(error);
      }
    };
    append(1);
    expect(refused).toEqual([]);
    const much = 11_500_000;
    append(much);
    await sleep(1200);
    append(1);
    expect(refused[0]).toMatchObject({ code: "project-locked" });
    other.exec("ROLLBACK");
    other.close();
    writer.flush();
    expect(writer.waiting).toBeNull();
    const info = writer.finish({ incomplete: false });
    expect(info.streams[0]?.samples).toBeGreaterThanOrEqual(2001 + much);
    expect(project.readSamples(info.streams[0]?.id ?? 0, 0, 2000).data).toEqual(block(2000).data);
    project.close();
  });

  it("that was cut off before its first sample leaves nothing", () => {
    const { path, folder, project } = newProject();
    const writer = project.beginRecording(live);
    const copy = join(folder, "copy.limpet");
    copyFileSync(path, copy);
    copyFileSync(`${path}-wal`, `${copy}-wal`);
    const opened = ProjectFile.open(copy);
    expect(opened.database.get("SELECT count(*) AS count FROM recordings")).toEqual({ count: 0 });
    opened.close();
    writer.discard();
    project.close();
  });

  it("goes on after the disk was full for a while, without losing what came in between", () => {
    const { project } = newProject();
    const writer = project.beginRecording(live);
    writer.append(0, block(1000), 0n);
    writer.flush();
    project.database.pragma("max_page_count = 40");
    writer.append(0, block(60_000, 1000), 1_000_000n);
    errorOf("disk-full", () => writer.flush());
    project.database.pragma("max_page_count = 100000");
    writer.append(0, block(1000, 61_000), 61_000_000n);
    const info = writer.finish({ incomplete: false });
    expect(project.readSamples(info.streams[0]?.id ?? 0, 0, 100_000).data).toEqual(block(62_000).data);
    project.close();
  });
});

describe("a recording of a program that is killed", () => {
  it("loses at most the last second, is closed as incomplete, and the project is sound", async () => {
    const { path, project } = newProject();
    project.close();
    const { child, appended } = startChild(path);
    await waitFor(() => appended() >= 2500);
    const before = appended();
    child.kill("SIGKILL");
    await once(child, "exit");

    expect(checkProject(path)).toMatchObject({ ok: true, recordings: 1, problems: [] });
    const again = ProjectFile.open(path);
    const info = again.recordings()[0];
    expect(info).toMatchObject({ incomplete: true, label: "fan" });
    const stored = info?.streams[0]?.samples ?? 0;
    console.info(`killed after ${before} samples at 1 kHz, ${stored} are in the project`);
    expect(stored).toBeGreaterThanOrEqual(before - 1000);
    expect(again.readSamples(info?.streams[0]?.id ?? 0, 0, stored).data).toEqual(block(stored).data);
    expect(info?.quality.map((finding) => finding.kind)).toContain("incomplete");
    // It can be recorded into again.
    again.beginRecording(live).finish({ incomplete: false });
    again.close();
  });

  it("is left alone while that program lives, and the rest of the project can be used meanwhile", async () => {
    const { path, project } = newProject();
    project.close();
    const { child, appended } = startChild(path);
    try {
      await waitFor(() => appended() >= 500);
      const beside = ProjectFile.open(path);
      expect(beside.recordings()).toEqual([]);
      const error = errorOf("project-locked", () => beside.beginRecording(live));
      expect(error.message).toContain("is under way");
      beside.saveGoal({ ...beside.goal(), sentence: "written meanwhile" });
      beside.close();
      const seen = appended();
      await waitFor(() => appended() > seen + 200);
    } finally {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    const again = ProjectFile.open(path);
    expect(again.recordings()).toMatchObject([{ incomplete: true }]);
    expect(again.goal().sentence).toBe("written meanwhile");
    again.close();
  });
});
