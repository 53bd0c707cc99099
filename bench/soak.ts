/**
 * `node bench/soak.ts --minutes 60`: an hour of a working day. The virtual board (the firmware in QEMU) takes 16 kHz sound and three
 * axes at 1 kHz; the engine records both, shows the live signal, and trains in between. Every sample is compared afterwards.
 * `--board tcp` puts a source in the place of the firmware, which speaks the link over TCP and needs less of the computer.
 * Memory is written to `--log FILE` every ten seconds, and after each pause what is left when all garbage is collected.
 */
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { toWav } from "../src-main/dataset/export/formats.ts";
import { ProjectFile } from "../src-main/dataset/project-file.ts";
import type { RecordingInfo } from "../src-shared/contract/index.ts";
import { EngineChild } from "../test/faults/engine-child.ts";
import { ACCELEROMETER, MICROPHONE, StreamBoard, sourceSample } from "../test/faults/stream-board.ts";
import { writeExamples } from "../test/faults/training-kills.ts";
import { requireSound, requireTrueSamples, storedRanges } from "../test/faults/verify.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "60" },
    board: { type: "string", default: "virtual" },
    log: { type: "string" },
  },
});
const minutes = Number(values.minutes);
const MB = 1e6;
const TRAINING_EVERY_MS = 150_000;
const MEMORY_EVERY_MS = 10_000;
/** Samples of the signal that the virtual board's sensors play again and again; odd, so that no frame ends with it. */
const SIGNAL_SAMPLES = { accelerometer: 17_377, microphone: 276_811 } as const;
const SENSORS = [ACCELEROMETER, MICROPHONE];

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const folder = mkdtempSync(join(tmpdir(), "limpet-soak-"));
const path = join(folder, "soak.limpet");
const collected = join(folder, "memory");
const board = values.board === "tcp" ? await StreamBoard.start(SENSORS) : null;
const engine = new EngineChild(join(folder, "home"), {
  flags: ["--expose-gc", "--import", join(import.meta.dirname, "memory-watch.ts")],
  environment: { LIMPET_MEMORY_LOG: collected, XDG_STATE_HOME: join(folder, "state") },
});

function note(line: string): void {
  if (values.log !== undefined) appendFileSync(values.log, `${new Date().toISOString()} ${line}\n`);
}

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

/** What the engine still holds when its garbage is collected. */
async function heldMb(): Promise<string> {
  const before = existsSync(collected) ? statSync(collected).size : 0;
  process.kill(engine.pid, "SIGUSR2");
  for (let tries = 0; tries < 50; tries++) {
    await sleep(100);
    if (existsSync(collected) && statSync(collected).size > before) break;
  }
  const last = readFileSync(collected, "utf8").trim().split("\n").at(-1) ?? "{}";
  return Object.entries(JSON.parse(last) as Record<string, number>)
    .map(([name, bytes]) => `${name} ${(bytes / MB).toFixed(1)}`)
    .join(", ");
}

/** Signals of the virtual board's sensors, as files. */
function writeSignals(): string[] {
  return SENSORS.map(({ id, channels, rateHz }, sensor) => {
    const samples = SIGNAL_SAMPLES[id as keyof typeof SIGNAL_SAMPLES];
    const width = channels.length;
    const data = Int16Array.from({ length: samples * width }, (_, i) =>
      sourceSample(sensor, Math.floor(i / width), i % width),
    );
    const file = join(folder, `${id}.wav`);
    const unit = id === "accelerometer" ? "g" : "";
    writeFileSync(
      file,
      toWav({
        stream: {
          id: 0,
          recordingId: 0,
          sensor: id,
          channels: channels.map((name) => ({ name, unit })),
          rateHz,
          sampleType: "int16",
          scale: 2 ** -11,
          samples,
          lostSamples: 0,
          gaps: 0,
        },
        samples: data,
        gaps: [],
      }),
    );
    return file;
  });
}

