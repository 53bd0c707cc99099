import { describe, expect, it } from "vitest";
import { calledAs, heldAnswer, UNKNOWN } from "../../../src-renderer/deploy/live-answers.ts";

describe("the live answer", () => {
  it("below the threshold is called unknown", () => {
    const answer = { timeMs: 0, label: "on", scores: { on: 0.6, off: 0.4 } };
    expect(calledAs(answer, 0.5)).toBe("on");
    expect(calledAs(answer, 0.7)).toBe(UNKNOWN);
  });

  it("is held until another one came twice in a row", () => {
    expect(heldAnswer(["on", "on", "off"])).toBe("on");
    expect(heldAnswer(["on", "on", "off", "on", "off"])).toBe("on");
    expect(heldAnswer(["on", "on", "off", "off"])).toBe("off");
    expect(heldAnswer(["off"])).toBe("off");
    expect(heldAnswer([])).toBeNull();
  });
});
