import { describe, expect, it } from "vitest";
import { logEntries } from "../../src-main/engine/log-lines.ts";

const line = (time: number, level: number, msg: string, more: object = {}): string =>
  JSON.stringify({ level, time, pid: 7, ...more, msg });

describe("the log as people read it", () => {
  it("gives the newest lines of all files, oldest first, with level, time and details", () => {
    const newer = [
      line(3000, 40, "no snapshot was made", { reason: "no-space" }),
      line(4000, 50, "worse"),
    ].join("\n");
    const older = [line(1000, 30, "engine started"), line(2000, 20, "small talk")].join("\n");
    expect(logEntries([`${newer}\n`, older], 3)).toEqual([
      { at: "1970-01-01T00:00:02.000Z", level: "debug", message: "small talk", detail: "" },
      {
        at: "1970-01-01T00:00:03.000Z",
        level: "warning",
        message: "no snapshot was made",
        detail: '{"reason":"no-space"}',
      },
      { at: "1970-01-01T00:00:04.000Z", level: "error", message: "worse", detail: "" },
    ]);
  });

  it("passes over lines that were cut off or are none, and never names the home folder", () => {
    const text = [
      "",
      "{",
      "null",
      "[1]",
      line(1000, 30, "project opened", { path: "/home/ana/Pump.limpet" }),
      '{"level":30,"time":"x","msg":"y"}',
      line(2000, 30, "cut").slice(0, 20),
    ].join("\n");
    const [only, ...rest] = logEntries([text], 100, "/home/ana");
    expect(rest).toEqual([]);
    expect(only?.detail).toBe('{"path":"~/Pump.limpet"}');
  });
});
