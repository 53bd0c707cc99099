/**
 * Windows of a dataset through the classifier on a board: features, quantised input and scores of each, as the board computes
 * them. To a board that is made here, all windows go as the signal of its sensors, because the line to it is slow (17 kB/s
 * into QEMU); to a real board each goes over the link. Knows no metrics and no labels.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { LimpetError, throwIfCancelled } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import type { ReplayResult } from "../boards/board-replay.ts";
import { BoardSession } from "../boards/board-session.ts";
import { isMadeHere } from "../boards/open-board.ts";
import { encodeSignals, MAX_CHANNELS, type Signal } from "../boards/signal-container.ts";
import { SerialTransport } from "../boards/transports/serial.ts";
import { SimulatedTransport } from "../boards/transports/simulated.ts";
import { TcpTransport } from "../boards/transports/tcp.ts";
import { VirtualTransport } from "../boards/transports/virtual.ts";
import type { TwinPipeline } from "../features/twin.ts";
import { type StageDifference, sameAnswer, stageDifference } from "./board-difference.ts";
import { withoutAlone } from "./model-package.ts";
import { type PackageInput, type PackageSummary, summarisePackage, windowValues } from "./package-summary.ts";

const PACKAGE_HEAD_BYTES = 64;
/** What a package can be longer for section ALON: its entry and itself, with what aligns them. */
const ALONE_BYTES_MOST = 64;

export type BoardEvaluation = {
  /** Port of the board, as the user names it. */
  readonly port: string;
  /** The package that is to be evaluated. */
  readonly modelPackage: Uint8Array;
  /** Float32 samples in physical units, inputs in order, each interleaved by channel. */
  readonly windows: readonly Float32Array[];
  readonly features?: boolean | undefined;
  readonly quantised?: boolean | undefined;
  /** Virtual board only: exact instruction counts. */
  readonly instructions?: boolean | undefined;
  /** Flash of a board that is made here; absent: a fresh one, which gets the package and is thrown away. */
  readonly flashPath?: string | undefined;
};

/**
 * Evaluates windows on a board; one result for each window, in order. A board that is made here gets the package first, on
 * a flash of its own, so that what the user deployed stays. A real board must have it: else throws `board-refused`.
 */
export async function evaluateOnBoard(
  evaluation: BoardEvaluation,
  work: WorkOptions = {},
): Promise<ReplayResult[]> {
  const summary = summarisePackage(evaluation.modelPackage);
  checkWindows(evaluation.windows, summary);
  return isMadeHere(evaluation.port)
    ? onOwnFlash(evaluation, (flashPath) => replayFromSignal(evaluation, summary, flashPath, work))
    : replayOverLink(evaluation, summary, work);
}

export type BoardProof = {
  readonly results: readonly ReplayResult[];
  /** Where the board first computed otherwise than the twin; null: never. */
  readonly difference: FirstDifference | null;
};

export type FirstDifference = StageDifference & {
  /** Number of the window. */
  readonly window: number;
  /** Whether it came again when the window was run once more. */
  readonly repeated: boolean;
};

const TURN_MS = 20;

/**
 * Evaluates windows on a board and holds each answer against the twin's, bit for bit. At the first that differs the board runs that window
 * once more and tells what lies between, so that the stage can be named. Throws as evaluateOnBoard.
 */
export async function proveOnBoard(
  evaluation: BoardEvaluation,
  twin: TwinPipeline,
  work: WorkOptions = {},
): Promise<BoardProof> {
  const results = await evaluateOnBoard(evaluation, work);
  let turnEnds = performance.now() + TURN_MS;
  for (const [window, result] of results.entries()) {
    const samples = evaluation.windows[window] as Float32Array;
    const expected = twin.run(samples);
    if (!sameAnswer(result, expected)) {
      const once = { ...evaluation, windows: [samples], features: true, quantised: true };
      const [again = result] = await evaluateOnBoard(once, work);
      const found = stageDifference(again, expected);
      const difference = found ?? (stageDifference(result, expected) as StageDifference);
      return { results, difference: { ...difference, window, repeated: found !== null } };
    }
    if (performance.now() > turnEnds) {
      await nextTurn();
      throwIfCancelled(work.signal);
      turnEnds = performance.now() + TURN_MS;
    }
  }
  return { results, difference: null };
}

function checkWindows(windows: readonly Float32Array[], { inputs }: PackageSummary): void {
  const values = windowValues(inputs);
  const wrong = windows.findIndex((window) => window.length !== values);
  if (wrong >= 0) {
    throw new LimpetError(
      "internal",
      `Window ${wrong} has ${windows[wrong]?.length} values; the package wants ${values}.`,
    );
  }
}

