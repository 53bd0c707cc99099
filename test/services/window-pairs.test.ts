import { describe, expect, it } from "vitest";
import { pairWindows } from "../../src-main/services/window-pairs.ts";

const at = (id: number, ...starts: number[]) => starts.map((startMs) => ({ recording: { id }, startMs }));

describe("windows of two designs", () => {
  it("go together one by one where they are the same", () => {
    const windows = [...at(1, 0, 500, 1000), ...at(2, 0, 500)];
    expect(pairWindows(windows, windows)).toEqual([0, 1, 2, 3, 4].map((index) => [index, index]));
  });

  it("of different strides go with the nearest, none twice", () => {
    const fine = at(1, 0, 250, 500, 750, 1000, 1250);
    const coarse = at(1, 0, 320, 640, 960, 1280);
    expect(pairWindows(coarse, fine)).toEqual([
      [0, 0],
      [1, 1],
      [2, 3],
      [3, 4],
      [4, 5],
    ]);
    expect(pairWindows(fine, coarse)).toEqual([
      [0, 0],
      [1, 1],
      [3, 2],
      [4, 3],
      [5, 4],
    ]);
  });

  it("of other recordings, or farther away than half a stride, have nothing in common", () => {
    expect(pairWindows(at(1, 0, 500), at(2, 0, 500))).toEqual([]);
    expect(pairWindows(at(1, 3000), at(1, 0, 500, 1000))).toEqual([]);
    expect(pairWindows([], at(1, 0))).toEqual([]);
    expect(pairWindows(at(1, 10), at(1, 0))).toEqual([[0, 0]]);
  });
});
