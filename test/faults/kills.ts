/** Kills the engine at random moments while it records, and looks at what is left. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import Database from "better-sqlite3";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { EngineChild } from "./engine-child.ts";
import { FaultProxy } from "./fault-proxy.ts";
import { seededRandom } from "./random.ts";
import { ACCELEROMETER, MICROPHONE, StreamBoard } from "./stream-board.ts";
import { requireSound, requireTrueSamples } from "./verify.ts";

export type KillFigures = {
  readonly kills: number;
  /** Kills by what the engine was doing. */
  readonly moments: Readonly<Record<string, number>>;
  readonly recordings: number;
  readonly samplesCompared: number;
  /** Samples that another process saw in the file before the kill and that were gone after it: must be 0. */
  readonly committedLost: number;
  readonly gaps: number;
  /** How far the board was ahead of the file at a kill, milliseconds. */
  readonly medianLossMs: number;
  readonly largestLossMs: number;
};

/** Kills after which a project is put away and a new one begun. */
const KILLS_PER_PROJECT = 25;
const RATES = [ACCELEROMETER.rateHz, MICROPHONE.rateHz];

/** @param folder an empty folder; `onKill` is called after each kill that was looked at */
export async function runKills(
  count: number,
  seed: number,
  folder: string,
  onKill: (done: number) => void = () => {},
): Promise<KillFigures> {
  const random = seededRandom(seed);
  const board = await StreamBoard.start([ACCELEROMETER, MICROPHONE]);
  // One frame in fifty is lost on the way, so that there are gaps to be right about.
  const proxy = await FaultProxy.start({ boardPort: board.tcpPort, random, faults: 0.02, kinds: ["lose"] });
  const moments: Record<string, number> = {};
  const losses: number[] = [];
  let recordings = 0;
  let samplesCompared = 0;
  let committedLost = 0;
  let gaps = 0;
  let path = "";
  let known = 0;
  try {
    for (let kill = 0; kill < count; kill++) {
      if (kill % KILLS_PER_PROJECT === 0) {
        path = join(folder, `kills-${kill}.limpet`);
        ProjectFile.create(path).close();
        known = 0;
      }
      const engine = new EngineChild(join(folder, "home"));
      await engine.ask("project:open", { path });
      await engine.ask("boards:connect", { port: proxy.port });
      const moment = random.pick(["recording", "recording", "recording", "recording", "beginning", "ending"]);
      moments[moment] = (moments[moment] ?? 0) + 1;
      engine.ask("recording:start", { label: "fan", seconds: null }).catch(() => {});
      if (moment === "beginning") {
        await sleep(random.next() * 40);
      } else {
        await sleep(100 + random.next() * 1400);
        if (moment === "ending") {
          engine.ask("recording:stop", {}).catch(() => {});
          await sleep(random.next() * 25);
        }
      }
      const committed = committedSamples(path);
      const taken = RATES.map((_, sensor) => board.taken(sensor));
      await engine.kill();

      requireSound(path);
      const project = ProjectFile.open(path);
      const after = project.recordings();
      for (const recording of after.slice(known)) {
        samplesCompared += requireTrueSamples(project, recording);
        gaps += recording.streams.reduce((sum, stream) => sum + stream.gaps, 0);
      }
      const last = after.length > known ? after.at(-1) : undefined;
      for (const [sensor, before] of committed.entries()) {
        committedLost += Math.max(0, before - (last?.streams[sensor]?.samples ?? 0));
      }
      if (moment === "recording" && last !== undefined) {
        const [stream] = last.streams;
        const reached = (stream?.samples ?? 0) + (stream?.lostSamples ?? 0);
        losses.push((((taken[0] as number) - reached) * 1000) / ACCELEROMETER.rateHz);
      }
      recordings += after.length - known;
      known = after.length;
      project.close();
      onKill(kill + 1);
    }
  } finally {
    await proxy.close();
    await board.close();
  }
  losses.sort((a, b) => a - b);
  return {
    kills: count,
    moments,
    recordings,
    samplesCompared,
    committedLost,
    gaps,
    medianLossMs: losses[Math.floor(losses.length / 2)] ?? 0,
    largestLossMs: losses.at(-1) ?? 0,
  };
}

/** Samples of each stream of the recording that is being made, as another process sees them: what has been committed. */
function committedSamples(path: string): number[] {
  const database = new Database(path, { readonly: true });
  try {
    return database
      .prepare<[], { samples: number }>(
        "SELECT samples FROM streams WHERE recording_id = (SELECT max(id) FROM recordings WHERE state = 'recording') ORDER BY position",
      )
      .all()
      .map(({ samples }) => samples);
  } finally {
    database.close();
  }
}
