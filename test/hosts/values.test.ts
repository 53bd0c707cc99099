/** Values of flags, and what a command ends with: the part of the command line that scripts rely on. */
import { describe, expect, it } from "vitest";
import { choiceOption, counted, numberOption, table } from "../../src-main/hosts/cli/values.ts";
import { ERROR_CODES } from "../../src-shared/errors.ts";
import { errorOf } from "../dataset/helpers.ts";

describe("the number of a flag", () => {
  it("is taken as it stands, and absent where the flag is", () => {
    expect(numberOption("seconds", undefined)).toBeUndefined();
    expect(numberOption("seconds", "2.5", { above: 0 })).toBe(2.5);
    expect(numberOption("seed", "0", { min: 0, whole: true })).toBe(0);
    expect(numberOption("port", " 8080 ", { min: 1, max: 8080, whole: true })).toBe(8080);
  });

  it.each([
    ["", {}],
    ["  ", { min: 0 }],
    ["many", {}],
    ["Infinity", {}],
    ["0", { above: 0 }],
    ["-1", { min: 0 }],
    ["8081", { max: 8080 }],
    ["1.5", { whole: true }],
  ])("is refused for “%s” within %o, and the flag is named", (text, range) => {
    expect(errorOf("usage", () => numberOption("rate", text, range)).field).toBe("rate");
  });
});

describe("a choice", () => {
  it("is one of those that there are, and no other", () => {
    expect(choiceOption("by", "group", ["recording", "group"])).toBe("group");
    expect(errorOf("usage", () => choiceOption("by", "day", ["recording", "group"])).hint).toContain(
      "recording, group",
    );
  });
});

describe("the exit code", () => {
  it("tells a script what kind of end it was: used wrongly, a board, interrupted, or anything else", () => {
    const codes = new Map<number, string[]>();
    for (const [code, exit] of Object.entries(ERROR_CODES))
      codes.set(exit, [...(codes.get(exit) ?? []), code]);
    expect([...codes.keys()].sort((a, b) => a - b)).toEqual([1, 2, 3, 130]);
    expect(codes.get(130)).toEqual(["cancelled"]);
    expect(codes.get(3)).toEqual(Object.keys(ERROR_CODES).filter((code) => code.startsWith("board-")));
    expect(codes.get(2)?.sort()).toEqual([
      "invalid-design",
      "invalid-file",
      "not-found",
      "project-invalid",
      "project-newer",
      "usage",
    ]);
  });
});

describe("text for people", () => {
  it("counts one and several, and puts numbers under each other by their ends", () => {
    expect([counted(1, "recording"), counted(0, "recording"), counted(2, "recording")]).toEqual([
      "1 recording",
      "0 recordings",
      "2 recordings",
    ]);
    expect(
      table([
        ["a", 5, "x"],
        ["long", 100, ""],
      ]),
    ).toBe("a       5  x\nlong  100");
  });
});
