/** What happens to a recording when line, board, disk or computer misbehave. The long forms: `npm run test:faults`. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { openBoard } from "../../src-main/boards/open-board.ts";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { BoardsService } from "../../src-main/services/boards-service.ts";
import { readSignalFile } from "../../src-main/services/project-service.ts";
import type { RecordingNotice } from "../../src-main/services/recording-run.ts";
import { recordFromBoard } from "../../src-main/services/recording-service.ts";
import type { RecordingState } from "../../src-shared/contract/index.ts";
import { rejectionOf, temporaryFolder } from "../dataset/helpers.ts";
import { until } from "../waiting.ts";
import { EngineChild } from "./engine-child.ts";
import { runKills } from "./kills.ts";
import { runHandshakes, runLineFaults } from "./line-faults.ts";
import { runImportKills, runPowerCuts } from "./power-cuts.ts";
import { seededRandom } from "./random.ts";
import { smallDisk } from "./small-disk.ts";
import { ACCELEROMETER, MICROPHONE, type SourceSensor, StreamBoard } from "./stream-board.ts";
import { runTrainingKills } from "./training-kills.ts";
import { requireSound, requireTrueSamples, verifyProject } from "./verify.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
  vi.useRealTimers();
});

async function source(sensors?: readonly SourceSensor[]): Promise<StreamBoard> {
  const board = await StreamBoard.start(sensors);
  cleanups.push(() => board.close());
  return board;
}

function newProject(folder = temporaryFolder()): ProjectFile {
  const project = ProjectFile.create(join(folder, "p.limpet"));
  cleanups.push(() => project.close());
  return project;
}

const request = (seconds: number | null) => ({ label: "fan", seconds, group: null, sensors: [] });
const connect = (board: StreamBoard) => openBoard(board.port, {}, readSignalFile);

/** The way of the app: a service that finds a lost board again. */
async function recordAsApp(
  board: StreamBoard,
  project: ProjectFile,
  seconds: number | null,
  onNotice: (notice: RecordingNotice) => void = () => {},
) {
  const service = new BoardsService(readSignalFile);
  cleanups.push(() => service.disconnect());
  await service.connect(board.port);
  const notices: RecordingNotice[] = [];
  const states: unknown[] = [];
  const end = new AbortController();
  const result = service.exclusively((session, reconnect) =>
    recordFromBoard(project, session, request(seconds), {
      reconnect,
      stop: end.signal,
      onNotice: (notice) => {
        notices.push(notice);
        onNotice(notice);
      },
      onState: (state) => states.push(state),
    }),
  );
  result.catch(() => {});
  return { service, result, notices, states, stop: () => end.abort() };
}

/** Samples of the recording that is being made that are in the file for good. */
const committed = (project: ProjectFile): number =>
  project.database.get<{ samples: number }>("SELECT max(samples) AS samples FROM streams")?.samples ?? 0;

/** How long the recording is, as the engine last said. */
function recordedSeconds(engine: EngineChild): number {
  const last = engine.events.findLast(({ name }) => name === "recording:state")?.payload as RecordingState;
  return last?.kind === "recording" ? last.seconds : 0;
}

describe("frames that are lost, doubled, swapped, flipped, cut or buried in noise", () => {
  it("leave gaps of exactly what is missing, and everything that came whole is stored", async () => {
    const figures = await runLineFaults(150, 11, temporaryFolder());
    expect(figures.faults).toBeGreaterThanOrEqual(150);
    expect(figures.gaps).toBeGreaterThan(50);
    console.info(
      `${figures.faults} faults, ${figures.gaps} gaps, ${figures.samplesCompared} samples compared`,
    );
  });

  it("make no session hang: it works after repeated requests, or ends with a clear error", async () => {
    const { lostFrames } = await runHandshakes(8, 3);
    expect(lostFrames).toBeGreaterThan(0);
  });
});

describe("an engine that is killed while it records", () => {
  it("leaves every committed sample, exact gaps and a sound project", async () => {
    const figures = await runKills(10, 5, temporaryFolder());
    expect(figures.committedLost).toBe(0);
    expect(figures.samplesCompared).toBeGreaterThan(0);
    console.info(`${figures.kills} kills: at most ${figures.largestLossMs.toFixed(0)} ms behind the board`);
  });
});

