/** The user's own choices: kept beside the recent projects, and never a reason not to start. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readPreferences, writePreferences } from "../../src-main/engine/preferences.ts";

const folder = mkdtempSync(join(tmpdir(), "limpet-preferences-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("a language that was chosen is read again, also as the system's", () => {
  expect(readPreferences(join(folder, "new"))).toEqual({ language: null });
  writePreferences(join(folder, "new"), { language: "de" });
  expect(readPreferences(join(folder, "new"))).toEqual({ language: "de" });
  writePreferences(join(folder, "new"), { language: null });
  expect(readPreferences(join(folder, "new"))).toEqual({ language: null });
});

test("a damaged file counts as empty, and a place that cannot be written to loses the choice only", () => {
  writeFileSync(join(folder, "preferences.json"), '{"language": 7');
  expect(readPreferences(folder)).toEqual({ language: null });
  writeFileSync(join(folder, "file"), "");
  expect(() => writePreferences(join(folder, "file", "below"), { language: "de" })).not.toThrow();
});
