/**
 * `npm run bench:turns`: how long the engine holds its thread at a time while it does each kind of work, and how much of the thread that
 * work takes. As long as the thread is held, nothing is recorded, drawn or answered. On a computer that does other things too, a hold is
 * longer than the processor time in it ("busy"), which is what the engine itself is to blame for.
 *
 *   node bench/engine-turns.ts [--only large,words,motor] [--recordings 20000] [--files 1000] [--tune-minutes 1] [--profile]
 *
 * `large` is a project of 20,000 short recordings, `words` one of 1,000 sounds that are imported first, `motor` the example.
 * `--profile` says for each work's longest hold which functions ran in it; the profiler itself takes some time then.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import type { RequestName, RequestParams, RequestResult } from "../src-shared/contract/index.ts";
import { EngineChild } from "../test/faults/engine-child.ts";
import { makeManyRecordings } from "./many-recordings.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "large,words,motor" },
    recordings: { type: "string", default: "20000" },
    files: { type: "string", default: "1000" },
    "tune-minutes": { type: "string", default: "1" },
    profile: { type: "boolean", default: false },
  },
});

/** Holds that are shorter than this are not counted, milliseconds. */
const COUNTED_MS = 50;
/** The snapshot of the day is made 5 s after a project was opened. */
const SNAPSHOT_MS = 8000;
/** Time for what a work leaves behind (events, the memory of its results), and for its line to be written. */
const AFTER_MS = 500;

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const now = (): number => performance.timeOrigin + performance.now();
const folder = mkdtempSync(join(tmpdir(), "limpet-turns-"));

type Hold = readonly [begin: number, ms: number, busyMs: number];
type Line = {
  readonly at: number;
  /** Processor time of the engine's thread so far. */
  readonly busyMs: number;
  readonly holds: readonly Hold[];
  readonly rss: number;
};
type Step = { readonly name: string; readonly begin: number; readonly end: number };

class Watched {
  readonly engine: EngineChild;
  readonly #steps: Step[] = [];
  readonly #lines: string;
  readonly #profile: string;

