import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { matchPattern, parsePattern } from "../../src-main/dataset/user-pattern.ts";
import { errorOf, finished, temporaryFolder } from "./helpers.ts";

/** Takes longer than the age of the world where nothing stops it. */
const ENDLESS = "(a+)+$";
const NAME = `${"a".repeat(60)}!`;

describe("a regular expression from outside", () => {
  it("gives the first match of each text with its groups", () => {
    expect(matchPattern(parsePattern("s(\\d)", "group"), ["a.s3", "b", "s4.s5"], "group")).toEqual([
      ["s3", "3"],
      null,
      ["s4", "4"],
    ]);
    expect(errorOf("usage", () => parsePattern("(", "holdout")).field).toBe("holdout");
  });

  it("that would never end is stopped and refused", () => {
    const error = errorOf("usage", () => matchPattern(parsePattern(ENDLESS, "group"), [NAME], "group"));
    expect(error.message).toContain("takes too long");
    expect(error.field).toBe("group");
  });

  it("in somebody's project stops no recording: that one has no side", () => {
    const project = ProjectFile.create(join(temporaryFolder(), "p.limpet"));
    project.addRecording(finished("b", "x", 100, 1));
    project.applySplit({
      train: 0.6,
      validation: 0.2,
      test: 0.2,
      by: "recording",
      seed: 1,
      holdout: ENDLESS,
    });
    expect(project.addRecording(finished(NAME, "x", 100, 2)).split).toBeNull();
    project.close();
  });
});
