/**
 * `npm run bench:project`: a project as large as it may become, 20,000 recordings with 100 hours of 16 kHz sound, one of them an hour
 * long. How long it takes to open and list it, to draw that hour at every zoom, to label, split and check.
 *
 *   node bench/project.ts [--recordings 20000] [--hours 100] [--folder FOLDER] [--project FILE] [--no-check]
 *
 * `--project` keeps the project in FILE, and uses the one that is there the next time.
 *
 * 200 recordings are made as an import makes them; the others repeat their samples by SQL, each row and each byte as if they had been
 * written one by one, which would take several times as long. The whole of it is in the file: 100 hours are 12 GB.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statfsSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { checkProject } from "../src-main/dataset/check.ts";
import { ProjectFile } from "../src-main/dataset/project-file.ts";
import type { NewStream } from "../src-main/dataset/types.ts";
import { signalSpectrogram } from "../src-main/services/signal-service.ts";
import type { StreamInfo } from "../src-shared/contract/index.ts";
import { EngineChild } from "../test/faults/engine-child.ts";

const { values } = parseArgs({
  options: {
    recordings: { type: "string", default: "20000" },
    hours: { type: "string", default: "100" },
    folder: { type: "string", default: tmpdir() },
    project: { type: "string" },
    "no-check": { type: "boolean", default: false },
  },
});
const RATE = 16_000;
const LONG_SECONDS = 3600;
const DISTINCT = 200;
const LABELS = 12;
const GB = 1e9;
/** Pixels of a wide window. */
const WIDTH = 2000;
/** Each zoom is looked at in so many places. */
const PLACES = 20;

const recordings = Number(values.recordings);
const seconds = ((Number(values.hours) - 1) * 3600) / (recordings - 1);
const sound: NewStream = {
  sensor: "microphone",
  channels: [{ name: "audio", unit: "" }],
  rateHz: RATE,
  sampleType: "int16",
  scale: 2 ** -15,
};

const say = (text: string): void => void process.stdout.write(`${text}\n`);

function timed<T>(work: () => T): { ms: number; result: T } {
  const begin = performance.now();
  const result = work();
  return { ms: performance.now() - begin, result };
}

/** A tone that swells, with noise: as compressible as a real machine, which is hardly at all. */
function tone(samples: number, seed: number): Int16Array {
  let state = seed >>> 0;
  return Int16Array.from({ length: samples }, (_, i) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return 8000 * Math.sin(i * (0.01 + 0.0007 * seed)) * Math.sin(i / 90_000) + (state >>> 22);
  });
}

function addTone(project: ProjectFile, name: string, label: string, samples: number, seed: number): number {
  const recording = { name, label, group: `machine ${seed % 7}`, origin: "import", source: "bench" } as const;
  const data = [{ samples: tone(samples, seed), gaps: [] }];
  return project.addRecording({ recording: { ...recording, streams: [sound] }, data }).id;
}

async function build(path: string): Promise<void> {
  const project = ProjectFile.create(path);
  const { database } = project;
  const samples = Math.round(seconds * RATE);
  await project.bulk(async () => {
    addTone(project, "hour", "label 0", LONG_SECONDS * RATE, 1);
    const distinct = Math.min(DISTINCT, recordings - 1);
    const first = Array.from({ length: distinct }, (_, i) =>
      addTone(project, `take.${i}`, `label ${i % LABELS}`, samples, i + 2),
    );
    for (let made = distinct; made < recordings - 1; made++) {
      const from = first[made % distinct] as number;
      database.write(() => {
        const { id } = database.run(
          `INSERT INTO recordings (name, label, group_name, notes, origin, source, created_at, state, content_hash, quality)
           SELECT ?, label, group_name, notes, origin, source, created_at, state, randomblob(32), quality FROM recordings WHERE id = ?`,
          `take.${made}`,
          from,
        );
        const stream = database.run(
          `INSERT INTO streams (recording_id, position, sensor, channels, rate_hz, sample_type, scale, samples)
           SELECT ?, position, sensor, channels, rate_hz, sample_type, scale, samples FROM streams WHERE recording_id = ?`,
          id,
          from,
        );
        database.run(
          `INSERT INTO chunks (stream_id, first_sample, samples, device_time_us, crc32, peaks, data)
           SELECT ?, first_sample, samples, device_time_us, crc32, peaks, data FROM chunks
           WHERE stream_id = (SELECT id FROM streams WHERE recording_id = ?)`,
          stream.id,
          from,
        );
      });
    }
  });
  project.close();
}

/** Has the system forget what it holds of the file, where it can; what is read then comes from the disk. */
function forget(path: string): boolean {
  return spawnSync("dd", [`if=${path}`, "iflag=nocache", "count=0"]).status === 0;
}