/** As `requireTrueSamples`, of a signal that begins again at its end. */
function requireSignal(project: ProjectFile, recording: RecordingInfo): number {
  const PIECE = 1 << 20;
  let compared = 0;
  for (const stream of recording.streams) {
    const sensor = SENSORS.findIndex(({ id }) => id === stream.sensor);
    const length = SIGNAL_SAMPLES[stream.sensor as keyof typeof SIGNAL_SAMPLES];
    const width = stream.channels.length;
    let stored = 0;
    for (const { from, to } of storedRanges(project, stream)) {
      for (let piece = from; piece < to; piece += PIECE) {
        const count = Math.min(PIECE, to - piece);
        const { data } = project.readSamples(stream.id, stored, count);
        for (let i = 0; i < count * width; i++) {
          const index = (piece + Math.floor(i / width)) % length;
          if (data[i] !== sourceSample(sensor, index, i % width))
            throw new Error(`${stream.sensor}: sample ${piece + Math.floor(i / width)} is not the signal's`);
        }
        stored += count;
      }
    }
    compared += stored;
  }
  return compared;
}

try {
  await engine.ask("project:create", { path });
  await engine.ask("recordings:import", { paths: writeExamples(join(folder, "examples")) });
  await engine.ask("boards:connect", {
    port: board?.port ?? "virtual",
    signals: board === null ? writeSignals() : [],
  });
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
  let previews = 0;
  const timer = setInterval(() => {
    const resident = residentMb();
    memory.push(resident);
    previews += engine.events.filter(({ name }) => name === "board:signal").length;
    const state = engine.events.findLast(({ name }) => name === "recording:state");
    for (const { payload } of engine.events.filter(({ name }) => name === "app:notice"))
      note(`notice ${JSON.stringify(payload)}`);
    engine.events.length = 0;
    note(`resident ${resident.toFixed(0)} MB, recording ${JSON.stringify(state?.payload)}`);
  }, MEMORY_EVERY_MS);
  let trainings = 0;
  let failure = "";
  const held: string[] = [];
  const until = Date.now() + minutes * 60_000;
  while (!recorded && Date.now() < until) {
    try {
      await engine.ask("training:start", { design: { training: { epochs: 15 } } });
      trainings++;
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
    }
    await Promise.race([sleep(TRAINING_EVERY_MS, undefined, { ref: false }), recording.catch(() => {})]);
    if (recorded) break;
    const left = await heldMb();
    held.push(left);
    note(`after training ${trainings} and a pause: ${left}`);
  }
  const result = await recording;
  clearInterval(timer);
  await engine.end();
  note(`recorded ${JSON.stringify(result)}`);
  requireSound(path);
  const project = ProjectFile.open(path);
  const compared = (board === null ? requireSignal : requireTrueSamples)(
    project,
    project.recording(result.recording),
  );
  project.close();
  const tenths = Array.from({ length: 10 }, (_, i) =>
    (memory[Math.ceil(((i + 1) * memory.length) / 10) - 1] ?? 0).toFixed(0),
  );
  const lines = [
    `${minutes} minutes on ${board === null ? "the virtual board" : "a source over TCP"}: ${compared} samples compared, all right; ${result.gaps} gaps, ${result.lostSamples} lost`,
    `  ${trainings} trainings in between${failure === "" ? "" : ` (one failed: ${failure})`}, ${previews} pieces of live signal`,
    `  memory of the engine by tenths ${tenths.join(" ")} MB, ${Math.max(...memory).toFixed(0)} MB at most; file ${(statSync(path).size / MB).toFixed(0)} MB`,
    `  held after the first pause: ${held[0]}`,
    `  held after the last pause:  ${held.at(-1)}`,
  ];
  for (const line of lines) {
    say(line);
    note(line);
  }
  if (result.lostSamples > 0 || failure !== "") process.exitCode = 1;
} finally {
  await engine.kill();
  await board?.close();
  rmSync(folder, { recursive: true, force: true });
}
