/**
 * `npm run bench:recording`: a source that speaks the link over TCP, at 1 MB/s (about what USB full speed carries) for five
 * minutes, into a project by the real engine. Every sample is compared afterwards. Then the highest rate without loss.
 *
 *   node bench/recording.ts [--seconds 300] [--rate 1000000] [--step-seconds 10] [--no-highest]
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { EngineChild } from "../test/faults/engine-child.ts";
import { verifyProject } from "../test/faults/verify.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "300" },
    rate: { type: "string", default: "1000000" },
    "step-seconds": { type: "string", default: "10" },
    "no-highest": { type: "boolean", default: false },
  },
});

type Figures = {
  readonly rate: number;
  readonly lost: number;
  readonly gaps: number;
  readonly samples: number;
  /** Share of one core, 0..1. */
  readonly processor: number;
  /** Resident memory at the end of each tenth, MB. */
  readonly memory: readonly number[];
  readonly fileMb: number;
};

/** Bytes a second beyond which the search for the highest rate does not go. */
const HIGHEST_TRIED = 64e6;
const MB = 1e6;
const TICKS_PER_SECOND = 100;

async function run(rate: number, seconds: number): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), "limpet-bench-"));
  const source = fork(join(import.meta.dirname, "recording-source.ts"), [String(rate)], {
    execArgv: ["--no-warnings"],
  });
  const [{ port }] = (await once(source, "message")) as [{ port: string }];
  const engine = new EngineChild(join(folder, "home"));
  const path = join(folder, "bench.limpet");
  try {
    await engine.ask("project:create", { path });
    await engine.ask("boards:connect", { port });
    const before = processorSeconds(engine.pid);
    const memory: number[] = [];
    const timer = setInterval(() => memory.push(residentMb(engine.pid)), 500);
    const result = await engine.ask("recording:start", { label: "bench", seconds });
    clearInterval(timer);
    const processor = (processorSeconds(engine.pid) - before) / seconds;
    source.send("figures");
    const [{ dropped }] = (await once(source, "message")) as [{ dropped: number }];
    await engine.end();
    const compared = verifyProject(path);
    if (compared.samples !== result.samples)
      throw new Error(`${compared.samples} samples are stored, ${result.samples} were announced`);
    return {
      rate,
      lost: result.lostSamples + dropped,
      gaps: result.gaps,
      samples: result.samples,
      processor,
      memory: Array.from(
        { length: 10 },
        (_, i) => memory[Math.ceil(((i + 1) * memory.length) / 10) - 1] ?? 0,
      ),
      fileMb: statSync(path).size / MB,
    };
  } finally {
    source.disconnect();
    await engine.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Time that a process has had on the processor, seconds; 0 where the system does not say (only Linux does here). */
function processorSeconds(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return 0;
  }
}

function residentMb(pid: number): number {
  try {
    const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return (Number(kilobytes ?? 0) * 1024) / MB;
  } catch {
    return 0;
  }
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

function show(figures: Figures, seconds: number): void {
  const { rate, lost, gaps, samples, processor, memory, fileMb } = figures;
  say(
    `${(rate / MB).toFixed(2)} MB/s for ${seconds} s: ${samples} samples of 8 channels stored, all compared; ${lost} lost, ${gaps} gaps`,
  );
  say(
    `  engine: ${(processor * 100).toFixed(1)} % of one core; memory by tenths ${memory.map((mb) => mb.toFixed(0)).join(" ")} MB; file ${fileMb.toFixed(0)} MB`,
  );
}

const seconds = Number(values.seconds);
say(`${cpus().length} x ${cpus()[0]?.model ?? "?"}, Node ${process.versions.node}`);
const main = await run(Number(values.rate), seconds);
show(main, seconds);
if (main.lost > 0) process.exitCode = 1;

if (!values["no-highest"]) {
  const step = Number(values["step-seconds"]);
  let good = Number(values.rate);
  let bad = Number.POSITIVE_INFINITY;
  while (good < HIGHEST_TRIED && bad / good > 1.25) {
    const rate = Number.isFinite(bad) ? Math.round((good + bad) / 2) : good * 2;
    const figures = await run(rate, step);
    show(figures, step);
    if (figures.lost === 0) good = rate;
    else bad = rate;
  }
  say(`highest rate without loss: ${(good / MB).toFixed(2)} MB/s (source and engine share this machine)`);
}
