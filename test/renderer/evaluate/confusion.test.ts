import { expect, it } from "vitest";
import { inOrder, worstPair } from "../../../src-renderer/evaluate/confusion.ts";

const COUNTS = {
  labels: ["bearing-fault", "imbalance", "normal"],
  matrix: [
    [40, 3, 2],
    [0, 45, 0],
    [7, 1, 37],
  ],
};

it("a confusion matrix takes the order of the goal in rows and columns alike; unknown classes come last", () => {
  expect(inOrder(COUNTS, ["normal", "imbalance"])).toEqual({
    labels: ["normal", "imbalance", "bearing-fault"],
    matrix: [
      [37, 1, 7],
      [0, 45, 0],
      [2, 3, 40],
    ],
  });
});

it("the pair that is confused most is named with its counts, and none where all is right", () => {
  expect(worstPair(COUNTS)).toEqual({ was: "normal", called: "bearing-fault", count: 7, total: 45 });
  expect(
    worstPair({
      labels: ["a", "b"],
      matrix: [
        [3, 0],
        [0, 4],
      ],
    }),
  ).toBeNull();
});