describe("an engine whose window is killed while it records", () => {
  it("ends the recording by itself: all of it is kept, and the project is one plain file again", async () => {
    const board = await source([MICROPHONE]);
    const folder = temporaryFolder();
    const path = join(folder, "p.limpet");
    ProjectFile.create(path).close();
    const window = spawn(
      process.execPath,
      ["--no-warnings", join(import.meta.dirname, "window-child.ts"), folder, path, board.port],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    const [said] = await once(window.stdout as NodeJS.ReadableStream, "data");
    const engine = Number(String(said).trim());
    await board.at(24_000);
    window.kill("SIGKILL");
    await expect.poll(() => isAlive(engine)).toBe(false);
    expect(readdirSync(folder).filter((name) => name.startsWith("p.limpet"))).toEqual(["p.limpet"]);
    const { recordings, samples } = verifyProject(path);
    expect(recordings).toBe(1);
    expect(samples).toBeGreaterThan(16_000);
  });
});

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe("a power cut", () => {
  it("at any byte of the log leaves a sound project with a whole number of commits", () => {
    const figures = runPowerCuts(40, seededRandom(3), temporaryFolder());
    expect(figures.samplesCompared).toBeGreaterThan(0);
    expect(figures.fewest).toBeLessThan(figures.most);
  });
});

describe("a training that is killed or cancelled", () => {
  it("leaves a sound project that trains again", async () => {
    const figures = await runTrainingKills(4, seededRandom(6), temporaryFolder());
    expect(figures.kills).toBeGreaterThan(0);
    expect(figures.cancelled).toBeGreaterThan(0);
    expect(figures.experiments).toBeGreaterThan(0);
  });
});

describe("an import that is killed", () => {
  it("has each file whole or not at all, and the next one adds what is missing", async () => {
    const { filesThere, files, inTheMidst } = await runImportKills(5, seededRandom(4), temporaryFolder());
    expect(filesThere.at(-1)).toBe(files);
    expect(inTheMidst).toBeGreaterThan(0);
  });
});

describe("a board whose line breaks off during a recording", () => {
  it("is waited for; the recording goes on with a gap of exactly what was missed", async () => {
    const board = await source([ACCELEROMETER, MICROPHONE]);
    const project = newProject();
    void board.at(1300, () => board.breakLine());
    const { result, notices, states } = await recordAsApp(board, project, 3);
    const { recording, gaps } = await result;
    const info = project.recording(recording);
    expect(info).toMatchObject({ incomplete: false, streams: [{ gaps: 1 }, { gaps: 1 }] });
    expect(gaps).toBe(2);
    for (const { samples, lostSamples, rateHz } of info.streams)
      expect(samples + lostSamples).toBe(3 * rateHz);
    requireTrueSamples(project, info);
    expect(notices.map(({ message }) => message)).toEqual([
      "The board is back. The recording goes on; what is missing is marked as a gap.",
    ]);
    expect(states).toContainEqual(expect.objectContaining({ reconnecting: true }));
    expect(board.starts).toBe(1);
  });

  it("and that is slow to answer afterwards is recorded from the first sample that the new line brings", async () => {
    const board = await source([ACCELEROMETER]);
    const project = newProject();
    void board.at(1000, () => {
      board.answerDelayMs = 300;
      board.breakLine();
    });
    const { result } = await recordAsApp(board, project, 4);
    const { recording } = await result;
    const info = project.recording(recording);
    expect(info.streams).toMatchObject([{ gaps: 1, lostSamples: board.droppedBefore }]);
    expect(board.droppedBefore).toBeGreaterThan(0);
    requireTrueSamples(project, info);
  });

  it("and that lost its power too ends the recording, which is kept, and says why", async () => {
    const board = await source();
    const project = newProject();
    void board.at(1300, () => {
      board.restart();
      board.breakLine();
    });
    const { service, result } = await recordAsApp(board, project, 30);
    const error = await rejectionOf("board-unplugged", result);
    expect(error.message).toContain("restarted");
    expect(error.message).toContain("kept as recording 1");
    expect(project.recordings()).toMatchObject([{ incomplete: true }]);
    await expect.poll(() => service.state.kind).toBe("connected");
    requireTrueSamples(project, project.recording(1));
  });

  it("and does not come back, keeps what came when the user gives it up", async () => {
    const board = await source();
    const project = newProject();
    const { service, result } = await recordAsApp(board, project, 30);
    await board.at(800);
    await board.close();
    await expect.poll(() => service.state.kind).toBe("reconnecting");
    await service.disconnect();
    await rejectionOf("board-unplugged", result);
    expect(project.recordings()).toMatchObject([{ incomplete: true }]);
  });
});

describe("a board that restarts during a recording", () => {
  it("is noticed by its clock, ends the recording at once, and can be recorded from again", async () => {
    const board = await source();
    const project = newProject();
    void board.at(1200, () => board.restart());
    const { service, result } = await recordAsApp(board, project, 30);
    const error = await rejectionOf("board-unplugged", result);
    expect(error.message).toContain("sample numbers began anew");
    const [kept] = project.recordings();
    expect(kept?.incomplete).toBe(true);
    requireTrueSamples(project, project.recording(kept?.id ?? 0));
    // No frame was lost on the line: the count that began anew is none.
    expect(service.session.counters.framesLost).toBe(0);
    const again = await service.exclusively((session) => recordFromBoard(project, session, request(0.3)));
    expect(again).toMatchObject({ samples: 300, gaps: 0 });
  });

  it("while only one of two sensors falls silent, the recording does not wait for ever", async () => {
    const dead: SourceSensor = { ...ACCELEROMETER, rateHz: 1000, frameSamples: 100_000_000 };
    const board = await source([MICROPHONE, dead]);
    const project = newProject();
    const error = await rejectionOf(
      "board-timeout",
      recordFromBoard(project, await connect(board), request(20)),
    );
    expect(error.message).toContain("accelerometer");
    expect(project.recordings()[0]).toMatchObject({ incomplete: true });
  });
});

describe("a computer", () => {
  it("whose clock jumps back and forth records every sample all the same", async () => {
    const board = await source();
    const project = newProject();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.parse("2026-05-01T12:00:00Z") });
    const jumps = [
      board.at(400, () => vi.setSystemTime(Date.parse("2020-01-01T00:00:00Z"))),
      board.at(800, () => vi.setSystemTime(Date.parse("2031-01-01T00:00:00Z"))),
    ];
    const result = recordFromBoard(project, await connect(board), request(1.5));
    await Promise.all(jumps);
    expect(await result).toMatchObject({ samples: 1500, gaps: 0, lostSamples: 0 });
    requireTrueSamples(project, project.recording(1));
  });

  it("that sleeps longer than a silent board is given goes on recording; what no buffer held is a gap", async () => {
    const board = await source([{ ...MICROPHONE, rateHz: 160_000, frameSamples: 480 }]);
    const folder = temporaryFolder();
    const engine = new EngineChild(folder);
    cleanups.push(() => engine.kill());
    const path = join(folder, "p.limpet");
    await engine.ask("project:create", { path });
    await engine.ask("boards:connect", { port: board.port });
    const recording = engine.ask("recording:start", { label: "fan", seconds: null });
    await board.at(0.7 * 160_000, () => engine.pause());
    // Longer than a silent board is given.
    await sleep(7000);
    const before = board.taken();
    engine.goOn();
    await expect.poll(() => recordedSeconds(engine)).toBeGreaterThan(before / 160_000);
    await engine.ask("recording:stop", {});
    const result = await recording;
    await engine.end();
    const { gaps } = verifyProject(path);
    expect(gaps).toBe(result.gaps);
    expect(result.samples + result.lostSamples).toBeGreaterThan(before);
  });
});

