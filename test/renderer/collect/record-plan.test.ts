import { describe, expect, it } from "vitest";
import { isReminderDue, nextClass, planLeft, planRows } from "../../../src-renderer/collect/record-plan.ts";
import type { RecordingInfo } from "../../../src-shared/contract/index.ts";

const made = (label: string, more: Partial<RecordingInfo> = {}): RecordingInfo =>
  ({ label, seconds: 10, excluded: false, incomplete: false, ...more }) as RecordingInfo;
const PLAN = { takes: 3, seconds: 10 };

describe("the plan of recordings", () => {
  it("counts whole recordings of the planned length that are used", () => {
    const all = [
      made("on"),
      made("on", { seconds: 9.5 }),
      made("on", { seconds: 4 }),
      made("on", { excluded: true }),
      made("on", { incomplete: true }),
      made("else"),
    ];
    expect(planRows(["on", "off"], all, PLAN)).toEqual([
      { label: "on", done: 2, wanted: 3 },
      { label: "off", done: 0, wanted: 3 },
    ]);
    expect(planLeft(planRows(["on", "off"], all, PLAN))).toBe(4);
  });

  it("stays with a class until it has enough, then takes the next one that is short, and ends", () => {
    const rows = (on: number, off: number) => [
      { label: "on", done: on, wanted: 3 },
      { label: "off", done: off, wanted: 3 },
    ];
    expect(nextClass(rows(0, 0), null)).toBe("on");
    expect(nextClass(rows(1, 1), "off")).toBe("off");
    expect(nextClass(rows(1, 3), "off")).toBe("on");
    expect(nextClass(rows(3, 3), "off")).toBeNull();
  });

  it("reminds after every so many recordings, never before the first, and not without words", () => {
    const wish = { reminder: "change the speed", remindEvery: 5 };
    expect([0, 1, 5, 6, 10].map((count) => isReminderDue(count, wish))).toEqual([
      false,
      false,
      true,
      false,
      true,
    ]);
    expect(isReminderDue(5, { ...wish, reminder: " " })).toBe(false);
  });
});
