import { expect, test } from "vitest";
import { chosen } from "../../../src-renderer/deploy/reckoned-board.ts";
import type { BoardBudget } from "../../../src-shared/contract/index.ts";

const boards = ["microbit-v2", "nano-33-ble", "virtual"].map((board) => ({ board }) as BoardBudget);

test("power is reckoned for the connected board, and for the smallest one where that has no current of its own", () => {
  expect(chosen(boards, "nano-33-ble")?.board).toBe("nano-33-ble");
  for (const kind of [null, "virtual", "simulated", "a board of another maker"]) {
    expect(chosen(boards, kind)?.board).toBe("microbit-v2");
  }
  expect(chosen([], "nano-33-ble")).toBeNull();
});
