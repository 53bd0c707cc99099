/**
 * The scores of the int8 model as the board computes them, in the device twin: of windows as they come, or of a project's windows in a
 * work thread. Knows no boards, no labels and no metrics.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Design } from "../../src-shared/design.ts";
import { throwIfCancelled } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import { ProjectFile } from "../dataset/project-file.ts";
import type { FirstDifference } from "../deployment/board-evaluation.ts";
import { type RecordingWindows, readWindows } from "../features/dataset-windows.ts";
import { Twin } from "../features/twin.ts";
import type { JobInput, PlainAnswers } from "../threads/thread-jobs.ts";
import { awayOrHere } from "../threads/work-threads.ts";

const TURN_MS = 20;

/** What an engine says of windows, in order. */
export type Answers = {
  /** Scores of the classes, or the value. */
  readonly scores: readonly Float32Array[];
  /** Distance from the recorded states; empty where the model has none. */
  readonly anomaly: readonly number[];
  /** Index of the label that the board calls a window; null: unknown, or a value. */
  readonly called: readonly (number | null)[];
  /** Of a board: where it first computed otherwise than the device twin; null: never. */
  readonly difference?: FirstDifference | null;
};

/**
 * Front end and int8 network as the board runs them.
 * @param windows raw samples
 * @param count how many windows there are, for progress
 */
export async function int8Answers(
  modelPackage: Uint8Array,
  windows: Iterable<Float32Array>,
  count: number,
  work: WorkOptions = {},
): Promise<Answers> {
  const pipeline = (await Twin.load()).pipeline(modelPackage);
  const scores: Float32Array[] = [];
  const anomaly: number[] = [];
  const called: (number | null)[] = [];
  let turnEnds = performance.now() + TURN_MS;
  for (const window of windows) {
    const result = pipeline.run(window);
    scores.push(result.scores);
    called.push(result.label);
    if (result.anomaly !== null) anomaly.push(result.anomaly);
    if (performance.now() > turnEnds) {
      work.onProgress?.("evaluating in the device twin", scores.length / count);
      await nextTurn();
      throwIfCancelled(work.signal);
      turnEnds = performance.now() + TURN_MS;
    }
  }
  return { scores, anomaly, called };
}

/**
 * The same for windows of a project: in the engine a work thread reads and runs them. Throws `cancelled`, and as `inThread`.
 */
export async function int8AnswersOf(
  project: ProjectFile,
  design: Pick<Design, "window" | "inputs">,
  plan: readonly RecordingWindows[],
  modelPackage: Uint8Array,
  work: WorkOptions = {},
): Promise<Answers> {
  const count = plan.reduce((sum, { windows }) => sum + windows.length, 0);
  const { scores, anomaly, called } = await awayOrHere(
    "int8",
    { path: project.path, design, plan, modelPackage },
    async () => plain(await int8Answers(modelPackage, readWindows(project, design, plan), count, work)),
    work,
  );
  const outputs = scores.length / Math.max(1, count);
  return {
    scores: Array.from({ length: count }, (_, row) => scores.subarray(row * outputs, (row + 1) * outputs)),
    anomaly,
    called,
  };
}

/** The job `int8` of a work thread. Throws what opening a project throws, and `cancelled`. */
export async function int8ByPath(
  { path, design, plan, modelPackage }: JobInput<"int8">,
  work: WorkOptions,
): Promise<PlainAnswers> {
  const count = plan.reduce((sum, { windows }) => sum + windows.length, 0);
  // Whoever has the project open mends it.
  const project = ProjectFile.open(path, { readonly: true, asItIs: true });
  try {
    return plain(await int8Answers(modelPackage, readWindows(project, design, plan), count, work));
  } finally {
    project.close();
  }
}

function plain({ scores, anomaly, called }: Answers): PlainAnswers {
  const outputs = scores[0]?.length ?? 0;
  const all = new Float32Array(scores.length * outputs);
  for (const [row, own] of scores.entries()) all.set(own, row * outputs);
  return { scores: all, anomaly, called };
}
