/**
 * `npm run test:faults`: the fault tests at full length, with figures. `npm test` runs the same at a smaller count.
 *
 *   node test/faults/run.ts [--kills 200] [--faults 1000] [--seed N]
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runKills } from "./kills.ts";
import { runHandshakes, runLineFaults } from "./line-faults.ts";
import { runMergeKills } from "./merge-kills.ts";
import { runImportKills, runPowerCuts } from "./power-cuts.ts";
import { seededRandom } from "./random.ts";
import { runTrainingKills } from "./training-kills.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "200" },
    faults: { type: "string", default: "1000" },
    seed: { type: "string", default: String(Date.now() % 1e6) },
  },
});
const seed = Number(values.seed);
const folder = mkdtempSync(join(tmpdir(), "limpet-faults-"));
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const every = (n: number, what: string) => (done: number) => {
  if (done % n === 0) say(`  ${done} ${what}`);
};

say(`seed ${seed}`);
try {
  say("Faults on the line:");
  const line = await runLineFaults(Number(values.faults), seed, folder, (done) => say(`  ${done} faults`));
  say(
    `  ${line.faults} faults (${list(line.kinds)}) in ${line.frames} frames, ${line.recordings} recordings`,
  );
  say(
    `  ${line.samplesCompared} samples compared, all right; ${line.gaps} gaps of ${line.lostSamples} samples, all exact`,
  );

  say("Lost requests and answers:");
  const hands = await runHandshakes(40, seed);
  say(
    `  ${hands.sessions} sessions, ${hands.lostFrames} frames lost, ${hands.refused} ended with a clear error`,
  );

  say("Power cuts (the log cut off at a random byte):");
  const cuts = runPowerCuts(300, seededRandom(seed), folder);
  say(
    `  ${cuts.cuts} cuts, every project sound, ${cuts.fewest} to ${cuts.most} samples left, ${cuts.samplesCompared} compared, all right`,
  );

  say("Import killed:");
  const imports = await runImportKills(20, seededRandom(seed), folder);
  say(
    `  ${imports.kills} kills, ${imports.inTheMidst} in the midst, files there after each: ${imports.filesThere.join(" ")} of ${imports.files}; none in part, none twice`,
  );

  say("Engine killed, and cancelled, while it takes another project in:");
  const merges = await runMergeKills(40, seededRandom(seed), folder);
  say(
    `  ${merges.kills} kills, ${merges.inTheMidst} in the midst, ${merges.cancelled} cancelled, ${merges.done} done before; all of it or nothing each time, ${merges.recordings} recordings in the end`,
  );

  say("Engine killed, and cancelled, while it trains:");
  const training = await runTrainingKills(20, seededRandom(seed), folder);
  say(
    `  ${training.kills} kills, ${training.cancelled} cancelled, ${training.finished} done before; ${training.experiments} experiments, the project sound after each`,
  );

  say("Engine killed while it records:");
  const kills = await runKills(Number(values.kills), seed, folder, every(20, "kills"));
  say(
    `  ${kills.kills} kills (${list(kills.moments)}), ${kills.recordings} recordings left, every project passes \`check\``,
  );
  say(
    `  ${kills.samplesCompared} samples compared, all right; ${kills.gaps} gaps; committed samples lost: ${kills.committedLost}`,
  );
  say(
    `  behind the board at the kill: ${kills.medianLossMs.toFixed(0)} ms in the middle, ${kills.largestLossMs.toFixed(0)} ms at most`,
  );
  if (kills.committedLost > 0) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

say("The other faults (disk, locks, unplugging, restarts, sleep):");
const vitest = join(import.meta.dirname, "../../node_modules/vitest/vitest.mjs");
const { status } = spawnSync(process.execPath, [vitest, "run", "test/faults"], { stdio: "inherit" });
if (status !== 0) process.exitCode = 1;

function list(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(", ");
}
