/** Kills the engine while it trains, and cancels trainings, at random moments: the project must be sound and train again. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LimpetError } from "../../src-shared/errors.ts";
import { until } from "../waiting.ts";
import { EngineChild } from "./engine-child.ts";
import type { Random } from "./random.ts";
import { requireSound } from "./verify.ts";

/** Two machines that shake at different rates, as files to import. */
export function writeExamples(folder: string): string[] {
  mkdirSync(folder, { recursive: true });
  return ["slow", "fast"].flatMap((label, kind) =>
    Array.from({ length: 6 }, (_, n) => {
      const file = join(folder, `${label}.${n}.csv`);
      const rows = Array.from({ length: 2000 }, (_, i) => {
        const value = Math.sin(i * (kind === 0 ? 0.1 : 0.4) + n) + 0.1 * Math.sin(i * 1.7 * (n + 1));
        return `${i * 5},${value.toFixed(5)}`;
      });
      writeFileSync(file, `timestamp,accX\n${rows.join("\n")}\n`);
      return file;
    }),
  );
}

export type TrainingFigures = {
  readonly kills: number;
  readonly cancelled: number;
  /** Trainings that were done before they could be killed or cancelled. */
  readonly finished: number;
  /** Experiments in the project at the end. */
  readonly experiments: number;
};

/** Lasts so long that a training can be met in its midst on any computer. */
const DESIGN = {
  window: { lengthMs: 1000, strideMs: 100 },
  features: { block: "raw" },
  network: { kind: "conv1d" },
  training: { epochs: 10_000, patience: 10_000 },
} as const;
/** Moments are drawn from so many epochs, the first. */
const LATEST_EPOCH = 40;

export async function runTrainingKills(
  rounds: number,
  random: Random,
  folder: string,
): Promise<TrainingFigures> {
  const path = join(folder, "training.limpet");
  const home = join(folder, "home");
  let kills = 0;
  let cancelled = 0;
  let finished = 0;
  let engine = new EngineChild(home);
  try {
    await engine.ask("project:create", { path });
    await engine.ask("recordings:import", { paths: writeExamples(join(folder, "examples")) });
    for (let round = 0; round < rounds; round++) {
      const training = engine.ask("training:start", { design: DESIGN }).then(
        () => "finished" as const,
        (error: unknown) => {
          if (!(error instanceof LimpetError) || error.code !== "cancelled") throw error;
          return "cancelled" as const;
        },
      );
      training.catch(() => {});
      const reached = random.whole(0, LATEST_EPOCH);
      const told = (): number => engine.events.filter(({ name }) => name === "training:epoch").length;
      const before = told();
      await Promise.race([training.catch(() => {}), until(() => told() - before >= reached)]);
      // Turn by turn, so that both are tried however few rounds there are.
      if (round % 2 === 0) {
        await engine.kill();
        kills++;
        requireSound(path);
        engine = new EngineChild(home);
        await engine.ask("project:open", { path });
      } else {
        engine.cancelAll();
        if ((await training) === "cancelled") cancelled++;
        else finished++;
      }
    }
    await engine.ask("training:start", { design: { training: { epochs: 3 } } });
    const experiments = (await engine.ask("experiments:list", {})).length;
    await engine.end();
    requireSound(path);
    return { kills, cancelled, finished, experiments };
  } finally {
    await engine.kill();
  }
}
