import { describe, expect, it } from "vitest";
import { suspectLabels } from "../../src-main/training/label-errors.ts";

const rows = (...values: number[][]): Float32Array => Float32Array.from(values.flat());

describe("labels that look wrong", () => {
  it("are those of examples that another class is as sure of as of its own, the surest first", () => {
    // A worked example: class 0 is sure of its own by 0.8 on average, class 1 by 0.7.
    const probabilities = rows(
      [0.9, 0.1],
      [0.9, 0.1],
      [0.6, 0.4],
      [0.3, 0.7],
      [0.1, 0.9],
      [0.05, 0.95],
      [0.2, 0.8],
    );
    const suspects = suspectLabels(probabilities, [0, 0, 0, 1, 1, 0, 1], 2);
    expect(suspects.map(({ example, given, suggested }) => [example, given, suggested])).toEqual([[5, 0, 1]]);
    expect(suspects[0]?.margin).toBeCloseTo(0.9, 6);
  });

  it("come with the surest first, also where it stands last", () => {
    const probabilities = rows(
      [0.9, 0.1],
      [0.9, 0.1],
      [0.9, 0.1],
      [0.3, 0.7],
      [0.3, 0.7],
      [0.2, 0.8],
      [0.05, 0.95],
    );
    const suspects = suspectLabels(probabilities, [0, 0, 0, 1, 1, 0, 0], 2);
    expect(suspects.map(({ example }) => example)).toEqual([6, 5]);
  });

  it("are not those that the model is merely unsure of, nor of a class that is always unsure", () => {
    // Class 1 is never surer than 0.5 of its own; an example of class 0 with 0.55 for class 1 passes that, one with 0.45 does not.
    const probabilities = rows([0.9, 0.1], [0.55, 0.45], [0.45, 0.55], [0.5, 0.5], [0.5, 0.5]);
    expect(suspectLabels(probabilities, [0, 0, 0, 1, 1], 2).map(({ example }) => example)).toEqual([2]);
  });

  it("are never called by a class that has no examples, and are none where there is nothing", () => {
    expect(suspectLabels(rows([0.2, 0.1, 0.7], [0.3, 0.6, 0.1]), [0, 1], 3)).toEqual([]);
    expect(suspectLabels(new Float32Array(0), [], 2)).toEqual([]);
  });
});
