/** Kills the engine while it takes another project in, and cancels it, at random moments: all of it is there afterwards, or nothing. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import { EngineChild } from "./engine-child.ts";
import type { Random } from "./random.ts";
import { sourceSample } from "./stream-board.ts";
import { requireSound } from "./verify.ts";

export type MergeFigures = {
  readonly kills: number;
  readonly cancelled: number;
  /** Kills that left recordings in the file which the next opening had to remove. */
  readonly inTheMidst: number;
  readonly done: number;
  readonly recordings: number;
};

const RECORDINGS = 300;
const SAMPLES = 6000;

function fill(path: string, first: number, count: number): void {
  const project = ProjectFile.create(path);
  const stream = { sensor: "accelerometer", channels: [{ name: "accX", unit: "g" }], rateHz: 1000 } as const;
  project.transaction(() => {
    for (let n = first; n < first + count; n++) {
      project.addRecording({
        recording: {
          ...{ name: `r.${n}`, label: "fan", group: null, origin: "import", source: "test" },
          streams: [{ ...stream, sampleType: "int16", scale: 0.001 }],
        },
        data: [{ samples: Int16Array.from({ length: SAMPLES }, (_, i) => sourceSample(n, i, 0)), gaps: [] }],
      });
    }
  });
  project.close();
}

export async function runMergeKills(rounds: number, random: Random, folder: string): Promise<MergeFigures> {
  const path = join(folder, "merged.limpet");
  const other = join(folder, "other.limpet");
  const home = join(folder, "merge-home");
  fill(path, 0, 10);
  fill(other, 5, RECORDINGS);
  let kills = 0;
  let cancelled = 0;
  let inTheMidst = 0;
  let done = 0;
  let engine = new EngineChild(home);
  const merge = (): Promise<unknown> => engine.ask("project:merge", { path: other });
  try {
    await engine.ask("project:open", { path });
    const begin = performance.now();
    await merge();
    const wholeMs = performance.now() - begin;
    const takeOut = async (): Promise<void> => {
      await engine.ask("project:undo", {});
      await engine.ask("project:close", {});
      // What is deleted would only come back: the file is to be without it.
      const project = ProjectFile.open(path);
      project.database.write(() =>
        project.database.run("DELETE FROM recordings WHERE deleted_at IS NOT NULL"),
      );
      project.close();
      await engine.ask("project:open", { path });
    };
    await takeOut();
    for (let round = 0; round < rounds; round++) {
      const merging = merge().then(
        () => "done" as const,
        (error: unknown) => {
          if (!(error instanceof LimpetError) || error.code !== "cancelled") throw error;
          return "cancelled" as const;
        },
      );
      merging.catch(() => {});
      await sleep(random.next() * 0.9 * wholeMs);
      if (round % 2 === 0) {
        await engine.kill();
        kills++;
        if (isUnfinished(path)) inTheMidst++;
        engine = new EngineChild(home);
        await engine.ask("project:open", { path });
      } else {
        engine.cancelAll();
        if ((await merging) === "cancelled") cancelled++;
      }
      const { length } = await engine.ask("recordings:list", {});
      if (length !== 10 && length !== 5 + RECORDINGS)
        throw new Error(`${length} recordings: a merge is there in part`);
      requireSound(path);
      if (length > 10) {
        done++;
        await takeOut();
      }
    }
    await merge();
    const { length } = await engine.ask("recordings:list", {});
    if (length !== 5 + RECORDINGS) throw new Error(`${length} recordings after the last merge`);
    await engine.end();
    requireSound(path);
    return { kills, cancelled, inTheMidst, done, recordings: length };
  } finally {
    await engine.kill();
  }
}

/** Whether a merge is under way in the file as it lies there. Looks without mending. */
function isUnfinished(path: string): boolean {
  const project = ProjectFile.open(path, { readonly: true, asItIs: true });
  const row = project.database.get("SELECT 1 FROM settings WHERE key = 'merging'");
  project.close();
  return row !== undefined;
}