async function onOwnFlash<T>(
  { flashPath }: BoardEvaluation,
  work: (flashPath: string) => Promise<T>,
): Promise<T> {
  if (flashPath !== undefined) {
    return work(flashPath);
  }
  const folder = mkdtempSync(join(tmpdir(), "limpet-evaluation-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  // A command that is interrupted does not wait for a board that only counts.
  process.once("exit", remove);
  try {
    return await work(join(folder, "flash"));
  } finally {
    process.off("exit", remove);
    remove();
  }
}

async function replayFromSignal(
  evaluation: BoardEvaluation,
  summary: PackageSummary,
  flashPath: string,
  work: WorkOptions,
): Promise<ReplayResult[]> {
  const signal = encodeSignals(signalsOf(evaluation.windows, summary.inputs));
  const { instructions } = evaluation;
  const transport =
    evaluation.port === "virtual"
      ? new VirtualTransport({ signal, flashPath, instructions })
      : new SimulatedTransport({ signal, flashPath });
  const session = await BoardSession.connect(transport);
  try {
    await ensureInstalled(session, evaluation.modelPackage, summary);
    await session.replay.begin("signal");
    const step = BigInt(summary.inputs[0]?.windowSamples ?? 0);
    return await each(evaluation, work, (index) =>
      session.replay.run({ firstSample: BigInt(index) * step }, wanted(evaluation)),
    );
  } finally {
    await session.close();
  }
}

async function ensureInstalled(
  session: BoardSession,
  modelPackage: Uint8Array,
  summary: PackageSummary,
): Promise<void> {
  if (isInstalled(session, summary)) {
    return;
  }
  const { accepted, test } = await session.update(modelPackage);
  if (!accepted) {
    throw new LimpetError(
      "board-refused",
      `The board's self-test failed: ${test.identical} of ${test.run} golden vectors came out the same.`,
      {
        field: session.port,
        hint: "Convert the experiment again, and set Limpet up again with `npm run setup`.",
      },
    );
  }
  await session.greet();
}

const isInstalled = (session: BoardSession, { modelHash }: PackageSummary): boolean =>
  session.hello.model?.hash === modelHash;

async function replayOverLink(
  evaluation: BoardEvaluation,
  summary: PackageSummary,
  work: WorkOptions,
): Promise<ReplayResult[]> {
  const { port } = evaluation;
  const session = await BoardSession.connect(
    port.startsWith("tcp://") ? new TcpTransport(port) : new SerialTransport(port),
  );
  try {
    if (!(await holdsModel(session, evaluation.modelPackage, summary))) {
      throw new LimpetError("board-refused", "The board has another model than this experiment's.", {
        field: port,
        hint: "Deploy the experiment first.",
      });
    }
    await session.replay.begin("link");
    return await each(evaluation, work, (_index, samples) =>
      session.replay.run({ samples }, wanted(evaluation)),
    );
  } finally {
    await session.close();
  }
}

/** Whether the board has this model, however it was told to run by itself. */
async function holdsModel(
  session: BoardSession,
  modelPackage: Uint8Array,
  summary: PackageSummary,
): Promise<boolean> {
  if (isInstalled(session, summary)) return true;
  if (session.hello.model?.name !== summary.name) return false;
  const head = await session.readPackage(PACKAGE_HEAD_BYTES);
  const bytes = new DataView(head.buffer, head.byteOffset).getUint32(8, true);
  if (Math.abs(bytes - modelPackage.length) > ALONE_BYTES_MOST) return false;
  const installed = await session.readPackage(bytes);
  return Buffer.compare(withoutAlone(installed), withoutAlone(modelPackage)) === 0;
}

const wanted = ({ features, quantised }: BoardEvaluation): { features: boolean; quantised: boolean } => ({
  features: features === true,
  quantised: quantised === true,
});

async function each(
  { windows }: BoardEvaluation,
  work: WorkOptions,
  replay: (index: number, samples: Float32Array) => Promise<ReplayResult>,
): Promise<ReplayResult[]> {
  const results: ReplayResult[] = [];
  for (const [index, samples] of windows.entries()) {
    throwIfCancelled(work.signal);
    results.push(await replay(index, samples));
    work.onProgress?.("evaluating on the board", (index + 1) / windows.length);
  }
  return results;
}

/**
 * Windows end to end as one signal for each sensor: window n begins at sample n times the window's length. Inputs that share
 * a sensor fill its channels side by side; channels that no input uses are zero.
 */
export function signalsOf(windows: readonly Float32Array[], inputs: readonly PackageInput[]): Signal[] {
  const sensors = [...new Set(inputs.map(({ sensor }) => sensor))];
  return sensors.map((sensor) => {
    const own = inputs.filter((input) => input.sensor === sensor);
    const first = own[0] as PackageInput;
    const width = Math.max(...own.flatMap(({ channels }) => channels)) + 1;
    if (width > MAX_CHANNELS || own.some(({ windowSamples }) => windowSamples !== first.windowSamples)) {
      throw new LimpetError("internal", `The inputs of sensor ${sensor} do not fit one signal.`);
    }
    const data = new Float32Array(windows.length * first.windowSamples * width);
    for (const [index, window] of windows.entries()) {
      let offset = 0;
      for (const input of inputs) {
        if (input.sensor === sensor) {
          copyInput(window, offset, input, data, index * first.windowSamples * width, width);
        }
        offset += input.windowSamples * input.channels.length;
      }
    }
    return {
      sensor,
      channels: Array.from({ length: width }, (_, channel) => ({ name: `channel${channel + 1}`, unit: "" })),
      rateHz: first.rateHz,
      scale: 1,
      samples: windows.length * first.windowSamples,
      data,
    };
  });
}

function copyInput(
  window: Float32Array,
  from: number,
  { channels, windowSamples }: PackageInput,
  data: Float32Array,
  to: number,
  width: number,
): void {
  for (let i = 0; i < windowSamples; i++) {
    for (const [position, channel] of channels.entries()) {
      data[to + i * width + channel] = window[from + i * channels.length + position] as number;
    }
  }
}
