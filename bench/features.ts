/**
 * `npm run bench:features`: features of many windows by the device twin (the firmware's front end in WebAssembly) beside NumPy and
 * librosa: the same windows, one run, in turns. Ratios say how many times as fast the twin is as these libraries, called for one window after the
 * other, and called once for all windows as one array. What they give must agree. The libraries go into a virtual environment in
 * .tools/features (pip, 400 MB), which the first run makes.
 *
 *   node bench/features.ts [--windows 1000] [--rounds 5] [--json]
 */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { featureShape, inputSamples, product } from "../src-main/features/feature-shape.ts";
import { encodeFrontend, frameSamples, hopSamples } from "../src-main/features/frontend-config.ts";
import { Twin } from "../src-main/features/twin.ts";
import { RandomSequence } from "../src-main/training/random.ts";
import { type FeatureBlock, featureBlock, type ResolvedInput, windowDesign } from "../src-shared/design.ts";

const { values } = parseArgs({
  options: {
    windows: { type: "string", default: "1000" },
    rounds: { type: "string", default: "5" },
    json: { type: "boolean", default: false },
  },
});

const run = promisify(execFile);
const root = join(import.meta.dirname, "..");
const ENVIRONMENT = join(root, ".tools/features");
const PYTHON = join(ENVIRONMENT, "bin/python");
const LIBRARIES = ["numpy==2.3.5", "librosa==0.11.0"];
const windows = Number(values.windows);

type Row = {
  readonly name: string;
  readonly channels: number;
  readonly rateHz: number;
  readonly lengthMs: number;
  readonly features: FeatureBlock;
};

const rows: readonly Row[] = [
  {
    name: "raw, 3 x 2 s at 200 Hz, every 2nd",
    channels: 3,
    rateHz: 200,
    lengthMs: 2000,
    features: featureBlock.parse({ block: "raw", decimation: 2 }),
  },
  {
    name: "spectral, 3 x 2 s at 200 Hz, FFT 128",
    channels: 3,
    rateHz: 200,
    lengthMs: 2000,
    features: featureBlock.parse({ block: "spectral", fftLength: 128, bands: 32 }),
  },
  {
    name: "spectral, 1 x 0.25 s at 12 kHz, FFT 512",
    channels: 1,
    rateHz: 12_000,
    lengthMs: 250,
    features: featureBlock.parse({ block: "spectral", fftLength: 512, bands: 64 }),
  },
  {
    // A frame as long as the FFT, as librosa has it.
    name: "log-mel, 1 s at 16 kHz, 49 x 40",
    channels: 1,
    rateHz: 16_000,
    lengthMs: 1000,
    features: featureBlock.parse({ block: "log-mel", frameMs: 32, strideMs: 20, filters: 40 }),
  },
  {
    name: "mfcc, 1 s at 16 kHz, 49 x 13",
    channels: 1,
    rateHz: 16_000,
    lengthMs: 1000,
    features: featureBlock.parse({ block: "mfcc", frameMs: 32, strideMs: 20, filters: 40, coefficients: 13 }),
  },
];

const designOf = ({ channels, rateHz, lengthMs, features }: Row) => {
  const input: ResolvedInput = {
    sensor: "sensor",
    rateHz,
    channels: Array.from({ length: channels }, (_, index) => `c${index}`),
    channelIndices: Array.from({ length: channels }, (_, index) => index),
    features,
  };
  return { window: windowDesign.parse({ lengthMs, strideMs: lengthMs }), inputs: [input], input };
};

/** Tones in noise: every window another one. */
function samplesOf({ rateHz }: Row, count: number, channels: number): Float32Array {
  const random = new RandomSequence(1);
  const out = new Float32Array(windows * count * channels);
  for (let window = 0; window < windows; window++) {
    const hz = random.between(0.02, 0.4) * rateHz;
    const level = random.between(0.05, 0.5);
    for (let i = 0; i < count; i++) {
      for (let channel = 0; channel < channels; channel++) {
        const tone = Math.sin((2 * Math.PI * hz * i) / rateHz + channel);
        out[(window * count + i) * channels + channel] = level * (tone + 0.3 * random.normal());
      }
    }
  }
  return out;
}

/** What Python needs to know of a row. */
function jobOf(row: Row, samples: number) {
  const { features, rateHz, channels } = row;
  const job = { windows, samples, channels, rateHz, ...features };
  if (features.block === "spectral") {
    return { ...job, hop: hopSamples(features.fftLength, features.overlap) };
  }
  return features.block === "raw" ? job : { ...job, ...frameSamples(features, rateHz) };
}