  constructor(name: string) {
    this.#lines = join(folder, `${name}.lines`);
    this.#profile = join(folder, `${name}.cpuprofile`);
    this.engine = new EngineChild(join(folder, "home"), {
      flags: ["--import", pathToFileURL(join(import.meta.dirname, "turn-probe.ts")).href],
      environment: {
        LIMPET_TURNS: this.#lines,
        ...(values.profile ? { LIMPET_TURNS_PROFILE: this.#profile } : {}),
      },
    });
  }

  /** Waits until the process runs: how it starts is not measured. */
  async begin(): Promise<void> {
    await this.engine.ask("project:list-recent", {});
    await new Promise((resolve) => setTimeout(resolve, AFTER_MS));
  }

  async step<T>(name: string, work: () => Promise<T>): Promise<T> {
    const begin = now();
    try {
      return await work();
    } finally {
      await new Promise((resolve) => setTimeout(resolve, AFTER_MS));
      this.#steps.push({ name, begin, end: now() });
    }
  }

  ask<N extends RequestName>(
    method: N,
    params: RequestParams<N>,
    name: string = method,
  ): Promise<RequestResult<N>> {
    return this.step(name, () => this.engine.ask(method, params));
  }

  async end(): Promise<void> {
    await this.engine.end();
    const lines = readFileSync(this.#lines, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Line);
    const profile = values.profile && existsSync(this.#profile) ? readProfile(this.#profile) : null;
    for (const step of this.#steps) {
      // A hold began at the tick before it.
      const own = lines
        .flatMap(({ holds }) => holds)
        .filter(([at, ms]) => at + ms / 2 >= step.begin && at + ms / 2 < step.end);
      const sorted = own.map(([, ms]) => ms).sort((a, b) => b - a);
      const longest = own.reduce<Hold>((most, one) => (one[2] > most[2] ? one : most), [0, 0, 0]);
      const seconds = (step.end - step.begin - AFTER_MS) / 1000;
      const inside = lines.filter(({ at }) => at >= step.begin && at <= step.end);
      const used = (inside.at(-1)?.busyMs ?? 0) - (inside[0]?.busyMs ?? 0);
      say(
        `  ${step.name.padEnd(34)} ${seconds.toFixed(1).padStart(6)} s  busy at most ${longest[2].toFixed(0).padStart(5)} ms at a time, held ${(sorted[0] ?? 0).toFixed(0)}, then ${(sorted[1] ?? 0).toFixed(0)}; ${own.filter(([, , busy]) => busy > COUNTED_MS).length} busy above ${COUNTED_MS} ms; ${(used / 1000).toFixed(1)} s in all`,
      );
      if (profile !== null && longest[2] > 30) say(profile(longest[0], longest[0] + longest[1] + 5));
    }
    say(`  memory at most ${(Math.max(...lines.map(({ rss }) => rss)) / 1e6).toFixed(0)} MB`);
  }
}

type Node = {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children?: readonly number[];
};
type Profile = {
  readonly began: number;
  readonly startTime: number;
  readonly nodes: readonly Node[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
};

/** What ran between two times: functions of ours by the time in them and in what they called. */
function readProfile(path: string): (begin: number, end: number) => string {
  const { began, startTime, nodes, samples, timeDeltas } = JSON.parse(readFileSync(path, "utf8")) as Profile;
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(
    nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)),
  );
  const named = ({ callFrame: { functionName, url, lineNumber } }: Node): string =>
    `${functionName || "(anonymous)"} ${url.split("/").slice(-2).join("/")}:${lineNumber + 1}`;
  const times: number[] = [];
  let at = startTime;
  for (const delta of timeDeltas) {
    at += delta;
    times.push(began + (at - startTime) / 1000);
  }
  return (begin, end) => {
    const total = new Map<string, number>();
    for (const [index, time] of times.entries()) {
      if (time < begin || time > end) continue;
      const ms = ((timeDeltas[index + 1] ?? 0) as number) / 1000;
      const seen = new Set<string>();
      for (let id: number | undefined = samples[index]; id !== undefined; id = parents.get(id)) {
        const node = byId.get(id);
        if (node !== undefined && node.callFrame.functionName !== "(root)") seen.add(named(node));
      }
      for (const name of seen) total.set(name, (total.get(name) ?? 0) + ms);
    }
    return [...total]
      .sort((a, b) => b[1] - a[1])
      .slice(0, 14)
      .map(([name, ms]) => `      ${ms.toFixed(0).padStart(6)} ms  ${name}`)
      .join("\n");
  };
}

async function large(): Promise<void> {
  const path = join(folder, "large.limpet");
  const other = join(folder, "other.limpet");
  await makeManyRecordings(path, Number(values.recordings));
  await makeManyRecordings(other, Number(values.recordings));
  const watched = new Watched("large");
  await watched.begin();
  await watched.ask("project:open", { path });
  const list = await watched.ask("recordings:list", {});
  await watched.step("snapshot", () => new Promise((resolve) => setTimeout(resolve, SNAPSHOT_MS)));
  await watched.ask("recordings:update", { ids: [7], label: "renamed" });
  await watched.ask(
    "recordings:update",
    { ids: list.map(({ id }) => id), notes: "all" },
    "recordings:update of all",
  );
  await watched.ask("project:undo", {});
  await watched.ask("split:apply", {});
  await watched.ask("labels:rename", { from: "worn", to: "old" });
  await watched.ask("project:check", {});
  await watched.ask("project:merge", { path: other });
  await watched.ask("recordings:export", { format: "wav", folder: join(folder, "wav") });
  await watched.ask("app:save-report", { path: join(folder, "report.zip"), withProject: true });
  await watched.ask("design:list-presets", {});
  await watched.ask("design:describe", { preset: "vibration" });
  await watched.ask("recordings:delete", { ids: list.slice(0, 10_000).map(({ id }) => id) });
  await watched.ask("project:close", {});
  await watched.end();
}

/** A 16-bit WAV file of one second: a tone of its class in noise. */
function wav(seed: number, kind: number): Buffer {
  const rate = 16_000;
  const file = Buffer.alloc(44 + 2 * rate);
  file.write("RIFF", 0);
  file.writeUInt32LE(36 + 2 * rate, 4);
  file.write("WAVEfmt ", 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(rate, 24);
  file.writeUInt32LE(2 * rate, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write("data", 36);
  file.writeUInt32LE(2 * rate, 40);
  let state = seed + 1;
  for (let i = 0; i < rate; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const noise = state / 2 ** 32 - 0.5;
    const tone = Math.sin(i * (0.05 + 0.08 * kind) * (1 + (seed % 29) / 60)) * Math.sin((i * Math.PI) / rate);
    file.writeInt16LE(Math.round(9000 * tone + 12_000 * noise), 44 + 2 * i);
  }
  return file;
}

async function words(): Promise<void> {
  const sounds = join(folder, "sounds");
  mkdirSync(sounds);
  const paths = Array.from({ length: Number(values.files) }, (_, i) => {
    const path = join(sounds, `${["yes", "no", "other", "noise"][i % 4]}.${i}.wav`);
    writeFileSync(path, wav(i, i % 4));
    return path;
  });
  const watched = new Watched("words");
  const path = join(folder, "words.limpet");
  await watched.begin();
  await watched.ask("project:create", { path });
  await watched.ask("recordings:import", { paths }, `recordings:import of ${paths.length}`);
  await watched.step("snapshot", () => new Promise((resolve) => setTimeout(resolve, SNAPSHOT_MS)));
  await learn(watched, "keyword", "wav");
}

async function motor(): Promise<void> {
  const watched = new Watched("motor");
  await watched.begin();
  await watched.ask("project:create", { path: join(folder, "motor.limpet"), example: "motor" });
  await learn(watched, "vibration", "csv");
}

async function learn(watched: Watched, preset: string, format: "wav" | "csv"): Promise<void> {
  const presets = await watched.ask("design:list-presets", {});
  const design = presets.find(({ name }) => name === preset)?.design;
  if (design === undefined) throw new Error(`there is no preset ${preset}`);
  await watched.ask("design:save", { design });
  await watched.ask("design:describe", { design });
  await watched.ask("design:get-features", { design });
  await watched.ask("design:get-map", { design });
  const { experiment } = await watched.ask("training:start", { design });
  await watched.ask("experiments:list", {});
  for (const engine of ["float", "int8"] as const) {
    await watched.ask("evaluation:run", { experiment, engine }, `evaluation:run ${engine}`);
  }
  await watched.ask("conversion:run", { experiment });
  await watched.ask("thresholds:measure", { experiment, falseAlarmsPerHour: 1 });
  await watched.ask("diagnosis:run", { experiment });
  await watched.ask("evaluation:learning-curve", { experiment });
  if (preset === "vibration") {
    await watched.ask("evaluation:compare-without", { experiment, sensor: "accY" });
  }
  await watched.ask("deployment:reckon-power", { experiment });
  await watched.ask("experiments:report", { id: experiment, path: join(folder, "report.html") });
  for (const kind of ["arduino", "tfjs", "npz"] as const) {
    const path = join(folder, `${preset}.${kind}`);
    await watched.ask(
      "experiments:export",
      { id: experiment, format: kind, path },
      `experiments:export ${kind}`,
    );
  }
  await watched.ask("boards:connect", { port: "simulated" });
  await watched.ask("deployment:run", { experiment, board: "simulated" });
  await watched.ask(
    "evaluation:run",
    { experiment, engine: "board", board: "simulated" },
    "evaluation:run board",
  );
  if (preset === "vibration") {
    // The simulated board has no microphone.
    await watched.ask("live:start", {});
    await watched.step("live", () => new Promise((resolve) => setTimeout(resolve, 5000)));
    await watched.ask("live:stop", {});
  }
  await watched.ask("boards:disconnect", {});
  await watched.ask("recordings:export", { format, folder: join(folder, `${preset}-files`) });
  await watched.ask("project:check", {});
  const minutes = Number(values["tune-minutes"]);
  if (minutes > 0) await watched.ask("training:tune", { minutes }, `training:tune ${minutes} min`);
  await watched.ask("project:close", {});
  await watched.end();
}

try {
  const parts = { large, words, motor };
  for (const name of Object.keys(parts) as (keyof typeof parts)[]) {
    if (!values.only.split(",").includes(name)) continue;
    say(`${name} (${cpus().length} processors, load ${loadavg()[0]?.toFixed(1)} before the start)`);
    await parts[name]();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