describe("a disk", () => {
  it("that is full for a while stops nothing: the user is told once, and not a sample is missing", async ({
    skip,
  }) => {
    const disk = smallDisk(3 * 1024 * 1024);
    if (typeof disk === "string") return skip(disk);
    cleanups.push(() => disk.remove());
    const board = await source([MICROPHONE]);
    const project = newProject(disk.folder);
    const filler = join(disk.folder, "filler");
    void board.at(14_400, () => fill(filler));
    const { result, notices, stop } = await recordAsApp(board, project, null, ({ level }) => {
      if (level === "warning") rmSync(filler);
      else stop();
    });
    const { samples, ...lost } = await result;
    expect(samples).toBeGreaterThan(14_400);
    expect(lost).toMatchObject({ gaps: 0, lostSamples: 0 });
    expect(notices.map(({ level }) => level)).toEqual(["warning", "info"]);
    expect(notices[0]?.message).toContain("is full");
    requireTrueSamples(project, project.recording(1));
    project.close();
    requireSound(project.path);
  });

  it("that stays full keeps what was written before, and the project can be used and recorded into again", async ({
    skip,
  }) => {
    const disk = smallDisk(2 * 1024 * 1024);
    if (typeof disk === "string") return skip(disk);
    cleanups.push(() => disk.remove());
    const board = await source([MICROPHONE]);
    const project = newProject(disk.folder);
    const filler = join(disk.folder, "filler");
    const { service, result, stop } = await recordAsApp(board, project, null);
    await until(() => committed(project) > 4000);
    fill(filler);
    await board.at(board.taken() + 16_000, stop);
    const error = await rejectionOf("disk-full", result);
    expect(error.message).toContain("kept");
    rmSync(filler);
    const again = await service.exclusively((session) => recordFromBoard(project, session, request(0.3)));
    expect(again.samples).toBe(4800);
    const [first] = project.recordings();
    expect(first).toMatchObject({ incomplete: true });
    expect(first?.streams[0]?.samples).toBeGreaterThan(4000);
    requireTrueSamples(project, project.recording(first?.id ?? 0));
    project.close();
    requireSound(project.path);
  });

  it("that cannot be written to is found before the board is asked for a sample", async ({ skip }) => {
    const disk = smallDisk(2 * 1024 * 1024);
    if (typeof disk === "string") return skip(disk);
    cleanups.push(() => disk.remove());
    const board = await source();
    ProjectFile.create(join(disk.folder, "p.limpet")).close();
    disk.makeReadOnly();
    const project = ProjectFile.open(join(disk.folder, "p.limpet"));
    cleanups.push(() => project.close());
    expect(project.readonly).toBe(true);
    const error = await rejectionOf("read-only", recordFromBoard(project, await connect(board), request(1)));
    expect(error.hint).toContain("Copy the project");
    expect(board.starts).toBe(0);
  });
});

