/**
 * What a power cut may leave of a project that was being written: its write-ahead log cut off anywhere, with or without rubbish
 * behind. And imports that are killed.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import Database from "better-sqlite3";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import type { Random } from "./random.ts";
import { sourceSample } from "./stream-board.ts";
import { requireSound, requireTrueSamples } from "./verify.ts";

const CHANNELS = 3;
const COMMITS = 40;
const BLOCK = 700;

export type CutFigures = {
  readonly cuts: number;
  readonly fewest: number;
  readonly most: number;
  readonly samplesCompared: number;
};

/** Cuts the log of a recording at `count` random bytes. Throws where what is left is not a sound beginning of the recording. */
export function runPowerCuts(count: number, random: Random, folder: string): CutFigures {
  const path = join(folder, "whole.limpet");
  const project = ProjectFile.create(path);
  const writer = project.beginRecording({
    name: "live",
    label: "fan",
    group: null,
    origin: "board",
    source: "test",
    streams: [
      {
        sensor: "accelerometer",
        channels: ["accX", "accY", "accZ"].map((name) => ({ name, unit: "g" })),
        rateHz: 1000,
        sampleType: "int16",
        scale: 2 ** -11,
      },
    ],
  });
  for (let commit = 0, index = 0; commit < COMMITS; commit++, index += BLOCK) {
    const data = new Int16Array(BLOCK * CHANNELS);
    for (let i = 0; i < data.length; i++)
      data[i] = sourceSample(0, index + Math.floor(i / CHANNELS), i % CHANNELS);
    writer.append(0, { samples: BLOCK, data }, BigInt(index * 1000));
    writer.flush();
  }
  const base = join(folder, "base.limpet");
  copyFileSync(path, base);
  const log = readFileSync(`${path}-wal`);
  writer.discard();
  project.close();

  const stored: number[] = [];
  for (let cut = 0; cut < count; cut++) {
    const copy = join(folder, "cut.limpet");
    const length = random.whole(0, log.length);
    const rubbish = random.chance(0.5)
      ? Buffer.from(Array.from({ length: random.whole(0, 9000) }, () => random.whole(0, 255)))
      : Buffer.alloc(0);
    copyFileSync(base, copy);
    writeFileSync(`${copy}-wal`, Buffer.concat([log.subarray(0, length), rubbish]));
    requireSound(copy);
    const left = ProjectFile.open(copy);
    const [recording] = left.recordings();
    stored.push(recording === undefined ? 0 : requireTrueSamples(left, recording));
    if ((stored.at(-1) as number) % BLOCK !== 0)
      throw new Error(`half a commit is there: ${stored.at(-1)} samples`);
    left.close();
    for (const end of ["", "-wal", "-shm"]) rmSync(`${copy}${end}`, { force: true });
  }
  return {
    cuts: count,
    fewest: Math.min(...stored),
    most: Math.max(...stored),
    samplesCompared: stored.reduce((sum, samples) => sum + samples, 0),
  };
}

const MAIN = join(import.meta.dirname, "../../src-main/hosts/cli/main.ts");

export type ImportFigures = {
  readonly kills: number;
  /** Kills that found some of the files imported, and not all. */
  readonly inTheMidst: number;
  readonly filesThere: readonly number[];
  readonly files: number;
};

/** Resolves when a program has so many recordings in a project, or has ended. */
async function reaches(path: string, recordings: number, program: ChildProcess): Promise<void> {
  const project = new Database(path, { readonly: true });
  const count = project.prepare<[], number>("SELECT count(*) FROM recordings").pluck();
  while ((count.get() ?? 0) < recordings && program.exitCode === null) await sleep(1);
  project.close();
}

/**
 * Kills imports of the same folder again and again, each into a new project when a random number of its files are there; the last one then goes through in the project of the kill before. Throws where a file is there twice or in part.
 */
export async function runImportKills(count: number, random: Random, folder: string): Promise<ImportFigures> {
  const files = 120;
  const source = join(folder, "csv");
  mkdirSync(source);
  for (let file = 0; file < files; file++) {
    const lines = ["timestamp,accX,accY"];
    for (let i = 0; i < 4000; i++)
      lines.push(`${i * 10},${sourceSample(file, i, 0)},${sourceSample(file, i, 1)}`);
    writeFileSync(join(source, `fan.${file}.csv`), lines.join("\n"));
  }
  const filesThere: number[] = [];
  const start = (path: string): ChildProcess =>
    spawn(process.execPath, ["--no-warnings", MAIN, "import", path, source, "--json"], {
      stdio: ["ignore", "ignore", "ignore"],
    });
  for (let kill = 0; kill <= count; kill++) {
    const path = join(folder, `import-${Math.min(kill, count - 1)}.limpet`);
    if (kill < count) ProjectFile.create(path).close();
    const child = start(path);
    const exit = once(child, "exit");
    if (kill < count) {
      // In the first half, so that a busy computer that comes late still comes in time.
      await reaches(path, random.whole(0, files / 2), child);
      child.kill("SIGKILL");
    }
    await exit;
    requireSound(path);
    const project = ProjectFile.open(path);
    const recordings = project.recordings();
    filesThere.push(recordings.length);
    if (recordings.some(({ streams }) => streams[0]?.samples !== 4000))
      throw new Error("a file was imported in part");
    if (new Set(recordings.map(({ name }) => name)).size !== recordings.length)
      throw new Error("a file is there twice");
    project.close();
  }
  if (filesThere.at(-1) !== files)
    throw new Error(`${filesThere.at(-1)} of ${files} files were imported in the end`);
  const inTheMidst = filesThere.slice(0, count).filter((there) => there > 0 && there < files).length;
  return { kills: count, inTheMidst, filesThere, files };
}
