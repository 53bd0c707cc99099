/**
 * `npm run bench:training`: milliseconds per epoch of 512 windows in batches of 32, Limpet beside Keras (its default, on the CPU) and
 * tfjs-node, the same networks on the same machine in turns. The ratio says how many times as fast as Keras. tfjs-node is measured
 * where it is set up; Keras comes from a virtual environment in .tools/tensorflow, which `--keras` makes (pip, 1.6 GB).
 *
 *   node bench/training.ts [--keras] [--epochs 20] [--rounds 3] [--json]
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import type { z } from "zod";
import { sizeOf } from "../src-main/training/architecture.ts";
import { availableBackends } from "../src-main/training/backends.ts";
import { RandomSequence } from "../src-main/training/random.ts";
import type { Samples } from "../src-main/training/samples.ts";
import { trainNetwork } from "../src-main/training/train.ts";
import { networkDesign, trainingDesign } from "../src-shared/design.ts";

const { values } = parseArgs({
  options: {
    keras: { type: "boolean", default: false },
    epochs: { type: "string", default: "20" },
    rounds: { type: "string", default: "3" },
    json: { type: "boolean", default: false },
  },
});

const run = promisify(execFile);
const root = join(import.meta.dirname, "..");
const PYTHON = join(root, ".tools/tensorflow/bin/python");
const WINDOWS = 512;
/** Epochs at the beginning of each run that are not counted: compilers are warming up. */
const WARM_UP = 5;
const epochs = Number(values.epochs) + WARM_UP;

type Row = {
  readonly name: string;
  readonly about: string;
  readonly network: z.input<typeof networkDesign>;
  readonly shape: readonly number[];
  readonly classes: number;
};

const rows: readonly Row[] = [
  {
    name: "dense",
    about: "33-20-10-3",
    network: { kind: "dense", units: [20, 10] },
    shape: [33],
    classes: 3,
  },
  {
    name: "conv1d",
    about: "128x3-16-pool-32-average",
    network: { kind: "conv1d", filters: [16, 32], kernel: 5 },
    shape: [128, 3],
    classes: 4,
  },
  {
    name: "conv2d",
    about: "49x40x1, 8 filters 10x8 stride 2",
    network: { kind: "conv2d", filters: [8], kernel: [10, 8], dropout: 0 },
    shape: [49, 40],
    classes: 4,
  },
  {
    name: "ds-cnn",
    about: "49x40x1, 16 filters, 2 separable blocks",
    network: { kind: "ds-cnn", filters: 16, blocks: 2, dropout: 0 },
    shape: [49, 40],
    classes: 4,
  },
];

function samples(count: number, { shape, classes }: Row): Samples {
  const random = new RandomSequence(1);
  return {
    count,
    features: Float32Array.from({ length: count * sizeOf(shape) }, () => random.normal()),
    targets: Int32Array.from({ length: count }, () => random.below(classes)),
  };
}

/**
 * Milliseconds of an epoch, on average after the first ones: short epochs are told of several at a time. The validation set is one batch,
 * since Keras has none here.
 */
async function limpet(row: Row, backend: "wasm" | "tfjs-node"): Promise<number[]> {
  const times: number[] = [];
  let before = 0;
  await trainNetwork(
    {
      network: networkDesign.parse(row.network),
      training: trainingDesign.parse({ epochs, patience: epochs }),
      task: "classification",
      inputShape: row.shape,
      outputs: row.classes,
      train: samples(WINDOWS, row),
      validation: samples(32, row),
      backend,
    },
    {
      onEpoch: () => {
        const now = performance.now();
        times.push(now - before);
        before = now;
      },
    },
  );
  const counted = times.slice(WARM_UP);
  return [counted.reduce((sum, time) => sum + time, 0) / counted.length];
}

async function keras(row: Row): Promise<number[]> {
  const { stdout } = await run(PYTHON, [
    join(import.meta.dirname, "training-keras.py"),
    row.name,
    String(epochs),
  ]);
  const line = stdout.trim().split("\n").at(-1) ?? "";
  const { epochs: times } = JSON.parse(line) as { epochs: number[] };
  return times.slice(WARM_UP);
}

async function setUpKeras(): Promise<void> {
  if (existsSync(PYTHON)) return;
  process.stderr.write("Installing TensorFlow into .tools/tensorflow.\n");
  await run(process.execPath, [join(root, "scripts/setup-tfjs-node.mjs"), "--tensorflow-only"]);
}

function median(times: readonly number[]): number | null {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}

const text = (value: number | null, digits = 1) => (value === null ? "-" : value.toFixed(digits));

async function main(): Promise<void> {
  if (values.keras) await setUpKeras();
  const withKeras = existsSync(PYTHON);
  const node = availableBackends().find(({ name }) => name === "tfjs-node");
  const say = (line: string) => values.json || process.stdout.write(`${line}\n`);
  say(
    `Milliseconds per epoch of ${WINDOWS} windows, batch 32; ${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, Node ${process.versions.node}.`,
  );
  if (!withKeras) say("Keras is not measured: run with --keras to install it into .tools/tensorflow.");
  if (!node?.available) say(`tfjs-node is not measured: ${node?.reason}`);
  say(
    `\n${"network".padEnd(50)}${["Limpet", "Keras", "tfjs-node", "x Keras"].map((head) => head.padStart(11)).join("")}`,
  );
  const results = [];
  for (const row of rows) {
    const times: Record<"wasm" | "keras" | "node", number[]> = { wasm: [], keras: [], node: [] };
    for (let round = 0; round < Number(values.rounds); round++) {
      times.wasm.push(...(await limpet(row, "wasm")));
      if (withKeras) times.keras.push(...(await keras(row)));
      if (node?.available) times.node.push(...(await limpet(row, "tfjs-node")));
    }
    const [own, theirs, native] = [median(times.wasm), median(times.keras), median(times.node)];
    const ratio = own === null || theirs === null ? null : theirs / own;
    results.push({ network: row.name, limpet: own, keras: theirs, tfjsNode: native, timesKeras: ratio });
    const cells = [text(own), text(theirs), text(native), text(ratio)];
    say(`${`${row.name} ${row.about}`.padEnd(50)}${cells.map((cell) => cell.padStart(11)).join("")}`);
  }
  if (values.json) process.stdout.write(`${JSON.stringify(results)}\n`);
}

await main();
