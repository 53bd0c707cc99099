/** Where a board computes otherwise than the twin: which stage, which value, which window. */
import { afterEach, describe, expect, it } from "vitest";
import type { ReplayResult } from "../../src-main/boards/board-replay.ts";
import { sameAnswer, stageDifference } from "../../src-main/deployment/board-difference.ts";
import { proveOnBoard } from "../../src-main/deployment/board-evaluation.ts";
import { withAlone } from "../../src-main/deployment/model-package.ts";
import { Twin, type TwinPipeline, type TwinResult } from "../../src-main/features/twin.ts";
import { FakeBoard } from "../boards/fake-board.ts";
import { seededRandom } from "../conversion/networks.ts";
import { temporaryFolder } from "../dataset/helpers.ts";
import { inputOf, makePackage, noiseWindow } from "../parity/random-packages.ts";

const twinResult: TwinResult = {
  features: Float32Array.of(0.5, -1, 2),
  quantised: Int8Array.of(3, -7, 12),
  raw: Int8Array.of(-100, 90),
  scores: Float32Array.of(0.1, 0.9),
  anomaly: 1.25,
  label: 1,
};
const boardResult: ReplayResult = { ...twinResult, frontendInstructions: 5, networkInstructions: 6 };

describe("a difference between board and twin", () => {
  it("is none where all is the same, also not a number", () => {
    expect(stageDifference(boardResult, twinResult)).toBe(null);
    const strange = { scores: Float32Array.of(Number.NaN, 0.9), anomaly: Number.NaN };
    expect(stageDifference({ ...boardResult, ...strange }, { ...twinResult, ...strange })).toBe(null);
  });

  it.each([
    [
      "front end",
      { features: Float32Array.of(0.5, -1, 2.0000002), quantised: Int8Array.of(0, 0, 0) },
      2,
      2.000000238418579,
      2,
    ],
    ["quantisation", { quantised: Int8Array.of(3, -8, 12), raw: Int8Array.of(0, 0) }, 1, -8, -7],
    ["network", { raw: Int8Array.of(-99, 90), scores: Float32Array.of(0.2, 0.9) }, 0, -99, -100],
    ["scores", { scores: Float32Array.of(0.1, -0), label: 0 }, 1, -0, Math.fround(0.9)],
    ["anomaly score", { anomaly: 1.5 }, 0, 1.5, 1.25],
    ["anomaly score", { anomaly: null }, 0, Number.NaN, 1.25],
    ["label", { label: null }, 0, -1, 1],
  ] as const)("in the %s is told with place and both values", (stage, change, index, board, twin) => {
    expect(stageDifference({ ...boardResult, ...change }, twinResult)).toEqual({ stage, index, board, twin });
  });

  it("is found at the output where the board did not tell what lies between", () => {
    const none = { features: new Float32Array(0), quantised: new Int8Array(0) };
    const wrong = { ...boardResult, ...none, raw: Int8Array.of(-100, 91) };
    expect(stageDifference(wrong, twinResult)).toMatchObject({ stage: "network", index: 1 });
    expect(sameAnswer(wrong, twinResult)).toBe(false);
    expect(sameAnswer({ ...boardResult, ...none }, twinResult)).toBe(true);
  });
});

describe("a proof on a board", () => {
  const boards: FakeBoard[] = [];
  afterEach(async () => {
    for (const board of boards.splice(0)) await board.close();
  });
  const design = {
    name: "raw",
    lengthMs: 20,
    strideMs: 20,
    inputs: [inputOf("accelerometer", 100, [0], { block: "raw" })],
  };

  /** What the fake board computes (features 2 x, score their sum), but for a score that `wrong` would have. */
  const like = (pipeline: TwinPipeline, wrong: number): TwinPipeline => ({
    ...pipeline,
    run: (window) => {
      const sum = window.reduce((all, value) => all + value, 0);
      return {
        features: window.map((value) => 2 * value),
        quantised: new Int8Array(0),
        raw: Int8Array.of(3),
        scores: Float32Array.of(sum === wrong ? 0 : sum),
        anomaly: null,
        label: 0,
      };
    },
  });

  it("on the simulated board finds no difference in any window", async () => {
    const twin = await Twin.load();
    const { bytes, windowValues } = makePackage(twin, { ...design, lengthMs: 200 }, 3, "dense");
    const random = seededRandom(4);
    const windows = Array.from({ length: 40 }, () => noiseWindow(random, windowValues));
    const evaluation = {
      port: "simulated",
      modelPackage: bytes,
      windows,
      flashPath: `${temporaryFolder()}/flash`,
    };
    const { results, difference } = await proveOnBoard(evaluation, twin.pipeline(bytes));
    expect(results).toHaveLength(40);
    expect(difference).toBe(null);
  });

  it("names window, stage and value of the first difference, and knows the model however it runs by itself", async () => {
    const board = await FakeBoard.start();
    boards.push(board);
    const twin = await Twin.load();
    const { bytes } = makePackage(twin, design, 3, "dense");
    const alone = withAlone(bytes, { periodMs: 60_000, graceMs: 10_000, labels: [1], unknown: false });
    board.install(alone, "raw", ["one", "two", "three"]);
    const windows = [Float32Array.of(1, 2), Float32Array.of(3, 4), Float32Array.of(5, 6)];
    const evaluation = { port: board.port, modelPackage: bytes, windows };
    const { difference } = await proveOnBoard(evaluation, like(twin.pipeline(bytes), 7));
    expect(difference).toEqual({ window: 1, stage: "scores", index: 0, board: 7, twin: 0, repeated: true });
    // Three windows, and the one that differed once more.
    expect(board.seen.filter(({ kind }) => kind === "replay-run")).toHaveLength(4);
    expect((await proveOnBoard(evaluation, like(twin.pipeline(bytes), 8))).difference).toBe(null);
    const other = await proveOnBoard(evaluation, twin.pipeline(bytes));
    expect(other.difference).toMatchObject({ window: 0, stage: "front end", index: 0, board: 2, twin: 1 });
    // A model that differs in more is another one.
    board.install(makePackage(twin, design, 4, "dense").bytes, "raw", ["one", "two", "three"]);
    await expect(proveOnBoard(evaluation, like(twin.pipeline(bytes), 3))).rejects.toMatchObject({
      code: "board-refused",
    });
  });
});