describe("another program", () => {
  it("that writes for seconds delays the recording's commits, and not a sample is missing", async () => {
    const board = await source();
    const project = newProject();
    let child: ChildProcess | null = null;
    cleanups.push(() => child?.kill("SIGKILL"));
    const { result, notices, stop } = await recordAsApp(board, project, null, ({ level }) => {
      if (level === "warning") child?.kill("SIGTERM");
      else stop();
    });
    await board.at(500);
    child = spawn(process.execPath, [join(import.meta.dirname, "hold-lock.ts"), project.path, "300000"], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    const { samples, ...lost } = await result;
    expect(samples).toBeGreaterThan(0);
    expect(lost).toMatchObject({ gaps: 0, lostSamples: 0 });
    expect(notices.map(({ level }) => level)).toEqual(["warning", "info"]);
    requireTrueSamples(project, project.recording(1));
  });

  it("with the same project open labels and sees recordings meanwhile, but cannot record into it", async () => {
    const board = await source();
    const other = await source();
    const folder = temporaryFolder();
    const path = join(folder, "p.limpet");
    const [first, second] = [new EngineChild(join(folder, "one")), new EngineChild(join(folder, "two"))];
    cleanups.push(
      () => first.kill(),
      () => second.kill(),
    );
    await first.ask("project:create", { path });
    await second.ask("project:open", { path });
    await first.ask("boards:connect", { port: board.port });
    await second.ask("boards:connect", { port: other.port });
    expect((await first.ask("recording:start", { label: "fan", seconds: 0.3 })).samples).toBe(300);
    const recording = first.ask("recording:start", { label: "fan", seconds: null });
    await until(() => recordedSeconds(first) > 0.3);
    await rejectionOf("project-locked", second.ask("recording:start", { label: "fan", seconds: 1 }));
    for (let i = 0; i < 20; i++) {
      await second.ask("recordings:update", { ids: [1], label: `label ${i}` });
      await board.at(board.taken() + 20);
    }
    await first.ask("recording:stop", {});
    const { samples, gaps } = await recording;
    expect(samples).toBeGreaterThan(700);
    expect(gaps).toBe(0);
    expect((await second.ask("recordings:list", {})).map(({ label }) => label)).toEqual(["label 19", "fan"]);
    await Promise.all([first.end(), second.end()]);
    expect(verifyProject(path)).toMatchObject({ recordings: 2, samples: 300 + samples, gaps: 0 });
  });
});

/** Writes until nothing more fits. */
function fill(path: string): void {
  const piece = Buffer.alloc(16 * 1024);
  try {
    for (;;) writeFileSync(path, piece, { flag: "a" });
  } catch {
    // Full, which was the aim. What is left of the last piece goes byte by byte.
    try {
      for (;;) writeFileSync(path, piece.subarray(0, 512), { flag: "a" });
    } catch {}
  }
}
