import { describe, expect, it } from "vitest";
import { totalSeconds } from "../../../src-renderer/collect/recorder-settings.ts";
import { ratesOf, sensorsOf } from "../../../src-renderer/collect/sensor-choice.ts";
import type { BoardInfo, RecordingInfo } from "../../../src-shared/contract/index.ts";

const board: BoardInfo = {
  port: "p",
  board: "virtual",
  name: "Board",
  firmware: "1",
  model: null,
  sensors: [
    {
      id: "accelerometer",
      kind: "accelerometer",
      channels: ["x"],
      unit: "g",
      rates: [400, 1600],
      resolution: 1,
    },
    { id: "microphone", kind: "microphone", channels: ["a"], unit: "", rates: [16_000], resolution: 1 },
  ],
};
const plain = { without: [], rates: {} };

const recordedAt = (rateHz: number): RecordingInfo =>
  ({ streams: [{ sensor: "accelerometer", rateHz }] }) as unknown as RecordingInfo;

describe("the sensors of a recording", () => {
  it("are all of the board's, unnamed, where nothing else is wanted", () => {
    expect(sensorsOf(board, plain)).toEqual([]);
  });

  it("have the rate of the project's other recordings, so that they can be learnt from together", () => {
    const others = ratesOf([recordedAt(1600), recordedAt(1600), recordedAt(200)]);
    expect(sensorsOf(board, plain, others)).toEqual([
      { id: "accelerometer", rateHz: 1600 },
      { id: "microphone" },
    ]);
    expect(sensorsOf(board, plain, ratesOf([recordedAt(200)]))).toEqual([]);
  });

  it("are those that were chosen, at the rates that were chosen; all where none is left", () => {
    expect(sensorsOf(board, { without: ["microphone"], rates: { accelerometer: 1600 } })).toEqual([
      { id: "accelerometer", rateHz: 1600 },
    ]);
    expect(sensorsOf(board, { without: ["microphone", "accelerometer"], rates: {} })).toEqual([]);
  });
});

describe("how long it takes", () => {
  it("counts countdowns of a series, and is not known of one without an end", () => {
    const settings = { seconds: 5, takes: 10, countdown: 3, start: "countdown" as const };
    expect(totalSeconds({ ...settings, mode: "series" })).toBe(80);
    expect(totalSeconds({ ...settings, mode: "fixed" })).toBe(8);
    expect(totalSeconds({ ...settings, mode: "open" })).toBeNull();
  });
});