async function setUp(): Promise<void> {
  if (existsSync(join(ENVIRONMENT, "ready"))) return;
  process.stderr.write(`Installing ${LIBRARIES.join(" and ")} into .tools/features.\n`);
  rmSync(ENVIRONMENT, { recursive: true, force: true });
  await run("python3", ["-m", "venv", ENVIRONMENT]);
  await run(PYTHON, ["-m", "pip", "install", "--quiet", ...LIBRARIES]);
  writeFileSync(join(ENVIRONMENT, "ready"), LIBRARIES.join("\n"));
}

/** Times in a round, on both sides. */
const REPEATS = 3;

/** Largest difference, as a part of the features' own spread. */
function difference(ours: Float32Array, theirs: Float32Array): number {
  if (ours.length !== theirs.length) {
    throw new Error(`${ours.length} features here, ${theirs.length} there.`);
  }
  const mean = ours.reduce((sum, value) => sum + value, 0) / ours.length;
  const spread = Math.sqrt(ours.reduce((sum, value) => sum + (value - mean) ** 2, 0) / ours.length);
  return ours.reduce((most, value, i) => Math.max(most, Math.abs(value - (theirs[i] as number))), 0) / spread;
}

/** Beyond this the two do not compute the same. */
const MOST_DIFFERENCE = 0.01;

async function measure(row: Row, folder: string) {
  const { input, ...design } = designOf(row);
  const samples = inputSamples(design, input);
  const size = product(featureShape(design));
  const data = samplesOf(row, samples, row.channels);
  writeFileSync(join(folder, "windows.f32"), data);
  writeFileSync(join(folder, "job.json"), JSON.stringify(jobOf(row, samples)));
  const frontend = (await Twin.load()).frontend(encodeFrontend(design));
  const ours = new Float32Array(windows * size);
  const length = samples * row.channels;
  const all = (): void => {
    for (let w = 0; w < windows; w++) {
      frontend.compute(data.subarray(w * length, (w + 1) * length), ours.subarray(w * size, (w + 1) * size));
    }
  };
  // The engine compiles WebAssembly a second time, better, while it runs.
  all();
  const times: Record<"twin" | "single" | "batch", number[]> = { twin: [], single: [], batch: [] };
  let versions: Record<string, string> = {};
  for (let round = 0; round < Number(values.rounds); round++) {
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      const began = performance.now();
      all();
      times.twin.push(performance.now() - began);
    }
    const { stdout } = await run(PYTHON, [
      join(import.meta.dirname, "features-numpy.py"),
      folder,
      String(REPEATS),
    ]);
    const theirs = JSON.parse(stdout) as { single: number; batch: number; versions: Record<string, string> };
    times.single.push(theirs.single);
    times.batch.push(theirs.batch);
    versions = { ...versions, ...theirs.versions };
  }
  const bytes = readFileSync(join(folder, "features.f32"));
  const apart = difference(ours, new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4));
  // The best of all: what else the machine did only adds (as Python's timeit has it).
  const each = (list: readonly number[]): number => (1000 * Math.min(...list)) / windows;
  const [twin, single, batch] = [each(times.twin), each(times.single), each(times.batch)];
  return { name: row.name, twin, single, batch, apart, versions };
}

async function main(): Promise<void> {
  await setUp();
  const say = (line: string) => values.json || process.stdout.write(`${line}\n`);
  const folder = mkdtempSync(join(tmpdir(), "limpet-bench-"));
  const results = [];
  try {
    say(
      `Microseconds a window, ${windows} windows, best of ${REPEATS * Number(values.rounds)}; ${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, Node ${process.versions.node}.`,
    );
    say(
      `\n${"features".padEnd(42)}${["twin", "one by one", "ratio", "as an array", "ratio", "apart"].map((head) => head.padStart(12)).join("")}`,
    );
    for (const row of rows) {
      const result = await measure(row, folder);
      const { twin, single, batch, apart } = result;
      const cells = [twin, single, single / twin, batch, batch / twin].map((value) => value.toFixed(1));
      say(
        `${row.name.padEnd(42)}${[...cells, apart.toExponential(1)].map((cell) => cell.padStart(12)).join("")}`,
      );
      if (!(apart < MOST_DIFFERENCE)) throw new Error(`${row.name}: the features differ by ${apart}.`);
      results.push({ ...result, timesSingle: single / twin, timesBatch: batch / twin });
    }
    const versions = Object.assign({}, ...results.map((result) => result.versions)) as Record<string, string>;
    say(
      `\n${Object.entries(versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(", ")}. "apart": the largest difference, by the features' deviation.`,
    );
    if (values.json) process.stdout.write(`${JSON.stringify(results)}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
