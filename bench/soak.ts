/**
 * `node bench/soak.ts --minutes 60`: an hour of a working day. A source that speaks the link over TCP gives 16 kHz sound and three
 * axes at 1 kHz; the engine records both, shows the live signal, and trains in between. Every sample is compared afterwards.
 */
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { ProjectFile } from "../src-main/dataset/project-file.ts";
import { EngineChild } from "../test/faults/engine-child.ts";
import { ACCELEROMETER, MICROPHONE, StreamBoard } from "../test/faults/stream-board.ts";
import { writeExamples } from "../test/faults/training-kills.ts";
import { requireSound, requireTrueSamples } from "../test/faults/verify.ts";

const { values } = parseArgs({ options: { minutes: { type: "string", default: "60" } } });
const minutes = Number(values.minutes);
const MB = 1e6;
const TRAINING_EVERY_MS = 150_000;

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const folder = mkdtempSync(join(tmpdir(), "limpet-soak-"));
const path = join(folder, "soak.limpet");
const board = await StreamBoard.start([ACCELEROMETER, MICROPHONE]);
const engine = new EngineChild(join(folder, "home"));

function residentMb(): number {
  try {
    return (
      (Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${engine.pid}/status`, "utf8"))?.[1] ?? 0) * 1024) /
      MB
    );
  } catch {
    return 0;
  }
}

try {
  await engine.ask("project:create", { path });
  await engine.ask("recordings:import", { paths: writeExamples(join(folder, "examples")) });
  await engine.ask("boards:connect", { port: board.port });
  await engine.ask("boards:preview", { on: true });
  const recording = engine.ask("recording:start", { label: "soak", seconds: minutes * 60 });
  let recorded = false;
  recording.then(
    () => {
      recorded = true;
    },
    () => {
      recorded = true;
    },
  );
  const memory: number[] = [];
  const timer = setInterval(() => memory.push(residentMb()), 1000);
  let trainings = 0;
  let failure = "";
  const until = Date.now() + minutes * 60_000;
  while (!recorded && Date.now() < until) {
    try {
      await engine.ask("training:start", { design: { training: { epochs: 15 } } });
      trainings++;
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
    }
    await Promise.race([sleep(TRAINING_EVERY_MS, undefined, { ref: false }), recording.catch(() => {})]);
  }
  const result = await recording;
  clearInterval(timer);
  const previews = engine.events.filter(({ name }) => name === "board:signal").length;
  await engine.end();
  requireSound(path);
  const project = ProjectFile.open(path);
  const compared = requireTrueSamples(project, project.recording(result.recording));
  project.close();
  const tenths = Array.from({ length: 10 }, (_, i) =>
    (memory[Math.ceil(((i + 1) * memory.length) / 10) - 1] ?? 0).toFixed(0),
  );
  say(
    `${minutes} minutes: ${compared} samples compared, all right; ${result.gaps} gaps, ${result.lostSamples} lost`,
  );
  say(
    `  ${trainings} trainings in between${failure === "" ? "" : ` (one failed: ${failure})`}, ${previews} pieces of live signal`,
  );
  say(
    `  memory of the engine by tenths ${tenths.join(" ")} MB, ${Math.max(...memory).toFixed(0)} MB at most; file ${(statSync(path).size / MB).toFixed(0)} MB`,
  );
  if (result.lostSamples > 0 || failure !== "") process.exitCode = 1;
} finally {
  await engine.kill();
  await board.close();
  rmSync(folder, { recursive: true, force: true });
}
