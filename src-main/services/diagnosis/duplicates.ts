/**
 * The same measurement twice: by content, and nearly (shifted, cut, scaled or written in another format), where the two are on
 * different sides of the split or have different labels. Knows projects; how two signals are compared, it is told.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { DiagnosisFinding, RecordingInfo } from "../../../src-shared/contract/index.ts";
import type { Design } from "../../../src-shared/design.ts";
import { throwIfCancelled } from "../../../src-shared/errors.ts";
import type { WorkOptions } from "../../../src-shared/work.ts";
import type { ProjectFile } from "../../dataset/project-file.ts";
import { fitNormalisation, normalise } from "../../features/normalisation.ts";
import { streamFor } from "../../features/resolve-design.ts";
import { findSame } from "../../features/same-signal.ts";
import { usable } from "../../features/sensor-choice.ts";
import { turns } from "../../threads/turns.ts";
import type { Table } from "../learning-data.ts";

/** Each recording is compared with the so many others whose features are nearest, and not more pairs than this in all. */
const NEAREST = 3;
const MOST_PAIRS = 150;
/** Samples that are looked for, and that they are looked for in. */
const TEMPLATE = 4096;
const SEARCHED = 28_672;
/** Shorter ones are alike by chance. */
const LEAST = 64;

type Pair = { readonly a: RecordingInfo; readonly b: RecordingInfo };

export async function diagnoseDuplicates(
  project: ProjectFile,
  design: Design,
  table: Table,
  work: WorkOptions = {},
): Promise<DiagnosisFinding[]> {
  const exact = exactPairs(project);
  const known = new Set(exact.map(keyOf));
  const near: Pair[] = [];
  const candidates = (await nearestPairs(table, work)).filter((pair) => !known.has(keyOf(pair)));
  for (const [index, pair] of candidates.entries()) {
    if (isSame(project, design, pair)) near.push(pair);
    work.onProgress?.("looking for duplicates", (index + 1) / candidates.length);
    await nextTurn();
    throwIfCancelled(work.signal);
  }
  return [
    ...exact.flatMap((pair) => inWords(pair, "has the same samples as")),
    ...near.flatMap((pair) => inWords(pair, "is nearly the same measurement as")),
  ];
}

const keyOf = ({ a, b }: Pair): string => `${Math.min(a.id, b.id)} ${Math.max(a.id, b.id)}`;

function exactPairs(project: ProjectFile): Pair[] {
  const byId = new Map(usable(project.recordings()).map((recording) => [recording.id, recording]));
  return project.sameContents().flatMap((ids) => {
    const [first, ...others] = ids.flatMap((id) => byId.get(id) ?? []);
    return first === undefined ? [] : others.map((other) => ({ a: first, b: other }));
  });
}

/** Pairs of recordings whose mean features lie nearest to each other, the nearest first. */
async function nearestPairs({ windows, features }: Table, work: WorkOptions): Promise<Pair[]> {
  const { size, values } = features;
  const breathe = turns(work.signal);
  const normalisation = fitNormalisation("standard", values, size);
  await breathe();
  const normalised = normalise(values, normalisation);
  const means = new Map<RecordingInfo, Float64Array>();
  const counts = new Map<RecordingInfo, number>();
  for (const [row, { recording }] of windows.entries()) {
    const mean = means.get(recording) ?? new Float64Array(size);
    for (let i = 0; i < size; i++) mean[i] = (mean[i] as number) + (normalised[row * size + i] as number);
    means.set(recording, mean);
    counts.set(recording, (counts.get(recording) ?? 0) + 1);
    await breathe();
  }
  const rows = [...means].map(([recording, sum]) => ({
    recording,
    mean: sum.map((value) => value / (counts.get(recording) ?? 1)),
  }));
  const pairs = new Map<string, Pair & { distance: number }>();
  for (const { recording: a, mean } of rows) {
    await breathe();
    const others = rows
      .filter(({ recording: b }) => b !== a && matters({ a, b }))
      .map(({ recording: b, mean: other }) => ({ a, b, distance: distance(mean, other) }))
      .sort((one, two) => one.distance - two.distance);
    for (const pair of others.slice(0, NEAREST)) pairs.set(keyOf(pair), pair);
  }
  return [...pairs.values()].sort((one, two) => one.distance - two.distance).slice(0, MOST_PAIRS);
}

function distance(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += ((a[i] as number) - (b[i] as number)) ** 2;
  return sum;
}

/** Two of one label on one side only weigh double. */
const matters = ({ a, b }: Pair): boolean => a.split !== b.split || a.label !== b.label;

/** Compares the channel that moves most of the first input: the shorter recording's middle is looked for in the other. */
function isSame(project: ProjectFile, { inputs }: Design, { a, b }: Pair): boolean {
  const [input] = inputs;
  if (input === undefined) return false;
  const [one, two] = [streamFor(a, input), streamFor(b, input)];
  if (one === undefined || two === undefined) return false;
  const [short, long] = one.samples <= two.samples ? [one, two] : [two, one];
  const name = input.channels[0] ?? "";
  const read = (stream: typeof short, most: number): Float32Array[] => {
    const count = Math.min(most, stream.samples);
    const values = project.readValues(stream.id, Math.floor((stream.samples - count) / 2), count);
    const width = stream.channels.length;
    return stream.channels.map((_, channel) =>
      Float32Array.from({ length: count }, (__, i) => values[i * width + channel] as number),
    );
  };
  // Cut off at its ends, so that it is found where the other one begins a little later.
  const template = read(short, Math.min(TEMPLATE, Math.floor(short.samples * 0.6)));
  if ((template[0]?.length ?? 0) < LEAST || short.channels.length !== long.channels.length) return false;
  const at = short.channels.findIndex((channel) => channel.name === name);
  const place = template.reduce(
    (best, values, index) => (powerOf(values) > powerOf(template[best] as Float32Array) ? index : best),
    Math.max(0, at),
  );
  const searched = read(long, SEARCHED)[place];
  return searched !== undefined && findSame(template[place] as Float32Array, searched) !== null;
}

function powerOf(values: Float32Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
}

function inWords({ a, b }: Pair, how: string): DiagnosisFinding[] {
  const recordings = [a.id, b.id];
  if (a.label !== b.label) {
    return [
      {
        kind: "duplicate",
        severity: "error",
        message: `${b.name} (${b.label}) ${how} ${a.name} (${a.label}): one of the two labels is wrong.`,
        hint: "Look at both, correct the label of one and delete the other.",
        recordings,
        place: "collect",
      },
    ];
  }
  if (a.split !== b.split) {
    return [
      {
        kind: "duplicate",
        severity: "error",
        message: `${b.name} (${b.split ?? "all sides"}) ${how} ${a.name} (${a.split ?? "all sides"}): the test knows what was trained on.`,
        hint: "Delete one of the two, or give both the same group and split by group.",
        recordings,
        place: "collect",
      },
    ];
  }
  return [
    {
      kind: "duplicate",
      severity: "info",
      message: `${b.name} ${how} ${a.name}: it counts double.`,
      hint: "Delete one of the two.",
      recordings,
      place: "collect",
    },
  ];
}