const percentile = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;

function drawing(project: ProjectFile, path: string, stream: StreamInfo): void {
  for (let span = stream.samples; span >= WIDTH / 2; span = Math.floor(span / 4)) {
    const times: number[] = [];
    forget(path);
    const first = timed(() => project.waveform(stream.id, 0, span, WIDTH)).ms;
    for (let place = 0; place < PLACES; place++) {
      const start = Math.floor(((stream.samples - span) * place) / PLACES);
      times.push(timed(() => project.waveform(stream.id, start, start + span, WIDTH)).ms);
    }
    times.sort((a, b) => a - b);
    say(
      `  ${(span / RATE).toFixed(2).padStart(8)} s in ${WIDTH} columns: ${percentile(times, 0.5).toFixed(1)} ms in the middle, ${(times.at(-1) ?? 0).toFixed(1)} at most, ${first.toFixed(1)} from the disk`,
    );
  }
}

async function throughEngine(path: string, home: string): Promise<void> {
  const engine = new EngineChild(home);
  try {
    // The process itself starts before: what is measured is the project.
    await engine.ask("project:list-recent", {});
    const cold = forget(path);
    let begin = performance.now();
    await engine.ask("project:open", { path });
    const opened = performance.now() - begin;
    begin = performance.now();
    const list = await engine.ask("recordings:list", {});
    const listed = performance.now() - begin;
    begin = performance.now();
    await engine.ask("recordings:list", {});
    const again = performance.now() - begin;
    say(
      `opened through the engine${cold ? ", from the disk" : ""}: ${opened.toFixed(0)} ms; list of ${list.length} recordings ${listed.toFixed(0)} ms, again ${again.toFixed(0)} ms`,
    );
    begin = performance.now();
    await engine.ask("recordings:update", { ids: [7], label: "renamed" });
    const one = performance.now() - begin;
    begin = performance.now();
    await engine.ask("project:undo", {});
    say(`one label changed: ${one.toFixed(0)} ms, undone ${(performance.now() - begin).toFixed(0)} ms`);
    await engine.end();
  } finally {
    await engine.kill();
  }
}

const needed = (Number(values.hours) * 3600 * RATE * 2 * 1.15 + 2 * GB) / GB;
const { bavail, bsize } = statfsSync(values.folder);
const there = values.project !== undefined && existsSync(values.project);
if (!there && (bavail * bsize) / GB < needed) {
  say(`${values.folder} has ${((bavail * bsize) / GB).toFixed(0)} GB free; ${needed.toFixed(0)} are needed.`);
  process.exit(1);
}
const folder = mkdtempSync(join(values.folder, "limpet-bench-"));
try {
  const path = values.project ?? join(folder, "large.limpet");
  const begin = performance.now();
  if (!there) await build(path);
  say(
    `${recordings} recordings, ${values.hours} h of ${RATE / 1000} kHz sound: ${(statSync(path).size / GB).toFixed(2)} GB, ${there ? "made before" : `made in ${((performance.now() - begin) / 1000).toFixed(0)} s`}`,
  );
  await throughEngine(path, join(folder, "home"));
  const project = ProjectFile.open(path);
  const hour = project.recordings()[0]?.streams[0];
  if (hour === undefined) throw new Error("there is no recording");
  say("an hour of sound drawn:");
  drawing(project, path, hour);
  const request = { streamId: hour.id, channel: 0, startSample: 0, endSample: null, columns: WIDTH };
  say(`its spectrogram: ${timed(() => signalSpectrogram(project, request)).ms.toFixed(0)} ms`);
  const split = timed(() =>
    project.applySplit({ train: 0.6, validation: 0.2, test: 0.2, by: "group", seed: 1 }),
  );
  const labelled = timed(() => project.renameLabel("label 1", "worn"));
  say(
    `split ${split.ms.toFixed(0)} ms; ${Math.round(recordings / LABELS)} recordings renamed ${labelled.ms.toFixed(0)} ms, undone ${timed(() => project.undo()).ms.toFixed(0)} ms; dataset hash ${timed(() => project.datasetHash()).ms.toFixed(0)} ms`,
  );
  say(`closed: ${timed(() => project.close()).ms.toFixed(0)} ms`);
  if (!values["no-check"]) {
    const { ms, result } = timed(() => checkProject(path));
    say(
      `check of every byte: ${(ms / 1000).toFixed(1)} s, ${result.ok ? "all is well" : result.problems[0]}`,
    );
    if (!result.ok) process.exitCode = 1;
  }
  say(`memory of this process at most ${(process.resourceUsage().maxRSS / 1000).toFixed(0)} MB`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
